"""What CeR asks of an entry, a booking and a slot (I-01 to I-06). I-07 is in ``kinds.py``, I-09 is V-02 to V-09."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from adapter.domain.discrepancy import DiscrepancyClass
from adapter.domain.moments import waiting_room_end
from adapter.domain.rules.rule import Action, Rule, Standing
from adapter.domain.rules.verdict import Verdict

I01 = Rule(
    "I-01",
    "Kto musi być zintegrowany z CeR",
    "Who must be integrated with CeR",
    "SEED-000",
    (Action.WARN,),
    ("W-CER-SCOPE",),
)
I02 = Rule(
    "I-02",
    "Od dnia obowiązkowego pierwsza wizyta tylko przez CeR",
    "From the mandatory day a first visit is booked through CeR only",
    "ustawa z 26.09.2025 (Dz.U. 2025 poz. 1537), według źródeł wtórnych",
    (Action.ERROR,),
    ("E-CER-LOCAL",),
)
I03 = Rule(
    "I-03",
    "Zgłoszenie do CeR: IKP, osobiście, telefon, e-mail",
    "A report to CeR: patient's account, in person, phone, e-mail",
    "projekt ustawy o centralnej e-rejestracji (gov.pl), według źródeł wtórnych",
    (Action.ERROR,),
    ("E-CER-CHANNEL",),
    Standing.INFERRED,
)
I04 = Rule(
    "I-04",
    "Poczekalnia: CeR szuka terminu 40 dni (wizyta) albo 90 dni (badanie)",
    "The waiting room: CeR searches 40 days for a visit, 90 for an examination",
    "prasa, według źródeł wtórnych",
)
I05 = Rule(
    "I-05",
    "Wizyta zapisana mimo blokady",
    "Booked although blocked",
    "SEED-000",
    (Action.REPORT, Action.AUTO, Action.TASK),
    ("AUTO-CER-BLOCK", "REPORT-CER-BOOKED-BLOCKED", "TASK-CER-REBOOK", "TASK-CER-EVIDENCE"),
)
I06 = Rule(
    "I-06",
    "Nadmiarowy slot: zablokuj, a usuń tylko bez wizyty",
    "A surplus slot is blocked, and deleted only without a visit",
    "SEED-000",
    (Action.ERROR, Action.REPORT),
    ("E-CER-SLOT-HAS-VISIT",),
)
RULES = (I01, I02, I03, I04, I05, I06)


@dataclass(frozen=True, slots=True)
class CentralScope:
    """A row of ``mappings/cells_in_scope.csv``: the service, and from which days it is kept in CeR, and only there."""

    service: str
    valid_from: date
    mandatory_from: date
    valid_to: date | None = None
    searched_days: int = 40


class Standpoint(StrEnum):
    """How a service stands to CeR on a day."""

    OUTSIDE = "outside"
    INTEGRATED = "integrated"
    """Schedules are kept in CeR; a local booking is still paid for."""
    ONLY_CENTRAL = "only-central"


def standpoint(service: str, day: date, scope: Iterable[CentralScope]) -> Standpoint:
    """I-01, I-02: how ``service`` stands to CeR on ``day``."""
    for row in scope:
        if row.service == service and row.valid_from <= day and (row.valid_to is None or day <= row.valid_to):
            return Standpoint.ONLY_CENTRAL if row.mandatory_from <= day else Standpoint.INTEGRATED
    return Standpoint.OUTSIDE


def integrated(service: str, day: date, scope: Iterable[CentralScope], *, published: bool) -> Verdict:
    """I-01: a service in scope has its schedule in CeR (``published``)."""
    if published or standpoint(service, day, scope) is Standpoint.OUTSIDE:
        return I01.allow()
    return I01.warn(
        "W-CER-SCOPE",
        "harmonogram tej usługi musi być w CeR, a nie jest udostępniony: opublikuj sloty",
        "the schedule of this service must be kept in CeR and is not published: publish its slots",
    )


def booked_centrally(
    service: str, day: date, scope: Iterable[CentralScope], *, central: bool, first_visit: bool = True
) -> Verdict:
    """I-02: from the mandatory day a first visit that was booked on ``day`` outside CeR is refused."""
    if central or not first_visit or standpoint(service, day, scope) is not Standpoint.ONLY_CENTRAL:
        return I02.allow()
    return I02.refuse(
        "E-CER-LOCAL",
        "pierwszą wizytę w tej usłudze zapisuje się tylko przez CeR: zapisz ją na slot w CeR",
        "a first visit of this service is booked through CeR only: book it on a slot of CeR",
    )


class Channel(StrEnum):
    """How a patient may report to CeR (I-03)."""

    ACCOUNT = "ikp"
    IN_PERSON = "in_person"
    PHONE = "phone"
    EMAIL = "email"


def channel_known(channel: str) -> Verdict:
    """I-03: a report comes by one of the four channels."""
    if channel in {member.value for member in Channel}:
        return I03.allow()
    return I03.refuse(
        "E-CER-CHANNEL",
        "zgłoszenie do CeR przyjmuje się przez IKP, osobiście, telefonicznie albo e-mailem: wybierz sposób",
        "a report to CeR comes by the patient's account, in person, by phone or by e-mail: choose one",
    )


def searched_until(entered: date, service: str, scope: Iterable[CentralScope]) -> date | None:
    """I-04: until when CeR searches from the waiting room; information only. None outside of CeR."""
    for row in scope:
        if row.service == service:
            return waiting_room_end(entered, row.searched_days)
    return None


_BLOCKED = {
    DiscrepancyClass.BLOCK_NOT_SENT: (
        "AUTO-CER-BLOCK",
        "blokada nie dotarła do CeR: ustaw slot jako zablokowany i odczytaj go ponownie",
        "the block never reached CeR: set it there and read it back",
    ),
    DiscrepancyClass.BOOKED_WHILE_BLOCKED: (
        "REPORT-CER-BOOKED-BLOCKED",
        "wizyta na zablokowanym slocie: wyślij do CeZ identyfikatory z tego dnia, bez danych osobowych",
        "a visit on a blocked slot: send the ids of that day to CeZ, without any person's data",
    ),
    DiscrepancyClass.BOOKED_BEFORE_BLOCK: (
        "TASK-CER-REBOOK",
        "wizyta sprzed blokady: uzgodnij z pacjentem inny termin",
        "the visit is older than the block: agree on another term with the patient",
    ),
    DiscrepancyClass.BLOCK_UNPROVEN: (
        "TASK-CER-EVIDENCE",
        "nie wiadomo, czy wizyta jest sprzed blokady: obejrzyj dowody i zdecyduj",
        "it is not known whether the visit is older than the block: look at the evidence and decide",
    ),
}


def booked_although_blocked(kind: DiscrepancyClass) -> Verdict:
    """I-05: what follows from a class that the comparison found (``domain/reconcile.py`` names it).

    Our block never reached CeR: it is set. CeR saved a visit on its blocked slot: reported. The visit is older than
    the block: no discrepancy of CeR's, a person rebooks.
    """
    if kind not in _BLOCKED:
        return I05.allow()
    code, text_pl, text_en = _BLOCKED[kind]
    return I05.ask_person(code, text_pl, text_en) if code.startswith("TASK-") else I05.act(code, text_pl, text_en)


class WayOut(StrEnum):
    """What may be done about a surplus slot (I-06)."""

    BLOCK = "block"
    DELETE = "delete"


def ways_out(*, has_visit: bool) -> frozenset[WayOut]:
    """I-06: a surplus slot may be blocked, and deleted only while no visit is assigned to it."""
    return frozenset({WayOut.BLOCK}) if has_visit else frozenset(WayOut)


def surplus_removed(way: WayOut, *, has_visit: bool) -> Verdict:
    """I-06: a slot with a visit is not deleted."""
    if way in ways_out(has_visit=has_visit):
        return I06.allow()
    return I06.refuse(
        "E-CER-SLOT-HAS-VISIT",
        "slotu z przypisaną wizytą nie wolno usunąć: zablokuj go i przełóż wizytę",
        "a slot with a visit must not be deleted: block it and rebook the visit",
    )
