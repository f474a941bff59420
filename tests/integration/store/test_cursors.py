"""Where polling stands: kept by name, and the places of visits that are long over are forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from store_fixtures import HeldClock

from adapter.domain.national import NationalVisitState, Origin, UnreadableRow, VisitChange
from adapter.services.change_feed import CURSOR, PLACE, keep_place, last_handled, load_place, note_handled
from adapter.services.forget_places import forget_places
from adapter.store.unit_of_work import SqlStore

AFTER = timedelta(days=730)
VISITS = ("V1", "V2", "V3")


def change(visit: str, at: datetime) -> VisitChange:
    return VisitChange(7, visit, "slot", NationalVisitState.SAVED, Origin.PATIENT, at)


def handle(store: SqlStore, clock: HeldClock, *visits: str, start: str = "page 1", unreadable: bool = False) -> None:
    """A pull reads a page that tells of these visits."""
    with store.unit_of_work() as work:
        note_handled(work, "demo", [change(visit, clock.now()) for visit in visits], start)
        place = load_place(work, "demo")
        place.hold(
            start, [UnreadableRow("1", "a state that no table knows")] if unreadable else [], "codes", clock.now()
        )
        place.passed(start, "page 2", clock.now())
        keep_place(work, "demo", place)
        work.commit()


def remembered(store: SqlStore, facility: str = "demo") -> set[str]:
    with store.unit_of_work() as work:
        assert facility != "demo" or work.cursors.get("demo", CURSOR) == "page 2"
        return set(last_handled(work, facility, VISITS))


def test_a_visit_of_which_cer_said_nothing_for_so_long_is_forgotten(store: SqlStore, held_clock: HeldClock) -> None:
    handle(store, held_clock, "V1", "V2")
    with store.unit_of_work() as work:
        note_handled(work, "north", [change("V1", held_clock.now())], "page 1")
        work.commit()
    held_clock.sleep(60)
    handle(store, held_clock, "V2", "V3")
    held_clock.sleep(AFTER.total_seconds() - 60)
    assert forget_places(store, held_clock, "demo", after=AFTER) == 0
    held_clock.sleep(1)
    assert forget_places(store, held_clock, "demo", after=AFTER) == 1
    assert remembered(store) == {"V2", "V3"}
    assert remembered(store, "north") == {"V1"}


def test_many_are_forgotten_in_portions(store: SqlStore, held_clock: HeldClock) -> None:
    handle(store, held_clock, *VISITS)
    held_clock.sleep(AFTER.total_seconds() + 1)
    with store.unit_of_work() as work:
        assert work.cursors.forget("demo", PLACE, held_clock.now() - AFTER, limit=2) == 2
        work.commit()
    assert forget_places(store, held_clock, "demo", after=AFTER) == 1
    assert remembered(store) == set()


def test_nothing_is_forgotten_that_a_held_page_may_tell_again(store: SqlStore, held_clock: HeldClock) -> None:
    handle(store, held_clock, "V1")
    held_clock.sleep(AFTER.total_seconds())
    handle(store, held_clock, "V2", start="page 1b", unreadable=True)
    held_clock.sleep(AFTER.total_seconds() + 1)
    assert forget_places(store, held_clock, "demo", after=AFTER) == 0
    with store.unit_of_work() as work:
        place = load_place(work, "demo")
        assert list(place.held) == ["page 1b"]
        place.hold("page 1b", [], "codes", held_clock.now())
        keep_place(work, "demo", place)
        work.commit()
    assert forget_places(store, held_clock, "demo", after=AFTER) == 2
    assert remembered(store) == set()
