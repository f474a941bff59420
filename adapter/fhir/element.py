"""A place in a resource: the JSON found there and its FHIRPath.

Profile rules look at JSON, not at models, so that a resource whose shape is wrong in one place is still
checked in all others. What has a wrong type counts as absent here: the shape check has reported it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Element:
    """An object of a resource; ``path`` is its FHIRPath (``Appointment.participant[0]``)."""

    path: str
    content: Mapping[str, object] = field(repr=False)

    def at(self, name: str) -> str:
        """FHIRPath of a child."""
        return f"{self.path}.{name}"

    def has(self, name: str) -> bool:
        """Whether the child is there with any content; FHIR knows no empty texts, lists and objects."""
        return self.content.get(name) not in (None, "", [], {})

    def child(self, name: str) -> Element | None:
        """The child object, None if there is none."""
        found = self.content.get(name)
        return Element(self.at(name), found) if isinstance(found, Mapping) else None

    def children(self, name: str) -> Iterator[Element]:
        """The child objects of a list, each with its index in the path."""
        found = self.content.get(name)
        if not isinstance(found, list):
            return
        for index, one in enumerate(found):
            if isinstance(one, Mapping):
                yield Element(f"{self.at(name)}[{index}]", one)

    def text(self, name: str) -> str | None:
        """The child's text, None if there is none or it is empty."""
        found = self.content.get(name)
        return found if isinstance(found, str) and found else None

    def number(self, name: str) -> int | None:
        """The child's whole number."""
        found = self.content.get(name)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def moment(self, name: str) -> datetime | None:
        """The child as an aware instant, None when it is none."""
        return aware_moment(self.text(name))

    def extensions(self, url: str) -> list[Element]:
        """The extensions with this URL."""
        found = self.content.get("extension")
        if not isinstance(found, list):
            return []
        return [
            Element(f"{self.path}.extension[{index}]", one)
            for index, one in enumerate(found)
            if isinstance(one, Mapping) and one.get("url") == url
        ]


def aware_moment(text: str | None) -> datetime | None:
    """A FHIR instant or full dateTime with a zone, None for anything else."""
    if text is None or "T" not in text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
