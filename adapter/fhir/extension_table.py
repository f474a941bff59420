"""Every extension of our profile (docs/fhir-profile.md): checked by ``extension_rule.py``, published from here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from adapter.fhir import code_lists, names
from adapter.fhir.element import Element
from adapter.fhir.extension_rule import Extension, Value, by_url, check_extensions
from adapter.fhir.problems import Problem

_VISIT = ("Appointment",)
_REQUEST = ("ServiceRequest",)


def _one(
    value: Value, url: str, pl: str, en: str, *, on: tuple[str, ...] = (), required: bool = False, many: bool = False
) -> Extension:
    return Extension(url, pl, en, (value,), on=on, required=required, many=many)


_text, _day, _moment, _flag = (partial(_one, value) for value in (Value.TEXT, Value.DAY, Value.MOMENT, Value.FLAG))
_identifier = partial(_one, Value.IDENTIFIER)


def _coding(url: str, pl: str, en: str, *systems: str, on: tuple[str, ...] = (), required: bool = False) -> Extension:
    return Extension(url, pl, en, (Value.CODING,), on=on, systems=systems, required=required)


def _code(
    url: str,
    pl: str,
    en: str,
    codes: code_lists.CodeList,
    *,
    on: tuple[str, ...] = (),
    required: bool = False,
    many: bool = False,
) -> Extension:
    return Extension(url, pl, en, (Value.CODE,), on=on, codes=codes, required=required, many=many)


SLOT = (
    Extension(
        names.EXT_CAPACITY,
        "ile wizyt mieści termin",
        "how many visits a slot takes",
        (Value.COUNT, Value.NUMBER),
        on=("Slot",),
        also=(names.EXT_SMART_CAPACITY,),
    ),
)

SCHEDULE = (
    _identifier(names.EXT_CELL, "komórka organizacyjna", "the organisational cell", on=("Schedule",)),
    _identifier(names.EXT_PRACTITIONER, "osoba przyjmująca", "who receives patients", on=("Schedule",)),
    Extension(
        names.EXT_ADMISSION_SCHEDULE,
        "harmonogram przyjęć prowadzony przez Pomost",
        "the admission schedule that Pomost keeps",
        parts=(
            _text(names.ADMISSION_ID, "identyfikator harmonogramu", "its identifier", required=True),
            _code(names.ADMISSION_CARE, "rodzaj opieki", "kind of care", code_lists.CARE, required=True),
            _coding(names.ADMISSION_SERVICE, "świadczenie", "the service"),
            _coding(names.ADMISSION_PROCEDURE, "procedura ICD-9", "the ICD-9 procedure", names.ICD_9),
            _code(names.ADMISSION_SPECIALITY, "cecha świadczenia", "a speciality", code_lists.SPECIALITY, many=True),
            _code(names.ADMISSION_ROUTE, "dokąd trafiają dane", "where its figures go", code_lists.ROUTE),
            _flag(names.ADMISSION_REFERRAL_NEEDED, "wymaga skierowania", "a referral is needed"),
            _text(names.ADMISSION_AGE_BAND, "grupa wieku", "an age band", many=True),
            _flag(names.ADMISSION_UNDER_ANAESTHESIA, "także w znieczuleniu", "also under anaesthesia"),
        ),
        on=("Schedule",),
    ),
)

_DOCUMENT = Extension(
    names.ENTITLEMENT_DOCUMENT,
    "dokument potwierdzający uprawnienie",
    "the document that shows the right",
    parts=(
        _text(names.DOCUMENT_KIND, "rodzaj dokumentu", "its kind", required=True),
        _text(names.DOCUMENT_NUMBER, "numer dokumentu", "its number"),
        _day(names.DOCUMENT_ISSUED_ON, "data wydania", "the day of issue"),
        _day(names.DOCUMENT_VALID_UNTIL, "ważny do", "its last day"),
    ),
)

VISIT = (
    Extension(
        names.EXT_SCHEDULE,
        "harmonogram wizyty bez terminu",
        "the schedule of a visit without a slot",
        (Value.REFERENCE,),
        on=_VISIT,
        targets=("Schedule",),
    ),
    _moment(names.EXT_REPORTED_AT, "zgłoszenie", "when the patient reported", on=_VISIT),
    _coding(names.EXT_CATEGORY, "kategoria pacjenta", "the patient's category", names.PATIENT_CATEGORY, on=_VISIT),
    _coding(names.EXT_CRITERION, "kryterium medyczne", "the medical criterion", names.MEDICAL_CRITERION, on=_VISIT),
    Extension(
        names.EXT_ENTITLEMENT,
        "prawo do świadczeń poza kolejnością",
        "the right to be served out of turn",
        parts=(
            _coding(names.ENTITLEMENT_CODE, "kod uprawnienia", "its code", names.ENTITLEMENT, required=True),
            _text(names.ENTITLEMENT_VERIFIED_BY, "kto sprawdził", "who verified it"),
            _moment(names.ENTITLEMENT_VERIFIED_AT, "kiedy sprawdzono", "when it was verified"),
            _DOCUMENT,
        ),
        on=_VISIT,
        incomplete="POMOST-APPOINTMENT-08",
    ),
    Extension(
        names.EXT_WAIVER,
        "rezygnacja z uprawnienia",
        "the waiver of the privilege",
        parts=(
            _moment(names.WAIVER_GIVEN_AT, "kiedy złożono", "when it was given", required=True),
            _text(names.WAIVER_NOTED_BY, "kto odnotował", "who noted it", required=True),
            _text(names.WAIVER_REASON, "powód", "why", required=True),
        ),
        on=_VISIT,
        incomplete="POMOST-APPOINTMENT-09",
    ),
)

PERIOD = (
    _code(
        names.EXT_TERM_PRECISION,
        "dokładność terminu",
        "how exact the term is",
        code_lists.TERM_PRECISION,
        on=("Appointment.requestedPeriod",),
    ),
)

ENTRY = (
    _text(names.EXT_ENTERED_BY, "kto dokonał wpisu", "who made the entry", on=_VISIT),
    _moment(names.EXT_ENTERED_AT, "kiedy dokonano wpisu", "when the entry was made", on=_VISIT),
    _text(names.EXT_CRITERION_CONFIRMED, "kto potwierdził kryterium", "who confirmed the criterion", on=_VISIT),
    Extension(
        names.EXT_DILO_CARD,
        "karta DILO",
        "the oncology card (DILO)",
        parts=(
            _text(names.DILO_NUMBER, "numer karty", "its number", required=True),
            _coding(names.DILO_CARD_STAGE, "etap", "its stage", names.DILO_STAGE),
        ),
        on=_VISIT,
    ),
    Extension(
        names.EXT_CONTINUING,
        "plan leczenia u tego świadczeniodawcy",
        "the plan of treatment with this provider",
        parts=(
            Extension(names.CONTINUING_PLAN, "plan leczenia", "the plan", (Value.REFERENCE,), targets=("CarePlan",)),
            _day(names.CONTINUING_ENDS_ON, "ostatni dzień leczenia", "the last day of care"),
            _flag(names.CONTINUING_OPEN_ENDED, "koniec nie jest znany", "its end is not known"),
        ),
        on=_VISIT,
    ),
    _flag(names.EXT_OFFLINE, "wpis przy niedostępnym P1", "made while P1 was out of reach", on=_VISIT),
    Extension(
        names.EXT_OFFERED_TERM,
        "termin wskazany pacjentowi",
        "the term that was offered",
        parts=(
            _day(names.OFFER_OFFERED, "wskazany termin", "the offered term", required=True),
            _day(names.OFFER_CHOSEN, "termin wybrany przez pacjenta", "the term that the patient chose"),
            _code(names.OFFER_ANSWER, "odpowiedź pacjenta", "the answer", code_lists.OFFER_ANSWER),
        ),
        on=_VISIT,
    ),
    _flag(names.EXT_RESERVED, "termin jest rezerwacją", "the term is a reservation", on=_VISIT),
    _text(names.EXT_TERM_JUSTIFICATION, "uzasadnienie terminu", "why this term", on=_VISIT),
    Extension(
        names.EXT_TERM_CHANGE,
        "zmiana terminu",
        "the change of the term",
        parts=(
            _coding(names.CHANGE_REASON, "powód zmiany", "its reason", names.TERM_CHANGE_REASON),
            _code(names.CHANGE_CAUSE, "co zmieniło termin", "what moved the term", code_lists.TERM_CHANGE_CAUSE),
            _text(names.CHANGE_JUSTIFICATION, "uzasadnienie zmiany", "its justification"),
            _day(names.CHANGE_ASKED_ON, "kiedy pacjent poprosił", "the day the patient asked"),
        ),
        on=_VISIT,
    ),
    _text(names.EXT_CATEGORY_JUSTIFICATION, "uzasadnienie kategorii", "why this category", on=_VISIT),
    _text(names.EXT_ORDER_REASON, "powód terminu poza kolejnością", "why before who ranks higher", on=_VISIT),
    Extension(
        names.EXT_REMOVAL,
        "skreślenie",
        "the removal",
        parts=(
            _coding(names.REMOVAL_WHY, "powód skreślenia", "its reason", names.REMOVAL_REASON),
            _day(names.REMOVAL_ON, "data skreślenia", "its day"),
            _day(names.REMOVAL_IMPRESSIONS_ON, "dzień pobrania wycisków", "the day impressions were taken"),
            _day(names.REMOVAL_SETTLED_ON, "dzień rozliczenia", "the day of settlement"),
        ),
        on=_VISIT,
    ),
    Extension(
        names.EXT_REINSTATEMENT,
        "wniosek o przywrócenie na listę",
        "the request to be put back on the list",
        parts=(
            _day(names.REINSTATEMENT_REQUESTED_ON, "data wniosku", "the day of the request", required=True),
            _day(
                names.REINSTATEMENT_CAUSE_ENDED_ON,
                "kiedy ustała przyczyna niestawienia",
                "the day the cause of the no-show ceased",
                required=True,
            ),
            _flag(names.REINSTATEMENT_PLAUSIBLE, "przyczynę uprawdopodobniono", "the cause was made plausible"),
        ),
        on=_VISIT,
    ),
    _day(names.EXT_ORIGINAL_REPORT, "pierwotna data zgłoszenia", "the report at another provider", on=_VISIT),
    _flag(names.EXT_PRIOR_DATE_USED, "uwzględniono tę datę", "that date was taken into account", on=_VISIT),
    _text(names.EXT_NO_SHOW_EXCUSED, "siła wyższa przy niestawieniu", "what excuses the no-show", on=_VISIT),
    _text(names.EXT_NOT_TODAY, "dlaczego nie w dniu zgłoszenia", "why not served on the day of report", on=_VISIT),
    _flag(names.EXT_SERVICE_ABROAD, "uraz lub choroba ze służby poza granicami", "from service abroad", on=_VISIT),
    _moment(names.EXT_SERVICE_STARTED, "początek świadczenia", "when the service began", on=_VISIT),
    _coding(names.EXT_BODY_AREA, "okolica ciała", "the body area", on=_VISIT),
)

REFERRAL = (
    _code(
        names.EXT_REFERRAL_FORM,
        "postać skierowania",
        "the form of the referral",
        code_lists.REFERRAL_FORM,
        on=_REQUEST,
    ),
    Extension(
        names.EXT_PAPER_REFERRAL,
        "oryginał skierowania papierowego",
        "the paper original",
        parts=(
            _day(names.PAPER_RECEIVED_ON, "kiedy wpłynął", "the day it came"),
            _day(names.PAPER_POSTED_ON, "kiedy go nadano", "the day it was posted"),
            _code(names.PAPER_CHANNEL, "gdzie go nadano", "where it was posted", code_lists.POSTING_CHANNEL),
            _text(names.PAPER_LOCATION, "gdzie jest przechowywany", "where it is kept"),
            _text(names.PAPER_GROUND, "dlaczego papier", "why paper was lawful"),
            _text(
                names.PAPER_MISSING_CONFIRMED_BY,
                "kto potwierdził, że nie wpłynie",
                "who confirmed that it will not come",
            ),
        ),
        on=_REQUEST,
    ),
    _flag(
        names.EXT_NOTED_DATA, "spisano dane z art. 59b ust. 1", "the data of art. 59b were written down", on=_REQUEST
    ),
)

PATIENT = (
    _flag(names.EXT_NO_ADDRESS, "bez miejsca pobytu w Polsce", "no residence or stay in Poland", on=("Patient",)),
)

EXTENSIONS = (*SLOT, *SCHEDULE, *VISIT, *PERIOD, *ENTRY, *REFERRAL, *PATIENT)
"""Every one, in the order of the documents."""


def check_own(element: Element, where: str) -> Iterator[Problem]:
    """Check our extensions of an element by its FHIR name (``Appointment``, ``Appointment.requestedPeriod``)."""
    yield from check_extensions(element, _ON[where])


_ON = {where: by_url(one for one in EXTENSIONS if where in one.on) for one in EXTENSIONS for where in one.on}
