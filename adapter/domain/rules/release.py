"""Which ends of a visit make its e-referral usable again (R-05), and that an end has a reason (X-01).

The reasons are data, ``mappings/cancellation_reasons.csv``; only those that the table names release
the referral: resignation, no-show, end of the provider's contract. A wrong release would let the
referral be used elsewhere while we still hold the patient's term; so what is not known does not release.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.domain.appointment import VisitState
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.verdict import Verdict

NO_SHOW_REASON = "no-show"
"""The reason that the state no-show stands for when the EHR gives none."""

ENDED_WITHOUT_SERVICE = frozenset({VisitState.CANCELLED, VisitState.NO_SHOW})
R05 = Rule(
    "R-05",
    "Zwrot skierowania przy skreśleniu",
    "Release of the referral on removal",
    "art. 20 ust. 2b ustawy z 27.08.2004",
    (Action.AUTO,),
)
X01 = Rule(
    "X-01",
    "Skreślenie: zawsze data i przyczyna",
    "A removal always has date and reason",
    "art. 19a ust. 4 pkt 4 i art. 20 ust. 2 pkt 4 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-X-REASON",),
)
RULES = (R05, X01)


@dataclass(frozen=True, slots=True)
class EndReason:
    """A row of the table of reasons. ``by`` is ``patient``, ``provider`` or ``other``."""

    code: str
    by: str
    releases_referral: bool
    comment_mandatory: bool = False

    @property
    def by_patient(self) -> bool:
        """Whether the patient ended it."""
        return self.by == "patient"


def releases_referral(state: VisitState, reason: EndReason | None) -> bool:
    """R-05: whether this end gives the referral back. A visit that was served, moved or is open never does."""
    return state in ENDED_WITHOUT_SERVICE and reason is not None and reason.releases_referral


def finishes_referral(state: VisitState) -> bool:
    """Whether this end says that the service was given (R-04; X-02 reason 1)."""
    return state is VisitState.SERVED


def reason_given(state: VisitState, reason: EndReason | None) -> Verdict:
    """X-01: an end without service has a reason."""
    if state in ENDED_WITHOUT_SERVICE and reason is None:
        return X01.refuse(
            "E-X-REASON",
            "odwołanie wizyty wymaga podania przyczyny",
            "a cancellation needs a reason",
        )
    return X01.allow()
