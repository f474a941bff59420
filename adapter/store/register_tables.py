"""Tables of the register (harmonogram przyjęć), of the tasks of its rules and of the notices to its patients.

Nothing of the register is deleted (G-03): triggers refuse it, and any change of a step or of a running number. Plain
columns hold what rules and queries need; all that names or describes a person is in ``sealed``. ``open``: the entry
was not removed, and P1 did not refuse it. ``id`` is compared byte by byte, as the rules compare it.
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

WAITING = text("waiting")

register_schedule = Table(
    "register_schedule",
    metadata,
    facility_column(key=True),
    Column("id", Text, primary_key=True),
    Column("document", JSONB, nullable=False),
)

register_list = Table(
    "register_list",
    metadata,
    facility_column(key=True),
    Column("schedule_id", Text, primary_key=True),
    Column("last_number", Integer, nullable=False, server_default=text("0")),
    Column("last_oncology", Integer, nullable=False, server_default=text("0")),
)
"""The last running numbers of both lists of a schedule (O-01); the row is locked while a list is written."""

register_entry = Table(
    "register_entry",
    metadata,
    facility_column(key=True),
    Column("id", Text(collation="C"), primary_key=True),
    Column("made", BigInteger, Identity(), nullable=False),
    Column("schedule_id", Text, nullable=False),
    Column("visit_id", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("referral_id", Text),
    Column("person", Text, nullable=False),
    Column("category", SmallInteger),
    Column("criterion", Text),
    Column("number", Integer),
    Column("numbered_oncology", Boolean),
    instant("reported_at", needed=True),
    instant("entered_at", needed=True),
    Column("original_report_date", Date),
    instant("counted_report_at", needed=True),
    Column("term_first", Date),
    Column("term_last", Date),
    Column("reserved", Boolean, nullable=False),
    Column("service", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("cell", Text, nullable=False),
    Column("rehabilitation", Boolean, nullable=False),
    Column("body_area", Text, nullable=False),
    Column("referral_number", LargeBinary),
    Column("open", Boolean, nullable=False),
    Column("removed_on", Date),
    Column("removal_reason", Text),
    Column("standing", Text, nullable=False),
    Column("offline", Boolean, nullable=False),
    Column("no_show_confirmed_by", Text, nullable=False),
    Column("no_show_excused", Boolean, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column(
        "waiting",
        Boolean,
        Computed("open AND COALESCE(category >= 2 AND category <= 3, false)", persisted=True),
        nullable=False,
    ),
    Column("oncology", Boolean, Computed("COALESCE(category = 3, false)", persisted=True), nullable=False),
    Column(
        "rank",
        SmallInteger,
        Computed("CASE WHEN criterion = 'urgent'::text THEN 0 ELSE 1 END", persisted=True),
        nullable=False,
    ),
    Column(
        "place_number",
        BigInteger,
        Computed("COALESCE(number::bigint, '2147483648'::bigint)", persisted=True),
        nullable=False,
    ),
    CheckConstraint("category BETWEEN 1 AND 6", name="category"),
    one_of("criterion", "criterion", "stable", "urgent"),
    one_of("standing", "standing", "final", "awaiting", "offline", "rejected"),
    CheckConstraint("number > 0 AND (number IS NULL) = (numbered_oncology IS NULL)", name="number"),
    CheckConstraint("(term_first IS NULL) = (term_last IS NULL) AND term_first <= term_last", name="term"),
    CheckConstraint("(removed_on IS NULL) = (removal_reason IS NULL)", name="removed"),
    CheckConstraint("open = (removed_on IS NULL AND standing <> 'rejected')", name="open"),
    Index(
        "register_entry_number_idx",
        "facility",
        "schedule_id",
        "numbered_oncology",
        "number",
        unique=True,
        postgresql_where=text("number IS NOT NULL"),
    ),
    Index("register_entry_visit_idx", "facility", "visit_id"),
    Index("register_entry_patient_idx", "facility", "patient_id"),
    Index("register_entry_referral_idx", "facility", "referral_id", postgresql_where=text("referral_id IS NOT NULL")),
    Index(
        "register_entry_place_idx",
        "facility",
        "schedule_id",
        "oncology",
        "rank",
        "counted_report_at",
        "place_number",
        "id",
        postgresql_include=["term_first", "reserved"],
        postgresql_where=WAITING,
    ),
    Index("register_entry_term_idx", "facility", "schedule_id", "term_first", postgresql_where=WAITING),
    Index("register_entry_listed_idx", "facility", "schedule_id", "reported_at", "id"),
    Index("register_entry_open_idx", "facility", "schedule_id", "reported_at", "id", postgresql_where=text("open")),
)
"""``numbered_oncology``: the oncology list gave the number; that stays, also when the category changes.

``person`` is the key of the person, ``made`` the order in which entries were first put, ``counted_report_at`` the
instant that counts for the place (G-05). ``waiting``, ``oncology``, ``rank`` and ``place_number`` follow from others.
"""

register_step = Table(
    "register_step",
    metadata,
    facility_column(key=True),
    Column("entry_id", Text(collation="C"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("what", Text, nullable=False),
    instant("at", needed=True),
    Column("by", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rules", ARRAY(Text), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    CheckConstraint("position > 0", name="position"),
    ForeignKeyConstraint(["facility", "entry_id"], ["register_entry.facility", "register_entry.id"]),
)

task = Table(
    "task",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    facility_column(),
    Column("rule", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("text_pl", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("due_on", Date),
    Column("state", Text, nullable=False, server_default="open"),
    instant("raised_at", needed=True),
    instant("seen_at", needed=True),
    instant("ended_at"),
    Column("ended_by", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    one_of("kind", "kind", "task", "warning", "alarm"),
    one_of("state", "state", "open", "done", "gone"),
    CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
    Index(
        "task_open_idx", "facility", "rule", "code", "subject", unique=True, postgresql_where=text("state = 'open'")
    ),
    Index("task_done_idx", "facility", "rule", "code", "subject", postgresql_where=text("state = 'done'")),
    Index("task_subject_idx", "facility", "subject"),
    Index("task_due_idx", "facility", "state", "due_on", "raised_at", "id"),
)

notice = Table(
    "notice",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    facility_column(),
    Column("entry_id", Text(collation="C"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("offered", Date),
    Column("send_by", Date),
    Column("state", Text, nullable=False),
    instant("made_at", needed=True),
    instant("sent_at"),
    Column("sent_by", Text, nullable=False, server_default=""),
    Column("channels", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    instant("answered_at"),
    Column("answer", Text, nullable=False, server_default=""),
    one_of("kind", "kind", "entered", "term-changed", "earlier-offer", "health", "reinstated", "contract-ends"),
    one_of("state", "state", "due", "batched", "sent", "answered", "void"),
    one_of("answer", "answer", "", "accepted", "declined", "no_contact"),
    ForeignKeyConstraint(["facility", "entry_id"], ["register_entry.facility", "register_entry.id"]),
    Index("notice_entry_idx", "facility", "entry_id"),
    Index("notice_due_idx", "facility", "state", "send_by", "made_at", "id"),
)
"""Terms are written as the rules write them: ``2026-07-20``, ``2026-W30``."""
