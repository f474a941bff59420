"""The rule book's word on a FHIR Bundle: each Appointment on a Schedule whose register we keep, version by version.

The Bundle is taken as if it came from the EHR: its resources are read in the order in which they depend on each other,
and several versions of one Appointment in their order. The acts are those of ``services/register``; what they read
comes from the Bundle itself, and nothing is written anywhere.
"""

from __future__ import annotations

from adapter.fhir.bundle import entries
from adapter.services.rule_check.ask import Answer, RuleBook
from adapter.services.rule_check.paper_desk import PaperDesk

ORDER = ("Patient", "Schedule", "Slot", "ServiceRequest", "Appointment")
"""What is referred to comes before what refers to it."""


def check_bundle(raw: bytes, book: RuleBook) -> tuple[Answer, ...]:
    """An answer for each resource that has a problem, and for each version of an Appointment."""
    desk = PaperDesk(book)
    read = list(entries(raw, ""))
    answers = [
        Answer(
            "/".join(part for part in (one.reading.resource_type, one.reading.resource_id) if part) or one.source,
            (),
            problems=one.reading.problems,
        )
        for one in read
        if not one.reading.accepted
    ]
    for kind in ORDER:
        for one in read:
            if one.reading.accepted and one.reading.resource_type == kind:
                found = desk.take(one.reading)
                answers += [found] if found is not None else []
    return tuple(answers)
