"""Migrations: the tables are what the code says, upgrades do not collide, a newer database is left alone."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command as alembic
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from clean_databases import in_database
from click.testing import CliRunner
from sqlalchemy import text
from store_fixtures import KEYS, HeldClock

import adapter
from adapter.cli.database import database as command
from adapter.domain.identifiers import CellCode, Pesel
from adapter.domain.patient import Patient
from adapter.domain.referral import Referral
from adapter.domain.schedule import Schedule
from adapter.errors import Misconfigured, Unavailable
from adapter.ports.store import ReferralRecord
from adapter.store import calendar_tables, register_tables, schema, sealing, wiretap_tables
from adapter.store.engine import Database, DatabaseSettings, connect
from adapter.store.tables import INSTALLATION
from adapter.store.unit_of_work import SqlStore

NEWEST = max(path.stem[1:5] for path in Path(schema.__file__).parent.glob("migrations/versions/v[0-9]*.py"))


def test_the_names_of_the_files_say_what_alembic_reads_in_them() -> None:
    chain = [script.revision for script in ScriptDirectory.from_config(schema._config()).walk_revisions()]
    assert schema.versions() == tuple(reversed(chain))


def test_only_an_upgrade_loads_alembic() -> None:
    """It takes as long as a seventh of all that a program loads, and nearly every one finds its database ready."""
    package = Path(adapter.__file__).parent
    sources = [path for path in package.rglob("*.py") if not path.is_relative_to(schema.MIGRATIONS)]
    at_once = re.compile(r"^(from|import) (alembic|mako)\b|^from adapter\.store\.migrations\b", re.MULTILINE)
    assert len(sources) > 100
    assert [path.name for path in sources if at_once.search(path.read_text("utf-8"))] == []


def test_the_migrated_database_is_what_the_tables_say(database: Database) -> None:
    def ours(_thing: object, name: str | None, *_: object) -> bool:
        return not (name or "").startswith(("procrastinate", "idx_procrastinate", "alembic"))

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_server_default": True})
        assert calendar_tables.metadata is wiretap_tables.metadata is register_tables.metadata
        assert compare_metadata(context, wiretap_tables.metadata) == []


def test_the_job_engine_came_with_it(database: Database) -> None:
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0
        assert connection.execute(text("SELECT id FROM facility")).scalars().all() == [INSTALLATION]


def test_an_empty_database_waits_for_everything(postgres: str) -> None:
    empty = connect(DatabaseSettings(url=in_database(postgres, "template1")))
    found = schema.status(empty.engine)
    assert (found.current, found.pending[0], found.ready) == ("", "0001", False)
    with pytest.raises(Misconfigured, match="pomost database upgrade"):
        schema.require_current(empty.engine)
    empty.close()


def test_what_an_older_program_kept_is_read_after_the_upgrade_that_made_the_register(database_url: str) -> None:
    opened = connect(DatabaseSettings(url=database_url))
    seal = sealing.parse(KEYS, "tests")
    person = {"system": "pesel", "identifier": "00610100006", "given": "Zdzisława", "family": "Wymyślona"}
    sealed = seal.seal_json({**person, "phone": None, "email": None}, "patient", "demo", "P1")
    with opened.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        config = schema._config()
        config.attributes["connection"] = connection
        alembic.upgrade(config, "0004")
        connection.execute(text("INSERT INTO facility (id) VALUES ('demo')"))
        connection.execute(text("INSERT INTO patient VALUES ('demo', 'P1', :sealed, 'digest')"), {"sealed": sealed})
        connection.execute(
            text(
                "INSERT INTO referral (facility, id, patient_id, criterion, held) "
                "VALUES ('demo', 'R1', 'P1', 'stable', false)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO schedule (facility, id, cell_facility, cell, service, active, in_scope) "
                "VALUES ('demo', 'S1', '000000927722', '001', '1100', true, true)"
            )
        )
    assert schema.upgrade(opened.engine).ready
    with SqlStore(opened.engine, seal, HeldClock(), defer_jobs=False).unit_of_work() as work:
        patient = Patient("P1", Pesel("00610100006"), "Zdzisława", "Wymyślona")
        assert work.calendar.patient("demo", "P1") == patient
        assert work.calendar.referral("demo", "R1") == ReferralRecord(Referral("R1", "P1"))
        assert work.calendar.schedule("demo", "S1") == Schedule("S1", CellCode("000000927722", "001"), "1100")
        assert list(work.register.listed("demo", open_only=False)) == []
    opened.close()


def test_programs_that_upgrade_at_once_wait_for_each_other(database_url: str) -> None:
    opened = [connect(DatabaseSettings(url=database_url)) for _ in range(3)]
    with opened[0].engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda one: schema.upgrade(one.engine), opened))
    assert all(one.ready for one in found)
    for one in opened:
        one.close()


def test_a_database_of_a_newer_program_is_not_touched(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert schema.status(database.engine).newer
    for use in (schema.upgrade, schema.require_current):
        with pytest.raises(Misconfigured, match="newer than this program") as refused:
            use(database.engine)
        assert refused.value.exit_code == 3
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_a_newer_job_engine_is_refused_and_an_older_one_upgraded(database: Database) -> None:
    def keep(version: str) -> None:
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE parts SET version = :v WHERE name = 'procrastinate'"), {"v": version})

    with database.engine.connect() as connection:
        last = connection.execute(text("SELECT version FROM parts WHERE name = 'procrastinate'")).scalar_one()
    keep("99.00.00_01_pre_future.sql")
    with pytest.raises(Misconfigured, match="job engine"):
        schema.upgrade(database.engine)
    keep("03.04.00_01_pre_add_retry_failed_job_procedure.sql")
    pending = schema.status(database.engine).pending
    assert pending
    assert pending[-1] == last
    assert schema.upgrade(database.engine).ready


def test_the_commands_say_it_for_people_and_programs(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.delenv("POMOST_CONFIG", raising=False)
    run = CliRunner()
    shown = run.invoke(command, ["status", "--json"], standalone_mode=False)
    assert json.loads(shown.output) == {
        "current": NEWEST,
        "head": NEWEST,
        "pending": [],
        "newer": False,
        "ready": True,
    }
    assert "up to date" in run.invoke(command, ["upgrade"], standalone_mode=False).output


def test_a_database_out_of_reach_is_said_without_its_password() -> None:
    opened = connect(DatabaseSettings(url="postgres://pomost:s3cret@127.0.0.1:1/none"))
    with pytest.raises(Unavailable) as failed:
        schema.status(opened.engine)
    assert "127.0.0.1" in failed.value.message
    assert "s3cret" not in f"{failed.value.message} {failed.value.__cause__} {opened!r}"
