"""FHIR Appointment <-> Visit: every fact of the profile, every problem at once, and back from CeR."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fhir.resources.R4B.appointment import Appointment
from unit.mapping import samples

from adapter.domain.appointment import VisitState
from adapter.domain.entitlement import Category, Criterion
from adapter.domain.identifiers import ReferralNumber
from adapter.domain.moments import warsaw_day
from adapter.domain.national import NationalVisitState, Origin, VisitChange
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.errors import BadInput
from adapter.fhir.bindings import APPOINTMENT_STATUS
from adapter.fhir.problems import ProblemsFound
from adapter.fhir.read import read_value
from adapter.mapping.appointment import (
    appointment_from_fhir,
    appointment_referral_id,
    appointment_to_fhir,
)
from adapter.mapping.tables import Tables
from adapter.mapping.write_back import (
    cancellation_to_fhir,
    referral_identifier,
    slot_identifier,
    slot_status_to_fhir,
    visit_identifier,
    visit_status_to_fhir,
    waiting_entry_identifier,
)

Make = Callable[..., dict[str, Any]]
BASE = "https://pomost.example/fhir"
OURS = f"{BASE}/CodeSystem/cancellation-reason"
REPORTED = f"{BASE}/StructureDefinition/reported-at"


def test_a_visit_is_read_from_a_model_and_from_json_alike(tables: Tables, appointment: Make, today: date) -> None:
    found = appointment_from_fhir(appointment(), tables, today)
    assert appointment_from_fhir(Appointment.model_validate(appointment()), tables, today) == found
    assert (found.id, found.patient_id, found.slot_ids, found.referral_id) == ("A1", "P1", ("S1",), "R1")
    assert found.state is VisitState.BOOKED
    assert found.starts == datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
    assert found.reported_at == datetime(2026, 10, 30, 10, 0, tzinfo=UTC)
    assert (found.category, found.criterion) == (Category.WAITING, Criterion.STABLE)
    assert (found.entitlement, found.waiver, found.end_reason, found.national_id) == (None, None, None, None)
    assert appointment_referral_id(appointment()) == "R1"
    assert appointment_referral_id(appointment(basedOn=None)) is None


@pytest.mark.parametrize("status", sorted(APPOINTMENT_STATUS))
def test_every_fhir_status_is_read(tables: Tables, appointment: Make, today: date, status: str) -> None:
    names = {"waitlist": "waiting", "fulfilled": "served", "noshow": "no-show", "entered-in-error": "void"}
    reason = samples.reason("pat") if status == "cancelled" else None
    found = appointment_from_fhir(appointment(status=status, cancelationReason=reason), tables, today)
    assert found.state.value == names.get(status, status)


@pytest.mark.parametrize("category", list(Category))
def test_every_category_is_read(tables: Tables, appointment: Make, today: date, category: Category) -> None:
    code = tables.category.to_fhir(str(category.value))[1]
    found = appointment_from_fhir(appointment(extension=[samples.category(code)]), tables, today)
    assert found.category is category


def test_the_appointments_own_criterion_comes_before_the_referrals(
    tables: Tables, appointment: Make, today: date
) -> None:
    stated = appointment(extension=[samples.category("waiting"), samples.criterion("urgent")])
    assert appointment_from_fhir(stated, tables, today).criterion is Criterion.URGENT
    silent = appointment()
    asked = appointment_from_fhir(silent, tables, today, referral_criterion=Criterion.URGENT)
    assert asked.criterion is Criterion.URGENT
    stable = appointment(extension=[samples.category("waiting"), samples.criterion("stable")])
    kept = appointment_from_fhir(stable, tables, today, referral_criterion=Criterion.URGENT)
    assert kept.criterion is Criterion.STABLE


def test_a_right_and_its_verification_and_a_waiver_are_read(tables: Tables, appointment: Make, today: date) -> None:
    made = appointment(extension=[samples.category("privileged"), samples.entitlement("47CC"), samples.waiver()])
    found = appointment_from_fhir(made, tables, today)
    assert found.entitlement is not None
    assert (found.entitlement.code, found.entitlement.verified_by) == ("47CC", "clerk-1")
    assert found.entitlement.verified
    assert found.waiver is not None
    assert found.waiver.reason == "wants another doctor"
    unverified = appointment(extension=[samples.category("privileged"), samples.entitlement("47CC", verified=False)])
    right = appointment_from_fhir(unverified, tables, today).entitlement
    assert right is not None
    assert not right.verified


# created                      instant                    why
REPORTED_AT = [
    ("2026-10-30T23:30:00+01:00", "2026-10-30T22:30:00+00:00", "an instant"),
    ("2026-10-30", "2026-10-29T23:00:00+00:00", "a bare date is a Warsaw day's midnight"),
]


@pytest.mark.parametrize(("created", "instant", "why"), REPORTED_AT, ids=[row[2] for row in REPORTED_AT])
def test_the_day_of_registration(
    tables: Tables, appointment: Make, today: date, *, created: str, instant: str, why: str
) -> None:
    found = appointment_from_fhir(appointment(created=created), tables, today).reported_at
    assert found == datetime.fromisoformat(instant), why
    assert warsaw_day(found) == date(2026, 10, 30)


def test_the_extension_reported_at_comes_before_created(tables: Tables, appointment: Make, today: date) -> None:
    said = {"url": REPORTED, "valueDateTime": "2026-10-01T08:00:00+02:00"}
    made = appointment(extension=[samples.category("waiting"), said])
    assert appointment_from_fhir(made, tables, today).reported_at == datetime(2026, 10, 1, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize("created", ["2026", "2026-10"])
def test_a_month_is_no_day_of_registration(tables: Tables, appointment: Make, today: date, created: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        appointment_from_fhir(appointment(created=created), tables, today)
    assert [(one.rule, one.path) for one in found.value.problems] == [("POMOST-MAP-06", "Appointment.created")]


def test_a_waiting_entry_names_its_schedule(tables: Tables, appointment: Make, today: date) -> None:
    where = {
        "url": f"{BASE}/StructureDefinition/appointment-schedule",
        "valueReference": {"reference": "Schedule/D1"},
    }
    made = appointment(
        status="waitlist", slot=None, start=None, end=None, extension=[samples.category("waiting"), where]
    )
    found = appointment_from_fhir(made, tables, today)
    assert (found.schedule_id, found.slot_ids, found.starts) == ("D1", (), None)


def test_the_id_in_cer_is_read_back(tables: Tables, appointment: Make, today: date) -> None:
    made = appointment(identifier=[{"system": f"{BASE}/identifier/national-visit", "value": "W-7"}])
    assert appointment_from_fhir(made, tables, today).national_id == "W-7"


# status       reason                                  comment       code         why
REASONS = [
    ("cancelled", [("pat-fb", None)], None, "pat-fb", "HL7's code"),
    ("cancelled", [("resigned", OURS)], None, "resigned", "our code"),
    ("cancelled", [("77", "http://ehr.example"), ("prov", None)], None, "prov", "beside a code of the EHR's own"),
    ("cancelled", [("other", None)], "flooded", "other", "explained"),
    ("noshow", [], None, "no-show", "a missed visit without a reason"),
    ("noshow", [("force-majeure", OURS)], "an accident", "force-majeure", "a missed visit with one"),
    ("entered-in-error", [], None, None, "an error has none"),
]


@pytest.mark.parametrize(
    ("status", "codings", "comment", "code", "why"), REASONS, ids=[f"{row[0]}: {row[4]}" for row in REASONS]
)
def test_why_a_visit_ended(
    tables: Tables,
    appointment: Make,
    today: date,
    *,
    status: str,
    codings: list[tuple[str, str | None]],
    comment: str | None,
    code: str | None,
    why: str,
) -> None:
    given = [{"code": one, "system": system or samples.HL7_REASON} for one, system in codings]
    made = appointment(status=status, cancelationReason={"coding": given} if given else None, comment=comment)
    assert appointment_from_fhir(made, tables, today).end_reason == code, why


# changes                                                                         rule             path
REFUSED = [
    ({"cancelationReason": samples.reason("because")}, "POMOST-MAP-01", "Appointment.cancelationReason"),
    ({"cancelationReason": samples.reason("other")}, "POMOST-MAP-03", "Appointment.comment"),
    (
        {"cancelationReason": {"coding": [*samples.reason("pat")["coding"], *samples.reason("prov")["coding"]]}},
        "POMOST-MAP-02",
        "Appointment.cancelationReason",
    ),
    ({"cancelationReason": None}, "POMOST-APPOINTMENT-06", "Appointment.cancelationReason"),
]


@pytest.mark.parametrize(("changes", "rule", "path"), REFUSED, ids=[row[1] for row in REFUSED])
def test_an_end_without_a_clear_reason_is_refused(
    tables: Tables, appointment: Make, today: date, *, changes: dict[str, Any], rule: str, path: str
) -> None:
    with pytest.raises(ProblemsFound) as found:
        appointment_from_fhir(appointment(status="cancelled", **changes), tables, today)
    assert (rule, path) in {(one.rule, one.path) for one in found.value.problems}


def test_all_problems_of_an_appointment_are_named_at_once(tables: Tables, appointment: Make, today: date) -> None:
    made = appointment(
        status="cancelled",
        created="2026-10",
        end="2026-11-09T08:00:00+01:00",
        cancelationReason=samples.reason("because"),
        extension=[samples.category("friend"), samples.criterion("soon"), samples.entitlement("47XX")],
    )
    with pytest.raises(ProblemsFound) as found:
        appointment_from_fhir(made, tables, today)
    where = sorted((one.rule, one.path) for one in found.value.problems)
    assert where == sorted(
        [
            ("POMOST-APPOINTMENT-03", "Appointment.end"),
            ("POMOST-MAP-01", "Appointment.cancelationReason"),
            ("POMOST-MAP-01", "Appointment.extension[0].valueCoding.code"),
            ("POMOST-MAP-01", "Appointment.extension[1].valueCoding.code"),
            ("POMOST-MAP-01", "Appointment.extension[2].extension[0].valueCoding.code"),
            ("POMOST-MAP-06", "Appointment.created"),
        ]
    )


def change(state: NationalVisitState = NationalVisitState.SAVED, origin: Origin = Origin.PATIENT) -> VisitChange:
    return VisitChange(7, "W-7", "C-1", state, origin, datetime(2026, 11, 2, 10, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("kind", "category", "criterion"),
    [
        (SlotKind.STABLE, Category.WAITING, Criterion.STABLE),
        (SlotKind.URGENT, Category.WAITING, Criterion.URGENT),
        (SlotKind.CONTINUATION, Category.CONTINUING, Criterion.STABLE),
        (SlotKind.PRIVILEGED, Category.PRIVILEGED, Criterion.STABLE),
    ],
)
def test_a_visit_booked_in_cer_becomes_an_appointment_that_we_can_read_back(
    tables: Tables, today: date, *, kind: SlotKind, category: Category, criterion: Criterion
) -> None:
    starts = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
    slot = Slot("S1", "D1", starts, starts + timedelta(minutes=20), SlotState.FREE, kind)
    made = appointment_to_fhir(change(), slot, "P1", tables, referral_id="R1")
    Appointment.model_validate(made)
    reading = read_value({**made, "id": "A9"}, b"")
    assert reading.accepted
    assert not reading.problems
    visit = appointment_from_fhir(reading.checked(), tables, today)
    assert (visit.state, visit.national_id, visit.slot_ids) == (VisitState.BOOKED, "W-7", ("S1",))
    assert (visit.patient_id, visit.referral_id) == ("P1", "R1")
    assert (visit.starts, visit.ends, visit.reported_at) == (slot.starts, slot.ends, change().changed_at)
    assert (visit.category, visit.criterion) == (category, criterion)


@pytest.mark.parametrize("state", [one for one in NationalVisitState if one is not NationalVisitState.SAVED])
def test_only_a_visit_that_stands_becomes_an_appointment(tables: Tables, state: NationalVisitState) -> None:
    starts = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
    slot = Slot("S1", "D1", starts, starts + timedelta(minutes=20), SlotState.FREE, SlotKind.STABLE)
    with pytest.raises(BadInput, match="stands in CeR"):
        appointment_to_fhir(change(state), slot, "P1", tables)


def test_what_is_written_back_is_what_is_read(tables: Tables, today: date) -> None:
    number = ReferralNumber("2.16.840.1.113883.3.4424.2.7.999.4.1", "1" * 22)
    assert referral_identifier(number) == ("urn:oid:2.16.840.1.113883.3.4424.2.7.999.4.1", "1" * 22)
    assert slot_identifier("C-1") == (f"{BASE}/identifier/national-slot", "C-1")
    assert visit_identifier("W-7") == (f"{BASE}/identifier/national-visit", "W-7")
    assert waiting_entry_identifier("Z-1") == (f"{BASE}/identifier/national-waiting-entry", "Z-1")
    assert {slot_status_to_fhir(state, tables, today) for state in SlotState} == {
        row["fhir_code"] for row in tables.slot_state
    }
    assert visit_status_to_fhir(NationalVisitState.SAVED, tables, today) == "booked"


def test_every_reason_can_be_written_and_read_back(tables: Tables, today: date) -> None:
    for code in tables.cancellation_reasons.codes(today):
        written = cancellation_to_fhir(code, tables, today)
        coding = written["coding"]
        assert isinstance(coding, list)
        assert tables.cancellation_reasons.from_fhir(coding[0]["system"], coding[0]["code"], today) == code
    with pytest.raises(BadInput):
        cancellation_to_fhir("because", tables, today)
