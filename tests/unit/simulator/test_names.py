"""The simulator writes its national words down itself, and they are those of the contract and the code tables.

It shares no code with the adapter; this test is what notices when the two drift apart.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from adapter import resources
from adapter.simulator import answers, calendar, cer, cer_second, p1, referrals, registry, waiting
from adapter.simulator.contract import Contract
from adapter.simulator.contracts import wsdl_of
from adapter.simulator.dialect import DIALECTS, dialect_of

FIRST = resources.mappings()
SECOND = resources.fixtures() / "contracts" / "second"
TABLES = [
    *(
        (folder, file, getattr(module, name))
        for folder, module in ((FIRST, cer), (SECOND / "mappings", cer_second))
        for file, name in (
            ("national_slot_state.csv", "SLOT_STATES"),
            ("slot_kind.csv", "SLOT_KINDS"),
            ("national_visit_state.csv", "VISIT_STATES"),
            ("visit_origin.csv", "ORIGINS"),
            ("criterion.csv", "CRITERIA"),
        )
    ),
    (FIRST, "referral_state.csv", p1.STATES),
    (FIRST, "payer.csv", p1.PAYERS),
]


def rows(path: Path) -> list[dict[str, str]]:
    lines = path.read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize(("folder", "file", "words"), TABLES, ids=[f"{row[1]}-{row[0].parent.name}" for row in TABLES])
def test_codes_are_those_of_the_tables(folder: Path, file: str, words: dict[str, str]) -> None:
    assert {row["ours"]: row["national"] for row in rows(folder / file) if row["national"]} == words


def calendar_minors() -> set[str]:
    """Words of all refusals that CeR can give."""
    sources = [
        Path(str(module.__file__)).read_text("utf-8") for module in (calendar, cer, cer_second, registry, waiting)
    ]
    return {word for source in sources for word in re.findall(r'\brefuse\(\s*"(\w+)"', source)}


def test_the_second_contract_has_a_number_for_every_refusal_and_fault_and_its_table_knows_it() -> None:
    table = {row["code"]: row["like"] for row in rows(SECOND / "refusals.csv")}
    assert set(cer_second.MINORS) >= calendar_minors()
    said = {number: code for code, number in cer_second.MAJORS.items()}
    said |= {number: "urn:pomost:reconstruction:kod:minor:" + word for word, number in cer_second.MINORS.items()}
    said |= {code: answers.MAJOR + name for name, code in cer_second.FAULT_CODES.items()}
    said |= {code: answers.MINOR + name for name, code in cer_second.FAULT_SUBCODES.items()}
    assert said == table


def test_every_refusal_that_can_be_given_is_in_the_table_of_refusals() -> None:
    known = {row["code"] for row in rows(FIRST / "refusals.csv")}
    given = {answers.MAJOR + code for code in answers.FAULT_MAJORS}
    given |= {answers.MINOR + code for code in answers.FAULT_MINORS}
    given |= {answers.SUCCESS, registry.REFUSED, referrals.TOO_MANY}
    given |= {referrals.DOCUMENT_REFUSED, referrals.RULES_BROKEN}
    for module in (calendar, cer, p1, registry, referrals, waiting):
        source = Path(str(module.__file__)).read_text("utf-8")
        minors = re.findall(r'\brefuse\(\s*"(\w+)"', source)
        given |= {"urn:pomost:reconstruction:kod:minor:" + minor for minor in minors}
    assert len(given) > 25
    assert not sorted(given - known)


@pytest.mark.parametrize(
    ("contract", "system"), [("first", "cer"), ("second", "cer"), ("first", "p1")], ids=["first", "second", "p1"]
)
def test_every_operation_of_the_contract_is_answered(contract: str, system: str) -> None:
    served = Contract(wsdl_of(system, contract))
    dialect = dialect_of(system, served)
    assert set(dialect.handlers) == served.names == set(dialect.verbs.values())


def test_both_contracts_of_cer_have_the_same_verbs_and_no_name_in_common() -> None:
    first, second = (dialect for dialect in DIALECTS if dialect.system == "cer")
    assert list(first.verbs) == list(second.verbs)
    assert not set(first.verbs.values()) & set(second.verbs.values())
