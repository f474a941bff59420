"""The feed of visit changes: whatever CeR's pages look like, no change is lost and none is acted on twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter import resources
from adapter.domain.national import NationalVisitState, Origin, UnreadableRow, VisitChange, VisitChanges
from adapter.errors import Refused, Rejected, Unavailable
from adapter.mapping.tables import Tables, load_tables
from adapter.ports import CallContext
from adapter.services import pull_visits as pulling
from adapter.services.change_feed import CURSOR, fingerprint, load_place, where_told
from adapter.services.equipment import Limits
from adapter.services.pull_visits import Pulled, bring_one, pull_visits

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
FACILITY = "demo"
FEED_CALLS_MAX = 60


@dataclass
class Clock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at


@dataclass
class Memory:
    """Cursors with transactions: what was not committed is gone."""

    kept: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def unit_of_work(self) -> Iterator[Any]:
        values = dict(self.kept)

        def get_all(facility: str, names: Sequence[str]) -> dict[str, str]:
            return {name: values[name] for name in names if name in values}

        cursors = SimpleNamespace(
            get=lambda facility, name: values.get(name, ""),
            get_all=get_all,
            set_all=lambda facility, more: values.update(more),
        )
        outbox = SimpleNamespace(resting=lambda facility, destination: None)
        yield SimpleNamespace(cursors=cursors, outbox=outbox, commit=lambda: self.kept.update(values))


def change(sequence: int, visit: str, slot: str = "S", at: datetime = START) -> VisitChange:
    return VisitChange(sequence, visit, slot, NationalVisitState.SAVED, Origin.PATIENT, at)


@dataclass
class Feed:
    """CeR's feed by place: ``entries`` are (place, change); a late change comes at a place that was passed.

    A row whose ``visit_id`` is in ``unknown`` cannot be read. Pages hold ``size`` entries; a cursor is a place.
    ``inclusive`` cursors tell the last entry of a page again on the next one.
    """

    entries: list[tuple[float, VisitChange]] = field(default_factory=list)
    size: int = 3
    inclusive: bool = False
    unknown: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    answers: Mapping[str, VisitChanges] = field(default_factory=dict)

    def visit_changes(self, context: CallContext, cursor: str) -> VisitChanges:
        self.asked.append(cursor)
        assert len(self.asked) < FEED_CALLS_MAX, "asked for ever"
        if cursor in self.answers:
            return self.answers[cursor]
        after = float(cursor or "-1")
        newer = sorted((e for e in self.entries if e[0] > after or (self.inclusive and e[0] == after)), key=_place)
        page = newer[: self.size]
        if self.inclusive and len(page) > 1 and page[-1][0] == after:
            page = newer
        further = str(page[-1][0]) if page else cursor
        good = tuple(one for _, one in page if one.visit_id not in self.unknown)
        bad = tuple(
            UnreadableRow(f"changes[{n}]", "unknown code")
            for n, (_, one) in enumerate(page, start=1)
            if one.visit_id in self.unknown
        )
        return VisitChanges(good, further, len(newer) > len(page), bad)


def _place(entry: tuple[float, VisitChange]) -> float:
    return entry[0]


@dataclass
class Hospital:
    """What was acted on, in order; stands in for ``take_change``."""

    acted: list[VisitChange] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    def take(self, desk: object, one: VisitChange) -> str:
        if one.visit_id in self.refuses:
            raise Rejected("not ours", code="SURPLUS_SLOT")
        self.acted.append(one)
        return "brought"

    @property
    def by_visit(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for one in self.acted:
            found.setdefault(one.visit_id, []).append(one.sequence)
        return found


@dataclass
class Site:
    feed: Feed
    hospital: Hospital
    clock: Clock
    store: Memory
    tables: Tables

    def equipment(self) -> Any:
        return SimpleNamespace(
            store=self.store, registry=self.feed, clock=self.clock, tables=self.tables, limits=Limits()
        )

    def pull(self, *, again: bool = False) -> Pulled:
        return pull_visits(self.equipment(), FACILITY, again=again)


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables(resources.mappings())


@pytest.fixture(scope="module", autouse=True)
def _alone() -> Iterator[None]:
    """Only the feed is at work here: no outbox, no audit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulling, "_too_early", lambda desk, one, asked_at: False)
        patch.setattr(pulling, "Desk", _desk)
        yield


def _desk(eq: Any, work: Any, facility: str, correlation: str) -> Any:
    return SimpleNamespace(eq=eq, work=work, facility=facility, audit=lambda *args: None)


