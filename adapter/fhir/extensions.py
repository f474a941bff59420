"""Checks of our extensions: stand once, hold a value of the type that the profile names."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.fhir.element import Element
from adapter.fhir.problems import Problem
from adapter.fhir.rules import problem


def only(element: Element, url: str) -> Element | None:
    """The extension with this URL; the first, if it stands more than once (:func:`repeated` says so)."""
    found = element.extensions(url)
    return found[0] if found else None


def repeated(element: Element, *urls: str) -> Iterator[Problem]:
    """A problem for every extension that stands a second time. URLs given together mean the same thing."""
    for extra in [one for one in element.children("extension") if one.text("url") in urls][1:]:
        yield problem("POMOST-ANY-05", extra.path)


def untyped(extension: Element | None, *values: str) -> Iterator[Problem]:
    """A problem when none of the ``values`` (``valueCoding``...) stands in the extension."""
    if extension is not None and not any(extension.has(name) for name in values):
        yield problem("POMOST-ANY-06", extension.path)


def has_code(coding: Element | None, *systems: str) -> bool:
    """Whether a coding has a system and a code; with ``systems``, one of these systems."""
    if coding is None or coding.text("system") is None or coding.text("code") is None:
        return False
    return not systems or coding.text("system") in systems


def uncoded(extension: Element | None, system: str) -> Iterator[Problem]:
    """A problem when the extension has no ``valueCoding`` of ``system``."""
    if extension is not None and not has_code(extension.child("valueCoding"), system):
        yield problem("POMOST-ANY-06", extension.at("valueCoding"))


def zoneless(extension: Element | None) -> Iterator[Problem]:
    """A problem when the extension's ``valueDateTime`` is no date and time with a zone."""
    if extension is not None and extension.moment("valueDateTime") is None:
        yield problem("POMOST-APPOINTMENT-10", extension.at("valueDateTime"))
