"""Tell the EHR what became of its calendar: national ids, statuses, and what patients did in CeR."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, cast

from adapter.errors import Rejected
from adapter.ports import CallContext, WriteBack
from adapter.ports.store import Message
from adapter.services.equipment import Equipment
from adapter.services.outcome import Done


def change_of(eq: Equipment, message: Message) -> WriteBack:
    """The change that a write-back message asks for.

    Payload: ``resource_type``, ``resource_id`` (None to create), ``identifiers`` [[system, value]],
    ``status``, ``elements``; a resource to be created lies in ``sealed`` as ``body``, its patient,
    when it was not known yet, is looked up now under ``person_digest``.
    """
    payload, sealed = message.payload, message.sealed or {}
    body = cast("Mapping[str, Any] | None", sealed.get("body"))
    if body is not None and payload.get("person_digest"):
        body = _with_patient(eq, message, body)
    return WriteBack(
        resource_type=str(payload["resource_type"]),
        resource_id=cast("str | None", payload.get("resource_id")),
        identifiers=tuple(
            (str(system), str(value)) for system, value in cast("list[list[str]]", payload.get("identifiers") or [])
        ),
        status=cast("str | None", payload.get("status")),
        elements=cast("Mapping[str, object]", payload.get("elements") or {}),
        body=body,
        if_none_exist=str(sealed.get("if_none_exist") or payload.get("if_none_exist") or ""),
    )


def _with_patient(eq: Equipment, message: Message, body: Mapping[str, Any]) -> Mapping[str, Any]:
    with eq.store.unit_of_work() as work:
        patient_id = work.calendar.patient_by_identifier(message.facility, str(message.payload["person_digest"]))
    if patient_id is None:
        raise Rejected("the patient of this visit is not in the EHR yet", code="PATIENT_NOT_KNOWN")
    participants = [
        {**entry, "actor": {"reference": f"Patient/{patient_id}"}}
        if entry.get("actor", {}).get("reference") == PATIENT_TO_COME
        else entry
        for entry in body.get("participant", [])
    ]
    return {**body, "participant": participants}


PATIENT_TO_COME = "Patient/to-be-created"
"""Stands in a prepared Appointment for a patient who is created in the EHR first."""


def write_back(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Make the change in the EHR, with If-Match; a create asks first whether it was done already."""
    change = change_of(eq, message)
    if change.body is not None and change.if_none_exist:
        system, _, value = change.if_none_exist.partition("|")
        there = eq.hospital.find(message.facility, change.resource_type, system, value)
        if there is not None:
            return Done(received=there, sent={"digest": _digest(there.raw)})
    received = eq.hospital.write_back(message.facility, change)
    return Done(received=received, sent={"digest": _digest(received.raw)})


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
