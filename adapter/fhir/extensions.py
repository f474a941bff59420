"""What an extension of ours says: the first with its URL (``extension_rule.py`` reports a second one)."""

from __future__ import annotations

from datetime import date, datetime

from adapter.fhir.day import full_day
from adapter.fhir.element import Element


def only(element: Element, url: str) -> Element | None:
    """The extension with this URL; the first, if it stands more than once."""
    found = element.extensions(url)
    return found[0] if found else None


def has_code(coding: Element | None, *systems: str) -> bool:
    """Whether a coding has a system and a code; with ``systems``, one of these systems."""
    if coding is None or coding.text("system") is None or coding.text("code") is None:
        return False
    return not systems or coding.text("system") in systems


def words(element: Element | None, url: str) -> str:
    """Its ``valueString`` without white space around it, empty when there is none."""
    found = only(element, url) if element is not None else None
    return ((found.text("valueString") if found is not None else None) or "").strip()


def day(element: Element | None, url: str) -> date | None:
    """Its ``valueDate`` when that is a whole day."""
    found = only(element, url) if element is not None else None
    return full_day(found.text("valueDate")) if found is not None else None


def moment(element: Element | None, url: str) -> datetime | None:
    """Its ``valueDateTime`` when that has a zone."""
    found = only(element, url) if element is not None else None
    return found.moment("valueDateTime") if found is not None else None


def flag(element: Element | None, url: str) -> bool | None:
    """Its ``valueBoolean``, None when there is none."""
    found = only(element, url) if element is not None else None
    value = found.content.get("valueBoolean") if found is not None else None
    return value if isinstance(value, bool) else None


def code(element: Element | None, url: str) -> str | None:
    """Its ``valueCode``."""
    found = only(element, url) if element is not None else None
    return found.text("valueCode") if found is not None else None


def coding(element: Element | None, url: str) -> Element | None:
    """Its ``valueCoding`` when that has a code."""
    found = only(element, url) if element is not None else None
    inside = found.child("valueCoding") if found is not None else None
    return inside if inside is not None and inside.text("code") is not None else None
