"""The simulator writes its national words down itself, and they are those of the contract and the code tables.

It shares no code with the adapter; this test is what notices when the two drift apart.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from adapter import resources
from adapter.simulator import answers, cer, p1, referrals, registry, waiting
from adapter.simulator.contract import Contract

TABLES = [
    ("national_slot_state.csv", cer.SLOT_STATES),
    ("slot_kind.csv", cer.SLOT_KINDS),
    ("national_visit_state.csv", cer.VISIT_STATES),
    ("visit_origin.csv", cer.ORIGINS),
    ("criterion.csv", cer.CRITERIA),
    ("referral_state.csv", p1.STATES),
    ("payer.csv", p1.PAYERS),
]


def rows(file: str) -> list[dict[str, str]]:
    lines = (resources.mappings() / file).read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize(("file", "words"), TABLES, ids=[row[0] for row in TABLES])
def test_codes_are_those_of_the_tables(file: str, words: dict[str, str]) -> None:
    assert {row["ours"]: row["national"] for row in rows(file) if row["national"]} == words


def test_every_refusal_that_can_be_given_is_in_the_table_of_refusals() -> None:
    known = {row["code"] for row in rows("refusals.csv")}
    given = {answers.MAJOR + code for code in answers.FAULT_MAJORS}
    given |= {answers.MINOR + code for code in answers.FAULT_MINORS}
    given |= {answers.SUCCESS, registry.REFUSED, referrals.TOO_MANY}
    given |= {referrals.DOCUMENT_REFUSED, referrals.RULES_BROKEN}
    for module in (cer, p1, registry, referrals, waiting):
        source = Path(str(module.__file__)).read_text("utf-8")
        minors = re.findall(r'\brefuse\(\s*"(\w+)"', source)
        given |= {"urn:pomost:reconstruction:kod:minor:" + minor for minor in minors}
    assert len(given) > 25
    assert not sorted(given - known)


@pytest.mark.parametrize("module", [cer, p1], ids=["cer", "p1"])
def test_every_operation_of_the_contract_is_answered(module: object) -> None:
    folder = "cer" if module is cer else "p1"
    contract = Contract(resources.wsdl() / folder / module.WSDL_FILE)  # type: ignore[attr-defined]
    assert set(module.HANDLERS) == contract.names  # type: ignore[attr-defined]
