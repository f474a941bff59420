"""What happens at the clinic while its worker keeps dying, and what must be true of it in the end.

Every story goes in by the front door: the EHR exports it, a patient acts in CeR, or a person at the desk asks for
it. Each step notes what CeR and P1 must show exactly once when all is delivered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from clinic_site import Site
from fakes.referral_document import facts_of

from adapter.cli.demo.clinic import cancelled, ended, slot_id, term_change
from adapter.cli.demo.stage import FACILITY
from adapter.domain.appointment import VisitState
from adapter.services import handle_referral, issue_referral
from adapter.services.desk import Desk
from adapter.services.handle_referral import Asker
from adapter.simulator import documents

Place = tuple[str, int, int]
Change = tuple[str, str]
"""State of a visit and its slot, as CeR's feed shows a change."""

BOOKED_BY_STAFF = (0, 1, 2, 4, 5, 6, 8)
BOOKING_THEMSELVES = (9, 10, 11, 13)
AT_THE_DESK = (3, 7)
"""People whose referrals the desk handles; they are never booked."""
ISSUED_TO = 14
"""The person for whom the clinic's doctor issues referrals."""
BY_CODE = frozenset({1, 4, 7, 8})
"""Patients whose referral is opened by code and PESEL; the others brought the key."""
DAYS = range(2, 10)
STABLE = range(4)
ANOTHER_VISIT = 0.9
"""How likely a patient comes again before he is served for good."""
PATIENTS_DOCTOR = "dr-zuraw"
CLERK, DOCTOR = Asker("person:clerk"), Asker("person:clerk", user="doctor")


@dataclass(slots=True)
class Expected:
    """What CeR, P1 and the EHR must show in the end."""

    visits: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    """Our visit -> every change of it that CeR publishes, in order."""
    referrals: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Person -> what P1's history of the referral shows, in order."""
    comments: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Person at the desk -> the comments that P1 has with the referral, in order."""
    documents: dict[str, list[str]] = field(default_factory=dict)
    """Number of a referral that the clinic issued -> what P1's history of it shows."""
    entries: dict[str, bool] = field(default_factory=dict)
    """Our waiting entry -> whether it is open."""
    slots: dict[str, str] = field(default_factory=dict)
    """Slot of the yard (no visit ever stands there) -> its state; ``deleted`` when it is gone."""
    patients_visits: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    """CeR's id of a visit that a patient booked -> its changes."""
    cancelled_by_patient: set[str] = field(default_factory=set)
    """Our visits that a patient cancelled in CeR."""


