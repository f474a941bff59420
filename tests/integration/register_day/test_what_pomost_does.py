"""What Pomost does by itself about an entry (AUTO of docs/law.md), with the dated examples of the book."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from fakes.register_ward import ANOTHER, Ward

from adapter.domain.appointment import VisitState
from adapter.domain.paper_referral import PaperReferral, PostingChannel
from adapter.domain.patient import Patient
from adapter.domain.register import EntryPerson, ReferralWay
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.term import WeekTerm
from adapter.errors import BadInput, Refused
from adapter.fhir import names
from adapter.ports.notices import NewNotice, NoticeKind, NoticeState
from adapter.ports.register import StoredEntry
from adapter.ports.store import Action, InboxState
from adapter.services.desk import Desk
from adapter.services.fresh_patient import refresh_person
from adapter.services.register.learn import referral_learned
from adapter.services.register_day import take_action
from adapter.services.register_day.answer_task import Answer, answer_task, finish_task
from adapter.services.register_day.touch_entries import touch_patient, touch_referral

FACILITY = "demo"


def answer(ward: Ward, said: Answer, code: str = "") -> str:
    """The clerk answers the only task (of this code); what Pomost did."""
    (number,) = [one.id for one in ward.tasks() if code in ("", one.task.code)]
    looked = ward.desk(lambda desk: answer_task(desk, number, said, "clerk", "phone not answered"))
    return looked.done.what if looked.done is not None else ""


def test_a_confirmed_no_show_is_removed_and_the_referral_given_back(ward: Ward) -> None:
    """X-05: date 2026-04-20, no arrival: task on 04-21, removed on 04-21, the e-referral released."""
    ward.enter(term="2026-04-20")
    assert ward.on("2026-04-21") == ["TASK-X-NOSHOW"]
    assert answer(ward, Answer.CONFIRMED) == "AUTO-X-NOSHOW"
    assert ward.removal() == ("2026-04-21", "NO_SHOW")
    assert ward.sent(Action.GIVE_BACK_REFERRAL) == ["give-back-referral referral:R-A1"]
    end = ward.entry().entry.removal
    assert end is not None
    assert (end.by, ward.codes(), ward.steps()) == ("clerk", [], ["entered", "corrected", "removed"])
    ward.run()
    assert ward.sent(Action.GIVE_BACK_REFERRAL) == ["give-back-referral referral:R-A1"], "once, however often"


def test_force_majeure_keeps_the_entry_and_asks_for_a_new_date(ward: Ward) -> None:
    ward.enter(term="2026-04-20")
    ward.on("2026-04-21")
    assert answer(ward, Answer.EXCUSED) == ""
    assert (ward.removal(), ward.codes()) == (None, ["TASK-E-NEW-DATE"])
    assert ward.on("2026-04-22") == ["TASK-E-NEW-DATE"], "nobody is asked about the no-show again"


def test_where_the_site_needs_no_confirmation_a_no_show_ends_by_itself(ward: Ward) -> None:
    ward.rules = RuleSettings(no_show_needs_confirmation=False)
    ward.enter(term="2026-04-20")
    ward.enter("A2", term="2026-04-20", state=VisitState.ARRIVED)
    assert ward.on("2026-04-21") == []
    assert (ward.removal(), ward.removal("A2")) == (("2026-04-21", "NO_SHOW"), None)


def test_without_the_paper_original_the_entry_ends_when_the_grace_is_over(ward: Ward) -> None:
    """R-02, X-06: entry 2026-03-02, last day 03-20, a week for letters."""
    ward.enter(on="2026-03-02", way=ReferralWay.PAPER)
    ward.on("2026-03-27")
    assert ward.removal() is None
    assert ward.on("2026-03-28") == []
    assert ward.removal() == ("2026-03-28", "NO_PAPER_REFERRAL")
    assert ward.sent(Action.GIVE_BACK_REFERRAL) == [], "paper has no status in P1"


def test_at_once_after_the_last_day_when_a_person_says_that_nothing_will_come(ward: Ward) -> None:
    ward.enter(on="2026-03-02", way=ReferralWay.PAPER)
    ward.on("2026-03-16")
    assert answer(ward, Answer.NOT_COMING) == "", "the law gives the patient fourteen working days"
    with ward.store.unit_of_work() as work:
        record = work.calendar.referral(FACILITY, "R-A1")
        assert record is not None
        ground = replace(record, referral=replace(record.referral, paper=PaperReferral(ground="P1 down")))
        work.calendar.put_referral(FACILITY, ground)
        work.commit()
    ward.desk(lambda desk: referral_learned(desk, "R-A1"))
    ward.on("2026-03-21")
    assert ward.removal() == ("2026-03-21", "NO_PAPER_REFERRAL")


def letter_comes(ward: Ward) -> None:
    """The original of A1's referral, posted 2026-03-20, on 2026-03-30."""
    letter = PaperReferral(date(2026, 3, 30), date(2026, 3, 20), PostingChannel.DESIGNATED_OPERATOR, "archive")
    with ward.store.unit_of_work() as work:
        record = work.calendar.referral(FACILITY, "R-A1")
        assert record is not None
        work.calendar.put_referral(FACILITY, replace(record, referral=replace(record.referral, paper=letter)))
        work.commit()
    ward.at("2026-03-30")


