"""The right to be served out of turn, as an entry of the register states it (V-01, V-02, V-08, V-10 to V-12).

Also how an entry meets what ``privileged.py`` asks of a visit (V-03 to V-05), and how the right is lost (V-09).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from adapter.domain.entitlement import Category, Entitlement
from adapter.domain.history import with_category_change, with_term_change
from adapter.domain.moments import add_months, days_between, warsaw_day
from adapter.domain.register import (
    AdmissionSchedule,
    Care,
    CategoryChange,
    Entry,
    Speciality,
    TermChange,
    TermChangeCause,
)
from adapter.domain.rules.calendar import end_of_working_days
from adapter.domain.rules.privileged import LIMIT_WORKING_DAYS, V03, V04, V05, V09
from adapter.domain.rules.rule import Action, Rule, Standing
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict
from adapter.domain.slot import Slot, SlotKind, SlotState

INJURY_CERTIFICATE_YEARS = 5
"""V-01 pt 15: how long the certificate of art. 67zb lasts from its issue."""
DEFENCE_ONLY_POINTS = frozenset({"13", "14"})
INJURY_POINT = "15"
SERVICE_ABROAD_POINTS = frozenset({"24a", "24b", "24c"})
OUTSIDE_LISTS_POINTS = frozenset({"24a", "24b"})
RIGHT_LOST = "odwołanie pierwszej wizyty przez pacjenta: utrata uprawnienia"
"""V-09: the justification of the changes that follow (M-03)."""
BK = "BK"
"""V-11: the extra mark at a change of category."""

V01 = Rule(
    "V-01",
    "Kto ma prawo do świadczeń poza kolejnością",
    "Who has the right to be served out of turn",
    "art. 47c ust. 1 i art. 24a-24c ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-PRIV-SCOPE",),
)
V02 = Rule(
    "V-02",
    "Uprzywilejowany: świadczenie w dniu zgłoszenia",
    "The privileged are served on the day of report",
    "art. 47c ust. 3 ustawy z 27.08.2004",
    (Action.WARN,),
    ("W-PRIV-SAMEDAY",),
    Standing.INFERRED,
)
V08 = Rule(
    "V-08",
    "Harmonogram ma miejsce dla uprzywilejowanych w terminie ustawowym",
    "The schedule has room for the privileged within the limit",
    "SEED-000; art. 47c ust. 4 ustawy z 27.08.2004",
    (Action.WARN,),
    ("W-PRIV-CAPACITY",),
)
V10 = Rule(
    "V-10",
    "Dokument potwierdzający uprawnienie",
    "The document that shows the right",
    "art. 43 ust. 1, art. 47b i art. 47c ust. 1 pkt 12 i 15 ustawy z 27.08.2004",
    (Action.ERROR, Action.WARN),
    ("E-PRIV-BASIS", "W-PRIV-NUMBER"),
)
V11 = Rule(
    "V-11",
    "Oznaczenie BK: świadczenie poza kolejnością przed utratą prawa",
    "The mark BK: served out of turn before the right was lost",
    "§ 8 ust. 1 pkt 7 lit. b rozporządzenia z 26.06.2019",
    (Action.AUTO,),
    ("AUTO-PRIV-BK",),
)
V12 = Rule(
    "V-12",
    "Żołnierze i weterani: urazy i choroby nabyte podczas służby za granicą",
    "Soldiers and veterans: injuries and illness from service abroad",
    "art. 24a, 24b, 24c i art. 47c ust. 6 ustawy z 27.08.2004",
    (Action.ERROR, Action.AUTO),
    ("E-PRIV-SCOPE", "AUTO-PRIV-NO-LIST"),
)
RULES = (V01, V02, V08, V10, V11, V12)


@dataclass(frozen=True, slots=True)
class Right:
    """A row of ``mappings/entitlements.csv``: the code of the right, its point of art. 47c ust. 1 or its article."""

    code: str
    point: str


def in_scope(right: Right, entitlement: Entitlement, schedule: AdmissionSchedule, day: date) -> Verdict:
    """V-01: rights of points 13 and 14 hold in facilities of the Ministry of Defence only, point 15 for five years.

    The five years are a validity, not a term to act: no day off moves their end. ``day`` is that of the report.
    """
    if right.point in DEFENCE_ONLY_POINTS and not schedule.has(Speciality.DEFENCE):
        return V01.refuse(
            "E-PRIV-SCOPE",
            "to uprawnienie działa tylko w podmiotach podległych MON: wpisz pacjenta bez uprawnienia",
            "this right holds in facilities of the Ministry of National Defence only: enter the patient without it",
        )
    issued = entitlement.document.issued_on if entitlement.document is not None else None
    if right.point == INJURY_POINT and (issued is None or day > add_months(issued, 12 * INJURY_CERTIFICATE_YEARS)):
        return V01.refuse(
            "E-PRIV-SCOPE",
            "zaświadczenie z art. 67zb działa 5 lat od wydania: sprawdź datę wydania",
            "the certificate of art. 67zb holds for 5 years from its issue: check the day of issue",
        )
    return V01.allow()


def document_valid(entry: Entry) -> Verdict:
    """V-10: category 4 shows a document of a known kind that is in force on the day of report.

    Its number is kept too. Not every document has one (a doctor's certificate), so a missing number is shown and
    refuses nothing (inferred).
    """
    if entry.category is not Category.PRIVILEGED:
        return V10.allow()
    document = entry.entitlement.document if entry.entitlement is not None else None
    if document is None or not document.kind.strip():
        return V10.refuse(
            "E-PRIV-BASIS",
            "wpisz rodzaj i numer dokumentu, który potwierdza uprawnienie",
            "write down kind and number of the document that shows the right",
        )
    day = warsaw_day(entry.reported_at)
    if document.valid_until is not None and document.valid_until < day:
        return V10.refuse(
            "E-PRIV-BASIS",
            f"dokument potwierdzający uprawnienie był ważny do {document.valid_until.isoformat()}: poproś o aktualny",
            f"the document that shows the right ended on {document.valid_until.isoformat()}: ask for a current one",
        )
    if not document.number.strip():
        return V10.warn(
            "W-PRIV-NUMBER",
            "brak numeru dokumentu potwierdzającego uprawnienie: dopisz go; jeśli go nie ma, wpisz „bez numeru”",
            'the document that shows the right has no number: add it; where it has none, write "bez numeru"',
        )
    return V10.allow()


def service_abroad(right: Right, schedule: AdmissionSchedule, *, from_service: bool) -> Verdict:
    """V-12: rights of art. 24a-24c serve injuries and illness from service abroad only.

    Then art. 20 to 23 do not apply (24a, 24b): no waiting list; V-02 and V-03 still do (art. 47c ust. 6). 24c is for
    other stationary care.
    """
    if right.point not in SERVICE_ABROAD_POINTS:
        return V12.allow()
    if not from_service or (right.point == "24c" and schedule.care is not Care.STATIONARY):
        return V12.refuse(
            "E-PRIV-SCOPE",
            "uprawnienie dotyczy tylko urazów i chorób ze służby za granicą (24c: świadczeń stacjonarnych innych niż "
            "szpitalne): wpisz pacjenta bez uprawnienia",
            "the right serves injuries and illness from service abroad only (24c: stationary care other than "
            "hospital): enter the patient without it",
        )
    if right.point in OUTSIDE_LISTS_POINTS:
        return V12.act(
            "AUTO-PRIV-NO-LIST",
            "świadczenie poza listą oczekujących (art. 20-23 nie stosuje się); termin jak dla uprzywilejowanych",
            "outside the waiting list (art. 20 to 23 do not apply); the limits of the privileged do",
        )
    return V12.allow()


def _privileged(entry: Entry, today: date) -> bool:
    waived = entry.waiver is not None and warsaw_day(entry.waiver.given_at) <= today
    return entry.category is Category.PRIVILEGED and not waived


def same_day_first(entry: Entry, today: date, *, free_today: bool, cause: str = "") -> Verdict:
    """V-02: with a free term on the day of report, the service is given then, unless a cause is noted."""
    report = warsaw_day(entry.reported_at)
    later = entry.term is None or entry.term.first > report
    if _privileged(entry, today) and free_today and later and not cause.strip():
        return V02.warn(
            "W-PRIV-SAMEDAY",
            "w dniu zgłoszenia był wolny termin: przyjmij pacjenta tego dnia albo wpisz przyczynę",
            "there was a free term on the day of report: serve the patient then or note the cause",
        )
    return V02.allow()


def served_in_time(entry: Entry, today: date, settings: RuleSettings = DEFAULT_SETTINGS) -> Verdict:
    """V-03: an entry of category 4 in ambulatory care: the seventh working day at the latest.

    Hospitals have no number; a term far away is shown (inferred).
    """
    if not _privileged(entry, today) or entry.term is None:
        return V03.allow()
    report = warsaw_day(entry.reported_at)
    latest = end_of_working_days(report, LIMIT_WORKING_DAYS, settings)
    if entry.schedule.care is Care.AMBULATORY and entry.term.last > latest:
        return V03.refuse(
            "E-PRIV-7WD",
            f"pacjent uprzywilejowany: wybierz termin najpóźniej {latest.isoformat()} (7 dni roboczych od zgłoszenia)",
            f"privileged patient: choose a term by {latest.isoformat()} (7 working days from the report)",
        )
    waits = days_between(report, entry.term.last)
    if entry.schedule.care is Care.HOSPITAL and waits > settings.hospital_privileged_days:
        return V03.warn(
            "W-PRIV-HOSP",
            f"pacjent uprzywilejowany czeka {waits} dni na szpital: sprawdź, czy wcześniejszy termin jest możliwy",
            f"a privileged patient waits {waits} days for the hospital: see whether an earlier term is possible",
        )
    return V03.allow()


def kept_from_waiting_room(entry: Entry, today: date, *, waiting_room: bool) -> Verdict:
    """V-04, V-05: an entry of category 4 goes to the waiting room only after the patient gave the right up."""
    if not waiting_room or entry.category is not Category.PRIVILEGED:
        return V04.allow()
    if not _privileged(entry, today):
        return V05.allow()
    return V04.refuse(
        "E-PRIV-WAITROOM",
        "uprzywilejowanego nie wolno wpisać do Poczekalni: wybierz termin albo zapisz rezygnację z uprawnienia",
        "a privileged patient must not be put in the waiting room: choose a term, or note the waiver",
    )


def waiver_sensible(entry: Entry, other_wait_days: int, settings: RuleSettings = DEFAULT_SETTINGS) -> Verdict:
    """V-05: the leaflet's example of a waiver is a wait of over 40 days for another doctor; a shorter one is shown."""
    if entry.waiver is None or other_wait_days > settings.waiver_wait_days:
        return V05.allow()
    return V05.warn(
        "W-PRIV-WAIVE-40",
        f"rezygnacja z uprawnienia, a do wybranego lekarza czeka się tylko {other_wait_days} dni: upewnij się",
        f"the right was given up though the other doctor's wait is only {other_wait_days} days: make sure",
    )


@dataclass(frozen=True, slots=True)
class Waived:
    """V-05, V-09: the entry as category 2 and the change that says so (C-08). It goes to the waiting room."""

    entry: Entry
    change: CategoryChange
    verdict: Verdict


def loses_right(entry: Entry, at: datetime, by: str, *, by_patient: bool, first_visit: bool) -> Waived | None:
    """V-09: the patient cancelled the first visit and the right was verified: category 4 becomes 2, for this report.

    None where the rule does not apply. ``at`` is aware. The criterion is for a person to set (C-03). The term that
    was given up stays in the history.

    Raises:
        ValueError: the entry was touched after ``at``.
    """
    verified = entry.entitlement is not None and entry.entitlement.verified
    if not (by_patient and first_visit and verified and entry.open and _privileged(entry, warsaw_day(at))):
        return None
    moved = entry.term is not None
    change = CategoryChange(
        Category.PRIVILEGED, Category.WAITING, at, by, entry.criterion, entry.criterion, RIGHT_LOST, moved
    )
    lost = with_category_change(entry, change)
    if moved:
        lost = with_term_change(
            lost, TermChange(entry.term, None, at, by, TermChangeCause.CATEGORY, justification=RIGHT_LOST)
        )
    verdict = V09.act(
        "AUTO-PRIV-LOST",
        "pacjent odwołał pierwszą wizytę: kategoria 4 -> 2, Poczekalnia; zawiadom personel",
        "the patient cancelled the first visit: category 4 -> 2, the waiting room; tell the staff",
    )
    return Waived(lost, change, verdict)


def capacity(
    schedule: AdmissionSchedule, slots: Iterable[Slot], today: date, settings: RuleSettings = DEFAULT_SETTINGS
) -> Verdict:
    """V-08: within the next 7 working days an ambulatory schedule has a free privileged or stable slot."""
    if schedule.care is not Care.AMBULATORY:
        return V08.allow()
    last = end_of_working_days(today, LIMIT_WORKING_DAYS, settings)
    for slot in slots:
        usable = slot.state is SlotState.FREE and slot.kind in {SlotKind.PRIVILEGED, SlotKind.STABLE}
        if usable and today <= warsaw_day(slot.starts) <= last:
            return V08.allow()
    return V08.warn(
        "W-PRIV-CAPACITY",
        f"do {last.isoformat()} nie ma wolnego slotu uprzywilejowanego ani stabilnego: dodaj sloty; w sprawie "
        "konfiguracji harmonogramu zwróć się do dostawcy oprogramowania",
        f"no free privileged or stable slot until {last.isoformat()}: add slots; about the schedule's configuration "
        "ask the software vendor",
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """V-11: the extra mark of a change of category, empty when there is none."""

    code: str
    verdict: Verdict


def mark_of_change(entry: Entry, right_until: date) -> Mark:
    """V-11: BK where the patient was privileged on the day of entry and served out of turn before the right was lost.

    ``right_until`` is the last day of the right. The category on the day of entry is read from the changes.
    """
    at_entry = entry.category_changes[0].before if entry.category_changes else entry.category
    started = entry.service_started
    in_time = started is not None and warsaw_day(started) <= right_until
    if at_entry is Category.PRIVILEGED and warsaw_day(entry.entered_at) <= right_until and in_time:
        return Mark(
            BK,
            V11.act(
                "AUTO-PRIV-BK",
                "świadczenie poza kolejnością przed utratą uprawnienia: przy zmianie kategorii dodaj kod BK",
                "served out of turn before the right was lost: the code BK is added to the change of category",
            ),
        )
    return Mark("", V11.allow())
