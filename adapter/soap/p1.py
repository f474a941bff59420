"""P1's e-referral service over its bound contract: every verb of :class:`adapter.ports.Referrals`.

National names are in ``mappings/bindings/p1.csv`` and ``wsdl/p1``. The 44-digit key and the referral
number are different types, checked here once more, so that one cannot stand where the other is asked for.
Source: p1.md 3 and 4.
"""

from __future__ import annotations

from datetime import date, datetime

from adapter.domain.identifiers import (
    AccessByCode,
    PersonIdentifier,
    ReferralAccess,
    ReferralKey,
    ReferralNumber,
)
from adapter.domain.referral import (
    TOO_MANY_FOUND,
    DateWindow,
    IssueReceipt,
    Payer,
    ReferralReading,
    ReferralState,
    SearchAnswer,
    Severity,
    Verification,
)
from adapter.errors import BadInput, Rejected
from adapter.mapping.comment import checked_comment, optional_comment
from adapter.mapping.referral_document import DOCUMENT_BYTES_MAX
from adapter.mapping.tables import Tables
from adapter.ports import CallContext, Clock
from adapter.soap.binding import BoundContract
from adapter.soap.dialogue import Dialogue, Told, correlated
from adapter.soap.p1_reading import checked, hits_of, reading_of, receipt_of
from adapter.soap.persons import person_to_national
from adapter.soap.wire import Channel, Judge
from adapter.soap.writing import Values


