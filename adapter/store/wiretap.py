"""What was said to the authorities and answered: kept masked, for a time, and unmasked only where somebody opened it.

Masked text is compressed; what is unmasked is compressed, then sealed for its row. Deleting is by age, in
batches. See :mod:`adapter.store.wiretap_tables`.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from adapter.errors import BadInput
from adapter.ports.wiretap import Exchange, Opening, Outcome, StoredExchange
from adapter.store.session import Session, rows_of

COMPRESSION = 1
"""zlib's quickest: lists of slots shrink to a thirtieth all the same."""
REQUEST, REPLY = "request", "reply"
NOT_KEPT_CLEAR = "NOT_KEPT_CLEAR"

_INSERT = """
INSERT INTO wiretap (id, facility, destination, operation, correlation_id, message_id, messages, asked_at,
    answered_at, http_status, outcome, code, request, request_bytes, reply, reply_bytes, clear_request, clear_reply)
SELECT r.id, r.facility, r.destination, r.operation, r.correlation_id, r.message_id,
    ARRAY(SELECT jsonb_array_elements_text(r.messages)::bigint), r.asked_at, r.answered_at, r.http_status, r.outcome,
    r.code, decode(r.request, 'hex'), r.request_bytes, decode(r.reply, 'hex'), r.reply_bytes,
    decode(r.clear_request, 'hex'), decode(r.clear_reply, 'hex')
FROM json_to_recordset(%(rows)s::json) AS r (id bigint, facility text, destination text, operation text,
    correlation_id text, message_id text, messages jsonb, asked_at timestamptz, answered_at timestamptz,
    http_status integer, outcome text, code text, request text, request_bytes integer, reply text,
    reply_bytes integer, clear_request text, clear_reply text)
"""

_FIND = """
SELECT * FROM (
    SELECT id, facility, destination, operation, correlation_id, message_id, messages, asked_at, answered_at,
        http_status, outcome, code, request, request_bytes, reply, reply_bytes, clear_request IS NOT NULL
    FROM wiretap
    WHERE (%(conversation)s::text IS NULL OR correlation_id = %(conversation)s OR message_id = %(conversation)s)
        AND (%(message)s::bigint IS NULL OR messages @> ARRAY[%(message)s::bigint])
        AND (%(facility)s::text IS NULL OR facility = %(facility)s)
    ORDER BY asked_at DESC, id DESC LIMIT %(limit)s) AS last
ORDER BY asked_at, id
"""

_OPENINGS = """
SELECT facility, reason, opened_by, opened_at, until, closed_at, closed_by FROM wiretap_opening
WHERE %(facility)s::text IS NULL OR facility = %(facility)s ORDER BY opened_at DESC, id DESC LIMIT %(limit)s
"""

_DELETE = """
DELETE FROM wiretap WHERE id IN (
    SELECT id FROM wiretap WHERE facility = %(facility)s AND asked_at < %(before)s ORDER BY asked_at LIMIT %(limit)s)
"""

_ERASE = """
UPDATE wiretap SET clear_request = NULL, clear_reply = NULL WHERE id IN (
    SELECT id FROM wiretap
    WHERE clear_request IS NOT NULL AND facility = %(facility)s AND asked_at < %(before)s ORDER BY id LIMIT %(limit)s)
"""


