"""The day's work ends entries: P1 gives the referral back, CeR loses the visit, the EHR's Appointment follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from clinic_site import Site
from store_fixtures import HeldClock

from adapter.cli.demo.clinic import DOCTORS, cancelled
from adapter.cli.demo.stage import FACILITY
from adapter.domain.moments import warsaw_day
from adapter.ports.notices import NoticeKind
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment, FacilityRegister
from adapter.services.register_day.answer_task import Answer, answer_task
from adapter.services.register_day.run_day import run_day

LIS = ("dr-lis", 3, 0)
SOON = ("dr-lis", 3, 1)


def booked(site: Site, visit: str = "visit-1", person: int = 0, place: tuple[str, int, int] = LIS) -> str:
    """A patient whose visit stands in CeR; its id there."""
    assert not site.book(visit, person, place).problems
    site.until_quiet()
    (saved,) = site.visits(visit, "saved")
    return str(saved["id"])


def removal(site: Site, visit: str = "visit-1") -> str:
    with site.eq.store.unit_of_work() as work:
        stored = work.register.entry_of_visit(FACILITY, visit)
    assert stored is not None
    return stored.entry.removal.reason if stored.entry.removal is not None else ""


def later(site: Site, days: int) -> Equipment:
    """The same site, so many days on, for the work of that day only."""
    equipment: Equipment = site.eq
    return replace(equipment, clock=HeldClock(site.now() + timedelta(days=days)))


def reason_of(appointment: dict[str, Any]) -> str:
    return str(appointment["cancelationReason"]["coding"][0]["code"])


def test_a_confirmed_no_show_is_told_to_p1_cer_and_the_ehr(site: Site) -> None:
    site.open_day()
    booked(site)
    day = (site.clinic.days[3] - warsaw_day(site.now())).days + 1
    eq = later(site, day)
    run_day(eq, FACILITY)
    with eq.store.unit_of_work() as work:
        (task,) = [one for one in work.tasks.listed(FACILITY) if one.task.code == "TASK-X-NOSHOW"]
        answer_task(Desk(eq, work, FACILITY, str(uuid4())), task.id, Answer.CONFIRMED, "clerk", "nobody came")
        work.commit()
    site.until_quiet()
    assert removal(site) == "NO_SHOW"
    assert site.referral_history(0)[-2:] == ["accept", "give-back"]
    assert [one["state"] for one in site.visits("visit-1")] == ["no-show"]
    appointment = site.ehr("Appointment", "visit-1")
    assert (appointment["status"], reason_of(appointment)) == ("noshow", "no-show")
    site.sync()
    assert removal(site) == "NO_SHOW", "our own word comes back from the EHR and changes nothing"


def test_the_end_of_a_contract_gives_terms_and_referrals_back(site: Site) -> None:
    site.open_day()
    booked(site)
    booked(site, "visit-2", 1, SOON)
    ends = FacilityRegister("000000927722", contract_ends_on=dict.fromkeys(DOCTORS, warsaw_day(site.now())))
    eq = replace(site.eq, registers={FACILITY: ends})
    assert run_day(eq, FACILITY).acted == {"AUTO-E-CLOSE": 2}
    site.until_quiet()
    assert {removal(site, "visit-1"), removal(site, "visit-2")} == {"PROVIDER_STOPPED"}
    for person, visit in enumerate(("visit-1", "visit-2")):
        assert site.visits(visit, "saved") == []
        assert site.referral_history(person)[-1] == "give-back"
        appointment = site.ehr("Appointment", visit)
        assert (appointment["status"], reason_of(appointment)) == ("cancelled", "provider-stopped")
    with eq.store.unit_of_work() as work:
        kinds = [one.notice.kind for one in work.notices.listed(FACILITY)]
    assert kinds == [NoticeKind.CONTRACT_ENDS] * 2
    assert run_day(eq, FACILITY).acted == {}


def test_a_death_frees_the_term_the_day_before(site: Site) -> None:
    """X-07: people are not polled; before a term the EHR is asked after its patient."""
    site.open_day()
    booked(site)
    site.export(site.clinic.patient(0) | {"deceasedDateTime": warsaw_day(site.now()).isoformat()})
    run_day(later(site, (site.clinic.days[3] - warsaw_day(site.now())).days - 1), FACILITY)
    site.until_quiet()
    assert removal(site) == "DECEASED"
    assert site.visits("visit-1", "saved") == []
    assert reason_of(site.ehr("Appointment", "visit-1")) == "deceased"
    assert site.referral_history(0)[-1] == "accept", "nothing is given back (inferred)"


def test_a_term_that_a_patient_gives_up_is_offered_to_the_next(site: Site) -> None:
    """N-03: in the act that frees it, to who is dated 7 to 30 days later; once, however often the EHR says it."""
    site.open_day(1)
    site.open_day(9)
    booked(site, "visit-1", 0, ("dr-lis", 1, 0))
    booked(site, "visit-2", 1, ("dr-lis", 9, 0))
    given_up = {"status": "cancelled", "more": cancelled("pat")}
    for _ in range(2):
        site.says(site.clinic.appointment("visit-1", 0, site.now(), place=("dr-lis", 1, 0), **given_up))
    site.until_quiet()
    assert removal(site) == "RESIGNED"
    with site.eq.store.unit_of_work() as work:
        offers = [one.notice for one in work.notices.listed(FACILITY) if one.notice.kind is NoticeKind.EARLIER_OFFER]
    assert [(one.entry_id, one.offered) for one in offers] == [("visit-2", site.clinic.days[1])]
