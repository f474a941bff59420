"""Changes of the term: why, with which justification, and who is told (M-01 to M-07).

The table of reasons (``mappings/term_change_reasons.csv``) is an argument: its rows by our code. A code that
it does not hold is refused, with the table's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from adapter.domain.moments import warsaw_day
from adapter.domain.register import CategoryChange, Entry, TermChange, TermChangeCause
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.terms import P04, refines
from adapter.domain.rules.verdict import Verdict
from adapter.domain.term import Term

REASONS_TABLE = "mappings/term_change_reasons.csv"

M01 = Rule(
    "M-01",
    "Zmiana terminu wymaga przyczyny",
    "A change of the term needs a reason",
    "art. 19a ust. 4 pkt 2 lit. c, art. 20 ust. 2 pkt 3 lit. i tiret czwarte ustawy z 27.08.2004; § 8 ust. 1 pkt 6 "
    "lit. c i ust. 2 pkt 5 lit. d rozporządzenia z 26.06.2019",
    (Action.ERROR,),
    ("E-M-REASON", "E-D-AUTHOR"),
)
M02 = Rule(
    "M-02",
    "Zmiana terminu z powodu kryterium medycznego wymaga uzasadnienia",
    "A change caused by a new medical criterion needs a justification",
    "art. 20 ust. 2 pkt 3 lit. i tiret czwarte ustawy z 27.08.2004; § 8 ust. 2 pkt 5 lit. d rozporządzenia z "
    "26.06.2019",
    (Action.ERROR,),
    ("E-JUST-MISSING",),
)
M03 = Rule(
    "M-03",
    "Zmiana terminu z powodu zmiany kategorii wymaga uzasadnienia",
    "A change caused by a change of category needs a justification",
    "art. 19a ust. 4 pkt 2 lit. c ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-JUST-MISSING",),
)
M04 = Rule(
    "M-04",
    "Zmiana po stronie pacjenta: do statystyki termin z dnia jego prośby",
    "A change that the patient asked for keeps the term of the day of asking for the statistics",
    "§ 3 ust. 1 pkt 10 i zał. 6 ust. 2 rozporządzenia z 26.06.2019",
    (Action.AUTO,),
    ("AUTO-M-PLANNED",),
)
M05 = Rule(
    "M-05",
    "Pogorszenie stanu zdrowia: wcześniejszy termin i niezwłoczne powiadomienie",
    "Worse health: an earlier term, and the patient is told at once",
    "art. 20 ust. 7 ustawy z 27.08.2004",
    (Action.TASK, Action.AUTO, Action.ERROR),
    ("TASK-M-HEALTH", "AUTO-M-NOTIFY", "E-M-DIRECTION"),
)
M06 = Rule(
    "M-06",
    "Okoliczności nie do przewidzenia: zawiadomienie o nowym terminie i przyczynie",
    "Unforeseen circumstances: the patient is told the new term and the cause",
    "art. 20 ust. 8 ustawy z 27.08.2004",
    (Action.AUTO, Action.ERROR),
    ("AUTO-M-NOTIFY", "AUTO-M-OFFER-NEXT", "E-N-CAUSE"),
)
M07 = Rule(
    "M-07",
    "Kontynuujący leczenie: przed skreśleniem popraw datę",
    "A continuing patient: the date is corrected before the removal",
    "SEED-002",
)
"""Asked as K-03."""
RULES = (M01, M02, M03, M04, M05, M06, M07)


@dataclass(frozen=True, slots=True)
class TermReason:
    """A row of the table of reasons: our code, with whom the change lies, what it says of the cause.

    ``by``: ``patient``, ``provider`` or ``other``; ``cause`` None where the reason alone does not tell.
    """

    code: str
    by: str = "other"
    cause: TermChangeCause | None = None
    justification_needed: bool = False


def patient_reasons(reasons: Mapping[str, TermReason]) -> frozenset[str]:
    """M-04: codes of the reasons that lie with the patient."""
    return frozenset(row.code for row in reasons.values() if row.by == "patient")


def reason_given(change: TermChange, known: Mapping[str, TermReason]) -> Verdict:
    """M-01: a change of the term has a reason code of the table ``known``, and an author.

    Fixing the day of a promised week is no change (P-04), nor is the first term of an entry that had none.
    """
    if refines(change.before, change.after):
        return P04.allow()
    if change.before is None or change.before == change.after:
        return M01.allow()
    if not change.reason.strip():
        return M01.refuse(
            "E-M-REASON",
            "zmiana terminu wymaga kodu przyczyny: wybierz go z listy",
            "a change of the term needs a reason code: choose one",
        )
    if change.reason not in known:
        return M01.refuse(
            "E-M-REASON",
            f"nieznany kod przyczyny zmiany terminu: popraw go albo uzupełnij tabelę {REASONS_TABLE}",
            f"an unknown reason code of a change of the term: correct it or fill the table {REASONS_TABLE}",
        )
    if not change.by.strip():
        return M01.refuse(
            "E-D-AUTHOR",
            "zmiana terminu wymaga osoby, która jej dokonała: podaj imię i nazwisko",
            "a change of the term needs its author: say who made it",
        )
    return M01.allow()


def _justify(rule: Rule, justification: str, why_pl: str, why_en: str) -> Verdict:
    if justification.strip():
        return rule.allow()
    return rule.refuse(
        "E-JUST-MISSING",
        f"zmiana terminu z powodu {why_pl}: wpisz uzasadnienie",
        f"the term changes because of {why_en}: write down the justification",
    )


def term_justified(change: TermChange, reasons: Mapping[str, TermReason]) -> Verdict:
    """M-02, M-03: a change of the term that a new criterion or category causes has a justification.

    So has one whose reason asks for it in the table.
    """
    row = reasons.get(change.reason)
    if refines(change.before, change.after):
        return M02.allow()
    if TermChangeCause.CATEGORY in (change.cause, row.cause if row is not None else None):
        return _justify(M03, change.justification, "zmiany kategorii", "a change of category")
    if change.cause is TermChangeCause.CRITERION or (row is not None and row.justification_needed):
        return _justify(M02, change.justification, "zmiany kryterium medycznego", "a new medical criterion")
    return M02.allow()


def category_justified(change: CategoryChange) -> Verdict:
    """M-02, M-03: a change of category or criterion that moves the term has a justification."""
    if change.term_moved and change.before is not change.after:
        return _justify(M03, change.justification, "zmiany kategorii", "a change of category")
    if change.term_moved and change.criterion_before is not change.criterion_after:
        return _justify(M02, change.justification, "zmiany kryterium medycznego", "a new medical criterion")
    return M03.allow()


@dataclass(frozen=True, slots=True)
class PlannedWhenAsked:
    """M-04: the term that the statistics count to, and the verdict that says so."""

    term: Term
    verdict: Verdict


def planned_when_asked(entry: Entry, patient_side: AbstractSet[str]) -> PlannedWhenAsked | None:
    """M-04: the term that was valid on the day when the patient first asked for another. None: never asked.

    ``patient_side``: codes of the reasons that lie with the patient (:func:`patient_reasons`).

    The day of the change stands for the day of asking where that was not noted (inferred).
    """
    for change in entry.term_changes:
        if change.reason not in patient_side or change.before is None:
            continue
        asked = change.asked_on if change.asked_on is not None else warsaw_day(change.at)
        term = term_on(entry, asked)
        if term is None:
            continue
        return PlannedWhenAsked(
            term,
            M04.act(
                "AUTO-M-PLANNED",
                f"pacjent poprosił o zmianę: do statystyki liczy się termin {term}",
                f"the patient asked for the change: the statistics count to the term {term}",
            ),
        )
    return None


def term_on(entry: Entry, day: date) -> Term | None:
    """The term that was valid when ``day`` began: what the first change on or after it started from."""
    for change in entry.term_changes:
        if warsaw_day(change.at) >= day:
            return change.before
    return entry.term


@dataclass(frozen=True, slots=True)
class HealthReport:
    """A patient told us that his health is worse. ``accepted_on`` None: no clinician decided yet.

    ``criteria_met``: the medical criteria ask for an earlier term. ``after`` is the new term, None while there is
    none.
    """

    reported_on: date
    before: Term
    accepted_on: date | None = None
    criteria_met: bool = False
    after: Term | None = None


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """M-05: what follows, and the day on which the patient is told (None: nothing to tell)."""

    verdict: Verdict
    notify_on: date | None = None


def health_change(report: HealthReport) -> HealthAnswer:
    """M-05: a clinician decides; then the term comes forward and the patient is told on the same day.

    A new term that is later than the old one is refused (inferred).
    """
    if report.accepted_on is None or (report.criteria_met and report.after is None):
        return HealthAnswer(
            M05.ask_person(
                "TASK-M-HEALTH",
                "pacjent zgłosił pogorszenie stanu zdrowia: lekarz ocenia kryterium i wyznacza wcześniejszy termin",
                "the patient reported worse health: a doctor judges the criterion and sets an earlier term",
            )
        )
    if not report.criteria_met or report.after is None or report.after == report.before:
        return HealthAnswer(M05.allow())
    if report.after.first > report.before.first:
        return HealthAnswer(
            M05.refuse(
                "E-M-DIRECTION",
                "pogorszenie stanu zdrowia przyspiesza termin: wybierz nowy termin wcześniejszy od dotychczasowego",
                "worse health brings the term forward: choose a new term before the old one",
            )
        )
    return HealthAnswer(
        M05.act(
            "AUTO-M-NOTIFY",
            "termin przyspieszono: niezwłocznie powiadom pacjenta",
            "the term was brought forward: tell the patient at once",
        ),
        report.accepted_on,
    )


def unforeseen(before: Term, after: Term, cause: str, *, declined: bool = False) -> Verdict:
    """M-06: the provider moves the term because of something unforeseen, later or earlier.

    The notice names the cause. Who declines an earlier term keeps the old one (P-07), and the next in order is offered
    it (:func:`adapter.domain.rules.position.next_in_order`).
    """
    if not cause.strip():
        return M06.refuse(
            "E-N-CAUSE",
            "zawiadomienie o nowym terminie musi podać przyczynę zmiany: wpisz ją",
            "the notice of the new term must name the cause of the change: write it down",
        )
    if declined and after.first < before.first:
        return M06.act(
            "AUTO-M-OFFER-NEXT",
            "pacjent odmówił wcześniejszego terminu: zaproponuj go następnej osobie w kolejności zgłoszeń",
            "the patient declined the earlier term: offer it to the next in the order of reports",
        )
    return M06.act(
        "AUTO-M-NOTIFY",
        "zawiadom pacjenta w każdy dostępny sposób o nowym terminie i przyczynie",
        "tell the patient the new term and the cause in every available way",
    )
