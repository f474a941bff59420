"""Whatever happens to a register, in whatever order: no number comes twice, no step is lost, every entry stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from depth import EXAMPLES
from fakes.register_cases import AT, RESIGNED, SCHEDULE, entry, of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.domain import history
from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import CategoryChange, Entry, TermChange, TermChangeCause
from adapter.domain.term import WeekTerm
from adapter.ports.register import EntryStanding, Step, StoredEntry
from adapter.ports.store import UnitOfWork
from adapter.store.unit_of_work import SqlStore

LISTED = [Category.WAITING, Category.ONCOLOGY]
ACTS = ["enter"] * 3 + ["category"] * 2 + ["term", "remove", "restore", "reject"]


@dataclass
class Book:
    """What a register should hold: kept by hand beside the database. ``given``: numbers of both lists."""

    work: UnitOfWork
    kept: dict[str, StoredEntry] = field(default_factory=dict)
    steps: dict[str, list[Step]] = field(default_factory=dict)
    given: dict[bool, set[int]] = field(default_factory=lambda: {False: set(), True: set()})
    turn: int = 0

    def put(self, changed: Entry, what: str, standing: EntryStanding = EntryStanding.FINAL) -> None:
        """Write an entry with its next step; one that joins a list gets its number."""
        self.turn += 1
        if changed.on_waiting_list and changed.number is None:
            oncology = changed.category is Category.ONCOLOGY
            number = self.work.register.next_number("demo", SCHEDULE.id, oncology=oncology)
            assert number not in self.given[oncology]
            self.given[oncology].add(number)
            changed = replace(changed, number=number)
        step = Step(changed.id, what, AT + timedelta(minutes=self.turn), "anna", f"C{self.turn}", {}, {"n": self.turn})
        stored = replace(of(changed, standing=standing), correlation_id=step.correlation_id)
        self.work.register.put("demo", stored, [step])
        self.kept[changed.id] = stored
        self.steps.setdefault(changed.id, []).append(step)

    def act(self, what: str, which: int, category: Category) -> None:
        """One thing happens to one of the entries, if it can."""
        at = AT + timedelta(minutes=self.turn)
        if what == "enter" or not self.kept:
            self.put(entry(f"A{len(self.kept)}", category=category, reported_at=at, entered_at=AT), "entered")
            return
        old = list(self.kept.values())[which % len(self.kept)]
        known = old.entry
        if what == "restore" and known.removal is not None:
            self.put(history.restored(known, at + timedelta(days=30), "ewa"), what, old.standing)
        elif not known.open or old.standing is EntryStanding.REJECTED or known.restorings:
            return
        elif what == "category":
            turned = CategoryChange(known.category or category, category, at, "ewa", known.criterion, Criterion.URGENT)
            self.put(history.with_category_change(known, turned), what)
        elif what == "term":
            moved = TermChange(known.term, WeekTerm(2026, 30), at, "ewa", TermChangeCause.PATIENT, "asked")
            self.put(history.with_term_change(known, moved), what)
        elif what == "remove":
            self.put(history.removed(known, replace(RESIGNED, at=at + timedelta(days=7))), "removed")
        elif what == "reject":
            self.put(known, "rejected", EntryStanding.REJECTED)


@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 9), st.sampled_from([*LISTED, *Category]))))
@settings(max_examples=EXAMPLES // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_lost_and_no_number_comes_twice(store: SqlStore, acts: list[tuple[str, int, Category]]) -> None:
    with store.unit_of_work() as work:
        book = Book(work)
        for act in acts:
            book.act(*act)
        for entry_id, stored in book.kept.items():
            assert work.register.entry("demo", entry_id) == stored
            assert work.register.steps("demo", entry_id) == book.steps[entry_id]
        for oncology, given_numbers in book.given.items():
            assert given_numbers == set(range(1, len(given_numbers) + 1))
            following = work.register.next_number("demo", SCHEDULE.id, oncology=oncology)
            assert following == len(given_numbers) + 1
        everybody = {one.entry.id: one for one in work.register.listed("demo", open_only=False)}
        assert everybody == book.kept
        there = {one.entry.id for one in work.register.listed("demo")}
        assert there == {
            entry_id
            for entry_id, one in book.kept.items()
            if one.entry.open and one.standing is not EntryStanding.REJECTED
        }
