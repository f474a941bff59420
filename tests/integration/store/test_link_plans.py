"""Links are looked up by a plan that may be kept: a session that asked before the first load asks all through it."""

from __future__ import annotations

import psycopg

from adapter.store.links import _THEIRS_OF


def test_each_link_is_looked_up_by_its_id(database_url: str) -> None:
    """What PostgreSQL plans while there are no links, for whatever values: it stays with the prepared statement."""
    asked = _THEIRS_OF % {"ours": "$1", "facility": "$2", "kind": "$3"}
    with psycopg.connect(database_url) as connection:
        plan = "\n".join(str(line) for (line,) in connection.execute(f"EXPLAIN (GENERIC_PLAN) {asked}"))
    assert "link_pkey" in plan, plan
    assert "ours = wanted.ours" in plan, "the index is asked for one id, not for all links of the facility"
    assert not {"Hash", "Seq Scan", "Materialize"} & set(plan.replace("(", " ").split()), plan
