"""All tables. Every row belongs to a facility (D11); migrations make them, this describes them.

Here are the tables of our own doings, which are strict; the mirrors of both calendars are in
:mod:`adapter.store.calendar_tables`.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

INSTALLATION = "-"
"""The facility of rows that belong to the installation itself."""

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)


def facility_column(*, key: bool = False, bulk: bool = False) -> Column[str]:
    """The facility a row belongs to. ``bulk``: a trigger checks it once a statement, not a foreign key once a row."""
    reference = () if bulk else (ForeignKey("facility.id"),)
    return Column("facility", Text, *reference, primary_key=key, nullable=False)


def instant(name: str, *, needed: bool = False) -> Column[object]:
    """An instant with its zone."""
    return Column(name, DateTime(timezone=True), nullable=not needed)


def one_of(name: str, column: str, *values: str) -> CheckConstraint:
    """The column holds one of these."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


facility = Table(
    "facility",
    metadata,
    Column("id", Text, primary_key=True),
    Column("registered_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("id <> ''", name="id"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    facility_column(bulk=True),
    Column("source", Text, nullable=False),
    Column("resource_type", Text, nullable=False),
    Column("resource_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    instant("last_updated"),
    instant("received_at", needed=True),
    Column("state", Text, nullable=False, server_default="new"),
    Column("problems", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    one_of("state", "state", "new", "taken", "refused", "quarantined", "superseded"),
    Index("inbox_once_idx", "facility", "resource_type", "resource_id", "version", unique=True),
    Index("inbox_new_idx", "facility", "resource_type", "id", postgresql_where=text("state = 'new'")),
    Index(
        "inbox_new_resource_idx",
        "facility",
        "resource_type",
        "resource_id",
        "id",
        postgresql_where=text("state = 'new' AND resource_id <> ''"),
    ),
    Index(
        "inbox_state_idx",
        "state",
        "id",
        postgresql_where=text("state IN ('refused', 'quarantined', 'superseded')"),
    ),
)

outbox_message = Table(
    "outbox_message",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    facility_column(bulk=True),
    Column("destination", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subjects", ARRAY(Text), nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("message_id", Text, nullable=False, server_default=""),
    Column("payload", JSONB, nullable=False),
    Column("sealed", LargeBinary),
    Column("had_sealed", Boolean, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    instant("created_at", needed=True),
    instant("not_before", needed=True),
    instant("sent_at"),
    instant("answered_at"),
    Column("result_code", Text, nullable=False, server_default=""),
    Column("problem", Text, nullable=False, server_default=""),
    Column("after_id", BigInteger, ForeignKey("outbox_message.id")),
    Column("worker", Integer),
    one_of("destination", "destination", "cer", "p1", "ehr"),
    one_of("state", "state", "waiting", "sending", "delivered", "refused", "in-doubt", "dropped"),
    CheckConstraint("after_id < id", name="after"),
    CheckConstraint("attempts >= 0", name="attempts"),
    CheckConstraint("(state = 'sending') = (worker IS NOT NULL)", name="worker"),
    CheckConstraint("sealed IS NULL OR (had_sealed AND state IN ('waiting', 'sending', 'in-doubt'))", name="sealed"),
    CheckConstraint("cardinality(subjects) > 0", name="subjects"),
    Index(
        "outbox_message_waiting_idx", "id", postgresql_where=text("state = 'waiting' AND destination <> 'ehr'")
    ),  # a first load leaves more write-backs waiting than there is left for CeR
    Index("outbox_message_back_idx", "id", postgresql_where=text("state = 'waiting' AND destination = 'ehr'")),
    Index(
        "outbox_message_trouble_idx",
        "state",
        "id",
        postgresql_where=text("state IN ('sending', 'in-doubt', 'refused')"),
    ),
    Index("outbox_message_after_idx", "after_id", postgresql_where=text("after_id IS NOT NULL")),
)

outbox_line = Table(
    "outbox_line",
    metadata,
    facility_column(key=True, bulk=True),
    Column("subject", Text, primary_key=True),
    Column("message", BigInteger, primary_key=True),
    Column("open", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint("subject <> ''", name="subject"),
    Index("outbox_line_message_idx", "message"),
    postgresql_with={"fillfactor": 45},
)
"""A message's lines are written by the statement that writes it, and ``open`` stands in no index: its end is one
change in the row's own page (D14)."""

outbox_pause = Table(
    "outbox_pause",
    metadata,
    facility_column(key=True),
    Column("destination", Text, primary_key=True),
    instant("until", needed=True),
    Column("failures", Integer, nullable=False, server_default=text("1")),
    Column("problem", Text, nullable=False, server_default=""),
    one_of("destination", "destination", "cer", "p1", "ehr"),
)

discrepancy = Table(
    "discrepancy",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    facility_column(),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("schedule_id", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("hospital_slot_id", Text),
    Column("national_slot_id", Text),
    Column("hospital_visit_ids", ARRAY(Text), nullable=False),
    Column("national_visit_ids", ARRAY(Text), nullable=False),
    Column("evidence", JSONB, nullable=False),
    instant("first_seen", needed=True),
    instant("last_seen", needed=True),
    Column("state", Text, nullable=False, server_default="open"),
    Column("history", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    one_of("state", "state", "open", "acknowledged", "remedied", "reported", "closed"),
    CheckConstraint("first_seen <= last_seen", name="seen"),
    Index("discrepancy_same_idx", "facility", "key", unique=True, postgresql_where=text("state <> 'closed'")),
    Index("discrepancy_day_idx", "facility", "day", "id"),
)

audit = Table(
    "audit",
    metadata,
    facility_column(key=True),
    Column("position", BigInteger, primary_key=True),
    instant("at", needed=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("position > 0", name="position"),
    CheckConstraint("octet_length(hash) = 32 AND octet_length(previous) = 32", name="hash"),
    Index("audit_correlation_idx", "correlation_id"),
    Index("audit_at_idx", "at"),
)

audit_head = Table(
    "audit_head",
    metadata,
    facility_column(key=True),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    facility_column(key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    instant("set_at", needed=True),
)

parts = Table(
    "parts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Text, nullable=False),
)
"""Versions of what others brought into the database (Procrastinate's schema)."""
