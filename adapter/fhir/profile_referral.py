"""What a ServiceRequest must say to be an e-referral (docs/fhir-profile.md, ServiceRequest)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.fhir import names
from adapter.fhir.bindings import (
    REQUEST_INTENT,
    REQUEST_ORDER_INTENT,
    REQUEST_PRIORITY,
    REQUEST_STATUS,
    code_outside,
    missing,
    people_codes,
    pointed_type,
    wrong_targets,
)
from adapter.fhir.diagnosis import wrong_diagnoses
from adapter.fhir.element import Element
from adapter.fhir.extension_table import check_own
from adapter.fhir.extensions import only
from adapter.fhir.problems import Problem
from adapter.fhir.reference import target
from adapter.fhir.rules import problem

_NUMBER = re.compile(r"[0-9A-Za-z]{22}")
_KEY = re.compile(r"[0-9]{44}", re.ASCII)
_CODE = re.compile(r"[0-9]{4}", re.ASCII)
_CRITERIA = frozenset({"routine", "urgent"})


def check_referral(request: Element) -> Iterator[Problem]:
    """All problems of a ServiceRequest beyond its shape."""
    yield from missing(request, "status", "intent", "subject")
    yield from code_outside(request, "status", REQUEST_STATUS, "FHIR-SERVICEREQUEST-01")
    yield from code_outside(request, "intent", REQUEST_INTENT, "FHIR-SERVICEREQUEST-02")
    yield from code_outside(request, "priority", REQUEST_PRIORITY, "FHIR-SERVICEREQUEST-03")
    yield from wrong_targets(request, "ServiceRequest")
    yield from people_codes(request)
    yield from check_own(request, "ServiceRequest")
    if request.content.get("doNotPerform") not in {None, False}:
        yield problem("POMOST-SERVICEREQUEST-01", request.at("doNotPerform"))
    if request.text("intent") in REQUEST_INTENT - REQUEST_ORDER_INTENT:
        yield problem("POMOST-SERVICEREQUEST-02", request.at("intent"))
    yield from _criterion(request)
    yield from _subject(request)
    yield from _credentials(request)
    yield from _form(request)
    yield from wrong_diagnoses(request)


def _criterion(request: Element) -> Iterator[Problem]:
    if not request.has("priority"):
        yield problem("POMOST-SERVICEREQUEST-04", request.at("priority"))
    elif request.text("priority") in REQUEST_PRIORITY - _CRITERIA:
        yield problem("POMOST-SERVICEREQUEST-03", request.at("priority"))


def _subject(request: Element) -> Iterator[Problem]:
    subject = request.child("subject")
    if subject is None:
        return
    if target(subject.text("reference") or "") is None or pointed_type(subject) not in {"Patient", ""}:
        yield problem("POMOST-ANY-04", request.at("subject.reference"))


def _credentials(request: Element) -> Iterator[Problem]:
    counts = {"number": 0, "key": 0, "code": 0}
    for one in request.children("identifier"):
        system, value = one.text("system") or "", one.text("value") or ""
        kind, form, rule = "", _NUMBER, ""
        if names.REFERRAL_NUMBER.fullmatch(system):
            kind, form, rule = "number", _NUMBER, "POMOST-SERVICEREQUEST-05"
        elif system == names.REFERRAL_KEY:
            kind, form, rule = "key", _KEY, "POMOST-SERVICEREQUEST-06"
        elif system == names.ACCESS_CODE:
            kind, form, rule = "code", _CODE, "POMOST-SERVICEREQUEST-07"
        if not kind:
            continue
        counts[kind] += 1
        if not form.fullmatch(value):
            yield problem(rule, one.at("value"))
    if max(counts.values()) > 1:
        yield problem("POMOST-SERVICEREQUEST-08", request.at("identifier"))


def _form(request: Element) -> Iterator[Problem]:
    """A paper original is told of a referral on paper only."""
    paper, form = only(request, names.EXT_PAPER_REFERRAL), only(request, names.EXT_REFERRAL_FORM)
    if paper is not None and form is not None and form.text("valueCode") not in {"paper", None}:
        yield problem("POMOST-SERVICEREQUEST-09", paper.path)