def test_a_letter_posted_in_time_takes_the_removal_back(ward: Ward) -> None:
    """R-02, T-07: posted 2026-03-20, received 2026-03-30, after the removal: back in the old place."""
    before = ward.enter(on="2026-03-02", way=ReferralWay.PAPER)
    ward.enter("A2", on="2026-03-03", pesel=ANOTHER)
    ward.on("2026-03-28")
    letter_comes(ward)
    assert ward.desk(lambda desk: touch_referral(desk, "R-A1")) == 1
    after = ward.entry()
    assert (after.entry.open, after.entry.number) == (True, before.entry.number)
    assert [one.removal.reason for one in after.entry.restorings] == ["NO_PAPER_REFERRAL"]
    assert ward.codes() == ["AUTO-R-PAPER-UNDO"], "somebody gives the patient a term again"
    with ward.store.unit_of_work() as work:
        visit = work.calendar.visit(FACILITY, "A1")
        assert visit is not None
        assert visit.state is VisitState.WAITING
    assert ward.on("2026-03-31") == ["AUTO-R-PAPER-UNDO"]
    assert ward.entry() == after


def test_a_letter_posted_in_time_enters_nobody_twice(ward: Ward) -> None:
    """R-02, U-01: entered anew meanwhile; a person asks which of the two stays."""
    ward.enter(on="2026-03-02", way=ReferralWay.PAPER)
    ward.on("2026-03-28")
    ward.enter("A2", on="2026-03-28")
    letter_comes(ward)
    assert ward.desk(lambda desk: touch_referral(desk, "R-A1")) == 0
    assert (ward.removal(), ward.codes()) == (("2026-03-28", "NO_PAPER_REFERRAL"), ["E-U-DUP"])


def test_a_letter_in_the_grace_keeps_the_entry(ward: Ward) -> None:
    """Posted 2026-03-20, received 2026-03-25: in time."""
    letter = PaperReferral(date(2026, 3, 25), date(2026, 3, 20), PostingChannel.DESIGNATED_OPERATOR, "archive")
    ward.enter(on="2026-03-02", way=ReferralWay.PAPER, paper=letter)
    assert (ward.on("2026-03-28"), ward.removal()) == ([], None)


def test_a_death_ends_every_open_entry_and_every_notice(ward: Ward) -> None:
    """X-07: deceased 2026-03-04, dates 2026-03-20: removed, no reminder after."""
    ward.enter(term="2026-03-20")
    ward.at("2026-03-05")
    with ward.store.unit_of_work() as work:
        work.notices.add(FACILITY, [NewNotice("A1", NoticeKind.ENTERED, send_by=date(2026, 3, 5))])
        told = work.calendar.patient(FACILITY, "P-A1")
        assert told is not None
        died = Patient("P-A1", told.identifier, told.given, told.family, deceased=True, deceased_on=date(2026, 3, 4))
        work.calendar.put_patient(FACILITY, died)
        work.commit()
    assert ward.desk(lambda desk: touch_patient(desk, "P-A1")) == 1
    assert ward.removal() == ("2026-03-04", "DECEASED")
    assert (ward.notices(), len(ward.notices(NoticeState.VOID))) == ([], 1)
    assert ward.desk(lambda desk: touch_patient(desk, "P-A1")) == 0
    assert (ward.on("2026-03-06"), ward.steps().count("removed")) == ([], 1)


