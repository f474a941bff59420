"""The audit: append-only, one hash chain per facility.

A record's hash is SHA-256 over the previous hash and the record as canonical JSON. The head row
serialises writers and shows when the end was cut off. A trigger refuses UPDATE and DELETE; whoever
gets round it breaks the chain, and ``verify`` says where. Business logic never reads it.

What one step did to many subjects is one row: its subject is ``*``, and its detail holds what is common
(``all``) and the subjects with what is each one's own (``each``). ``find`` gives a record for each of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import cast

import orjson

from adapter.ports.store import AuditRecord
from adapter.store.session import Session, rows_of
from adapter.store.tables import INSTALLATION

GENESIS = bytes(32)
VERIFY_PAGE_ROWS = 500
MANY = "*"
"""The subject of a row about many."""
EACH_MAX = 500
"""Subjects in one row."""


class SqlAudit:
    """Implements :class:`adapter.ports.store.Audit`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, *records: AuditRecord) -> None:
        """Append at commit, in the order written."""
        self._session.audit.extend(records)

    def write_each(self, common: AuditRecord, each: Sequence[tuple[str, Mapping[str, object]]]) -> None:
        """Append at commit, up to :data:`EACH_MAX` subjects in a row; one alone is a row as any other."""
        if len(each) == 1:
            ((subject, own),) = each
            self._session.audit.append(replace(common, subject=subject, detail={**common.detail, **own}))
            return
        for first in range(0, len(each), EACH_MAX):
            detail = {"all": common.detail, "each": each[first : first + EACH_MAX]}
            self._session.audit.append(replace(common, subject=MANY, detail=detail))

    def flush(self) -> None:
        """Give the waiting records their places in the chain."""
        waiting = sorted(self._session.audit, key=_facility)
        self._session.audit.clear()
        for facility, records in groupby(waiting, key=_facility):
            self._append(facility, list(records))

    def _append(self, facility: str, records: list[AuditRecord]) -> None:
        run = self._session.run
        run(
            "INSERT INTO audit_head (facility, position, hash) VALUES (%(facility)s, 0, %(genesis)s) "
            "ON CONFLICT DO NOTHING",
            facility=facility,
            genesis=GENESIS,
        )
        head = run(
            "SELECT position, hash FROM audit_head WHERE facility = %(facility)s FOR UPDATE", facility=facility
        )[0]
        position, last = cast(int, head[0]), bytes(cast(bytes, head[1]))
        first = position + 1
        rows: list[dict[str, object]] = []
        for number, record in enumerate(records):
            position += 1
            detail = orjson.Fragment(_canonical(dict(record.detail)))
            previous, last = last, _chained(last, facility, position, record, detail)
            rows.append(
                {
                    "n": number,
                    "at": record.at,
                    "actor": record.actor,
                    "action": record.action,
                    "subject": record.subject,
                    "correlation_id": record.correlation_id,
                    "detail": detail,
                    "previous": previous.hex(),
                    "hash": last.hex(),
                }
            )
        run(
            "INSERT INTO audit "
            "(facility, position, at, actor, action, subject, correlation_id, detail, previous, hash) "
            "SELECT %(facility)s, %(first)s + r.n, r.at, r.actor, r.action, r.subject, r.correlation_id, "
            "r.detail, decode(r.previous, 'hex'), decode(r.hash, 'hex') "
            "FROM json_to_recordset(%(rows)s::json) AS r (n integer, at timestamptz, actor text, action text, "
            "subject text, correlation_id text, detail jsonb, previous text, hash text) ORDER BY r.n",
            facility=facility,
            first=first,
            rows=rows_of(rows),
        )
        run(
            "UPDATE audit_head SET position = %(position)s, hash = %(hash)s WHERE facility = %(facility)s",
            facility=facility,
            position=position,
            hash=last,
        )

    def verify(self) -> str | None:
        """None when every chain is whole, else what is wrong and where."""
        self.flush()
        heads = self._session.run("SELECT facility, position, hash FROM audit_head ORDER BY facility")
        known = {str(row[0]) for row in heads}
        for row in self._session.run("SELECT DISTINCT facility FROM audit"):
            if row[0] not in known:
                return f"the audit of facility {row[0]!r} has lost its head"
        for facility, position, digest in heads:
            wrong = self._verify(str(facility), cast(int, position), bytes(cast(bytes, digest)))
            if wrong is not None:
                return wrong
        return None

    def _verify(self, facility: str, end: int, head: bytes) -> str | None:
        last, position = GENESIS, 0
        while True:
            rows = self._session.run(
                "SELECT position, at, actor, action, subject, correlation_id, detail, previous, hash FROM audit "
                "WHERE facility = %(facility)s AND position > %(after)s ORDER BY position LIMIT %(limit)s",
                facility=facility,
                after=position,
                limit=VERIFY_PAGE_ROWS,
            )
            for row in rows:
                position += 1
                if row[0] != position:
                    return f"the audit of facility {facility!r} lacks record {position}"
                if bytes(cast(bytes, row[7])) != last:
                    return f"record {position} of facility {facility!r} does not follow the one before"
                last = chained(last, facility, position, _record(facility, row[1:7]))
                if bytes(cast(bytes, row[8])) != last:
                    return f"record {position} of facility {facility!r} was changed"
            if not rows:
                break
        if position != end or last != head:
            return f"the audit of facility {facility!r} ends at record {position}, but its head says {end}"
        return None

    def find(self, *, correlation_id: str | None = None, limit: int = 100) -> Sequence[AuditRecord]:
        """Records, newest first."""
        self.flush()
        rows = self._session.run(
            "SELECT facility, at, actor, action, subject, correlation_id, detail FROM audit "
            "WHERE %(id)s::text IS NULL OR correlation_id = %(id)s ORDER BY at DESC, position DESC LIMIT %(limit)s",
            id=correlation_id,
            limit=limit,
        )
        return [one for row in rows for one in _each(_record(str(row[0]), row[1:]))][:limit]


