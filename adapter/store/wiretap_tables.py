"""Tables of the wiretap: what was said to an authority and answered, and when it may be kept unmasked.

``request`` and ``reply`` are masked XML, compressed (zlib); ``clear_*`` the bytes as they were, compressed
and sealed, only while somebody had opened the wiretap of that facility. Nothing else refers to these
rows, so that they can be deleted when their time is over.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from adapter.store.tables import facility_column, instant, metadata, one_of

wiretap = Table(
    "wiretap",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    facility_column(),
    Column("destination", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("messages", ARRAY(BigInteger), nullable=False, server_default=text("'{}'::bigint[]")),
    instant("asked_at", needed=True),
    instant("answered_at"),
    Column("http_status", Integer),
    Column("outcome", Text, nullable=False),
    Column("code", Text, nullable=False, server_default=""),
    Column("request", LargeBinary, nullable=False),
    Column("request_bytes", Integer, nullable=False),
    Column("reply", LargeBinary),
    Column("reply_bytes", Integer),
    Column("clear_request", LargeBinary),
    Column("clear_reply", LargeBinary),
    one_of("destination", "destination", "cer", "p1"),
    one_of("outcome", "outcome", "answered", "refused", "unavailable", "in-doubt", "misconfigured", "failed"),
    CheckConstraint("(reply IS NULL) = (reply_bytes IS NULL)", name="reply"),
    CheckConstraint("clear_request IS NOT NULL OR clear_reply IS NULL", name="clear"),
    Index("wiretap_asked_idx", "facility", "asked_at"),
    Index("wiretap_correlation_idx", "correlation_id"),
    Index("wiretap_message_idx", "message_id"),
    Index("wiretap_messages_idx", "messages", postgresql_using="gin"),
    Index("wiretap_clear_idx", "id", postgresql_where=text("clear_request IS NOT NULL")),
)

wiretap_opening = Table(
    "wiretap_opening",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    facility_column(),
    Column("reason", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    instant("opened_at", needed=True),
    instant("until", needed=True),
    instant("closed_at"),
    Column("closed_by", Text, nullable=False, server_default=""),
    CheckConstraint("opened_at < until", name="until"),
    CheckConstraint("reason <> ''", name="reason"),
    Index("wiretap_opening_current_idx", "facility", unique=True, postgresql_where=text("closed_at IS NULL")),
)
