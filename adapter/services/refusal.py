"""Why an entry from the EHR is not taken: all reasons at once, safe to store and to show."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.domain.rules.verdict import Verdict, refusals, warnings
from adapter.errors import BadInput
from adapter.fhir.problems import Problem
from adapter.ports.store import InboxState, StoredProblem
from adapter.services.desk import Desk

REFERENCE_RULE = "POMOST-REF-01"
"""A reference leads to a resource that nobody has."""


class NotTaken(BadInput):
    """The entry is refused or quarantined; nothing was written."""

    def __init__(self, state: InboxState, problems: Sequence[StoredProblem]) -> None:
        super().__init__(problems[0].text_en, field=problems[0].path, code=problems[0].rule)
        self.state = state
        self.problems = tuple(problems)


class MissingReference(NotTaken):
    """A resource that the entry refers to is not in the store; its problem names it (``code``: ``Patient/ID``)."""

    def __init__(self, path: str, resource_type: str, resource_id: str) -> None:
        problem = StoredProblem(
            path=path,
            rule=REFERENCE_RULE,
            text_pl=f"odwołanie do nieznanego zasobu {resource_type}; prześlij go lub popraw odwołanie",
            text_en=f"refers to an unknown {resource_type}; send it or mend the reference",
            code=f"{resource_type}/{resource_id}",
        )
        super().__init__(InboxState.QUARANTINED, [problem])
        self.resource_type = resource_type
        self.resource_id = resource_id


def stored(problem: Problem) -> StoredProblem:
    """A problem of a resource as the inbox keeps it."""
    return StoredProblem(problem.path, problem.rule, problem.text_pl, problem.text_en, problem.severity)


def must_be_allowed(desk: Desk, verdicts: Sequence[Verdict], path: str = "Appointment") -> None:
    """Go on only when no rule refuses; warnings are noted on the desk and kept with the entry.

    Raises:
        NotTaken: with every rule that refuses, its article and what to do.
    """
    refused = refusals(verdicts)
    if refused:
        raise NotTaken(InboxState.REFUSED, [_told(verdict, path, "error") for verdict in refused])
    desk.notes.extend(_told(verdict, path, "warning") for verdict in warnings(verdicts))


def _told(verdict: Verdict, path: str, severity: str) -> StoredProblem:
    return StoredProblem(
        path=path,
        rule=verdict.rule,
        text_pl=f"{verdict.text_pl} ({verdict.article})",
        text_en=f"{verdict.text_en} ({verdict.article})",
        severity=severity,
        code=verdict.code,
        article=verdict.article,
    )
