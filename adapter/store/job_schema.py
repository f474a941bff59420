"""Procrastinate's own tables, which migrate with ours (D2).

The name of the last of its migrations that the database has is kept in ``parts``. When a newer
Procrastinate is installed, ``pomost database upgrade`` runs the ones that came after.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from adapter.errors import Misconfigured
from adapter.store.tables import parts

PART = "procrastinate"


def install(connection: Connection) -> None:
    """Make the tables of the installed Procrastinate in an empty database."""
    _run(connection, SchemaManager.get_schema())
    _keep(connection, _files()[-1].name)


def pending(connection: Connection) -> list[str]:
    """Names of its migrations that the database lacks.

    Raises:
        Misconfigured: the database was prepared for a newer Procrastinate.
    """
    return [file.name for file in _missing(connection)]


def upgrade(connection: Connection) -> None:
    """Run the migrations that the database lacks."""
    for file in _missing(connection):
        _run(connection, file.read_text("utf-8"))
        _keep(connection, file.name)


def _missing(connection: Connection) -> list[Path]:
    have = connection.execute(select(parts.c.version).where(parts.c.name == PART)).scalar_one_or_none() or ""
    files = _files()
    if have and have > files[-1].name:
        raise Misconfigured(
            f"the database has the job engine's migration {have}, the installed procrastinate ends at "
            f"{files[-1].name}; install the version of pomost that made it",
            setting="DATABASE_URL",
            code="DATABASE_NEWER",
        )
    return [file for file in files if file.name > have]


def _files() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _keep(connection: Connection, version: str) -> None:
    row = insert(parts).values(name=PART, version=version)
    connection.execute(row.on_conflict_do_update(index_elements=[parts.c.name], set_={"version": version}))


def _run(connection: Connection, script: str) -> None:
    """Run a script as it is: no parameters, so ``%`` stands for itself."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("the store works with psycopg 3")
    raw.execute(script.encode())
