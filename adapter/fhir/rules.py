"""Every rule of reading FHIR: id -> severity and text in Polish and English.

``FHIR-`` rules are FHIR's own, ``POMOST-`` rules are our profile's. ``docs/fhir-profile.md`` lists each
(a test compares). Texts hold no value of a resource: it could be a person's.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.fhir.problems import Problem

ERROR = "error"
WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what is wrong and what is needed, in both languages."""

    text_pl: str
    text_en: str
    severity: str = ERROR


RULES: dict[str, Rule] = {
    # --- the document -----------------------------------------------------------------------------
    "FHIR-READ-01": Rule(
        "to nie jest JSON albo tekst jest ucięty",
        "this is not JSON, or it is cut short",
    ),
    "FHIR-READ-02": Rule("to jest XML; potrzebny jest JSON", "this is XML; JSON is needed"),
    "FHIR-READ-03": Rule("tekst nie jest w UTF-8", "the text is not UTF-8"),
    "FHIR-READ-04": Rule(
        "dokument jest za duży; większy eksport zapisz jako NDJSON, jeden zasób w wierszu",
        "the document is too large; write a larger export as NDJSON, one resource on a line",
    ),
    "FHIR-READ-05": Rule("dokument jest zagnieżdżony zbyt głęboko", "the document is nested too deep"),
    "FHIR-READ-06": Rule("nazwa występuje w obiekcie dwa razy", "a name stands twice in one object"),
    "FHIR-READ-07": Rule(
        "to nie jest zasób FHIR: brak resourceType",
        "this is no FHIR resource: there is no resourceType",
    ),
    "FHIR-READ-08": Rule("nieznany typ zasobu FHIR R4", "unknown FHIR R4 resource type"),
    "FHIR-READ-09": Rule(
        "to wygląda na FHIR R5; potrzebny jest R4 lub R4B",
        "this looks like FHIR R5; R4 or R4B is needed",
    ),
    "FHIR-READ-10": Rule(
        "to wygląda na FHIR STU3 (R3); potrzebny jest R4 lub R4B",
        "this looks like FHIR STU3 (R3); R4 or R4B is needed",
    ),
    # --- the shape of a resource -----------------------------------------------------------------
    "FHIR-SHAPE-01": Rule("brak wymaganego elementu", "a required element is missing"),
    "FHIR-SHAPE-02": Rule("FHIR R4 nie zna tego elementu w tym miejscu", "FHIR R4 knows no such element here"),
    "FHIR-SHAPE-03": Rule("wartość ma zły typ lub format", "the value has a wrong type or format"),
    "FHIR-SHAPE-04": Rule(
        "chwila (instant) musi mieć datę, godzinę z sekundami i strefę czasową",
        "an instant has a date, a time with seconds and a zone",
    ),
    "FHIR-SHAPE-05": Rule(
        "rozszerzenie z _value[x] nie jest obsługiwane; podaj value[x]",
        "an extension with _value[x] is not supported; give value[x]",
    ),
    "FHIR-SHAPE-06": Rule(
        "zasób zawarty (contained) nie jest znanym zasobem FHIR R4",
        "the contained resource is no known FHIR R4 resource",
    ),
    "FHIR-SHAPE-07": Rule("podano naraz więcej niż jedną z możliwych wartości", "more than one of a choice is given"),
    "FHIR-SHAPE-08": Rule(
        "pusty tekst, lista lub obiekt nie jest zgodny z FHIR; pominięto",
        "an empty text, list or object is not FHIR; passed over",
        WARNING,
    ),
    "FHIR-CODE-01": Rule("kod spoza wymaganej listy FHIR", "the code is not in FHIR's required list"),
    "FHIR-REF-01": Rule(
        "odwołanie wskazuje zasób niedozwolonego typu",
        "the reference points to a type that is not allowed here",
    ),
    # --- bundles ---------------------------------------------------------------------------------
    "FHIR-BUNDLE-01": Rule("Bundle.entry musi być listą obiektów", "Bundle.entry must be a list of objects"),
    "FHIR-BUNDLE-02": Rule("wpis nie zawiera zasobu", "the entry has no resource"),
    "FHIR-BUNDLE-03": Rule("Bundle w Bundle nie jest obsługiwany", "a Bundle inside a Bundle is not supported"),
    "POMOST-BUNDLE-01": Rule(
        "fullUrl z urn:uuid musi kończyć się identyfikatorem (id) zasobu",
        "a fullUrl with urn:uuid must end with the resource's id",
    ),
    # --- FHIR's rules of one type ------------------------------------------------------------------
    "FHIR-SLOT-01": Rule("nieznany status terminu (Slot.status)", "unknown Slot.status"),
    "FHIR-APPOINTMENT-01": Rule("nieznany status wizyty (Appointment.status)", "unknown Appointment.status"),
    "FHIR-APPOINTMENT-02": Rule("nieznany status uczestnika", "unknown participant.status"),
    "FHIR-APP-1": Rule(
        "uczestnik musi mieć type lub actor (app-1)",
        "a participant has a type or an actor (app-1)",
    ),
    "FHIR-APP-2": Rule("start i end podaje się razem albo wcale (app-2)", "start and end: both or neither (app-2)"),
    "FHIR-APP-3": Rule(
        "bez start i end może być tylko wizyta proposed, cancelled lub waitlist (app-3)",
        "only a proposed, cancelled or waitlist appointment may lack start and end (app-3)",
    ),
    "FHIR-APP-4": Rule(
        "powód odwołania może mieć tylko wizyta cancelled lub noshow (app-4)",
        "only a cancelled or noshow appointment may have a cancelation reason (app-4)",
    ),
    "FHIR-SERVICEREQUEST-01": Rule("nieznany status skierowania", "unknown ServiceRequest.status"),
    "FHIR-SERVICEREQUEST-02": Rule("nieznany ServiceRequest.intent", "unknown ServiceRequest.intent"),
    "FHIR-SERVICEREQUEST-03": Rule("nieznany ServiceRequest.priority", "unknown ServiceRequest.priority"),
    # --- our profile -----------------------------------------------------------------------------
    "POMOST-ANY-01": Rule("brak poprawnego id zasobu", "the resource has no valid id"),
    "POMOST-ANY-02": Rule(
        "rozszerzenie modyfikujące zmienia znaczenie, a Pomost go nie zna",
        "a modifier extension changes the meaning and Pomost does not know it",
    ),
    "POMOST-ANY-03": Rule(
        "implicitRules zmienia znaczenie, a Pomost go nie zna",
        "implicitRules changes the meaning and Pomost does not know it",
    ),
    "POMOST-ANY-04": Rule(
        "potrzebne jest odwołanie postaci Typ/id do zasobu tego serwera",
        "a reference of the form Type/id to a resource of this server is needed",
    ),
    "POMOST-ANY-05": Rule("rozszerzenie może wystąpić tylko raz", "the extension may stand only once"),
    "POMOST-ANY-06": Rule(
        "rozszerzenie ma wartość innego typu, niż mówi profil",
        "the extension's value is not of the type that the profile names",
    ),
    "POMOST-ANY-07": Rule(
        "w rozszerzeniu brak części wymaganej przez profil",
        "the extension lacks a part that the profile requires",
    ),
    "POMOST-ANY-08": Rule("kod spoza listy profilu", "the code is not in the profile's list"),
    "POMOST-ANY-09": Rule(
        "rozszerzenie nie ma części o tej nazwie; sprawdź pisownię",
        "the extension has no part of this name; check its spelling",
    ),
    "POMOST-ANY-10": Rule("potrzebna jest pełna data: RRRR-MM-DD", "a full day is needed: YYYY-MM-DD"),
    "POMOST-ANY-11": Rule(
        "to nie jest kod ICD-10 (litera, dwie cyfry, kropka i dalszy znak); ten kod nie będzie użyty",
        "this is no ICD-10 code (a letter, two digits, a dot and more); it will not be used",
        WARNING,
    ),
    "POMOST-SLOT-01": Rule(
        "brak rodzaju terminu: appointmentType.coding z system i code",
        "the kind of term is missing: appointmentType.coding with system and code",
    ),
    "POMOST-SLOT-02": Rule("termin kończy się, zanim się zacznie", "the slot ends before it starts"),
    "POMOST-SLOT-03": Rule("pojemność terminu to liczba od 1 do 100", "a slot's capacity is a number from 1 to 100"),
    "POMOST-SCHEDULE-01": Rule(
        "potrzebna jest dokładnie jedna komórka organizacyjna (identyfikator ...4424.2.3.3)",
        "exactly one organisational cell is needed (identifier ...4424.2.3.3)",
    ),
    "POMOST-SCHEDULE-02": Rule(
        "komórkę zapisuje się jako podmiot-komórka: 12 cyfr, myślnik, 1 do 4 cyfr",
        "a cell is written podmiot-cell: 12 digits, a dash, 1 to 4 digits",
    ),
    "POMOST-SCHEDULE-03": Rule(
        "potrzebny jest dokładnie jeden kod usługi: specjalność komórki lub program",
        "exactly one service code is needed: the cell's specialty or a programme",
    ),
    "POMOST-SCHEDULE-04": Rule(
        "osoba przyjmująca musi mieć dokładnie jeden numer prawa wykonywania zawodu (NPWZ)",
        "a practitioner needs exactly one licence number (NPWZ)",
    ),
    "POMOST-SCHEDULE-05": Rule(
        "numer prawa wykonywania zawodu to 1 do 10 liter i cyfr",
        "a licence number has 1 to 10 letters and digits",
    ),
    "POMOST-APPOINTMENT-01": Rule(
        "potrzebny jest dokładnie jeden pacjent wśród uczestników",
        "exactly one participant must be a Patient",
    ),
    "POMOST-APPOINTMENT-02": Rule(
        "wizyta musi wskazać termin (slot) albo harmonogram (rozszerzenie appointment-schedule)",
        "the appointment must name a slot, or a schedule by the extension appointment-schedule",
    ),
    "POMOST-APPOINTMENT-03": Rule("wizyta kończy się, zanim się zacznie", "the appointment ends before it starts"),
    "POMOST-APPOINTMENT-04": Rule(
        "brak kategorii pacjenta (rozszerzenie patient-category)",
        "the patient category is missing (extension patient-category)",
    ),
    "POMOST-APPOINTMENT-05": Rule(
        "brak daty zgłoszenia: created lub rozszerzenie reported-at",
        "the day of registration is missing: created or the extension reported-at",
    ),
    "POMOST-APPOINTMENT-06": Rule(
        "odwołana wizyta musi mieć kod powodu (cancelationReason.coding)",
        "a cancelled appointment needs a coded reason (cancelationReason.coding)",
    ),
    "POMOST-APPOINTMENT-07": Rule(
        "wizyta może się opierać na najwyżej jednym skierowaniu",
        "an appointment is based on at most one referral",
    ),
    "POMOST-APPOINTMENT-08": Rule(
        "uprawnienie musi mieć kod; verified-by i verified-at podaje się razem",
        "an entitlement has a code; verified-by and verified-at come together",
    ),
    "POMOST-APPOINTMENT-09": Rule(
        "rezygnacja z uprawnienia musi mieć given-at, noted-by i reason",
        "a waiver has given-at, noted-by and reason",
    ),
    "POMOST-APPOINTMENT-10": Rule(
        "data i godzina w rozszerzeniu musi mieć strefę czasową",
        "a date and time in an extension has a zone",
    ),
    "POMOST-APPOINTMENT-11": Rule(
        "termin wpisu to jeden dzień (start = end) albo, z term-precision week, tydzień od poniedziałku do niedzieli",
        "an entry's term is one day (start = end) or, with term-precision week, a week from Monday to Sunday",
    ),
    "POMOST-APPOINTMENT-12": Rule(
        "wpis ma jeden termin: podaj jeden requestedPeriod",
        "an entry has one term: give one requestedPeriod",
    ),
    "POMOST-APPOINTMENT-13": Rule(
        "plan leczenia ma koniec (ends-on) albo koniec nieznany (open-ended), nie oba naraz",
        "a plan of treatment has an end (ends-on) or none that is known (open-ended), not both",
    ),
    "POMOST-SERVICEREQUEST-01": Rule(
        "doNotPerform: zakaz wykonania nie jest skierowaniem",
        "doNotPerform: an order not to do something is no referral",
    ),
    "POMOST-SERVICEREQUEST-02": Rule(
        "skierowanie musi mieć intent order (lub jego odmianę)",
        "a referral has the intent order (or a kind of it)",
    ),
    "POMOST-SERVICEREQUEST-03": Rule(
        "kryterium medyczne to routine (stabilny) lub urgent (pilny)",
        "the medical criterion is routine (stable) or urgent",
    ),
    "POMOST-SERVICEREQUEST-04": Rule(
        "brak priority; przyjęto routine (przypadek stabilny), jak stanowi FHIR",
        "priority is missing; taken as routine (stable), as FHIR says",
        WARNING,
    ),
    "POMOST-SERVICEREQUEST-05": Rule(
        "numer skierowania ma 22 litery i cyfry", "a referral number has 22 letters and digits"
    ),
    "POMOST-SERVICEREQUEST-06": Rule("klucz skierowania ma 44 cyfry", "a referral key has 44 digits"),
    "POMOST-SERVICEREQUEST-07": Rule("kod dostępu ma 4 cyfry", "an access code has 4 digits"),
    "POMOST-SERVICEREQUEST-08": Rule(
        "skierowanie ma najwyżej jeden numer, jeden klucz i jeden kod",
        "a referral has at most one number, one key and one code",
    ),
    "POMOST-SERVICEREQUEST-09": Rule(
        "dane papierowego oryginału (paper-referral) dotyczą tylko skierowania papierowego",
        "what is known of a paper original (paper-referral) belongs to a referral on paper only",
    ),
    "POMOST-PATIENT-01": Rule(
        "potrzebny jest numer PESEL albo jeden dokument tożsamości",
        "a PESEL or one identity document is needed",
    ),
    "POMOST-PATIENT-02": Rule("numer PESEL jest niepoprawny", "the PESEL is not valid"),
    "POMOST-PATIENT-03": Rule(
        "numer dokumentu ma 3 do 20 wielkich liter i cyfr",
        "a document number has 3 to 20 capital letters and digits",
    ),
    "POMOST-PATIENT-04": Rule(
        "potrzebne jest nazwisko i co najmniej jedno imię",
        "a family name and at least one given name are needed",
    ),
    "POMOST-PATIENT-05": Rule(
        "w polu telefonu musi być jeden numer; ten numer nie będzie użyty",
        "a phone field holds one number; this one will not be used",
        WARNING,
    ),
}
"""Rule id -> rule."""


def problem(rule: str, path: str) -> Problem:
    """A problem of ``rule`` at the FHIRPath ``path`` (``$`` for the document itself)."""
    found = RULES[rule]
    return Problem(path, rule, found.text_pl, found.text_en, found.severity)
