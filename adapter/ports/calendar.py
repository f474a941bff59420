"""What use cases ask of the calendar: the hospital's side, proofs of blocks, and whose id is whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.identifiers import OidPair, PersonIdentifier, ReferralNumber
from adapter.domain.patient import Patient
from adapter.domain.referral import Referral, ReferralState
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot


@dataclass(frozen=True, slots=True)
class BlockProof:
    """The history of one block: asked, answered, proven by read-back (discrepancies.md, Evidence)."""

    slot_id: str
    message_id: str
    asked_at: datetime
    answered_at: datetime | None = None
    result_code: str = ""
    proven_at: datetime | None = None
    """The authority's clock in the read-back that showed the block; ours when it gave none."""
    clock_offset_seconds: float | None = None
    listing_digest: str = ""


@dataclass(frozen=True, slots=True)
class ReferralRecord:
    """A referral with what we know and did about it in P1. ``referral.access`` is sealed at rest."""

    referral: Referral
    state: ReferralState | None = None
    number: ReferralNumber | None = None
    held: bool = False
    """Whether we accepted it and did not give it back or finish it."""


class Calendar(Protocol):
    """The hospital's side of the calendar, as last taken from the EHR, and CeR's as last read."""

    def put_schedule(self, facility: str, schedule: Schedule, *, in_scope: bool) -> None:
        """Insert or replace."""

    def schedule(self, facility: str, schedule_id: str) -> Schedule | None:
        """One schedule."""

    def schedules_by_id(self, facility: str, schedule_ids: Sequence[str]) -> Mapping[str, Schedule]:
        """Those of many schedules that are known, by id."""

    def schedules(self, facility: str, *, in_scope: bool = True) -> Sequence[Schedule]:
        """All schedules, by id."""

    def put_slot(self, facility: str, slot: Slot) -> None:
        """Insert or replace."""

    def put_slots(self, facility: str, slots: Sequence[Slot]) -> None:
        """Insert or replace many in few statements; of two with one id the last counts."""

    def slot(self, facility: str, slot_id: str) -> Slot | None:
        """One slot."""

    def slots_by_id(self, facility: str, slot_ids: Sequence[str]) -> Mapping[str, Slot]:
        """Those of many slots that are known, by id."""

    def slots(self, facility: str, schedule_id: str, day: date) -> Sequence[Slot]:
        """Slots of a schedule that start on a Warsaw day, by start."""

    def slots_after(self, facility: str, schedule_id: str, since: datetime) -> Sequence[Slot]:
        """Slots of a schedule that start after an instant, by start."""

    def put_visit(self, facility: str, visit: Visit) -> None:
        """Insert or replace; the previous state is kept in the history."""

    def visit(self, facility: str, visit_id: str) -> Visit | None:
        """One visit, locked until the transaction ends."""

    def visit_states(self, facility: str, visit_ids: Sequence[str]) -> Mapping[str, VisitState]:
        """The states of those of many visits that are known, by id; nothing is locked."""

    def visits_on(self, facility: str, slot_id: str) -> Sequence[Visit]:
        """Visits that refer to a slot, any state."""

    def visits_under(self, facility: str, referral_id: str) -> Sequence[Visit]:
        """Visits that are based on a referral, any state."""

    def visits_of(self, facility: str, patient_id: str) -> Sequence[Visit]:
        """A patient's visits, any state."""

    def put_patient(self, facility: str, patient: Patient) -> None:
        """Insert or replace, sealed."""

    def patient(self, facility: str, patient_id: str) -> Patient | None:
        """One patient, unsealed."""

    def patient_by_identifier(self, facility: str, identifier_digest: str) -> str | None:
        """The EHR id of the patient whose identifier has this keyed digest, None if none is known."""

    def identifier_digest(self, identifier: PersonIdentifier) -> str:
        """Keyed digest (HMAC-SHA256 with the installation's key) under which a person is looked up."""

    def people_known(self, facility: str, patient_ids: Sequence[str]) -> frozenset[str]:
        """Those of many patients (the EHR's ids) who came to us: kept, or put aside because they could not be read."""

    def put_referral(self, facility: str, record: ReferralRecord) -> None:
        """Insert or replace, key or access code sealed. The use case drops a code as soon as it was used."""

    def referral_by_number(self, facility: str, patient_id: str, number: OidPair) -> str | None:
        """The id of a patient's one referral with that number, stated by the EHR or told by P1; None if unknown."""

    def referral(self, facility: str, referral_id: str) -> ReferralRecord | None:
        """One referral, locked until the transaction ends."""

    def referrals_of(self, facility: str, patient_id: str) -> Sequence[ReferralRecord]:
        """A patient's referrals by id, locked until the transaction ends."""

    def referrals_in(self, facility: str, state: ReferralState) -> frozenset[str]:
        """Ids of the referrals that stand so in P1, as far as we know."""

    def put_block(self, facility: str, proof: BlockProof) -> None:
        """Insert or replace the history of a slot's block."""

    def block(self, facility: str, slot_id: str) -> BlockProof | None:
        """The history of the block that stands on a slot, None if none was asked for."""

    def clear_block(self, facility: str, slot_id: str) -> None:
        """The hospital opened the slot again: the history is archived."""

    def unproven_blocks(self, facility: str) -> Sequence[tuple[str, str, date]]:
        """(slot id, schedule id, Warsaw day) of blocks that were answered but not yet proven."""


class Links(Protocol):
    """Their id <-> ours."""

    def put(self, facility: str, kind: str, ours: str, theirs: str) -> None:
        """``kind`` is ``slot``, ``visit``, ``waiting-entry`` or ``visit-ended``.

        Raises Refused when either side is linked elsewhere.
        """

    def put_all(self, facility: str, kind: str, pairs: Sequence[tuple[str, str]]) -> None:
        """Link many (ours, theirs) in few statements.

        Raises Refused when either side of any is linked elsewhere.
        """

    def theirs_of(self, facility: str, kind: str, ours: Sequence[str]) -> Mapping[str, str]:
        """CeR's ids of those of many that are linked, by ours."""

    def theirs(self, facility: str, kind: str, ours: str) -> str | None:
        """CeR's id."""

    def ours(self, facility: str, kind: str, theirs: str) -> str | None:
        """The EHR's id."""

    def drop(self, facility: str, kind: str, ours: str) -> None:
        """Forget a link (the slot was deleted in CeR)."""
