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

ICD_10 = "urn:oid:2.16.840.1.113883.6.3"
"""Appointment.reasonCode and ServiceRequest.reasonCode: ICD-10, as P1 and PL Base name it."""

HL7_ICD_10 = "http://hl7.org/fhir/sid/icd-10"
"""The same, as FHIR names it."""

ICD_9 = f"{POLISH_ROOT}.11.2.6"
"""Schedule extension admission-schedule: ICD-9-PL code of the procedure that a list is kept for."""

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

HL7_CANCELLATION_REASON = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
"""Appointment.cancelationReason.coding: HL7's example code system."""

REMOVAL_REASON = f"{BASE}/CodeSystem/removal-reason"
"""Appointment extension: codes of ``mappings/removal_reasons.csv``."""

TERM_CHANGE_REASON = f"{BASE}/CodeSystem/term-change-reason"
"""Appointment extension: codes of ``mappings/term_change_reasons.csv``."""

DILO_STAGE = f"{BASE}/CodeSystem/dilo-stage"
"""Appointment extension: codes of ``mappings/dilo_stages.csv``."""

SERVICE = f"{BASE}/CodeSystem/service"
"""Schedule extension admission-schedule: a service as registers name it; any other code system may stand instead."""

BODY_AREA = f"{BASE}/CodeSystem/body-area"
"""A site's own short codes of body areas (``knee-left``); any other code system may stand instead."""

HL7_APPOINTMENT_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0276"
"""Appointment.appointmentType: HL7's kinds of appointment."""

EMERGENCY = "EMERGENCY"
"""Code of HL7_APPOINTMENT_TYPE: the patient came as an emergency."""

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

# --- extensions that only an entry in a register needs ---------------------------------------------
EXT_TERM_PRECISION = f"{_DEFINITION}/term-precision"
"""Appointment.requestedPeriod: ``valueCode`` ``week``: the term is a week and not yet a day (P-02)."""

EXT_ENTERED_BY = f"{_DEFINITION}/entered-by"
"""Appointment: ``valueString``, given and family name of who made the entry (D-01 lit. j)."""

EXT_ENTERED_AT = f"{_DEFINITION}/entered-at"
"""Appointment: ``valueDateTime``, when the entry was written down; absent: when Pomost took it."""

EXT_CRITERION_CONFIRMED = f"{_DEFINITION}/criterion-confirmed-by"
"""Appointment: ``valueString``, licence number of the doctor who confirmed the criterion (C-04)."""

ENTITLEMENT_DOCUMENT = "document"
"""Nested in EXT_ENTITLEMENT: the document that shows the right, itself nested (DOCUMENT_*, V-10)."""

DOCUMENT_KIND = "kind"
DOCUMENT_NUMBER = "number"
DOCUMENT_ISSUED_ON = "issued-on"
DOCUMENT_VALID_UNTIL = "valid-until"

EXT_DILO_CARD = f"{_DEFINITION}/dilo-card"
"""Appointment: nested ``number`` and ``stage`` of the oncology card (D-02)."""

DILO_NUMBER = "number"
DILO_CARD_STAGE = "stage"

EXT_CONTINUING = f"{_DEFINITION}/continuing-treatment"
"""Appointment: nested ``plan`` (a CarePlan), and ``ends-on`` or ``open-ended`` (K-01, K-02)."""

CONTINUING_PLAN = "plan"
CONTINUING_ENDS_ON = "ends-on"
CONTINUING_OPEN_ENDED = "open-ended"

EXT_OFFLINE = f"{_DEFINITION}/offline-entry"
"""Appointment: ``valueBoolean``, the entry was made while P1 was out of reach (R-07)."""

EXT_OFFERED_TERM = f"{_DEFINITION}/offered-term"
"""Appointment: nested ``offered``, ``chosen`` and ``answer`` (P-06, P-07)."""

OFFER_OFFERED = "offered"
OFFER_CHOSEN = "chosen"
OFFER_ANSWER = "answer"

EXT_RESERVED = f"{_DEFINITION}/reserved"
"""Appointment: ``valueBoolean``, the term is a reservation (P-06)."""

EXT_TERM_JUSTIFICATION = f"{_DEFINITION}/term-justification"
"""Appointment: ``valueString``, why this term (D-05)."""

EXT_TERM_CHANGE = f"{_DEFINITION}/term-change"
"""Appointment: nested ``reason``, ``cause``, ``justification`` and ``asked-on`` (M-01 to M-04)."""