def test_the_ehr_is_asked_after_people_some_days_before_their_term(ward: Ward) -> None:
    """X-07: people are not polled; one by one they are read 14, 3 and 1 days before. Who died gets no visit."""
    ward.enter(term="2026-03-20")
    ward.enter("A2", term="2026-04-20")
    for day in ("2026-03-05", "2026-03-06", "2026-03-16", "2026-03-17"):
        ward.on(day)
    assert ward.ehr.asked == ["P-A1", "P-A1"]
    ward.ehr.people["P-A1"] = {
        "resourceType": "Patient",
        "id": "P-A1",
        "identifier": [{"system": names.PESEL, "value": "00690100011"}],
        "name": [{"use": "official", "family": "Wzorcowa", "given": ["Anna"]}],
        "deceasedDateTime": "2026-03-18",
    }
    ward.on("2026-03-19")
    assert ward.removal() == ("2026-03-18", "DECEASED")
    assert ward.removal("A2") is None


def test_who_asks_after_one_person_waits_for_nobody_else(ward: Ward) -> None:
    """A booking that is about to leave does not take the list in that a poll just brought."""
    ward.enter()
    for name in ("P-A1", "P-A2"):
        ward.ehr.people[name] = {
            "resourceType": "Patient",
            "id": name,
            "identifier": [{"system": names.PESEL, "value": "00690100011"}],
            "name": [{"use": "official", "family": "Nowowymyślona", "given": ["Anna"]}],
        }
    polled = ward.ehr.read(FACILITY, "Patient", "P-A2")
    assert polled is not None
    ward.desk(lambda desk: desk.work.inbox.put(FACILITY, polled, ward.clock.now()))
    assert refresh_person(ward.eq, FACILITY, "P-A1")
    assert ward.entry().entry.person.family == "Nowowymyślona"
    with ward.store.unit_of_work() as work:
        assert [one.received.resource_id for one in work.inbox.find(states=[InboxState.NEW])] == ["P-A2"]


def test_the_end_of_a_contract_ends_its_entries_with_a_certificate(ward: Ward) -> None:
    """E-03: end 2026-03-31, 12 open: 12 certificates, 12 removals, 12 releases."""
    for number in range(12):
        ward.enter(f"A{number}", term="2026-06-01")
    ward.ends_on = {"dr-lis": date(2026, 3, 31)}
    ward.on("2026-03-30")
    assert ward.removal("A0") is None
    ward.on("2026-03-31")
    assert {ward.removal(f"A{number}") for number in range(12)} == {("2026-03-31", "PROVIDER_STOPPED")}
    assert len(ward.sent(Action.GIVE_BACK_REFERRAL)) == 12
    assert [one.notice.kind for one in ward.notices()] == [NoticeKind.CONTRACT_ENDS] * 12
    ward.run()
    assert (len(ward.sent(Action.GIVE_BACK_REFERRAL)), len(ward.notices())) == (12, 12)


def test_paper_goes_back_by_a_person_when_the_contract_ends(ward: Ward) -> None:
    received = PaperReferral(date(2026, 3, 5), location="archive")
    ward.enter(way=ReferralWay.PAPER, paper=received, term="2026-06-01")
    ward.ends_on = {"dr-lis": date(2026, 3, 31)}
    assert ward.on("2026-03-31") == ["TASK-R-RETURN-PAPER"]
    assert ward.removal() == ("2026-03-31", "PROVIDER_STOPPED")
    assert ward.on("2026-04-01") == ["TASK-R-RETURN-PAPER"]


