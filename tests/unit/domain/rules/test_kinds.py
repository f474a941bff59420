"""Which kind of term a category asks for (I-07), and who is on a waiting list (U-04, C-01)."""

from __future__ import annotations

import pytest

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.rules.kinds import kind_for_category, may_wait
from adapter.domain.rules.verdict import Outcome
from adapter.domain.slot import SlotKind

S, U = Criterion.STABLE, Criterion.URGENT
OK, WARN, NO = Outcome.ALLOWED, Outcome.WARNED, Outcome.REFUSED

# kind                     category             criterion  outcome  why
CASES = [
    (SlotKind.STABLE, Category.WAITING, S, OK, "stable on stable"),
    (SlotKind.URGENT, Category.WAITING, S, NO, "stable on urgent"),
    (SlotKind.URGENT, Category.WAITING, U, OK, "urgent on urgent"),
    (SlotKind.STABLE, Category.WAITING, U, NO, "urgent on stable"),
    (SlotKind.CONTINUATION, Category.CONTINUING, S, OK, "category 5 on continuation"),
    (SlotKind.STABLE, Category.CONTINUING, S, NO, "category 5 on stable"),
    (SlotKind.CONTINUATION, Category.WAITING, S, NO, "waiting on continuation"),
    (SlotKind.PRIVILEGED, Category.WAITING, S, NO, "waiting on privileged"),
    (SlotKind.PRIVILEGED, Category.ONCOLOGY, S, NO, "oncology on privileged"),
    (SlotKind.PRIVILEGED, Category.PRIVILEGED, S, OK, "V-07 judges the privileged"),
    (SlotKind.STABLE, Category.PRIVILEGED, S, OK, "V-07 judges the privileged on stable"),
    (SlotKind.STABLE, Category.ONCOLOGY, S, WARN, "oncology has no kind of its own"),
    (SlotKind.URGENT, Category.EMERGENCY, S, WARN, "emergency has no kind of its own"),
    (SlotKind.STABLE, Category.SAME_DAY, S, WARN, "same day has no kind of its own"),
]


@pytest.mark.parametrize(("kind", "category", "criterion", "outcome", "why"), CASES, ids=[row[4] for row in CASES])
def test_i_07_slot_kind_by_category(
    kind: SlotKind, category: Category, criterion: Criterion, outcome: Outcome, why: str
) -> None:
    verdict = kind_for_category(kind, category, criterion)
    assert (verdict.rule, verdict.outcome) == ("I-07", outcome), why
    assert verdict.code == {OK: "", WARN: "W-CER-KIND", NO: "E-CER-KIND"}[outcome]


@pytest.mark.parametrize(
    ("category", "code"),
    [
        (Category.WAITING, ""),
        (Category.ONCOLOGY, ""),
        (Category.PRIVILEGED, ""),
        (Category.CONTINUING, "E-K-LIST"),
        (Category.SAME_DAY, "E-CAT-LIST"),
        (Category.EMERGENCY, "E-CAT-LIST"),
    ],
)
def test_u_04_and_c_01_who_is_on_a_waiting_list(category: Category, code: str) -> None:
    verdict = may_wait(category)
    assert (verdict.code, verdict.refused) == (code, bool(code))
