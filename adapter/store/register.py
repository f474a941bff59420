"""The registers of a facility: entries and their steps, running numbers, places.

Order of locks, everywhere: visits, referrals (both of the calendar), entries, then their list, as
:meth:`SqlRegister.put` does. :meth:`SqlRegister.places` tells without a lock what to hold before entries are read. Two
that hold entries of several people may still wait for each other; PostgreSQL ends one of them, which tries again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from adapter.domain.entitlement import Category
from adapter.domain.register import AdmissionSchedule, Entry
from adapter.domain.rules.duplicates import KnownEntry
from adapter.domain.rules.position import place_key
from adapter.ports.register import Step, StoredEntry
from adapter.store import register_rows as rows
from adapter.store.register_document import schedule_document, schedule_of
from adapter.store.session import Session

PORTION_ROWS = 1000
"""Entries that :meth:`SqlRegister.listed` and :meth:`SqlRegister.unsettled` hold at a time."""

_FACILITY = "facility = %(facility)s"
_OF_LIST = f"{_FACILITY} AND schedule_id = %(schedule)s AND oncology = %(oncology)s AND waiting"
_PLACE = "rank, counted_report_at, place_number, id"
_BEFORE = f"({_PLACE}) < (%(rank)s::smallint, %(counted)s::timestamptz, %(number)s::bigint, %(id)s::text)"

_PUT_SCHEDULE = """
INSERT INTO register_schedule (facility, id, document) VALUES (%(facility)s, %(id)s, %(document)s::jsonb)
ON CONFLICT (facility, id) DO UPDATE SET document = excluded.document
"""
_MAKE_LIST = """
INSERT INTO register_list (facility, schedule_id) VALUES (%(facility)s, %(schedule)s) ON CONFLICT DO NOTHING
"""
_LOCK_LIST = """
SELECT last_number, last_oncology FROM register_list
WHERE facility = %(facility)s AND schedule_id = %(schedule)s FOR UPDATE
"""
_TAKE_NUMBER = """
INSERT INTO register_list AS l (facility, schedule_id, last_number, last_oncology)
VALUES (%(facility)s, %(schedule)s, CASE WHEN %(oncology)s THEN 0 ELSE %(number)s END,
    CASE WHEN %(oncology)s THEN %(number)s ELSE 0 END)
ON CONFLICT (facility, schedule_id) DO UPDATE SET last_number = GREATEST(l.last_number, excluded.last_number),
    last_oncology = GREATEST(l.last_oncology, excluded.last_oncology)
RETURNING EXISTS (SELECT FROM register_entry e WHERE e.facility = %(facility)s AND e.schedule_id = %(schedule)s
    AND e.numbered_oncology = %(oncology)s AND e.number = %(number)s)
