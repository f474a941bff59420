"""Problems found while a checked resource becomes a domain value: all of one resource, then one refusal.

The profile (``adapter.fhir.profile``) checks the shape; here codes are looked up. Texts hold no value
that could be a person's; a code that is not mapped is shown, because it must be mended in a table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from fhir.resources.R4B.fhirresourcemodel import FHIRResourceModel

from adapter.errors import BadInput
from adapter.fhir.element import Element
from adapter.fhir.problems import Problem, ProblemsFound

Resource = FHIRResourceModel | Mapping[str, object]
"""An R4B model, or the JSON content of an accepted reading (quicker: nothing is written out again)."""

_Value = TypeVar("_Value")

UNMAPPED = "POMOST-MAP-01"
AMBIGUOUS = "POMOST-MAP-02"
COMMENT_NEEDED = "POMOST-MAP-03"
PATIENT_NEEDED = "POMOST-MAP-04"
STATUS_UNUSABLE = "POMOST-MAP-05"
MOMENT_UNUSABLE = "POMOST-MAP-06"
VALUE_REFUSED = "POMOST-MAP-07"

TEXTS: Mapping[str, tuple[str, str]] = {
    UNMAPPED: ("kod nie ma odpowiednika w tabeli", "the code is not in the table"),
    AMBIGUOUS: ("kody znaczą różne rzeczy; podaj jeden", "the codes mean different things; give one"),
    COMMENT_NEEDED: (
        "ten powód wymaga wyjaśnienia w Appointment.comment",
        "this reason needs an explanation in Appointment.comment",
    ),
    PATIENT_NEEDED: (
        "kod dostępu działa tylko z identyfikatorem pacjenta, a tego pacjenta nie znamy",
        "the access code works only with the patient's identifier, and the patient is not known",
    ),
    STATUS_UNUSABLE: (
        "skierowanie w tym stanie nie może być podstawą wizyty",
        "a request in this state cannot be the basis of a visit",
    ),
    MOMENT_UNUSABLE: ("potrzebna jest pełna data", "a full date is needed"),
    VALUE_REFUSED: ("wartość jest niepoprawna", "the value is not valid"),
}
"""Rule id -> Polish and English text (docs/errors.md)."""


class Problems:
    """Collects the problems of one resource."""

    def __init__(self, found: Iterable[Problem] = ()) -> None:
        self.found = list(found)

    def add(self, rule: str, path: str, detail: str = "") -> None:
        """A problem of a rule of ``TEXTS``; ``detail`` is safe to show."""
        text_pl, text_en = TEXTS[rule]
        more = f": {detail}" if detail else ""
        self.found.append(Problem(path, rule, text_pl + more, text_en + more))

    def mapped(self, path: str, look_up: Callable[[], _Value]) -> _Value | None:
        """The result of a table look-up; None and a problem when the code is not mapped."""
        try:
            return look_up()
        except BadInput as unmapped:
            self.add(UNMAPPED, path, unmapped.message)
            return None

    def made(self, path: str, make: Callable[[], _Value]) -> _Value | None:
        """A domain value; None and a problem when it refuses its parts. The text of the refusal is not kept."""
        try:
            return make()
        except ValueError:
            self.add(VALUE_REFUSED, path)
            return None

    def refuse_if_any(self) -> None:
        """Stop here when there is an error; warnings pass.

        Raises:
            ProblemsFound: with all problems.
        """
        if any(one.severity == "error" for one in self.found):
            raise ProblemsFound(self.found)


def element_of(resource: Resource, expected: str) -> Element:
    """The resource's JSON as an element.

    Raises:
        BadInput: it is a resource of another type.
    """
    content = json.loads(resource.model_dump_json()) if isinstance(resource, FHIRResourceModel) else resource
    if content.get("resourceType") != expected:
        raise BadInput(f"a {expected} is needed here", field="resourceType", code="WRONG_RESOURCE_TYPE")
    return Element(expected, content)


def codings(concept: Element | None) -> list[Element]:
    """The codings of a CodeableConcept that have a code."""
    if concept is None:
        return []
    return [one for one in concept.children("coding") if one.text("code") is not None]
