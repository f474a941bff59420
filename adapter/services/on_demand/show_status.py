"""G-08: what a patient may see of himself: his entries, each with its place on its own list."""

from __future__ import annotations

from adapter.domain.rules.patient_view import OwnStatus
from adapter.errors import BadInput
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.services.desk import Desk
from adapter.services.letters.certificates import PlacedEntry

NO_SUCH_PATIENT = "NO_SUCH_PATIENT"


def placed_entries(desk: Desk, patient_id: str) -> tuple[PlacedEntry, ...]:
    """All entries of a patient, oldest first, with the place that the database counts; none that P1 refused.

    Raises:
        BadInput: nobody has this id in the EHR (``NO_SUCH_PATIENT``).
    """
    if desk.work.calendar.patient(desk.facility, patient_id) is None:
        raise BadInput("there is no such patient: give the id of the Patient in the EHR", field="patient",
                       code=NO_SUCH_PATIENT)  # fmt: skip
    found = desk.work.register.entries_of_patient(desk.facility, patient_id)
    return tuple(_placed(desk, one) for one in found if one.standing is not EntryStanding.REJECTED)


def _placed(desk: Desk, stored: StoredEntry) -> PlacedEntry:
    return PlacedEntry(stored.entry, desk.work.register.position(desk.facility, stored.entry))


def own_status(desk: Desk, patient_id: str) -> tuple[OwnStatus, ...]:
    """G-08: list, category, criterion, place, term of each of a patient's entries.

    Raises:
        BadInput: as for :func:`placed_entries`.
    """
    return tuple(
        OwnStatus(
            placed.entry.id,
            placed.entry.schedule.id,
            placed.entry.schedule.service,
            placed.entry.category,
            placed.entry.criterion,
            placed.place,
            placed.entry.term,
            placed.entry.reserved,
            placed.entry.open,
        )
        for placed in placed_entries(desk, patient_id)
    )
