"""One list, one entry (U-01 to U-07): every example of the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.entitlement import Category
from adapter.domain.register import AdmissionSchedule, Care, Entry, Removal, Speciality
from adapter.domain.rules import duplicates, kinds
from adapter.domain.rules.duplicates import KnownEntry, Place
from adapter.domain.rules.verdict import Outcome

MakeEntry = Callable[..., Entry]
TODAY = date(2026, 3, 10)
AT = datetime(2026, 3, 16, 8, 0, tzinfo=UTC)
AT_A = KnownEntry("a-1", "A", "1100", Category.WAITING, referral_number="REF-1")
AT_B = replace(AT_A, id="b-1", provider="B")


def test_u_01_an_open_entry_bars_another_anywhere() -> None:
    """Cardiology open at provider A; entry at B -> E-U-DUP. The same list at home too."""
    verdict = duplicates.one_list(AT_B, [AT_A], TODAY)
    assert (verdict.outcome, verdict.rule, verdict.code) == (Outcome.REFUSED, "U-01", "E-U-DUP")
    assert duplicates.one_list(replace(AT_A, id="a-2"), [AT_A], TODAY).refused


# changed                                    why
NO_BAR = [
    ({"open": False}, "removed there (R-06: released 2026-04-21, entered elsewhere 2026-04-22)"),
    ({"service": "1600"}, "another service"),
    ({"procedure": "13.41"}, "another list of the service"),
    ({"category": Category.CONTINUING}, "continuing treatment is on no list"),
    ({"category": Category.PRIVILEGED}, "privileged is on no list"),
    ({"body_area": "knee-left"}, "a body area of its own"),
]


@pytest.mark.parametrize(("changed", "why"), NO_BAR, ids=[row[1] for row in NO_BAR])
def test_u_01_what_bars_nothing(changed: dict[str, object], why: str) -> None:
    other = replace(AT_A, **changed)  # type: ignore[arg-type]
    assert not duplicates.one_list(replace(AT_B, body_area=""), [other], TODAY).refused, why


def test_u_01_an_entry_is_not_its_own_rival() -> None:
    assert not duplicates.one_list(AT_A, [AT_A], TODAY).refused
    assert not duplicates.one_list(replace(AT_A, category=Category.SAME_DAY), [AT_B], TODAY).refused


def test_e_01_the_end_of_a_contract_is_no_bar() -> None:
    """A ended 2026-03-31, entry B 2026-04-02 -> no E-U-DUP; while A still works it is one."""
    ended = replace(AT_A, provider_ended_on=date(2026, 3, 31))
    after = duplicates.one_list(AT_B, [ended], date(2026, 4, 2))
    assert (after.outcome, after.rule) == (Outcome.ALLOWED, "E-01")
    assert duplicates.one_list(AT_B, [ended], date(2026, 3, 31)).refused


def test_u_02_another_referral_does_not_help() -> None:
    """Second e-referral 2026-03-10 for cardiology, first open since 2026-02-02 -> E-U-DUP."""
    second = replace(AT_B, referral_number="REF-2")
    assert duplicates.another_referral(second, [AT_A], TODAY).code == "E-U-DUP"
    assert duplicates.one_list(second, [AT_A], TODAY).refused
    assert not duplicates.another_referral(AT_B, [AT_A], TODAY).code
    assert not duplicates.another_referral(replace(AT_B, referral_number=""), [AT_A], TODAY).code


def test_u_03_rehabilitation_at_two_providers() -> None:
    """Ambulatory physio at A until 04-30 and at B from 06-01 -> E-U-DUP; day ward at A, ambulatory at B -> ok."""
    physio_a = replace(AT_A, service="1310", category=Category.CONTINUING, rehabilitation=True)
    physio_b = replace(AT_B, service="1310", referral_number="REF-2", rehabilitation=True)
    assert duplicates.rehabilitation(physio_b, [physio_a], TODAY).code == "E-U-DUP"
    assert not duplicates.rehabilitation(physio_b, [replace(physio_a, service="2300")], TODAY).code
    assert not duplicates.rehabilitation(physio_b, [replace(physio_a, open=False)], TODAY).code
    assert not duplicates.rehabilitation(physio_b, [replace(physio_a, provider="B")], TODAY).code
    ended = replace(physio_a, provider_ended_on=date(2026, 3, 1))
    assert not duplicates.rehabilitation(physio_b, [ended], TODAY).code
    assert not duplicates.rehabilitation(replace(physio_b, rehabilitation=False), [physio_a], TODAY).code


def test_u_05_the_procedure_list_excludes_the_list_of_its_cell() -> None:
    """On the list for cataract and on that of the eye ward for the same eye -> E-U-PROC, both ways round."""
    cataract = KnownEntry("a-1", "A", "4600", Category.WAITING, procedure="13.41", cell="017", body_area="eye-left")
    ward = KnownEntry("a-2", "A", "4600", Category.WAITING, cell="017", body_area="eye-left")
    assert duplicates.procedure_list(ward, [cataract]).code == "E-U-PROC"
    assert duplicates.procedure_list(cataract, [ward]).code == "E-U-PROC"
    for other in (
        replace(cataract, body_area="eye-right"),
        replace(cataract, cell="018"),
        replace(cataract, provider="B"),
        replace(cataract, open=False),
        replace(cataract, category=Category.CONTINUING),
        replace(ward, id="a-3"),
    ):
        assert not duplicates.procedure_list(ward, [other]).code
    assert not duplicates.procedure_list(replace(ward, category=Category.EMERGENCY), [cataract]).code
    assert not duplicates.procedure_list(replace(ward, cell=""), [replace(cataract, cell="")]).code


def test_u_06_the_body_area_splits_the_key() -> None:
    """Knee left and knee right -> two entries; knee left twice -> E-U-DUP; one without an area is for a person."""
    left, right = replace(AT_A, body_area="knee-left"), replace(AT_A, id="a-2", body_area="knee-right")
    assert not duplicates.one_list(right, [left], TODAY).refused
    assert not duplicates.area_told(right, [left], TODAY).code
    assert duplicates.one_list(replace(right, body_area="Knee-LEFT"), [left], TODAY).code == "E-U-DUP"
    unknown = duplicates.area_told(replace(right, body_area=""), [left], TODAY)
    assert (unknown.outcome, unknown.rule, unknown.code) == (Outcome.NEEDS_PERSON, "U-06", "TASK-U-AREA")


def test_u_04_a_continuing_entry_has_no_number(new_entry: MakeEntry) -> None:
    """Category 5 with a list number -> E-K-LIST."""
    assert kinds.off_the_list(new_entry(category=Category.CONTINUING)).code == "E-K-LIST"
    assert not kinds.off_the_list(new_entry(category=Category.CONTINUING, number=None)).code
    assert not kinds.off_the_list(new_entry()).code


def test_an_entry_of_ours_is_known_by_what_the_rules_ask(new_entry: MakeEntry) -> None:
    physio = AdmissionSchedule(
        "S3", Care.AMBULATORY, "1310", cell="003", procedure="", specialities=frozenset({Speciality.REHABILITATION})
    )
    known = KnownEntry.of(new_entry(schedule=physio, body_area="spine"), "A")
    assert known == KnownEntry(
        "E1", "A", "1310", Category.WAITING, "", "003", "spine", "REF0000000000000000001", rehabilitation=True
    )
    removal = Removal(TODAY, "RESIGNED", AT, "clerk-1")
    assert not KnownEntry.of(new_entry(removal=removal, referral=None), "A").open


def place(visit: str, start: int, minutes: int = 20, resource: str = "doctor-1") -> Place:
    starts = AT + timedelta(minutes=start)
    return Place(visit, resource, starts, starts + timedelta(minutes=minutes))


def test_u_07_two_patients_at_one_time() -> None:
    """Two patients 2026-03-16 09:00 (Warsaw), same doctor -> a row; another doctor or the next slot -> none."""
    (row,) = duplicates.double_bookings(
        [place("v2", 0), place("v1", 0), place("v3", 20), place("v4", 0, 20, "doctor-2")]
    )
    assert (row.resource, row.visits, row.starts) == ("doctor-1", ("v1", "v2"), AT)
    assert (row.verdict.rule, row.verdict.code) == ("U-07", "REPORT-DOUBLE-BOOKING")


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)), max_size=12))
def test_u_07_a_visit_is_in_a_row_when_it_overlaps_another(spans: list[tuple[int, int]]) -> None:
    places = [place(f"v{number}", start, minutes) for number, (start, minutes) in enumerate(spans)]
    overlapping = {
        one.visit
        for one in places
        for other in places
        if one.visit != other.visit and one.starts < other.ends and other.starts < one.ends
    }
    rows = duplicates.double_bookings(places)
    assert sorted(visit for row in rows for visit in row.visits) == sorted(overlapping)


KNOWN = st.builds(
    KnownEntry,
    id=st.sampled_from(["e-1", "e-2"]),
    provider=st.sampled_from(["A", "B"]),
    service=st.sampled_from(["1100", "1600"]),
    category=st.sampled_from(list(Category)),
    procedure=st.sampled_from(["", "13.41"]),
    cell=st.sampled_from(["", "017"]),
    body_area=st.sampled_from(["", "eye-left", "eye-right"]),
    referral_number=st.sampled_from(["", "REF-1", "REF-2"]),
    open=st.just(True),
    rehabilitation=st.booleans(),
)


@given(KNOWN, KNOWN)
def test_whoever_came_first_two_open_entries_bar_each_other_alike(one: KnownEntry, other: KnownEntry) -> None:
    """U-01, U-02, U-05: the same answer both ways; U-02 never without U-01; closing one frees the other."""
    for rule in (duplicates.one_list, duplicates.another_referral, duplicates.area_told):
        assert rule(one, [other], TODAY).code == rule(other, [one], TODAY).code
        assert not rule(one, [replace(other, open=False)], TODAY).code
    assert duplicates.procedure_list(one, [other]).code == duplicates.procedure_list(other, [one]).code
    assert not duplicates.procedure_list(one, [replace(other, open=False)]).code
    if duplicates.another_referral(one, [other], TODAY).code:
        assert duplicates.one_list(one, [other], TODAY).refused