def site_of(feed: Feed, tables: Tables, patch: pytest.MonkeyPatch) -> Site:
    site = Site(feed, Hospital(), Clock(), Memory(), tables)
    patch.setattr(pulling, "take_change", site.hospital.take)
    return site


@pytest.fixture
def site(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Site:
    return site_of(Feed(), tables, monkeypatch)


def feed_of(*changes: VisitChange) -> list[tuple[float, VisitChange]]:
    return [(float(one.sequence), one) for one in changes]


def test_pages_are_read_to_the_end_and_an_idle_pull_asks_once(site: Site) -> None:
    site.feed.entries = feed_of(*(change(n, f"v{n}") for n in range(1, 8)))
    assert site.pull().brought == 7
    site.clock.at += timedelta(minutes=10)
    site.feed.asked.clear()
    assert (site.pull().brought, len(site.hospital.acted)) == (0, 7)
    site.feed.asked.clear()
    site.pull()
    assert site.feed.asked == ["7.0"], "nothing is looked at again once the overlap is over"


def test_a_late_change_inside_the_overlap_is_taken(site: Site) -> None:
    site.feed.entries = feed_of(*(change(n, f"v{n}") for n in (1, 2, 4, 5)))
    site.pull()
    site.feed.entries += feed_of(change(3, "v3"))
    site.clock.at += timedelta(seconds=60)
    assert site.pull().brought == 1
    assert site.hospital.by_visit == {f"v{n}": [n] for n in (1, 2, 3, 4, 5)}


def test_an_earlier_word_that_comes_late_is_passed_over(site: Site) -> None:
    site.feed.entries = feed_of(change(1, "a"), change(3, "b", "new"))
    site.pull()
    site.feed.entries += [(2.5, change(2, "b", "old"))]
    assert site.pull().brought == 0
    assert site.hospital.by_visit == {"a": [1], "b": [3]}


def test_a_change_older_than_the_cursor_that_comes_at_its_end_is_taken_once(site: Site) -> None:
    site.feed.entries = feed_of(change(10, "a"))
    site.pull()
    site.feed.entries += [(11.0, change(4, "b"))]
    site.pull()
    site.pull()
    assert site.hospital.by_visit == {"a": [10], "b": [4]}


def test_two_changes_of_one_moment_at_a_page_border_are_both_taken_once(site: Site) -> None:
    site.feed.size, site.feed.inclusive = 2, True
    site.feed.entries = [(1.0, change(1, "a")), (2.0, change(2, "b")), (2.0, change(3, "c")), (3.0, change(4, "d"))]
    site.pull()
    site.pull()
    assert site.hospital.by_visit == {"a": [1], "b": [2], "c": [3], "d": [4]}


def test_a_feed_that_goes_in_circles_is_left(site: Site) -> None:
    turn = {"": VisitChanges((), "a", more=True), "a": VisitChanges((), "b", more=True)}
    site.feed.answers = {**turn, "b": VisitChanges((), "a", more=True)}
    with pytest.raises(Unavailable, match="circles"):
        site.pull()


def test_an_unreadable_change_is_held_and_shown_and_its_neighbours_go_on(site: Site) -> None:
    site.feed.unknown = {"odd"}
    site.feed.entries = feed_of(change(1, "a"), change(2, "odd"), change(3, "b"), change(4, "c"))
    done = site.pull()
    assert (done.brought, done.unreadable, done.held) == (3, 1, 1)
    assert done.problems == ["change changes[2]: unknown code"]
    again = site.pull()
    assert (again.brought, again.unreadable, again.held, again.problems) == (0, 0, 1, []), "said once, counted on"


def _learned(site: Site) -> None:
    """The code table gains the code, and CeR's feed goes on."""
    site.feed.unknown = set()
    row = next(iter(site.tables.visit_origin))
    more = type(site.tables.visit_origin)(
        "visit_origin", "ours", [*site.tables.visit_origin, replace(row, cells={**row.cells, "national": "NEW"})]
    )
    site.tables = replace(site.tables, visit_origin=more)


def test_a_held_change_is_taken_up_when_the_table_learns_its_code(site: Site) -> None:
    site.feed.unknown = {"odd"}
    site.feed.entries = feed_of(*(change(n, "odd" if n == 2 else f"v{n}") for n in range(1, 9)))
    site.pull()
    site.clock.at += timedelta(hours=5)
    site.pull()
    asked = len(site.feed.asked)
    site.pull()
    assert len(site.feed.asked) == asked + 1, "nobody asks for a held page without a reason"
    _learned(site)
    done = site.pull()
    assert (done.brought, done.held) == (1, 0)
    assert all(len(taken) == 1 for taken in site.hospital.by_visit.values())
    assert len(site.hospital.acted) == 8


def test_a_held_change_that_a_later_word_overtook_is_not_acted_on(site: Site) -> None:
    site.feed.unknown = {"odd"}
    site.feed.entries = feed_of(change(1, "odd", "first"))
    site.pull()
    site.feed.unknown = set()
    site.feed.entries += feed_of(change(2, "odd", "second"))
    site.feed.size = 1
    with site.store.unit_of_work() as work:
        assert load_place(work, FACILITY).rows_held == 1
    site.clock.at += timedelta(hours=5)
    site.pull()
    site.pull(again=True)
    assert [one.slot_id for one in site.hospital.acted if one.sequence >= 2] == ["second"]
    assert [one.sequence for one in site.hospital.acted] == sorted(one.sequence for one in site.hospital.acted)


@pytest.mark.parametrize(
    ("wait", "again"),
    [
        pytest.param(timedelta(days=1), False, id="a day later: CeR may have mended it"),
        pytest.param(timedelta(hours=5), True, id="when a person asks"),
    ],
)
def test_a_held_page_is_read_again(site: Site, wait: timedelta, again: bool) -> None:
    site.feed.unknown = {"odd"}
    site.feed.entries = feed_of(change(1, "odd"), *(change(n, f"v{n}") for n in range(2, 9)))
    site.pull()
    site.clock.at += wait
    site.feed.unknown = set()
    assert site.pull(again=again).brought == 1
    assert site.pull().held == 0


def test_a_refused_change_does_not_hold_up_its_neighbours(site: Site) -> None:
    site.hospital.refuses = {"b"}
    site.feed.entries = feed_of(change(1, "a"), change(2, "b"), change(3, "c"))
    done = site.pull()
    assert (done.brought, len(done.problems)) == (2, 1)
    with pytest.raises(Refused):
        site.hospital.take(None, change(2, "b"))


def test_the_fingerprint_follows_the_tables(site: Site) -> None:
    before = fingerprint(site.tables)
    _learned(site)
    assert fingerprint(site.tables) != before


def test_one_visit_is_brought_from_its_own_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.feed.entries = feed_of(*(change(n, f"v{n}", f"S{n}") for n in range(1, 31)))
    site.pull()
    brought: list[VisitChange] = []
    monkeypatch.setattr(pulling, "bring_visit", lambda desk, one: brought.append(one) is None)
    site.feed.asked.clear()
    assert bring_one(site.equipment(), FACILITY, "v14")
    with site.store.unit_of_work() as work:
        own, end = where_told(work, FACILITY, "v14"), work.cursors.get(FACILITY, CURSOR)
    assert site.feed.asked == [end, own]
    assert [one.slot_id for one in brought] == ["S14"]


PLACES = st.lists(st.integers(1, 30), min_size=1, max_size=14, unique=True)


@settings(max_examples=60, deadline=None)
@given(
    sequences=PLACES,
    visits=st.lists(st.integers(0, 4), min_size=14, max_size=14),
    size=st.integers(1, 4),
    order=st.randoms(use_true_random=False),
    cuts=st.integers(1, 5),
    odd=st.sampled_from(["", "v0", "v3"]),
)
def test_in_whatever_order_changes_appear_the_last_word_is_acted_on_and_nothing_twice(
    tables: Tables, sequences: list[int], visits: list[int], size: int, order: Any, cuts: int, odd: str
) -> None:
    """Changes appear in the feed in any order, in portions, within the overlap; pulls may happen in between."""
    every = [change(number, f"v{visits[n]}", f"S{number}") for n, number in enumerate(sorted(sequences))]
    arriving = list(every)
    order.shuffle(arriving)
    with pytest.MonkeyPatch.context() as patch:
        site = site_of(Feed(size=size, unknown={odd}), tables, patch)
        for first in range(0, len(arriving), cuts):
            site.feed.asked.clear()
            site.feed.entries += feed_of(*arriving[first : first + cuts])
            site.clock.at += timedelta(seconds=5)
            site.pull()
        site.feed.asked.clear()
        _learned(site)
        site.pull()
    for visit in {one.visit_id for one in every}:
        taken = site.hospital.by_visit.get(visit, [])
        assert taken == sorted(set(taken)), "twice, or back in time"
        assert taken[-1] == max(one.sequence for one in every if one.visit_id == visit), "the last word was lost"
