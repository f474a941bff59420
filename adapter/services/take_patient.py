"""Keep a person as the EHR says now, wherever that was told: polled, referred to, or asked after.

Open entries of the register have it at once (D-01), and a death ends them (X-07). A referral that is opened by code
and number of the person is opened by the number that counts now. What CeR has under another phone or number is a task.
"""

from __future__ import annotations

from dataclasses import replace

from adapter.domain.identifiers import AccessByCode
from adapter.domain.patient import Patient
from adapter.services.desk import Desk
from adapter.services.notices.contact_changed import person_to_renew
from adapter.services.register.hold import hold_of_patient
from adapter.services.register.learn import patient_learned
from adapter.services.register_day.touch_entries import touch_patient


def take_patient(desk: Desk, patient: Patient) -> None:
    """Keep a person; what depends on it follows in this transaction."""
    known = desk.work.calendar.patient(desk.facility, patient.id)
    hold_of_patient(desk, patient.id)
    desk.work.calendar.put_patient(desk.facility, patient)
    if known is not None and known.identifier != patient.identifier:
        _mend_credentials(desk, known, patient)
    if known is not None:
        person_to_renew(desk, known, patient)
    patient_learned(desk, patient)
    if patient.deceased:
        touch_patient(desk, patient.id)


def _mend_credentials(desk: Desk, known: Patient, patient: Patient) -> None:
    """P1 opens a referral by code for the person that the number names (R-01): a mended number goes with the code."""
    for record in desk.work.calendar.referrals_of(desk.facility, patient.id):
        access = record.referral.access
        if isinstance(access, AccessByCode) and access.person == known.identifier:
            mended = replace(record.referral, access=replace(access, person=patient.identifier))
            desk.work.calendar.put_referral(desk.facility, replace(record, referral=mended))
