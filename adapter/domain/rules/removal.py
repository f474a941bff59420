"""The end of an entry: when, why, and what becomes of its referral (X-01 to X-07).

The reasons are data, ``mappings/removal_reasons.csv``: its rows come as an argument. X-01 has its home in
``release.py``; what a reason does to the referral is R-05, there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.domain.entitlement import Category
from adapter.domain.moments import warsaw_day
from adapter.domain.register import Entry, Removal, Speciality
from adapter.domain.rules.reasons import DECEASED, NO_SHOW, RESIGNED
from adapter.domain.rules.release import X01, ReferralEffect, on_removal
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict

REASONS_TABLE = "mappings/removal_reasons.csv"

X02 = Rule(
    "X-02",
    "Lista przyczyn skreślenia",
    "The list of reasons",
    "tabela 10 zał. do rozporządzenia z 18.12.2014 (obecnie tabela 16 zał. 3 do rozporządzenia z 26.06.2019)",
    (Action.ERROR, Action.TASK),
    ("E-X-REASON", "E-X-TEXT"),
)
X03 = Rule(
    "X-03",
    "Wykonanie świadczenia: skreślenie z dniem pierwszej wizyty",
    "Service done: removed as of the day of the first visit",
    "SEED-002; zał. 6 rozporządzenia z 26.06.2019",
    (Action.ERROR, Action.TASK),
    ("E-X-DATE", "TASK-X-MISTAKE"),
)
X04 = Rule(
    "X-04",
    "Rezygnacja: skreślenie i zwrot skierowania",
    "Resignation: removal and release of the referral",
    "art. 20 ust. 9 i ust. 2b ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-X-RESIGNED",),
)
X05 = Rule(
    "X-05",
    "Niezgłoszenie się w ustalonym terminie",
    "No-show",
    "art. 20 ust. 10e ustawy z 27.08.2004",
    (Action.TASK, Action.AUTO),
    ("TASK-X-NOSHOW", "AUTO-X-NOSHOW", "TASK-X-MISTAKE"),
)
X06 = Rule(
    "X-06",
    "Brak oryginału skierowania w ciągu 14 dni roboczych",
    "No paper referral within 14 working days",
    "art. 20 ust. 2a pkt 1 ustawy z 27.08.2004",
)
"""Asked as R-02."""
X07 = Rule(
    "X-07",
    "Zgon pacjenta: skreślenie, bez dalszych zawiadomień",
    "Death: removal, and no more notices",
    "tabela 10 poz. 6 zał. do rozporządzenia z 18.12.2014",
    (Action.AUTO, Action.TASK),
    ("AUTO-X-DECEASED", "TASK-X-ALIVE", "AUTO-X-ALIVE"),
)
RULES = (X02, X03, X04, X05, X06, X07)


@dataclass(frozen=True, slots=True)
class RemovalReason:
    """A row of the table of reasons: our code, what it does to the referral, whether a text must say more."""

    code: str
    effect: ReferralEffect
    text_needed: bool = False


def removal_dated(entry: Entry, removal: Removal, today: date) -> tuple[Verdict, ...]:
    """X-01: a removal has a reason and a date that is neither before the entry nor in the future (inferred).

    Who was written down after the service began (C-06) is removed as of the service (X-03), so before the entry.
    """
    found = []
    began = service_day(entry)
    first = warsaw_day(entry.entered_at) if began is None else min(began, warsaw_day(entry.entered_at))
    if not removal.reason.strip():
        found.append(X01.refuse("E-X-REASON", "podaj przyczynę skreślenia z listy", "give the reason of the removal"))
    if removal.on < first or removal.on > today:
        found.append(
            X01.refuse(
                "E-X-DATE",
                "data skreślenia nie może być wcześniejsza niż wpis ani przyszła: popraw ją",
                "the day of removal is neither before the entry nor in the future: correct it",
            )
        )
    return tuple(found) or (X01.allow(),)


def reason_listed(removal: Removal, reasons: Mapping[str, RemovalReason]) -> Verdict:
    """X-02: the reason is in the table, and another reason says in words which. A blank one is X-01's matter."""
    if not removal.reason.strip():
        return X02.allow()
    row = reasons.get(removal.reason)
    if row is None:
        return X02.refuse(
            "E-X-REASON",
            f"nieznana przyczyna skreślenia: wybierz ją z listy albo uzupełnij tabelę {REASONS_TABLE}",
            f"an unknown reason of removal: choose a listed one or fill the table {REASONS_TABLE}",
        )
    if row.text_needed and not removal.text.strip():
        return X02.refuse(
            "E-X-TEXT",
            "inna przyczyna skreślenia wymaga opisu: wpisz go",
            "another reason of removal needs words: write them down",
        )
    return X02.allow()


