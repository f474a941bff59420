"""All tables. Every row belongs to a facility (D11); migrations make them, this describes them.

The calendar's tables mirror what an EHR and CeR said, also when it is wrong: they have no foreign
keys to each other (resources come in any order) and no ``EXCLUDE`` (an overlap must be storable to
be reported). Tables of our own doings are strict.
``national_*`` are unlogged: they are re-read from CeR at will and loaded by ``COPY`` (D9). They are
emptied together by a crash of the server, listing digests included.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
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
_WARSAW_DAY = "(timezone('Europe/Warsaw'::text, starts))::date"


def _facility(*, key: bool = False) -> Column[str]:
    return Column("facility", Text, ForeignKey("facility.id"), primary_key=key, nullable=False)


def _instant(name: str, *, needed: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=not needed)


def _one_of(name: str, column: str, *values: str) -> CheckConstraint:
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
    _facility(),
    Column("source", Text, nullable=False),
    Column("resource_type", Text, nullable=False),
    Column("resource_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    _instant("last_updated"),
    _instant("received_at", needed=True),
    Column("state", Text, nullable=False, server_default="new"),
    Column("problems", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    _one_of("state", "state", "new", "taken", "refused", "quarantined", "superseded"),
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
    Index("inbox_state_idx", "state", "id"),
)

outbox_message = Table(
    "outbox_message",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _facility(),
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
    _instant("created_at", needed=True),
    _instant("not_before", needed=True),
    _instant("sent_at"),
    _instant("answered_at"),
    Column("result_code", Text, nullable=False, server_default=""),
    Column("problem", Text, nullable=False, server_default=""),
    Column("after_id", BigInteger, ForeignKey("outbox_message.id")),
    Column("worker", Integer),
    _one_of("destination", "destination", "cer", "p1", "ehr"),
    _one_of("state", "state", "waiting", "sending", "delivered", "refused", "in-doubt", "dropped"),
    CheckConstraint("after_id < id", name="after"),
    CheckConstraint("attempts >= 0", name="attempts"),
    CheckConstraint("(state = 'sending') = (worker IS NOT NULL)", name="worker"),
    CheckConstraint("sealed IS NULL OR (had_sealed AND state IN ('waiting', 'sending', 'in-doubt'))", name="sealed"),
    CheckConstraint("cardinality(subjects) > 0", name="subjects"),
    Index("outbox_message_waiting_idx", "id", postgresql_where=text("state = 'waiting'")),
    Index("outbox_message_open_idx", "state", "id", postgresql_where=text("state IN ('sending', 'in-doubt')")),
    Index("outbox_message_after_idx", "after_id", postgresql_where=text("after_id IS NOT NULL")),
    Index("outbox_message_correlation_idx", "correlation_id"),
    Index("outbox_message_facility_state_idx", "facility", "state", "id"),
)

outbox_line = Table(
    "outbox_line",
    metadata,
    _facility(key=True),
    Column("subject", Text, primary_key=True),
    Column("message", BigInteger, ForeignKey("outbox_message.id"), primary_key=True),
    Column("open", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint("subject <> ''", name="subject"),
    Index("outbox_line_open_idx", "facility", "subject", "message", postgresql_where=text("open")),
    Index("outbox_line_message_idx", "message"),
)

outbox_pause = Table(
    "outbox_pause",
    metadata,
    _facility(key=True),
    Column("destination", Text, primary_key=True),
    _instant("until", needed=True),
    Column("failures", Integer, nullable=False, server_default=text("1")),
    Column("problem", Text, nullable=False, server_default=""),
    _one_of("destination", "destination", "cer", "p1", "ehr"),
)

schedule = Table(
    "schedule",
    metadata,
    _facility(key=True),
    Column("id", Text, primary_key=True),
    Column("cell_facility", Text, nullable=False),
    Column("cell", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("practitioner_root", Text),
    Column("practitioner_extension", Text),
    Column("active", Boolean, nullable=False),
    Column("in_scope", Boolean, nullable=False),
    CheckConstraint("(practitioner_root IS NULL) = (practitioner_extension IS NULL)", name="practitioner"),
)

slot = Table(
    "slot",
    metadata,
    _facility(key=True),
    Column("id", Text, primary_key=True),
    Column("schedule_id", Text, nullable=False),
    _instant("starts", needed=True),
    _instant("ends", needed=True),
    Column("day", Date, Computed(_WARSAW_DAY, persisted=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("capacity", SmallInteger, nullable=False),
    _instant("changed_at"),
    CheckConstraint("starts < ends", name="order"),
    CheckConstraint("capacity BETWEEN 1 AND 100", name="capacity"),
    _one_of("state", "state", "free", "busy", "held", "blocked", "withdrawn"),
    _one_of("kind", "kind", "stable", "urgent", "privileged", "continuation"),
    Index("slot_day_idx", "facility", "schedule_id", "day"),
    Index("slot_start_idx", "facility", "schedule_id", "starts"),
)

visit = Table(
    "visit",
    metadata,
    _facility(key=True),
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    _instant("reported_at", needed=True),
    _instant("starts"),
    _instant("ends"),
    Column("referral_id", Text),
    Column("schedule_id", Text),
    Column("category", SmallInteger, nullable=False),
    Column("criterion", Text, nullable=False),
    Column("particulars", LargeBinary),
    Column("end_reason", Text),
    _instant("changed_at"),
    Column("national_id", Text),
    CheckConstraint("(starts IS NULL) = (ends IS NULL) AND (starts IS NULL OR starts < ends)", name="order"),
    CheckConstraint("category BETWEEN 1 AND 6", name="category"),
    _one_of("criterion", "criterion", "stable", "urgent"),
    _one_of(
        "state",
        "state",
        *(
            "proposed",
            "pending",
            "waiting",
            "booked",
            "arrived",
            "checked-in",
            "served",
            "cancelled",
            "no-show",
            "void",
        ),
    ),
    Index("visit_patient_idx", "facility", "patient_id"),
    Index("visit_referral_idx", "facility", "referral_id", postgresql_where=text("referral_id IS NOT NULL")),
    Index("visit_national_idx", "facility", "national_id", postgresql_where=text("national_id IS NOT NULL")),
)

visit_slot = Table(
    "visit_slot",
    metadata,
    _facility(key=True),
    Column("visit_id", Text, primary_key=True),
    Column("slot_id", Text, primary_key=True),
    Column("position", SmallInteger, nullable=False),
    ForeignKeyConstraint(["facility", "visit_id"], ["visit.facility", "visit.id"], ondelete="CASCADE"),
    Index("visit_slot_slot_idx", "facility", "slot_id"),
)

visit_history = Table(
    "visit_history",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _facility(),
    Column("visit_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("slot_ids", ARRAY(Text), nullable=False),
    _instant("starts"),
    _instant("changed_at"),
    _instant("replaced_at", needed=True),
    Index("visit_history_visit_idx", "facility", "visit_id", "id"),
)

patient = Table(
    "patient",
    metadata,
    _facility(key=True),
    Column("id", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("identifier_digest", Text, nullable=False),
    Index("patient_digest_idx", "facility", "identifier_digest"),
)

referral = Table(
    "referral",
    metadata,
    _facility(key=True),
    Column("id", Text, primary_key=True),
    Column("patient_id", Text, nullable=False),
    Column("criterion", Text, nullable=False),
    Column("service", Text),
    Column("stated_root", Text),
    Column("stated_extension", Text),
    Column("number_root", Text),
    Column("number_extension", Text),
    Column("key", LargeBinary),
    Column("state", Text),
    Column("held", Boolean, nullable=False),
    _one_of("criterion", "criterion", "stable", "urgent"),
    _one_of("state", "state", "issued", "with-provider", "completed", "annulled"),
    CheckConstraint("(stated_root IS NULL) = (stated_extension IS NULL)", name="stated"),
    CheckConstraint("(number_root IS NULL) = (number_extension IS NULL)", name="number"),
    Index("referral_patient_idx", "facility", "patient_id"),
)

block = Table(
    "block",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _facility(),
    Column("slot_id", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    _instant("asked_at", needed=True),
    _instant("answered_at"),
    Column("result_code", Text, nullable=False, server_default=""),
    _instant("proven_at"),
    Column("clock_offset_seconds", Double),
    Column("listing_digest", Text, nullable=False, server_default=""),
    _instant("archived_at"),
    Index("block_current_idx", "facility", "slot_id", unique=True, postgresql_where=text("archived_at IS NULL")),
)

link = Table(
    "link",
    metadata,
    _facility(key=True),
    Column("kind", Text, primary_key=True),
    Column("ours", Text, primary_key=True),
    Column("theirs", Text, nullable=False),
    _one_of("kind", "kind", "slot", "visit", "waiting-entry"),
    Index("link_theirs_idx", "facility", "kind", "theirs", unique=True),
)

national_listing = Table(
    "national_listing",
    metadata,
    _facility(key=True),
    Column("schedule_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("digest", Text, nullable=False),
    _instant("fetched_at", needed=True),
    _instant("server_time"),
    Column("slots", Integer, nullable=False),
    prefixes=["UNLOGGED"],
)

national_slot = Table(
    "national_slot",
    metadata,
    Column("facility", Text, primary_key=True),
    Column("schedule_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("id", Text, primary_key=True),
    _instant("starts", needed=True),
    _instant("ends", needed=True),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reference", Text),
    Column("capacity", SmallInteger, nullable=False),
    _instant("changed_at"),
    _one_of("state", "state", "open", "taken", "blocked"),
    _one_of("kind", "kind", "stable", "urgent", "privileged", "continuation"),
    prefixes=["UNLOGGED"],
)

national_visit = Table(
    "national_visit",
    metadata,
    Column("facility", Text, primary_key=True),
    Column("schedule_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("slot_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    _instant("saved_at"),
    Column("reference", Text),
    Column("origin", Text),
    _one_of("state", "state", "saved", "cancelled", "served", "no-show"),
    _one_of("origin", "origin", "facility", "patient", "system"),
    prefixes=["UNLOGGED"],
)

discrepancy = Table(
    "discrepancy",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _facility(),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("schedule_id", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("hospital_slot_id", Text),
    Column("national_slot_id", Text),
    Column("hospital_visit_ids", ARRAY(Text), nullable=False),
    Column("national_visit_ids", ARRAY(Text), nullable=False),
    Column("evidence", JSONB, nullable=False),
    _instant("first_seen", needed=True),
    _instant("last_seen", needed=True),
    Column("state", Text, nullable=False, server_default="open"),
    Column("history", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    _one_of("state", "state", "open", "acknowledged", "remedied", "reported", "closed"),
    CheckConstraint("first_seen <= last_seen", name="seen"),
    Index("discrepancy_same_idx", "facility", "key", unique=True, postgresql_where=text("state <> 'closed'")),
    Index("discrepancy_day_idx", "facility", "day", "id"),
)

audit = Table(
    "audit",
    metadata,
    _facility(key=True),
    Column("position", BigInteger, primary_key=True),
    _instant("at", needed=True),
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
    _facility(key=True),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    _facility(key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

parts = Table(
    "parts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Text, nullable=False),
)
"""Versions of what others brought into the database (Procrastinate's schema)."""
