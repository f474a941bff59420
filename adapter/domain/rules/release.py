"""Which ends of a visit make its e-referral usable again (R-05), and that an end has a reason (X-01).

The reasons are data, ``mappings/cancellation_reasons.csv``; only those that the table names release
the referral: resignation, no-show, end of the provider's contract. A wrong release would let the
referral be used elsewhere while we still hold the patient's term; so what is not known does not release.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.domain.appointment import VisitState
from adapter.domain.entitlement import Category
from adapter.domain.register import Entry, ReferralWay
from adapter.domain.rules.offline import R04
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.verdict import Verdict

NO_SHOW_REASON = "no-show"
"""The reason that the state no-show stands for when the EHR gives none."""
MISTAKE_REASON = "oth-err"
"""The reason that an appointment entered in error stands for: FHIR lets it have none of its own."""

ENDED_WITHOUT_SERVICE = frozenset({VisitState.CANCELLED, VisitState.NO_SHOW})
R05 = Rule(
    "R-05",
    "Zwrot skierowania przy skreśleniu",
    "Release of the referral on removal",
    "art. 20 ust. 2b ustawy z 27.08.2004",
    (Action.AUTO, Action.TASK),
    ("AUTO-R-RELEASE", "TASK-R-RETURN-PAPER", "TASK-R-DECIDE"),
)
R06 = Rule(
    "R-06",
    "Zwrócone skierowanie może użyć każdy",
    "A released referral can be used again, by anyone",
    "art. 20 ust. 2b pkt 2 ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-R-UNLOCK",),
)
X01 = Rule(
    "X-01",
    "Skreślenie: zawsze data i przyczyna",
    "A removal always has date and reason",
    "art. 19a ust. 4 pkt 4 i art. 20 ust. 2 pkt 4 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-X-REASON", "E-X-DATE"),
)
RULES = (R05, R06, X01)


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
            "odwołanie wizyty wymaga przyczyny: podaj ją",
            "a cancellation needs a reason: give it",
        )
    return X01.allow()


class ReferralEffect(StrEnum):
    """What a reason of removal does to the referral (column ``effect`` of ``mappings/removal_reasons.csv``)."""

    RELEASE = "release"
    FINISH = "finish"
    KEEP = "keep"
    NONE = "none"
    PERSON = "person"


def on_removal(entry: Entry, effect: ReferralEffect) -> Verdict:
    """R-05, R-04: what the removal of ``entry`` does to its referral.

    Released or finished in P1 by Pomost; a paper original that came goes back to the patient by a person. A status
    that was never set (offline entry) is not released. The referral of a continuing patient was finished at the first
    visit (K-01; inferred): the end of the plan does nothing more to it.
    """
    referral = entry.referral
    if referral is None or referral.way is ReferralWay.NONE or entry.category is Category.CONTINUING:
        return R05.allow()
    if effect is ReferralEffect.PERSON:
        return R05.ask_person(
            "TASK-R-DECIDE",
            "przyczyna skreślenia nie rozstrzyga o skierowaniu: zdecyduj, czy je zwrócić",
            "the reason of the removal does not say what becomes of the referral: decide whether it is given back",
        )
    if referral.way is ReferralWay.PAPER:
        return _paper_back(entry, effect)
    return R05.allow() if entry.offline_pending else _status_after(effect)


def replaced(*, held: bool) -> Verdict:
    """R-05: an open entry goes on with another referral (R-10); ``held``: P1 has the former one still with us."""
    if not held:
        return R05.allow()
    return R05.ask_person(
        "TASK-R-DECIDE",
        "wpis jest teraz na innym skierowaniu: zdecyduj, czy poprzednie zwrócić, jeżeli P1 je u nas ma",
        "the entry stands on another referral now: decide whether the former one is given back, if P1 has it with us",
    )


def _status_after(effect: ReferralEffect) -> Verdict:
    if effect is ReferralEffect.RELEASE:
        return R05.act(
            "AUTO-R-RELEASE",
            "e-skierowanie wraca do ponownego użycia przez zmianę statusu w P1",
            "the e-referral becomes usable again by its status in P1",
        )
    if effect is ReferralEffect.FINISH:
        return R04.act(
            "AUTO-R-FINISH",
            "świadczenie wykonane: e-skierowanie otrzymuje status zrealizowanego w P1",
            "the service was given: the e-referral is finished in P1",
        )
    return R05.allow()


def _paper_back(entry: Entry, effect: ReferralEffect) -> Verdict:
    paper = entry.referral.paper if entry.referral is not None else None
    if effect is not ReferralEffect.RELEASE or paper is None or paper.received_on is None:
        return R05.allow()
    return R05.ask_person(
        "TASK-R-RETURN-PAPER",
        "zwróć pacjentowi oryginał skierowania i zapisz datę zwrotu",
        "give the paper original back to the patient and write down when",
    )


def usable_again(entry: Entry, effect: ReferralEffect) -> Verdict:
    """R-06: once a removed entry gave its referral back, nothing of ours bars a new entry on it."""
    if entry.open or effect is not ReferralEffect.RELEASE or entry.referral is None:
        return R06.allow()
    return R06.act(
        "AUTO-R-UNLOCK",
        "skierowanie zwrócone: zdejmij blokadę, może go użyć każdy świadczeniodawca",
        "the referral was given back: drop our lock, any provider may use it",
    )
