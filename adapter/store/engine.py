"""The connection to PostgreSQL: the one of DATABASE_URL, or the embedded one (D1).

Errors of the driver become ours here. No text holds a password, and statements' parameters are
hidden because they may be people's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import orjson
import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapter.errors import AdapterError, Misconfigured, Unavailable
from adapter.store.driver_rows import give_driver_rows

POOL_SIZE = 8
POOL_OVERFLOW = 8
POOL_TIMEOUT_SECONDS = 30
POOL_RECYCLE_SECONDS = 1800
PING_AFTER_IDLE_SECONDS = 2.0
"""A pooled connection that was idle for longer is asked whether it lives before it is used again."""
CONNECT_TIMEOUT_SECONDS = 10
_DRIVERS = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_TRY_AGAIN = frozenset({"40001", "40P01", "53100", "53200", "53300", "55P03", "57014", "57P01", "57P02", "57P03"})
"""SQLSTATEs of things that pass: lost races, full disk or memory, too many sessions, shutdown."""
_NO_SCHEMA = frozenset({"42P01", "42703", "42883", "3F000"})
_NO_ENTRY = frozenset({"28000", "28P01", "3D000", "42501"})
_FOREIGN_KEY = "23503"
_TAKEN = "23505"
_NUMBERS = "register_entry_number_idx"
"""Two sessions gave one running number: who came second tries again, and gets another."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Which database. ``url`` is DATABASE_URL (None: embedded), ``folder`` is POMOST_DATA.

    ``temporary``: an embedded server that is gone when the program ends.
    """

    url: str | None = field(default=None, repr=False)
    folder: Path | None = None
    temporary: bool = False
    pool_size: int = POOL_SIZE


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. ``url`` is for libpq (Procrastinate uses it) and may hold a password.

    ``key_file`` is where a sealing key may be made (embedded only), ``notice`` what to tell a user.
    """

    engine: Engine
    url: str = field(repr=False)
    embedded: bool
    key_file: Path | None
    notice: str = ""
    end: Callable[[], None] | None = field(default=None, repr=False)
    """Stops and deletes a temporary server."""

    def close(self) -> None:
        """Give the connections back. An embedded server stays for the next program, a temporary one ends."""
        self.engine.dispose()
        if self.end is not None:
            self.end()


def connect(settings: DatabaseSettings) -> Database:
    """Open the database; starts the embedded server when no URL is given.

    Raises:
        Misconfigured: the URL is none of PostgreSQL's, or the embedded server cannot run here.
        Unavailable: the embedded server does not answer. (A server of DATABASE_URL is asked later.)
    """
    if settings.url is not None:
        url = normalised(settings.url)
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return Database(_engine(url, settings.pool_size), plain, embedded=False, key_file=None)
    from adapter.store import embedded  # noqa: PLC0415  # needs a Unix

    server = embedded.start(embedded.EmbeddedSettings(settings.folder, settings.temporary))
    engine = _engine(normalised(server.url), settings.pool_size)
    end = server.stop if settings.temporary else None
    return Database(engine, server.url, embedded=True, key_file=server.key, notice=server.notice, end=end)


def normalised(text: str) -> URL:
    """DATABASE_URL as SQLAlchemy wants it; ``postgres://`` and ``postgresql://`` are the same.

    Raises:
        Misconfigured: it cannot be read, or names another kind of database.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise Misconfigured(
            "DATABASE_URL cannot be read; it should look like postgresql://user:password@host:5432/name",
            setting="DATABASE_URL",
        ) from None
    if url.drivername not in _DRIVERS:
        raise Misconfigured(
            f"DATABASE_URL names {url.drivername}; pomost works on PostgreSQL only (postgresql://...)",
            setting="DATABASE_URL",
        )
    return url.set(drivername="postgresql+psycopg")


def _engine(url: URL, pool_size: int) -> Engine:
    wanted: dict[str, object] = {
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "application_name": "pomost",
        "options": "-c timezone=UTC",
    }
    arguments = {name: value for name, value in wanted.items() if name not in url.query}
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_recycle=POOL_RECYCLE_SECONDS,
        hide_parameters=True,
        connect_args=arguments,
        json_deserializer=orjson.loads,
    )
    _ping_the_idle(engine)
    give_driver_rows(engine)
    return engine


def _ping_the_idle(engine: Engine) -> None:
    """Ask only connections that lay idle: one that was used a moment ago need not be asked at each transaction.

    One that dies in between fails its transaction as Unavailable: nothing happened, and it is tried again.
    """

    @event.listens_for(engine, "checkin")
    def put_back(connection: Any, record: Any) -> None:
        record.info["idle_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: Any, proxy: Any) -> None:
        since = record.info.get("idle_since")
        if since is None or monotonic() - since <= PING_AFTER_IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.OperationalError as error:
            raise DisconnectionError("the connection died while it was idle") from error


@contextmanager
def translated() -> Iterator[None]:
    """Driver errors that have a next step become ours; others are bugs and pass through."""
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable("all connections to the database are in use; try again") from error
    except DBAPIError as error:
        ours = _translate(error)
        if ours is None:
            raise
        raise ours from error


def _translate(error: DBAPIError) -> AdapterError | None:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    said = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
    lost = not state and type(error.orig).__name__ == "OperationalError"
    found: AdapterError | None = None
    if state in _NO_ENTRY or "authentication failed" in said:
        found = Misconfigured(f"the database refuses us: {said}", setting="DATABASE_URL")
    elif state in _NO_SCHEMA:
        found = Misconfigured("the database lacks our tables; run: pomost database upgrade", setting="DATABASE_URL")
    elif state == _FOREIGN_KEY and "facility_fkey" in said:
        found = Misconfigured("this facility is not registered in the database; add it to the settings")
    elif state in _TRY_AGAIN or (state == _TAKEN and _NUMBERS in said):
        found = Unavailable(f"the database could not do this now; try again (SQLSTATE {state})")
    elif error.connection_invalidated or lost or state.startswith("08"):
        found = Unavailable(f"the database cannot be reached: {said}")
    return found
