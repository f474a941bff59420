"""Referral documents: what is written is read back; what breaks a rule is found (p1.md 3.3, 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from adapter.simulator.documents import Author, Facts, read, verify, write

NODE = "2.16.840.1.113883.3.4424.2.7.999"
FACTS = Facts(
    root=f"{NODE}.4.1",
    extension="1000000000000000000001",
    person_root="2.16.840.1.113883.3.4424.1.1.616",
    person_extension="12670112345",
    given="Anna <&> Ąćę",
    family='Test"owa',
    podmiot="000000927722",
    podmiot_name="Poradnia & Spółka",
    author=Author("5425740", "Lek. Testowy"),
    issued_on=date(2026, 11, 1),
    diagnosis="I10",
    specialty="1100",
    urgent=True,
)


def test_what_is_written_is_read_back() -> None:
    assert read(write(FACTS)) == FACTS


RULES = [
    (FACTS, [("REG.WER.213", "positive")], True, "nothing is wrong"),
    (replace(FACTS, extension="1"), [("REG.WER.213", "error")], False, "the number has not 22 characters"),
    (replace(FACTS, root="1.2.3"), [("REG.WER.376", "error")], False, "another facility's node"),
    (replace(FACTS, diagnosis=""), [("REG.WER.1544", "error")], False, "no diagnosis"),
]


@pytest.mark.parametrize(("facts", "found", "accepted"), [r[:3] for r in RULES], ids=[r[3] for r in RULES])
def test_rules(facts: Facts, found: list[tuple[str, str]], accepted: bool) -> None:
    findings, judged = verify(facts, NODE, ())
    assert [(finding.code, finding.severity) for finding in findings] == found
    assert judged is accepted


NOT_DOCUMENTS = [
    (b"", "nothing"),
    (b"<a/>", "another element"),
    (b'<!DOCTYPE a><ClinicalDocument xmlns="urn:hl7-org:v3"/>', "a document type"),
    (b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>', "no number"),
    (write(FACTS).replace(b'value="20261101"', b'value=""'), "no date"),
]


@pytest.mark.parametrize("document", [row[0] for row in NOT_DOCUMENTS], ids=[row[1] for row in NOT_DOCUMENTS])
def test_what_is_no_referral_document(document: bytes) -> None:
    with pytest.raises(ValueError):
        read(document)
