"""P1's referral states and transitions, as one table, and who may do what (p1.md 4, 3.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from adapter.simulator.answers import Refusal
from adapter.simulator.clock import MovableClock
from adapter.simulator.referrals import Referral, Referrals

OURS, THEIRS, ISSUER = "000000927722", "000000792087", "000000111111"
NUMBER = ("2.16.840.1.113883.3.4424.2.7.998.4.1", "1000000000000000000001")
KEY, CODE, PERSON = "1003" + "1" * 40, "1234", "01670112345"
NURSE = ("2.16.840.1.113883.3.4424.1.6.3", "7654321")
WHY = "powód testowy"


def referral(state: str = "issued", holder: str | None = None, n: int = 0) -> Referral:
    made = Referral(
        root=NUMBER[0],
        extension=str(int(NUMBER[1]) + n),
        key=str(int(KEY) + n),
        code=CODE,
        person_root="2.16.840.1.113883.3.4424.1.1.616",
        person_extension=PERSON,
        issuer=ISSUER,
        issuer_name="Wystawca",
        author=NURSE,
        author_name="Lek. Testowy",
        issued_on=date(2026, 11, 1),
        document=b"<ClinicalDocument/>",
        state=state,
        holder=holder,
    )
    if holder:
        made.history.append(("accept", holder))
    return made


def register(*referrals: Referral, hits_max: int = 50) -> Referrals:
    register = Referrals(MovableClock(datetime(2026, 11, 21, tzinfo=UTC)), hits_max=hits_max)
    for each in referrals:
        register.add(each)
    return register


VERBS: dict[str, Callable[[Referrals], object]] = {
    "read to accept": lambda r: r.read_to_accept(key=KEY),
    "accept": lambda r: r.accept(OURS, KEY, "reimbursed", NURSE),
    "refuse": lambda r: r.refuse(OURS, KEY, WHY, NURSE),
    "give back": lambda r: r.give_back(OURS, NUMBER, WHY, NURSE),
    "report missing": lambda r: r.report_missing(OURS, NUMBER, WHY, NURSE),
    "finish": lambda r: r.finish(OURS, NUMBER, "", NURSE),
    "annul": lambda r: r.annul(ISSUER, NUMBER),
}
ISSUED, HELD, HELD_BY_OTHER, COMPLETED, ANNULLED = (
    ("issued", None),
    ("with-provider", OURS),
    ("with-provider", THEIRS),
    ("completed", OURS),
    ("annulled", None),
)
STATE, OTHER = "NiewlasciwyStatus", "U_InnegoRealizatora"
# verb, from, to or refusal
TRANSITIONS = [
    ("read to accept", ISSUED, "issued"),
    ("read to accept", HELD, STATE),
    ("read to accept", HELD_BY_OTHER, STATE),
    ("read to accept", COMPLETED, STATE),
    ("read to accept", ANNULLED, STATE),
    ("accept", ISSUED, "with-provider"),
    ("accept", HELD, STATE),
    ("accept", HELD_BY_OTHER, OTHER),
    ("accept", COMPLETED, STATE),
    ("accept", ANNULLED, STATE),
    ("refuse", ISSUED, "issued"),
    ("refuse", HELD, STATE),
    ("refuse", COMPLETED, STATE),
    ("refuse", ANNULLED, STATE),
    ("give back", ISSUED, STATE),
    ("give back", HELD, "issued"),
    ("give back", HELD_BY_OTHER, OTHER),
    ("give back", COMPLETED, STATE),
    ("give back", ANNULLED, STATE),
    ("report missing", ISSUED, STATE),
    ("report missing", HELD, "with-provider"),
    ("report missing", HELD_BY_OTHER, OTHER),
    ("report missing", COMPLETED, STATE),
    ("finish", ISSUED, STATE),
    ("finish", HELD, "completed"),
    ("finish", HELD_BY_OTHER, OTHER),
    ("finish", COMPLETED, STATE),
    ("finish", ANNULLED, STATE),
    ("annul", ISSUED, "annulled"),
    ("annul", HELD, STATE),
    ("annul", COMPLETED, STATE),
    ("annul", ANNULLED, STATE),
]


@pytest.mark.parametrize(
    ("verb", "start", "outcome"), TRANSITIONS, ids=[f"{v}: {s[0]} by {s[1]} -> {o}" for v, s, o in TRANSITIONS]
)
def test_transitions(verb: str, start: tuple[str, str | None], outcome: str) -> None:
    one = referral(*start)
    register_ = register(one)
    if outcome not in {STATE, OTHER}:
        VERBS[verb](register_)
        assert one.state == outcome
        return
    with pytest.raises(Refusal) as refused:
        VERBS[verb](register_)
    assert refused.value.minor.endswith(outcome)
    assert (one.state, one.holder, one.comments) == (*start, []), "a refusal changes nothing"


def test_accept_and_give_back_can_repeat_without_limit() -> None:
    """p1.md 4: seen in a real history."""
    one = referral()
    every = register(one)
    for holder in (OURS, THEIRS, OURS):
        every.accept(holder, KEY, "reimbursed", NURSE)
        every.give_back(holder, NUMBER, WHY, NURSE)
    assert (one.state, one.holder) == ("issued", None)
    assert [what for what, _ in one.history] == ["accept", "give-back"] * 3


def test_a_key_and_a_code_with_the_identifier_open_the_same() -> None:
    one = referral()
    every = register(one)
    assert every.read_to_accept(key=KEY) is one
    assert every.read_to_accept(code=CODE + PERSON) is one


UNKNOWN = [
    ({"key": "1003" + "2" * 40}, "another key"),
    ({"code": "9999" + PERSON}, "another code"),
    ({"code": CODE + "02670112345"}, "another person"),
]


@pytest.mark.parametrize("access", [row[0] for row in UNKNOWN], ids=[row[1] for row in UNKNOWN])
def test_what_opens_nothing(access: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        register(referral()).read_to_accept(**access)
    assert refused.value.minor.endswith("NieZnaleziono")


@pytest.mark.parametrize("verb", ["give back", "finish", "report missing", "annul"])
def test_a_number_nobody_knows(verb: str) -> None:
    with pytest.raises(Refusal) as refused:
        VERBS[verb](register())
    assert refused.value.minor.endswith("NieZnaleziono")


def test_only_the_issuer_annuls() -> None:
    with pytest.raises(Refusal) as refused:
        register(referral()).annul(OURS, NUMBER)
    assert refused.value.minor.endswith("CudzyObiekt")


READERS = [(ISSUER, True, "the issuer"), (OURS, True, "who accepted it once"), (THEIRS, False, "anybody else")]


@pytest.mark.parametrize(("who", "may"), [row[:2] for row in READERS], ids=[row[2] for row in READERS])
def test_who_reads_by_number(who: str, may: bool) -> None:
    every = register(referral("completed", OURS))
    if may:
        assert every.read_by_number(who, NUMBER).state == "completed"
        return
    with pytest.raises(Refusal) as refused:
        every.read_by_number(who, NUMBER)
    assert refused.value.minor.endswith("CudzyObiekt")


@pytest.mark.parametrize("comment", ["", "    ", "nie"])
def test_a_reason_is_needed_to_refuse_or_give_back(comment: str) -> None:
    for every, act in (
        (register(referral()), lambda r: r.refuse(OURS, KEY, comment, NURSE)),
        (register(referral(*HELD)), lambda r: r.give_back(OURS, NUMBER, comment, NURSE)),
        (register(referral(*HELD)), lambda r: r.report_missing(OURS, NUMBER, comment, NURSE)),
    ):
        with pytest.raises(Refusal) as refused:
            act(every)
        assert refused.value.minor.endswith("NieprawidloweDane")


def test_comments_are_kept_with_author_and_time() -> None:
    one = referral(*HELD)
    register(one).report_missing(OURS, NUMBER, WHY, NURSE)
    (comment,) = one.comments
    assert (comment.author, comment.text, comment.written_at) == (NURSE, WHY, datetime(2026, 11, 21, tzinfo=UTC))


def test_a_search_with_too_many_hits_is_an_error_and_no_list() -> None:
    every = register(*(referral(n=n) for n in range(4)), hits_max=3)
    with pytest.raises(Refusal) as refused:
        every.search_issued(ISSUER, date(2026, 1, 1), date(2026, 12, 31), None)
    assert refused.value.major.endswith("PrzekroczonaLiczbaWynikow")
    assert every.search_issued(ISSUER, date(2026, 12, 1), date(2026, 12, 31), None) == []


def test_searches_show_only_what_the_caller_may_see() -> None:
    every = register(referral("with-provider", OURS, n=1), referral(n=2))
    person = ("2.16.840.1.113883.3.4424.1.1.616", PERSON)
    assert len(every.search_person(ISSUER, person, None, None, None)) == 2
    assert [r.holder for r in every.search_person(OURS, person, None, None, None)] == [OURS]
    assert every.search_person(THEIRS, person, None, None, None) == []
    assert every.search_issued(OURS, date(2026, 1, 1), date(2026, 12, 31), None) == []
    assert len(every.search_issued(ISSUER, date(2026, 1, 1), date(2026, 12, 31), "issued")) == 1


def test_no_secret_shows_in_text() -> None:
    shown = repr(referral())
    assert not [secret for secret in (KEY, CODE, PERSON) if secret in shown]
