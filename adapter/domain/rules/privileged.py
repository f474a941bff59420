"""Patients with the right to be served out of turn (pacjent uprzywilejowany): V-03 to V-07 and V-09.

A patient who gave the privilege up (V-05) is judged as a waiting patient of category 2; nothing here
applies to him. ``first_visit`` is False for follow-up visits.
Sources: act of 27.08.2004 art. 47c; SEED-000 (leaflet MZ/CeZ); docs/law.md.
"""

from __future__ import annotations

from datetime import date

from adapter.domain.appointment import Visit
from adapter.domain.entitlement import Category
from adapter.domain.moments import add_working_days, warsaw_day
from adapter.domain.rules.rule import Action, Rule, Standing
from adapter.domain.rules.verdict import Verdict
from adapter.domain.slot import SlotKind

LIMIT_WORKING_DAYS = 7
"""V-03: specialist ambulatory care, from the day of report."""

C05 = Rule(
    "C-05",
    "Kategoria 4 wymaga podstawy uprawnienia",
    "Category 4 needs the basis of the right",
    "art. 19a ust. 4 pkt 3 lit. d ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-PRIV-BASIS",),
)
V03 = Rule(
    "V-03",
    "Uprzywilejowany w AOS: najpóźniej siódmy dzień roboczy",
    "Privileged in ambulatory care: the seventh working day at the latest",
    "art. 47c ust. 4 ustawy z 27.08.2004; SEED-000",
    (Action.ERROR, Action.WARN),
    ("E-PRIV-7WD", "W-PRIV-HOSP"),
)
V04 = Rule(
    "V-04",
    "Uprzywilejowanego nie wpisuje się do Poczekalni",
    "A privileged patient never goes to the waiting room",
    "SEED-000",
    (Action.ERROR,),
    ("E-PRIV-WAITROOM",),
)
V05 = Rule(
    "V-05",
    "Rezygnacja z uprawnienia",
    "The patient gives the privilege up",
    "SEED-000",
    (Action.WARN,),
    ("W-PRIV-WAIVE-40",),
)
V06 = Rule(
    "V-06",
    "Na termin uprzywilejowany zapisuje tylko placówka, po sprawdzeniu uprawnienia",
    "Only the facility books on a privileged slot, after it verified the right",
    "SEED-000",
    (Action.ERROR,),
    ("E-PRIV-SELF", "E-PRIV-UNVERIFIED"),
)
V07 = Rule(
    "V-07",
    "Rodzaje terminów dla uprzywilejowanych",
    "Kinds of terms for the privileged",
    "SEED-000",
    (Action.WARN,),
    ("W-PRIV-SLOT",),
    Standing.INFERRED,
)
V09 = Rule(
    "V-09",
    "Odwołanie pierwszej wizyty: utrata uprawnienia",
    "Cancelling the first visit loses the privilege",
    "SEED-000",
    (Action.AUTO, Action.WARN),
    ("W-PRIV-LOST", "AUTO-PRIV-LOST"),
)
RULES = (C05, V03, V04, V05, V06, V07, V09)


def waived(visit: Visit, today: date) -> bool:
    """Whether the patient gave the privilege up, on record, not later than today (V-05)."""
    return visit.waiver is not None and warsaw_day(visit.waiver.given_at) <= today


def effective_category(visit: Visit, today: date) -> Category:
    """The category that the rules go by: a waiver makes a privileged patient a waiting one (V-05)."""
    if visit.category is Category.PRIVILEGED and waived(visit, today):
        return Category.WAITING
    return visit.category


def latest_day(visit: Visit) -> date:
    """The last day on which a privileged patient must be served in ambulatory care (V-03)."""
    return add_working_days(warsaw_day(visit.reported_at), LIMIT_WORKING_DAYS)


