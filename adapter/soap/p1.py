"""P1's e-referral service over its bound contract: every verb of :class:`adapter.ports.Referrals`.

National names are in ``mappings/bindings/p1.csv`` and ``wsdl/p1``. The 44-digit key and the referral
number are different types here, so that one cannot stand where the other is asked for.
Source: p1.md 3 and 4.
"""

from __future__ import annotations

from datetime import datetime

from adapter.domain.identifiers import ReferralAccess, ReferralKey, ReferralNumber
from adapter.domain.referral import Payer, ReferralReading, ReferralState, RuleFinding
from adapter.errors import BadInput
from adapter.ports import CallContext, Clock
from adapter.soap.binding import BoundContract
from adapter.soap.dialogue import Dialogue, Told, correlated, unreadable
from adapter.soap.reading import UnreadableReply
from adapter.soap.referral_document import number_in
from adapter.soap.wire import Channel, Judge

COMMENT_CHARACTERS_MIN = 5
"""A comment that must be there has at least so many (a commercial wrapper of P1 asks for them; p1.md 3.1)."""


class P1Referrals:
    """P1 for all facilities; the channel picks the facility's certificates. Threads may share it."""

    def __init__(self, contract: BoundContract, channel: Channel, judge: Judge, clock: Clock) -> None:
        self._dialogue = Dialogue(contract, channel, judge, clock)

    def read_to_accept(self, context: CallContext, access: ReferralAccess) -> ReferralReading:
        """See :meth:`adapter.ports.Referrals.read_to_accept`.

        The code goes as one word with the person's identifier: ``PIN + identifier`` (p1.md 4).
        """
        if isinstance(access, ReferralKey):
            values = {"key": access.reveal()}
        else:
            values = {"code_with_person": access.code.reveal() + access.person.reveal()}
        told = self._dialogue.ask(context, "read_to_accept", values)
        with correlated(context):
            return self._reading("read_to_accept", told, with_key=True)

    def read_by_number(self, context: CallContext, number: ReferralNumber) -> ReferralReading:
        """See :meth:`adapter.ports.Referrals.read_by_number`."""
        told = self._dialogue.ask(context, "read_by_number", {"number": _number(number)})
        with correlated(context):
            return self._reading("read_by_number", told, with_key=False)

    def accept(
        self,
        context: CallContext,
        key: ReferralKey,
        payer: Payer,
        *,
        visit_at: datetime | None = None,
        comment: str = "",
    ) -> str:
        """See :meth:`adapter.ports.Referrals.accept`."""
        values = {"key": key.reveal(), "payer": payer.value, "visit_at": visit_at, "comment": _optional(comment)}
        return self._dialogue.ask(context, "accept", values).result.major

    def refuse(self, context: CallContext, key: ReferralKey, comment: str) -> str:
        """See :meth:`adapter.ports.Referrals.refuse`."""
        values = {"key": key.reveal(), "comment": _comment(comment)}
        return self._dialogue.ask(context, "refuse", values).result.major

    def give_back(self, context: CallContext, number: ReferralNumber, comment: str) -> str:
        """See :meth:`adapter.ports.Referrals.give_back`."""
        values = {"number": _number(number), "comment": _comment(comment)}
        return self._dialogue.ask(context, "give_back", values).result.major

    def report_missing_documents(self, context: CallContext, number: ReferralNumber, comment: str) -> str:
        """See :meth:`adapter.ports.Referrals.report_missing_documents`."""
        values = {"number": _number(number), "comment": _comment(comment)}
        return self._dialogue.ask(context, "report_missing_documents", values).result.major

    def finish(self, context: CallContext, number: ReferralNumber, *, comment: str = "", payer_id: str = "") -> str:
        """See :meth:`adapter.ports.Referrals.finish`."""
        values = {"number": _number(number), "comment": _optional(comment), "payer_id": payer_id or None}
        return self._dialogue.ask(context, "finish", values).result.major

    @staticmethod
    def _reading(verb: str, told: Told, *, with_key: bool) -> ReferralReading:
        """The referral in an answer; an unknown code in it is shown as a refusal (D10)."""
        values = told.reading.values
        if told.reading.unknown_code is not None:
            raise told.reading.unknown_code
        try:
            if told.reading.unreadable:
                row = told.reading.unreadable[0]
                raise UnreadableReply(f"{row.position}: {row.problem}")
            for name in ("document", "state", *(("key",) if with_key else ())):
                if not values.get(name):
                    raise UnreadableReply(f"{name} is missing")
            return ReferralReading(
                state=ReferralState(values["state"]),
                number=number_in(values["document"]),
                document=values["document"],
                key=ReferralKey(values["key"]) if with_key else None,
                findings=tuple(
                    RuleFinding(each["code"], each["severity"], each.get("text", ""))
                    for each in values.get("findings", ())
                ),
            )
        except ValueError as problem:
            raise unreadable(verb, problem, write=False) from problem


def _number(number: ReferralNumber) -> dict[str, str]:
    return {"root": number.root, "extension": number.extension}


def _comment(comment: str) -> str:
    text = comment.strip()
    if len(text) < COMMENT_CHARACTERS_MIN:
        raise BadInput(f"the comment has at least {COMMENT_CHARACTERS_MIN} characters", field="comment")
    return text


def _optional(comment: str) -> str | None:
    return _comment(comment) if comment.strip() else None
