"""A referral for a person's eyes: where it stands, what P1's rules said, what was asked of P1.

P1's own descriptions may name people, document numbers and other referrals. What is shown of a finding is its
code, our words for it (``mappings/verification_rules.csv``) and its place without values; P1's words only where the
table says that they name nobody, or to an operator or engineer who says why, which is audited.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from adapter.domain.identifiers import ReferralNumber
from adapter.domain.referral import RuleFinding
from adapter.errors import Rejected
from adapter.mapping.tables import Tables
from adapter.ports import CallContext
from adapter.ports.referral_book import StoredCheck
from adapter.ports.store import Message, ReferralRecord
from adapter.services.attribution import looks_personal, note
from adapter.services.clearance import Person
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.issue_referral import document_subject
from adapter.services.send_referrals import keep_check
from adapter.services.take_referral import subject_of

MESSAGES_MAX = 20
"""Messages about a referral that are shown, the newest."""
_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|[0-9]{5,}")


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One finding, safe to show; ``text`` is P1's own description, empty when it stays sealed."""

    code: str
    severity: str
    title_pl: str
    title_en: str
    place: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """What P1's rules said on one occasion."""

    occasion: str
    checked_at: datetime
    accepted: bool
    result_code: str
    rule_set: str
    correlation_id: str
    findings: tuple[ShownFinding, ...]


@dataclass(frozen=True, slots=True)
class ShownReferral:
    """A referral; ``id`` and ``held`` are None when only its number is known here."""

    id: str | None
    number: str | None
    state: str | None
    held: bool | None
    has_access: bool
    checks: tuple[ShownCheck, ...]
    messages: tuple[Message, ...]


def shown_finding(finding: RuleFinding, tables: Tables, *, texts: bool = False) -> ShownFinding:
    """A finding as it may be shown; with ``texts`` P1's own words too."""
    row = next((row for row in tables.verification_rules if row["ours"] == finding.code), None)
    harmless = row is not None and row.says("text_shown") and not looks_personal(finding.text)
    return ShownFinding(
        code=finding.code,
        severity=finding.severity.value,
        title_pl=row["title_pl"] if row is not None else "reguła spoza tabeli verification_rules.csv",
        title_en=row["title_en"] if row is not None else "a rule that is not in verification_rules.csv",
        place=_VALUES.sub("...", finding.place),
        text=finding.text if texts or harmless else "",
    )


def show_referral(desk: Desk, wanted: str | ReferralNumber, *, texts: bool = False) -> ShownReferral:
    """A referral by its id in the EHR, or by its number.

    Raises:
        Rejected: nothing is known under that id or number.
    """
    record: ReferralRecord | None = None
    number: ReferralNumber | None
    if isinstance(wanted, str):
        record = desk.work.calendar.referral(desk.facility, wanted)
        if record is None:
            raise Rejected("the referral is not known", code="REFERRAL_NOT_KNOWN")
        number = record.number or record.referral.number
    else:
        number = wanted
    checks = desk.work.referrals.checks(desk.facility, number) if number is not None else ()
    messages = _messages(desk, record, number)
    if record is None and not checks and not messages:
        raise Rejected("nothing is known of a referral of that number", code="REFERRAL_NOT_KNOWN")
    return ShownReferral(
        id=record.referral.id if record is not None else None,
        number=f"{number.root}/{number.extension}" if number is not None else None,
        state=record.state.value if record is not None and record.state is not None else None,
        held=record.held if record is not None else None,
        has_access=record is not None and record.referral.access is not None,
        checks=tuple(_check(check, desk.eq.tables, texts=texts) for check in checks),
        messages=tuple(messages),
    )


def allow_texts(desk: Desk, who: Person, wanted: str, reason: str) -> None:
    """Let a person see P1's own descriptions; written into the audit with the reason.

    Raises:
        Refused: the account has no role that may (settings: roles). BadInput: an unusable reason.
    """
    kept = note(reason)
    who.require_operator("see P1's own descriptions")
    desk.audit(who.actor, "look-at-descriptions", f"referral:{wanted}", {"reason": kept})


def read_again(eq: Equipment, facility: str, referral_id: str, who: str) -> None:
    """Read a referral in P1 by its number and keep its state and what the rules say now.

    Raises:
        Rejected: it is not known here, has no number, or P1 does not show it to us. Unavailable, Misconfigured.
    """
    correlation = str(uuid4())
    with eq.store.unit_of_work() as work:
        record = work.calendar.referral(facility, referral_id)
    number = (record.number or record.referral.number) if record is not None else None
    if number is None:
        raise Rejected("the referral's number is not known", code="REFERRAL_NUMBER_MISSING")
    reading = eq.referrals.read_by_number(CallContext(facility, correlation, str(uuid4())), number)
    with eq.store.unit_of_work() as work:
        desk = Desk(eq, work, facility, correlation)
        keep_check(work, facility, reading, eq.clock.now(), correlation)
        desk.audit(who, "read-referral", subject_of(referral_id), {"state": reading.state.value})
        work.commit()


def _messages(desk: Desk, record: ReferralRecord | None, number: ReferralNumber | None) -> Sequence[Message]:
    subjects = [subject_of(record.referral.id)] if record is not None else []
    subjects += [document_subject(number)] if number is not None else []
    found = [
        message
        for subject in subjects
        for message in desk.work.outbox.find(facility=desk.facility, subject=subject, limit=MESSAGES_MAX)
    ]
    return sorted(found, key=lambda message: message.id, reverse=True)[:MESSAGES_MAX]


def _check(check: StoredCheck, tables: Tables, *, texts: bool) -> ShownCheck:
    said = check.verification
    return ShownCheck(
        occasion=check.occasion.value,
        checked_at=check.checked_at,
        accepted=said.accepted,
        result_code=said.result_code,
        rule_set=said.rule_set,
        correlation_id=check.correlation_id,
        findings=tuple(shown_finding(finding, tables, texts=texts) for finding in said.findings),
    )
