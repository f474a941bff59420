"""Patients with an oncology card (karta DILO): their own list, and what it is left out of (O-01 to O-04)."""

from __future__ import annotations

from enum import StrEnum

from adapter.domain.entitlement import Category
from adapter.domain.register import Entry, Route
from adapter.domain.rules.rule import Action, Rule, Standing
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict

O01 = Rule(
    "O-01",
    "Odrębna lista dla pacjentów z kartą DILO",
    "Patients with an oncology card are on a list of their own",
    "art. 20 ust. 12 i 13 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-CRIT-ONCO",),
)
O02 = Rule(
    "O-02",
    "Nowotwory złośliwe skóry poza listą DILO, z wyjątkiem czerniaka",
    "Skin cancers are not on the oncology list; melanoma is",
    "art. 20 ust. 14 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-CAT-MISMATCH",),
    Standing.INFERRED,
)
O03 = Rule(
    "O-03",
    "Lista DILO poza pierwszym wolnym terminem i średnim czasem oczekiwania",
    "The oncology list is left out of the first free date and of the average",
    "art. 23 ust. 4 ustawy z 27.08.2004; zał. 6 ust. 1 rozporządzenia z 26.06.2019",
    (Action.REPORT,),
)
O04 = Rule(
    "O-04",
    "Lista DILO prowadzona w AP-KOLCE",
    "The oncology list is kept in AP-KOLCE",
    "§ 8 ust. 1 pkt 1 lit. c rozporządzenia z 26.06.2019",
    (Action.AUTO,),
    ("AUTO-AP-KOLCE",),
)
RULES = (O01, O02, O03, O04)


class ListKind(StrEnum):
    """Which list of a schedule an entry is on."""

    NONE = "none"
    """Categories 1, 4, 5, 6: on no waiting list."""
    MAIN = "main"
    ONCOLOGY = "oncology"


def list_kind(category: Category | None) -> ListKind:
    """O-01: the list of a category."""
    if category is Category.ONCOLOGY:
        return ListKind.ONCOLOGY
    return ListKind.MAIN if category is Category.WAITING else ListKind.NONE


def skin_cancer(icd10: str, settings: RuleSettings = DEFAULT_SETTINGS) -> bool:
    """O-02: whether the diagnosis is a skin cancer other than melanoma (C44; the mapping to ICD-10 is inferred)."""
    code = icd10.strip().upper().replace(".", "")
    return code.startswith(settings.skin_cancer_codes)


def own_list(entry: Entry) -> Verdict:
    """O-01: on the oncology list nobody is urgent or stable; health, prognosis and disability decide."""
    if entry.category is Category.ONCOLOGY and entry.criterion is not None:
        return O01.refuse(
            "E-CRIT-ONCO",
            "na liście DILO nie podaje się przypadku pilnego ani stabilnego: usuń kryterium medyczne",
            "an entry of the oncology list has no medical criterion (urgent, stable): take it away",
        )
    return O01.allow()


def melanoma_or_other(entry: Entry, settings: RuleSettings = DEFAULT_SETTINGS) -> Verdict:
    """O-02: a skin cancer other than melanoma waits on the ordinary list."""
    if entry.category is Category.ONCOLOGY and skin_cancer(entry.diagnosis, settings):
        return O02.refuse(
            "E-CAT-MISMATCH",
            "nowotwór skóry inny niż czerniak: wpisz pacjenta na zwykłą listę (kategoria 2, pilny albo stabilny)",
            "a skin cancer other than melanoma: enter the patient on the ordinary list (category 2)",
        )
    return O02.allow()


def left_out(kind: ListKind) -> bool:
    """O-03: whether a list has no first free date and no average."""
    return kind is ListKind.ONCOLOGY


def route(entry: Entry) -> Route:
    """O-04: where the figures of an entry go: an oncology entry to AP-KOLCE, whatever its schedule's route."""
    return Route.AP_KOLCE if list_kind(entry.category) is ListKind.ONCOLOGY else entry.schedule.route


def kept_in_real_time(entry: Entry) -> Verdict:
    """O-04: an oncology entry has no row in the monthly file; it goes to AP-KOLCE at once."""
    if entry.schedule.route is Route.KLX and route(entry) is Route.AP_KOLCE:
        return O04.act(
            "AUTO-AP-KOLCE",
            "wpis z listy DILO prowadzi się na bieżąco w AP-KOLCE, bez wiersza w raporcie .klx",
            "an entry of the oncology list is kept in AP-KOLCE in real time and has no row in the monthly file",
        )
    return O04.allow()
