"""What use cases ask of the register (harmonogram przyjęć): entries, their history, and the questions of the law.

An entry is never deleted (G-03). Each change leaves a :class:`Step` that nobody can alter. What a rule needs of a
whole list (who was overtaken, which place) is found by the store among thousands; the rules judge what it found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from adapter.domain.register import AdmissionSchedule, Entry
from adapter.domain.rules.duplicates import KnownEntry


class EntryStanding(StrEnum):
    """How sure an entry is, with regard to its e-referral in P1 (R-04, R-07)."""

    FINAL = "final"
    """P1 accepted the referral, or none is needed, or it is one of paper."""
    AWAITING = "awaiting"
    """P1's acceptance is on its way; it is what makes the entry (R-04)."""
    OFFLINE = "offline"
    """Entered while P1 was out of reach: number and place are final, the status follows (R-07, R-08)."""
    REJECTED = "rejected"
    """P1 refused: the entry never came to be. Its number is not given again."""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with what we know of it beside the law. ``visit_id``: the EHR's Appointment that states it.

    ``patient_id`` and ``referral_id`` are the EHR's. ``correlation_id`` is of the work that changed it last.
    ``no_show_confirmed_by``: who confirmed that the patient did not come (X-05), empty while nobody did.
    """

    entry: Entry
    visit_id: str
    patient_id: str
    referral_id: str | None = None
    standing: EntryStanding = EntryStanding.FINAL
    no_show_confirmed_by: str = ""
    no_show_excused: bool = False
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to an entry: what, when (aware), by whom, and the fields before and after (G-03).

    ``what``: entered, corrected, term, category, criterion, removed, restored, reserved, final, rejected.
    ``before`` and ``after`` hold people's data and are sealed at rest. ``rules``: ids that had something to say.
    """

    entry_id: str
    what: str
    at: datetime
    by: str
    correlation_id: str
    before: Mapping[str, object] = field(default_factory=dict, repr=False)
    after: Mapping[str, object] = field(default_factory=dict, repr=False)
    reason: str = ""
    rules: tuple[str, ...] = ()


class Register(Protocol):
    """The registers of a facility.

    Order of locks: visits, referrals, entries, their list (``adapter/services/register/hold.py``). ``waiting``,
    ``known_of_patient``, ``overtaken``, ``position`` and ``window`` leave out what P1 refused
    (:attr:`EntryStanding.REJECTED`), as they leave out what was removed.
    """

    def put_schedule(self, facility: str, schedule: AdmissionSchedule) -> None:
        """Insert or replace what we know of an admission schedule."""

    def schedules(self, facility: str) -> Sequence[AdmissionSchedule]:
        """All admission schedules, by id."""

    def lock_list(self, facility: str, schedule_id: str) -> None:
        """Wait until nobody else writes to this list, and hold it until the transaction ends (numbers, order)."""

    def next_number(self, facility: str, schedule_id: str, *, oncology: bool) -> int:
        """The next running number of a waiting list (D-03); the oncology list of a schedule counts for itself (O-01).

        Taken when an entry with it is put; numbers of removed and rejected entries are never given again.
        """

    def put(self, facility: str, stored: StoredEntry, steps: Sequence[Step]) -> None:
        """Insert or replace an entry, and append its steps.

        Raises:
            ValueError: its running number, or the list that gave it, is another than before; another entry has the
                number; a step is of another entry.
        """

    def entry(self, facility: str, entry_id: str) -> StoredEntry | None:
        """One entry, locked until the transaction ends."""

    def entry_of_visit(self, facility: str, visit_id: str) -> StoredEntry | None:
        """The entry that an Appointment states, the newest of several (K-01, K-04); locked."""

    def entry_id_of_visit(self, facility: str, visit_id: str) -> str | None:
        """The id of that entry; nothing is locked."""

    def open_continuing(self, facility: str, patient_id: str, schedule_id: str) -> StoredEntry | None:
        """The open entry of category 5 of a patient on a schedule, the newest of several; locked."""

    def entries_of_patient(self, facility: str, patient_id: str) -> Sequence[StoredEntry]:
        """All entries of a patient, oldest first; locked."""

    def known_of_patient(self, facility: str, patient_id: str, provider: str) -> Sequence[KnownEntry]:
        """Open entries of a person as the rules of section 9 compare them; only the referral's number is unsealed.

        Also those of other patients of the EHR with the same PESEL or document: it may know a person twice.
        """

    def entries_of_referral(self, facility: str, referral_id: str) -> Sequence[StoredEntry]:
        """Entries on a referral, oldest first; locked."""

    def places(
        self,
        facility: str,
        *,
        entry_id: str | None = None,
        patient_id: str | None = None,
        referral_id: str | None = None,
    ) -> Sequence[tuple[str, str | None]]:
        """(visit, referral) of an entry, of a patient's entries or of those on a referral; nothing is locked."""

    def unsettled(self, facility: str) -> Iterator[StoredEntry]:
        """Open entries that P1 has not answered for (awaiting or offline), those made first at the top; not locked.

        All of them, read in portions: what P1 refused stays among them until a person acts, and hides nobody.
        """

    def overtaken(self, facility: str, entry: Entry, limit: int = 100) -> Sequence[Entry]:
        """Who of its list ranks before ``entry`` (G-05), still waits, is not reserved and has a later term.

        Entries without people's data (``EntryPerson(key=...)`` only); found by an index, ``entry`` itself left out.
        """

    def position(self, facility: str, entry: Entry) -> int | None:
        """The place of ``entry`` on its list from 1 (G-05), counted by the database; whether it is kept or new.

        None when it does not wait, or when P1 refused it.
        """

    def waiting(self, facility: str, schedule_id: str, *, oncology: bool = False) -> Sequence[StoredEntry]:
        """Who waits on a list, in the order of G-05."""

    def listed(
        self, facility: str, schedule_id: str | None = None, *, open_only: bool = True, since: date | None = None
    ) -> Iterator[StoredEntry]:
        """Entries of a schedule (None: of all), by schedule and report.

        ``since``: those that are open, and those removed from then on. Without it ``open_only`` off gives all, also
        those that P1 refused. Read in portions: a hundred thousand fit in little memory, and the transaction may be
        committed on the way.
        """

    def count_listed(self, facility: str, *, since: date | None = None) -> int:
        """How many entries :meth:`listed` gives of all schedules with ``open_only`` off and this ``since``."""

    def window(self, facility: str, schedule_id: str, first: date, last: date) -> Sequence[StoredEntry]:
        """Waiting entries of a schedule whose term begins in ``first``..``last`` (N-03), by that day, then by G-05."""

    def steps(self, facility: str, entry_id: str) -> Sequence[Step]:
        """Everything that happened to an entry, first to last."""

    def steps_of(self, facility: str, entry_ids: Sequence[str]) -> Mapping[str, Sequence[Step]]:
        """The same of many entries at once, by entry id; one without steps is left out."""