"""
"""The row of the list is locked by it. What another wrote meanwhile is seen by the unique index at the latest."""
_LOCK = "FOR NO KEY UPDATE"
"""Nobody else changes the entry; but a notice to its patient (an offer that another's end makes) need not wait."""
_STANDS = f"""
SELECT schedule_id, number, numbered_oncology, steps FROM register_entry
WHERE facility = %(facility)s AND id = %(id)s {_LOCK}
"""  # noqa: S608  # constant
_PUT = (
    f"INSERT INTO register_entry (facility, id, {', '.join(rows.WRITTEN)}) "  # noqa: S608  # constant columns
    f"VALUES (%(facility)s, %(id)s, {', '.join(f'%({name})s' for name in rows.WRITTEN)}) "
    f"ON CONFLICT (facility, id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in rows.WRITTEN)}"
)
_PUT_STEP = """
INSERT INTO register_step (facility, entry_id, position, what, at, by, correlation_id, reason, rules, sealed)
VALUES (%(facility)s, %(entry_id)s, %(position)s, %(what)s, %(at)s, %(by)s, %(correlation_id)s, %(reason)s,
    %(rules)s, %(sealed)s)
"""
_STEPS = """
SELECT position, what, at, by, correlation_id, reason, rules, sealed FROM register_step
WHERE facility = %(facility)s AND entry_id = %(id)s ORDER BY position
"""
_STEPS_OF = """
SELECT entry_id, position, what, at, by, correlation_id, reason, rules, sealed FROM register_step
WHERE facility = %(facility)s AND entry_id = ANY(%(ids)s) ORDER BY entry_id, position
"""


def _entries(which: str, order: str, end: str = "") -> str:
    return f"SELECT {rows.KEPT} FROM register_entry WHERE {_FACILITY} AND {which} ORDER BY {order} {end}"  # noqa: S608  # constant columns


_ENTRY = _entries("id = %(id)s", "id", _LOCK)
_OF_VISIT = _entries("visit_id = %(visit)s", "made DESC", f"LIMIT 1 {_LOCK}")
_ID_OF_VISIT = f"SELECT id FROM register_entry WHERE {_FACILITY} AND visit_id = %(visit)s ORDER BY made DESC LIMIT 1"  # noqa: S608  # constant columns
_CONTINUING = _entries(
    "patient_id = %(patient)s AND schedule_id = %(schedule)s AND open AND category = %(category)s",
    "made DESC",
    f"LIMIT 1 {_LOCK}",
)
_OF_PATIENT = _entries("patient_id = %(patient)s", "entered_at, made", _LOCK)
_OF_REFERRAL = _entries("referral_id = %(referral)s", "entered_at, made", _LOCK)
_PLACES = f"""
SELECT DISTINCT visit_id, referral_id FROM register_entry WHERE {_FACILITY} AND {{of}} = %(of)s ORDER BY 1, 2
"""  # noqa: S608  # constant columns
_UNSETTLED = (
    f"SELECT {rows.KEPT}, entered_at, made FROM register_entry "  # noqa: S608  # constant columns
    f"WHERE {_FACILITY} AND open AND standing IN ('awaiting', 'offline') AND {{after}} "
    "ORDER BY entered_at, made LIMIT %(limit)s"
)
_MADE_AFTER = "(entered_at, made) > (%(last_entered)s::timestamptz, %(last_made)s::bigint)"
_WAITING = _entries("schedule_id = %(schedule)s AND oncology = %(oncology)s AND waiting", _PLACE)
_WINDOW = _entries(
    "schedule_id = %(schedule)s AND waiting AND term_first BETWEEN %(first)s AND %(last)s", f"term_first, {_PLACE}"
)
_KNOWN = f"""
SELECT {rows.KNOWN} FROM register_entry
WHERE {_FACILITY} AND open AND patient_id IN (
    SELECT %(patient)s UNION
    SELECT other.id FROM patient own JOIN patient other USING (facility, identifier_digest)
    WHERE facility = %(facility)s AND own.id = %(patient)s)
ORDER BY entered_at, made
"""  # noqa: S608  # constant columns
"""A person whom the EHR knows twice, by one PESEL or document, is one person (U-01)."""
_OVERTAKEN = f"""
WITH found AS MATERIALIZED (
    SELECT id FROM register_entry
    WHERE {_OF_LIST} AND NOT reserved AND term_first > %(first)s AND {_BEFORE} AND id <> %(id)s
    ORDER BY {_PLACE} LIMIT %(limit)s)
SELECT {rows.RANKED} FROM register_entry WHERE {_FACILITY} AND id IN (SELECT found.id FROM found) ORDER BY {_PLACE}
"""  # noqa: S608  # constant columns
"""The list is passed through by its index alone; only those who are named are read."""
_POSITION = f"""
SELECT 1 + (SELECT count(*) FROM register_entry WHERE {_OF_LIST} AND {_BEFORE})
    - (SELECT count(*) FROM register_entry WHERE {_OF_LIST} AND {_BEFORE} AND id = %(id)s)
WHERE NOT EXISTS (SELECT FROM register_entry WHERE {_FACILITY} AND id = %(id)s AND standing = 'rejected')
"""  # noqa: S608  # constant columns
"""Itself is taken off again where it stands elsewhere than it is asked about: cheaper than to ask each row."""
_ALL, _OPEN, _SINCE = "true", "open", "(open OR standing <> 'rejected' AND removed_on >= %(since)s)"
_PORTION = (
    f"SELECT {rows.KEPT}, schedule_id, reported_at FROM register_entry "  # noqa: S608  # constant columns
    f"WHERE {_FACILITY} AND {{of}} AND {{which}} AND {{after}} "
    "ORDER BY schedule_id, reported_at, id LIMIT %(limit)s"
)
_COUNTED = f"SELECT count(*) FROM register_entry WHERE {_FACILITY} AND {{which}}"  # noqa: S608  # as above
_AFTER = "(schedule_id, reported_at, id) > (%(last_schedule)s::text, %(last_report)s::timestamptz, %(last_id)s::text)"


class SqlRegister:
    """Implements :class:`adapter.ports.register.Register`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_schedule(self, facility: str, schedule: AdmissionSchedule) -> None:
        """Insert or replace what we know of an admission schedule."""
        document = orjson.dumps(schedule_document(schedule)).decode()
        self._session.run(_PUT_SCHEDULE, facility=facility, id=schedule.id, document=document)

    def schedules(self, facility: str) -> Sequence[AdmissionSchedule]:
        """All admission schedules, by id."""
        found = self._session.run(
            "SELECT document FROM register_schedule WHERE facility = %(facility)s ORDER BY id", facility=facility
        )
        return [schedule_of(document) for (document,) in found]

    def lock_list(self, facility: str, schedule_id: str) -> None:
        """Wait until nobody else writes to this list, and hold it until the transaction ends (numbers, order)."""
        self._lock(facility, schedule_id)

    def next_number(self, facility: str, schedule_id: str, *, oncology: bool) -> int:
        """The next running number of a waiting list (D-03, O-01); the list is locked for it."""
        return self._lock(facility, schedule_id)[oncology] + 1

    def _lock(self, facility: str, schedule_id: str) -> tuple[int, int]:
        """The last numbers of both lists of a schedule, locked: a row that is missing is made first."""
        found = self._session.run(_LOCK_LIST, facility=facility, schedule=schedule_id)
        if not found:
            self._session.run(_MAKE_LIST, facility=facility, schedule=schedule_id)
            found = self._session.run(_LOCK_LIST, facility=facility, schedule=schedule_id)
        ordinary, oncology = found[0]
        return ordinary, oncology

    def put(self, facility: str, stored: StoredEntry, steps: Sequence[Step]) -> None:
        """Insert or replace an entry, and append its steps.

        Raises:
            ValueError: its running number, or the list that gave it, is another than before; another entry has the
                number; a step is of another entry.
        """
        entry = stored.entry
        if any(step.entry_id != entry.id for step in steps):
            raise ValueError("a step is put with the entry that it is of")
        stands = self._session.run(_STANDS, facility=facility, id=entry.id)
        schedule, number, oncology, made = stands[0] if stands else (entry.schedule.id, None, None, 0)
        if number is not None and (schedule, number) != (entry.schedule.id, entry.number):
            raise ValueError("an entry keeps its running number and the list of that number")
        if number is None and entry.number is not None:
            oncology = entry.category is Category.ONCOLOGY
            self._take(facility, entry.schedule.id, entry.number, oncology=oncology)
        row = rows.row_of(self._session, facility, stored, oncology=oncology, steps=made + len(steps))
        self._session.run(_PUT, **row)
        for position, step in enumerate(steps, made + 1):
            self._session.run(_PUT_STEP, **rows.step_row(self._session, facility, step, position))

    def _take(self, facility: str, schedule_id: str, number: int, *, oncology: bool) -> None:
        """Make a running number that of an entry which is about to be written."""
        asked = {"facility": facility, "schedule": schedule_id, "oncology": oncology, "number": number}
        ((taken,),) = self._session.run(_TAKE_NUMBER, **asked)
        if taken:
            raise ValueError("the running number is another entry's")

    def entry(self, facility: str, entry_id: str) -> StoredEntry | None:
        """One entry, locked until the transaction ends."""
        return self._one(_ENTRY, facility, id=entry_id)

    def entry_of_visit(self, facility: str, visit_id: str) -> StoredEntry | None:
        """The entry that an Appointment states, the one put last of several (K-01, K-04); locked."""
        return self._one(_OF_VISIT, facility, visit=visit_id)

    def entry_id_of_visit(self, facility: str, visit_id: str) -> str | None:
        """The id of that entry; nothing is locked."""
        found = self._session.run(_ID_OF_VISIT, facility=facility, visit=visit_id)
        return str(found[0][0]) if found else None

    def open_continuing(self, facility: str, patient_id: str, schedule_id: str) -> StoredEntry | None:
        """The open entry of category 5 of a patient on a schedule, the one put last of several; locked."""
        asked = {"patient": patient_id, "schedule": schedule_id, "category": Category.CONTINUING.value}
        return self._one(_CONTINUING, facility, **asked)

    def entries_of_patient(self, facility: str, patient_id: str) -> Sequence[StoredEntry]:
        """All entries of a patient, oldest first; locked."""
        return self._all(_OF_PATIENT, facility, patient=patient_id)

    def known_of_patient(self, facility: str, patient_id: str, provider: str) -> Sequence[KnownEntry]:
        """Open entries of a person as the rules of section 9 compare them; only referral numbers are unsealed.

        Also those of other patients of the EHR with the same PESEL or document: it may know a person twice.
        """
        found = self._session.run(_KNOWN, facility=facility, patient=patient_id)
        return [rows.known_of(self._session, facility, provider, row) for row in found]

    def entries_of_referral(self, facility: str, referral_id: str) -> Sequence[StoredEntry]:
        """Entries on a referral, oldest first; locked."""
        return self._all(_OF_REFERRAL, facility, referral=referral_id)

    def places(
        self,
        facility: str,
        *,
        entry_id: str | None = None,
        patient_id: str | None = None,
        referral_id: str | None = None,
    ) -> Sequence[tuple[str, str | None]]:
        """(visit, referral) of an entry, of a patient's entries or of those on a referral; nothing is locked."""
        asked = {"id": entry_id, "patient_id": patient_id, "referral_id": referral_id}
        ((column, value),) = [(name, value) for name, value in asked.items() if value is not None]
        return [(visit, on) for visit, on in self._session.run(_PLACES.format(of=column), facility=facility, of=value)]

    def unsettled(self, facility: str) -> Iterator[StoredEntry]:
        """Open entries that P1 has not answered for (awaiting or offline), those made first at the top; not locked.

        All of them, a portion at a time.
        """
        asked: dict[str, object] = {"facility": facility, "limit": PORTION_ROWS}
        after = "true"
        while True:
            found = self._session.run(_UNSETTLED.format(after=after), **asked)
            for *row, _, _ in found:
                yield rows.stored_of(self._session, facility, row)
            if len(found) < PORTION_ROWS:
                return
            after = _MADE_AFTER
            asked |= {"last_entered": found[-1][-2], "last_made": found[-1][-1]}

    def overtaken(self, facility: str, entry: Entry, limit: int = 100) -> Sequence[Entry]:
        """Who of its list ranks before ``entry`` (G-05), still waits, is not reserved and has a later term.

        In the order of G-05, without people's data.
        """
        if entry.term is None or not entry.on_waiting_list:
            return []
        found = self._session.run(_OVERTAKEN, facility=facility, first=entry.term.first, limit=limit, **_place(entry))
        return [rows.ranked_of(entry.schedule, row) for row in found]

    def position(self, facility: str, entry: Entry) -> int | None:
        """The place of ``entry`` on its list from 1 (G-05), counted by the database; whether it is kept or new.

        None when it does not wait, or when P1 refused it.
        """
        if not entry.on_waiting_list:
            return None
        found = self._session.run(_POSITION, facility=facility, **_place(entry))
        return int(found[0][0]) if found else None

    def waiting(self, facility: str, schedule_id: str, *, oncology: bool = False) -> Sequence[StoredEntry]:
        """Who waits on a list, in the order of G-05."""
        return self._all(_WAITING, facility, schedule=schedule_id, oncology=oncology)

    def listed(
        self, facility: str, schedule_id: str | None = None, *, open_only: bool = True, since: date | None = None
    ) -> Iterator[StoredEntry]:
        """Entries of a schedule (None: of all), by schedule, report and id, a portion at a time.

        ``since``: those that are open, and those removed from then on. Without it ``open_only`` off gives all, also
        those that P1 refused. The transaction may be committed on the way.
        """
        which = _SINCE if since is not None else _OPEN if open_only else _ALL
        of = "true" if schedule_id is None else "schedule_id = %(schedule)s"
        limit = PORTION_ROWS
        asked: dict[str, object] = {"facility": facility, "schedule": schedule_id, "since": since, "limit": limit}
        after = "true"
        while True:
            found = self._session.run(_PORTION.format(of=of, which=which, after=after), **asked)
            for *row, _, _ in found:
                yield rows.stored_of(self._session, facility, row)
            if len(found) < limit:
                return
            after = _AFTER
            asked |= {"last_id": found[-1][0], "last_schedule": found[-1][-2], "last_report": found[-1][-1]}

    def count_listed(self, facility: str, *, since: date | None = None) -> int:
        """How many entries :meth:`listed` gives of all schedules with ``open_only`` off and this ``since``."""
        which = _SINCE if since is not None else _ALL
        return int(self._session.run(_COUNTED.format(which=which), facility=facility, since=since)[0][0])

    def window(self, facility: str, schedule_id: str, first: date, last: date) -> Sequence[StoredEntry]:
        """Waiting entries of a schedule whose term begins in ``first``..``last`` (N-03), by that day, then by G-05."""
        return self._all(_WINDOW, facility, schedule=schedule_id, first=first, last=last)

    def steps(self, facility: str, entry_id: str) -> Sequence[Step]:
        """Everything that happened to an entry, first to last."""
        found = self._session.run(_STEPS, facility=facility, id=entry_id)
        return [rows.step_of(self._session, facility, entry_id, row) for row in found]

    def steps_of(self, facility: str, entry_ids: Sequence[str]) -> Mapping[str, Sequence[Step]]:
        """The same of many entries at once, by entry id; one without steps is left out."""
        found: dict[str, list[Step]] = {}
        for entry_id, *row in self._session.run(_STEPS_OF, facility=facility, ids=list(entry_ids)):
            found.setdefault(entry_id, []).append(rows.step_of(self._session, facility, entry_id, row))
        return found

    def _one(self, sql: str, facility: str, **asked: Any) -> StoredEntry | None:
        found = self._all(sql, facility, **asked)
        return found[0] if found else None

    def _all(self, sql: str, facility: str, **asked: Any) -> list[StoredEntry]:
        found = self._session.run(sql, facility=facility, **asked)
        return [rows.stored_of(self._session, facility, row) for row in found]


def _place(entry: Entry) -> dict[str, object]:
    """Where an entry stands, as the database compares it (:func:`adapter.domain.rules.position.place_key`)."""
    rank, counted, number, entry_id = place_key(entry)
    return {
        "schedule": entry.schedule.id,
        "oncology": entry.category is Category.ONCOLOGY,
        "rank": rank,
        "counted": counted,
        "number": number,
        "id": entry_id,
    }
