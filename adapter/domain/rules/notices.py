"""What patients are told, when, and what their answers do (N-01 to N-08)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from adapter.domain.moments import add_months, days_between, freed_window
from adapter.domain.patient import Patient
from adapter.domain.register import Entry, EntryPerson, Offer, Route, TermChangeCause
from adapter.domain.rules.position import place_key
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.terms import DECLINED, NO_CONTACT
from adapter.domain.rules.verdict import Verdict
from adapter.domain.term import DayTerm, Term

FAR_DAYS = 180
"""N-02: only a term further away than this may wait for the batch."""
BATCH_MONTHS = 3
"""N-02: at the latest so long after the last notice."""
FUND_SENTENCE_PL = (
    "Informacje o możliwości udzielenia świadczenia przez innych świadczeniodawców, średnim czasie oczekiwania "
    "i pierwszym wolnym terminie można uzyskać w Narodowym Funduszu Zdrowia."
)
"""N-05: the sentence that the first notice and each notice of a change must hold."""
FUND_SENTENCE_EN = (
    "The National Health Fund (NFZ) tells you which other providers give the service, the average waiting time "
    "and the first free date."
)

N01 = Rule(
    "N-01",
    "O zmianie terminu: każdym dostępnym sposobem, z podaniem przyczyny",
    "A change of the date is told in every available way, with the cause",
    "art. 20 ust. 8 ustawy z 27.08.2004",
    (Action.ERROR, Action.AUTO, Action.TASK),
    ("E-N-CAUSE", "AUTO-N-CHANGE", "TASK-N-UNREACHABLE", "TASK-N-SLOT-MOVED", "TASK-N-TIME"),
)
N02 = Rule(
    "N-02",
    "Odległy termin: o zmianie raz na trzy miesiące",
    "A far date: told once in three months",
    "art. 20 ust. 8a ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-N-NOW", "AUTO-N-BATCH"),
)
N03 = Rule(
    "N-03",
    "Zwolniony termin: propozycja dla pacjentów od 7. do 30. dnia",
    "A freed date is offered to patients dated 7 to 30 days after it",
    "art. 20 ust. 9a ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-N-OFFER",),
)
N04 = Rule(
    "N-04",
    "Odpowiedź na propozycję wcześniejszego terminu",
    "The answer to an offer of an earlier date",
    "art. 20 ust. 8, 9a i 9b ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-N-ACCEPTED", "AUTO-N-RESERVE", "AUTO-N-NEXT"),
)
N05 = Rule(
    "N-05",
    "Pouczenie o informacjach Narodowego Funduszu Zdrowia",
    "Each notice says what the Fund can tell",
    "art. 20 ust. 8b i art. 23 ust. 3 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-N-NOTICE",),
)
N06 = Rule(
    "N-06",
    "Aktualny telefon i e-mail w AP-KOLCE",
    "Phone and e-mail in AP-KOLCE are kept current",
    "art. 23b ust. 1 ustawy z 27.08.2004",
    (Action.AUTO, Action.TASK),
    ("AUTO-N-CONTACT", "TASK-N-CER-PHONE", "TASK-N-CER-PERSON"),
)
N07 = Rule(
    "N-07",
    "Informacja z Funduszu: pacjent nie może przyjść albo rezygnuje",
    "The Fund tells that a patient cannot come or resigns",
    "art. 23b ust. 2 ustawy z 27.08.2004",
    (Action.TASK, Action.AUTO),
    ("TASK-N-RESCHEDULE", "AUTO-N-RESIGNED"),
)
N08 = Rule(
    "N-08",
    "Pacjent niezwłocznie powiadamia o rezygnacji",
    "The patient tells at once that he cannot come or resigns",
    "art. 20 ust. 9 ustawy z 27.08.2004",
    (Action.TASK, Action.AUTO),
    ("TASK-N-RESCHEDULE", "AUTO-N-RESIGNED"),
)
RULES = (N01, N02, N03, N04, N05, N06, N07, N08)


class Way(StrEnum):
    """A way to reach a patient."""

    PHONE = "phone"
    OTHER = "other"
    """E-mail or what else the patient gave."""
    POST = "post"


def ways_to(person: EntryPerson) -> tuple[Way, ...]:
    """N-01: every available way; none to who died (X-07)."""
    if person.deceased_on is not None:
        return ()
    has = ((Way.PHONE, person.phone), (Way.OTHER, person.other_contact), (Way.POST, person.address))
    return tuple(way for way, value in has if value.strip())


def change_told(person: EntryPerson, cause: str) -> Verdict:
    """N-01: the notice of a change of date names its cause and goes out in every available way."""
    if not cause.strip():
        return N01.refuse(
            "E-N-CAUSE",
            "powiadomienie o zmianie terminu musi podawać przyczynę: wpisz ją",
            "the notice of a change of date names its cause: write it down",
        )
    if person.deceased_on is not None:
        return N01.allow()
    ways = ways_to(person)
    if not ways:
        return N01.ask_person(
            "TASK-N-UNREACHABLE",
            "brak telefonu, e-maila i adresu pacjenta: ustal, jak powiadomić go o zmianie terminu",
            "no phone, e-mail or address of the patient: find a way to tell of the change",
        )
    return N01.act(
        "AUTO-N-CHANGE",
        "powiadom pacjenta o nowym terminie i przyczynie każdym dostępnym sposobem",
        f"tell the patient the new date and the cause in every available way ({', '.join(ways)})",
    )


def slot_moved() -> Verdict:
    """N-01: the EHR moved the slot on which a visit stands, not the visit: a person says what becomes of it (ours)."""
    return N01.ask_person(
        "TASK-N-SLOT-MOVED",
        "system szpitala zmienił czas terminu, na którym stoi wizyta (w CeR zostaje dotychczasowy): uzgodnij z "
        "pacjentem nowy czas i wpisz go w wizycie (inny dzień: z przyczyną), przenieś ją na inny termin albo cofnij "
        "zmianę",
        "the EHR changed the time of the slot on which the visit stands (CeR keeps the former one): agree on the new "
        "time with the patient and give it in the appointment (another day: with the reason), move it to another "
        "slot, or take the change back",
    )


def time_changed() -> Verdict:
    """N-01: a visit begins at another hour because its slot was moved: a person tells the patient (ours)."""
    return N01.ask_person(
        "TASK-N-TIME",
        "czas wizyty zmienił się razem z terminem: powiadom pacjenta każdym dostępnym sposobem",
        "the time of the visit changed with its slot: tell the patient in every available way",
    )


@dataclass(frozen=True, slots=True)
class NoticeTime:
    """N-02: the last day on which the patient is told, and the verdict: now, or with the batch."""

    due_by: date
    verdict: Verdict


def when_to_tell(
    today: date, before: Term, after: Term, cause: TermChangeCause, last_notice: date | None = None
) -> NoticeTime:
    """N-02: whether a change may wait for the batch: only art. 20 ust. 8 changes, more than 180 days ahead.

    Counted to the earlier of both dates (inferred, the safe reading); ``last_notice`` is the day of the last batch.
    """
    planned = min(before.first, after.first)
    if cause is TermChangeCause.PROVIDER and days_between(today, planned) > FAR_DAYS:
        due_by = max(today, add_months(last_notice if last_notice is not None else today, BATCH_MONTHS))
        verdict = N02.act(
            "AUTO-N-BATCH",
            f"odległy termin: powiadom zbiorczo, najpóźniej {due_by.isoformat()}",
            f"a far date: tell with the batch, {due_by.isoformat()} at the latest",
        )
        return NoticeTime(due_by, verdict)
    return NoticeTime(
        today,
        N02.act("AUTO-N-NOW", "powiadom pacjenta o zmianie terminu dziś", "tell the patient of the change today"),
    )


def may_be_offered(entry: Entry, freed: date, settings: RuleSettings = DEFAULT_SETTINGS) -> bool:
    """N-03: whether a waiting patient dated to a day may be offered the freed date."""
    first, last = freed_window(freed)
    return (
        entry.on_waiting_list
        and entry.person.deceased_on is None
        and isinstance(entry.term, DayTerm)
        and first <= entry.term.day <= last
        and (settings.offer_freed_dates_to_reserved or not entry.reserved)
    )


def candidates(freed: date, entries: Iterable[Entry], settings: RuleSettings = DEFAULT_SETTINGS) -> tuple[Entry, ...]:
    """N-03: who of one list may be offered a freed date, urgent first, then in the order of the list."""
    return tuple(sorted((one for one in entries if may_be_offered(one, freed, settings)), key=place_key))


def offer(freed: date, found: tuple[Entry, ...]) -> Verdict:
    """N-03: what to do with the candidates of a freed date."""
    if not found:
        return N03.allow()
    return N03.act(
        "AUTO-N-OFFER",
        f"zwolniony termin {freed.isoformat()}: zaproponuj go kolejno pacjentom z 7.-30. dnia (osób: {len(found)})",
        f"the date {freed.isoformat()} is free: offer it in order to {len(found)} patients dated 7 to 30 days later",
    )


def answered(offered: Offer, *, unforeseen: bool = False) -> tuple[Verdict, ...]:
    """N-04: what an answer does. ``unforeseen``: the offer was one of art. 20 ust. 8 (M-06), so the next is asked."""
    if offered.answer == "accepted":
        return (
            N04.act(
                "AUTO-N-ACCEPTED",
                "pacjent przyjął wcześniejszy termin: zmień termin z kodem przyczyny",
                "the patient took the earlier date: change the term with its reason code",
            ),
        )
    if offered.answer not in {DECLINED, NO_CONTACT}:
        return (N04.allow(),)
    reserved = N04.act(
        "AUTO-N-RESERVE",
        "odmowa albo brak kontaktu: dotychczasowy termin zostaje jako rezerwacja",
        "declined or no contact: the old date stays as a reservation",
    )
    if not unforeseen:
        return (reserved,)
    following = N04.act(
        "AUTO-N-NEXT",
        "zaproponuj wcześniejszy termin następnemu według kolejności zgłoszeń",
        "offer the earlier date to the next by the order of reports",
    )
    return (reserved, following)


def tells_of_fund(text: str, sentence: str = FUND_SENTENCE_PL) -> Verdict:
    """N-05: a notice, or its template, holds the sentence about the Fund, however its lines are broken."""
    if " ".join(sentence.split()) in " ".join(text.split()):
        return N05.allow()
    return N05.refuse(
        "E-N-NOTICE",
        "wzór powiadomienia nie zawiera pouczenia o informacjach NFZ: dopisz je",
        "the template of the notice lacks the sentence on what the Fund can tell: add it",
    )


def contact_changed(before: EntryPerson, after: EntryPerson, route: Route) -> Verdict:
    """N-06: the Fund reminds by what stands in AP-KOLCE, so a changed phone or e-mail goes there the same day."""
    changed = (before.phone, before.other_contact) != (after.phone, after.other_contact)
    if route is Route.AP_KOLCE and changed and after.deceased_on is None:
        return N06.act(
            "AUTO-N-CONTACT",
            "zmienił się kontakt do pacjenta: zaktualizuj go dziś w AP-KOLCE",
            "the patient's contact changed: update it in AP-KOLCE today",
        )
    return N06.allow()


def known_to_cer(before: Patient, after: Patient) -> Verdict:
    """N-06: CeR has a visit under another phone or number than the EHR has now (ours; to a phone CeR sends reminders).

    No operation that we know of changes the person or the phone of a saved visit, so a person does it. A name alone
    asks for nothing: CeR knows people by their number.
    """
    if before.identifier != after.identifier:
        return N06.ask_person(
            "TASK-N-CER-PERSON",
            "zmienił się numer PESEL albo dokument pacjenta, a wizytę zapisano w CeR na poprzedni: sprawdź ją w CeR i "
            "skierowanie w P1; jeśli stoją na innej osobie, odwołaj wizytę i zapisz ją ponownie",
            "the patient's PESEL or document changed, and CeR has the visit under the former one: look at it in CeR "
            "and at the referral in P1; if they stand on another person, cancel the visit and make it anew",
        )
    if after.phone and before.phone != after.phone:
        return N06.ask_person(
            "TASK-N-CER-PHONE",
            "zmienił się telefon pacjenta, a wizytę zapisano w CeR z poprzednim: popraw go w CeR, tam idą SMS-y z "
            "przypomnieniem i możliwością odwołania",
            "the patient's phone changed, and CeR has the visit with the former one: correct it in CeR, which sends "
            "the reminders there and takes the answers",
        )
    return N06.allow()


class Told(StrEnum):
    """What a patient, or the Fund for him, told."""

    CANNOT_COME = "cannot-come"
    RESIGNS = "resigns"


def told_by_fund(told: Told) -> Verdict:
    """N-07: resignation: the removal of X-04 and the release; cannot come: somebody gives a new date."""
    return _told(N07, told)


def told_by_patient(told: Told) -> Verdict:
    """N-08: the same from the patient himself."""
    return _told(N08, told)


def _told(rule: Rule, told: Told) -> Verdict:
    if told is Told.RESIGNS:
        return rule.act(
            "AUTO-N-RESIGNED",
            "pacjent zrezygnował: skreśl go z tym dniem i zwróć skierowanie",
            "the patient resigned: remove on that day and release the referral",
        )
    return rule.ask_person(
        "TASK-N-RESCHEDULE",
        "pacjent nie może przyjść w terminie: uzgodnij nowy termin i zapisz przyczynę zmiany",
        "the patient cannot come: agree on a new date and write down the reason of the change",
    )
