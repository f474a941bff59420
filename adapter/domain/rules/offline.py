"""An entry is made by setting the referral's status in P1; what happens while P1 is out of reach (R-04, R-07, R-08).

The position and the time of an offline entry are final at once; the status follows, in the order of the entries.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from adapter.domain.register import Entry
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict

R04 = Rule(
    "R-04",
    "Wpis przez określenie statusu e-skierowania w P1",
    "An entry is made by setting the e-referral's status in P1",
    "art. 20 ust. 2ab ustawy z 27.08.2004",
    (Action.ERROR, Action.AUTO, Action.WARN),
    ("E-R-P1", "E-U-DUP", "AUTO-R-FINISH", "W-R-STATUS-LATE"),
)
R07 = Rule(
    "R-07",
    "Brak dostępu do P1: wpis na kolejnej pozycji na podstawie informacji o skierowaniu",
    "P1 out of reach: an entry at the next position, on the information about the referral",
    "art. 20 ust. 2c ustawy z 27.08.2004",
    (Action.AUTO, Action.ERROR),
    ("AUTO-R-OFFLINE", "E-R-ACCESS"),
)
R08 = Rule(
    "R-08",
    "Status e-skierowania niezwłocznie po odzyskaniu dostępu do P1",
    "The status at once after P1 is back",
    "art. 20 ust. 2d ustawy z 27.08.2004",
    (Action.AUTO, Action.WARN, Action.TASK),
    ("AUTO-R-SYNC", "W-R-SYNC-LATE", "TASK-R-DUPLICATE"),
)
RULES = (R04, R07, R08)


class StatusAnswer(StrEnum):
    """What P1 said when we set the status of a referral."""

    SET = "set"
    ELSEWHERE = "elsewhere"
    """Another provider holds the referral."""
    REFUSED = "refused"
    """Any other refusal: annulled, completed, not found."""
    UNREACHABLE = "unreachable"


def entry_final(entry: Entry, answer: StatusAnswer) -> Verdict:
    """R-04: the entry is final when P1 set the status. Out of reach: R-07 decides."""
    if answer is StatusAnswer.SET:
        return R04.allow()
    if answer is StatusAnswer.UNREACHABLE:
        return offline_entry(entry)
    if answer is StatusAnswer.ELSEWHERE:
        return R04.refuse(
            "E-U-DUP",
            "skierowanie jest w realizacji u innego świadczeniodawcy: poproś, by pacjent najpierw tam zrezygnował",
            "the referral is held by another provider: ask the patient to give that place up first",
        )
    return R04.refuse(
        "E-R-P1",
        "P1 nie przyjął statusu skierowania: sprawdź skierowanie, wpisu nie ma",
        "P1 refused the referral's status: check the referral, there is no entry",
    )


def status_due(
    entry: Entry, reachable_since: datetime | None, now: datetime, settings: RuleSettings = DEFAULT_SETTINGS
) -> Verdict:
    """R-04: an entry that awaits P1's status is none yet; when it waits long though P1 answers, a person must look.

    Its message stopped, or somebody gave it up: what P1 knows of the referral is then known to a person alone.
    ``reachable_since`` (aware) as in :func:`sync_due`; the time is ``sync_late_after_minutes`` (inferred).
    """
    if not entry.open or not _late(entry, reachable_since, now, settings):
        return R04.allow()
    return R04.warn(
        "W-R-STATUS-LATE",
        "P1 jest dostępny, a status skierowania nadal nieustawiony, więc wpisu jeszcze nie ma: sprawdź kolejkę "
        "wysyłek, a jeśli wysyłkę porzucono, przyjmij skierowanie ponownie albo odwołaj wizytę",
        "P1 answers and the referral's status is still not set, so there is no entry yet: look at the outbox; where "
        "the message was given up, accept the referral again or cancel the visit",
    )


def _late(entry: Entry, reachable_since: datetime | None, now: datetime, settings: RuleSettings) -> bool:
    if reachable_since is None or reachable_since > now:
        return False
    return now - max(reachable_since, entry.entered_at) >= timedelta(minutes=settings.sync_late_after_minutes)


def offline_entry(entry: Entry) -> Verdict:
    """R-07: without P1, the data of the information about the referral make the entry; without them there is none."""
    if entry.referral is not None and entry.referral.noted:
        return R07.act(
            "AUTO-R-OFFLINE",
            "brak dostępu do P1: wpis ma już ostateczną pozycję i czas, status skierowania zostanie ustawiony później",
            "P1 is out of reach: position and time of the entry are final, the referral's status follows",
        )
    return R07.refuse(
        "E-R-ACCESS",
        "brak dostępu do P1: zapisz numer i kod skierowania z wydruku, SMS lub e-maila pacjenta",
        "P1 is out of reach: write down the referral's number and code from the patient's printout, SMS or e-mail",
    )


def sync_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """R-08: open offline entries in the order in which their status is set: that of the entries."""
    pending = (entry for entry in entries if entry.open and entry.offline_pending)
    return tuple(sorted(pending, key=lambda entry: (entry.entered_at, entry.number or 0, entry.id)))


def sync_due(
    entry: Entry, reachable_since: datetime | None, now: datetime, settings: RuleSettings = DEFAULT_SETTINGS
) -> Verdict:
    """R-08: what an offline entry asks for now.

    ``reachable_since`` (aware) is when P1 answered again, None while it does not.
    """
    if not entry.open or not entry.offline_pending or reachable_since is None or reachable_since > now:
        return R08.allow()
    if _late(entry, reachable_since, now, settings):
        return R08.warn(
            "W-R-SYNC-LATE",
            "P1 jest dostępny, a status skierowania nadal nieustawiony: sprawdź kolejkę wysyłek",
            "P1 is back and the referral's status is still not set: look at the outbox",
        )
    return R08.act(
        "AUTO-R-SYNC",
        "P1 jest dostępny: ustaw status skierowania w kolejności wpisów",
        "P1 is back: set the referral's status, in the order of the entries",
    )


def synced(answer: StatusAnswer) -> Verdict:
    """R-08: what P1 said of an offline entry afterwards. Taken elsewhere: a person speaks with the patient (U-01).

    Also of an entry that went on with another referral and kept its place (R-10).
    """
    if answer in {StatusAnswer.ELSEWHERE, StatusAnswer.REFUSED}:
        return R08.ask_person(
            "TASK-R-DUPLICATE",
            "P1 nie przyjął skierowania (jest u innego albo nieważne), a wpis ma już miejsce: wyjaśnij z pacjentem; "
            "podaj w wizycie właściwe skierowanie, przyjmij to ponownie (pomost referrals accept) albo odwołaj wizytę",
            "P1 refused the referral (held elsewhere or void), and the entry has its place already: find out with the "
            "patient; name the right referral in the appointment, accept this one again (pomost referrals accept), or "
            "cancel the appointment",
        )
    return R08.allow()
