"""What is told once: the refusal that says what to do."""

from __future__ import annotations

from adapter.domain.rules.catalogue import CATALOGUE
from adapter.domain.rules.said_once import SAYS_IT, said_once
from adapter.domain.rules.verdict import Verdict


def no(rule: str, code: str) -> Verdict:
    return CATALOGUE[rule].refuse(code, "popraw", "mend it")


def answers(*told: Verdict) -> list[str]:
    return [one.rule for one in said_once(told)]


def test_every_pair_is_of_the_book() -> None:
    pairs = {pair for says, less in SAYS_IT.items() for pair in (says, *less)}
    assert all(code in CATALOGUE[rule].codes for rule, code in pairs)


def test_a_missing_reason_of_a_change_is_one_mistake() -> None:
    alike = no("N-01", "E-N-CAUSE"), no("M-01", "E-M-REASON"), no("M-06", "E-N-CAUSE"), no("D-01", "E-D-ADDR")
    assert answers(*alike) == ["M-01", "D-01"]


def test_what_nothing_else_says_is_told() -> None:
    assert answers(no("N-01", "E-N-CAUSE"), no("M-01", "E-D-AUTHOR")) == ["N-01", "M-01"]
    assert answers(no("R-14", "E-D-REF")) == ["R-14"]


def test_only_refusals_are_spared_and_only_refusals_spare() -> None:
    way = CATALOGUE["N-01"].ask_person("TASK-N-UNREACHABLE", "ustal", "find a way")
    assert answers(no("M-01", "E-M-REASON"), way) == ["M-01", "N-01"]
    assert answers(CATALOGUE["M-01"].allow(), no("M-06", "E-N-CAUSE")) == ["M-01", "M-06"]


def test_a_printout_is_told_as_what_it_is() -> None:
    assert answers(no("R-01", "E-R-ACCESS"), no("R-13", "E-R-ACCESS"), no("R-14", "E-D-REF")) == ["R-13"]