class SqlWiretap:
    """Implements :class:`adapter.ports.wiretap.Wiretap`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, exchanges: Sequence[Exchange]) -> None:
        """Store them; unmasked only those asked while their facility's wiretap was open."""
        if not exchanges:
            return
        run = self._session.run
        ids = run(
            "SELECT nextval(pg_get_serial_sequence('wiretap', 'id')) FROM generate_series(1, %(count)s)",
            count=len(exchanges),
        )
        open_now = [
            opening
            for facility in {exchange.facility for exchange in exchanges}
            for opening in self.openings(facility=facility, limit=10)
        ]
        rows = []
        for (number,), exchange in zip(ids, exchanges, strict=True):
            heard = any(each.facility == exchange.facility and each.at(exchange.asked_at) for each in open_now)
            rows.append(self._row(int(number), exchange, clear=heard))
        run(_INSERT, rows=rows_of(rows))

    def _row(self, number: int, exchange: Exchange, *, clear: bool) -> dict[str, object]:
        return {
            "id": number,
            "facility": exchange.facility,
            "destination": exchange.destination,
            "operation": exchange.operation,
            "correlation_id": exchange.correlation_id,
            "message_id": exchange.message_id,
            "messages": exchange.messages,
            "asked_at": exchange.asked_at,
            "answered_at": exchange.answered_at,
            "http_status": exchange.http_status,
            "outcome": exchange.outcome.value,
            "code": exchange.code,
            "request": packed(exchange.request.encode()).hex(),
            "request_bytes": exchange.request_bytes,
            "reply": None if exchange.reply is None else packed(exchange.reply.encode()).hex(),
            "reply_bytes": exchange.reply_bytes,
            "clear_request": self._sealed(exchange.clear_request, number, exchange, REQUEST) if clear else None,
            "clear_reply": self._sealed(exchange.clear_reply, number, exchange, REPLY)
            if clear and exchange.clear_reply is not None
            else None,
        }

    def _sealed(self, said: bytes | None, number: int, exchange: Exchange, part: str) -> str:
        return self._session.seal.seal(packed(said or b""), *identity(exchange.facility, number, part)).hex()

    def find(
        self,
        *,
        conversation: str | None = None,
        message: int | None = None,
        facility: str | None = None,
        limit: int = 100,
    ) -> Sequence[StoredExchange]:
        """The last ``limit`` exchanges, oldest first."""
        rows = self._session.run(_FIND, conversation=conversation, message=message, facility=facility, limit=limit)
        return [_stored(row) for row in rows]

    def clear(self, number: int) -> tuple[bytes, bytes | None]:
        """Request and reply of one exchange as they were."""
        rows = self._session.run(
            "SELECT facility, clear_request, clear_reply FROM wiretap WHERE id = %(id)s", id=number
        )
        if not rows or rows[0][1] is None:
            raise BadInput(
                f"exchange {number} was not kept unmasked, or no longer is", field="id", code=NOT_KEPT_CLEAR
            )
        facility, request, reply = str(rows[0][0]), bytes(rows[0][1]), rows[0][2]
        unseal = self._session.seal.open
        said = zlib.decompress(unseal(request, *identity(facility, number, REQUEST)))
        if reply is None:
            return said, None
        return said, zlib.decompress(unseal(bytes(reply), *identity(facility, number, REPLY)))

    def openings(self, *, facility: str | None = None, limit: int = 100) -> Sequence[Opening]:
        """Who opened the wiretap of which facility, newest first."""
        return [Opening(*row) for row in self._session.run(_OPENINGS, facility=facility, limit=limit)]

    def open(self, opening: Opening) -> None:
        """Keep what is heard from now on unmasked; one in force for this facility ends with it."""
        self.close(opening.facility, opening.opened_by, opening.opened_at)
        self._session.run(
            "INSERT INTO wiretap_opening (facility, reason, opened_by, opened_at, until) "
            "VALUES (%(facility)s, %(reason)s, %(who)s, %(at)s, %(until)s)",
            facility=opening.facility,
            reason=opening.reason,
            who=opening.opened_by,
            at=opening.opened_at,
            until=opening.until,
        )

    def close(self, facility: str, who: str, at: datetime) -> Opening | None:
        """End it; None when nothing was open at that time."""
        rows = self._session.run(
            "UPDATE wiretap_opening SET closed_at = %(at)s, closed_by = %(who)s "
            "WHERE facility = %(facility)s AND closed_at IS NULL "
            "RETURNING facility, reason, opened_by, opened_at, until, closed_at, closed_by",
            facility=facility,
            who=who,
            at=at,
        )
        ended = [Opening(*row) for row in rows]
        return ended[0] if ended and at < ended[0].until else None

    def forget(self, facility: str, *, masked_before: datetime, clear_before: datetime, limit: int) -> int:
        """Delete what is too old, erase what was unmasked for too long; how many rows it touched."""
        deleted = self._session.changed(_DELETE, facility=facility, before=masked_before, limit=limit)
        return deleted + self._session.changed(_ERASE, facility=facility, before=clear_before, limit=limit)


def identity(facility: str, number: int, part: str) -> tuple[str, ...]:
    """What a sealed text of the wiretap is sealed for."""
    return ("wiretap", facility, str(number), part)


def packed(said: bytes) -> bytes:
    """Compressed."""
    return zlib.compress(said, COMPRESSION)


def _text(stored: object) -> str:
    return zlib.decompress(bytes(cast(bytes, stored))).decode()


def _stored(row: Sequence[Any]) -> StoredExchange:
    return StoredExchange(
        id=row[0],
        exchange=Exchange(
            facility=row[1],
            destination=row[2],
            operation=row[3],
            correlation_id=row[4],
            message_id=row[5],
            messages=tuple(row[6]),
            asked_at=row[7],
            answered_at=row[8],
            http_status=row[9],
            outcome=Outcome(row[10]),
            code=row[11],
            request=_text(row[12]),
            request_bytes=row[13],
            reply=None if row[14] is None else _text(row[14]),
            reply_bytes=row[15],
        ),
        has_clear=row[16],
    )
