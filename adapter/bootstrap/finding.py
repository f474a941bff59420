"""One line of ``pomost doctor``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: ``state`` is ok, warning or bad; ``unreachable`` when only somebody else can help."""

    subject: str
    state: str
    text: str
    advice: str = ""
    unreachable: bool = False
