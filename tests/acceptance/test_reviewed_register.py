"""Troubles of a register: versions late and together, P1 that says no too late, doctors and schedules that change."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from clinic_site import FACILITY, Site
from psycopg import sql

from adapter.cli.demo.clinic import cancelled
from adapter.domain.entitlement import Category
from adapter.domain.term import DayTerm
from adapter.fhir import names
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.ports.store import InboxState
from adapter.services.desk import Desk
from adapter.services.register import settle_entry
from adapter.services.register_day.run_day import run_day
from adapter.simulator.contracts import FIRST

LIS0, LIS1 = ("dr-lis", 3, 0), ("dr-lis", 3, 1)


# The register does not depend on how CeR is spoken.
pytestmark = [pytest.mark.parametrize("contract", [FIRST]), pytest.mark.usefixtures("day_open")]


def kept(site: Site, entry_id: str = "visit-1") -> StoredEntry:
    with site.eq.store.unit_of_work() as work:
        found = work.register.entry(FACILITY, entry_id)
    assert found is not None
    return found


def history(site: Site, entry_id: str = "visit-1") -> list[str]:
    with site.eq.store.unit_of_work() as work:
        return [one.what for one in work.register.steps(FACILITY, entry_id)]


def tasks(site: Site) -> list[str]:
    with site.eq.store.unit_of_work() as work:
        return sorted(one.task.code for one in work.tasks.listed(FACILITY))


def refused(site: Site) -> list[tuple[str, str]]:
    with site.eq.store.unit_of_work() as work:
        found = work.inbox.find(states=[InboxState.REFUSED, InboxState.QUARANTINED])
        return [(one.rule, one.code) for each in found for one in each.problems if one.severity == "error"]


def visit(site: Site, **more: Any) -> dict[str, Any]:
    """A version of visit-1 of the first person."""
    name, person = more.pop("visit", "visit-1"), more.pop("person", 0)
    return site.clinic.appointment(name, person, site.now(), **{"place": LIS0, **more})


def people(site: Site, *persons: int) -> None:
    for person in persons:
        site.export(site.clinic.patient(person), site.clinic.referral(person))


def test_who_is_first_heard_of_when_served_has_the_referral_accepted_and_finished(site: Site) -> None:
    people(site, 0)
    site.says(visit(site, status="fulfilled"))
    site.until_quiet()
    assert site.referral_state(0) == "completed"
    assert kept(site).standing is EntryStanding.FINAL


def test_booked_and_served_told_in_one_go(site: Site) -> None:
    people(site, 0)
    site.export(visit(site))
    site.says(visit(site, status="fulfilled"))
    site.until_quiet()
    assert site.referral_state(0) == "completed"
    assert kept(site).standing is EntryStanding.FINAL


def test_each_version_thrice(site: Site) -> None:
    people(site, 0)
    for _ in range(3):
        site.says(visit(site))
    for _ in range(3):
        site.says(visit(site, status="arrived"))
    for _ in range(3):
        site.says(visit(site, status="fulfilled"))
    site.until_quiet()
    assert history(site) == ["entered", "final", "removed"]


def test_another_doctor_of_the_same_register_on_the_same_day(site: Site) -> None:
    site.says(site.clinic.slot("dr-sowa", 3, 0))
    site.book("visit-1", 0, LIS0)
    site.says(visit(site, place=("dr-sowa", 3, 0)))
    assert not refused(site)
    assert history(site) == ["entered", "final"]
    site.says(visit(site, place=("dr-sowa", 3, 0), status="fulfilled"))
    assert not kept(site).entry.open


def test_a_schedule_that_stops_declaring(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.clinic.declares_register = False
    site.says(*site.clinic.schedules())
    site.says(visit(site))
    assert not refused(site), "it did not move"
    site.says(visit(site, status="cancelled", more=cancelled("pat")))
    assert not kept(site).entry.open
    assert site.referral_state(0) == "issued"


def test_a_register_under_another_id(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    renamed = site.clinic.schedules()
    for one in renamed:
        one["extension"][0]["extension"][0]["valueString"] += "-2"
    site.says(*renamed)
    site.says(visit(site, status="arrived"))
    assert not refused(site), "it did not move"
    site.says(visit(site, status="fulfilled"))
    assert not kept(site).entry.open
    site.book("visit-2", 1, LIS1)
    assert kept(site, "visit-2").entry.open


def test_two_appointments_for_one_patient_in_one_go(site: Site) -> None:
    people(site, 0)
    site.says(visit(site), visit(site, visit="visit-2", place=LIS1))
    assert ("U-01", "E-U-DUP") in refused(site)
    site.says(visit(site, status="cancelled", more=cancelled("pat")))
    site.says(visit(site, visit="visit-2", place=LIS1))
    site.until_quiet()
    assert kept(site, "visit-2").standing is EntryStanding.FINAL
    assert site.referral_state(0) == "with-provider"


def test_cancelled_and_booked_anew_in_one_go(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.export(visit(site, status="cancelled", more=cancelled("pat")))
    site.says(visit(site, visit="visit-2", place=LIS1))
    site.until_quiet()
    assert not kept(site).entry.open
    assert kept(site, "visit-2").standing is EntryStanding.FINAL
    assert site.referral_state(0) == "with-provider"


def test_no_show_after_served(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(visit(site, status="fulfilled"))
    site.says(visit(site, status="noshow"))
    end = kept(site).entry.removal
    assert end is not None
    assert end.reason == "SERVICE_DONE"


def test_p1_says_no_after_the_patient_was_served(site: Site) -> None:
    people(site, 15)
    site.export(visit(site, person=15))
    site.says(visit(site, person=15, status="fulfilled"))
    site.until_quiet()
    assert history(site) == ["entered", "removed"]
    assert tasks(site) == ["E-R-P1"]


def test_p1_says_no_after_the_patient_resigned(site: Site) -> None:
    people(site, 15)
    site.export(visit(site, person=15))
    site.says(visit(site, person=15, status="cancelled", more=cancelled("pat")))
    site.until_quiet()
    assert kept(site).standing is EntryStanding.REJECTED
    assert tasks(site) == []


def test_p1_was_down_and_says_no(site: Site) -> None:
    site.admin.trouble("refused", system="p1", count=None)
    site.book("visit-1", 15, LIS0)
    assert kept(site).standing is EntryStanding.OFFLINE
    site.admin.clear_troubles()
    site.until_quiet()
    assert (kept(site).standing, kept(site).entry.open) == (EntryStanding.OFFLINE, True)
    assert tasks(site) == ["TASK-R-DUPLICATE"]
    run_day(site.eq, FACILITY)
    assert "TASK-R-DUPLICATE" in tasks(site)
    site.says(visit(site, person=15, status="cancelled", more=cancelled("pat")))
    assert not kept(site).entry.open
    assert tasks(site) == []


def test_another_appointment_on_a_referral_never_brings_a_refused_entry_back(site: Site) -> None:
    site.book("visit-1", 15, LIS0)
    assert kept(site).standing is EntryStanding.REJECTED
    site.admin.trouble("refused", system="p1", count=None)
    site.says(visit(site, visit="visit-2", person=15, place=LIS1))
    with site.eq.store.unit_of_work() as work:
        settle_entry.accepted(Desk(site.eq, work, FACILITY, "test"), "referral-16")
        work.commit()
    assert kept(site).standing is EntryStanding.REJECTED
    assert kept(site, "visit-2").standing is EntryStanding.FINAL


def test_p1_is_asked_once_more_by_a_person_and_takes_it(site: Site) -> None:
    site.book("visit-1", 15, LIS0)
    with site.eq.store.unit_of_work() as work:
        settle_entry.accepted(Desk(site.eq, work, FACILITY, "test"), "referral-16")
        work.commit()
    assert kept(site).standing is EntryStanding.FINAL
    assert tasks(site) == []


def test_served_though_p1_refused(site: Site) -> None:
    site.book("visit-1", 15, LIS0)
    site.says(visit(site, person=15, status="fulfilled"))
    site.until_quiet()
    assert tasks(site) == ["E-R-P1"]


def test_cancelled_though_p1_refused(site: Site) -> None:
    site.book("visit-1", 15, LIS0)
    site.says(visit(site, person=15, status="cancelled", more=cancelled("pat")))
    assert tasks(site) == []


def plan_until(day: date) -> dict[str, Any]:
    return {
        "url": names.EXT_CONTINUING,
        "extension": [
            {"url": names.CONTINUING_PLAN, "valueReference": {"reference": "CarePlan/plan-1"}},
            {"url": names.CONTINUING_ENDS_ON, "valueDate": day.isoformat()},
        ],
    }


def test_a_plan_told_again_with_the_first_visit_changes_nothing(site: Site) -> None:
    """K-01: first heard of when it was over; the EHR repeats the first visit, category 2 then dates it."""
    people(site, 0)
    ends = site.now().date() + timedelta(days=90)
    for _ in range(3):
        site.says(visit(site, status="fulfilled", said=(plan_until(ends),)))
    site.until_quiet()
    assert site.referral_state(0) == "completed"
    assert history(site) == ["entered", "removed", "final"]
    assert (history(site, "visit-1.k"), kept(site, "visit-1.k").entry.category) == (["entered"], Category.CONTINUING)
    later = ends + timedelta(days=30)
    site.says(visit(site, status="fulfilled", said=(plan_until(later),)))
    assert history(site, "visit-1.k") == ["entered", "corrected"]
    assert (kept(site, "visit-1.k").entry.term, refused(site)) == (DayTerm(later), [])


def test_an_entry_is_nobody_elses(site: Site) -> None:
    """A registrar mends the patient of an appointment; or the EHR joins two records of one person."""
    site.book("visit-1", 0, LIS0)
    people(site, 1)
    site.says(visit(site, person=1))
    assert refused(site) == [("POMOST-REGISTER-02", "")]
    assert kept(site).entry.person.key == "patient-1"
    joined = visit(site, status="arrived")
    joined["participant"][0]["actor"]["reference"] = "Patient/patient-99"
    site.says(site.clinic.patient(0) | {"id": "patient-99"}, joined)
    assert (kept(site).patient_id, kept(site).entry.number) == ("patient-99", 1)
    site.says(visit(site, person=1, status="cancelled", more=cancelled("pat")))
    assert not kept(site).entry.open


def test_another_referral_for_an_open_entry(site: Site) -> None:
    """R-10: the new one is accepted, the entry keeps its place meanwhile; a person decides of the old one (R-05)."""
    site.book("visit-1", 0, LIS0)
    another = site.clinic.referral(1) | {"id": "referral-new", "subject": {"reference": "Patient/patient-1"}}
    site.export(another)
    site.says(visit(site, more={"basedOn": [{"reference": "ServiceRequest/referral-new"}]}))
    site.until_quiet()
    assert refused(site) == []
    assert (kept(site).referral_id, kept(site).standing) == ("referral-new", EntryStanding.FINAL)
    assert (site.referral_state(0), site.referral_state(1)) == ("with-provider", "with-provider")
    assert history(site) == ["entered", "final", "corrected", "final"]
    assert tasks(site) == ["TASK-R-CER", "TASK-R-DECIDE"], "P1 has the former one, and CeR the visit under it"
    referral = kept(site).entry.referral
    assert referral is not None
    assert referral.number.endswith(site.clinic.world["referrals"][1]["number"])


def people_in(site: Site, *persons: int) -> list[str]:
    """What nobody may read of people outside of sealed columns: numbers, names, addresses, phones, keys, reasons."""
    world, found = site.clinic.world, ["kontrola kardiologiczna", "ul. Wymyślona"]
    for person in persons:
        who = world["people"][person]
        given = next(one for one in world["referrals"] if one["person"] == who["pesel"])
        found += [who["pesel"], who["family"], who["phone"], given["key"]]
    return found


def test_nothing_of_people_lies_open(site: Site, database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in logs nor in any table: audit, tasks, jobs, messages, problems of the inbox, plain columns."""
    caplog.set_level(logging.DEBUG)
    site.book("visit-1", 0, LIS0)
    site.book("visit-2", 15, LIS1)
    site.admin.trouble("refused", system="p1", count=None)
    site.book("visit-3", 1, ("dr-lis", 3, 2))
    site.says(visit(site, status="cancelled", more=cancelled("prov") | {"comment": "ul. Wymyślona"}))
    site.admin.clear_troubles()
    site.until_quiet()
    site.says(visit(site, status="cancelled", more=cancelled("pat")))
    site.says(visit(site, visit="visit-3", person=1, place=("dr-lis", 3, 2), status="noshow"))
    run_day(site.eq, FACILITY)
    site.until_quiet()
    said = {"log": caplog.text}
    with psycopg.connect(database_url) as raw:
        tables = raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in tables:
            rows = raw.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))).fetchall()
            said[name] = "\n".join(row for (row,) in rows)
    assert len(said["register_step"].splitlines()) >= 7
    assert said["log"]
    open_in = {(where, one) for where, text in said.items() for one in people_in(site, 0, 1, 15) if one in text}
    assert not open_in
