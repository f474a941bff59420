"""The outbox: national writes and write-backs on their way out (D3).

    waiting -> sending -> delivered | refused | waiting | in-doubt;  in-doubt -> delivered | waiting | refused

It promises: nothing is lost (a message is committed with the change that asks for it); each is tried
at least once; messages that share a subject go in the order of their ids, one at a time; between
subjects there is no order. One in doubt holds its subjects until somebody asked what became of it.

Two things to know before changing it. Adding takes an advisory lock per subject, so that ids and
commits have the same order within a subject. A worker's claims are recovered when its lease (a
session's advisory lock) is gone, so a lease is taken before the first claim.

Not here: sending, the delays between tries, and the decision of what an error means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import cast
from uuid import uuid4

from adapter.errors import BadInput, Refused
from adapter.ports.store import Action, AuditRecord, Destination, Message, MessageState, NewMessage, Rest, Settlement
from adapter.store import outbox_rows
from adapter.store.outbox_rows import COLUMNS, message_from
from adapter.store.session import Session, rows_of, texts_of

LEASE_LOCK = 0x6F7574
"""First half of the advisory lock that a living worker holds; the second is its id."""
FOREVER = "infinity"
"""When a stopped message is due: PostgreSQL's last instant. A person gives it another."""
_FOLLOWED_REFUSED = "the message that this one follows was refused"
_WORKER_GONE = "the worker was gone before an answer came"


