"""The book of notices: what patients are to be told, and whether they were. Nothing of it is deleted (G-03)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapter.domain.term import Term
from adapter.errors import BadInput, Refused
from adapter.ports.notices import NewNotice, NoticeKind, NoticeState, StoredNotice
from adapter.store.register_document import term_of
from adapter.store.session import Session, rows_of

UNSENT = (NoticeState.DUE, NoticeState.BATCHED)
TOLD = (*UNSENT, NoticeState.SENT)
"""States in which an answer may come: who is asked by telephone answers before anything was sent."""
SETTLED = "NOTICE_SETTLED"

_COLUMNS = (
    'id, facility, entry_id, kind, cause, before, "after", offered, send_by, state, made_at, sent_at, sent_by, '
    "channels, answered_at, answer"
)
_ADD = """
INSERT INTO notice (facility, entry_id, kind, cause, before, "after", offered, send_by, state, made_at)
SELECT %(facility)s, n.entry_id, n.kind, n.cause, n.before, n."after", n.offered, n.send_by, n.state, %(now)s
FROM json_to_recordset(%(rows)s::json) AS n (position integer, entry_id text, kind text, cause text, before text,
    "after" text, offered date, send_by date, state text)
ORDER BY n.position RETURNING id
"""
_LISTED = f"""
SELECT {_COLUMNS} FROM notice WHERE facility = %(facility)s
    AND (cardinality(%(states)s::text[]) = 0 OR state = ANY (%(states)s::text[]))
    AND (cardinality(%(kinds)s::text[]) = 0 OR kind = ANY (%(kinds)s::text[]))
    AND (%(entry)s::text IS NULL OR entry_id = %(entry)s)
