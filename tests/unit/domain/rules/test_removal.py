"""The end of an entry: X-01 to X-05 and X-07 (X-06 is asked as R-02), every example of the rule book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapter.domain.entitlement import Category
from adapter.domain.paper_referral import PaperReferral
from adapter.domain.register import Entry, EntryReferral, ReferralWay, Removal, Speciality
from adapter.domain.rules import removal
from adapter.domain.rules.paper import original_due
from adapter.domain.rules.release import ReferralEffect
from adapter.domain.rules.removal import RemovalReason
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome

MakeEntry = Callable[..., Entry]
REASONS = {
    row.code: row
    for row in (
        RemovalReason("SERVICE_DONE", ReferralEffect.FINISH),
        RemovalReason("RESIGNED", ReferralEffect.RELEASE),
        RemovalReason("OTHER", ReferralEffect.PERSON, text_needed=True),
    )
}
PAPER = EntryReferral(way=ReferralWay.PAPER, paper=PaperReferral(received_on=date(2026, 3, 3)))


def ended(on: str, reason: str = "SERVICE_DONE", text: str = "") -> Removal:
    return Removal(date.fromisoformat(on), reason, datetime(2026, 6, 1, tzinfo=UTC), "clerk-1", text)


# on            reason      today         codes                          why
DATED = [
    ("2026-02-27", "RESIGNED", "2026-03-10", ["E-X-DATE"], "entry 03-02, removal 02-27"),
    ("2026-03-02", "RESIGNED", "2026-03-10", [], "on the day of the entry"),
    ("2026-03-10", "RESIGNED", "2026-03-10", [], "today"),
    ("2026-03-11", "RESIGNED", "2026-03-10", ["E-X-DATE"], "in the future"),
    ("2026-03-05", "", "2026-03-10", ["E-X-REASON"], "no reason"),
    ("2026-02-27", " ", "2026-03-10", ["E-X-REASON", "E-X-DATE"], "both at once"),
]


@pytest.mark.parametrize(("on", "reason", "today", "codes", "why"), DATED, ids=[row[4] for row in DATED])
def test_x_01_a_removal_has_date_and_reason(
    new_entry: MakeEntry, on: str, reason: str, today: str, codes: list[str], why: str
) -> None:
    found = removal.removal_dated(new_entry(), ended(on, reason), date.fromisoformat(today))
    assert [one.code for one in found if one.refused] == codes, why
    assert all(one.rule == "X-01" for one in found)


# reason          text     code          why
LISTED = [
    ("4", "", "E-X-REASON", "4 is not in the list"),
    ("11", "", "E-X-REASON", "11 is not in the list"),
    ("OTHER", "", "E-X-TEXT", "another reason without text"),
    ("OTHER", "  ", "E-X-TEXT", "another reason with a blank"),
    ("OTHER", "moved abroad", "", "another reason in words"),
    ("RESIGNED", "", "", "a listed reason"),
    ("", "", "", "none: X-01 asks"),
]


@pytest.mark.parametrize(("reason", "text", "code", "why"), LISTED, ids=[row[3] for row in LISTED])
def test_x_02_the_reason_is_listed(reason: str, text: str, code: str, why: str) -> None:
    verdict = removal.reason_listed(ended("2026-03-09", reason, text), REASONS)
    assert (verdict.rule, verdict.code) == ("X-02", code), why


def test_x_02_an_unlisted_reason_names_the_table_to_fill() -> None:
    verdict = removal.reason_listed(ended("2026-03-09", "RESIGNED"), {})
    assert removal.REASONS_TABLE in verdict.text_pl


SURGERY = datetime(2026, 3, 9, 7, tzinfo=UTC)
# changes                                        removal                         code        why
SERVED = [
    ({}, ended("2026-03-09"), "", "surgery begun 03-09, removed as of 03-09"),
    ({}, ended("2026-03-13"), "E-X-DATE", "removed as of the discharge on 03-13"),
    ({}, ended("2026-03-13", "RESIGNED"), "", "another reason"),
    ({}, ended("2026-03-13", "unknown"), "", "an unknown reason is X-02's"),
    ({"service_started": None}, ended("2026-03-13"), "", "nobody knows when it began"),
    ({"category": Category.CONTINUING}, ended("2026-03-13"), "", "K-03 asks"),
]


@pytest.mark.parametrize(("changes", "made", "code", "why"), SERVED, ids=[row[3] for row in SERVED])
def test_x_03_served_as_of_the_first_day(
    new_entry: MakeEntry, changes: dict[str, object], made: Removal, code: str, why: str
) -> None:
    entry = new_entry(**{"service_started": SURGERY, **changes})
    verdict = removal.served_as_of_start(entry, made, REASONS)
    assert (verdict.rule, verdict.code) == ("X-03", code), why


def test_x_03_dental_appliances_have_their_own_rule(new_entry: MakeEntry) -> None:
    entry = new_entry(service_started=SURGERY)
    dental = replace(entry.schedule, specialities=frozenset({Speciality.DENTAL_APPLIANCE}))
    assert not removal.served_as_of_start(replace(entry, schedule=dental), ended("2026-04-14"), REASONS).refused
    assert removal.service_day(entry) == date(2026, 3, 9)


def test_x_04_a_resignation_removes_and_gives_the_e_referral_back(new_entry: MakeEntry) -> None:
    end = removal.resigned(new_entry(), date(2026, 3, 5))
    assert (end.on, end.reason) == (date(2026, 3, 5), "RESIGNED")
    assert (end.verdict.rule, end.verdict.outcome) == ("X-04", Outcome.DO_THIS)
    assert (end.referral.rule, end.referral.outcome) == ("R-05", Outcome.DO_THIS)


def test_x_04_a_paper_referral_goes_back_by_a_person(new_entry: MakeEntry) -> None:
    end = removal.resigned(new_entry(referral=PAPER), date(2026, 3, 5))
    assert (end.referral.code, end.referral.outcome) == ("TASK-R-RETURN-PAPER", Outcome.NEEDS_PERSON)


# today         more                                    code             why
NO_SHOWS = [
    ("2026-04-20", {}, "", "the day of the term is not over"),
    ("2026-04-21", {}, "TASK-X-NOSHOW", "the day after"),
    ("2026-04-28", {}, "TASK-X-NOSHOW", "until somebody answers"),
    ("2026-04-21", {"confirmed": True}, "AUTO-X-NOSHOW", "confirmed"),
    ("2026-04-20", {"confirmed": True}, "", "nobody confirms too early"),
    ("2026-04-21", {"arrived": True}, "", "the patient came"),
    ("2026-04-21", {"excused": True}, "", "E-05: force majeure"),
    ("2026-04-21", {"confirmed": True, "excused": True}, "", "force majeure before a confirmation"),
]


@pytest.mark.parametrize(("today", "more", "code", "why"), NO_SHOWS, ids=[row[3] for row in NO_SHOWS])
def test_x_05_a_no_show_is_asked_about_and_confirmed(
    new_entry: MakeEntry, today: str, more: dict[str, bool], code: str, why: str
) -> None:
    verdict = removal.no_show(
        new_entry(term="2026-04-20"),
        date.fromisoformat(today),
        **{"arrived": False, **more},  # type: ignore[arg-type]
    )
    assert (verdict.rule, verdict.code) == ("X-05", code), why


def test_x_05_the_confirmed_no_show_ends_with_its_reason_and_the_referral_back(new_entry: MakeEntry) -> None:
    end = removal.no_show_ending(new_entry(term="2026-04-20"), date(2026, 4, 21))
    assert (end.on, end.reason) == (date(2026, 4, 21), "NO_SHOW")
    assert end.referral.code == "AUTO-R-RELEASE"


def test_x_05_a_site_may_do_without_the_confirmation(new_entry: MakeEntry) -> None:
    site = RuleSettings(no_show_needs_confirmation=False, no_show_task_after_days=3)
    entry = new_entry(term="2026-04-20")
    assert removal.no_show(entry, date(2026, 4, 22), arrived=False, settings=site).code == ""
    assert removal.no_show(entry, date(2026, 4, 23), arrived=False, settings=site).code == "AUTO-X-NOSHOW"


def test_x_05_without_a_term_nobody_is_missed(new_entry: MakeEntry) -> None:
    assert removal.no_show(new_entry(term=None), date(2030, 1, 1), arrived=False).outcome is Outcome.ALLOWED


def test_x_06_is_asked_as_r_02(new_entry: MakeEntry) -> None:
    """Entry 2026-03-02: overdue from 2026-03-21 on, removed by R-02 with the reason of the table."""
    owed = new_entry(referral=EntryReferral(way=ReferralWay.PAPER))
    assert original_due(owed, date(2026, 3, 20)).code == "W-R-PAPER-LAST"
    assert original_due(owed, date(2026, 3, 21)).code == "W-R-PAPER-OVERDUE"
    assert removal.X06.article.startswith("art. 20 ust. 2a")


def test_x_07_who_died_is_removed_and_told_nothing_more(new_entry: MakeEntry) -> None:
    entry = new_entry(term="2026-03-20")
    died = replace(entry, person=replace(entry.person, deceased_on=date(2026, 3, 4)))
    assert (removal.deceased(died).rule, removal.deceased(died).code) == ("X-07", "AUTO-X-DECEASED")
    end = removal.death_ending(died, date(2026, 3, 6))
    assert (end.on, end.reason, end.referral.outcome) == (date(2026, 3, 4), "DECEASED", Outcome.ALLOWED)
    assert not removal.may_be_told(died)
    assert removal.may_be_told(entry)
    assert removal.deceased(entry).outcome is Outcome.ALLOWED


@pytest.mark.parametrize("died", ["2026-03-02", "2026-03-06"], ids=["on the day of the entry", "today"])
def test_x_07_the_day_of_death_is_that_of_the_removal(new_entry: MakeEntry, died: str) -> None:
    entry, on = new_entry(), date.fromisoformat(died)
    gone = replace(entry, person=replace(entry.person, deceased_on=on))
    assert removal.death_ending(gone, date(2026, 3, 6)).on == on


def test_x_07_a_death_before_the_entry_still_gives_a_lawful_day_of_removal(new_entry: MakeEntry) -> None:
    entry = new_entry()
    died = replace(entry, person=replace(entry.person, deceased_on=date(2026, 3, 1)))
    end = removal.death_ending(died, date(2026, 3, 6))
    assert end.on == date(2026, 3, 6)
    made = Removal(end.on, end.reason, datetime(2026, 3, 6, tzinfo=UTC), "pomost")
    assert not removal.removal_dated(died, made, date(2026, 3, 6))[0].refused


def test_x_07_a_removed_entry_is_not_removed_again(new_entry: MakeEntry) -> None:
    entry = new_entry(removal=ended("2026-03-05", "RESIGNED"))
    died = replace(entry, person=replace(entry.person, deceased_on=date(2026, 3, 6)))
    assert removal.deceased(died).outcome is Outcome.ALLOWED
    assert not removal.may_be_told(died)


ALIVE = [
    ("DECEASED", True, False, "TASK-X-ALIVE", "the death is told no more"),
    ("DECEASED", True, True, "", "it is still told"),
    ("DECEASED", False, False, "", "an appointment ended so; nobody told of the person's death"),
    ("RESIGNED", True, False, "", "another end"),
]


@pytest.mark.parametrize(("reason", "died", "told", "code", "why"), ALIVE, ids=[row[-1] for row in ALIVE])
def test_x_07_a_death_that_is_taken_back_is_for_a_person(
    new_entry: MakeEntry, reason: str, died: bool, told: bool, code: str, why: str
) -> None:
    entry = new_entry(removal=ended("2026-03-05", reason))
    day = date(2026, 3, 4) if died else None
    known = replace(entry, person=replace(entry.person, deceased_on=day))
    assert removal.alive(known, deceased=told).code == code
