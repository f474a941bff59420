"""R-08: an outage of P1 from 08:00 to 11:30; a status that is late afterwards is an alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from fakes.register_ward import Ward

from adapter.ports.register import EntryStanding, StoredEntry
from adapter.ports.store import Action, Destination, MessageState, Settlement
from adapter.ports.tasks import TaskKind
from adapter.services.register import settle_entry
from adapter.services.register_day import watch_status as watching
from adapter.services.register_day.watch_status import watch_status
from adapter.services.take_referral import accept
from adapter.store import register

FACILITY = "demo"


def offline(ward: Ward, name: str, at: datetime, *, asked: bool = True) -> StoredEntry:
    """A patient entered while P1 is away; the acceptance is on its way, unless nobody asked for it."""
    stored = ward.enter(name, standing=EntryStanding.OFFLINE, offline_pending=True, entered_at=at, held=False)
    with ward.store.unit_of_work() as work:
        record = work.calendar.referral(FACILITY, f"R-{name}")
    assert record is not None
    if asked:
        ward.desk(lambda desk: accept(desk, record, None))
    return stored


def watch(ward: Ward) -> list[str]:
    """A look; the subjects of the alarms that are open afterwards."""
    watch_status(ward.eq, FACILITY)
    return sorted(one.task.subject for one in ward.tasks() if one.task.code == "W-R-SYNC-LATE")


def alarms(ward: Ward) -> list[tuple[str, str]]:
    """A look; (code, subject) of the alarms that are open afterwards."""
    watch_status(ward.eq, FACILITY)
    return sorted((one.task.code, one.task.subject) for one in ward.tasks() if one.task.kind is TaskKind.ALARM)


def give_up(ward: Ward) -> None:
    """Somebody drops every acceptance that is on its way."""
    with ward.store.unit_of_work() as work:
        for one in work.outbox.find(facility=FACILITY, actions=[Action.ACCEPT_REFERRAL]):
            work.outbox.drop(one.id, "person:anna", "the portal has it")
        work.commit()


def silent(ward: Ward, hours: float) -> None:
    ward.desk(
        lambda desk: desk.work.outbox.pause(
            FACILITY, Destination.P1, ward.clock.now() + timedelta(hours=hours), "out of reach"
        )
    )


def test_an_alarm_comes_an_hour_after_p1_answers_again_and_goes_with_the_status(ward: Ward) -> None:
    ward.at("2026-03-02", 8)
    silent(ward, 3.5)
    first = offline(ward, "A1", ward.clock.now() + timedelta(minutes=20))
    offline(ward, "A2", ward.clock.now() + timedelta(minutes=65))
    ward.clock.sleep(3 * 3600)
    assert watch(ward) == [], "P1 is out of reach"
    ward.at("2026-03-02", 12)
    ward.desk(lambda desk: desk.work.outbox.resume(FACILITY, Destination.P1))
    assert watch(ward) == []
    ward.clock.sleep(59 * 60)
    assert watch(ward) == []
    ward.clock.sleep(60)
    assert watch(ward) == ["entry/A1", "entry/A2"]
    assert watch(ward) == ["entry/A1", "entry/A2"], "raised once"
    with ward.store.unit_of_work() as work:
        entry = replace(first.entry, offline_pending=False)
        number = work.register.entry(FACILITY, "A1")
        assert number is not None
        entry = replace(entry, number=number.entry.number)
        work.register.put(FACILITY, replace(first, entry=entry, standing=EntryStanding.FINAL), [])
        work.commit()
    assert watch(ward) == ["entry/A2"]


def test_a_second_outage_begins_the_hour_anew(ward: Ward) -> None:
    offline(ward, "A1", ward.clock.now())
    assert watch(ward) == []
    ward.clock.sleep(50 * 60)
    silent(ward, 1)
    assert watch(ward) == []
    ward.clock.sleep(50 * 60)
    ward.desk(lambda desk: desk.work.outbox.resume(FACILITY, Destination.P1))
    assert watch(ward) == [], "the hour is counted from now"
    ward.clock.sleep(60 * 60)
    assert watch(ward) == ["entry/A1"]


def test_the_day_asks_for_a_status_that_nobody_asked_for_once(ward: Ward) -> None:
    offline(ward, "A1", ward.clock.now(), asked=False)
    assert ward.run().acted == {"AUTO-R-SYNC": 1}
    assert ward.sent(Action.ACCEPT_REFERRAL) == ["accept-referral referral:R-A1"]
    assert ward.run().acted == {}
    assert ward.sent(Action.ACCEPT_REFERRAL) == ["accept-referral referral:R-A1"]


def test_an_acceptance_that_was_given_up_leaves_no_entry_waiting_unseen(ward: Ward) -> None:
    offline(ward, "A1", ward.clock.now())
    ward.enter("A2", standing=EntryStanding.AWAITING, held=False, entered_at=ward.clock.now())
    give_up(ward)
    assert alarms(ward) == []
    ward.clock.sleep(60 * 60)
    late = [("W-R-STATUS-LATE", "entry/A2"), ("W-R-SYNC-LATE", "entry/A1")]
    assert alarms(ward) == late
    ward.run()
    assert alarms(ward) == late, "the day ends none of them"
    ward.desk(lambda desk: settle_entry.accepted(desk, "R-A2"))
    assert alarms(ward) == late[1:]


def test_what_p1_refused_after_an_outage_is_no_late_status(ward: Ward) -> None:
    offline(ward, "A1", ward.clock.now())
    with ward.store.unit_of_work() as work:
        (message,) = work.outbox.claim(1, ward.clock.now(), 1, facility=FACILITY)
        assert work.outbox.settle([Settlement(message, MessageState.REFUSED, ward.clock.now(), "held")])
        work.commit()
    ward.clock.sleep(60 * 60)
    assert alarms(ward) == []


def test_those_that_p1_refused_hide_nobody_behind_them(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """They stay unsettled until a person acts; whoever came after them is looked at all the same."""
    monkeypatch.setattr(register, "PORTION_ROWS", 2)
    monkeypatch.setattr(watching, "PORTION", 2)
    for number in range(4):
        offline(ward, f"A{number}", ward.clock.now())
    with ward.store.unit_of_work() as work:
        messages = work.outbox.claim(1, ward.clock.now(), 10, facility=FACILITY)
        refused = [Settlement(one, MessageState.REFUSED, ward.clock.now(), "held") for one in messages]
        assert len(work.outbox.settle(refused)) == 4
        work.commit()
    offline(ward, "B1", ward.clock.now())
    offline(ward, "B2", ward.clock.now())
    ward.enter("B3", standing=EntryStanding.AWAITING, held=False, entered_at=ward.clock.now())
    assert alarms(ward) == []
    ward.clock.sleep(60 * 60)
    late = [("W-R-STATUS-LATE", "entry/B3"), ("W-R-SYNC-LATE", "entry/B1"), ("W-R-SYNC-LATE", "entry/B2")]
    assert alarms(ward) == late
    assert alarms(ward) == late, "no look ends what another portion asked for"
    silent(ward, 1)
    assert alarms(ward) == [], "out of reach again"
