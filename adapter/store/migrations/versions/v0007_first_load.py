"""What a first load looks for, however much of it there is already.

Links: the index that keeps a national id linked once begins with that id. A first load asks for links of which
PostgreSQL has no statistics yet; where both indexes began with facility and kind it took the wrong one for a look by
our id, and read all links of the facility: 19 ms for one at 30,000 links, 1 ms since.

Messages that wait: those for CeR and P1 have an index of their own. Each slot that CeR takes leaves a write-back that
waits until nothing goes to CeR; who claimed the next slots went through all of these.

This text stays as it is: :mod:`adapter.store.tables` moves on, and later migrations follow it.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEXES = """
DROP INDEX link_theirs_idx;
CREATE UNIQUE INDEX link_theirs_idx ON link (theirs, kind, facility);
DROP INDEX outbox_message_waiting_idx;
CREATE INDEX outbox_message_waiting_idx ON outbox_message (id) WHERE state = 'waiting' AND destination <> 'ehr';
CREATE INDEX outbox_message_back_idx ON outbox_message (id) WHERE state = 'waiting' AND destination = 'ehr';
"""


def upgrade() -> None:
    """Build the indexes anew."""
    op.get_bind().exec_driver_sql(INDEXES)
