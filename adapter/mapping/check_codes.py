"""What the code tables say of accepted resources, for ``pomost fhir check``: nothing is taken in.

An Appointment is read as the calendar reads it and as the register reads it. The second is left out where an earlier
resource of the same check showed that its register is kept elsewhere (a Schedule without ``admission-schedule``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from adapter.domain.appointment import Visit
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot
from adapter.errors import BadInput
from adapter.fhir.problems import Problem, ProblemsFound
from adapter.fhir.read import Reading
from adapter.mapping.appointment import appointment_from_fhir
from adapter.mapping.entry import entry_from_fhir
from adapter.mapping.patient import patient_from_fhir
from adapter.mapping.problems import PATIENT_NEEDED
from adapter.mapping.referral import referral_from_fhir
from adapter.mapping.schedule import schedule_from_fhir
from adapter.mapping.slot import slot_from_fhir
from adapter.mapping.tables import Tables


class CodeCheck:
    """Checks one resource after another; ``on`` is the Warsaw day whose mappings hold."""

    def __init__(self, tables: Tables, on: date) -> None:
        self._tables = tables
        self._on = on
        self._elsewhere: set[str] = set()
        self._slots: dict[str, str] = {}
        self._translate: Mapping[str, Callable[[Mapping[str, object]], object]] = {
            "Appointment": self._appointment,
            "Patient": lambda content: patient_from_fhir(content, tables, on),
            "Schedule": lambda content: self._schedule(schedule_from_fhir(content, tables, on)),
            "ServiceRequest": lambda content: referral_from_fhir(content, tables, on),
            "Slot": lambda content: self._slot(slot_from_fhir(content, tables, on)),
        }

    def __call__(self, reading: Reading) -> Sequence[Problem]:
        """Problems beyond those of the reading; none for a refused resource or a type that is not used."""
        translate = self._translate.get(reading.resource_type)
        if not reading.accepted or translate is None:
            return ()
        try:
            translate(reading.content)
        except ProblemsFound as refusal:
            # An access code needs its patient, who is another resource: a file alone cannot say.
            known = {(one.path, one.rule) for one in reading.problems}
            return [
                one for one in refusal.problems if one.rule != PATIENT_NEEDED and (one.path, one.rule) not in known
            ]
        except BadInput as error:
            return [Problem(error.field, error.code, "wartość jest niepoprawna", "the value is not valid")]
        return ()

    def _schedule(self, schedule: Schedule) -> None:
        if schedule.register is None:
            self._elsewhere.add(schedule.id)
        else:
            self._elsewhere.discard(schedule.id)

    def _slot(self, slot: Slot) -> None:
        self._slots[slot.id] = slot.schedule_id

    def _appointment(self, content: Mapping[str, object]) -> None:
        visit = appointment_from_fhir(content, self._tables, self._on)
        if not self._kept_elsewhere(visit):
            entry_from_fhir(content, self._tables, self._on, visit=visit)

    def _kept_elsewhere(self, visit: Visit) -> bool:
        schedules = {self._slots[one] for one in visit.slot_ids if one in self._slots} | {visit.schedule_id}
        return any(one in self._elsewhere for one in schedules)
