"""Who did not come for a cause beyond control: not removed, or back on the list in the old place (E-05, E-06)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from adapter.domain.register import Entry, ReferralWay
from adapter.domain.rules.calendar import end_of_days
from adapter.domain.rules.contract_end import rank_day
from adapter.domain.rules.reasons import NO_SHOW
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict

REQUEST_DAYS = 7
"""E-06: calendar days from the day the cause ceased."""

E05 = Rule(
    "E-05",
    "Niestawienie się z powodu siły wyższej nie powoduje skreślenia",
    "Who did not come because of force majeure is not removed",
    "art. 20 ust. 10e ustawy z 27.08.2004",
    (Action.TASK,),
    ("TASK-E-NEW-DATE",),
)
E06 = Rule(
    "E-06",
    "Przywrócenie na listę: wniosek najpóźniej 7 dni od ustania przyczyny",
    "Reinstatement: the request at the latest 7 days after the cause ceased",
    "art. 20 ust. 10f i ust. 2 pkt 3 lit. i ustawy z 27.08.2004",
    (Action.ERROR, Action.TASK, Action.AUTO),
    ("E-E-LATE", "E-E-NOSHOW", "TASK-E-CAUSE", "AUTO-E-REINSTATE", "AUTO-E-STATUS"),
)
RULES = (E05, E06)


def force_majeure(entry: Entry, documented: str) -> Verdict:
    """E-05: a documented cause beyond the patient's control: the entry stays and gets a new date (M-01).

    ``documented`` says what was shown; empty: nothing was, and X-05 goes on.
    """
    if entry.open and documented.strip():
        return E05.ask_person(
            "TASK-E-NEW-DATE",
            "niestawienie się usprawiedliwione siłą wyższą: nie skreślaj, wyznacz nowy termin z podaniem przyczyny",
            "the patient did not come because of force majeure: do not remove, give a new date with the reason",
        )
    return E05.allow()


@dataclass(frozen=True, slots=True)
class Reinstatement:
    """E-06: the last day for the request, the day that decides the place, and what is to be done.

    ``original_report_date`` is None unless the patient is reinstated; the entry then also bears ``reinstated``.
    """

    last_day: date
    original_report_date: date | None
    verdicts: tuple[Verdict, ...]


def reinstate(
    entry: Entry,
    cause_ended_on: date,
    requested_on: date,
    *,
    plausible: bool,
    settings: RuleSettings = DEFAULT_SETTINGS,
) -> Reinstatement:
    """E-06: whether a patient removed as no-show comes back, at the place of the original report.

    Seven calendar days from the day the cause ceased, which is not counted; a last day on a Saturday or a day off
    moves on (T-03, T-05). A cause that is not plausible is for a person.
    """
    last_day = end_of_days(cause_ended_on, REQUEST_DAYS, settings)
    if entry.removal is None or entry.removal.reason != NO_SHOW:
        refusal = E06.refuse(
            "E-E-NOSHOW",
            "przywrócić można tylko pacjenta skreślonego z powodu niestawienia się: sprawdź przyczynę skreślenia",
            "only a patient removed as no-show is reinstated: check the reason of the removal",
        )
        return Reinstatement(last_day, None, (refusal,))
    if requested_on > last_day:
        refusal = E06.refuse(
            "E-E-LATE",
            f"wniosek o przywrócenie po terminie (ostatni dzień: {last_day.isoformat()}): wpisz pacjenta na nowo",
            f"the request came after the last day ({last_day.isoformat()}): enter the patient anew",
        )
        return Reinstatement(last_day, None, (refusal,))
    if not plausible:
        task = E06.ask_person(
            "TASK-E-CAUSE",
            f"oceń, czy przyczynę niestawienia się uprawdopodobniono (wniosek w terminie do {last_day.isoformat()})",
            f"decide whether the cause is plausible (the request is in time, until {last_day.isoformat()})",
        )
        return Reinstatement(last_day, None, (task,))
    return Reinstatement(last_day, rank_day(entry), _back(entry))


def _back(entry: Entry) -> tuple[Verdict, ...]:
    back = E06.act(
        "AUTO-E-REINSTATE",
        "przywrócenie na listę: miejsce według pierwotnej daty zgłoszenia, z informacją o przywróceniu",
        "back on the list: the place by the original report date, with the note of the reinstatement",
    )
    way = entry.referral.way if entry.referral is not None else ReferralWay.NONE
    if way in {ReferralWay.NONE, ReferralWay.PAPER}:
        return (back,)
    again = E06.act(
        "AUTO-E-STATUS",
        "e-skierowanie zwrócono przy skreśleniu: ustaw ponownie jego status w P1",
        "the e-referral was released with the removal: set its status in P1 again",
    )
    return (back, again)
