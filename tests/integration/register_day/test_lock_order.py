"""Two sessions at one entry: an appointment that is taken in, and something told of its person: neither is ended."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from time import monotonic, sleep

import pytest
from fakes.register_ward import FACILITY, Ward
from sqlalchemy import text

from adapter.domain.rules.notices import Told
from adapter.errors import Refused
from adapter.services.desk import Desk
from adapter.services.notices.answer_notice import Answer, note_answer
from adapter.services.notices.hear_patient import hear_patient
from adapter.services.register.hold import hold_of_referral
from adapter.services.register.learn import referral_learned
from adapter.services.register_day.offer_freed import offer_freed
from adapter.services.register_day.touch_entries import touch_referral
from adapter.services.take_patient import take_patient

WAITS_SECONDS = 10.0
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def death(ward: Ward) -> None:
    def dies(desk: Desk) -> None:
        known = desk.work.calendar.patient(FACILITY, "P-A1")
        assert known is not None
        take_patient(desk, replace(known, deceased=True, deceased_on=date(2026, 3, 1)))

    ward.desk(dies)


def paper(ward: Ward) -> None:
    def comes(desk: Desk) -> None:
        hold_of_referral(desk, "R-A1")
        referral_learned(desk, "R-A1")
        touch_referral(desk, "R-A1")

    ward.desk(comes)


def told(ward: Ward) -> None:
    hear_patient(ward.eq, FACILITY, "A1", Told.CANNOT_COME, by_fund=False, who="anna")


def until_somebody_waits(ward: Ward) -> None:
    """Until another session waits for a lock."""
    last = monotonic() + WAITS_SECONDS
    while monotonic() < last:
        with ward.store.unit_of_work() as work:
            if work._session.connection.execute(text(WAITING)).scalar_one():  # type: ignore[attr-defined]
                return
        sleep(0.01)
    raise AssertionError("nobody waited")


@pytest.mark.parametrize("other", [death, paper, told], ids=lambda one: one.__name__)
def test_who_begins_at_entries_waits_for_the_visit_first(ward: Ward, other: Callable[[Ward], None]) -> None:
    ward.enter()
    with ThreadPoolExecutor(1) as second:
        with ward.store.unit_of_work() as work:
            work.calendar.visit(FACILITY, "A1")
            waits = second.submit(other, ward)
            until_somebody_waits(ward)
            stated = work.register.entry_of_visit(FACILITY, "A1")
            assert stated is not None
            work.register.put(FACILITY, replace(stated, no_show_excused=True), [])
            work.commit()
        waits.result(WAITS_SECONDS)
    assert ward.entry().no_show_excused


def test_who_answers_a_notice_waits_for_who_ends_its_entry(ward: Ward) -> None:
    """Entry first, then its notices: a clerk's answer and an end in the EHR never end each other."""
    left = ward.enter("A", term="2026-03-10")
    ward.enter("B", term="2026-03-20")
    offer = ward.desk(lambda desk: offer_freed(desk, left.entry))
    with ThreadPoolExecutor(1) as second:
        with ward.store.unit_of_work() as work:
            assert work.register.entry(FACILITY, "B") is not None
            answers = second.submit(ward.desk, lambda desk: note_answer(desk, offer, "person:anna", Answer.DECLINED))
            until_somebody_waits(ward)
            assert work.notices.void(FACILITY, "B") == 1
            work.commit()
        with pytest.raises(Refused) as late:
            answers.result(WAITS_SECONDS)
    assert late.value.code == "NOTICE_SETTLED"


def test_an_offer_waits_for_nobody_who_holds_its_patient(ward: Ward) -> None:
    """Two ends that free a term for each other's patients never end each other: an offer locks no entry."""
    left = ward.enter("A", term="2026-03-10")
    ward.enter("B", term="2026-03-20")
    with ThreadPoolExecutor(1) as second, ward.store.unit_of_work() as work:
        held = work.register.entry(FACILITY, "B")
        assert held is not None
        work.register.put(FACILITY, replace(held, no_show_excused=True), [])
        offer = second.submit(ward.desk, lambda desk: offer_freed(desk, left.entry))
        assert offer.result(WAITS_SECONDS) is not None
