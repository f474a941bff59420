"""Every extension URL, identifier system and code system that our FHIR profile uses.

One name, one constant; ``docs/fhir-profile.md`` says where each stands in a resource. Polish
identifier systems are ``urn:oid:`` + OID (handbook: HL7 Poland PL Base aliases, P1). Ours stand under
``https://pomost.example/fhir`` (RFC 2606: nobody can own that name).
"""

from __future__ import annotations

import re

BASE = "https://pomost.example/fhir"

# --- Polish registers: identifier systems -------------------------------------------------------
POLISH_ROOT = "urn:oid:2.16.840.1.113883.3.4424"

PESEL = f"{POLISH_ROOT}.1.1.616"
"""Patient.identifier: PESEL."""

LICENCES = {
    "pharmacist": f"{POLISH_ROOT}.1.6.1",
    "physician": f"{POLISH_ROOT}.1.6.2",
    "nurse": f"{POLISH_ROOT}.1.6.3",
    "diagnostician": f"{POLISH_ROOT}.1.6.4",
    "physiotherapist": f"{POLISH_ROOT}.1.6.5",
}
"""Schedule.actor.identifier: professional licence (NPWZ) by profession."""

FACILITY = f"{POLISH_ROOT}.2.3.1"
"""Organization.identifier: podmiot (RPWDL, resort code part I, 12 digits)."""

CELL = f"{POLISH_ROOT}.2.3.3"
"""Organisational cell (resort codes I and VII), value ``{podmiot}-{cell}``."""

CELL_SPECIALTY = f"{POLISH_ROOT}.11.2.4"
"""Code system of the cell's specialty (resort code part VIII), for example 1100."""

REFERRAL_NUMBER = re.compile(re.escape(f"{POLISH_ROOT}.2.7.") + r"(0|[1-9][0-9]*)\.4\.1")
"""ServiceRequest.identifier.system of a referral number; the free arc is the issuer's node in P1."""

PASSPORT = re.compile(r"http://hl7\.org/fhir/sid/passport-[A-Z]{3}")
"""Patient.identifier.system of a passport; the end is the ISO 3166 code of the issuing country."""

OID_URI = "urn:oid:"
"""Prefix of a system that is an OID."""

# --- our identifier systems ---------------------------------------------------------------------
PERSON_DOCUMENT = f"{BASE}/identifier/person-document"
"""Patient.identifier: an identity document that is no passport, of a person without a PESEL."""

REFERRAL_KEY = f"{BASE}/identifier/referral-key"
"""ServiceRequest.identifier: the e-referral's access key, 44 digits. A secret."""

ACCESS_CODE = f"{BASE}/identifier/referral-access-code"
"""ServiceRequest.identifier: the e-referral's access code, 4 digits. A secret."""

NATIONAL_SLOT = f"{BASE}/identifier/national-slot"
"""Slot.identifier: the slot's id in CeR; written back by us."""

NATIONAL_VISIT = f"{BASE}/identifier/national-visit"
"""Appointment.identifier: the visit's id in CeR; written back by us."""

NATIONAL_WAITING_ENTRY = f"{BASE}/identifier/national-waiting-entry"
"""Appointment.identifier: the entry's id in CeR's waiting room; written back by us."""

# --- code systems -------------------------------------------------------------------------------
SLOT_KIND = f"{BASE}/CodeSystem/slot-kind"
"""Slot.appointmentType.coding: stable, urgent, privileged, continuation."""

PROGRAMME = f"{BASE}/CodeSystem/programme"
"""Schedule.specialty or .serviceType: a programme that is no specialty (``mappings/cells_in_scope.csv``)."""

PATIENT_CATEGORY = f"{BASE}/CodeSystem/patient-category"
"""Appointment extension: same-day, waiting, oncology, privileged, continuing, emergency."""

MEDICAL_CRITERION = f"{BASE}/CodeSystem/medical-criterion"
"""Appointment extension: stable, urgent."""

ENTITLEMENT = f"{BASE}/CodeSystem/entitlement"
"""Appointment extension: code of the right to be served out of turn (art. 47c)."""

CANCELLATION_REASON = f"{BASE}/CodeSystem/cancellation-reason"
"""Appointment.cancelationReason.coding: codes of ``mappings/cancellation_reasons.csv``."""

HL7_CANCELLATION_REASON = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
"""Appointment.cancelationReason.coding: HL7's example code system."""

# --- extensions ---------------------------------------------------------------------------------
_DEFINITION = f"{BASE}/StructureDefinition"

EXT_CAPACITY = f"{_DEFINITION}/slot-capacity"
"""Slot: ``valuePositiveInt`` (or ``valueInteger``), 1 to 100. Absent: 1."""

EXT_SMART_CAPACITY = "http://fhir-registry.smarthealthit.org/StructureDefinition/slot-capacity"
"""Slot: ``valueInteger``; SMART Scheduling Links' name for the same."""

EXT_CELL = f"{_DEFINITION}/schedule-cell"
"""Schedule: ``valueIdentifier`` with system CELL, for an EHR that cannot put one on an actor."""

EXT_PRACTITIONER = f"{_DEFINITION}/schedule-practitioner"
"""Schedule: ``valueIdentifier`` with a system of LICENCES, for the same reason."""

EXT_SCHEDULE = f"{_DEFINITION}/appointment-schedule"
"""Appointment: ``valueReference`` to the Schedule of a visit or waiting entry that names no slot."""

EXT_CATEGORY = f"{_DEFINITION}/patient-category"
"""Appointment: ``valueCoding`` of PATIENT_CATEGORY."""

EXT_CRITERION = f"{_DEFINITION}/medical-criterion"
"""Appointment: ``valueCoding`` of MEDICAL_CRITERION; absent: the referral's priority decides."""

EXT_ENTITLEMENT = f"{_DEFINITION}/entitlement"
"""Appointment: nested ``code``, ``verified-by`` and ``verified-at`` (see ENTITLEMENT_*)."""

ENTITLEMENT_CODE = "code"
"""Nested in EXT_ENTITLEMENT: ``valueCoding`` of ENTITLEMENT."""

ENTITLEMENT_VERIFIED_BY = "verified-by"
"""Nested in EXT_ENTITLEMENT: ``valueString``, account or staff number of who saw the document."""

ENTITLEMENT_VERIFIED_AT = "verified-at"
"""Nested in EXT_ENTITLEMENT: ``valueDateTime`` with a zone."""

EXT_WAIVER = f"{_DEFINITION}/privilege-waiver"
"""Appointment: nested ``given-at``, ``noted-by`` and ``reason`` (see WAIVER_*)."""

WAIVER_GIVEN_AT = "given-at"
"""Nested in EXT_WAIVER: ``valueDateTime`` with a zone."""

WAIVER_NOTED_BY = "noted-by"
"""Nested in EXT_WAIVER: ``valueString``, account or staff number."""

WAIVER_REASON = "reason"
"""Nested in EXT_WAIVER: ``valueString``."""

EXT_REPORTED_AT = f"{_DEFINITION}/reported-at"
"""Appointment: ``valueDateTime`` of registration. Absent: Appointment.created."""
