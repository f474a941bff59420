"""When a cursor was last set, so that those of visits that are long over can be forgotten.

This text stays as it is: :mod:`adapter.store.tables` moves on, and later migrations follow it.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CURSORS = """
ALTER TABLE cursor ADD COLUMN set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL;
ALTER TABLE cursor ALTER COLUMN set_at DROP DEFAULT;
"""


def upgrade() -> None:
    """Cursors that there are count from now."""
    op.get_bind().exec_driver_sql(CURSORS)
