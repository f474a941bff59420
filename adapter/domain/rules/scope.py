"""Who keeps a register, of whom, and who answers for it: G-01 to G-04, G-06, G-07, G-09.

The order on the list (G-05) is in ``position.py``, what a patient may see of it (G-08) in ``patient_view.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from adapter.domain.moments import warsaw_day
from adapter.domain.register import AdmissionSchedule, Entry, Removal
from adapter.domain.rules.reasons import ON_OTHER_LIST
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict
from adapter.domain.term import Term

G01 = Rule(
    "G-01",
    "Kto prowadzi harmonogram przyjęć",
    "Who keeps a register",
    "art. 19a ust. 1 i art. 20 ust. 1 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-SCOPE",),
)
G02 = Rule(
    "G-02",
    "W harmonogramie jest każdy, komu udzielono świadczenia",
    "Everybody who was served is in the register",
    "art. 19a ust. 4 pkt 3 ustawy z 27.08.2004",
    (Action.REPORT, Action.ERROR),
    ("REPORT-MISSING-ENTRY",),
)
G03 = Rule(
    "G-03",
    "Harmonogram jest dokumentacją medyczną w postaci elektronicznej: niczego się nie usuwa",
    "The register is medical documentation in electronic form: nothing is deleted",
    "art. 19a ust. 6 i 7, art. 20 ust. 4 i 10g ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-NO-DELETE",),
)
G04 = Rule(
    "G-04",
    "Zgłoszenia elektroniczne o każdej porze",
    "Electronic reports at any time",
    "art. 19a ust. 8 ustawy z 27.08.2004",
)
G06 = Rule(
    "G-06",
    "Wpis jest zobowiązaniem świadczeniodawcy",
    "An entry binds the provider",
    "art. 20 ust. 3 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-X-REASON",),
)
G07 = Rule(
    "G-07",
    "Fundusz może zmieniać harmonogram w AP-KOLCE",
    "The Fund may write to the register in AP-KOLCE",
    "art. 19a ust. 10 ustawy z 27.08.2004",
    (Action.AUTO, Action.REPORT, Action.TASK),
    ("REPORT-REMOTE-CHANGE", "TASK-REMOTE-CHANGE"),
)
G09 = Rule(
    "G-09",
    "Za poprawność harmonogramu odpowiada świadczeniodawca",
    "The provider answers for the register",
    "art. 19a ust. 1 ustawy z 27.08.2004; SEED-002",
    (Action.REPORT,),
    ("REPORT-OPEN-ERRORS",),
)
RULES = (G01, G02, G03, G04, G06, G07, G09)


def keeps_register(schedule: AdmissionSchedule, settings: RuleSettings = DEFAULT_SETTINGS) -> Verdict:
    """G-01: hospital, specialist ambulatory and other stationary care keep a register; POZ does not."""
    if schedule.care in settings.care_in_scope:
        return G01.allow()
    return G01.refuse(
        "E-SCOPE",
        "dla tego rodzaju świadczeń nie prowadzi się harmonogramu przyjęć: wybierz inny harmonogram",
        "no register is kept for this kind of care: choose another schedule",
    )


@dataclass(frozen=True, slots=True)
class Encounter:
    """A service that was given: its id in the EHR, to whom (our id of the person), on which schedule, which day."""

    id: str
    person: str
    schedule: str
    finished_on: date


@dataclass(frozen=True, slots=True)
class MissingEntry:
    """G-02: an encounter without an entry; ``report_on`` is the day whose reconciliation report names it."""

    encounter: Encounter
    report_on: date
    verdict: Verdict


def missing_entries(encounters: Iterable[Encounter], entries: Iterable[Entry]) -> tuple[MissingEntry, ...]:
    """G-02: a row for every encounter on whose day the patient had no entry on that schedule.

    An entry counts from the day of report to the day of removal, both included.
    """
    spans: dict[tuple[str, str], list[tuple[date, date]]] = {}
    for entry in entries:
        last = entry.removal.on if entry.removal is not None else date.max
        spans.setdefault((entry.person.key, entry.schedule.id), []).append((warsaw_day(entry.reported_at), last))
    return tuple(
        MissingEntry(one, one.finished_on + timedelta(days=1), _missing())
        for one in encounters
        if not any(first <= one.finished_on <= last for first, last in spans.get((one.person, one.schedule), []))
    )


def _missing() -> Verdict:
    return G02.act(
        "REPORT-MISSING-ENTRY",
        "udzielono świadczenia, a w harmonogramie nie ma wpisu z tego dnia: uzupełnij wpis",
        "a service was given and the register has no entry of that day: add it",
    )


def deletion() -> Verdict:
    """G-03: an entry is never deleted, whoever asks; it ends by a removal with date and reason (X-01)."""
    return G03.refuse(
        "E-NO-DELETE",
        "wpisu w harmonogramie nie usuwa się: skreśl pacjenta, podając datę i przyczynę",
        "an entry of the register is not deleted: remove the patient with date and reason",
    )


def kept_until(removal: Removal, settings: RuleSettings = DEFAULT_SETTINGS) -> date:
    """G-03: the last day on which a closed entry is kept; counted from the end of the year of removal (inferred)."""
    return date(removal.on.year + settings.retention_years, 12, 31)


def report_day(received_at: datetime) -> date:
    """G-04: the day of a report is the Warsaw day of its receipt (aware), at any hour and on any day."""
    return warsaw_day(received_at)


def provider_cancels(reason: str, new_term: Term | None) -> Verdict:
    """G-06: a provider who cannot keep the term gives a new one (M-01) or a reason of removal (X-01)."""
    if reason.strip() or new_term is not None:
        return G06.allow()
    return G06.refuse(
        "E-X-REASON",
        "wpis zobowiązuje do udzielenia świadczenia: podaj nowy termin albo przyczynę skreślenia",
        "the entry binds the provider: give a new term, or the reason of the removal",
    )


class RemoteDifference(StrEnum):
    """How AP-KOLCE differs from our register."""

    GONE_THERE = "gone-there"
    """Open here, not there."""
    NEW_THERE = "new-there"
    """There, not here."""


@dataclass(frozen=True, slots=True)
class RemoteAnswer:
    """G-07: what a difference asks for.

    ``copy`` takes over what stands there; ``close_with`` is the reason of removal here, empty for none. What the Fund
    changed is never sent again.
    """

    verdict: Verdict
    copy: bool = False
    close_with: str = ""


def remote_change(difference: RemoteDifference, *, by_fund: bool) -> RemoteAnswer:
    """G-07: a change that the Fund made is authoritative: it is copied and reported. Of others, a person decides."""
    if not by_fund:
        return RemoteAnswer(
            G07.ask_person(
                "TASK-REMOTE-CHANGE",
                "AP-KOLCE różni się od harmonogramu, a zmiany nie wprowadził Fundusz: wyjaśnij i popraw",
                "AP-KOLCE differs from the register and it was not the Fund: find out and correct it",
            )
        )
    verdict = G07.act(
        "REPORT-REMOTE-CHANGE",
        "Fundusz zmienił harmonogram w AP-KOLCE: przejęto zmianę, nie wysyła się jej ponownie",
        "the Fund changed the register in AP-KOLCE: the change is taken over and not sent again",
    )
    gone = difference is RemoteDifference.GONE_THERE
    return RemoteAnswer(verdict, copy=True, close_with=ON_OTHER_LIST if gone else "")


def register_correct(open_errors: int, *, file_accepted: bool) -> Verdict:
    """G-09: that a monthly file was accepted corrects nothing; what is wrong stays in the report until corrected."""
    if not open_errors:
        return G09.allow()
    sent = "przyjęty" if file_accepted else "nieprzyjęty"
    return G09.act(
        "REPORT-OPEN-ERRORS",
        f"błędy w harmonogramie do poprawienia: {open_errors} (plik miesięczny {sent}, co niczego nie poprawia)",
        f"errors of the register to correct: {open_errors} (that a monthly file was sent corrects none)",
    )
