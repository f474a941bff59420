"""The profile's closed lists are the domain's enumerations, and no code of theirs is without words."""

from __future__ import annotations

from enum import StrEnum

import pytest

from adapter.domain.paper_referral import PostingChannel
from adapter.domain.register import Care, Route, Speciality, TermChangeCause
from adapter.fhir import code_lists
from adapter.fhir.code_lists import CODE_LISTS, CodeList
from adapter.mapping.entry import ANSWERS
from adapter.mapping.referral import INFORMATION_SHEET, PAPER

SAME = [
    (code_lists.CARE, Care),
    (code_lists.ROUTE, Route),
    (code_lists.SPECIALITY, Speciality),
    (code_lists.TERM_CHANGE_CAUSE, TermChangeCause),
    (code_lists.POSTING_CHANNEL, PostingChannel),
]


@pytest.mark.parametrize(("listed", "kind"), SAME, ids=[row[0].name for row in SAME])
def test_a_list_is_the_enumeration_of_the_domain(listed: CodeList, kind: type[StrEnum]) -> None:
    assert listed.codes == {member.value for member in kind}


def test_the_answers_and_the_forms_are_all_read() -> None:
    assert set(ANSWERS) == code_lists.OFFER_ANSWER.codes
    assert code_lists.REFERRAL_FORM.codes == {PAPER, INFORMATION_SHEET, "electronic"}


@pytest.mark.parametrize("listed", CODE_LISTS, ids=lambda one: one.name)
def test_each_code_stands_once_with_words_in_both_languages(listed: CodeList) -> None:
    assert len(listed.codes) == len(listed.rows)
    assert all(pl and en for _, pl, en in listed.rows)
