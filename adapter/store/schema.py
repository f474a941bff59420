"""The database's version: what it is, whether it fits this program, how it is brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from adapter.errors import Misconfigured
from adapter.store import job_schema
from adapter.store.engine import translated

UPGRADE_LOCK = 0x706F6D6F
"""Advisory lock held while a database is upgraded, so that two programs do not do it at once."""


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
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
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


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _migrations() -> ScriptDirectory:
    """This program's migrations; they are read from their files once."""
    return ScriptDirectory.from_config(_config())


def _status(connection: Connection) -> SchemaStatus:
    script = _migrations()
    head = script.get_current_head() or ""
    current = MigrationContext.configure(connection).get_current_revision() or ""
    known = {revision.revision for revision in script.walk_revisions()}
    if current and current not in known:
        return SchemaStatus(current, head, (), newer=True)
    steps = [revision.revision for revision in script.iterate_revisions(head, current or "base")]
    pending = tuple(reversed(steps))
    if current:
        pending += tuple(job_schema.pending(connection))
    return SchemaStatus(current, head, pending, newer=False)
