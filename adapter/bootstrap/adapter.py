"""The whole adapter, built from settings and closed at the end of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from adapter import logs, resources
from adapter.bootstrap.hospitals import Hospitals, build_hospital
from adapter.bootstrap.national import build_national
from adapter.bootstrap.wiretap import StoreKeeper
from adapter.clock import SystemClock
from adapter.domain.rules.settings import RuleSettings
from adapter.mapping.tables import Tables, load_tables
from adapter.ports import Clock, Hospital, Referrals, Registry
from adapter.ports.store import Store
from adapter.services.equipment import Equipment, FacilityRegister, Limits
from adapter.settings import FacilitySettings, RulesSettings, Settings, load_settings
from adapter.store import schema
from adapter.store.engine import Database, DatabaseSettings, connect
from adapter.store.sealing import Seal, SealingSettings, load
from adapter.store.unit_of_work import SqlStore

SESSIONS_A_JOB = 4
"""Sessions of the database that one job has at a time: a delivery claims, reads and settles beside each other."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """Everything that is running: what faces use."""

    settings: Settings
    equipment: Equipment
    database: Database

    @property
    def store(self) -> Store:
        """The database behind the use cases."""
        return self.equipment.store

    @property
    def registry(self) -> Registry:
        """CeR."""
        return self.equipment.registry

    @property
    def referrals(self) -> Referrals:
        """P1."""
        return self.equipment.referrals

    @property
    def hospital(self) -> Hospital:
        """The EHRs."""
        return self.equipment.hospital

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.equipment.clock

    @property
    def tables(self) -> Tables:
        """The code tables."""
        return self.equipment.tables

    @property
    def facilities(self) -> tuple[str, ...]:
        """Ids of the configured facilities."""
        return self.equipment.facilities

    def require_ready(self) -> None:
        """Return when the program can work.

        Raises:
            Unavailable, Misconfigured: the database is out of reach or has another schema.
        """
        schema.require_current(self.database.engine)


def limits_of(settings: Settings) -> Limits:
    """The bounds of the use cases from the settings."""
    return Limits(
        put_batch_max=settings.put_batch_max,
        claim_batch_max=settings.claim_batch_max,
        take_batch_max=settings.take_batch_max,
        ask_after=timedelta(seconds=settings.ask_after_seconds),
        retry_first=timedelta(seconds=settings.retry_first_seconds),
        retry_growth=settings.retry_growth,
        retry_most=timedelta(seconds=settings.retry_most_seconds),
        misconfigured_pause=timedelta(seconds=settings.misconfigured_pause_seconds),
        attempts_max=settings.attempts_max,
        rest_most=timedelta(seconds=settings.rest_most_seconds),
        order_tolerance=timedelta(seconds=settings.order_tolerance_seconds),
        feed_overlap=timedelta(seconds=settings.feed_overlap_seconds),
    )


def rule_settings(said: RulesSettings) -> RuleSettings:
    """What the site decided where the law is silent, as the rules take it."""
    return RuleSettings(**{name: getattr(said, name) for name in RulesSettings.model_fields})


def register_of(facility: FacilitySettings) -> FacilityRegister:
    """What a facility says of its register; an id that is not given is its number as a provider."""
    said = facility.admissions
    return FacilityRegister(
        provider=said.provider or facility.caller.podmiot,
        provider_name=said.provider_name or facility.name,
        list_owner=said.list_owner,
        contract_ends_on=dict(said.contract_ends_on),
    )


@contextmanager
def open_database(settings: Settings, *, temporary: bool = False) -> Iterator[Database]:
    """The database of the settings, whatever its schema."""
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    sessions = SESSIONS_A_JOB * settings.worker_concurrency
    database = connect(DatabaseSettings(url=url, folder=settings.data, temporary=temporary, pool_size=sessions))
    try:
        yield database
    finally:
        database.close()


@contextmanager
def open_store(
    settings: Settings | None = None, *, clock: Clock | None = None, temporary: bool = False, defer_jobs: bool = True
) -> Iterator[SqlStore]:
    """The store alone, for commands that look at it and need no authority.

    An embedded database is made and upgraded by itself; one of ``DATABASE_URL`` is upgraded by
    ``pomost database upgrade`` only.
    """
    known = settings if settings is not None else load_settings()
    with open_database(known, temporary=temporary) as database:
        yield store_on(known, database, clock or SystemClock(), defer_jobs=defer_jobs)


def seal_of(settings: Settings, database: Database) -> Seal:
    """What seals people's data in this installation.

    Raises:
        Misconfigured: no keys, or they cannot be read.
    """
    keys = settings.sealing_keys.get_secret_value() if settings.sealing_keys is not None else None
    return load(SealingSettings(keys=keys, file=settings.sealing_key_file), database.key_file)


def store_on(settings: Settings, database: Database, clock: Clock, *, defer_jobs: bool = True) -> SqlStore:
    """A store on an open database, with the facilities of the settings known to it."""
    if database.embedded:
        schema.upgrade(database.engine)
    schema.require_current(database.engine)
    return SqlStore(
        database.engine,
        seal_of(settings, database),
        clock,
        facilities=tuple(settings.facilities),
        defer_jobs=defer_jobs,
    )


@contextmanager
def open_adapter(
    settings: Settings | None = None,
    *,
    source: str | None = None,
    clock: Clock | None = None,
    temporary: bool = False,
    defer_jobs: bool = True,
) -> Iterator[Adapter]:
    """Build everything, hand it out, close it.

    ``source`` is ``--from``: where to take changes from in place of the configured EHR.
    ``temporary`` makes an embedded database that is gone afterwards.

    Raises:
        Misconfigured: a setting, table, contract, certificate or database schema is wrong; named.
        Unavailable: the database does not answer.
    """
    known = settings if settings is not None else load_settings()
    logs.configure(known.log_level)
    time = clock or SystemClock()
    tables = load_tables(resources.mappings(known.mappings))
    with ExitStack() as stack:
        national = build_national(known, tables, time)
        for channels in national.channels:
            stack.callback(channels.close)
        hospitals = {name: build_hospital(facility, source) for name, facility in known.facilities.items()}
        database = stack.enter_context(open_database(known, temporary=temporary))
        store = store_on(known, database, time, defer_jobs=defer_jobs)
        national.wiretap.start(StoreKeeper(store))
        stack.callback(national.wiretap.close)
        write_back = {kind for facility in known.facilities.values() for kind in facility.hospital.write_back}
        yield Adapter(
            settings=known,
            equipment=Equipment(
                store=store,
                registry=national.registry,
                referrals=national.referrals,
                hospital=Hospitals(hospitals),
                clock=time,
                tables=tables,
                facilities=tuple(known.facilities),
                limits=limits_of(known),
                write_back_types=frozenset(write_back),
                rules=rule_settings(known.rules),
                registers={name: register_of(facility) for name, facility in known.facilities.items()},
            ),
            database=database,
        )