class SqlOutbox:
    """Implements :class:`adapter.ports.store.Outbox`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, message: NewMessage) -> int:
        """Append; asks for delivery at commit; returns the id."""
        return self.add_all([message])[0]

    def add_all(self, messages: Sequence[NewMessage]) -> Sequence[int]:
        """Append many, in order; returns their ids."""
        if not messages:
            return []
        session = self._session
        ids = outbox_rows.reserve(session, messages)
        followed = sorted({message.after for message in messages if message.after is not None})
        before: Sequence[Sequence[object]] = ()
        if followed:
            before = session.run(
                "SELECT id, state FROM outbox_message WHERE id = ANY (%(ids)s) ORDER BY id FOR SHARE", ids=followed
            )
        outbox_rows.insert(session, ids, messages, session.clock.now())
        self._refuse_followers([cast(int, row[0]) for row in before if row[1] == "refused"])
        session.asked.update(message.facility for message in messages)
        return ids

    def claim(
        self, worker: int, now: datetime, limit: int, *, facility: str | None = None, national_only: bool = False
    ) -> Sequence[Message]:
        """Take up to ``limit`` deliverable messages and mark them SENDING: for CeR and P1 first, then oldest first."""
        rows = self._session.run(
            outbox_rows.CLAIM,
            worker=worker,
            nonce=str(uuid4()),
            now=now,
            limit=limit,
            write_backs=0 if national_only else outbox_rows.WRITE_BACKS_CLAIMED_MAX,
            facility=facility,
        )
        claimed = [message_from(self._session, row) for row in rows]
        return sorted(claimed, key=lambda message: (message.destination is Destination.EHR, message.id))

    def doubts_due(self, now: datetime, limit: int, *, facility: str | None = None) -> Sequence[Message]:
        """Messages in doubt whose time to be asked about has come, oldest first; nothing is marked."""
        rows = self._session.run(outbox_rows.DOUBTS_DUE, now=now, limit=limit, facility=facility)
        return [message_from(self._session, row) for row in rows]

    def settle(self, settlements: Iterable[Settlement]) -> frozenset[int]:
        """Record how tries ended; returns the ids of the messages that changed.

        One whose ``message_id`` is no longer current changes nothing. A late DELIVERED still counts for
        a message that was put back in its line and not yet taken again: it saves a second sending.
        """
        ended = list(settlements)
        if not ended:
            return frozenset()
        for one in ended:
            if one.state in {MessageState.SENDING, MessageState.DROPPED}:
                raise ValueError(f"a try cannot end as {one.state}")
        rows = self._session.run(
            outbox_rows.SETTLE,
            rows=rows_of(
                {
                    "id": one.message.id,
                    "message_id": one.message.message_id,
                    "state": one.state,
                    "at": one.at,
                    "result_code": one.result_code,
                    "problem": one.problem,
                    "not_before": FOREVER if one.stopped else one.not_before,
                    "sent": one.sent,
                }
                for one in ended
            ),
        )
        self._refuse_followers([cast(int, row[0]) for row in rows if row[1] == "refused"])
        return frozenset(cast(int, row[0]) for row in rows)

    def _refuse_followers(self, refused: list[int]) -> None:
        if refused:
            self._session.run(
                outbox_rows.REFUSE_FOLLOWERS, ids=refused, problem=_FOLLOWED_REFUSED, now=self._session.clock.now()
            )

    def pause(self, facility: str, destination: Destination, until: datetime, problem: str) -> None:
        """Nothing more to ``destination`` before ``until``; counts one more failure in a row."""
        self._session.run(
            "INSERT INTO outbox_pause AS p (facility, destination, until, problem) "
            "VALUES (%(facility)s, %(destination)s, %(until)s, %(problem)s) "
            "ON CONFLICT (facility, destination) DO UPDATE SET until = excluded.until, problem = excluded.problem, "
            "failures = p.failures + 1",
            facility=facility,
            destination=destination.value,
            until=until,
            problem=problem,
        )

    def resume(self, facility: str, destination: Destination) -> None:
        """The destination answered: lift the pause and forget its failures."""
        self._session.run(
            "DELETE FROM outbox_pause WHERE facility = %(facility)s AND destination = %(destination)s",
            facility=facility,
            destination=destination.value,
        )

    def failures(self, facility: str, destination: Destination) -> int:
        """How many times in a row the destination was out of reach."""
        rows = self._session.run(
            "SELECT failures FROM outbox_pause WHERE facility = %(facility)s AND destination = %(destination)s",
            facility=facility,
            destination=destination.value,
        )
        return cast(int, rows[0][0]) if rows else 0

    def resting(self, facility: str, destination: Destination) -> Rest | None:
        """The last rest of a destination since it answered; None when it answered last."""
        return self.rests().get((facility, destination))

    def rests(self) -> Mapping[tuple[str, Destination], Rest]:
        """The last rest of every destination that has not answered since, by facility."""
        rows = self._session.run("SELECT facility, destination, until, failures, problem FROM outbox_pause")
        return {
            (str(row[0]), Destination(str(row[1]))): Rest(cast(datetime, row[2]), cast(int, row[3]), str(row[4]))
            for row in rows
        }

    def recover(self, now: datetime, ask_at: datetime) -> int:
        """Messages that dead workers left SENDING become IN_DOUBT, due at ``ask_at``; returns how many."""
        del now  # who is alive is a matter of locks, not of time
        return self._session.changed(outbox_rows.RECOVER, lease=LEASE_LOCK, ask_at=ask_at, problem=_WORKER_GONE)

    def get(self, message_id: int) -> Message | None:
        """One message."""
        rows = self._session.run(
            f"SELECT {COLUMNS} FROM outbox_message m WHERE m.id = %(id)s",  # noqa: S608  # constant columns
            id=message_id,
        )
        return message_from(self._session, rows[0]) if rows else None

    def find(
        self,
        *,
        facility: str | None = None,
        states: Sequence[MessageState] = (),
        actions: Sequence[Action] = (),
        subject: str | None = None,
        stopped: bool = False,
        limit: int = 100,
    ) -> Sequence[Message]:
        """Messages, newest first; with ``stopped`` only those whose tries are used up."""
        rows = self._session.run(
            f"SELECT {COLUMNS} FROM outbox_message m "  # noqa: S608  # constant columns
            "WHERE (%(facility)s::text IS NULL OR m.facility = %(facility)s) "
            "AND (cardinality(%(states)s::text[]) = 0 OR m.state = ANY (%(states)s)) "
            "AND (cardinality(%(actions)s::text[]) = 0 OR m.action = ANY (%(actions)s)) "
            "AND (NOT %(stopped)s OR (m.state IN ('waiting', 'in-doubt') AND m.not_before = 'infinity')) "
            "AND (%(subject)s::text IS NULL OR m.id IN "
            "(SELECT l.message FROM outbox_line l WHERE l.subject = %(subject)s AND "
            "(%(facility)s::text IS NULL OR l.facility = %(facility)s))) ORDER BY m.id DESC LIMIT %(limit)s",
            facility=facility,
            states=[state.value for state in states],
            actions=[action.value for action in actions],
            subject=subject,
            stopped=stopped,
            limit=limit,
        )
        return [message_from(self._session, row) for row in rows]

    def unfinished(self, facility: str, subjects: Sequence[str], actions: Sequence[Action]) -> Mapping[str, Action]:
        """The action of the last unfinished message of these kinds on each subject that has one."""
        rows = self._session.run(
            outbox_rows.UNFINISHED,
            facility=facility,
            subjects=texts_of(subjects),
            actions=[action.value for action in actions],
        )
        return {str(row[0]): Action(str(row[1])) for row in rows}

    def counts(self, facility: str | None = None) -> Mapping[tuple[Destination, Action, MessageState], int]:
        """How many messages there are of each kind and state."""
        rows = self._session.run(
            "SELECT destination, action, state, count(*) FROM outbox_message "
            "WHERE %(facility)s::text IS NULL OR facility = %(facility)s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            facility=facility,
        )
        return {
            (Destination(str(row[0])), Action(str(row[1])), MessageState(str(row[2]))): cast(int, row[3])
            for row in rows
        }

    def retry(self, message_id: int, who: str, reason: str) -> None:
        """A person puts a refused or stopped message back in its line; its tries are counted anew.

        Raises:
            BadInput: there is no such message.
            Refused: it is neither, or what it had to say about a person is erased by now.
        """
        rows = self._session.run(
            "SELECT state, had_sealed, facility, correlation_id, not_before = 'infinity' FROM outbox_message "
            "WHERE id = %(id)s FOR UPDATE",
            id=message_id,
        )
        if not rows:
            raise BadInput(f"there is no outbox message {message_id}", field="id")
        state, had_sealed, facility, correlation_id, stopped = rows[0]
        if state != MessageState.REFUSED and not (stopped and state in {MessageState.WAITING, MessageState.IN_DOUBT}):
            raise Refused(
                f"message {message_id} is {state}; only a refused or stopped one is put back", code="NOT_REFUSED"
            )
        if had_sealed and state == MessageState.REFUSED:
            raise Refused(
                f"message {message_id} was about a person and its content is erased; "
                "replay the inbox entry it came from instead",
                code="CONTENT_ERASED",
            )
        now = self._session.clock.now()
        self._session.run(
            "UPDATE outbox_message SET state = CASE WHEN state = 'refused' THEN 'waiting' ELSE state END, "
            "not_before = %(now)s, answered_at = NULL, attempts = 0 WHERE id = %(id)s",
            id=message_id,
            now=now,
        )
        self._session.run("UPDATE outbox_line SET open = true WHERE message = %(id)s", id=message_id)
        self._session.asked.add(facility)
        self._session.audit.append(
            AuditRecord(
                now, who, "outbox.retry", facility, f"message:{message_id}", correlation_id, {"reason": reason}
            )
        )

    def drop(self, message_id: int, who: str, reason: str) -> None:
        """A person gives up a waiting or in-doubt message; it stays as evidence.

        Raises:
            BadInput: there is no such message.
            Refused: it is being sent, or has ended.
        """
        rows = self._session.run(
            "SELECT state, facility, correlation_id FROM outbox_message WHERE id = %(id)s FOR UPDATE", id=message_id
        )
        if not rows:
            raise BadInput(f"there is no outbox message {message_id}", field="id")
        state, facility, correlation_id = rows[0]
        if state not in {MessageState.WAITING, MessageState.IN_DOUBT}:
            raise Refused(
                f"message {message_id} is {state}; only a waiting or in-doubt one is dropped", code="NOT_WAITING"
            )
        now = self._session.clock.now()
        self._session.run(
            "UPDATE outbox_message SET state = 'dropped', sealed = NULL, problem = %(problem)s WHERE id = %(id)s",
            id=message_id,
            problem=f"dropped by {who}: {reason}",
        )
        self._session.run("UPDATE outbox_line SET open = false WHERE message = %(id)s", id=message_id)
        self._session.asked.add(facility)
        self._session.audit.append(
            AuditRecord(now, who, "outbox.drop", facility, f"message:{message_id}", correlation_id, {"reason": reason})
        )
