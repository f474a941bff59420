"""Which of the six categories a patient has, and what it asks for: C-02 to C-04, C-06 to C-08.

C-01 (six categories) has its home in ``kinds.py``, C-05 (basis of the right) in ``privileged.py``. The category is
derived (C-02); an EHR that sends another one is refused, unless a person overrides it with a justification.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.moments import warsaw_day
from adapter.domain.register import Care, CategoryChange, Entry
from adapter.domain.rules.oncology import skin_cancer
from adapter.domain.rules.privileged import C05
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict

RIGHTS_TABLE = "mappings/entitlements.csv"

C02 = Rule(
    "C-02",
    "Ustalenie kategorii świadczeniobiorcy",
    "How the category follows from the facts",
    "art. 19a ust. 2 i 4 ustawy z 27.08.2004",
    (Action.AUTO, Action.ERROR, Action.WARN, Action.TASK),
    ("E-CAT-MISMATCH", "W-CAT-DUAL", "TASK-CAT-OVERRIDE"),
)
C03 = Rule(
    "C-03",
    "Kategoria 2 wymaga kryterium medycznego, kategoria 3 go nie ma",
    "Category 2 needs a medical criterion, category 3 has none",
    "art. 20 ust. 2 pkt 3 lit. i oraz ust. 12 ustawy z 27.08.2004; § 2 ust. 1 pkt 1 rozporządzenia z 26.09.2005",
    (Action.ERROR,),
    ("E-CRIT-MISSING", "E-CRIT-ONCO"),
)
C04 = Rule(
    "C-04",
    "Przypadek pilny i stabilny: w szpitalu kwalifikuje lekarz szpitala",
    "Urgent and stable: in a hospital its doctor decides",
    "§ 1 i 2 rozporządzenia z 26.09.2005 w sprawie kryteriów medycznych",
    (Action.WARN,),
    ("W-CRIT-UNCONFIRMED",),
)
C06 = Rule(
    "C-06",
    "Stan nagły: wpis także niezwłocznie po udzieleniu świadczenia",
    "An emergency may be written down after the service",
    "art. 19a ust. 3 ustawy z 27.08.2004",
    (Action.WARN,),
    ("W-LATE-ENTRY",),
)
C07 = Rule(
    "C-07",
    "Kategoria 1 wyklucza uprawnienie poza kolejnością i stan nagły",
    "Category 1 excludes a privilege and an emergency",
    "art. 19a ust. 4 pkt 3 lit. a ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-CAT1-EXCL",),
)
C08 = Rule(
    "C-08",
    "Zmiana kategorii: przed i po, data, kto",
    "A change of category keeps before and after, date and author",
    "art. 19a ust. 4 pkt 2 lit. c i art. 23 ust. 1 pkt 2 ustawy z 27.08.2004; § 8 ust. 1 pkt 6 lit. c i pkt 7 lit. b "
    "rozporządzenia z 26.06.2019",
    (Action.REPORT, Action.ERROR),
    ("REPORT-CAT-CHANGE", "E-D-AUTHOR"),
)
RULES = (C02, C03, C04, C06, C07, C08)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The facts that a category follows from.

    ``privileged``: a right out of turn that was verified and not given up. ``oncology``: a DILO card for a diagnosis
    that belongs on the oncology list (O-02).
    """

    emergency: bool = False
    continuing: bool = False
    privileged: bool = False
    served_on_report_day: bool = False
    oncology: bool = False


def privilege_active(entry: Entry, today: date) -> bool:
    """Whether the entry carries a right out of turn that was verified (V-06) and neither given up nor lost.

    Given up: a waiver not later than ``today`` (V-05). Lost: the last change that touched category 4 left it (V-09).
    """
    right, waiver = entry.entitlement, entry.waiver
    waived = waiver is not None and warsaw_day(waiver.given_at) <= today
    touched = [one for one in entry.category_changes if Category.PRIVILEGED in {one.before, one.after}]
    lost = bool(touched) and touched[-1].after is not Category.PRIVILEGED
    return right is not None and right.verified and not waived and not lost


