"""P1 in this process: the port :class:`adapter.ports.Referrals` with state, for tests without a wire.

It keeps the table of p1.md 4. The contract suite runs it beside the simulator, so that what it allows and refuses
is what P1's reconstruction does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from adapter.domain.identifiers import (
    AccessByCode,
    AccessCode,
    OidPair,
    PersonIdentifier,
    ReferralAccess,
    ReferralKey,
    ReferralNumber,
)
from adapter.domain.referral import (
    DateWindow,
    FoundReferral,
    IssueReceipt,
    Payer,
    ReferralComment,
    ReferralReading,
    ReferralState,
    RuleFinding,
    SearchAnswer,
    Severity,
    Verification,
)
from adapter.errors import Rejected
from adapter.mapping.comment import checked_comment, optional_comment
from adapter.mapping.referral_document import number_in
from adapter.ports import CallContext

SUCCESS, RULES = "success", "rules-broken"
USER = OidPair("2.16.840.1.113883.3.4424.1.6.2", "5425740")


@dataclass
class FakeReferral:
    """One referral as the fake P1 knows it."""

    number: ReferralNumber
    key: ReferralKey
    code: AccessCode
    person: PersonIdentifier
    issuer: str
    issued_on: date
    document: bytes
    state: ReferralState = ReferralState.ISSUED
    holder: str | None = None
    realised_by: set[str] = field(default_factory=set)
    payer: Payer | None = None
    comments: list[ReferralComment] = field(default_factory=list)
    verification: Verification = field(default_factory=lambda: Verification(accepted=True))


@dataclass
class FakeReferrals:
    """``judge`` says what the rules make of a document: findings, the person, the day of issue."""

    judge: Callable[[bytes], tuple[tuple[RuleFinding, ...], PersonIdentifier, date]]
    hits_max: int = 50
    known: dict[ReferralNumber, FakeReferral] = field(default_factory=dict)

    def add(self, referral: FakeReferral) -> None:
        self.known[referral.number] = referral

    def read_to_accept(self, context: CallContext, access: ReferralAccess) -> ReferralReading:
        referral = self._opened(access)
        return replace(self._reading(referral), key=referral.key)

    def read_by_number(self, context: CallContext, number: ReferralNumber) -> ReferralReading:
        referral = self._numbered(number)
        if context.facility not in referral.realised_by | {referral.issuer}:
            raise Rejected("another's", result_code="foreign")
        return self._reading(referral)

    def accept(
        self,
        context: CallContext,
        key: ReferralKey,
        payer: Payer,
        *,
        visit_at: datetime | None = None,
        comment: str = "",
    ) -> str:
        said = optional_comment(comment)
        referral = self._opened(key)
        referral.state, referral.holder, referral.payer = ReferralState.WITH_PROVIDER, context.facility, payer
        referral.realised_by.add(context.facility)
        return self._note(referral, said)

    def refuse(self, context: CallContext, key: ReferralKey, comment: str) -> str:
        return self._note(self._opened(key), checked_comment(comment))

    def give_back(self, context: CallContext, number: ReferralNumber, comment: str) -> str:
        referral = self._held(context, number)
        self._note(referral, checked_comment(comment))
        referral.state, referral.holder = ReferralState.ISSUED, None
        return SUCCESS

    def report_missing_documents(self, context: CallContext, number: ReferralNumber, comment: str) -> str:
        return self._note(self._held(context, number), checked_comment(comment))

    def finish(self, context: CallContext, number: ReferralNumber, *, comment: str = "", payer_id: str = "") -> str:
        referral = self._held(context, number)
        if payer_id and referral.payer is Payer.PAID_IN_FULL:
            raise Rejected("the patient pays", result_code="data")
        referral.state = ReferralState.COMPLETED
        return self._note(referral, optional_comment(comment))

    def save(self, context: CallContext, document: bytes) -> IssueReceipt:
        said, person, issued_on = self._judged(document)
        if not said.accepted:
            return IssueReceipt(said)
        number = number_in(document)
        if number in self.known:
            raise Rejected("there already", result_code="data")
        key, code = ReferralKey("1003" + f"{len(self.known):040}"), AccessCode("0042")
        self.add(FakeReferral(number, key, code, person, context.facility, issued_on, document, verification=said))
        return IssueReceipt(said, key, code)

    def annul(self, context: CallContext, number: ReferralNumber, document: bytes) -> Verification:
        referral = self._numbered(number)
        if referral.issuer != context.facility or referral.state is not ReferralState.ISSUED:
            raise Rejected("not now", result_code="state")
        referral.state = ReferralState.ANNULLED
        return Verification(accepted=True, result_code=SUCCESS)

    def verify(self, context: CallContext, document: bytes) -> Verification:
        return self._judged(document)[0]

    def search_issued(
        self, context: CallContext, window: DateWindow, state: ReferralState | None = None
    ) -> SearchAnswer:
        return self._listed(lambda one: one.issuer == context.facility, window, state)

    def search_person(
        self, context: CallContext, person: PersonIdentifier, window: DateWindow, state: ReferralState | None = None
    ) -> SearchAnswer:
        return self._listed(
            lambda one: one.person == person and context.facility in {one.issuer, one.holder}, window, state
        )

    def _judged(self, document: bytes) -> tuple[Verification, PersonIdentifier, date]:
        findings, person, issued_on = self.judge(document)
        broken = any(one.severity is Severity.ERROR for one in findings)
        return Verification(not broken, findings, result_code=RULES if broken else SUCCESS), person, issued_on

    def _listed(
        self, wanted: Callable[[FakeReferral], bool], window: DateWindow, state: ReferralState | None
    ) -> SearchAnswer:
        hits = tuple(
            FoundReferral(one.number, one.state, one.issued_on)
            for one in sorted(self.known.values(), key=lambda one: (one.issued_on, one.number.extension))
            if wanted(one) and window.since <= one.issued_on <= window.until and state in {None, one.state}
        )
        return SearchAnswer(too_many=True) if len(hits) > self.hits_max else SearchAnswer(hits)

    def _opened(self, access: ReferralAccess) -> FakeReferral:
        for one in self.known.values():
            if access == one.key or (
                isinstance(access, AccessByCode) and (access.code, access.person) == (one.code, one.person)
            ):
                if one.state is not ReferralState.ISSUED:
                    raise Rejected("not open", result_code="state")
                return one
        raise Rejected("unknown", result_code="not-found")

    def _numbered(self, number: ReferralNumber) -> FakeReferral:
        if number not in self.known:
            raise Rejected("unknown", result_code="not-found")
        return self.known[number]

    def _held(self, context: CallContext, number: ReferralNumber) -> FakeReferral:
        referral = self._numbered(number)
        if referral.state is not ReferralState.WITH_PROVIDER or referral.holder != context.facility:
            raise Rejected("not held", result_code="state")
        return referral

    def _note(self, referral: FakeReferral, text: str | None) -> str:
        if text:
            referral.comments.append(ReferralComment(text, datetime.now(UTC), USER))
        return SUCCESS

    def _reading(self, referral: FakeReferral) -> ReferralReading:
        return ReferralReading(
            state=referral.state,
            number=referral.number,
            document=referral.document,
            verification=referral.verification,
            comments=tuple(referral.comments),
        )
