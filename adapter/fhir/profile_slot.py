"""What a Slot must say (docs/fhir-profile.md, Slot)."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.fhir import names
from adapter.fhir.bindings import SLOT_STATUS, code_outside, missing, people_codes, wrong_targets
from adapter.fhir.element import Element
from adapter.fhir.extension_table import check_own
from adapter.fhir.extensions import has_code, only
from adapter.fhir.problems import Problem
from adapter.fhir.reference import target
from adapter.fhir.rules import problem

CAPACITY_MAX = 100
"""Most visits on one slot; the domain's limit too."""


def check_slot(slot: Element) -> Iterator[Problem]:
    """All problems of a Slot beyond its shape."""
    yield from missing(slot, "schedule", "status", "start", "end")
    yield from code_outside(slot, "status", SLOT_STATUS, "FHIR-SLOT-01")
    yield from wrong_targets(slot, "Slot")
    yield from people_codes(slot)
    schedule = slot.child("schedule")
    if schedule is not None and target(schedule.text("reference") or "") is None:
        yield problem("POMOST-ANY-04", slot.at("schedule.reference"))
    kind = slot.child("appointmentType")
    if kind is None or not any(has_code(coding) for coding in kind.children("coding")):
        yield problem("POMOST-SLOT-01", slot.at("appointmentType"))
    starts, ends = slot.moment("start"), slot.moment("end")
    if starts is not None and ends is not None and ends <= starts:
        yield problem("POMOST-SLOT-02", slot.at("end"))
    yield from _capacity(slot)


def _capacity(slot: Element) -> Iterator[Problem]:
    yield from check_own(slot, "Slot")
    for url in (names.EXT_CAPACITY, names.EXT_SMART_CAPACITY):
        extension = only(slot, url)
        if extension is None:
            continue
        name = "valuePositiveInt" if extension.has("valuePositiveInt") else "valueInteger"
        count = extension.number(name)
        if count is not None and not 1 <= count <= CAPACITY_MAX:
            yield problem("POMOST-SLOT-03", extension.at(name))
