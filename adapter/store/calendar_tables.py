"""Tables that mirror what EHRs and CeR say of the calendar (see :mod:`adapter.store.tables`).

They mirror it also when it is wrong: no foreign keys to each other, because resources come in any
order, and no ``EXCLUDE``, because an overlap must be storable to be reported. ``national_*`` are
unlogged: they are re-read from CeR at will and loaded by ``COPY`` (D9). A crash of the server
empties them together, listing digests included.
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
    Double,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapter.store.tables import facility_column, instant, metadata, one_of

WARSAW_DAY = "(timezone('Europe/Warsaw'::text, starts))::date"

schedule = Table(
    "schedule",
    metadata,
    facility_column(key=True),
    Column("id", Text, primary_key=True),
    Column("cell_facility", Text, nullable=False),
    Column("cell", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("practitioner_root", Text),
    Column("practitioner_extension", Text),
    Column("active", Boolean, nullable=False),
    Column("in_scope", Boolean, nullable=False),
    Column("register", JSONB(none_as_null=True)),
    CheckConstraint("(practitioner_root IS NULL) = (practitioner_extension IS NULL)", name="practitioner"),
)

slot = Table(
    "slot",
    metadata,
    facility_column(key=True, bulk=True),
    Column("id", Text, primary_key=True),
    Column("schedule_id", Text, nullable=False),
    instant("starts", needed=True),
    instant("ends", needed=True),
    Column("day", Date, Computed(WARSAW_DAY, persisted=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("capacity", SmallInteger, nullable=False),
    instant("changed_at"),
    CheckConstraint("starts < ends", name="order"),
    CheckConstraint("capacity BETWEEN 1 AND 100", name="capacity"),
    one_of("state", "state", "free", "busy", "held", "blocked", "withdrawn"),
    one_of("kind", "kind", "stable", "urgent", "privileged", "continuation"),
    Index("slot_day_idx", "facility", "schedule_id", "day"),
    Index("slot_start_idx", "facility", "schedule_id", "starts"),
)

visit = Table(
    "visit",
    metadata,
    facility_column(key=True),
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    instant("reported_at", needed=True),
    instant("starts"),
    instant("ends"),
    Column("referral_id", Text),
    Column("schedule_id", Text),
    Column("category", SmallInteger, nullable=False),
    Column("criterion", Text, nullable=False),
    Column("particulars", LargeBinary),
    Column("end_reason", Text),
    instant("changed_at"),
    Column("national_id", Text),
    CheckConstraint("(starts IS NULL) = (ends IS NULL) AND (starts IS NULL OR starts < ends)", name="order"),
    CheckConstraint("category BETWEEN 1 AND 6", name="category"),
    one_of("criterion", "criterion", "stable", "urgent"),
    one_of(
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
    facility_column(key=True),
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
    facility_column(),
    Column("visit_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("slot_ids", ARRAY(Text), nullable=False),
    instant("starts"),
    instant("changed_at"),
    instant("replaced_at", needed=True),
    Index("visit_history_visit_idx", "facility", "visit_id", "id"),
)

patient = Table(
    "patient",
    metadata,
    facility_column(key=True),
    Column("id", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("identifier_digest", Text, nullable=False),
    Index("patient_digest_idx", "facility", "identifier_digest"),
)

referral = Table(
    "referral",
    metadata,
    facility_column(key=True),
    Column("id", Text, primary_key=True),
    Column("patient_id", Text, nullable=False),
    Column("criterion", Text, nullable=False),
    Column("service", Text),
    Column("stated_root", Text),
    Column("stated_extension", Text),
    Column("number_root", Text),
    Column("number_extension", Text),
    Column("access", LargeBinary),
    Column("state", Text),
    Column("held", Boolean, nullable=False),
    Column("particulars", LargeBinary),
    one_of("criterion", "criterion", "stable", "urgent"),
    one_of("state", "state", "issued", "with-provider", "completed", "annulled"),
    CheckConstraint("(stated_root IS NULL) = (stated_extension IS NULL)", name="stated"),
    CheckConstraint("(number_root IS NULL) = (number_extension IS NULL)", name="number"),
    Index("referral_patient_idx", "facility", "patient_id"),
)

referral_check = Table(
    "referral_check",
    metadata,
    facility_column(key=True),
    Column("root", Text, primary_key=True),
    Column("extension", Text, primary_key=True),
    Column("occasion", Text, primary_key=True),
    instant("checked_at", needed=True),
    instant("verified_at"),
    Column("rule_set", Text, nullable=False, server_default=""),
    Column("accepted", Boolean, nullable=False),
    Column("result_code", Text, nullable=False, server_default=""),
    Column("correlation_id", Text, nullable=False, server_default=""),
    Column("findings", LargeBinary, nullable=False),
    one_of("occasion", "occasion", "read", "verified", "saved", "annulled"),
)

issued_referral = Table(
    "issued_referral",
    metadata,
    facility_column(key=True),
    Column("root", Text, primary_key=True),
    Column("extension", Text, primary_key=True),
    instant("saved_at", needed=True),
    Column("secrets", LargeBinary),
    instant("handed_at"),
    instant("annulled_at"),
    CheckConstraint("handed_at IS NULL OR secrets IS NULL", name="handed"),
)

block = Table(
    "block",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    facility_column(),
    Column("slot_id", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    instant("asked_at", needed=True),
    instant("answered_at"),
    Column("result_code", Text, nullable=False, server_default=""),
    instant("proven_at"),
    Column("clock_offset_seconds", Double),
    Column("listing_digest", Text, nullable=False, server_default=""),
    instant("archived_at"),
    Index("block_current_idx", "facility", "slot_id", unique=True, postgresql_where=text("archived_at IS NULL")),
)

link = Table(
    "link",
    metadata,
    facility_column(key=True, bulk=True),
    Column("kind", Text, primary_key=True),
    Column("ours", Text, primary_key=True),
    Column("theirs", Text, nullable=False),
    one_of("kind", "kind", "slot", "visit", "waiting-entry", "visit-ended"),
    Index("link_theirs_idx", "theirs", "kind", "facility", unique=True),
)

national_listing = Table(
    "national_listing",
    metadata,
    facility_column(key=True),
    Column("schedule_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("digest", Text, nullable=False),
    instant("fetched_at", needed=True),
    instant("server_time"),
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
    instant("starts", needed=True),
    instant("ends", needed=True),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reference", Text),
    Column("capacity", SmallInteger, nullable=False),
    instant("changed_at"),
    one_of("state", "state", "open", "taken", "blocked"),
    one_of("kind", "kind", "stable", "urgent", "privileged", "continuation"),
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
    instant("saved_at"),
    Column("reference", Text),
    Column("origin", Text),
    one_of("state", "state", "saved", "cancelled", "served", "no-show"),
    one_of("origin", "origin", "facility", "patient", "system"),
    prefixes=["UNLOGGED"],
)
