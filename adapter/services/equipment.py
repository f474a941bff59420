"""What every use case is given: the ports, the code tables, and the limits it must keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.errors import ENGINEER, OPERATOR, AdapterError, Handling, Misconfigured
from adapter.mapping.tables import Tables
from adapter.ports import Clock, Hospital, Referrals, Registry
from adapter.ports.store import Destination, Store


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the use cases; each is a setting (docs/operations/install.md).

    ``retry_*``, ``misconfigured_pause`` and ``attempts_max`` are for failures without a row in
    ``mappings/refusals.csv``: those of the EHR, of our own files, and answers that nobody foresaw.
    """

    put_batch_max: int = 500
    claim_batch_max: int = 500
    take_batch_max: int = 500
    ask_after: timedelta = timedelta(seconds=120)
    retry_first: timedelta = timedelta(seconds=5)
    retry_growth: float = 2.0
    retry_most: timedelta = timedelta(minutes=15)
    misconfigured_pause: timedelta = timedelta(minutes=5)
    attempts_max: int = 100
    rest_most: timedelta = timedelta(days=1)
    """Nothing rests longer at a time, whatever a row or the other side asks for."""
    order_tolerance: timedelta = timedelta(seconds=2)
    feed_overlap: timedelta = timedelta(seconds=120)

    def handling(self, error: AdapterError, destination: Destination) -> Handling:
        """What follows an error: its row of the retry table, else what the settings say."""
        if error.handling is not None:
            return error.handling
        if isinstance(error, Misconfigured):
            pause = self.misconfigured_pause.total_seconds()
            return Handling("", pause, 1.0, pause, self.attempts_max, OPERATOR)
        told = OPERATOR if destination is Destination.EHR else ENGINEER
        most = max(self.retry_most, self.retry_first).total_seconds()
        return Handling("", self.retry_first.total_seconds(), self.retry_growth, most, self.attempts_max, told)

    def rest(self, handling: Handling, failures: int, asked_seconds: float | None = None) -> timedelta:
        """How long to wait after so many failures in a row (from 1); not less than the other side asked for."""
        seconds = max(handling.wait_seconds(failures), asked_seconds or 0.0)
        return min(timedelta(seconds=min(seconds, self.rest_most.total_seconds())), self.rest_most)


@dataclass(frozen=True, slots=True)
class FacilityRegister:
    """What one facility says of its register (harmonogram przyjęć).

    ``provider``: its id in the ids of registers and in the question for one list (R24 par. 8 ust. 1 pkt 1, U-01);
    ``list_owner``: who answers for the order of the list (G-05); ``contract_ends_on``: the last day of the contract
    by the id of the EHR's Schedule (E-03).
    """

    provider: str
    provider_name: str = ""
    list_owner: str = ""
    contract_ends_on: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Equipment:
    """Ports, tables and limits, built once by ``bootstrap.py``."""

    store: Store
    registry: Registry
    referrals: Referrals
    hospital: Hospital
    clock: Clock
    tables: Tables
    facilities: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)
    write_back_types: frozenset[str] = frozenset({"Appointment", "Slot", "ServiceRequest"})
    """Resource types that may be changed in the EHR."""
    rules: RuleSettings = DEFAULT_SETTINGS
    """What the site decided where the law is silent."""
    registers: Mapping[str, FacilityRegister] = field(default_factory=dict)
    """By facility."""

    def register(self, facility: str) -> FacilityRegister:
        """What the facility says of its register; one that says nothing is its own provider by its id."""
        return self.registers.get(facility) or FacilityRegister(provider=facility)