class Stories:
    """All stories of one clinic. :meth:`go_on` lets something more happen."""

    def __init__(self, site: Site, rng: Random) -> None:
        self.site = site
        self.clinic = site.clinic
        self.rng = rng
        self.expected = Expected()
        self._people = {person: self._person(person) for person in BOOKED_BY_STAFF}
        self._patients = {person: self._patient(person) for person in BOOKING_THEMSELVES}
        self._desk = {person: self._asked_at_the_desk(person) for person in AT_THE_DESK}
        self._doctor = self._issues_and_annuls()
        self._yard = self._slots_come_and_go()

    def open(self) -> list[dict[str, Any]]:
        """The schedules and every slot on which visits will stand."""
        doctors = ("dr-lis", "dr-sowa", PATIENTS_DOCTOR)
        return [
            *self.clinic.schedules(),
            *(
                self.clinic.slot(doctor, day, number, "free")
                for doctor in doctors
                for day in DAYS
                for number in STABLE
            ),
        ]

    def go_on(self, people: int) -> None:
        """Some people's stories, one patient's, one at the desk, the doctor's and the yard's each go one step on."""
        exported: list[dict[str, Any]] = []
        for person in self.rng.sample(sorted(self._people), min(people, len(self._people))):
            resources = next(self._people[person], None)
            if resources is None:
                del self._people[person]
            else:
                exported += resources
        exported += next(self._yard)
        exported += next(self._desk[self.rng.choice(AT_THE_DESK)])
        next(self._doctor)
        next(self._patients[self.rng.choice(BOOKING_THEMSELVES)])
        if exported:
            self.site.export(*exported)

    # --- people whom reception books ----------------------------------------------------------------
    def _person(self, person: int) -> Iterator[list[dict[str, Any]]]:
        """One person's visits, one after another, each with an end of its own; the last one is served.

        The next one begins when the end of the last was taken in: a referral that the next visit needs already is
        not given back in between (``test_races``), and then nobody could say here what P1 was told.
        """
        places = [(doctor, day, number) for doctor in ("dr-lis", "dr-sowa") for day in DAYS for number in STABLE]
        own = places[BOOKED_BY_STAFF.index(person) :: len(BOOKED_BY_STAFF)]
        introduction = [self.clinic.patient(person), self.clinic.referral(person, by_code=person in BY_CODE)]
        ends = [self._resigns, self._does_not_come, self._doctor_is_ill, self._gives_up_waiting, self._cancels_in_cer]
        first = dict(zip(BOOKED_BY_STAFF, ends, strict=False)).get(person)  # the last two are served at once
        number = 0
        while first is not None and len(own) > 2 and (number == 0 or self.rng.random() < ANOTHER_VISIT):
            number += 1
            story = first if number == 1 else self.rng.choice(ends)
            for resources in story(f"visit-{person}-{number}", person, own):
                yield [*introduction, *resources]
                introduction = []
            while not self._over(f"visit-{person}-{number}"):
                yield []
        for resources in self._is_served(f"visit-{person}-last", person, own):
            yield [*introduction, *resources]
            introduction = []

    def _says(
        self, visit: str, person: int, status: str, place: Place | None, more: Any = None, *said: dict[str, Any]
    ) -> dict[str, Any]:
        return self.clinic.appointment(
            visit, person, self.site.now(), status=status, place=place, more=more, said=said
        )

    def _accepted(self, person: int) -> None:
        history = self.expected.referrals[person]
        if not history or history[-1] != "accept":
            history.append("accept")

    def _comes_in(
        self, visit: str, person: int, own: list[Place], *, moves: float = 0.4
    ) -> Iterator[list[dict[str, Any]]]:
        """Perhaps waits, is booked, perhaps moves; stands on ``own[0]`` in the end."""
        if self.rng.random() < 0.3:
            self._accepted(person)
            self.expected.entries[visit] = True
            yield [self._says(visit, person, "waitlist", None)]
            self.expected.entries[visit] = False
        self._accepted(person)
        self._happens(visit, "saved", own[0])
        yield [self._says(visit, person, "booked", own[0])]
        if self.rng.random() < moves:
            own[0], own[1] = own[1], own[0]
            self._happens(visit, "saved", own[0])
            yield [self._says(visit, person, "booked", own[0], None, term_change("PATIENT_REQUEST"))]

    def _happens(self, visit: str, state: str, place: Place) -> None:
        self.expected.visits[visit].append((state, slot_id(*place)))

    def _resigns(self, visit: str, person: int, own: list[Place]) -> Iterator[list[dict[str, Any]]]:
        yield from self._comes_in(visit, person, own)
        self._happens(visit, "cancelled", own[0])
        self.expected.referrals[person].append("give-back")
        yield [self._says(visit, person, "cancelled", own[0], cancelled("pat"))]

    def _doctor_is_ill(self, visit: str, person: int, own: list[Place]) -> Iterator[list[dict[str, Any]]]:
        yield from self._comes_in(visit, person, own)
        self._happens(visit, "cancelled", own[0])
        ill = cancelled("prov") | {"comment": "the doctor is ill"}
        yield [self._says(visit, person, "cancelled", own[0], ill, ended("OTHER"))]

    def _does_not_come(self, visit: str, person: int, own: list[Place]) -> Iterator[list[dict[str, Any]]]:
        yield from self._comes_in(visit, person, own)
        self._happens(visit, "no-show", own[0])
        self.expected.referrals[person].append("give-back")
        yield [self._says(visit, person, "noshow", own.pop(0))]

    def _is_served(self, visit: str, person: int, own: list[Place]) -> Iterator[list[dict[str, Any]]]:
        yield from self._comes_in(visit, person, own, moves=1.0)
        self._happens(visit, "served", own[0])
        self.expected.referrals[person].append("finish")
        yield [self._says(visit, person, "fulfilled", own.pop(0))]

    def _gives_up_waiting(self, visit: str, person: int, own: list[Place]) -> Iterator[list[dict[str, Any]]]:
        self._accepted(person)
        self.expected.entries[visit] = True
        yield [self._says(visit, person, "waitlist", None)]
        self.expected.entries[visit] = False
        self.expected.referrals[person].append("give-back")
        yield [self._says(visit, person, "cancelled", None, cancelled("pat"))]

    def _cancels_in_cer(self, visit: str, person: int, own: list[Place]) -> Iterator[list[dict[str, Any]]]:
        """As soon as the visit stands in CeR, known to us or not, the patient cancels it there."""
        self._accepted(person)
        self._happens(visit, "saved", own[0])
        yield [self._says(visit, person, "booked", own[0])]
        while not (standing := self.site.visits(visit, "saved")):
            yield []
        self.site.admin.patient_cancels(standing[0]["id"])
        self._happens(visit, "cancelled", own[0])
        self.expected.referrals[person].append("give-back")
        self.expected.cancelled_by_patient.add(visit)
        while not self._over(visit):
            yield []

    def _over(self, visit: str) -> bool:
        with self.site.eq.store.unit_of_work() as work:
            known = work.calendar.visit(FACILITY, visit)
        return known is not None and known.state in {VisitState.CANCELLED, VisitState.NO_SHOW}

    # --- what a person asks for at the desk ---------------------------------------------------------
    def _asked_at_the_desk(self, person: int) -> Iterator[list[dict[str, Any]]]:
        """Refused, perhaps; accepted; documents found missing; given back; and all over again."""
        referral = f"referral-{person + 1}"
        yield [self.clinic.patient(person), self.clinic.referral(person, by_code=person in BY_CODE)]
        while not self._known(referral):
            yield []
        history, comments = self.expected.referrals[person], self.expected.comments[person]

        def commented(what: str, ask: Callable[..., int]) -> None:
            comments.append(f"{what} {person}/{len(comments)}")
            history.append(what)
            self._ask(lambda desk: ask(desk, referral, CLERK, comments[-1]))

        while True:
            if self.rng.random() < 0.7:
                commented("refuse", handle_referral.refuse)
                yield []
            history.append("accept")
            self._ask(lambda desk: handle_referral.accept(desk, referral, CLERK))
            yield []
            commented("report-missing", handle_referral.report_missing_documents)
            yield []
            commented("give-back", handle_referral.give_back)
            yield []

    def _issues_and_annuls(self) -> Iterator[None]:
        """A doctor's documents, saved one after another; most are annulled, at once or later."""
        while True:
            number = f"9{len(self.expected.documents):020}1"
            facts = facts_of(self.clinic.world["people"][ISSUED_TO], number)
            history = self.expected.documents[number] = []
            self._ask(lambda desk, facts=facts: issue_referral.save(desk, documents.write(facts), DOCTOR))
            yield
            if self.rng.random() < 0.7:
                annulment = documents.write_annulment(facts, f"9{number[1:-1]}2")
                history.append("annul")
                self._ask(lambda desk, document=annulment: issue_referral.annul(desk, document, DOCTOR))
                yield

    def _ask(self, what: Callable[[Desk], int]) -> None:
        with self.site.eq.store.unit_of_work() as work:
            what(Desk(self.site.eq, work, FACILITY, "asked-at-the-desk"))
            work.commit()

    def _known(self, referral: str) -> bool:
        with self.site.eq.store.unit_of_work() as work:
            return work.calendar.referral(FACILITY, referral) is not None

    # --- patients who book themselves ---------------------------------------------------------------
    def _patient(self, person: int) -> Iterator[None]:
        """Books in CeR, perhaps moves, and cancels, again and again."""
        mine = BOOKING_THEMSELVES.index(person)
        places = [slot_id(PATIENTS_DOCTOR, day, mine) for day in DAYS]
        admin, who = self.site.admin, self.site.person(person)
        while True:
            first, second = self.rng.sample(places, 2)
            published = {slot["reference"] for slot in admin.slots()}
            if {first, second} <= published:
                visit = admin.patient_books(first, who)
                changes = self.expected.patients_visits[visit]
                changes.append(("saved", first))
                yield
                if self.rng.random() < 0.5:
                    admin.patient_moves(visit, second)
                    changes.append(("saved", second))
                    yield
                if self.rng.random() < 0.6:
                    admin.patient_cancels(visit)
                    changes.append(("cancelled", changes[-1][1]))
                else:
                    yield
                    admin.patient_cancels(visit)
                    changes.append(("cancelled", changes[-1][1]))
            yield

    # --- slots without visits -----------------------------------------------------------------------
    def _slots_come_and_go(self) -> Iterator[list[dict[str, Any]]]:
        """New slots, open or blocked; known ones are blocked, opened and withdrawn."""
        fresh = [(doctor, day, number) for day in DAYS for number in range(4, 8) for doctor in ("dr-lis", "dr-sowa")]
        known: list[Place] = []
        states = {"free": "open", "busy-unavailable": "blocked", "entered-in-error": "deleted"}
        while True:
            said: list[tuple[Place, str]] = []
            if fresh:
                known.append(fresh.pop(0))
                said.append((known[-1], self.rng.choice(["free", "busy-unavailable"])))
            said += [
                (place, self.rng.choice(["free", "busy-unavailable"]))
                for place in self.rng.sample(known[:-1], min(1, len(known) - 1))
            ]
            if len(known) > 4 and slot_id(*known[0]) in {slot["reference"] for slot in self.site.admin.slots()}:
                said.append((known.pop(0), "entered-in-error"))
            for place, status in said:
                self.expected.slots[slot_id(*place)] = states[status]
            yield [self.clinic.slot(*place, status) for place, status in dict(said).items()]
            yield []
