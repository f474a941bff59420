"""What an act does to the register, judged and not yet written: entries as it leaves them, steps, what is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from adapter.domain.register import Entry, TermChange
from adapter.domain.rules.release import ReferralEffect
from adapter.domain.rules.said_once import said_once
from adapter.domain.rules.verdict import Outcome, Verdict, refusals, warnings
from adapter.ports.register import Step, StoredEntry
from adapter.services.desk import Desk
from adapter.services.register.case import Case
from adapter.services.register.find_act import Act
from adapter.services.register.steps import changed

UNNAMED = "ehr"
"""Stands in the history for somebody whom the EHR did not name."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One entry as the act leaves it, and how it came there.

    ``entered``, ``restored``: the patient is told of it; ``change``: and of this new term. ``effect``: what its end
    does to the referral, None while it is open.
    """

    stored: StoredEntry
    steps: tuple[Step, ...] = ()
    entered: bool = False
    restored: bool = False
    change: TermChange | None = None
    effect: ReferralEffect | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One act: every verdict that was asked for, and the entries that it leaves, in the order of their writing.

    ``settled``: what a refusal says becomes a task, because the thing stands already (a visit that a patient made in
    CeR, data that were missing before this version).
    """

    act: Act
    case: Case
    verdicts: tuple[Verdict, ...] = ()
    drafts: tuple[Draft, ...] = ()
    settled: frozenset[tuple[str, str]] = frozenset()

    @property
    def refusals(self) -> tuple[Verdict, ...]:
        """What stands in the way, each thing once."""
        return said_once(self._barring)

    @property
    def _barring(self) -> tuple[Verdict, ...]:
        return tuple(one for one in refusals(self.verdicts) if (one.rule, one.code) not in self.settled)

    @property
    def told(self) -> tuple[Verdict, ...]:
        """What whoever sent the version is told: refusals that stand in the way, and warnings."""
        return (*self.refusals, *warnings(self.verdicts))

    @property
    def followed(self) -> tuple[Verdict, ...]:
        """What somebody must see or do: warnings, tasks, and refusals of what stands already."""
        seen = {Outcome.WARNED, Outcome.NEEDS_PERSON, Outcome.REFUSED}
        barred = set(self._barring)
        return said_once([one for one in self.verdicts if one.outcome in seen and one not in barred])

    @property
    def effect(self) -> ReferralEffect | None:
        """What becomes of the referral: the end's word; None while the entry goes on."""
        ends = [one.effect for one in self.drafts if one.effect is not None]
        return ends[0] if ends else None


@dataclass(slots=True)
class Told:
    """Collects the steps of one act, all under one correlation id."""

    desk: Desk
    case: Case
    by: str
    steps: list[Step] = field(default_factory=list)

    def step(
        self, what: str, before: Entry | None, after: Entry, verdicts: Sequence[Verdict] = (), *, reason: str = ""
    ) -> None:
        """Add what happened from ``before`` to ``after``."""
        was, now = changed(before, after)
        said = [one.rule for one in verdicts if one.outcome is not Outcome.ALLOWED]
        self.steps.append(
            Step(
                entry_id=after.id,
                what=what,
                at=self.case.now,
                by=self.by or UNNAMED,
                correlation_id=self.desk.correlation_id,
                before=was,
                after=now,
                reason=reason,
                rules=tuple(dict.fromkeys(said)),
            )
        )

    def taken(self) -> tuple[Step, ...]:
        """The steps so far, and none any more."""
        done = tuple(self.steps)
        self.steps.clear()
        return done


def each_once(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Verdicts in their order, each once: several judges ask the same rule of one act."""
    return tuple(dict.fromkeys(verdicts))
