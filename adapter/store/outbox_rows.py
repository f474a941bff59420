"""The outbox's statements, each over many rows at once, and its rows as messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from adapter.ports.store import Action, Destination, Message, MessageState, NewMessage
from adapter.store.session import Session, rows_of, texts_of

COLUMNS = (
    "m.id, m.facility, m.destination, m.action, m.subjects, m.correlation_id, m.message_id, m.payload, m.sealed, "
    "m.state, m.attempts, m.created_at, m.sent_at, m.answered_at, m.result_code, m.problem, m.after_id, "
    "m.not_before = 'infinity' AS stopped"
)

_DESTINATIONS = {one.value: one for one in Destination}
_ACTIONS = {one.value: one for one in Action}
_STATES = {one.value: one for one in MessageState}

_NOT_PAUSED = """
    (m.facility, m.destination) NOT IN
        (SELECT p.facility, p.destination FROM outbox_pause p WHERE p.until > %(now)s)
"""
_FIRST_IN_ITS_LINES = """
    NOT EXISTS (
        SELECT 1 FROM outbox_line mine
        JOIN outbox_line earlier ON earlier.facility = mine.facility AND earlier.subject = mine.subject
            AND earlier.message < mine.message AND earlier.open
        WHERE mine.message = m.id)
"""
_AFTER_DECIDED = """
    (m.after_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM outbox_message a WHERE a.id = m.after_id AND (a.state = 'refused' OR (
            a.state IN ('waiting', 'sending', 'in-doubt')
            AND (a.facility, a.destination) NOT IN
                (SELECT p.facility, p.destination FROM outbox_pause p WHERE p.until > %(now)s)))))
"""

WRITE_BACKS_CLAIMED_MAX = 20
"""Write-backs go out one by one: with more of them in hand a worker would keep waiting what comes for CeR and P1."""
WRITE_BACKS_BESIDE_MAX = 5
"""So many where something goes to CeR or P1: more of that may have come by then, and none waits for ever."""


def _due(chosen: str, limit: str) -> str:
    return f"""
    SELECT m.id FROM outbox_message m
    WHERE m.state = 'waiting' AND m.not_before <= %(now)s AND {chosen}
        AND (%(facility)s::text IS NULL OR m.facility = %(facility)s)
        AND {_NOT_PAUSED} AND {_AFTER_DECIDED} AND {_FIRST_IN_ITS_LINES}
    ORDER BY m.id LIMIT {limit} FOR UPDATE OF m SKIP LOCKED"""  # noqa: S608  # built from constants


CLAIM = f"""
WITH national AS ({_due("m.destination <> 'ehr'", "%(limit)s")}),
room AS (
    SELECT LEAST(%(limit)s - count(*), %(write_backs)s, CASE WHEN count(*) > 0 THEN {WRITE_BACKS_BESIDE_MAX} END)
        AS left FROM national),
back AS ({_due("m.destination = 'ehr'", "(SELECT room.left FROM room)")}),
due AS (SELECT id FROM national UNION ALL SELECT id FROM back)
UPDATE outbox_message m
SET state = 'sending', worker = %(worker)s, attempts = m.attempts + 1, sent_at = %(now)s,
    message_id = overlay(overlay(md5(%(nonce)s || m.id::text) PLACING '4' FROM 13) PLACING '8' FROM 17)::uuid::text
FROM due WHERE m.id = due.id
RETURNING {COLUMNS}
"""  # noqa: S608  # built from constants
"""What is due was found waiting when it was locked. To ask for that again would let PostgreSQL look through all that
wait for each that is due, where its statistics are from a time when nothing waited. The message ids are made of one
random text for all (``nonce``): asking the system for each takes as long as the rest of the row."""

DOUBTS_DUE = f"""
SELECT {COLUMNS} FROM outbox_message m
WHERE m.state = 'in-doubt' AND m.not_before <= %(now)s
    AND (%(facility)s::text IS NULL OR m.facility = %(facility)s) AND {_NOT_PAUSED}
ORDER BY m.id LIMIT %(limit)s
"""  # noqa: S608  # built from constants

SETTLE = """
WITH ended AS (
    SELECT * FROM json_to_recordset(%(rows)s::json) AS e (
        id bigint, message_id text, state text, at timestamptz, result_code text, problem text,
        not_before timestamptz, sent boolean)),
settled AS (
    UPDATE outbox_message m
    SET state = e.state, worker = NULL, result_code = e.result_code, problem = e.problem,
        not_before = COALESCE(e.not_before, m.not_before),
        attempts = CASE WHEN e.sent THEN m.attempts ELSE GREATEST(m.attempts - 1, 0) END,
        answered_at = CASE WHEN e.state IN ('delivered', 'refused') THEN e.at ELSE m.answered_at END,
        sealed = CASE WHEN e.state IN ('delivered', 'refused') THEN NULL ELSE m.sealed END
    FROM ended e
    WHERE m.id = e.id AND m.message_id = e.message_id
        AND CASE m.state WHEN 'waiting' THEN e.state = 'delivered' ELSE m.state IN ('sending', 'in-doubt') END
    RETURNING m.id, m.state),
closed AS (
    UPDATE outbox_line l SET open = false
    FROM settled s WHERE l.message = s.id AND s.state IN ('delivered', 'refused'))