def basis(visit: Visit) -> Verdict:
    """C-05: category 4 names the basis of the right."""
    if visit.entitlement is None:
        return C05.refuse(
            "E-PRIV-BASIS",
            "kategoria 4 wymaga podstawy uprawnienia: wybierz jej kod",
            "category 4 must name the basis of the right: choose its code",
        )
    return C05.allow()


def within_limit(visit: Visit) -> Verdict:
    """V-03: not later than 7 working days after the day of report. A visit without a term breaks nothing yet."""
    if visit.starts is None:
        return V03.allow()
    latest = latest_day(visit)
    if warsaw_day(visit.starts) > latest:
        return V03.refuse(
            "E-PRIV-7WD",
            f"pacjent uprzywilejowany: wybierz termin najpóźniej {latest.isoformat()} (7 dni roboczych od zgłoszenia)",
            f"privileged patient: choose a term by {latest.isoformat()} (7 working days from the report)",
        )
    return V03.allow()


def waiting_room(visit: Visit, today: date) -> Verdict:
    """V-04: a privileged patient is never put in the waiting room; V-05: unless he gave the privilege up."""
    if visit.category is not Category.PRIVILEGED:
        return V04.allow()
    if waived(visit, today):
        return V05.allow()
    return V04.refuse(
        "E-PRIV-WAITROOM",
        "uprzywilejowanego nie wolno wpisać do Poczekalni: wybierz termin albo zapisz rezygnację z uprawnienia",
        "a privileged patient must not be put in the waiting room: choose a term, or note the waiver",
    )


def booked_by_facility(visit: Visit, kind: SlotKind, today: date, *, by_patient: bool) -> Verdict:
    """V-06: on a privileged slot only the facility books, after it verified the right."""
    if kind is not SlotKind.PRIVILEGED:
        return V06.allow()
    if by_patient:
        return V06.refuse(
            "E-PRIV-SELF",
            "na termin uprzywilejowany zapisuje tylko placówka: sprawdź uprawnienie i zapisz pacjenta sam",
            "only the facility books on a privileged slot: check the right and book the patient yourself",
        )
    right = visit.entitlement
    if right is None or right.verified_at is None or not right.verified or warsaw_day(right.verified_at) > today:
        return V06.refuse(
            "E-PRIV-UNVERIFIED",
            "uprawnienia nie sprawdzono: wpisz, kto i kiedy obejrzał dokument",
            "the right was not verified: write down who saw the document, and when",
        )
    return V06.allow()


def permitted_kind(kind: SlotKind, *, first_visit: bool) -> Verdict:
    """V-07: a privileged slot, or a stable one within the limit; the others are shown for a first visit."""
    if first_visit and kind in {SlotKind.URGENT, SlotKind.CONTINUATION}:
        return V07.warn(
            "W-PRIV-SLOT",
            "pierwsza wizyta pacjenta uprzywilejowanego na terminie innym niż uprzywilejowany lub stabilny",
            "first privileged visit on a slot that is neither privileged nor stable",
        )
    return V07.allow()


def loses_privilege(visit: Visit, today: date, *, by_patient: bool, first_visit: bool) -> bool:
    """V-09: the patient himself cancels his first visit and the right had been confirmed."""
    return (
        by_patient
        and first_visit
        and effective_category(visit, today) is Category.PRIVILEGED
        and visit.entitlement is not None
        and visit.entitlement.verified
    )


def cancelled_first_visit(visit: Visit, today: date, *, by_patient: bool, first_visit: bool) -> Verdict:
    """V-09: after such a cancellation the patient waits as category 2; staff must know."""
    if loses_privilege(visit, today, by_patient=by_patient, first_visit=first_visit):
        return V09.warn(
            "W-PRIV-LOST",
            "pacjent odwołał pierwszą wizytę: traci uprawnienie i przechodzi do Poczekalni (kategoria 4 -> 2)",
            "the patient cancelled the first visit: the privilege is lost, he goes to the waiting room (4 -> 2)",
        )
    return V09.allow()
