"""What CeR asks (I-01, I-02, I-03, I-04, I-05, I-06): every example of the book."""

from __future__ import annotations

from datetime import date

import pytest

from adapter.domain.discrepancy import DiscrepancyClass
from adapter.domain.rules import central
from adapter.domain.rules.central import CentralScope, Standpoint, WayOut
from adapter.domain.rules.verdict import Outcome

SCOPE = [
    CentralScope("1100", date(2026, 1, 1), date(2026, 7, 1)),
    CentralScope("mammography", date(2026, 1, 1), date(2026, 7, 1), searched_days=90),
    CentralScope("hpv-cytology", date(2026, 1, 1), date(2026, 7, 1), date(2029, 12, 31), 90),
]


def day(text: str) -> date:
    return date.fromisoformat(text)


STANDPOINTS = [
    ("1100", "2026-03-02", Standpoint.INTEGRATED),
    ("mammography", "2026-03-02", Standpoint.INTEGRATED),
    ("hpv-cytology", "2026-03-02", Standpoint.INTEGRATED),
    ("1600", "2026-03-02", Standpoint.OUTSIDE),
    ("1100", "2025-12-31", Standpoint.OUTSIDE),
    ("1100", "2026-01-01", Standpoint.INTEGRATED),
    ("1100", "2026-06-30", Standpoint.INTEGRATED),
    ("1100", "2026-07-01", Standpoint.ONLY_CENTRAL),
    ("hpv-cytology", "2029-12-31", Standpoint.ONLY_CENTRAL),
    ("hpv-cytology", "2030-01-01", Standpoint.OUTSIDE),
]


@pytest.mark.parametrize(("service", "on", "expected"), STANDPOINTS)
def test_i_01_who_must_be_integrated(service: str, on: str, expected: Standpoint) -> None:
    """Cardiology, mammography, HPV/cytology; dermatology not; each from its day."""
    assert central.standpoint(service, day(on), SCOPE) is expected
    missing = central.integrated(service, day(on), SCOPE, published=False)
    assert missing.code == ("" if expected is Standpoint.OUTSIDE else "W-CER-SCOPE")
    assert not central.integrated(service, day(on), SCOPE, published=True).code


@pytest.mark.parametrize(
    ("service", "on", "is_central", "first", "code"),
    [
        ("1100", "2026-07-01", False, True, "E-CER-LOCAL"),
        ("1100", "2026-06-30", False, True, ""),
        ("1100", "2026-07-01", True, True, ""),
        ("1100", "2026-07-01", False, False, ""),
        ("1600", "2026-07-01", False, True, ""),
    ],
)
def test_i_02_a_first_visit_only_through_cer(
    service: str, on: str, *, is_central: bool, first: bool, code: str
) -> None:
    """Local cardiology first visit booked 2026-07-01 -> E-CER-LOCAL; 2026-06-30 -> ok."""
    verdict = central.booked_centrally(service, day(on), SCOPE, central=is_central, first_visit=first)
    assert (verdict.rule, verdict.code) == ("I-02", code)


@pytest.mark.parametrize(
    ("channel", "known"), [("ikp", True), ("in_person", True), ("phone", True), ("email", True), ("fax", False)]
)
def test_i_03_channels(channel: str, *, known: bool) -> None:
    assert central.channel_known(channel).code == ("" if known else "E-CER-CHANNEL")


def test_i_04_how_long_cer_searches() -> None:
    """Entered 2026-03-02 -> visit 2026-04-11, examination 2026-05-31; information only."""
    assert central.searched_until(day("2026-03-02"), "1100", SCOPE) == day("2026-04-11")
    assert central.searched_until(day("2026-03-02"), "mammography", SCOPE) == day("2026-05-31")
    assert central.searched_until(day("2026-03-02"), "1600", SCOPE) is None


# class                                     outcome                 code
CLASSES = {
    DiscrepancyClass.BLOCK_NOT_SENT: (Outcome.DO_THIS, "AUTO-CER-BLOCK"),
    DiscrepancyClass.BOOKED_WHILE_BLOCKED: (Outcome.DO_THIS, "REPORT-CER-BOOKED-BLOCKED"),
    DiscrepancyClass.BOOKED_BEFORE_BLOCK: (Outcome.NEEDS_PERSON, "TASK-CER-REBOOK"),
    DiscrepancyClass.BLOCK_UNPROVEN: (Outcome.NEEDS_PERSON, "TASK-CER-EVIDENCE"),
}


@pytest.mark.parametrize("kind", list(DiscrepancyClass))
def test_i_05_what_follows_from_a_block_that_failed(kind: DiscrepancyClass) -> None:
    """Never sent -> set it; booked while blocked -> report to CeZ; booked before the block -> TASK rebook."""
    verdict = central.booked_although_blocked(kind)
    assert (verdict.outcome, verdict.code) == CLASSES.get(kind, (Outcome.ALLOWED, ""))
    assert verdict.rule == "I-05"


def test_i_06_a_slot_with_a_visit_is_never_deleted() -> None:
    """Slot without a visit -> delete or block; slot with one -> block only."""
    assert central.ways_out(has_visit=False) == {WayOut.BLOCK, WayOut.DELETE}
    assert central.ways_out(has_visit=True) == {WayOut.BLOCK}
    assert central.surplus_removed(WayOut.DELETE, has_visit=True).code == "E-CER-SLOT-HAS-VISIT"
    assert not central.surplus_removed(WayOut.DELETE, has_visit=False).code
    assert not central.surplus_removed(WayOut.BLOCK, has_visit=True).code
