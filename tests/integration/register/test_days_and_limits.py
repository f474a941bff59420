"""Warsaw days and the limits of the law through FHIR: clock changes, the new year, a last day and the next one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from fakes.register_front import Front

from adapter.cli.demo.clinic import cancelled
from adapter.domain.term import DayTerm

SKIN = "skin"
# told at (UTC)            Warsaw day    why
TOLD = [
    ("2026-03-28T22:59:00", "2026-03-28", "a minute before the day of summer time"),
    ("2026-03-28T23:00:00", "2026-03-29", "its first minute"),
    ("2026-03-29T01:00:00", "2026-03-29", "the hour that is not there"),
    ("2026-03-29T21:59:00", "2026-03-29", "its last minute"),
    ("2026-03-29T22:00:00", "2026-03-30", "the next day begins an hour earlier in UTC"),
    ("2026-10-24T22:00:00", "2026-10-25", "the first minute of the day of winter time"),
    ("2026-10-25T00:30:00", "2026-10-25", "half past two, for the first time"),
    ("2026-10-25T01:30:00", "2026-10-25", "half past two, for the second time"),
    ("2026-10-25T22:59:00", "2026-10-25", "the last minute of 25 hours"),
    ("2026-10-25T23:00:00", "2026-10-26", "the next day"),
    ("2026-12-31T22:59:00", "2026-12-31", "the last minute of the year"),
    ("2026-12-31T23:00:00", "2027-01-01", "the first one"),
]


def to(front: Front, instant: str) -> None:
    """The clock shows this instant (UTC)."""
    wanted = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    front.clock.sleep((wanted - front.clock.now()).total_seconds())


def test_entries_and_ends_are_of_the_warsaw_day_on_which_they_are_told(front: Front) -> None:
    """X-01, X-04: reported and given up in one minute; the whole history is of that Warsaw day."""
    front.says(front.declares(SKIN))
    for number, (instant, day, why) in enumerate(TOLD):
        name, person = f"A{number}", number % 10
        to(front, instant)
        front.says(
            front.clinic.patient(person),
            front.clinic.referral(person),
            front.stated(name, person, on=SKIN, starts="2027-01-29T09:00"),
        )
        assert front.entry(name).entry.open, why
        front.says(
            front.stated(name, person, on=SKIN, starts="2027-01-29T09:00", visit={"state": "cancelled"})
            | cancelled("pat")
        )
        assert front.removal(name) == (day, "RESIGNED"), why
    assert not front.refused()


def test_a_no_show_is_asked_about_from_the_next_warsaw_day_on(front: Front) -> None:
    """X-05, over both clock changes and the new year."""
    front.says(front.declares(SKIN))
    terms = [("2026-03-29", "2026-03-30"), ("2026-10-25", "2026-10-26"), ("2026-12-31", "2027-01-01")]
    for person, (term, _) in enumerate(terms):
        front.says(front.clinic.patient(person), front.clinic.referral(person))
        front.says(front.stated(f"A{person}", person, on=SKIN, starts=f"{term}T09:00"))
    front.deliver()
    for person, (term, asked) in enumerate(terms):
        subject = f"entry/A{person}"
        for day, codes in ((term, []), (asked, ["TASK-X-NOSHOW"])):
            front.at(day, 1)
            front.run()
            assert [one.task.code for one in front.tasks() if one.task.subject == subject] == codes, day


def test_a_plan_of_december_ends_with_the_year_and_is_asked_about_on_its_last_working_day(front: Front) -> None:
    """K-01, K-02, K-03: an end that nobody knows is 31 December, a Thursday."""
    front.says(front.declares(SKIN), front.clinic.patient(0), front.clinic.referral(0))
    front.at("2026-12-21")
    front.says(front.stated("A1", on=SKIN, starts="2026-12-30T09:00"))
    front.deliver()
    front.at("2026-12-30")
    plan = {"reference": "CarePlan/plan-1"}
    front.says(front.stated("A1", on=SKIN, starts="2026-12-30T09:00", visit={"state": "served"}, plan=plan))
    assert not front.refused()
    assert front.removal("A1") == ("2026-12-30", "SERVICE_DONE")
    opened = front.entry("A1.k").entry
    assert (str(opened.term), front.codes()) == ("2026-12-31", ["W-K-YEAREND"])
    assert "TASK-K-YEAREND" not in front.on("2026-12-30")
    assert "TASK-K-YEAREND" in front.on("2026-12-31")
    assert "TASK-K-YEAREND" in front.on("2027-01-04"), "until somebody puts the end in"


def week(year: int, number: int) -> dict[str, Any]:
    return {"term": f"{year}-W{number:02d}"}


def offer(offered: str, chosen: str) -> dict[str, Any]:
    return {"offer": {"offered": offered, "chosen": chosen}, "reserved": True}


# reported    term               says                                     refused by                 why
LIMITS = [
    ("2026-01-15", "", week(2026, 30), [], "P-02: its Monday is more than six months ahead"),
    ("2026-01-15", "", week(2026, 29), [("P-02", "E-P-PRECISION")], "P-02: the Monday before the limit"),
    ("2025-08-31", "", week(2026, 10), [], "P-02: six months from 31 August are 28 February"),
    ("2025-08-31", "", week(2026, 9), [("P-02", "E-P-PRECISION")], "P-02: a week too early"),
    ("2026-03-02", "2026-04-14T09:00", offer("2026-04-14", "2026-04-14"), [("P-06", "E-P-RES")], "P-06: as offered"),
    ("2026-03-02", "2026-04-15T09:00", offer("2026-04-14", "2026-04-15"), [], "P-06: a day later by wish"),
]


def test_the_limits_of_a_term_through_fhir(front: Front) -> None:
    front.clock.sleep((datetime(2025, 8, 1, tzinfo=UTC) - front.clock.now()).total_seconds())
    front.says(front.declares(SKIN))
    for number, (reported, starts, says, refused, why) in enumerate(sorted(LIMITS, key=lambda row: row[0])):
        name, person = f"A{number}", number
        front.at(reported)
        front.says(front.clinic.patient(person), front.clinic.referral(person))
        before = len(front.refused())
        state = "booked" if starts else "waiting"
        front.says(front.stated(name, person, on=SKIN, starts=starts, visit={"state": state}, **says))
        assert front.refused()[: len(front.refused()) - before] == refused, why


def right(valid_until: str) -> dict[str, Any]:
    """A verified right of a blood donor of merit."""
    return {
        "code": "47CZ",
        "verified_by": "staff-07",
        "verified_at": "2026-03-02T08:00:00+01:00",
        "document": {"kind": "legitymacja", "number": "0000001", "valid_until": valid_until},
    }


# report        term          document until  refused by               why
PRIVILEGED = [
    ("2026-03-02", "2026-03-11", "2026-12-31", [], "V-03: the seventh working day"),
    ("2026-03-02", "2026-03-12", "2026-12-31", [("V-03", "E-PRIV-7WD")], "V-03: the eighth"),
    ("2026-03-02", "2026-03-04", "2026-03-02", [], "V-10: the last day of the document"),
    ("2026-03-02", "2026-03-04", "2026-03-01", [("V-10", "E-PRIV-BASIS")], "V-10: the day after it"),
    ("2026-12-18", "2026-12-31", "2026-12-31", [], "V-03: over 24, 25 and 26 December"),
    ("2026-12-18", "2027-01-04", "2027-12-31", [("V-03", "E-PRIV-7WD")], "V-03: the first working day of January"),
]


def test_the_limits_of_a_right_through_fhir(front: Front) -> None:
    front.says(front.declares(SKIN))
    for number, (reported, term, until, refused, why) in enumerate(PRIVILEGED):
        front.at(reported)
        front.says(front.clinic.patient(number), front.clinic.referral(number))
        before = len(front.refused())
        visit = {"category": 4, "entitlement": right(until)}
        front.says(front.stated(f"A{number}", number, on=SKIN, starts=f"{term}T09:00", visit=visit))
        assert front.refused()[: len(front.refused()) - before] == refused, why


# removed on    refused by             why
REMOVED = [
    ("2026-03-08", [("X-01", "E-X-DATE")], "the day before the entry"),
    ("2026-03-13", [("X-01", "E-X-DATE")], "tomorrow"),
    ("2026-03-09", [], "the day of the entry"),
]


def test_the_limits_of_a_removal_through_fhir(front: Front) -> None:
    """X-01: entered on 2026-03-09, given up on 2026-03-12."""
    front.says(front.declares(SKIN), front.clinic.patient(0), front.clinic.referral(0))
    front.at("2026-03-09")
    front.says(front.stated("A1", on=SKIN, starts="2026-04-20T09:00"))
    front.at("2026-03-12")
    for on, refused, why in REMOVED:
        before = len(front.refused())
        said = front.stated("A1", on=SKIN, starts="2026-04-20T09:00", visit={"state": "cancelled"}, removal={"on": on})
        front.says(said | cancelled("pat"))
        assert front.refused()[: len(front.refused()) - before] == refused, why
    assert front.removal("A1") == ("2026-03-09", "RESIGNED")


def test_the_day_of_a_visit_is_warsaws(front: Front) -> None:
    """A term half an hour after midnight is of that day, though UTC calls it the one before."""
    front.says(front.declares(SKIN), front.clinic.patient(0), front.clinic.referral(0))
    front.says(front.stated("A1", on=SKIN, starts="2026-06-15T00:30"))
    assert front.entry("A1").entry.term == DayTerm(date(2026, 6, 15))
