"""One question to an authority and its answer, for any verb: build, exchange, judge, read.

    values -> content (by the binding, valid against the schema) -> Channel -> result judged -> values

A reply that is not what the contract says proves nothing: InDoubt on a write, Unavailable on a read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from adapter.domain.moments import warsaw_day
from adapter.errors import AdapterError, InDoubt, Rejected, Unavailable
from adapter.ports import CallContext, Clock
from adapter.ports.wiretap import Outcome
from adapter.soap.binding import BoundContract, BoundVerb, Result, result_of
from adapter.soap.reading import Reading, UnreadableReply
from adapter.soap.wire import Answer, Channel, Judge
from adapter.soap.wiretap import code_of, listening, outcome_of
from adapter.soap.writing import Values

UNREADABLE = "REPLY_UNREADABLE"


@dataclass(frozen=True, slots=True)
class Told:
    """What an authority answered to a verb: values by our field names, result, evidence, our clock."""

    reading: Reading
    result: Result
    answer: Answer
    at: datetime


class Dialogue:
    """Speaks one authority's contract over a channel."""

    def __init__(self, contract: BoundContract, channel: Channel, judge: Judge, clock: Clock) -> None:
        self.contract = contract
        self._channel = channel
        self._judge = judge
        self._clock = clock

    def ask(self, context: CallContext, verb: str, values: Values) -> Told:
        """Carry out a verb.

        Raises:
            BadInput: the values do not make a valid message; nothing was sent.
            Rejected, Unavailable, InDoubt, Misconfigured: as the channel and the judge say; and an
                unreadable reply (``REPLY_UNREADABLE``).
        """
        with correlated(context):
            told = self._hear(context, self.contract[verb], values)
            self.judge(verb, told.result)
            return told

    def hear(self, context: CallContext, verb: str, values: Values) -> Told:
        """Carry out a verb whose refusals say more than that: :meth:`judge` is for the caller to call.

        Raises:
            As :meth:`ask`, but for what the result says.
        """
        with correlated(context):
            return self._hear(context, self.contract[verb], values)

    def judge(self, verb: str, result: Result) -> None:
        """Return when a result says that the verb was done; raise one of the four kinds otherwise."""
        self._judge(major=result.major, minor=result.minor, text=result.text, write=self.contract[verb].writes)

    def _hear(self, context: CallContext, bound: BoundVerb, values: Values) -> Told:
        today = warsaw_day(self._clock.now())
        content = bound.build(values, today)
        answer = self._channel.exchange(context, bound.operation, content, write=bound.writes)
        at = self._clock.now()
        with listening(answer.heard):
            try:
                reading = bound.read(answer.content, today)
                result = result_of(reading)
            except (UnreadableReply, Rejected) as problem:
                raise unreadable(bound.operation.verb, problem, write=bound.writes) from problem
        if answer.heard is not None:
            answer.heard.end(*self._outcome(bound.operation.verb, result))
        return Told(reading, result, answer, at)

    def _outcome(self, verb: str, result: Result) -> tuple[Outcome, str]:
        """How the exchange ended, for the wiretap."""
        try:
            self.judge(verb, result)
        except AdapterError as error:
            return outcome_of(error), code_of(error)
        return Outcome.ANSWERED, ""

    def judge_item(self, result: Result) -> None:
        """Judge the result of one item of a batch that was written."""
        self._judge(major=result.major, minor=result.minor, text=result.text, write=True)


@contextmanager
def correlated(context: CallContext) -> Iterator[None]:
    """Whatever goes wrong inside carries the call's correlation and message ids."""
    try:
        yield
    except AdapterError as error:
        error.correlation_id = error.correlation_id or context.correlation_id
        error.message_id = error.message_id or context.message_id
        raise


def unreadable(verb: str, problem: Exception, *, write: bool) -> AdapterError:
    """The error that a reply is which cannot be read (or holds an unknown code outside a list).

    An unknown code is shown as the refusal it is on a read (D10); on a write something may have
    happened, so that it is InDoubt.
    """
    if write:
        return InDoubt(f"the answer to {verb} cannot be read: {problem}", code=UNREADABLE)
    if isinstance(problem, Rejected):
        return problem
    return Unavailable(f"the answer to {verb} cannot be read: {problem}", code=UNREADABLE)
