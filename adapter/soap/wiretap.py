"""The wiretap: what was said to an authority and what came back, masked, handed on to be kept.

    channel: hear() -> say() -> answered() -> end()  ...a thread masks and keeps...  Keeper

A call only puts a record in a line, so that it waits for nothing; masking and keeping are done by a thread
of their own. Whatever goes wrong there is counted and logged, and no call ever hears of it. The line is
bounded in bytes; what does not fit is lost, counted, and logged. A process that is killed loses what is still
in the line: the outbox is the evidence that something was sent.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from adapter.errors import AdapterError, InDoubt, Misconfigured, Refused, Rejected, Unavailable
from adapter.ports import CallContext, Clock
from adapter.ports.wiretap import Exchange, Outcome
from adapter.soap.places import Masks
from adapter.soap.wire import BoundOperation

MESSAGE_BYTES_MAX = 64 * 1024
"""A visit has five thousand bytes; of a batch of slots the first hundred are shown, the outbox has them all."""
WAITING_BYTES_MAX = 64 * 1024 * 1024
BATCH_MAX = 50
"""Exchanges kept in one transaction."""
KEEP_ATTEMPTS = 3
RETRY_SECONDS = 1.0
CLOSE_SECONDS = 15.0
"""So long the end of the program waits for what is in the line."""

log = logging.getLogger(__name__)


class Keeper(Protocol):
    """Where exchanges are kept (the store, behind ``bootstrap``)."""

    def keep(self, exchanges: Sequence[Exchange]) -> None:
        """Store them. Raises AdapterError when they could not be stored."""


@dataclass(slots=True)
class Heard:
    """One try of one call while it goes on. ``kind`` is the media type of the reply."""

    wiretap: Wiretap = field(repr=False)
    context: CallContext
    operation: BoundOperation
    asked_at: datetime
    request: bytes = field(repr=False)
    reply: bytes | None = field(default=None, repr=False)
    kind: str = ""
    http_status: int | None = None
    answered_at: datetime | None = None
    ended: bool = False

    def answered(self, status: int | None, content: bytes | None, kind: str, at: datetime) -> None:
        """What came back; ``content`` perhaps not all of it."""
        self.http_status, self.reply, self.kind, self.answered_at = status, content, kind, at

    def end(self, outcome: Outcome, code: str = "") -> None:
        """How the try ended; only the first word counts. Never raises and never waits."""
        if not self.ended:
            self.ended = True
            self.wiretap.take(Ended(self, outcome, code))


@contextmanager
def listening(heard: Heard | None) -> Iterator[None]:
    """Ends the record (if there is one) with the error that leaves the block, if one does."""
    try:
        yield
    except AdapterError as error:
        if heard is not None:
            heard.end(outcome_of(error), code_of(error))
        raise
    except BaseException:
        if heard is not None:
            heard.end(Outcome.FAILED)
        raise


@dataclass(frozen=True, slots=True)
class Ended:
    """A record that is complete."""

    heard: Heard
    outcome: Outcome
    code: str

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return len(self.heard.request) + len(self.heard.reply or b"")


def outcome_of(error: AdapterError) -> Outcome:
    """The kind of an error, in the wiretap's words."""
    kinds = (
        (Refused, Outcome.REFUSED),
        (Unavailable, Outcome.UNAVAILABLE),
        (InDoubt, Outcome.IN_DOUBT),
        (Misconfigured, Outcome.MISCONFIGURED),
    )
    return next((outcome for kind, outcome in kinds if isinstance(error, kind)), Outcome.FAILED)


def code_of(error: AdapterError) -> str:
    """The authority's own code where it gave one, else ours."""
    return (error.result_code if isinstance(error, Rejected) else "") or error.code


def nobody_listens(channel: str) -> Masks:
    """Masks for a wiretap that is never started."""
    raise LookupError(channel)


