"""The database's version: what it is, whether it fits this program, how it is brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text

from adapter.errors import Misconfigured
from adapter.store import job_schema
from adapter.store.engine import translated

if TYPE_CHECKING:
    from alembic.config import Config

UPGRADE_LOCK = 0x706F6D6F
"""Advisory lock held while a database is upgraded, so that two programs do not do it at once."""
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Version of a database: ``current`` is empty when it has no tables, ``head`` is this program's.

    ``pending``: migrations to run, oldest first. ``newer``: made by a newer program.
    """

    current: str
    head: str
    pending: tuple[str, ...]
    newer: bool

    @property
    def ready(self) -> bool:
        """Whether this program may work on it."""
        return not self.pending and not self.newer


def status(engine: Engine) -> SchemaStatus:
    """Look, touch nothing.

    Raises:
        Unavailable, Misconfigured: the database cannot be reached or refuses us.
    """
    with translated(), engine.connect() as connection:
        return _status(connection)


def upgrade(engine: Engine) -> SchemaStatus:
    """Bring the database up to date in one transaction; returns what it is then.

    Raises:
        Misconfigured: the database is newer than this program; nothing was touched.
    """
    with translated(), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        before = _status(connection)
        if before.newer:
            raise _newer(before)
        if before.current != before.head:
            _migrate(connection)
        job_schema.upgrade(connection)
        return _status(connection)


def require_current(engine: Engine) -> None:
    """Raises Misconfigured, with what to do, unless the database fits this program."""
    found = status(engine)
    if found.newer:
        raise _newer(found)
    if found.pending:
        raise Misconfigured(
            f"the database is at version {found.current or 'none'}, this program needs {found.head}; "
            "run: pomost database upgrade",
            setting="DATABASE_URL",
            code="DATABASE_OLDER",
        )


def _newer(found: SchemaStatus) -> Misconfigured:
    return Misconfigured(
        f"the database is at version {found.current}, newer than this program ({found.head}); "
        "install the version of pomost that upgraded it. Nothing was touched",
        setting="DATABASE_URL",
        code="DATABASE_NEWER",
    )


def _migrate(connection: Connection) -> None:
    """Run what is missing."""
    from alembic import command  # noqa: PLC0415 - a program that finds its database ready starts without Alembic

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def versions() -> tuple[str, ...]:
    """This program's versions of the database, oldest first, by the names of their files (``v0001_initial.py``)."""
    return tuple(sorted(path.name[1:5] for path in (MIGRATIONS / "versions").glob("v[0-9]*_*.py")))


def _current(connection: Connection) -> str:
    """The database's version, empty when it has none."""
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one() is None:
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _status(connection: Connection) -> SchemaStatus:
    known, current = versions(), _current(connection)
    head = known[-1]
    if current and current not in known:
        return SchemaStatus(current, head, (), newer=True)
    pending = known[known.index(current) + 1 :] if current else known
    if current:
        pending += tuple(job_schema.pending(connection))
    return SchemaStatus(current, head, pending, newer=False)
