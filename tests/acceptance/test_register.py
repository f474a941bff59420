"""The register through FHIR: entries, refusals with all their rules, changes, ends, and what P1's answers make."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clinic_site import FACILITY, Site

from adapter.cli.demo.clinic import REGISTER, REGISTRAR, cancelled, ended, term_change
from adapter.domain.entitlement import Category, Criterion
from adapter.fhir import names
from adapter.ports.register import EntryStanding, Step, StoredEntry
from adapter.ports.store import InboxState, MessageState, StoredProblem

LIS0, LIS1, LATER = ("dr-lis", 3, 0), ("dr-lis", 3, 1), ("dr-lis", 4, 0)


@pytest.fixture(autouse=True)
def _published(site: Site) -> None:
    site.open_day()


def entry(site: Site, entry_id: str = "visit-1") -> StoredEntry:
    with site.eq.store.unit_of_work() as work:
        found = work.register.entry(FACILITY, entry_id)
    assert found is not None
    return found


def entries(site: Site) -> list[StoredEntry]:
    with site.eq.store.unit_of_work() as work:
        return list(work.register.listed(FACILITY, open_only=False))


def steps(site: Site, entry_id: str = "visit-1") -> list[Step]:
    with site.eq.store.unit_of_work() as work:
        return list(work.register.steps(FACILITY, entry_id))


def tasks(site: Site) -> list[str]:
    with site.eq.store.unit_of_work() as work:
        return sorted(one.task.code for one in work.tasks.listed(FACILITY))


def notices(site: Site) -> list[str]:
    with site.eq.store.unit_of_work() as work:
        return [one.notice.kind.value for one in work.notices.listed(FACILITY)]


def problems(site: Site) -> list[StoredProblem]:
    with site.eq.store.unit_of_work() as work:
        refused = work.inbox.find(states=[InboxState.REFUSED])
        return [problem for one in refused for problem in one.problems if problem.severity == "error"]


def visit(site: Site, place: tuple[str, int, int] = LIS0, person: int = 0, **more: Any) -> dict[str, Any]:
    """One version of visit-1."""
    return site.clinic.appointment("visit-1", person, more.pop("at", site.now()), place=place, **more)


def part(url: str, **value: Any) -> dict[str, Any]:
    return {"url": url, **value}


def test_a_booking_is_entered_and_becomes_final_when_p1_accepts_the_referral(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    stored = entry(site)
    assert (stored.standing, stored.entry.schedule.id) == (EntryStanding.FINAL, REGISTER)
    assert (stored.entry.category, stored.entry.criterion, stored.entry.number) == (
        Category.WAITING,
        Criterion.STABLE,
        1,
    )
    assert (stored.entry.entered_by, stored.referral_id) == (REGISTRAR, "referral-1")
    number = site.clinic.world["referrals"][0]["number"]
    assert stored.entry.referral is not None
    assert stored.entry.referral.number.endswith(number), "P1 told it with the acceptance (R-14)"
    assert [(one.what, one.by) for one in steps(site)] == [("entered", REGISTRAR), ("final", "p1")]
    assert notices(site) == ["entered"]
    assert not tasks(site)


def test_every_rule_that_refuses_is_told_at_once_with_its_code_and_article(site: Site) -> None:
    patient = site.clinic.patient(12)
    del patient["address"], patient["telecom"]
    late = visit(site, ("dr-lis", 3, 6), 12, category="privileged", at=site.now() - timedelta(days=30))
    late["extension"] = [one for one in late["extension"] if one["url"] != names.EXT_ENTERED_BY]
    site.says(patient, site.clinic.referral(12), late)
    found = {(one.rule, one.code): one for one in problems(site)}
    assert set(found) == {
        ("V-03", "E-PRIV-7WD"), ("D-01", "E-D-ADDR"), ("D-01", "E-D-CONTACT"), ("D-01", "E-D-AUTHOR")
    }  # fmt: skip
    assert all(one.article.startswith("art.") for one in found.values())
    assert not site.visits()
    assert not entries(site)
    assert not site.messages(MessageState.WAITING)


def test_another_term_needs_its_reason(site: Site) -> None:
    site.says(*(site.clinic.slot("dr-lis", 4, number) for number in range(2)))
    site.book("visit-1", 0, LIS0)
    site.says(visit(site, LATER))
    assert [(one.rule, one.code) for one in problems(site)] == [("M-01", "E-M-REASON")]
    site.says(visit(site, LATER, said=(term_change("PATIENT_REQUEST"),)))
    stored = entry(site)
    assert [one["slot"] for one in site.visits("visit-1", "saved")] == [
        one["id"] for one in site.admin.slots() if one["reference"] == "dr-lis-d04-s0"
    ]
    (moved,) = stored.entry.term_changes
    assert (moved.reason, moved.by, moved.before, moved.after) == (
        "PATIENT_REQUEST", REGISTRAR, moved.before, stored.entry.term
    )  # fmt: skip
    assert [one.what for one in steps(site)] == ["entered", "final", "term"]
    assert "M-04" in steps(site)[-1].rules
    assert notices(site) == ["entered", "term-changed"]


def test_another_slot_of_the_same_day_is_the_same_term(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(visit(site, LIS1))
    assert not entry(site).entry.term_changes
    assert not problems(site)


def test_a_change_of_category_keeps_both_and_needs_its_document(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    bare = visit(site, category="privileged")
    for one in bare["extension"]:
        if one["url"] == names.EXT_ENTITLEMENT:
            one["extension"] = one["extension"][:3]
    site.says(bare)
    assert {(one.rule, one.code) for one in problems(site)} == {("V-10", "E-PRIV-BASIS")}
    site.says(visit(site, category="privileged"))
    stored = entry(site)
    (turned,) = stored.entry.category_changes
    assert (turned.before, turned.after, turned.by) == (Category.WAITING, Category.PRIVILEGED, REGISTRAR)
    assert (stored.entry.criterion, stored.entry.number) == (None, 1), "the number stays, nobody else gets it (D-03)"


def test_who_resigns_is_removed_and_the_referral_given_back(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(visit(site, status="cancelled", more=cancelled("pat")))
    end = entry(site).entry.removal
    assert end is not None
    assert end.reason == "RESIGNED"
    assert site.referral_state(0) == "issued"
    assert steps(site)[-1].rules == ("R-05", "R-06", "X-04")
    assert not notices(site)
    site.says(visit(site, status="cancelled", more=cancelled("pat")))
    assert [one.what for one in steps(site)].count("removed") == 1


def test_a_provider_who_cancels_says_why_or_gives_a_new_term(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(visit(site, status="cancelled", more=cancelled("prov")))
    assert {(one.rule, one.code) for one in problems(site)} == {("G-06", "E-X-REASON")}
    assert entry(site).entry.open
    assert [one["state"] for one in site.visits("visit-1")] == ["saved"]
    more = cancelled("prov") | {"comment": "the clinic burnt down"}
    site.says(visit(site, status="cancelled", more=more, said=(ended("OTHER"),)))
    assert not entry(site).entry.open
    assert site.referral_state(0) == "with-provider"
    assert tasks(site) == ["TASK-R-DECIDE"]


def test_a_no_show_is_removed_and_comes_back_to_the_old_place_on_request(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(visit(site, status="noshow"))
    assert entry(site).entry.removal is not None
    assert site.referral_state(0) == "issued"
    day = site.now().date().isoformat()
    asked = part(
        names.EXT_REINSTATEMENT,
        extension=[
            part(names.REINSTATEMENT_REQUESTED_ON, valueDate=day),
            part(names.REINSTATEMENT_CAUSE_ENDED_ON, valueDate=day),
            part(names.REINSTATEMENT_PLAUSIBLE, valueBoolean=True),
        ],
    )
    again = site.clinic.appointment("visit-2", 0, site.now(), place=LIS1, said=(asked,))
    site.says(again)
    stored = entry(site)
    assert (stored.visit_id, stored.standing, stored.entry.number) == ("visit-2", EntryStanding.FINAL, 1)
    assert stored.entry.reinstated
    assert stored.entry.open
    assert site.referral_state(0) == "with-provider", "its status is set again (AUTO-E-STATUS)"
    assert [one.what for one in steps(site)] == ["entered", "final", "removed", "restored", "final"]


def test_a_plan_closes_the_entry_as_done_and_opens_a_continuing_one(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    ends = (site.now() + timedelta(days=90)).date()
    plan = part(
        names.EXT_CONTINUING,
        extension=[
            part(names.CONTINUING_PLAN, valueReference={"reference": "CarePlan/plan-1"}),
            part(names.CONTINUING_ENDS_ON, valueDate=ends.isoformat()),
        ],
    )
    site.says(visit(site, status="fulfilled", said=(plan,)))
    first, second = entry(site), entry(site, "visit-1.k")
    assert first.entry.removal is not None
    assert first.entry.removal.reason == "SERVICE_DONE"
    assert (second.entry.category, second.entry.number, second.entry.plan) == (
        Category.CONTINUING,
        None,
        "CarePlan/plan-1",
    )
    assert second.entry.term is not None
    assert second.entry.term.last == ends
    assert first.correlation_id == second.correlation_id, "one audited act (K-01)"
    assert site.referral_state(0) == "completed"
    site.says(site.clinic.appointment("visit-2", 0, site.now(), place=LIS1, category="continuing"))
    assert len(entries(site)) == 2, "a later visit is under the plan, no entry of its own"
    today = site.now().date().isoformat()
    plan["extension"][1]["valueDate"] = today
    done = ended("SERVICE_DONE")
    done["extension"].append(part(names.REMOVAL_ON, valueDate=today))
    site.says(visit(site, status="fulfilled", said=(plan, done)))
    assert entry(site, "visit-1.k").entry.removal is not None
    assert [one.what for one in steps(site, "visit-1.k")] == ["entered", "corrected", "removed"], (
        "first the date (K-03)"
    )


def test_p1_is_down_and_the_entries_stand_at_once_in_order(site: Site) -> None:
    site.admin.trouble("refused", system="p1", count=None)
    site.book("visit-1", 0, LIS0)
    site.book("visit-2", 1, LIS1)
    for visit_id, number in (("visit-1", 1), ("visit-2", 2)):
        stored = entry(site, visit_id)
        assert (stored.standing, stored.entry.number) == (EntryStanding.OFFLINE, number)
        assert stored.entry.offline_pending
        assert site.visits(visit_id, "saved")
    assert notices(site) == ["entered", "entered"]
    site.admin.clear_troubles()
    site.until_quiet()
    for visit_id in ("visit-1", "visit-2"):
        stored = entry(site, visit_id)
        assert (stored.standing, stored.entry.offline_pending) == (EntryStanding.FINAL, False)
    assert notices(site) == ["entered", "entered"], "nobody is told twice"


def test_nobody_waits_twice_for_one_service(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(site.clinic.appointment("visit-2", 0, site.now(), place=LIS1))
    assert {(one.rule, one.code) for one in problems(site)} == {("U-01", "E-U-DUP")}
    assert len(entries(site)) == 1


def test_a_dilo_card_has_a_list_of_its_own(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(
        site.clinic.patient(1), site.clinic.referral(1),
        site.clinic.appointment("visit-2", 1, site.now(), place=LIS1, category="oncology"),
    )  # fmt: skip
    stored = entry(site, "visit-2").entry
    assert (stored.category, stored.criterion, stored.number) == (Category.ONCOLOGY, None, 1)


def test_a_privileged_patient_who_cancels_goes_on_in_category_2_and_the_next_appointment_takes_over(
    site: Site,
) -> None:
    site.book("visit-1", 12, ("dr-lis", 3, 6), category="privileged")
    site.says(visit(site, ("dr-lis", 3, 6), 12, status="cancelled", category="privileged", more=cancelled("pat")))
    stored = entry(site)
    assert (stored.entry.category, stored.entry.term, stored.entry.open) == (Category.WAITING, None, True)
    assert site.referral_state(12) == "with-provider", "the patient still waits"
    assert tasks(site) == ["W-PRIV-LOST"]
    site.says(site.clinic.appointment("entry-2", 12, site.now(), status="waitlist"))
    assert (entry(site).visit_id, len(entries(site))) == ("entry-2", 1)


def test_a_visit_that_a_patient_made_in_cer_is_entered_and_what_is_missing_becomes_tasks(site: Site) -> None:
    site.says(site.clinic.patient(4), site.clinic.referral(4))
    site.admin.patient_books("dr-lis-d03-s0", site.person(4))
    site.sync()
    site.sync()
    (stored,) = entries(site)
    assert (stored.entry.open, stored.standing) == (True, EntryStanding.FINAL)
    assert {"E-D-AUTHOR", "E-D-DX"} <= set(tasks(site))
    assert not problems(site)
    (national,) = site.visits(state="saved")
    site.admin.patient_cancels(national["id"])
    site.sync()
    assert entries(site)[0].entry.removal is not None
    assert not {"E-D-AUTHOR", "E-D-DX"} & set(notices(site))


def test_a_schedule_without_a_register_is_judged_as_before(site: Site) -> None:
    site.clinic.declares_register = False
    site.says(*site.clinic.schedules())
    site.book("visit-1", 0, LIS0)
    assert site.visits("visit-1", "saved")
    assert not entries(site)
