"""The data that an entry must hold: D-01 to D-04. All that is missing is told at once, one verdict for each field.

The referral's identifier (E-D-REF) is R-14's matter (``referral.py``), the category C-01's (``kinds.py``), the term of
an entry on a waiting list P-01's (``terms.py``). No text here repeats what stands in a field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime

from adapter.domain.entitlement import Category
from adapter.domain.identifiers import IdentifierError, Pesel
from adapter.domain.register import Entry, EntryPerson, Speciality
from adapter.domain.rules.rule import Action, Rule, Standing
from adapter.domain.rules.terms import may_be_undated
from adapter.domain.rules.verdict import Verdict

ICD10 = re.compile(r"[A-Z][0-9]{2}(\.[0-9A-Z]{1,3})?")
SCHEDULE_ID_PARTS = 3
"""Provider, place, agreed code."""
STAGES_TABLE = "mappings/dilo_stages.csv"
ABROAD = "BD"
"""The address of who neither lives nor stays in Poland, as it is reported."""

D01 = Rule(
    "D-01",
    "Dane wpisu w harmonogramie przyjęć",
    "The data of an entry",
    "art. 19a ust. 4 i art. 20 ust. 2 pkt 3 lit. b-h, j ustawy z 27.08.2004; § 8 ust. 1 rozporządzenia z 26.06.2019",
    (Action.ERROR,),
    (
        "E-D-ENTRYTS",
        "E-D-NAME",
        "E-D-ID",
        "E-D-DX",
        "E-D-ICD",
        "E-D-ADDR",
        "E-D-CONTACT",
        "E-D-AUTHOR",
        "E-D-DATE",
        "E-D-SCHED",
    ),
)
D02 = Rule(
    "D-02",
    "Dodatkowe dane na liście oczekujących",
    "More data on the waiting list",
    "art. 20 ust. 2 pkt 3 lit. a, i ustawy z 27.08.2004; § 8 ust. 2 rozporządzenia z 26.06.2019",
    (Action.ERROR,),
    ("E-D-DILO",),
)
D03 = Rule(
    "D-03",
    "Kolejny numer na liście oczekujących",
    "Running numbers",
    "art. 20 ust. 2 pkt 3 lit. a ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-NUMBER",),
    Standing.INFERRED,
)
D04 = Rule(
    "D-04",
    "Numer PESEL: 11 cyfr i cyfra kontrolna",
    "PESEL: 11 digits with a check digit",
    "art. 20 ust. 2 pkt 3 lit. e ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-D-PESEL",),
    Standing.INFERRED,
)
RULES = (D01, D02, D03, D04)
PERSON_CODES = ("E-D-NAME", "E-D-ID", "E-D-ADDR", "E-D-CONTACT")
"""Codes of D-01 that are about the person alone."""


def data_complete(entry: Entry, now: datetime, *, waiting_room: bool = False) -> tuple[Verdict, ...]:
    """D-01: every field that is missing or impossible, each as a refusal; one allowance when nothing is.

    ``now`` is aware: an entry cannot be made in the future. ``waiting_room``: CeR still searches for a term (I-04).
    """
    found = (
        *_when(entry, now, waiting_room=waiting_room),
        *person_data(entry.person),
        *_why(entry),
        *_author_and_place(entry),
    )
    return found or (D01.allow(),)


def _when(entry: Entry, now: datetime, *, waiting_room: bool) -> Iterator[Verdict]:
    zoned = entry.entered_at.tzinfo is not None and entry.reported_at.tzinfo is not None
    if not zoned or entry.entered_at > now or entry.entered_at < entry.reported_at:
        yield D01.refuse(
            "E-D-ENTRYTS",
            "podaj datę i godzinę wpisu: nie wcześniej niż zgłoszenie i nie w przyszłości",
            "give day and time of the entry: not before the report and not in the future",
        )
    listed = entry.category in {Category.WAITING, Category.ONCOLOGY}
    if entry.term is None and not listed and not waiting_room and not may_be_undated(entry.schedule):
        yield D01.refuse(
            "E-D-DATE",
            "podaj termin udzielenia świadczenia wyznaczony w dniu wpisu",
            "give the term that was set on the day of the entry",
        )


def person_data(person: EntryPerson) -> Iterator[Verdict]:
    """D-01 lit. d, e, g, h: what is missing of the person, or impossible, by :data:`PERSON_CODES`."""
    if not person.given.strip() or not person.family.strip():
        yield D01.refuse("E-D-NAME", "podaj imię i nazwisko pacjenta", "give the patient's given and family name")
    if person.identifier is None:
        yield D01.refuse(
            "E-D-ID",
            "podaj PESEL, a gdy pacjent go nie ma: serię i numer paszportu lub innego dokumentu",
            "give the PESEL or, without one, series and number of a passport or other document",
        )
    if person.no_address_in_poland and person.address.strip():
        yield D01.refuse(
            "E-D-ADDR",
            f"pacjent bez miejsca pobytu w Polsce: wpisz kod {ABROAD}, a pozostałe pola adresu zostaw puste",
            f"no residence or stay in Poland: the code {ABROAD} and the rest of the address blank",
        )
    if not person.no_address_in_poland and not person.address.strip():
        yield D01.refuse(
            "E-D-ADDR",
            f"podaj adres pacjenta albo zaznacz brak miejsca pobytu w Polsce (kod {ABROAD})",
            f"give the patient's address, or mark that he has none in Poland (code {ABROAD})",
        )
    if not person.phone.strip() and not person.other_contact.strip():
        yield D01.refuse(
            "E-D-CONTACT",
            "podaj telefon albo inny sposób kontaktu z pacjentem lub opiekunem",
            "give a phone or another way to reach the patient or guardian",
        )


def _why(entry: Entry) -> Iterator[Verdict]:
    shown = entry.referral is not None and entry.referral.shows_diagnosis
    if not entry.diagnosis.strip() and (shown or not entry.reason.strip()):
        yield D01.refuse(
            "E-D-DX",
            "podaj rozpoznanie ze skierowania" if shown else "podaj rozpoznanie albo powód przyjęcia",
            "give the diagnosis of the referral" if shown else "give the diagnosis or the reason of admission",
        )
    if entry.schedule.has(Speciality.AMBULATORY_PHYSIOTHERAPY) and not ICD10.fullmatch(entry.diagnosis):
        yield D01.refuse(
            "E-D-ICD",
            "cykl fizjoterapii ambulatoryjnej wymaga rozpoznania: wpisz kod ICD-10",
            "a cycle of ambulatory physiotherapy needs the diagnosis: write down its ICD-10 code",
        )


def _author_and_place(entry: Entry) -> Iterator[Verdict]:
    if not entry.entered_by.strip():
        yield D01.refuse(
            "E-D-AUTHOR", "podaj imię i nazwisko osoby dokonującej wpisu", "give the name of who makes the entry"
        )
    parts = re.split(r"[^0-9A-Za-z]+", entry.schedule.id)
    if len(parts) < SCHEDULE_ID_PARTS or not all(parts):
        yield D01.refuse(
            "E-D-SCHED",
            "popraw identyfikator harmonogramu: identyfikator świadczeniodawcy, miejsca i uzgodniony kod",
            "mend the id of the register: the provider's id, the place's id and the agreed code",
        )


def oncology_card(entry: Entry, stages: AbstractSet[str]) -> Verdict:
    """D-02: an entry of category 3 holds the unique number of the DILO card and the code of its stage.

    ``stages`` are the codes of ``mappings/dilo_stages.csv``; the shipped table has none (not obtained).
    """
    card = entry.dilo
    if entry.category is Category.ONCOLOGY and (card is None or not card.number.strip()):
        return D02.refuse(
            "E-D-DILO",
            "kategoria 3 wymaga karty DILO: wpisz numer karty DILO i kod jej etapu",
            "category 3 needs an oncology card: write down its number and the code of its stage",
        )
    if entry.category is Category.ONCOLOGY and card is not None and card.stage not in stages:
        return D02.refuse(
            "E-D-DILO",
            f"brak kodu etapu karty DILO albo kod nieznany: popraw go albo uzupełnij tabelę {STAGES_TABLE}",
            f"no stage of the oncology card, or an unknown one: correct it or fill the table {STAGES_TABLE}",
        )
    return D02.allow()


def joins_list(entry: Entry) -> bool:
    """D-03: whether an entry is to get a number: it waits and has none. One that had a number keeps it."""
    return entry.on_waiting_list and entry.number is None


def numbered_next(entry: Entry, number: int) -> Verdict:
    """D-03: an entry that joins a waiting list gets ``number``, the next of the list (``Register.next_number``)."""
    if not joins_list(entry):
        return D03.allow()
    return D03.act("AUTO-NUMBER", f"kolejny numer na liście: {number}", f"the next number on the list: {number}")


def pesel_form(text: str) -> Verdict:
    """D-04: eleven digits, a birth date and a check digit."""
    try:
        Pesel(text)
    except IdentifierError:
        return D04.refuse(
            "E-D-PESEL",
            "numer PESEL jest błędny (11 cyfr, cyfra kontrolna): sprawdź go z dokumentem",
            "the PESEL is wrong (11 digits with a check digit): check it with the document",
        )
    return D04.allow()
