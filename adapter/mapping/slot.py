"""FHIR Slot -> our Slot (docs/fhir-profile.md, Slot), and a slot's state as CeR should hold it."""

from __future__ import annotations

from datetime import date

from adapter.domain.national import NationalSlotState
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.errors import BadInput
from adapter.fhir import names
from adapter.fhir.element import Element
from adapter.fhir.extensions import only
from adapter.fhir.need import need
from adapter.fhir.profile_slot import check_slot
from adapter.fhir.reference import local_id
from adapter.mapping.problems import AMBIGUOUS, UNMAPPED, Problems, Resource, codings, element_of
from adapter.mapping.tables import Tables


def slot_from_fhir(resource: Resource, tables: Tables, on: date) -> Slot:
    """Read a FHIR Slot into the domain; ``on`` is the Warsaw day whose mappings hold.

    Raises:
        ProblemsFound: the profile or a code table refuses it; all problems are in it.
    """
    slot = element_of(resource, "Slot")
    problems = Problems(check_slot(slot))
    state = None
    if not any(one.path == slot.at("status") for one in problems.found):
        state = problems.mapped(slot.at("status"), lambda: tables.slot_state.from_fhir(None, slot.text("status"), on))
    kind = _kind(slot, tables, on, problems)
    problems.refuse_if_any()
    schedule = need(slot.child("schedule"), slot.at("schedule"))
    return Slot(
        id=need(slot.text("id"), slot.at("id")),
        schedule_id=local_id(schedule.text("reference") or "", "Schedule", field=schedule.at("reference")),
        starts=need(slot.moment("start"), slot.at("start")),
        ends=need(slot.moment("end"), slot.at("end")),
        state=SlotState(need(state, slot.at("status"))),
        kind=SlotKind(need(kind, slot.at("appointmentType"))),
        capacity=_capacity(slot),
        changed_at=meta.moment("lastUpdated") if (meta := slot.child("meta")) is not None else None,
    )


def _kind(slot: Element, tables: Tables, on: date, problems: Problems) -> str | None:
    """The one kind that the codings mean; codings of other systems may stand beside it."""
    found: set[str] = set()
    unmapped = ""
    given = codings(slot.child("appointmentType"))
    for coding in given:
        try:
            found.add(tables.slot_kind.from_fhir(coding.text("system"), coding.text("code"), on))
        except BadInput as error:
            unmapped = error.message
    if len(found) > 1:
        problems.add(AMBIGUOUS, slot.at("appointmentType"))
    elif given and not found:
        problems.add(UNMAPPED, slot.at("appointmentType"), unmapped)
    return found.pop() if len(found) == 1 else None


def _capacity(slot: Element) -> int:
    for url in (names.EXT_CAPACITY, names.EXT_SMART_CAPACITY):
        extension = only(slot, url)
        if extension is not None:
            count = extension.number("valuePositiveInt")
            return need(count if count is not None else extension.number("valueInteger"), extension.path)
    return 1


def slot_state_to_registry(state: SlotState, tables: Tables, on: date) -> NationalSlotState | None:
    """As what a slot of ours should stand in CeR; None when it should not be there."""
    published = tables.slot_state.row(state.value, on)["published_as"]
    return NationalSlotState(published) if published else None
