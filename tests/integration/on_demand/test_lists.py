"""The list, the status, the history and the letters on demand, over the real store (G-03, G-05, G-08, D-05, D-06)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from fakes.register_audit import audited
from fakes.register_ward import CLINIC, HOSPITAL, PESEL, Ward

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.patient import Patient
from adapter.domain.register import Removal
from adapter.errors import BadInput, Refused
from adapter.ports.register import EntryStanding, Step
from adapter.services.clearance import Person, Role
from adapter.services.letters.as_text import as_text
from adapter.services.notices.plan_notice import tell_entered
from adapter.services.on_demand.show_history import show_history
from adapter.services.on_demand.show_list import show_lists
from adapter.services.on_demand.show_status import own_status
from adapter.services.on_demand.write_letter import (
    Document,
    document_of_entry,
    letter_of_notice,
    letter_of_status,
)

OPERATOR, VIEWER, NOBODY = Person("a.nowak", Role.OPERATOR), Person("jan", Role.VIEWER), Person("x", None)
WHY = "complaint 12/2026"
FACILITY = "demo"


def test_g_05_the_list_stands_in_the_order_of_the_law_without_people(ward: Ward) -> None:
    """A stable 01-05, B urgent 02-10, C stable 01-20 -> B, A, C; the oncology list is one of its own (O-01)."""
    ward.enter("D", on="2026-02-01", category=Category.ONCOLOGY, criterion=None)
    ward.enter("E", on="2026-02-02", standing=EntryStanding.REJECTED)
    plain, oncology = show_lists(ward.eq, FACILITY)
    assert [(one.place, one.entry, one.person) for one in plain.places] == [
        (1, "B", None),
        (2, "A", None),
        (3, "C", None),
    ]
    assert (oncology.oncology, [one.entry for one in oncology.places]) == (True, ["D"])
    assert not [one for one in audited(ward) if one[1].startswith("register.")]


def test_people_are_shown_to_operators_with_a_reason_and_audited(ward: Ward) -> None:
    (found,) = show_lists(ward.eq, FACILITY, HOSPITAL.id, who=OPERATOR, reason=WHY)
    assert [one.person.family for one in found.places if one.person is not None] == ["Wzorcowa"] * 3
    assert audited(ward)[-1] == ("person:a.nowak", "register.look-at-list", f"schedule/{HOSPITAL.id}")


@pytest.mark.parametrize("who", [VIEWER, NOBODY], ids=["a viewer", "nobody in particular"])
def test_nobody_else_sees_people_and_the_attempt_is_in_the_audit(ward: Ward, who: Person) -> None:
    attempts = [
        lambda: show_lists(ward.eq, FACILITY, who=who, reason=WHY),
        lambda: show_history(ward.eq, FACILITY, "A", who=who, reason=WHY),
        lambda: document_of_entry(ward.eq, FACILITY, "A", Document.ENTRY, who),
        lambda: letter_of_status(ward.eq, FACILITY, "P-A", who),
        lambda: letter_of_notice(ward.eq, FACILITY, 1, who),
    ]
    for attempt in attempts:
        with pytest.raises(Refused, match="only an operator or an engineer"):
            attempt()
    refused = [one for one in audited(ward) if one[1] == "register.refused"]
    assert len(refused) == len(attempts)
    assert {one[0] for one in refused} == {who.actor}


def test_a_reason_that_names_a_person_is_no_reason(ward: Ward) -> None:
    with pytest.raises(BadInput, match="PESEL"):
        show_lists(ward.eq, FACILITY, who=OPERATOR, reason="pacjent 00690100011")


def test_what_nobody_has_is_named(ward: Ward) -> None:
    with pytest.raises(BadInput, match="no such admission schedule"):
        show_lists(ward.eq, FACILITY, CLINIC.id)
    with pytest.raises(BadInput, match="no such entry"):
        show_history(ward.eq, FACILITY, "nobody")
    with pytest.raises(BadInput, match="no such patient"):
        ward.desk(lambda desk: own_status(desk, "nobody"))
    with pytest.raises(BadInput, match="no notice 77"):
        letter_of_notice(ward.eq, FACILITY, 77, OPERATOR)


def test_g_08_a_patient_sees_his_own_entries_and_places(ward: Ward) -> None:
    """Entry 2026-01-20, date 2026-04-22: list, criterion, place and date; nothing of anybody else."""
    (own,) = ward.desk(lambda desk: own_status(desk, "P-C"))
    assert (own.schedule, own.criterion, own.place, str(own.term), own.open) == (
        HOSPITAL.id,
        Criterion.STABLE,
        3,
        "2026-04-22",
        True,
    )


def test_g_03_the_history_shows_who_and_when_and_hides_people(ward: Ward) -> None:
    ward.desk(
        lambda desk: desk.work.register.put(
            FACILITY,
            ward.entry("A"),
            [step("A", {"term": "2026-04-20", "person": {"family": "Wzorcowa"}}, {"term": "2026-05-04"})],
        )
    )
    first, second = show_history(ward.eq, FACILITY, "A")
    assert (first.what, first.by) == ("entered", "Jan Testowy")
    assert (dict(second.before), dict(second.after)) == (
        {"term": "2026-04-20", "person": "***"},
        {"term": "2026-05-04"},
    )
    _, clear = show_history(ward.eq, FACILITY, "A", who=OPERATOR, reason=WHY)
    assert clear.before["person"] == {"family": "Wzorcowa"}
    assert audited(ward)[-1][1:] == ("register.look-at-entry", "entry/A")


def step(entry_id: str, before: dict[str, object], after: dict[str, object]) -> Step:
    return Step(entry_id, "term", datetime(2026, 3, 2, 11, tzinfo=UTC), "Ewa Testowa", "corr", before, after, "X")


def test_a_letter_has_the_address_of_today_and_the_hour_of_the_visit(ward: Ward) -> None:
    number = ward.desk(lambda desk: tell_entered(desk, ward.entry("A")))
    moved = Patient("P-A", PESEL, "Anna", "Wzorcowa", address="Nowa 5, 30-001 Kraków")
    ward.desk(lambda desk: desk.work.calendar.put_patient(FACILITY, moved))
    letter = letter_of_notice(ward.eq, FACILITY, number, OPERATOR)
    assert letter.addressee == ("Anna Wzorcowa", "Nowa 5", "30-001 Kraków")
    assert "20 kwietnia 2026 r. (poniedziałek), godz. 09:00" in as_text(letter)
    assert audited(ward)[-1] == ("person:a.nowak", "register.letter", f"notice/{number}")


def test_d_06_and_e_03_certificates(ward: Ward) -> None:
    ward.ends_on["dr-lis"] = date(2026, 3, 31)
    assert "przypadek stabilny" in as_text(document_of_entry(ward.eq, FACILITY, "A", Document.ENTRY, OPERATOR))
    told = as_text(document_of_entry(ward.eq, FACILITY, "A", Document.CONTRACT_END, OPERATOR))
    assert "5 stycznia 2026 r." in told
    assert "31 marca 2026 r." in told


def test_e_03_after_the_end_the_day_is_that_of_the_removal(ward: Ward) -> None:
    ended = Removal(date(2026, 2, 27), "PROVIDER_STOPPED", ward.clock.now(), "job")
    ward.enter("Z", on="2026-01-07", removal=ended)
    told = as_text(document_of_entry(ward.eq, FACILITY, "Z", Document.CONTRACT_END, OPERATOR))
    assert "27 lutego 2026 r." in told


def test_who_p1_refused_gets_no_certificate(ward: Ward) -> None:
    """R-04: the entry never came to be."""
    ward.enter("R", standing=EntryStanding.REJECTED)
    with pytest.raises(BadInput, match="P1 refused"):
        document_of_entry(ward.eq, FACILITY, "R", Document.CONTRACT_END, OPERATOR)
    assert ward.desk(lambda desk: own_status(desk, "P-R")) == ()