def circumstances(entry: Entry, today: date, settings: RuleSettings = DEFAULT_SETTINGS) -> Circumstances:
    """The facts of an entry.

    Continuing: a plan of treatment with this provider, or the hospital says so (K-05 asks for the plan then). Served
    on the report day: the service began on it, or the term is that day.
    """
    report = warsaw_day(entry.reported_at)
    if entry.service_started is not None:
        served = warsaw_day(entry.service_started) == report
    else:
        served = entry.term is not None and entry.term.first == entry.term.last == report
    return Circumstances(
        emergency=entry.emergency,
        continuing=bool(entry.plan) or entry.category is Category.CONTINUING,
        privileged=privilege_active(entry, today),
        served_on_report_day=served,
        oncology=entry.dilo is not None and not skin_cancer(entry.diagnosis, settings),
    )


@dataclass(frozen=True, slots=True)
class DerivedCategory:
    """C-02: the category, and whether two would do (then the verdict warns)."""

    category: Category
    verdict: Verdict


def derived(facts: Circumstances, settings: RuleSettings = DEFAULT_SETTINGS) -> DerivedCategory:
    """C-02: the category that follows, in the order of the act: emergency, continuing, privileged, same day, DILO."""
    if facts.emergency:
        return DerivedCategory(Category.EMERGENCY, C02.allow())
    if facts.continuing:
        return DerivedCategory(Category.CONTINUING, C02.allow())
    oncology = facts.oncology and not facts.served_on_report_day
    if facts.privileged and oncology:
        chosen = Category.PRIVILEGED if settings.privilege_before_oncology else Category.ONCOLOGY
        return DerivedCategory(chosen, _dual(chosen))
    if facts.privileged:
        return DerivedCategory(Category.PRIVILEGED, C02.allow())
    if facts.served_on_report_day:
        return DerivedCategory(Category.SAME_DAY, C02.allow())
    return DerivedCategory(Category.ONCOLOGY if oncology else Category.WAITING, C02.allow())


def _dual(chosen: Category) -> Verdict:
    return C02.warn(
        "W-CAT-DUAL",
        f"pacjent ma kartę DILO i prawo poza kolejnością: przyjęto kategorię {chosen.value}, sprawdź",
        f"the patient has an oncology card and a right out of turn: category {chosen.value} was taken, check it",
    )


def category_agrees(sent: Category, expected: Category, override: str = "") -> Verdict:
    """C-02: the category that was sent is the one that follows from the facts.

    ``override`` is a person's justification of another one: then it is accepted, and somebody confirms it.
    """
    if sent is expected:
        return C02.allow()
    if override.strip():
        return C02.ask_person(
            "TASK-CAT-OVERRIDE",
            f"kategoria {sent.value} zamiast {expected.value}, z uzasadnieniem: potwierdź albo popraw",
            f"category {sent.value} instead of {expected.value}, with a justification: confirm or correct it",
        )
    return C02.refuse(
        "E-CAT-MISMATCH",
        f"podano kategorię {sent.value}, a z danych wynika {expected.value}: popraw dane albo uzasadnij",
        f"category {sent.value} was sent, {expected.value} follows from the data: correct the data or justify it",
    )


def criterion_fits(category: Category, criterion: Criterion | None) -> Verdict:
    """C-03: category 2 has exactly one criterion, category 3 none; of the others none is asked (inferred)."""
    if category is Category.WAITING and criterion is None:
        return C03.refuse(
            "E-CRIT-MISSING",
            "kategoria 2 wymaga kryterium medycznego: wybierz przypadek pilny albo stabilny",
            "category 2 needs a medical criterion: choose urgent or stable",
        )
    if category is Category.ONCOLOGY and criterion is not None:
        return C03.refuse(
            "E-CRIT-ONCO",
            "na liście DILO nie podaje się przypadku pilnego ani stabilnego: usuń kryterium medyczne",
            "an entry of the oncology list has no medical criterion: take it away",
        )
    return C03.allow()