@pytest.mark.parametrize(
    ("number", "said", "code"),
    [(None, Answer.NOT_COMING, "TASK_ANSWER"), (999, Answer.CONFIRMED, "NO_SUCH_TASK")],
    ids=["no answer to this task", "no such task"],
)
def test_an_answer_that_fits_no_task_changes_nothing(ward: Ward, number: int | None, said: Answer, code: str) -> None:
    ward.enter(term="2026-04-20")
    ward.on("2026-04-21")
    asked = ward.tasks()[0].id if number is None else number
    with pytest.raises(BadInput) as wrong:
        ward.desk(lambda desk: answer_task(desk, asked, said, "clerk", "x"))
    assert wrong.value.code == code
    assert (ward.codes(), ward.removal()) == (["TASK-X-NOSHOW"], None)


def test_a_task_is_answered_once(ward: Ward) -> None:
    ward.enter(term="2026-04-20")
    ward.on("2026-04-21")
    number = ward.tasks()[0].id
    ward.desk(lambda desk: answer_task(desk, number, Answer.EXCUSED, "clerk", "an accident was shown"))
    with pytest.raises(Refused):
        ward.desk(lambda desk: answer_task(desk, number, Answer.CONFIRMED, "clerk", "x"))
    assert ward.removal() is None


def test_a_note_that_names_a_person_is_not_kept(ward: Ward) -> None:
    """A note is shown in the list of tasks: a PESEL in it is refused, and the task stays open."""
    ward.enter(on="2025-10-01", term=WeekTerm(2026, 30))
    ward.on("2026-07-07")
    (task,) = ward.tasks()
    with pytest.raises(BadInput, match="PESEL"):
        ward.desk(lambda desk: finish_task(desk, task.id, "clerk", "pacjent 00690100011"))
    assert [one.id for one in ward.tasks()] == [task.id]


def test_an_entry_that_cannot_end_stops_none_of_its_neighbours(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is then tried alone; the next run takes up what was left, and nothing is done twice."""
    for name in ("A1", "A2", "A3"):
        ward.enter(name, term="2026-06-01")
    ward.ends_on = {"dr-lis": date(2026, 3, 31)}

    def broken(desk: Desk, stored: StoredEntry) -> None:
        if stored.entry.id == "A2":
            raise Refused("the letter cannot be planned", code="BROKEN")

    ward.at("2026-03-31")
    with monkeypatch.context() as patch:
        patch.setattr(take_action, "tell_contract_ends", broken)
        done = ward.run()
    assert (done.acted, done.problems) == (
        {"AUTO-E-CLOSE": 2},
        ["entry/A2: the letter cannot be planned [BROKEN]"],
    )
    assert (ward.removal("A2"), ward.steps("A2")) == (None, ["entered"])
    assert ward.run().acted == {"AUTO-E-CLOSE": 1}
    assert len(ward.sent(Action.GIVE_BACK_REFERRAL)) == 3


def test_two_runs_at_once_do_everything_once(ward: Ward) -> None:
    for number in range(6):
        ward.enter(f"A{number}", term="2026-06-01")
        ward.enter(f"B{number}", term="2026-03-30")
    ward.ends_on = {"dr-lis": date(2026, 3, 31)}
    ward.at("2026-03-31")
    with ThreadPoolExecutor(2) as pool:
        ran = list(pool.map(lambda _: ward.run(), range(2)))
    assert sum(one.acted["AUTO-E-CLOSE"] for one in ran) == 6
    assert len(ward.sent(Action.GIVE_BACK_REFERRAL)) == 6
    assert all(ward.steps(f"A{number}") == ["entered", "removed"] for number in range(6))
    assert ward.codes() == ["TASK-X-NOSHOW"] * 6, "who was dated to a day of the contract is asked about first"


def test_an_ehr_whose_clock_runs_ahead_does_not_stop_an_end(ward: Ward) -> None:
    """Entered, as it says, an hour from now: the end is not before the entry."""
    ahead = ward.clock.now() + timedelta(hours=1)
    ward.enter(entered_at=ahead, person=EntryPerson("P-A1", deceased_on=date(2026, 3, 1)))
    assert ward.run().acted == {"AUTO-X-DECEASED": 1}
    end = ward.entry().entry.removal
    assert end is not None
    assert (end.on, end.at) == (date(2026, 3, 2), ahead)
