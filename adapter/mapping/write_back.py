"""What is written back to the EHR: national ids as identifiers, states as statuses, reasons as codings."""

from __future__ import annotations

from datetime import date

from adapter.domain.identifiers import ReferralNumber
from adapter.domain.national import NationalVisitState
from adapter.domain.slot import SlotState
from adapter.errors import BadInput
from adapter.fhir import names
from adapter.mapping.code_table import UNMAPPED_CODE
from adapter.mapping.tables import Tables


def slot_identifier(national_id: str) -> tuple[str, str]:
    """System and value of a slot's id in CeR."""
    return names.NATIONAL_SLOT, national_id


def visit_identifier(national_id: str) -> tuple[str, str]:
    """System and value of a visit's id in CeR."""
    return names.NATIONAL_VISIT, national_id


def waiting_entry_identifier(national_id: str) -> tuple[str, str]:
    """System and value of a waiting-room entry's id in CeR."""
    return names.NATIONAL_WAITING_ENTRY, national_id


def referral_identifier(number: ReferralNumber) -> tuple[str, str]:
    """System and value of a referral's number: the OID of its root as a URI."""
    return f"{names.OID_URI}{number.root}", number.extension


def slot_status_to_fhir(state: SlotState, tables: Tables, on: date) -> str:
    """Slot.status for a state of ours."""
    return tables.slot_state.to_fhir(state.value, on)[1]


def visit_status_to_fhir(state: NationalVisitState, tables: Tables, on: date) -> str:
    """Appointment.status for a visit's state in CeR: of several, the first row of the table that is saved as it.

    Raises:
        BadInput: no state of ours is saved so (``saved_as`` of ``mappings/visit_state.csv``).
    """
    for row in tables.visit_state:
        if row["saved_as"] == state.value and row.valid(on):
            return row["fhir_code"]
    raise BadInput(
        f"no Appointment.status stands for '{state.value}' in mappings/visit_state.csv",
        field="visit_state",
        code=UNMAPPED_CODE,
    )


def cancellation_to_fhir(reason: str, tables: Tables, on: date) -> dict[str, object]:
    """Appointment.cancelationReason for a reason of ``mappings/cancellation_reasons.csv``.

    Raises:
        BadInput: the reason is not in the table.
    """
    system, code = tables.cancellation_reasons.to_fhir(reason, on)
    row = tables.cancellation_reasons.row(reason, on)
    return {"coding": [{"system": system, "code": code, "display": row["title_en"]}], "text": row["title_pl"]}
