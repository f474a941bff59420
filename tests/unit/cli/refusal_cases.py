"""One document for each refusal of the rule book: the example entry with something wrong, and the word that names it.

``changes`` are put into ``fixtures/rules/entry.json``: a dotted name is a field inside.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).resolve().parents[3] / "fixtures" / "rules" / "entry.json"
AT = "2026-03-02T12:05:00+01:00"
RIGHT = {
    "code": "47CC",
    "verified_by": "clerk-1",
    "verified_at": "2026-03-02T09:00:00+01:00",
    "document": {"kind": "zaświadczenie", "number": "1", "issued_on": "2026-02-20"},
}
VISIT = {
    "id": "A1",
    "state": "booked",
    "patient_id": "P1",
    "reported_at": "2026-03-02T12:00:00+01:00",
    "starts": "2026-03-10T10:00:00+01:00",
    "ends": "2026-03-10T10:20:00+01:00",
}
KEY = {"key": "1" * 44}
KNOWN = {"id": "X1", "provider": "OTHER", "service": "1200", "category": 2}
MOVED = {"before": "2026-06-01", "after": "2026-07-01", "at": AT, "by": "Jan Testowy", "cause": "provider"}
RAISED = {"before": 2, "after": 2, "at": AT, "by": "Jan Testowy", "term_moved": True}
ENDED = {"on": "2026-03-02", "reason": "RESIGNED", "at": AT, "by": "Jan Testowy"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is wrong, which rule says so with which code, and a word of the Polish text that names field or table."""

    rule: str
    code: str
    names: str
    changes: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.rule} {self.code}"


def document(changes: dict[str, Any]) -> dict[str, Any]:
    """The example entry, changed."""
    found: dict[str, Any] = json.loads(EXAMPLE.read_text("utf-8"))
    for name, value in changes.items():
        *way, last = name.split(".")
        place = found
        for step in way:
            place = place.setdefault(step, {})
        place[last] = value
    return found


def entry(rule: str, code: str, names: str, **fields: Any) -> Refusal:
    """A case about the entry itself; a double underscore stands for a dot."""
    return Refusal(rule, code, names, {f"entry.{name.replace('__', '.')}": value for name, value in fields.items()})


def act(rule: str, code: str, names: str, section: dict[str, Any], **fields: Any) -> Refusal:
    """A case about an act on the entry."""
    about = {f"entry.{name.replace('__', '.')}": value for name, value in fields.items()}
    return Refusal(rule, code, names, {**about, **section})


def booking(rule: str, code: str, names: str, visit: dict[str, Any] | None = None, **fields: Any) -> Refusal:
    """A case about a booking."""
    return Refusal(
        rule, code, names, {"entry": None, "booking": {"visit": {**VISIT, **(visit or {})}, "access": KEY, **fields}}
    )


SAME_DAY = {"category": 1, "criterion": None, "term": "2026-03-02"}
ONCOLOGY = {"category": 3, "criterion": None, "diagnosis": "C50", "dilo": {"number": "D-1", "stage": "1"}}
PRIVILEGED = {"category": 4, "criterion": None, "term": "2026-03-09", "entitlement": RIGHT}
CONTINUING = {"category": 5, "criterion": None, "term": "2026-12-31", "plan": "CarePlan/1"}
REHABILITATION = {"schedule__specialities": ["rehabilitation"]}

