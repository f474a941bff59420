"""Opening a referral and what of it stands: R-01, R-09, R-10, R-12 to R-15."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.identifiers import AccessByCode, AccessCode, PersonDocument, Pesel
from adapter.domain.referral import Referral, ReferralState
from adapter.domain.register import AdmissionSchedule, Care, Entry, EntryReferral, ReferralWay, Removal
from adapter.domain.rules import referral as referrals
from adapter.domain.rules.referral import code_form, credentials, key_form, told_to_cer

MakeEntry = Callable[..., Entry]
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


# way                     identified  noted  offline  code          why
WAYS = [
    (ReferralWay.KEY, False, False, False, "", "the key"),
    (ReferralWay.CODE, True, False, False, "", "code and PESEL"),
    (ReferralWay.CODE, False, False, False, "E-R-ACCESS", "code without PESEL or document"),
    (ReferralWay.PAPER, False, False, False, "", "the paper original, R-02 awaits it"),
    (ReferralWay.NONE, False, False, False, "E-R-ACCESS", "neither way"),
    (ReferralWay.PRINTOUT, False, True, False, "E-R-ACCESS", "a printout is not the referral"),
    (ReferralWay.PRINTOUT, False, True, True, "", "a printout, noted while P1 is away"),
    (ReferralWay.PRINTOUT, False, False, True, "E-R-ACCESS", "a printout that nobody wrote down"),
]


@pytest.mark.parametrize(("way", "identified", "noted", "offline", "code", "why"), WAYS, ids=[row[5] for row in WAYS])
def test_r_01_r_13_the_two_ways(
    new_entry: MakeEntry, *, way: ReferralWay, identified: bool, noted: bool, offline: bool, code: str, why: str
) -> None:
    shown = EntryReferral("REF0000000000000000001", way, person_identified=identified, noted=noted)
    verdict = referrals.opened(new_entry(referral=shown, offline_pending=offline))
    assert verdict.code == code, why
    expected = {ReferralWay.PRINTOUT: "R-07" if not code else "R-13"}.get(way, "R-01")
    assert verdict.rule == expected


def test_r_15_who_needs_no_referral(new_entry: MakeEntry) -> None:
    """Category 6 without referral -> ok; category 2 without -> E-R-ACCESS; services without one -> ok."""
    assert referrals.opened(new_entry(category=Category.EMERGENCY, referral=None)).rule == "R-15"
    assert referrals.opened(new_entry(referral=None)).code == "E-R-ACCESS"
    assert not referrals.opened(new_entry(category=Category.CONTINUING, referral=None)).code
    free = AdmissionSchedule("S2", Care.AMBULATORY, "mammography", referral_needed=False)
    assert not referrals.opened(new_entry(schedule=free, referral=None)).code
    assert not referrals.information_sheet(new_entry()).code


def test_r_14_the_entry_holds_the_identifier(new_entry: MakeEntry) -> None:
    """Service on referral, id null -> E-D-REF. Paper has none; an offline entry gets it later."""
    nameless = EntryReferral("", ReferralWay.KEY)
    assert referrals.numbered(new_entry(referral=nameless)).code == "E-D-REF"
    assert referrals.numbered(new_entry(referral=None)).code == "E-D-REF"
    assert not referrals.numbered(new_entry(referral=nameless), to_come=True).code
    assert not referrals.numbered(new_entry()).code
    assert not referrals.numbered(new_entry(referral=EntryReferral("", ReferralWay.PAPER))).code
    assert not referrals.numbered(new_entry(referral=nameless, offline_pending=True)).code
    assert not referrals.numbered(new_entry(referral=None, category=Category.EMERGENCY)).code


def test_r_12_the_urgent_mark_proposes_urgent() -> None:
    """ "przypadek pilny" -> criterion urgent; absent -> stable proposed."""
    marked = referrals.proposed_criterion(EntryReferral(urgent=True))
    assert (marked.criterion, marked.verdict.code) == (Criterion.URGENT, "AUTO-R-URGENT")
    plain = referrals.proposed_criterion(EntryReferral())
    assert (plain.criterion, plain.verdict.code, plain.verdict.rule) == (Criterion.STABLE, "", "R-12")


def test_r_10_the_content_is_immutable() -> None:
    """PATCH reasonCode 2026-03-02 -> E-R-IMMUTABLE, naming the field."""
    refused = referrals.content_unchanged({"reasonCode"})
    assert refused.code == "E-R-IMMUTABLE"
    assert "reasonCode" in refused.text_en
    assert not referrals.content_unchanged(set()).code


@pytest.mark.parametrize("state", list(ReferralState))
def test_r_10_an_annulled_referral_of_an_open_entry_is_relinked(new_entry: MakeEntry, state: ReferralState) -> None:
    asked = "TASK-R-RELINK" if state is ReferralState.ANNULLED else ""
    assert referrals.annulled(new_entry(), state).code == asked
    removal = Removal(date(2026, 3, 5), "RESIGNED", datetime(2026, 3, 5, 9, tzinfo=UTC), "clerk-1")
    assert not referrals.annulled(new_entry(removal=removal), state).code


def test_a_visit_that_cer_has_under_the_former_referral_is_for_a_person() -> None:
    assert told_to_cer(in_cer=True).code == "TASK-R-CER"
    assert told_to_cer(in_cer=False).code == ""
