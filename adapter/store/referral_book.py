"""The book of referrals: findings of P1's rules and secrets of issued referrals, both sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapter.domain.identifiers import AccessCode, ReferralKey, ReferralNumber
from adapter.domain.referral import RuleFinding, Severity, Verification
from adapter.ports.referral_book import CheckedWhen, Issued, StoredCheck
from adapter.store.session import Session

CHECK, ISSUED = "referral-check", "issued-referral"

_PUT_CHECK = """
INSERT INTO referral_check (facility, root, extension, occasion, checked_at, verified_at, rule_set, accepted,
    result_code, correlation_id, findings)
VALUES (%(facility)s, %(root)s, %(extension)s, %(occasion)s, %(checked_at)s, %(verified_at)s, %(rule_set)s,
    %(accepted)s, %(result_code)s, %(correlation_id)s, %(findings)s)
ON CONFLICT (facility, root, extension, occasion) DO UPDATE SET checked_at = excluded.checked_at,
    verified_at = excluded.verified_at, rule_set = excluded.rule_set, accepted = excluded.accepted,
    result_code = excluded.result_code, correlation_id = excluded.correlation_id, findings = excluded.findings
"""

_CHECKS = """
SELECT occasion, checked_at, verified_at, rule_set, accepted, result_code, correlation_id, findings
FROM referral_check WHERE facility = %(facility)s AND root = %(root)s AND extension = %(extension)s
ORDER BY checked_at DESC, occasion
"""

_PUT_ISSUED = """
INSERT INTO issued_referral (facility, root, extension, saved_at, secrets, handed_at, annulled_at)
VALUES (%(facility)s, %(root)s, %(extension)s, %(saved_at)s, %(secrets)s, %(handed_at)s, %(annulled_at)s)
ON CONFLICT (facility, root, extension) DO UPDATE SET saved_at = excluded.saved_at, secrets = excluded.secrets,
    handed_at = excluded.handed_at, annulled_at = excluded.annulled_at
"""

_ISSUED = """
SELECT saved_at, secrets, handed_at, annulled_at FROM issued_referral
WHERE facility = %(facility)s AND root = %(root)s AND extension = %(extension)s FOR UPDATE
"""


class SqlReferralBook:
    """Implements :class:`adapter.ports.referral_book.ReferralBook`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_check(self, facility: str, check: StoredCheck) -> None:
        """Insert, or replace what was said on the same occasion before."""
        number, verification = check.number, check.verification
        said = {
            "findings": [
                {"code": each.code, "severity": each.severity.value, "text": each.text, "place": each.place}
                for each in verification.findings
            ]
        }
        self._session.run(
            _PUT_CHECK,
            facility=facility,
            root=number.root,
            extension=number.extension,
            occasion=check.occasion.value,
            checked_at=check.checked_at,
            verified_at=verification.verified_at,
            rule_set=verification.rule_set,
            accepted=verification.accepted,
            result_code=verification.result_code,
            correlation_id=check.correlation_id,
            findings=self._session.seal.seal_json(said, *_identity(CHECK, facility, number), check.occasion.value),
        )

    def checks(self, facility: str, number: ReferralNumber) -> Sequence[StoredCheck]:
        """What the rules said, newest first."""
        rows = self._session.run(_CHECKS, facility=facility, root=number.root, extension=number.extension)
        return [self._check(facility, number, row) for row in rows]

    def put_issued(self, facility: str, issued: Issued) -> None:
        """Insert or replace."""
        number, secrets = issued.number, None
        if issued.key is not None and issued.code is not None:
            said = {"key": issued.key.reveal(), "code": issued.code.reveal()}
            secrets = self._session.seal.seal_json(said, *_identity(ISSUED, facility, number))
        self._session.run(
            _PUT_ISSUED,
            facility=facility,
            root=number.root,
            extension=number.extension,
            saved_at=issued.saved_at,
            secrets=secrets,
            handed_at=issued.handed_at,
            annulled_at=issued.annulled_at,
        )

    def issued(self, facility: str, number: ReferralNumber) -> Issued | None:
        """A referral issued from here, locked until the transaction ends; None when it was not."""
        rows = self._session.run(_ISSUED, facility=facility, root=number.root, extension=number.extension)
        if not rows:
            return None
        saved_at, secrets, handed_at, annulled_at = rows[0]
        said: dict[str, Any] = {}
        if secrets is not None:
            said = self._session.seal.open_json(bytes(secrets), *_identity(ISSUED, facility, number))
        return Issued(
            number=number,
            saved_at=saved_at,
            key=ReferralKey(said["key"]) if said else None,
            code=AccessCode(said["code"]) if said else None,
            handed_at=handed_at,
            annulled_at=annulled_at,
        )

    def _check(self, facility: str, number: ReferralNumber, row: Sequence[Any]) -> StoredCheck:
        occasion, checked_at, verified_at, rule_set, accepted, result_code, correlation_id, findings = row
        said: dict[str, Any] = self._session.seal.open_json(
            bytes(findings), *_identity(CHECK, facility, number), occasion
        )
        when: datetime | None = verified_at
        return StoredCheck(
            number=number,
            occasion=CheckedWhen(occasion),
            checked_at=checked_at,
            verification=Verification(
                accepted=accepted,
                findings=tuple(
                    RuleFinding(each["code"], Severity(each["severity"]), each["text"], each["place"])
                    for each in said["findings"]
                ),
                verified_at=when,
                rule_set=rule_set,
                result_code=result_code,
            ),
            correlation_id=correlation_id,
        )


def _identity(kind: str, facility: str, number: ReferralNumber) -> tuple[str, ...]:
    return kind, facility, number.root, number.extension