class Wiretap:
    """Hears all channels of a process. Threads may share one."""

    def __init__(
        self,
        masks: Callable[[str], Masks],
        clock: Clock,
        *,
        message_bytes_max: int = MESSAGE_BYTES_MAX,
        waiting_bytes_max: int = WAITING_BYTES_MAX,
    ) -> None:
        """``masks`` gives those of a channel; more than ``message_bytes_max`` of one message is not kept."""
        self.lost = 0
        """Exchanges that were not kept."""
        self._masks = masks
        self._clock = clock
        self._bytes_max = message_bytes_max
        self._waiting_max = waiting_bytes_max
        self._line: deque[Ended] = deque()
        self._waiting = 0
        self._changed = threading.Condition()
        self._keeper: Keeper | None = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def start(self, keeper: Keeper) -> None:
        """From now on what is heard is kept there; before, and after :meth:`close`, nothing is heard."""
        self._closing.clear()
        self._keeper = keeper

    def hear(self, context: CallContext, operation: BoundOperation, message: bytes) -> Heard:
        """A message is about to be sent."""
        return Heard(self, context, operation, self._clock.now(), message)

    def take(self, ended: Ended) -> None:
        """Put a record in the line, unless it is full or nobody keeps it."""
        with self._changed:
            if self._keeper is None:
                return
            if self._waiting + ended.size > self._waiting_max:
                self._lose(1, "too many wait to be kept")
                return
            self._line.append(ended)
            self._waiting += ended.size
            if self._thread is None or not self._thread.is_alive():
                self._begin()
            self._changed.notify()

    def _begin(self) -> None:
        self._thread = threading.Thread(target=self._work, name="wiretap", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:  # the machine has no thread to give; the next record asks again
            self._thread = None
            log.warning("the wiretap waits: %s", error)

    def close(self) -> None:
        """Keep what is in the line, for :data:`CLOSE_SECONDS` at most."""
        self._closing.set()
        with self._changed:
            thread = self._thread
            self._changed.notify()
        if thread is not None:
            thread.join(CLOSE_SECONDS)
        with self._changed:
            if self._line:
                self._lose(len(self._line), "the program ended")
                self._line.clear()
            self._keeper, self._thread, self._waiting = None, None, 0

    def _lose(self, number: int, why: str) -> None:
        self.lost += number
        log.warning("the wiretap lost %d exchange(s): %s (%d so far)", number, why, self.lost)

    def _work(self) -> None:
        """Mask and keep until the wiretap is closed and the line empty."""
        while True:
            with self._changed:
                while not self._line and not self._closing.is_set():
                    self._changed.wait()
                batch = [self._line.popleft() for _ in range(min(len(self._line), BATCH_MAX))]
                self._waiting -= sum(each.size for each in batch)
                keeper = self._keeper
            if not batch or keeper is None:
                return
            self._keep_all(keeper, batch)

    def _keep_all(self, keeper: Keeper, batch: Sequence[Ended]) -> None:
        """Mask and keep; whatever ends this thread in the middle, what it had in hand is counted as lost."""
        done = False
        try:
            self._keep(keeper, [self._exchange(each) for each in batch])
            done = True
        finally:
            if not done:
                with self._changed:
                    self._lose(len(batch), "our own program failed on it")

    def _keep(self, keeper: Keeper, exchanges: Sequence[Exchange]) -> None:
        problem = ""
        for attempt in range(KEEP_ATTEMPTS):
            if attempt:
                self._closing.wait(RETRY_SECONDS)
            try:
                keeper.keep(exchanges)
            except AdapterError as error:
                problem = error.message
            else:
                return
        with self._changed:
            self._lose(len(exchanges), problem)

    def _exchange(self, ended: Ended) -> Exchange:
        heard, operation = ended.heard, ended.heard.operation
        masks, reply = self._masks(operation.channel), ended.heard.reply
        return Exchange(
            facility=heard.context.facility,
            destination=operation.channel,
            operation=operation.verb,
            correlation_id=heard.context.correlation_id,
            message_id=heard.context.message_id,
            messages=heard.context.messages,
            asked_at=heard.asked_at,
            answered_at=heard.answered_at,
            http_status=heard.http_status,
            outcome=ended.outcome,
            code=ended.code,
            request=masks.request(operation.verb, heard.request, bytes_max=self._bytes_max),
            request_bytes=len(heard.request),
            reply=None
            if reply is None
            else masks.reply(operation.verb, reply, kind=heard.kind, bytes_max=self._bytes_max),
            reply_bytes=None if reply is None else len(reply),
            clear_request=heard.request[: self._bytes_max],
            clear_reply=None if reply is None else reply[: self._bytes_max],
        )