def criterion_confirmed(entry: Entry) -> Verdict:
    """C-04: in hospital care a doctor of the hospital confirms the criterion of a waiting patient."""
    asked = entry.category is Category.WAITING and entry.criterion is not None
    if asked and entry.schedule.care is Care.HOSPITAL and not entry.criterion_confirmed_by.strip():
        return C04.warn(
            "W-CRIT-UNCONFIRMED",
            "kryterium medycznego nie potwierdził lekarz szpitala: uzyskaj potwierdzenie",
            "no doctor of the hospital confirmed the medical criterion: have it confirmed",
        )
    return C04.allow()


def written_in_time(
    category: Category,
    service_started: datetime | None,
    entered_at: datetime,
    settings: RuleSettings = DEFAULT_SETTINGS,
) -> Verdict:
    """C-06: only an emergency may be written down after its service began, and then at once."""
    if service_started is None or entered_at <= service_started:
        return C06.allow()
    hours = settings.late_entry_hours
    if category is not Category.EMERGENCY:
        return C06.warn(
            "W-LATE-ENTRY",
            "wpis powstał po rozpoczęciu świadczenia, co wolno tylko w stanie nagłym: sprawdź daty i kategorię",
            "the entry was made after the service began, which only an emergency allows: check dates and category",
        )
    if entered_at - service_started > timedelta(hours=hours):
        return C06.warn(
            "W-LATE-ENTRY",
            f"wpis w stanie nagłym powstał później niż {hours} godz. po świadczeniu: wpisuj niezwłocznie",
            f"an emergency was written down more than {hours} hours after the service: do it at once",
        )
    return C06.allow()


def basis_given(entry: Entry, rights: Collection[str]) -> Verdict:
    """C-05: an entry of category 4 names the right by a code of ``rights`` (V-10 asks for its document)."""
    if entry.category is not Category.PRIVILEGED:
        return C05.allow()
    code = entry.entitlement.code.strip() if entry.entitlement is not None else ""
    if not code:
        return C05.refuse(
            "E-PRIV-BASIS",
            "kategoria 4 wymaga podstawy uprawnienia: wybierz jej kod i wpisz dokument",
            "category 4 must name the basis of the right: choose its code and write down the document",
        )
    if code not in rights:
        return C05.refuse(
            "E-PRIV-BASIS",
            f"nieznany kod uprawnienia: popraw go albo uzupełnij tabelę {RIGHTS_TABLE}",
            f"an unknown code of the right: correct it or fill the table {RIGHTS_TABLE}",
        )
    return C05.allow()


def same_day_excludes(entry: Entry, today: date) -> Verdict:
    """C-07: who has an active privilege is category 4, an emergency 6, also when served on the day of report."""
    if entry.category is Category.SAME_DAY and (entry.emergency or privilege_active(entry, today)):
        return C07.refuse(
            "E-CAT1-EXCL",
            "kategoria 1 nie dotyczy pacjenta uprzywilejowanego ani stanu nagłego: wybierz 4 albo 6",
            "category 1 is neither for a privileged patient nor for an emergency: choose 4 or 6",
        )
    return C07.allow()


def category_changed(change: CategoryChange) -> Verdict:
    """C-08: a change of category is kept with its author and reported (Z-06). Its justification is M-03's matter."""
    if change.before is change.after:
        return C08.allow()
    if not change.by.strip():
        return C08.refuse(
            "E-D-AUTHOR",
            "zmiana kategorii wymaga osoby, która jej dokonała: podaj imię i nazwisko",
            "a change of category needs its author: say who made it",
        )
    return C08.act(
        "REPORT-CAT-CHANGE",
        f"zmiana kategorii {change.before.value} -> {change.after.value}: wiersz w sprawozdaniu miesięcznym",
        f"change of category {change.before.value} -> {change.after.value}: a row of the monthly report",
    )