def chained(previous: bytes, facility: str, position: int, record: AuditRecord) -> bytes:
    """The hash of a record at its place."""
    return _chained(previous, facility, position, record, dict(record.detail))


def _chained(previous: bytes, facility: str, position: int, record: AuditRecord, detail: object) -> bytes:
    """As :func:`chained`; ``detail`` may be canonical JSON already."""
    said = {
        "facility": facility,
        "position": position,
        "at": record.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": record.actor,
        "action": record.action,
        "subject": record.subject,
        "correlation_id": record.correlation_id,
        "detail": detail,
    }
    return hashlib.sha256(previous + _canonical(said)).digest()


def _canonical(value: dict[str, object]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)


def _facility(record: AuditRecord) -> str:
    return record.facility or INSTALLATION


def _each(record: AuditRecord) -> list[AuditRecord]:
    """The records of a row, newest first."""
    if record.subject != MANY:
        return [record]
    common = cast("dict[str, object]", record.detail["all"])
    each = cast("list[tuple[str, dict[str, object]]]", record.detail["each"])
    return [replace(record, subject=subject, detail=_ordered({**common, **own})) for subject, own in reversed(each)]


def _ordered(detail: dict[str, object]) -> dict[str, object]:
    """Names in the order in which the database gives those of a row of its own."""
    return {name: detail[name] for name in sorted(detail, key=lambda name: (len(name.encode()), name))}


def _record(facility: str, row: Sequence[object]) -> AuditRecord:
    at, actor, action, subject, correlation_id, detail = row
    return AuditRecord(
        at=cast(datetime, at),
        actor=str(actor),
        action=str(action),
        facility="" if facility == INSTALLATION else facility,
        subject=str(subject),
        correlation_id=str(correlation_id),
        detail=cast("dict[str, object]", detail),
    )
