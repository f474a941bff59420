"""The story, chapter by chapter. Nothing is counted here: ``figures.py`` reads what became true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapter.cli.demo.clinic import BLOCKED_DAY, DOCTORS, cancelled, slot_id
from adapter.cli.demo.stage import FACILITY, RETRY_SECONDS, Stage
from adapter.ports.store import MessageState
from adapter.services.deliver import deliver
from adapter.services.reconcile import reconcile
from adapter.services.report_cez import write_report
from adapter.services.settle_doubts import settle_doubts
from adapter.services.synchronise import Pass, synchronise

Say = Callable[[str], None]

LIS, SOWA, ZURAW = DOCTORS
CATCH_UP_MAX = timedelta(seconds=20)


class Story:
    """Plays the chapters in order; ``say`` gets one line each."""

    def __init__(self, stage: Stage, say: Say) -> None:
        self.stage = stage
        self.clinic = stage.clinic
        self.admin = stage.simulator.admin
        self.eq = stage.adapter.equipment
        self.say = say
        self.exports = 0
        self.proven_by = self.now()
        self.report: Path | None = None

    def play(self) -> None:
        """All chapters."""
        self.publish()
        self.book()
        self.wait()
        self.patients_act()
        self.serve_and_cancel()
        self.p1_is_down()
        self.answer_is_lost()
        self.cer_errs()
        self.compare_and_report()

    # -- what happens around the clinic

    def now(self) -> datetime:
        """The present instant."""
        return self.eq.clock.now()

    def hospital_says(self, *resources: dict[str, Any]) -> Pass:
        """The EHR exports new versions; one pass of the adapter follows."""
        self.exports += 1
        self.clinic.export(f"{self.exports:03d}", list(resources), self.now())
        return synchronise(self.eq, FACILITY)

    def ikp_books(self, person: int, slot: tuple[str, int, int]) -> str:
        """A patient books a slot in IKP; returns CeR's visit id."""
        pesel = self.clinic.world["people"][person]["pesel"]
        return self.admin.patient_books(slot_id(*slot), {"pesel": pesel})

    def _held(self, person: int) -> str:
        pesel = self.clinic.world["people"][person]["pesel"]
        number = next(one["number"] for one in self.clinic.world["referrals"] if one["person"] == pesel)
        state = next(str(one["state"]) for one in self.admin.referrals() if number in str(one["number"]))
        return self.eq.tables.referral_state.to_national(state, self.clinic.today)

    # -- chapters

    def publish(self) -> None:
        """The whole schedule goes to CeR; a block counts when CeR is seen to hold it."""
        done = self.hospital_says(*self.clinic.schedules(), *self.clinic.slots())
        self.proven_by = self.now()
        first, last = self.clinic.days[0], self.clinic.days[-1]
        slots = self.admin.slots()
        self.say(f"1  The clinic's EHR exports three doctors' terms from {first} to {last}.")
        self.say(
            f"   CeR now lists {len(slots)} of them; {done.proven.proven} are blocked, each seen by reading back."
        )

    def book(self) -> None:
        """Reception books; each referral is accepted in P1 before its visit is saved in CeR."""
        clinic, at = self.clinic, self.now() - timedelta(days=1)
        self.hospital_says(
            *(clinic.patient(person) for person in (0, 1, 3, 13)),
            *(clinic.referral(person, by_code=person == 1) for person in (0, 1, 3, 13)),
            clinic.appointment("visit-1", 0, at - timedelta(days=5), place=(LIS, 0, 0)),
            clinic.appointment("visit-2", 1, at, place=(LIS, 3, 1)),
            clinic.appointment("visit-3", 3, at, place=(SOWA, 2, 4)),
            clinic.appointment("visit-4", 13, at, place=(SOWA, 4, 0), category="oncology"),
        )
        saved = [visit for visit in self.admin.visits() if visit["state"] == "saved"]
        self.say(f"2  Reception books four patients, one with a DILO card: CeR holds {len(saved)} visits,")
        self.say(
            f"   and P1 holds the referral of the first as {self._held(0)} (key), of the second too (code + PESEL)."
        )

    def wait(self) -> None:
        """One patient joins the waiting room; the privileged one is refused there and booked out of turn."""
        clinic, at = self.clinic, self.now()
        done = self.hospital_says(
            *(clinic.patient(person) for person in (2, 12)),
            *(clinic.referral(person) for person in (2, 12)),
            clinic.appointment("entry-1", 2, at, status="waitlist"),
            clinic.appointment("entry-2", 12, at, status="waitlist", category="privileged"),
        )
        rules = ", ".join(sorted(done.taken.by_rule))
        self.say("3  One patient joins the waiting room. A privileged one must never be put there:")
        self.say(f"   refused by rule {rules}; she is booked on a privileged term within 7 working days instead.")
        self.hospital_says(clinic.appointment("visit-5", 12, at, place=(LIS, 3, 6), category="privileged"))

    def patients_act(self) -> None:
        """Patients book and cancel in IKP; the EHR learns of it as Appointments with CeR's ids."""
        self.ikp_books(4, (SOWA, BLOCKED_DAY, 1))
        self.ikp_books(5, (LIS, 7, 2))
        changes_mind = self.ikp_books(6, (ZURAW, 3, 0))
        brought = synchronise(self.eq, FACILITY).pulled.brought
        self.admin.patient_cancels(changes_mind)
        gone = synchronise(self.eq, FACILITY).pulled.cancelled
        self.say(f"4  Three patients book in IKP, one changes her mind: {brought} Appointments appear in the EHR,")
        self.say(f"   {gone} of them is cancelled there too, and its term is free again.")

    def serve_and_cancel(self) -> None:
        """A served visit finishes its referral; a cancelled one gives it back."""
        clinic, at = self.clinic, self.now()
        self.hospital_says(
            clinic.appointment("visit-1", 0, at - timedelta(days=6), status="fulfilled", place=(LIS, 0, 0)),
            clinic.appointment("visit-2", 1, at, status="cancelled", place=(LIS, 3, 1), more=cancelled("pat")),
        )
        self.say(f"5  The first patient was served: her referral is {self._held(0)}. The second cancels by phone:")
        self.say(f"   his referral is {self._held(1)} again and can be used anywhere.")

    def p1_is_down(self) -> None:
        """P1 is out of reach: patients are entered at once, the statuses follow in order (law.md R-07, R-08)."""
        clinic = self.clinic
        self.admin.trouble("refused", system="p1", count=None)
        for number, (person, place) in enumerate(((7, (SOWA, 5, 4)), (8, (ZURAW, 5, 2))), start=6):
            self.hospital_says(
                clinic.patient(person),
                clinic.referral(person),
                clinic.appointment(f"visit-{number}", person, self.now(), place=place),
            )
        during = {person: self._held(person) for person in (7, 8)}
        self.admin.clear_troubles()
        until = self.now() + CATCH_UP_MAX
        while self._undelivered() and self.now() < until:
            self.eq.clock.sleep(RETRY_SECONDS)
            deliver(self.eq, FACILITY)
        after = {person: self._held(person) for person in (7, 8)}
        self.say(f"6  P1 is down: two patients get their terms at once, their referrals are still {during[7]}.")
        self.say(f"   P1 is back: both are {after[8]}, set in the order in which the patients came.")

    def _undelivered(self) -> int:
        with self.eq.store.unit_of_work() as work:
            return len(work.outbox.find(facility=FACILITY, states=[MessageState.WAITING], limit=1))

    def answer_is_lost(self) -> None:
        """CeR saves a visit and its answer never comes: it is asked about, not sent again."""
        clinic = self.clinic
        self.admin.trouble("reply-lost", system="cer", operation="save_visit")
        self.hospital_says(
            clinic.patient(9), clinic.referral(9), clinic.appointment("visit-8", 9, self.now(), place=(LIS, 4, 0))
        )
        self.eq.clock.sleep(self.eq.limits.rest_most.total_seconds())
        settled = settle_doubts(self.eq, FACILITY)
        there = [visit for visit in self.admin.visits() if visit["reference"] == "visit-8"]
        self.say("7  CeR saves a visit but its answer is lost: the message is in doubt and nothing is sent again.")
        self.say(f"   Reading back finds it ({settled.happened} settled): CeR holds {len(there)} visit, not two.")
        deliver(self.eq, FACILITY)

    def cer_errs(self) -> None:
        """CeR saves visits where it must not: on blocked terms, and two on one."""
        self.let_time_pass()
        self.admin.trouble("block-ignored", count=2)
        self.ikp_books(10, (ZURAW, BLOCKED_DAY, 0))
        self.ikp_books(11, (ZURAW, BLOCKED_DAY, 4))
        self.admin.trouble("capacity-ignored")
        self.ikp_books(14, (SOWA, BLOCKED_DAY, 1))
        synchronise(self.eq, FACILITY)
        day = self.clinic.days[BLOCKED_DAY]
        self.say(f"8  CeR errs: on {day} it saves two patients on Dr Żuraw's blocked terms")
        self.say("   and a second one on a term of Dr Sowa that is taken.")

    def let_time_pass(self) -> None:
        """Two instants of two clocks have an order only when they are further apart than the tolerance."""
        ready = self.proven_by + self.eq.limits.order_tolerance + timedelta(seconds=1)
        self.eq.clock.sleep(max((ready - self.now()).total_seconds(), 0))

    def compare_and_report(self) -> None:
        """Both calendars side by side, every difference by name, and the package for CeZ."""
        first, last = self.clinic.days[0], self.clinic.days[-1]
        eq = self.eq
        reconcile(eq.store, eq.registry, eq.clock, eq.tables, FACILITY, first=first, last=last)
        with eq.store.unit_of_work() as work:
            found = work.differences.find(facility=FACILITY)
        names = sorted({one.found.kind.value for one in found})
        self.say(f"9  Both calendars are compared term by term: {len(found)} differences, each by name")
        self.say(f"   ({', '.join(names)}).")
        day = self.clinic.days[BLOCKED_DAY]
        written = write_report(eq.store, eq.clock, eq.tables, FACILITY, day=day, out=self.stage.folder)
        self.report = written.folder if written is not None else None
        self.say(f"   The package for CeZ, without a single name or PESEL, is in {self.report}.")
