"""The store: one unit of work is one transaction over all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from adapter.ports import Clock
from adapter.ports.notices import Notices
from adapter.ports.referral_book import ReferralBook
from adapter.ports.register import Register
from adapter.ports.store import Audit, Calendar, Cursors, Differences, Inbox, Links, Outbox, UnitOfWork
from adapter.ports.tasks import Tasks
from adapter.ports.wiretap import Wiretap
from adapter.store import jobs
from adapter.store.audit import SqlAudit
from adapter.store.calendar import SqlCalendar
from adapter.store.cursors import SqlCursors
from adapter.store.discrepancies import SqlDifferences
from adapter.store.engine import translated
from adapter.store.inbox import SqlInbox
from adapter.store.links import SqlLinks
from adapter.store.notices import SqlNotices
from adapter.store.outbox import LEASE_LOCK, SqlOutbox
from adapter.store.referral_book import SqlReferralBook
from adapter.store.register import SqlRegister
from adapter.store.sealing import Seal
from adapter.store.session import Session
from adapter.store.tasks import SqlTasks
from adapter.store.wiretap import SqlWiretap

ALONE_LOCK = 0x616C6F
"""First half of the advisory lock of a piece of work that only one may be at; the second is made of its name."""


class SqlUnitOfWork:
    """Implements :class:`adapter.ports.store.UnitOfWork` on one connection."""

    def __init__(self, engine: Engine, connection: Connection, seal: Seal, clock: Clock, *, defer_jobs: bool) -> None:
        session = Session(connection, seal, clock)
        self._engine = engine
        self._session = session
        self._defer_jobs = defer_jobs
        self._audit = SqlAudit(session)
        self.inbox: Inbox = SqlInbox(session)
        self.outbox: Outbox = SqlOutbox(session)
        self.calendar: Calendar = SqlCalendar(session)
        self.links: Links = SqlLinks(session)
        self.referrals: ReferralBook = SqlReferralBook(session)
        self.differences: Differences = SqlDifferences(session)
        self.audit: Audit = self._audit
        self.cursors: Cursors = SqlCursors(session)
        self.wiretap: Wiretap = SqlWiretap(session)
        self.register: Register = SqlRegister(session)
        self.tasks: Tasks = SqlTasks(session)
        self.notices: Notices = SqlNotices(session)

    def commit(self) -> None:
        """Keep everything done so far; jobs and audit go with it. More work may follow."""
        session = self._session
        waiting: set[str] = set()
        if session.asked and self._defer_jobs:
            waiting = jobs.ask(session.connection, session.asked)
        session.asked.clear()
        self._audit.flush()
        session.connection.commit()
        if waiting:
            jobs.ask_again(self._engine, waiting)


class SqlStore:
    """Implements :class:`adapter.ports.store.Store`.

    ``facilities`` are registered before the first unit of work; a row for any other is refused by
    the database (Misconfigured). ``defer_jobs`` off: nothing is handed to the job engine.
    """

    def __init__(
        self,
        engine: Engine,
        seal: Seal,
        clock: Clock,
        *,
        facilities: Sequence[str] = (),
        defer_jobs: bool = True,
    ) -> None:
        self._engine = engine
        self._seal = seal
        self._clock = clock
        self._defer_jobs = defer_jobs
        self._unregistered = list(facilities)
        self._registering = Lock()

    def register(self, *facilities: str) -> None:
        """Make facilities known to the database; known ones stay as they are."""
        with translated(), self._engine.begin() as connection:
            connection.execute(
                text("INSERT INTO facility (id) SELECT unnest(CAST(:ids AS text[])) ON CONFLICT DO NOTHING"),
                {"ids": list(facilities)},
            )

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """A new transaction; the end of the block rolls back what was not committed.

        Raises:
            Unavailable: the database cannot be reached, or lost a race: try again.
            Misconfigured: it lacks our tables, or the facility is not registered.
        """
        with self._registering:
            if self._unregistered:
                self.register(*self._unregistered)
                self._unregistered.clear()
        with translated(), self._engine.connect() as connection:
            yield SqlUnitOfWork(self._engine, connection, self._seal, self._clock, defer_jobs=self._defer_jobs)

    @contextmanager
    def worker(self) -> Iterator[int]:
        """A worker's lease: an id whose messages are recovered as soon as its process is gone.

        The lease is a session of its own that holds an advisory lock. It is given back at the end of the block;
        with the process gone, or the session, PostgreSQL drops it by itself.
        """
        with self._session_apart() as connection:
            worker = int(connection.execute(text("SELECT nextval('worker_lease')")).scalar_one())
            held = {"lease": LEASE_LOCK, "worker": worker}
            connection.execute(text("SELECT pg_advisory_lock(:lease, :worker)"), held)
            try:
                yield worker
            finally:
                with suppress(SQLAlchemyError):
                    connection.execute(text("SELECT pg_advisory_unlock(:lease, :worker)"), held)

    @contextmanager
    def alone(self, work: str) -> Iterator[bool]:
        """Whether nobody else is at this piece of ``work``; if so, nobody else is until the block or process ends."""
        with self._session_apart() as connection:
            held = {"kind": ALONE_LOCK, "work": work}
            got = connection.execute(text("SELECT pg_try_advisory_lock(:kind, hashtext(:work))"), held).scalar_one()
            try:
                yield bool(got)
            finally:
                if got:
                    with suppress(SQLAlchemyError):
                        connection.execute(text("SELECT pg_advisory_unlock(:kind, hashtext(:work))"), held)

    @contextmanager
    def _session_apart(self) -> Iterator[Connection]:
        """A session of its own, for locks that outlive transactions."""
        with translated(), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.detach()
            yield connection
