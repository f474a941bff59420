"""The book of referrals: what P1's rules said comes back, and nothing of it lies open in the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapter.domain.identifiers import AccessCode, ReferralKey, ReferralNumber
from adapter.domain.referral import RuleFinding, Severity, Verification
from adapter.errors import AdapterError
from adapter.ports.referral_book import CheckedWhen, Issued, StoredCheck
from adapter.store.engine import Database
from adapter.store.unit_of_work import SqlStore

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
NUMBER = ReferralNumber("2.16.840.1.113883.3.4424.2.7.999.4.1", "0000000000SK0000000001")
OTHER = replace(NUMBER, extension="0000000000SK0000000002")
FINDINGS = (
    RuleFinding("REG.WER.3804", Severity.WARNING, "podobne: 0000000000SK0000000009", "/ClinicalDocument/id"),
    RuleFinding("REG.WER.4059", Severity.ERROR, "Jan Testowy"),
)
CHECK = StoredCheck(NUMBER, CheckedWhen.READ, NOW, Verification(True, FINDINGS, NOW, "0.1", "urn:x"), "c-1")


def test_the_last_word_on_each_occasion_is_kept_sealed(store: SqlStore, database: Database) -> None:
    later = replace(CHECK, occasion=CheckedWhen.VERIFIED, checked_at=NOW.replace(hour=11))
    with store.unit_of_work() as work:
        work.referrals.put_check("demo", replace(CHECK, verification=Verification(False)))
        work.referrals.put_check("demo", CHECK)
        work.referrals.put_check("demo", later)
        work.commit()
    with store.unit_of_work() as work:
        assert list(work.referrals.checks("demo", NUMBER)) == [later, CHECK]
        assert list(work.referrals.checks("demo", OTHER)) == []
        assert list(work.referrals.checks("north", NUMBER)) == []
    with database.engine.connect() as connection:
        raw = str(connection.exec_driver_sql("SELECT * FROM referral_check").all())
    assert "Testowy" not in raw
    assert "3804" not in raw


def test_secrets_of_an_issued_referral_are_sealed_for_their_row_and_erased(
    store: SqlStore, database: Database
) -> None:
    issued = Issued(NUMBER, NOW, ReferralKey("1003" + "7" * 40), AccessCode("0042"))
    with store.unit_of_work() as work:
        work.referrals.put_issued("demo", issued)
        work.commit()
    with database.engine.connect() as connection:
        (secrets,) = connection.exec_driver_sql("SELECT secrets FROM issued_referral").one()
    assert b"7777" not in bytes(secrets)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE issued_referral SET extension = '{OTHER.extension}'")
    with store.unit_of_work() as work, pytest.raises(AdapterError):
        work.referrals.issued("demo", OTHER)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE issued_referral SET extension = '{NUMBER.extension}'")
    with store.unit_of_work() as work:
        assert work.referrals.issued("demo", NUMBER) == issued
        work.referrals.put_issued("demo", replace(issued, key=None, code=None, handed_at=NOW))
        work.commit()
    with store.unit_of_work() as work:
        assert work.referrals.issued("demo", NUMBER) == Issued(NUMBER, NOW, handed_at=NOW)
        assert work.referrals.issued("demo", OTHER) is None