SELECT id, state FROM settled
"""
"""CASE: whether a state fits is no way to find messages, for most of the table may be waiting."""

REFUSE_FOLLOWERS = """
WITH RECURSIVE follower AS (
    SELECT m.id FROM outbox_message m WHERE m.after_id = ANY (%(ids)s) AND m.state = 'waiting'
    UNION
    SELECT m.id FROM outbox_message m JOIN follower f ON m.after_id = f.id WHERE m.state = 'waiting'),
refused AS (
    UPDATE outbox_message m SET state = 'refused', problem = %(problem)s, sealed = NULL, answered_at = %(now)s
    FROM follower f WHERE m.id = f.id AND m.state = 'waiting' RETURNING m.id)
UPDATE outbox_line l SET open = false FROM refused r WHERE l.message = r.id
"""

UNFINISHED = """
SELECT wanted.subject, last.action FROM unnest(%(subjects)s::text[]) AS wanted (subject), LATERAL (
    SELECT m.action FROM outbox_line l JOIN outbox_message m ON m.id = l.message
    WHERE l.facility = %(facility)s AND l.subject = wanted.subject AND l.open
        AND m.state IN ('waiting', 'sending', 'in-doubt') AND m.action = ANY (%(actions)s)
    ORDER BY l.message DESC LIMIT 1) AS last
"""
"""One look into the index for each subject, however large the table has grown since the plan was made."""

RECOVER = """
UPDATE outbox_message SET state = 'in-doubt', worker = NULL, not_before = %(ask_at)s, problem = %(problem)s
WHERE state = 'sending' AND worker NOT IN (
    SELECT k.objid::bigint::integer FROM pg_locks k
    WHERE k.locktype = 'advisory' AND k.classid = %(lease)s AND k.objsubid = 2 AND k.granted
        AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
"""

_RESERVE = """
WITH locked AS MATERIALIZED (
    SELECT count(*) AS held FROM (
        SELECT pg_advisory_xact_lock(hashtextextended(s.subject, 0))
        FROM unnest(%(subjects)s::text[]) AS s (subject)) AS l)
SELECT nextval(pg_get_serial_sequence('outbox_message', 'id'))
FROM locked, generate_series(1, %(count)s)
"""

_INSERT = """
WITH n AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(rows)s::json) AS r (
        id bigint, facility text, destination text, action text, subjects text[], correlation_id text, payload jsonb,
        sealed_hex text, after_id bigint)),
lines AS (
    INSERT INTO outbox_line (facility, subject, message)
    SELECT {distinct} n.facility, s.subject, n.id FROM n, unnest(n.subjects) AS s (subject))
INSERT INTO outbox_message
    (id, facility, destination, action, subjects, correlation_id, payload, sealed, had_sealed, created_at,
     not_before, after_id)
SELECT n.id, n.facility, n.destination, n.action, n.subjects, n.correlation_id, n.payload,
    decode(n.sealed_hex, 'hex'), n.sealed_hex IS NOT NULL, %(now)s, %(now)s, n.after_id
FROM n ORDER BY n.id
"""
_INSERT_EACH = _INSERT.format(distinct="")
_INSERT_DISTINCT = _INSERT.format(distinct="DISTINCT")
"""For messages that name a subject twice: they are rare, and to look for them takes PostgreSQL a while."""


def reserve(session: Session, messages: Sequence[NewMessage]) -> list[int]:
    """Lock the subjects, then take ids: within a subject, ids and commits have one order."""
    subjects = sorted({f"{message.facility} {subject}" for message in messages for subject in message.subjects})
    rows = session.run(_RESERVE, subjects=texts_of(subjects), count=len(messages))
    return sorted(cast(int, row[0]) for row in rows)


def insert(session: Session, ids: Sequence[int], messages: Sequence[NewMessage], now: datetime) -> None:
    """Write messages and their lines."""
    sealed = [
        None
        if message.sealed is None
        else session.seal.seal_json(message.sealed, "outbox", message.facility, str(identity))
        for identity, message in zip(ids, messages, strict=True)
    ]
    twice = any(
        len(message.subjects) > 1 and len(set(message.subjects)) < len(message.subjects) for message in messages
    )
    session.run(
        _INSERT_DISTINCT if twice else _INSERT_EACH,
        rows=rows_of(
            {
                "id": identity,
                "facility": message.facility,
                "destination": message.destination,
                "action": message.action,
                "subjects": message.subjects,
                "correlation_id": message.correlation_id,
                "payload": message.payload,
                "sealed_hex": None if secret is None else secret.hex(),
                "after_id": message.after,
            }
            for identity, message, secret in zip(ids, messages, sealed, strict=True)
        ),
        now=now,
    )


def message_from(session: Session, row: Sequence[Any]) -> Message:
    """A row with :data:`COLUMNS` as a message, opened."""
    identity, facility, destination, action, subjects, correlation_id, message_id, payload, secret, *others = row
    state, attempts, created_at, sent_at, answered_at, result_code, problem, after, stopped = others
    sealed = None
    if secret is not None:
        sealed = session.seal.open_json(bytes(secret), "outbox", facility, str(identity))
    return Message(
        identity,
        facility,
        _DESTINATIONS[destination],
        _ACTIONS[action],
        tuple(subjects),
        correlation_id,
        message_id,
        payload,
        sealed,
        _STATES[state],
        attempts,
        created_at,
        sent_at,
        answered_at,
        result_code,
        problem,
        after,
        stopped,
    )
