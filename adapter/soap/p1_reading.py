"""P1's answers as domain values: a referral that was read, what the rules said, the hits of a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapter.domain.identifiers import AccessCode, IdentifierError, OidPair, ReferralKey, ReferralNumber
from adapter.domain.referral import (
    FoundReferral,
    IssueReceipt,
    ReferralComment,
    ReferralReading,
    ReferralState,
    RuleFinding,
    SearchAnswer,
    Severity,
    Verification,
)
from adapter.mapping.referral_document import number_in
from adapter.soap.dialogue import Told, unreadable
from adapter.soap.reading import UnreadableReply

Row = Mapping[str, Any]


def reading_of(verb: str, told: Told, *, with_key: bool) -> ReferralReading:
    """The referral in the answer to a read.

    Raises:
        Rejected: an unknown code stands in it: shown as the refusal it is (D10).
        Unavailable: it cannot be read.
    """
    values = told.reading.values
    _must_be_whole(verb, told, write=False)
    try:
        for name in ("document", "state", *(("key",) if with_key else ())):
            if not values.get(name):
                raise UnreadableReply(f"{name} is missing")
        return ReferralReading(
            state=ReferralState(values["state"]),
            number=number_in(values["document"]),
            document=values["document"],
            key=ReferralKey(values["key"]) if with_key else None,
            verification=verification_of(told, accepted=True),
            comments=tuple(_comment(row) for row in values.get("comments", ())),
        )
    except ValueError as problem:
        raise unreadable(verb, problem, write=False) from problem


def verification_of(told: Told, *, accepted: bool) -> Verification:
    """What the rules said in an answer that is whole."""
    said: Row = told.reading.values.get("verification", {})
    return Verification(
        accepted=accepted,
        findings=tuple(
            RuleFinding(row["code"], Severity(row["severity"]), row.get("text", ""), row.get("place", ""))
            for row in told.reading.values.get("findings", ())
        ),
        verified_at=said.get("at"),
        rule_set=said.get("rule_set", ""),
        result_code=told.result.minor or told.result.major,
    )


def checked(verb: str, told: Told, *, accepted: bool, write: bool) -> Verification:
    """What the rules said of a document.

    Raises:
        InDoubt (on a write), Rejected, Unavailable: a finding cannot be read, or its severity is not known.
    """
    _must_be_whole(verb, told, write=write)
    return verification_of(told, accepted=accepted)


def receipt_of(told: Told) -> IssueReceipt:
    """Key and code of a document that was saved.

    Raises:
        InDoubt: it was saved, but the answer lacks one of them or gives something else.
    """
    verification = checked("save", told, accepted=True, write=True)
    try:
        return IssueReceipt(
            verification,
            ReferralKey(told.reading.values.get("key", "")),
            AccessCode(told.reading.values.get("code", "")),
        )
    except IdentifierError as problem:
        raise unreadable("save", problem, write=True) from problem


def hits_of(told: Told) -> SearchAnswer:
    """The hits of a search; one that cannot be read is named and its neighbours are kept."""
    found: list[FoundReferral] = []
    bad = [f"{row.position}: {row.problem}" for row in told.reading.unreadable]
    for place, row in enumerate(told.reading.values.get("found", ()), start=1):
        try:
            found.append(_hit(row))
        except ValueError as problem:
            bad.append(f"readable row {place}: {problem}")
    return SearchAnswer(tuple(found), unreadable=tuple(bad))


def _must_be_whole(verb: str, told: Told, *, write: bool) -> None:
    reading = told.reading
    if reading.unknown_code is not None:
        raise unreadable(verb, reading.unknown_code, write=write) from reading.unknown_code
    if reading.unreadable:
        row = reading.unreadable[0]
        raise unreadable(verb, UnreadableReply(f"{row.position}: {row.problem}"), write=write)


def _hit(row: Row) -> FoundReferral:
    return FoundReferral(
        number=ReferralNumber(row["number"]["root"], row["number"]["extension"]),
        state=ReferralState(row["state"]),
        issued_on=row["issued_on"],
        issuer=_pair(row.get("issuer")),
        author=_pair(row.get("author")),
        issuer_name=row.get("issuer_name", ""),
        author_name=row.get("author_name", ""),
    )


def _comment(row: Row) -> ReferralComment:
    return ReferralComment(row["text"], row.get("written_at"), _pair(row.get("author")))


def _pair(row: Row | None) -> OidPair | None:
    return OidPair(row["root"], row["extension"]) if row and row.get("root") and row.get("extension") else None
