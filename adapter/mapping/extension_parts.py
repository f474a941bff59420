"""Extensions of ours as JSON, made of what the domain holds; what it does not hold is left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

Json = dict[str, object]


def part(url: str, value: str | date | datetime | bool | None) -> Json | None:
    """An extension with a text, a day, a moment or a yes; None for an empty text or none at all."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return {"url": url, "valueBoolean": value}
    if isinstance(value, datetime):
        return {"url": url, "valueDateTime": value.isoformat()}
    if isinstance(value, date):
        return {"url": url, "valueDate": value.isoformat()}
    return {"url": url, "valueString": value}


def mark(url: str, *, stands: bool) -> Json | None:
    """An extension that says yes; None when it would say no."""
    return part(url, True) if stands else None


def code_part(url: str, code: str | None) -> Json | None:
    """An extension with a code of one of the profile's lists."""
    return {"url": url, "valueCode": code} if code else None


def coded(url: str, coding: tuple[str, str] | None) -> Json | None:
    """An extension with a coding (system and code)."""
    return {"url": url, "valueCoding": {"system": coding[0], "code": coding[1]}} if coding is not None else None


def pointing(url: str, reference: str | None) -> Json | None:
    """An extension with a reference (``CarePlan/1``)."""
    return {"url": url, "valueReference": {"reference": reference}} if reference else None


def nested(url: str, parts: Iterable[Json | None]) -> Json | None:
    """An extension of parts; None when it has none."""
    kept = kept_of(parts)
    return {"url": url, "extension": kept} if kept else None


def kept_of(parts: Iterable[Json | None]) -> list[Json]:
    """Those that are there."""
    return [one for one in parts if one is not None]