class P1Referrals:
    """P1 for all facilities; the channel picks the facility's certificates. Threads may share it."""

    def __init__(self, contract: BoundContract, tables: Tables, channel: Channel, judge: Judge, clock: Clock) -> None:
        self._dialogue = Dialogue(contract, channel, judge, clock)
        self._tables = tables

    def read_to_accept(self, context: CallContext, access: ReferralAccess) -> ReferralReading:
        """See :meth:`adapter.ports.Referrals.read_to_accept`.

        The code goes as one word with the person's identifier: ``PIN + identifier`` (p1.md 4); a contract that
        asks for both apart is bound to ``code`` and ``person``.
        """
        values: dict[str, object]
        if isinstance(access, AccessByCode):
            code, person = access.code.reveal(), access.person.reveal()
            of = person_to_national(access.person, self._tables)
            values = {"code_with_person": code + person, "code": code, "person": of}
        else:
            values = {"key": _key(access)}
        told = self._dialogue.ask(context, "read_to_accept", values)
        with correlated(context):
            return reading_of("read_to_accept", told, with_key=True)

    def read_by_number(self, context: CallContext, number: ReferralNumber) -> ReferralReading:
        """See :meth:`adapter.ports.Referrals.read_by_number`."""
        told = self._dialogue.ask(context, "read_by_number", {"number": _number(number)})
        with correlated(context):
            return reading_of("read_by_number", told, with_key=False)

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
        values = {"key": _key(key), "payer": payer.value, "visit_at": visit_at, "comment": optional_comment(comment)}
        return self._dialogue.ask(context, "accept", values).result.major

    def refuse(self, context: CallContext, key: ReferralKey, comment: str) -> str:
        """See :meth:`adapter.ports.Referrals.refuse`."""
        values = {"key": _key(key), "comment": checked_comment(comment)}
        return self._dialogue.ask(context, "refuse", values).result.major

    def give_back(self, context: CallContext, number: ReferralNumber, comment: str) -> str:
        """See :meth:`adapter.ports.Referrals.give_back`."""
        values = {"number": _number(number), "comment": checked_comment(comment)}
        return self._dialogue.ask(context, "give_back", values).result.major

    def report_missing_documents(self, context: CallContext, number: ReferralNumber, comment: str) -> str:
        """See :meth:`adapter.ports.Referrals.report_missing_documents`."""
        values = {"number": _number(number), "comment": checked_comment(comment)}
        return self._dialogue.ask(context, "report_missing_documents", values).result.major

    def finish(self, context: CallContext, number: ReferralNumber, *, comment: str = "", payer_id: str = "") -> str:
        """See :meth:`adapter.ports.Referrals.finish`."""
        values = {"number": _number(number), "comment": optional_comment(comment), "payer_id": payer_id or None}
        return self._dialogue.ask(context, "finish", values).result.major

    def save(self, context: CallContext, document: bytes) -> IssueReceipt:
        """See :meth:`adapter.ports.Referrals.save`."""
        told = self._dialogue.hear(context, "save", {"document": _document(document)})
        with correlated(context):
            refused = self._refused("save", told, write=True)
            return receipt_of(told) if refused is None else IssueReceipt(refused)

    def annul(self, context: CallContext, number: ReferralNumber, document: bytes) -> Verification:
        """See :meth:`adapter.ports.Referrals.annul`."""
        values = {"document": _document(document), "number": _number(number)}
        return self._checked(context, "annul", values, write=True)

    def verify(self, context: CallContext, document: bytes) -> Verification:
        """See :meth:`adapter.ports.Referrals.verify`."""
        return self._checked(context, "verify", {"document": _document(document)}, write=False)

    def search_issued(
        self, context: CallContext, window: DateWindow, state: ReferralState | None = None
    ) -> SearchAnswer:
        """See :meth:`adapter.ports.Referrals.search_issued`."""
        return self._search(context, "search_issued", _criteria(window, state))

    def search_person(
        self, context: CallContext, person: PersonIdentifier, window: DateWindow, state: ReferralState | None = None
    ) -> SearchAnswer:
        """See :meth:`adapter.ports.Referrals.search_person`."""
        values = {"person": person_to_national(person, self._tables), **_criteria(window, state)}
        return self._search(context, "search_person", values)

    def _search(self, context: CallContext, verb: str, values: Values) -> SearchAnswer:
        told = self._dialogue.hear(context, verb, values)
        too_many = self._tables.national_result.row(TOO_MANY_FOUND)["national"]
        if too_many in {told.result.major, told.result.minor}:
            return SearchAnswer(too_many=True)
        with correlated(context):
            self._dialogue.judge(verb, told.result)
        return hits_of(told)

    def _checked(self, context: CallContext, verb: str, values: Values, *, write: bool) -> Verification:
        told = self._dialogue.hear(context, verb, values)
        with correlated(context):
            refused = self._refused(verb, told, write=write)
            return checked(verb, told, accepted=True, write=write) if refused is None else refused

    def _refused(self, verb: str, told: Told, *, write: bool) -> Verification | None:
        """What the rules said when they refused a document; None when it was taken.

        A refusal that names no broken rule is the plain refusal that it is. Raises as ``Dialogue.judge``.
        """
        try:
            self._dialogue.judge(verb, told.result)
        except Rejected:
            if not told.reading.values.get("findings"):
                raise
            refused = checked(verb, told, accepted=False, write=write)
            if not refused.of(Severity.ERROR):
                raise
            return refused
        return None


def _key(key: ReferralKey) -> str:
    """The key's digits; whatever else came here at run time is refused before anything is built from it."""
    if not isinstance(key, ReferralKey):
        raise BadInput("the referral's key is needed here, and something else was given", field="key")
    return key.reveal()


def _number(number: ReferralNumber) -> dict[str, str]:
    if not isinstance(number, ReferralNumber):
        raise BadInput("the referral's number is needed here, and something else was given", field="number")
    return {"root": number.root, "extension": number.extension}


def _document(document: bytes) -> bytes:
    if not document or len(document) > DOCUMENT_BYTES_MAX:
        raise BadInput(f"a document has 1 to {DOCUMENT_BYTES_MAX} bytes", field="document", code="DOCUMENT_SIZE")
    return document


def _criteria(window: DateWindow, state: ReferralState | None) -> dict[str, date | str | None]:
    return {"since": window.since, "until": window.until, "state": state.value if state is not None else None}