CHANGE_REASON = "reason"
CHANGE_CAUSE = "cause"
CHANGE_JUSTIFICATION = "justification"
CHANGE_ASKED_ON = "asked-on"

EXT_CATEGORY_JUSTIFICATION = f"{_DEFINITION}/category-justification"
"""Appointment: ``valueString``, why this category (C-02) or why another than before (M-03)."""

EXT_ORDER_REASON = f"{_DEFINITION}/order-reason"
"""Appointment: ``valueString``, why before who ranks higher (G-05)."""

EXT_REMOVAL = f"{_DEFINITION}/removal"
"""Appointment: nested ``reason``, ``on``, ``impressions-on`` and ``settled-on`` (X-01, S-01)."""

REMOVAL_WHY = "reason"
REMOVAL_ON = "on"
REMOVAL_IMPRESSIONS_ON = "impressions-on"
REMOVAL_SETTLED_ON = "settled-on"

EXT_REINSTATEMENT = f"{_DEFINITION}/reinstatement-request"
"""Appointment: nested ``requested-on``, ``cause-ended-on`` and ``plausible`` (E-06)."""

REINSTATEMENT_REQUESTED_ON = "requested-on"
REINSTATEMENT_CAUSE_ENDED_ON = "cause-ended-on"
REINSTATEMENT_PLAUSIBLE = "plausible"

EXT_ORIGINAL_REPORT = f"{_DEFINITION}/original-report-date"
"""Appointment: ``valueDate``, the report at a provider that ended its contract (E-02)."""

EXT_PRIOR_DATE_USED = f"{_DEFINITION}/prior-provider-date-used"
"""Appointment: ``valueBoolean``, that date was taken into account (E-02)."""

EXT_NO_SHOW_EXCUSED = f"{_DEFINITION}/no-show-excused"
"""Appointment: ``valueString``, what made a cause beyond the patient's control plausible (E-05)."""

EXT_NOT_TODAY = f"{_DEFINITION}/not-served-today-cause"
"""Appointment: ``valueString``, why a privileged patient was not served on the day of report (V-02)."""

EXT_SERVICE_ABROAD = f"{_DEFINITION}/service-abroad"
"""Appointment: ``valueBoolean``, injured or ill from service abroad (V-12)."""

EXT_SERVICE_STARTED = f"{_DEFINITION}/service-started"
"""Appointment: ``valueDateTime``, when the service began (C-06, X-03)."""

EXT_BODY_AREA = f"{_DEFINITION}/body-area"
"""Appointment: ``valueCoding``, the body area where one list is told from another by it (U-06)."""

EXT_ADMISSION_SCHEDULE = f"{_DEFINITION}/admission-schedule"
"""Schedule: nested ADMISSION_*; whose register is kept by Pomost declares it here (R24 par. 8)."""

ADMISSION_ID = "id"
ADMISSION_CARE = "care"
ADMISSION_SERVICE = "service"
ADMISSION_PROCEDURE = "procedure"
ADMISSION_SPECIALITY = "speciality"
ADMISSION_ROUTE = "route"
ADMISSION_REFERRAL_NEEDED = "referral-needed"
ADMISSION_AGE_BAND = "age-band"
ADMISSION_UNDER_ANAESTHESIA = "under-anaesthesia"

EXT_REFERRAL_FORM = f"{_DEFINITION}/referral-form"
"""ServiceRequest: ``valueCode`` ``electronic``, ``paper`` or ``information-sheet`` (R-01, R-13)."""

EXT_PAPER_REFERRAL = f"{_DEFINITION}/paper-referral"
"""ServiceRequest: nested PAPER_*: what is known of the paper original (R-02, R-03, R-11)."""

PAPER_RECEIVED_ON = "received-on"
PAPER_POSTED_ON = "posted-on"
PAPER_CHANNEL = "channel"
PAPER_LOCATION = "location"
PAPER_GROUND = "ground"
PAPER_MISSING_CONFIRMED_BY = "confirmed-missing-by"

EXT_NOTED_DATA = f"{_DEFINITION}/noted-data"
"""ServiceRequest: ``valueBoolean``, the data of art. 59b ust. 1 were written down (R-07)."""

EXT_NO_ADDRESS = f"{_DEFINITION}/no-address-in-poland"
"""Patient: ``valueBoolean``, neither lives nor stays in Poland (D-01 lit. g, code BD)."""
