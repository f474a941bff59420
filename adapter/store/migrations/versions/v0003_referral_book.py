"""What P1's rules said of referrals, and referrals issued from here.

This text stays as it is: :mod:`adapter.store.calendar_tables` moves on, and later migrations follow it.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE referral_check (
    facility TEXT NOT NULL,
    root TEXT NOT NULL,
    extension TEXT NOT NULL,
    occasion TEXT NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    verified_at TIMESTAMP WITH TIME ZONE,
    rule_set TEXT DEFAULT '' NOT NULL,
    accepted BOOLEAN NOT NULL,
    result_code TEXT DEFAULT '' NOT NULL,
    correlation_id TEXT DEFAULT '' NOT NULL,
    findings BYTEA NOT NULL,
    CONSTRAINT referral_check_pkey PRIMARY KEY (facility, root, extension, occasion),
    CONSTRAINT referral_check_occasion_check CHECK (occasion IN ('read', 'verified', 'saved', 'annulled')),
    CONSTRAINT referral_check_facility_fkey FOREIGN KEY(facility) REFERENCES facility (id)
);
CREATE TABLE issued_referral (
    facility TEXT NOT NULL,
    root TEXT NOT NULL,
    extension TEXT NOT NULL,
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    secrets BYTEA,
    handed_at TIMESTAMP WITH TIME ZONE,
    annulled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT issued_referral_pkey PRIMARY KEY (facility, root, extension),
    CONSTRAINT issued_referral_handed_check CHECK (handed_at IS NULL OR secrets IS NULL),
    CONSTRAINT issued_referral_facility_fkey FOREIGN KEY(facility) REFERENCES facility (id)
);
"""


def upgrade() -> None:
    """Make both tables; they begin empty."""
    op.get_bind().exec_driver_sql(TABLES)
