"""Patients and referrals: everything about a person is sealed; a keyed digest finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from adapter.domain.entitlement import Criterion
from adapter.domain.identifiers import (
    AccessByCode,
    AccessCode,
    OidPair,
    PersonDocument,
    PersonIdentifier,
    Pesel,
    ReferralAccess,
    ReferralKey,
    ReferralNumber,
)
from adapter.domain.patient import Patient
from adapter.domain.referral import Referral, ReferralState
from adapter.ports.store import ReferralRecord
from adapter.store import calendar_tables as t
from adapter.store.register_document import paper_document, paper_of
from adapter.store.session import Session

PESEL_SYSTEM = "pesel"
"""Stands for the identifier system of a PESEL; a document brings its own."""
PARTICULARS = "referral-particulars"


class SqlPeople:
    """The part of the calendar that is about persons."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_patient(self, facility: str, patient: Patient) -> None:
        """Insert or replace, sealed."""
        said = {
            "system": _system(patient.identifier),
            "identifier": patient.identifier.reveal(),
            "given": patient.given,
            "family": patient.family,
            "phone": patient.phone,
            "email": patient.email,
            "address": patient.address,
            "no_address_in_poland": patient.no_address_in_poland,
            "other_contact": patient.other_contact,
            "deceased": patient.deceased,
            "deceased_on": patient.deceased_on,
        }
        values = {
            "sealed": self._session.seal.seal_json(said, "patient", facility, patient.id),
            "identifier_digest": self.identifier_digest(patient.identifier),
        }
        row = insert(t.patient).values(facility=facility, id=patient.id, **values)
        self._session.connection.execute(row.on_conflict_do_update(index_elements=["facility", "id"], set_=values))

    def patient(self, facility: str, patient_id: str) -> Patient | None:
        """One patient, unsealed."""
        query = select(t.patient.c.sealed).where(t.patient.c.facility == facility, t.patient.c.id == patient_id)
        sealed = self._session.connection.execute(query).scalar_one_or_none()
        if sealed is None:
            return None
        said: dict[str, Any] = self._session.seal.open_json(bytes(sealed), "patient", facility, patient_id)
        died = said.get("deceased_on")
        return Patient(
            id=patient_id,
            identifier=_person(said["system"], said["identifier"]),
            given=said["given"],
            family=said["family"],
            phone=said["phone"],
            email=said["email"],
            address=said.get("address", ""),
            no_address_in_poland=said.get("no_address_in_poland", False),
            other_contact=said.get("other_contact", ""),
            deceased=said.get("deceased", False),
            deceased_on=None if died is None else date.fromisoformat(died),
        )

    def patient_by_identifier(self, facility: str, identifier_digest: str) -> str | None:
        """The EHR id of the patient whose identifier has this keyed digest, None if none or several."""
        query = select(t.patient.c.id).where(
            t.patient.c.facility == facility, t.patient.c.identifier_digest == identifier_digest
        )
        found = self._session.connection.execute(query.limit(2)).scalars().all()
        return found[0] if len(found) == 1 else None

    def people_known(self, facility: str, patient_ids: Sequence[str]) -> frozenset[str]:
        """Those of many patients who came to us: kept, or put aside in the inbox because they could not be read.

        And those without whom something else was put aside.
        """
        rows = self._session.run(
            "SELECT id FROM patient WHERE facility = %(facility)s AND id = ANY (%(ids)s) UNION SELECT resource_id "
            "FROM inbox WHERE facility = %(facility)s AND resource_type = 'Patient' AND resource_id = ANY (%(ids)s) "
            "UNION SELECT substr(problem ->> 'code', 9) FROM inbox i, jsonb_array_elements(i.problems) problem "
            "WHERE i.facility = %(facility)s AND i.state = 'quarantined' AND problem ->> 'code' = ANY (%(lacking)s)",
            facility=facility,
            ids=list(patient_ids),
            lacking=[f"Patient/{one}" for one in patient_ids],
        )
        return frozenset(str(row[0]) for row in rows)

    def identifier_digest(self, identifier: PersonIdentifier) -> str:
        """Keyed digest (HMAC-SHA256 with the installation's lookup key) under which a person is looked up."""
        return self._session.seal.digest(_system(identifier), identifier.reveal())

    def put_referral(self, facility: str, record: ReferralRecord) -> None:
        """Insert or replace, key or access code sealed."""
        referral = record.referral
        values = {
            "patient_id": referral.patient_id,
            "criterion": referral.criterion.value,
            "service": referral.service,
            "stated_root": referral.number.root if referral.number else None,
            "stated_extension": referral.number.extension if referral.number else None,
            "number_root": record.number.root if record.number else None,
            "number_extension": record.number.extension if record.number else None,
            "access": self._seal_access(facility, referral),
            "state": record.state.value if record.state else None,
            "held": record.held,
            "particulars": self._seal_particulars(facility, referral),
        }
        row = insert(t.referral).values(facility=facility, id=referral.id, **values)
        self._session.connection.execute(row.on_conflict_do_update(index_elements=["facility", "id"], set_=values))

    def referral_by_number(self, facility: str, patient_id: str, number: OidPair) -> str | None:
        """The id of a patient's referral with that number, as the EHR states it or as P1 told it; None if unknown."""
        rows = self._session.run(
            "SELECT id FROM referral WHERE facility = %(facility)s AND patient_id = %(patient)s AND "
            "((number_root, number_extension) = (%(root)s, %(extension)s) "
            "OR (stated_root, stated_extension) = (%(root)s, %(extension)s)) ORDER BY id",
            facility=facility,
            patient=patient_id,
            root=number.root,
            extension=number.extension,
        )
        return str(rows[0][0]) if len(rows) == 1 else None

    def referrals_in(self, facility: str, state: ReferralState) -> frozenset[str]:
        """Ids of the referrals that stand so in P1, as far as we know."""
        query = select(t.referral.c.id).where(t.referral.c.facility == facility, t.referral.c.state == state.value)
        return frozenset(self._session.connection.execute(query).scalars())

    def referral(self, facility: str, referral_id: str) -> ReferralRecord | None:
        """One referral, locked until the transaction ends: whoever writes it back loses nobody's change."""
        query = (
            select(t.referral)
            .where(t.referral.c.facility == facility, t.referral.c.id == referral_id)
            .with_for_update()
        )
        row = self._session.connection.execute(query).mappings().one_or_none()
        return None if row is None else self._record(facility, row)

    def referrals_of(self, facility: str, patient_id: str) -> Sequence[ReferralRecord]:
        """A patient's referrals by id, locked until the transaction ends."""
        query = (
            select(t.referral)
            .where(t.referral.c.facility == facility, t.referral.c.patient_id == patient_id)
            .order_by(t.referral.c.id)
            .with_for_update()
        )
        return [self._record(facility, row) for row in self._session.connection.execute(query).mappings()]

    def _record(self, facility: str, row: Mapping[Any, Any]) -> ReferralRecord:
        referral_id = row["id"]
        referral = Referral(
            id=referral_id,
            patient_id=row["patient_id"],
            criterion=Criterion(row["criterion"]),
            number=_number(row["stated_root"], row["stated_extension"]),
            access=self._access(facility, referral_id, row["access"]),
            service=row["service"],
            **self._particulars(facility, referral_id, row["particulars"]),
        )
        return ReferralRecord(
            referral=referral,
            state=None if row["state"] is None else ReferralState(row["state"]),
            number=_number(row["number_root"], row["number_extension"]),
            held=row["held"],
        )

    def _seal_particulars(self, facility: str, referral: Referral) -> bytes | None:
        """What a referral says of the illness, and of its original on paper; None when it says nothing."""
        said: dict[str, object] = {
            "paper": None if referral.paper is None else paper_document(referral.paper),
            "printout_only": referral.printout_only,
            "noted": referral.noted,
            "diagnosis": referral.diagnosis,
            "body_area": referral.body_area,
        }
        said = {name: value for name, value in said.items() if value or value == {}}
        return self._session.seal.seal_json(said, PARTICULARS, facility, referral.id) if said else None

    def _particulars(self, facility: str, referral_id: str, sealed: bytes | None) -> dict[str, Any]:
        if sealed is None:
            return {}
        said: dict[str, Any] = self._session.seal.open_json(bytes(sealed), PARTICULARS, facility, referral_id)
        return said | ({"paper": paper_of(said["paper"])} if "paper" in said else {})

    def _seal_access(self, facility: str, referral: Referral) -> bytes | None:
        access = referral.access
        if access is None:
            return None
        if isinstance(access, ReferralKey):
            said = {"key": access.reveal()}
        else:
            said = {"code": access.code.reveal(), "system": _system(access.person), "person": access.person.reveal()}
        return self._session.seal.seal_json(said, "referral", facility, referral.id)

    def _access(self, facility: str, referral_id: str, sealed: bytes | None) -> ReferralAccess | None:
        if sealed is None:
            return None
        said = self._session.seal.open_json(bytes(sealed), "referral", facility, referral_id)
        if "key" in said:
            return ReferralKey(str(said["key"]))
        return AccessByCode(AccessCode(str(said["code"])), _person(str(said["system"]), str(said["person"])))


def _person(system: str, value: str) -> PersonIdentifier:
    return Pesel(value) if system == PESEL_SYSTEM else PersonDocument(value, system)


def _system(identifier: PersonIdentifier) -> str:
    return PESEL_SYSTEM if isinstance(identifier, Pesel) else identifier.system


def _number(root: str | None, extension: str | None) -> ReferralNumber | None:
    return None if root is None or extension is None else ReferralNumber(root, extension)
