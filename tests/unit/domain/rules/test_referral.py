"""Opening an e-referral: R-01, R-09 and R-15."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.domain.entitlement import Category
from adapter.domain.identifiers import AccessByCode, AccessCode, PersonDocument, Pesel
from adapter.domain.referral import Referral
from adapter.domain.rules.referral import code_form, credentials, key_form

PESEL = Pesel("00690100011")


def test_r_01_a_key_opens_it(referral: Referral) -> None:
    assert not credentials(referral, Category.WAITING).refused


@pytest.mark.parametrize("person", [PESEL, PersonDocument("AA1234567")], ids=["PESEL", "passport"])
def test_r_01_a_code_opens_it_with_the_persons_identifier(referral: Referral, person: Pesel | PersonDocument) -> None:
    by_code = replace(referral, access=AccessByCode(AccessCode("1234"), person))
    assert not credentials(by_code, Category.WAITING).refused


def test_r_01_without_credentials_there_is_no_entry(referral: Referral) -> None:
    verdict = credentials(replace(referral, access=None), Category.WAITING)
    assert (verdict.refused, verdict.rule, verdict.code) == (True, "R-01", "E-R-ACCESS")


def test_r_01_without_a_referral_there_is_no_entry() -> None:
    assert credentials(None, Category.WAITING).code == "E-R-ACCESS"
    assert credentials(None, Category.PRIVILEGED).code == "E-R-ACCESS"


def test_r_01_is_not_asked_where_no_referral_is_needed_or_it_is_ours_already(referral: Referral) -> None:
    assert not credentials(None, Category.WAITING, needed=False).refused
    assert not credentials(replace(referral, access=None), Category.WAITING, held=True).refused
    assert not credentials(None, Category.CONTINUING).refused


def test_r_15_emergencies_need_no_referral() -> None:
    verdict = credentials(None, Category.EMERGENCY)
    assert (verdict.refused, verdict.rule) == (False, "R-15")


# text            code          why
KEYS = [
    ("1" * 44, "", "44 digits"),
    ("0" * 44, "", "zeros count"),
    ("1" * 43, "E-R-KEYFMT", "43 digits"),
    ("1" * 45, "E-R-KEYFMT", "45 digits"),
    ("1" * 43 + "a", "E-R-KEYFMT", "a letter"),
    ("١" * 44, "E-R-KEYFMT", "digits of another script"),
    ("", "E-R-KEYFMT", "empty"),
]


@pytest.mark.parametrize(("text", "code", "why"), KEYS, ids=[row[2] for row in KEYS])
def test_r_09_form_of_the_key(text: str, code: str, why: str) -> None:
    verdict = key_form(text)
    assert (verdict.rule, verdict.code) == ("R-09", code), why
    assert not text or text not in verdict.text_en + verdict.text_pl


# text     code            why
CODES = [
    ("0042", "", "leading zeros are kept"),
    ("1234", "", "4 digits"),
    ("12a4", "E-R-CODEFMT", "a letter"),
    ("123", "E-R-CODEFMT", "3 digits"),
    ("12345", "E-R-CODEFMT", "5 digits"),
    (" 123", "E-R-CODEFMT", "a blank"),
]


@pytest.mark.parametrize(("text", "code", "why"), CODES, ids=[row[2] for row in CODES])
def test_r_09_form_of_the_code(text: str, code: str, why: str) -> None:
    assert code_form(text).code == code, why


def test_r_09_a_code_is_kept_as_text() -> None:
    assert AccessCode("0042").reveal() == "0042"
