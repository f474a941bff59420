"""What a rule says: allowed, warned, refused, needs a person or do this, with its id, its article and a text in both
languages.

Rules are pure functions that return verdicts. They never raise: whoever asks decides what a refusal
stops. ``require`` turns refusals into the error of the caller's floor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from adapter.errors import RuleBroken


class Outcome(StrEnum):
    """What follows from a verdict."""

    ALLOWED = "allowed"
    WARNED = "warned"
    """Accepted and shown."""
    REFUSED = "refused"
    """Nothing is sent on."""
    NEEDS_PERSON = "needs-person"
    """A task for somebody; what was asked about goes on."""
    DO_THIS = "do-this"
    """Pomost does what the code names."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule's answer.

    ``rule`` is an id of docs/law.md, ``article`` its source, ``code`` what software matches on
    (``E-...`` refused, ``W-...`` warned, empty when allowed). Texts hold no person's data. Made by
    :class:`adapter.domain.rules.rule.Rule` only, so that none lacks its article.
    """

    outcome: Outcome
    rule: str
    article: str
    code: str = ""
    text_pl: str = ""
    text_en: str = ""

    @property
    def refused(self) -> bool:
        """Whether nothing may be sent on."""
        return self.outcome is Outcome.REFUSED

    @property
    def warned(self) -> bool:
        """Whether it is accepted but must be shown."""
        return self.outcome is Outcome.WARNED


def refusals(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Only the refusals, in their order."""
    return tuple(verdict for verdict in verdicts if verdict.refused)


def tasks(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Only those that need a person, in their order."""
    return tuple(verdict for verdict in verdicts if verdict.outcome is Outcome.NEEDS_PERSON)


def warnings(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Only the warnings, in their order."""
    return tuple(verdict for verdict in verdicts if verdict.warned)


def require(verdicts: Iterable[Verdict], *, correlation_id: str | None = None) -> None:
    """Do nothing when nothing is refused.

    Raises:
        RuleBroken: the first refusal's rule and article; the texts of all of them.
    """
    found = refusals(verdicts)
    if not found:
        return
    first = found[0]
    raise RuleBroken(
        "; ".join(f"{one.rule}: {one.text_en}" for one in found),
        rule=first.rule,
        article=first.article,
        code=first.code,
        message_pl="; ".join(f"{one.rule}: {one.text_pl}" for one in found),
        correlation_id=correlation_id,
    )
