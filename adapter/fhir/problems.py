"""Problems of a FHIR resource: where, which rule, and what to do, in Polish and English.

Texts never repeat a value of the resource that could be a person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapter.errors import BadInput


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: ``path`` is a FHIRPath (``Slot.end``), ``rule`` a stable id (``docs/errors.md``)."""

    path: str
    rule: str
    text_pl: str
    text_en: str
    severity: str = "error"
    """``error`` refuses the resource; ``warning`` is kept and shown."""


class ProblemsFound(BadInput):
    """A resource is refused; ``problems`` holds all of them, not the first."""

    def __init__(self, problems: Sequence[Problem], *, correlation_id: str | None = None) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(
            f"{first.path}: {first.text_en}{more}", field=first.path, code=first.rule, correlation_id=correlation_id
        )
        self.problems = tuple(problems)