REFUSALS = [
    entry("G-01", "E-SCOPE", "harmonogram", schedule__care="primary"),
    Refusal("G-03", "E-NO-DELETE", "datę i przyczynę", {"entry": None, "deletion": True}),
    Refusal("G-06", "E-X-REASON", "przyczynę", {"entry": None, "provider_cancels": {"reason": ""}}),
    act("C-01", "E-CAT-LIST", "kategori", {"context.waiting_room": True}, **SAME_DAY),
    entry("C-01", "E-CAT-NONE", "kategorię", category=7),
    entry("C-02", "E-CAT-MISMATCH", "kategorię", category=4, criterion=None),
    entry("C-03", "E-CRIT-MISSING", "kryteri", criterion=None),
    entry("C-03", "E-CRIT-ONCO", "kryterium", **{**ONCOLOGY, "criterion": "urgent"}),
    entry("C-05", "E-PRIV-BASIS", "uprawnieni", category=4, criterion=None, term="2026-03-09"),
    entry("C-07", "E-CAT1-EXCL", "kategoria", **SAME_DAY, emergency=True),
    act("C-08", "E-D-AUTHOR", "imię i nazwisko", {"category_change": {**RAISED, "after": 5, "by": ""}}),
    entry("D-01", "E-D-ENTRYTS", "wpisu", entered_at="2026-03-03T12:00:00+01:00"),
    entry("D-01", "E-D-NAME", "imię i nazwisko", person__family=""),
    entry("D-01", "E-D-ID", "PESEL", person__identifier=None),
    entry("D-01", "E-D-DX", "rozpoznanie", diagnosis=""),
    entry("D-01", "E-D-ICD", "rozpoznani", diagnosis="", schedule__specialities=["ambulatory-physiotherapy"]),
    entry("D-01", "E-D-ADDR", "adres", person__address=""),
    entry("D-01", "E-D-CONTACT", "telefon", person__phone=""),
    entry("D-01", "E-D-AUTHOR", "imię i nazwisko", entered_by=""),
    entry("D-01", "E-D-DATE", "termin", **{**PRIVILEGED, "term": None}),
    entry("D-01", "E-D-SCHED", "identyfikator", schedule__id="X"),
    entry("D-02", "E-D-DILO", "karty DILO", **{**ONCOLOGY, "dilo": {"number": ""}}),
    entry("D-04", "E-D-PESEL", "PESEL", person__identifier={"pesel": "00690100012"}),
    entry("P-01", "E-P-DATE", "termin", term="2026-09"),
    entry("P-02", "E-P-PRECISION", "datę", term="2026-W30"),
    act("P-03", "P-FIX-OVERDUE", "dat", {"daily": True, "now": "2026-08-31T12:00:00+02:00"}, term="2026-W37"),
    act("P-04", "E-M-REASON", "przyczynę", {"term_change": {**MOVED, "before": "2026-W37"}}, term="2026-W37"),
    entry("P-06", "E-P-RES", "znacznik", reserved=True, offer={"offered": "2026-06-01", "chosen": "2026-06-01"}),
    entry("P-08", "E-P-CATDATE", "kategorię", **{**SAME_DAY, "term": "2026-03-03"}),
    act("M-01", "E-M-REASON", "przyczyny", {"term_change": MOVED}),
    act("M-01", "E-D-AUTHOR", "imię i nazwisko", {"term_change": {**MOVED, "reason": "UNFORESEEN", "by": ""}}),
    act("M-02", "E-JUST-MISSING", "uzasadnienie", {"term_change": {**MOVED, "reason": "CRITERION"}}),
    act("M-03", "E-JUST-MISSING", "uzasadnienie", {"category_change": {**RAISED, "after": 5}}),
    Refusal(
        "M-05",
        "E-M-DIRECTION",
        "termin",
        {
            "entry": None,
            "health_report": {
                "reported_on": "2026-03-02",
                "before": "2026-06-01",
                "accepted_on": "2026-03-02",
                "criteria_met": True,
                "after": "2026-07-01",
            },
        },
    ),
    Refusal(
        "M-06",
        "E-N-CAUSE",
        "przyczynę",
        {"entry": None, "unforeseen": {"before": "2026-06-01", "after": "2026-06-08", "cause": ""}},
    ),
    act("X-01", "E-X-REASON", "przyczynę", {"removal": {**ENDED, "reason": ""}}),
    act("X-01", "E-X-DATE", "data", {"removal": {**ENDED, "on": "2026-02-27"}}),
    act("X-02", "E-X-REASON", "mappings/removal_reasons.csv", {"removal": {**ENDED, "reason": "4"}}),
    act("X-02", "E-X-TEXT", "opis", {"removal": {**ENDED, "reason": "OTHER"}}),
    act(
        "X-03",
        "E-X-DATE",
        "dat",
        {"removal": {**ENDED, "reason": "SERVICE_DONE"}},
        service_started="2026-03-01T10:00:00+01:00",
    ),
    entry("R-01", "E-R-ACCESS", "klucz", referral=None),
    act("R-04", "E-R-P1", "skierowani", {"p1_answer": "refused"}),
    act("R-04", "E-U-DUP", "skierowani", {"p1_answer": "elsewhere"}),
    entry("R-07", "E-R-ACCESS", "skierowani", offline_pending=True),
    Refusal("R-09", "E-R-KEYFMT", "klucz", {"access.key": "1" * 45}),
    Refusal("R-09", "E-R-CODEFMT", "kod", {"access.code": "12a4"}),
    Refusal("R-10", "E-R-IMMUTABLE", "skierowani", {"entry": None, "referral_patch": {"fields": ["reasonCode"]}}),
    entry("R-13", "E-R-ACCESS", "klucz", referral={"way": "printout", "number": "R"}),
    entry("R-14", "E-D-REF", "identyfikator", referral={"way": "key", "number": ""}),
    act("U-01", "E-U-DUP", "wpis", {"context.known": [KNOWN]}),
    act("U-02", "E-U-DUP", "skierowanie", {"context.known": [{**KNOWN, "referral_number": "R2"}]}),
    act("U-03", "E-U-DUP", "rehabilitacji", {"context.known": [KNOWN]}, **REHABILITATION),
    entry("U-04", "E-K-LIST", "list", **CONTINUING, number=3),
    act(
        "U-05",
        "E-U-PROC",
        "wpis",
        {"context.provider": "OTHER", "context.known": [{**KNOWN, "procedure": "13.41", "cell": "002"}]},
    ),
    entry("V-01", "E-PRIV-SCOPE", "uprawnieni", **{**PRIVILEGED, "entitlement": {**RIGHT, "code": "DEFENCE"}}),
    entry("V-03", "E-PRIV-7WD", "termin", **{**PRIVILEGED, "term": "2026-03-12"}),
    act("V-04", "E-PRIV-WAITROOM", "uprawnieni", {"context.waiting_room": True}, **PRIVILEGED),
    booking(
        "V-06", "E-PRIV-SELF", "termin", {"category": 4, "entitlement": RIGHT}, kind="privileged", by_patient=True
    ),
    booking(
        "V-06", "E-PRIV-UNVERIFIED", "dokument", {"category": 4, "entitlement": {"code": "47CC"}}, kind="privileged"
    ),
    entry(
        "V-10",
        "E-PRIV-BASIS",
        "dokument",
        **{**PRIVILEGED, "entitlement": {**RIGHT, "document": {"kind": "zaświadczenie", "valid_until": "2026-03-01"}}},
    ),
    entry("V-12", "E-PRIV-SCOPE", "uprawnieni", **{**PRIVILEGED, "entitlement": {**RIGHT, "code": "24A"}}),
    act("K-01", "E-K-REENTER", "dane", {"re_entry": {"first_visit": "2026-02-27", "plan": "CarePlan/1"}}),
    act("K-03", "E-K-ENDDATE", "datę", {"removal": {**ENDED, "reason": "SERVICE_DONE"}}, **CONTINUING),
    entry("K-04", "E-K-DRUG", "kategorii 5", **SAME_DAY, schedule__specialities=["drug-programme"]),
    entry("O-01", "E-CRIT-ONCO", "kryterium", **{**ONCOLOGY, "criterion": "stable"}),
    entry("O-02", "E-CAT-MISMATCH", "kategoria 2", **{**ONCOLOGY, "diagnosis": "C44.3"}),
    act(
        "S-01",
        "E-S-DENTAL",
        "dzień",
        {
            "removal": {**ENDED, "reason": "SERVICE_DONE"},
            "context.impressions_on": "2026-03-01",
            "context.settled_on": "2026-03-02",
        },
        schedule__specialities=["dental-appliance"],
    ),
    entry("E-02", "E-E-FLAG", "dat", original_report_date="2025-06-10"),
    act(
        "E-06",
        "E-E-LATE",
        "wniosek",
        {"reinstatement": {"cause_ended_on": "2026-02-02", "requested_on": "2026-03-02", "plausible": True}},
        removal={**ENDED, "reason": "NO_SHOW"},
    ),
    act(
        "E-06",
        "E-E-NOSHOW",
        "przyczynę",
        {"reinstatement": {"cause_ended_on": "2026-03-01", "requested_on": "2026-03-02"}},
        removal=ENDED,
    ),
    Refusal("N-01", "E-N-CAUSE", "przyczynę", {"notice": {"text": "", "cause": ""}}),
    Refusal("N-05", "E-N-NOTICE", "NFZ", {"notice": {"text": "Termin wizyty: 1.06.2026"}}),
    Refusal("Z-02", "E-Z-CONSENT", "zgody", {"entry": None, "report": {"weekly": True}}),
    Refusal("Z-07", "E-Z-DATA", "dane", {"entry": None, "report": {"fields": ["given", "diagnosis"]}}),
    booking("I-02", "E-CER-LOCAL", "CeR", service="1100", through_cer=False),
    booking("I-03", "E-CER-CHANNEL", "sposób", channel="fax"),
    Refusal(
        "I-06", "E-CER-SLOT-HAS-VISIT", "slotu", {"entry": None, "surplus_slot": {"way": "delete", "has_visit": True}}
    ),
    booking("I-07", "E-CER-KIND", "rodzaj", kind="urgent"),
]
"""Every rule that refuses, with every code that it refuses with."""
