"""Many slots to CeR at once: batches, one result for each slot, and what to do when a batch is refused.

One slot never sinks its neighbours. Results are matched by our reference, in whatever order they come. A
slot whose result is missing, unreadable, said twice in two ways, or without CeR's id gets a receipt in
doubt: it is read back before it is sent again, and its neighbours are settled.

A batch that CeR refuses as a whole (too big, or one slot in it is not to be had) is cut in two, each half
sent as a message of its own: a refusal says that nothing was done, so that nothing is sent twice. A size
that had to be cut for being too big is remembered until the program ends. Source: cer.md 7; D10.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

from adapter.domain.national import SlotOffer, SlotReceipt
from adapter.errors import AdapterError, BadInput, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.ports import CallContext
from adapter.soap.binding import Result
from adapter.soap.cer_reading import Row
from adapter.soap.dialogue import Dialogue, Told, correlated, unreadable
from adapter.soap.grid import Grid
from adapter.soap.reading import UnreadableReply

MESSAGES_MAX = 64
"""Messages that one batch may become by being cut; what is still refused then counts as refused."""

log = logging.getLogger(__name__)

Encode = Callable[[SlotOffer], Mapping[str, object]]
_Part = Sequence[SlotOffer]


class SlotBatches:
    """Sends offers; ``encode`` makes an offer the values of a message. Threads may share it."""

    def __init__(self, dialogue: Dialogue, encode: Encode, batch_max: int) -> None:
        self._dialogue = dialogue
        self._encode = encode
        self.batch_max = batch_max
        self._fits: dict[str, int] = {}

    def put(self, context: CallContext, offers: Sequence[SlotOffer]) -> tuple[SlotReceipt, ...]:
        """One receipt for each offer, in order.

        Raises:
            BadInput: more offers than a batch holds, none, or one reference twice; nothing was sent.
            Rejected: CeR refused the whole batch, however small it was cut.
            InDoubt: the answer says of no slot what became of it.
            Unavailable, Misconfigured: nothing was sent, or nothing of it happened.
        """
        references = [offer.reference for offer in offers]
        if not 1 <= len(offers) <= self.batch_max or len(set(references)) != len(references):
            raise BadInput(f"a batch has 1 to {self.batch_max} slots, each once", field="slots")
        size = self._fits.get(context.facility, self.batch_max)
        parts = deque(offers[first : first + size] for first in range(0, len(offers), size))
        receipts: dict[str, SlotReceipt] = {}
        refused: Rejected | None = None
        messages, whole, biggest = 0, True, 0
        while parts:
            part = parts.popleft()
            call = context if messages == 0 else replace(context, message_id=str(uuid4()))
            messages += 1
            try:
                receipts.update(self._send(call, part))
                biggest = max(biggest, len(part))
            except Rejected as error:
                refused = refused or error
                if len(part) > 1 and messages + len(parts) + 2 <= MESSAGES_MAX:
                    half = (len(part) + 1) // 2
                    parts.extendleft((part[half:], part[:half]))
                    continue
                whole = False
                receipts.update(_refused(part, error))
            except InDoubt as error:
                if not receipts and not parts:
                    raise
                receipts.update(_doubtful(part, error.message))
            except (Unavailable, Misconfigured) as error:
                if not receipts:
                    raise
                receipts.update(_doubtful([offer for each in (part, *parts) for offer in each], error.message))
                break
        if refused is not None:
            if not any(receipt.accepted or receipt.doubt for receipt in receipts.values()) and not whole:
                raise refused
            if whole and biggest:
                log.warning("CeR takes at most %d slots at once from %s", biggest, context.facility)
                self._fits[context.facility] = biggest
        return tuple(receipts[reference] for reference in references)

    def _send(self, context: CallContext, part: _Part) -> dict[str, SlotReceipt]:
        told = self._dialogue.ask(context, "put_slots", {"slots": [self._encode(offer) for offer in part]})
        with correlated(context):
            return self._matched(told, [offer.reference for offer in part])

    def _matched(self, told: Told, references: Sequence[str]) -> dict[str, SlotReceipt]:
        """A receipt for each reference. Raises InDoubt when no slot has a result that can be believed."""
        alike = self._all_accepted(told, references)
        if alike is not None:
            return alike
        rows: dict[str, list[Row]] = {reference: [] for reference in references}
        strange = 0
        for row in told.reading.values.get("items", ()):
            known = rows.get(row["reference"])
            if known is None:
                strange += 1
            elif row not in known:
                known.append(row)
        if strange:
            log.warning("CeR answered with results of %d slots that were not in the batch", strange)
        accepted: set[Result] = set()
        receipts = {reference: self._receipt(reference, found, accepted) for reference, found in rows.items()}
        owners: dict[str, list[str]] = {}
        for reference, receipt in receipts.items():
            if receipt.slot_id is not None:
                owners.setdefault(receipt.slot_id, []).append(reference)
        for sharing in owners.values():
            if len(sharing) > 1:
                why = "the answer gives one id to several slots"
                receipts.update({reference: SlotReceipt(reference, doubt=why) for reference in sharing})
        if all(receipt.doubt for receipt in receipts.values()):
            why = told.reading.unreadable[0].problem if told.reading.unreadable else "not one result for each slot"
            raise unreadable("put_slots", UnreadableReply(why), write=True)
        return receipts

    def _all_accepted(self, told: Told, references: Sequence[str]) -> dict[str, SlotReceipt] | None:
        """The receipts when each slot has one good result, the same for all, and an id of its own; None otherwise."""
        items = told.reading.values.get("items", ())
        if not isinstance(items, Grid) or len(items) != len(references):
            return None
        said, ids = items.column("reference"), items.column("id")
        if set(said) != set(references) or None in ids or "" in ids or len(set(ids)) != len(ids):
            return None
        results = set(zip(items.column("major"), items.column("minor", ""), items.column("text", ""), strict=True))
        if len(results) != 1:
            return None
        result = Result(*results.pop())
        try:
            self._dialogue.judge_item(result)
        except AdapterError:
            return None
        return {each: SlotReceipt(each, identity, result.major) for each, identity in zip(said, ids, strict=True)}

    def _receipt(self, reference: str, rows: Sequence[Row], accepted: set[Result]) -> SlotReceipt:
        """What became of one slot; ``accepted`` are results of this answer that were judged good already."""
        if not rows:
            return SlotReceipt(reference, doubt="the answer has no readable result for this slot")
        if len(rows) > 1:
            return SlotReceipt(reference, doubt="the answer has several results for this slot")
        row = rows[0]
        result = Result(row["major"], row.get("minor", ""), row.get("text", ""))
        try:
            if result not in accepted:
                self._dialogue.judge_item(result)
                accepted.add(result)
        except (InDoubt, Unavailable) as error:
            return SlotReceipt(reference, None, result.minor or result.major, doubt=error.message)
        except AdapterError as error:
            code = error.result_code if isinstance(error, Rejected) else ""
            return SlotReceipt(reference, None, code or result.major, error.message)
        if not row.get("id"):
            return SlotReceipt(reference, doubt="the answer accepts the slot without an id")
        return SlotReceipt(reference, row["id"], result.major)


def _refused(part: _Part, error: Rejected) -> dict[str, SlotReceipt]:
    code = error.result_code or error.code
    return {offer.reference: SlotReceipt(offer.reference, None, code, error.message) for offer in part}


def _doubtful(offers: _Part, problem: str) -> dict[str, SlotReceipt]:
    return {offer.reference: SlotReceipt(offer.reference, doubt=problem) for offer in offers}
