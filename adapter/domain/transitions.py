"""Which change of a visit's state may follow which. The pairs are data: ``mappings/visit_transitions.csv``."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from adapter.domain.appointment import VisitState
from adapter.domain.rules.rule import Action, Rule, Standing
from adapter.domain.rules.verdict import Verdict

TRANSITION = Rule(
    "X-TRANSITION",
    "Dozwolone zmiany stanu wizyty",
    "Permitted changes of a visit's state",
    "mappings/visit_transitions.csv",
    (Action.ERROR,),
    ("E-TRANSITION",),
    Standing.INFERRED,
)


@dataclass(frozen=True, slots=True)
class Transitions:
    """The permitted pairs (before, after), without the trivial ones."""

    pairs: AbstractSet[tuple[VisitState, VisitState]]

    def permits(self, before: VisitState | None, after: VisitState) -> bool:
        """Whether a visit may go from ``before`` (None: we have not seen it yet) to ``after``.

        The first state seen may be any; the same state again is an update, not a change.
        """
        return before is None or before is after or (before, after) in self.pairs

    def judge(self, before: VisitState | None, after: VisitState) -> Verdict:
        """The same as a verdict: a change that the table does not have is an anomaly to be shown."""
        if self.permits(before, after):
            return TRANSITION.allow()
        return TRANSITION.refuse(
            "E-TRANSITION",
            f"zmiana stanu wizyty z {before} na {after} jest niedozwolona",
            f"a visit may not go from {before} to {after}",
        )
