"""A clerk says that a patient was told, and what he answered (N-01, N-04, P-07, M-06), over the real store."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from fakes.register_audit import audited
from fakes.register_ward import Ward

from adapter.domain.register import TermChange, TermChangeCause
from adapter.domain.rules.notices import Way
from adapter.domain.term import DayTerm
from adapter.errors import BadInput, Refused
from adapter.ports.notices import NoticeState
from adapter.services.notices.answer_notice import Answer, Answered, Channel, note_answer, note_sent
from adapter.services.notices.plan_notice import offer_earlier, tell_entered, tell_term_changed

WHO = "person:a.nowak"
FREED = date(2026, 3, 30)


def on(text: str) -> DayTerm:
    return DayTerm(date.fromisoformat(text))


def offered(ward: Ward, name: str) -> int:
    """An earlier date was offered to this patient."""
    number: int = ward.desk(lambda desk: offer_earlier(desk, ward.entry(name), FREED))
    return number


def answered(ward: Ward, number: int, answer: Answer) -> Answered:
    done: Answered = ward.desk(lambda desk: note_answer(desk, number, WHO, answer))
    return done


def test_n_04_accepted_somebody_gives_the_date_in_the_ehr(ward: Ward) -> None:
    done = answered(ward, offered(ward, "A"), Answer.ACCEPTED)
    assert (done.reserved, done.next_notice, ward.entry("A").entry.reserved) == (False, None, False)
    (task,) = ward.tasks()
    assert (task.task.rule, task.task.code, task.task.subject) == ("N-04", "AUTO-N-ACCEPTED", "entry/A")


@pytest.mark.parametrize("answer", [Answer.DECLINED, Answer.NO_CONTACT])
def test_p_07_the_old_date_stays_reserved_and_the_next_is_offered_the_freed_one(ward: Ward, answer: Answer) -> None:
    """No contact 2026-03-11: reserved; B, who is urgent, was asked first, then A by the order of reports."""
    done = answered(ward, offered(ward, "B"), answer)
    kept = ward.entry("B").entry
    assert (done.reserved, kept.reserved, kept.term) == (True, True, on("2026-04-21"))
    assert kept.offer is not None
    assert (kept.offer.offered, kept.offer.answer) == (FREED, answer.value)
    assert ward.steps("B") == ["entered", "reserved"]
    (following,) = ward.notices()
    assert (following.id, following.notice.entry_id, following.notice.offered) == (done.next_notice, "A", FREED)
    assert ward.tasks() == []


def moved(ward: Ward, name: str, after: str, cause: TermChangeCause, reason: str) -> int:
    """The patient is to be told of another term."""
    stored = ward.entry(name)
    at = datetime(2026, 3, 2, 11, tzinfo=UTC)
    change = TermChange(stored.entry.term, on(after), at, "Jan Testowy", cause, reason)
    number: int = ward.desk(lambda desk: tell_term_changed(desk, stored, change))
    return number


def test_m_06_who_declines_a_date_that_was_brought_forward_keeps_the_old_one(ward: Ward) -> None:
    """The EHR moves it back, and offers the earlier one to the next: two tasks, and a reservation."""
    done = answered(ward, moved(ward, "A", "2026-03-24", TermChangeCause.PROVIDER, "UNFORESEEN"), Answer.DECLINED)
    assert ward.codes() == ["AUTO-M-OFFER-NEXT", "TASK-N-RESCHEDULE"]
    assert (done.reserved, done.next_notice) == (True, None)


def test_m_06_who_accepts_it_needs_nothing_more(ward: Ward) -> None:
    done = answered(ward, moved(ward, "A", "2026-03-24", TermChangeCause.PROVIDER, "UNFORESEEN"), Answer.ACCEPTED)
    assert (ward.tasks(), done.reserved) == ([], False)


@pytest.mark.parametrize(
    ("after", "cause", "reason", "why"),
    [
        ("2026-05-05", TermChangeCause.PROVIDER, "UNFORESEEN", "a later date is no offer"),
        ("2026-03-24", TermChangeCause.PATIENT, "PATIENT_REQUEST", "the patient asked for it"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_a_notice_that_asks_nothing_is_not_answered(
    ward: Ward, after: str, cause: TermChangeCause, reason: str, why: str
) -> None:
    with pytest.raises(BadInput, match="asks nothing"):
        answered(ward, moved(ward, "A", after, cause, reason), Answer.DECLINED)


def test_n_01_every_available_way_what_is_left_is_said(ward: Ward) -> None:
    """A has a phone and an address: after the phone call the letter is left; the notice is sent all the same."""
    number = moved(ward, "A", "2026-05-05", TermChangeCause.PROVIDER, "UNFORESEEN")
    assert ward.desk(lambda desk: note_sent(desk, number, WHO, (Channel.PHONE,))) == (Way.POST,)
    (told,) = ward.notices(NoticeState.SENT)
    assert (told.sent_by, told.channels) == (WHO, ("phone",))
    other = moved(ward, "B", "2026-05-05", TermChangeCause.PROVIDER, "UNFORESEEN")
    assert ward.desk(lambda desk: note_sent(desk, other, WHO, (Channel.IN_PERSON,))) == ()


def test_d_05_any_way_is_enough_for_a_new_entry(ward: Ward) -> None:
    number = ward.desk(lambda desk: tell_entered(desk, ward.entry("A")))
    assert ward.desk(lambda desk: note_sent(desk, number, WHO, (Channel.SMS,))) == ()


def test_nothing_is_sent_or_answered_twice(ward: Ward) -> None:
    number = offered(ward, "A")
    ward.desk(lambda desk: note_sent(desk, number, WHO, (Channel.PHONE,)))
    with pytest.raises(Refused, match="sent already"):
        ward.desk(lambda desk: note_sent(desk, number, WHO, (Channel.PHONE,)))
    answered(ward, number, Answer.DECLINED)
    with pytest.raises(Refused, match="answered already"):
        answered(ward, number, Answer.ACCEPTED)
    with pytest.raises(BadInput, match="no notice 9999"):
        answered(ward, 9999, Answer.ACCEPTED)


def test_who_said_so_is_in_the_audit(ward: Ward) -> None:
    number = offered(ward, "A")
    ward.desk(lambda desk: note_sent(desk, number, WHO, (Channel.PHONE,)))
    answered(ward, number, Answer.NO_CONTACT)
    assert [one for one in audited(ward) if one[1].startswith("notice.")] == [
        (WHO, "notice.sent", "entry/A"),
        (WHO, "notice.answered", "entry/A"),
    ]