def service_day(entry: Entry) -> date | None:
    """X-03: the day as of which a served entry is removed: that on which the service began. None: not known."""
    return warsaw_day(entry.service_started) if entry.service_started is not None else None


def served_as_of_start(entry: Entry, removal: Removal, reasons: Mapping[str, RemovalReason]) -> Verdict:
    """X-03: removed as served as of the first day of the service, not of the discharge or the bill.

    Continuing patients end by K-03, dental appliances by S-01.
    """
    row, began = reasons.get(removal.reason), service_day(entry)
    served = row is not None and row.effect is ReferralEffect.FINISH
    own_rule = entry.category is Category.CONTINUING or entry.schedule.has(Speciality.DENTAL_APPLIANCE)
    if not served or own_rule or began is None or removal.on == began:
        return X03.allow()
    return X03.refuse(
        "E-X-DATE",
        f"skreślenie z powodu wykonania: wpisz datę rozpoczęcia świadczenia ({began.isoformat()})",
        f"removed as served: put in the day on which the service began ({began.isoformat()})",
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """An end that Pomost makes: as of which day, for which reason (our code), and what becomes of the referral."""

    on: date
    reason: str
    verdict: Verdict
    referral: Verdict


def resigned(entry: Entry, on: date) -> Ending:
    """X-04: the patient resigned: removed as of the day he said so, and the referral given back at once (R-05)."""
    return Ending(
        on,
        RESIGNED,
        X04.act(
            "AUTO-X-RESIGNED",
            "pacjent zrezygnował: skreślenie z datą powiadomienia i zwrot skierowania",
            "the patient resigned: removed as of the day of telling, the referral is given back",
        ),
        on_removal(entry, ReferralEffect.RELEASE),
    )


def no_show_day(entry: Entry, settings: RuleSettings = DEFAULT_SETTINGS) -> date | None:
    """X-05: from which day on somebody is asked whether the patient came. None: no term."""
    if entry.term is None:
        return None
    return entry.term.last + timedelta(days=settings.no_show_task_after_days)


def no_show(
    entry: Entry,
    today: date,
    *,
    arrived: bool,
    confirmed: bool = False,
    excused: bool = False,
    settings: RuleSettings = DEFAULT_SETTINGS,
) -> Verdict:
    """X-05: what today asks about an open entry whose term has passed.

    A person confirms the no-show; then Pomost removes the entry (:func:`no_show_ending`). ``excused``: the patient
    made force majeure plausible (E-05), so nothing is removed. Who ``arrived`` is no no-show.
    """
    asked_from = no_show_day(entry, settings)
    if not entry.open or arrived or excused or asked_from is None or today < asked_from:
        return X05.allow()
    if settings.no_show_needs_confirmation and not confirmed:
        return X05.ask_person(
            "TASK-X-NOSHOW",
            "termin minął, a wizyty nie odnotowano: potwierdź niezgłoszenie się albo wpisz siłę wyższą",
            "the term has passed without a visit: confirm the no-show, or note force majeure",
        )
    return _not_come()


def _not_come() -> Verdict:
    return X05.act(
        "AUTO-X-NOSHOW",
        "pacjent nie zgłosił się w terminie: skreślenie i zwrot skierowania",
        "the patient did not come: removed, and the referral is given back",
    )


def no_show_ending(entry: Entry, on: date) -> Ending:
    """X-05: the end of an entry whose patient did not come, as of the day of the confirmation."""
    return Ending(on, NO_SHOW, _not_come(), on_removal(entry, ReferralEffect.RELEASE))


def deceased(entry: Entry) -> Verdict:
    """X-07: whether an open entry is one of who died; then Pomost removes it (:func:`death_ending`)."""
    return _died() if entry.open and entry.person.deceased_on is not None else X07.allow()


def _died() -> Verdict:
    return X07.act(
        "AUTO-X-DECEASED",
        "pacjent zmarł: skreślenie, żadnych dalszych zawiadomień",
        "the patient died: removed, no more notices",
    )


def held_in_error(*, served: bool) -> Verdict:
    """X-03, X-05: a visit that was served, or missed, was entered in error: a person finds out what is true (ours).

    What followed stands: P1 takes a realised referral back from nobody (p1.md 3.1), one given back may be used
    elsewhere, and the term may be somebody else's. So the end of the entry is not taken back by itself.
    """
    if served:
        return X03.ask_person(
            "TASK-X-MISTAKE",
            "wizytę, którą odnotowano jako wykonaną, oznaczono w systemie szpitala jako wpisaną omyłkowo: sprawdź, "
            "czy świadczenie wykonano; jeśli nie, zapisz pacjenta ponownie z dniem pierwotnego zgłoszenia "
            "(e-skierowanie jest w P1 zrealizowane, potrzebne będzie nowe)",
            "a visit that was noted as served was marked as entered in error in the EHR: find out whether the service "
            "was given; if not, enter the patient again with the day of the first report (the e-referral is realised "
            "in P1: a new one will be needed)",
        )
    return X05.ask_person(
        "TASK-X-MISTAKE",
        "wizytę, na którą pacjent miał się nie zgłosić, oznaczono w systemie szpitala jako wpisaną omyłkowo: sprawdź, "
        "czy skreślono go słusznie; jeśli nie, zapisz pacjenta ponownie z dniem pierwotnego zgłoszenia",
        "a visit that the patient was noted to have missed was marked as entered in error in the EHR: find out "
        "whether the removal was right; if not, enter the patient again with the day of the first report",
    )


def death_ending(entry: Entry, today: date) -> Ending:
    """X-07: the end of the entry of who died, as of the day of death or, before the entry, of today (inferred)."""
    died = entry.person.deceased_on
    known = died is not None and warsaw_day(entry.entered_at) <= died <= today
    on = died if died is not None and known else today
    return Ending(on, DECEASED, _died(), on_removal(entry, ReferralEffect.NONE))


def alive(entry: Entry, *, deceased: bool) -> Verdict:
    """X-07: the entry was removed for a death that is told no more (``deceased``): a person finds out (ours)."""
    removed = entry.removal is not None and entry.removal.reason == DECEASED
    if not removed or entry.person.deceased_on is None or deceased:
        return X07.allow()
    return X07.ask_person(
        "TASK-X-ALIVE",
        "wpis skreślono z powodu zgonu, a system szpitala już go nie podaje: sprawdź, czy pacjent żyje; jeśli tak, "
        "przywróć wpis",
        "the entry was removed for a death that the EHR tells no more: find out whether the patient lives; if so, put "
        "the entry back",
    )


def back_alive() -> Verdict:
    """X-07: the death was a mistake: the entry is back in its place, as after a letter posted in time (R-02; ours)."""
    return X07.act("AUTO-X-ALIVE", "zgon odnotowano omyłkowo", "the death was noted by mistake")


def may_be_told(entry: Entry) -> bool:
    """X-07: whether notices and reminders of this entry may go out: not to who died, nor of a removed entry."""
    return entry.open and entry.person.deceased_on is None