ORDER BY send_by NULLS LAST, made_at, id LIMIT %(limit)s
"""  # noqa: S608  # constant columns
_CHANGE = "UPDATE notice SET {what} WHERE facility = %(facility)s AND id = %(id)s AND state = ANY (%(from)s::text[])"


class SqlNotices:
    """Implements :class:`adapter.ports.notices.Notices`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, facility: str, notices: Sequence[NewNotice]) -> Sequence[int]:
        """Write notices down; their ids, in their order."""
        if not notices:
            return []
        told = rows_of(_row(position, each) for position, each in enumerate(notices))
        return [
            int(number)
            for (number,) in self._session.run(_ADD, facility=facility, now=self._session.clock.now(), rows=told)
        ]

    def notice(self, facility: str, notice_id: int) -> StoredNotice | None:
        """One notice. Its entry is held before anything is done to it."""
        found = self._session.run(
            f"SELECT {_COLUMNS} FROM notice WHERE facility = %(facility)s AND id = %(id)s",  # noqa: S608  # constant columns
            facility=facility,
            id=notice_id,
        )
        return _stored(found[0]) if found else None

    def listed(
        self,
        facility: str,
        *,
        states: Sequence[NoticeState] = (NoticeState.DUE,),
        kinds: Sequence[NoticeKind] = (),
        entry_id: str | None = None,
        limit: int = 1000,
    ) -> Sequence[StoredNotice]:
        """Notices, those to be sent first at the top; no states or kinds: of all."""
        found = self._session.run(
            _LISTED,
            facility=facility,
            states=[each.value for each in states],
            kinds=[each.value for each in kinds],
            entry=entry_id,
            limit=limit,
        )
        return [_stored(row) for row in found]

    def sent(self, facility: str, notice_id: int, by: str, channels: Sequence[str]) -> None:
        """The patient was told.

        Raises:
            BadInput: there is no such notice. Refused: it went out already, or nobody is to be told any more.
        """
        what = "state = 'sent', sent_at = %(now)s, sent_by = %(by)s, channels = %(channels)s::text[]"
        self._change(facility, notice_id, UNSENT, what, by=by, channels=list(channels))

    def answered(self, facility: str, notice_id: int, answer: str) -> None:
        """The patient answered an offer, or could not be reached.

        Raises:
            BadInput: there is no such notice. Refused: it was answered already, or is void.
        """
        what = "state = 'answered', answered_at = %(now)s, answer = %(answer)s"
        self._change(facility, notice_id, TOLD, what, answer=answer)

    def due(self, facility: str, notice_id: int) -> None:
        """A batched notice goes out now; one that is due already stays so.

        Raises:
            BadInput: there is no such notice. Refused: it went out already, or nobody is to be told any more.
        """
        self._change(facility, notice_id, UNSENT, "state = 'due'")

    def withdrawn(self, facility: str, notice_id: int) -> None:
        """A notice that has not gone out is not to be told any more.

        Raises:
            BadInput: there is no such notice. Refused: it went out already, or nobody is to be told any more.
        """
        self._change(facility, notice_id, UNSENT, "state = 'void'")

    def _change(
        self, facility: str, notice_id: int, before: Sequence[NoticeState], what: str, **values: object
    ) -> None:
        states = [each.value for each in before]
        asked = {"facility": facility, "id": notice_id, "from": states, "now": self._session.clock.now(), **values}
        if self._session.changed(_CHANGE.format(what=what), **asked):
            return
        found = self.notice(facility, notice_id)
        if found is None:
            raise BadInput(f"there is no notice {notice_id}", field="id")
        raise Refused(f"notice {notice_id} is {found.notice.state}", code=SETTLED)

    def void(self, facility: str, entry_id: str, *, kinds: Sequence[NoticeKind] = ()) -> int:
        """Nobody is to be told of this entry any more (X-07); how many notices that ended. What was sent stays.

        With ``kinds`` only notices of these kinds are ended.
        """
        return self._session.changed(
            "UPDATE notice SET state = 'void' WHERE facility = %(facility)s AND entry_id = %(entry)s "
            "AND state = ANY (%(from)s::text[]) "
            "AND (cardinality(%(kinds)s::text[]) = 0 OR kind = ANY (%(kinds)s::text[]))",
            facility=facility,
            entry=entry_id,
            kinds=[kind.value for kind in kinds],
            **{"from": [each.value for each in UNSENT]},
        )

    def last_sent(self, facility: str, entry_id: str, kind: NoticeKind) -> datetime | None:
        """When a notice of this kind last went out for an entry (N-02)."""
        found: datetime | None = self._session.run(
            "SELECT max(sent_at) FROM notice WHERE facility = %(facility)s AND entry_id = %(entry)s "
            "AND kind = %(kind)s",
            facility=facility,
            entry=entry_id,
            kind=kind.value,
        )[0][0]
        return found


def _row(position: int, notice: NewNotice) -> dict[str, object]:
    return {
        "position": position,
        "entry_id": notice.entry_id,
        "kind": notice.kind.value,
        "cause": notice.cause,
        "before": _told(notice.before),
        "after": _told(notice.after),
        "offered": notice.offered,
        "send_by": notice.send_by,
        "state": notice.state.value,
    }


def _told(term: Term | None) -> str | None:
    return None if term is None else str(term)


def _stored(row: Sequence[Any]) -> StoredNotice:
    (number, facility, entry_id, kind, cause, before, after, offered, send_by, state, *rest) = row
    made_at, sent_at, sent_by, channels, answered_at, answer = rest
    return StoredNotice(
        id=number,
        facility=facility,
        notice=NewNotice(
            entry_id=entry_id,
            kind=NoticeKind(kind),
            cause=cause,
            before=None if before is None else term_of(before),
            after=None if after is None else term_of(after),
            offered=offered,
            send_by=send_by,
            state=NoticeState(state),
        ),
        made_at=made_at,
        sent_at=sent_at,
        sent_by=sent_by,
        channels=tuple(channels),
        answered_at=answered_at,
        answer=answer,
    )
