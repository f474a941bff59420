"""FHIR's date, which may be a year or a month alone: whole days only."""

from __future__ import annotations

import re
from datetime import date

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def full_day(text: str | None) -> date | None:
    """A FHIR date that names a day that exists; None for anything else, also for a month or a year alone."""
    if text is None or not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
