"""CeR and P1 built from settings: contracts bound once, one signed channel for each facility."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from adapter import resources
from adapter.bootstrap.wiretap import build_wiretap
from adapter.mapping.tables import Tables
from adapter.ports import Clock
from adapter.settings import CallerSettings, EndpointSettings, FacilitySettings, Settings
from adapter.soap.binding import BoundContract, load_bound_contract
from adapter.soap.cer import CerRegistry
from adapter.soap.channel import FacilityChannels, SoapChannel
from adapter.soap.context import (
    CallerIdentity,
    Callers,
    ContextNames,
    StaffMember,
    build_context,
    load_context_names,
)
from adapter.soap.endpoint import EndpointConfig, RepliesSigned
from adapter.soap.faults import Refusals, judge_result, load_refusals
from adapter.soap.keys import IdentityFile
from adapter.soap.p1 import P1Referrals
from adapter.soap.persons import CELL, oid_of
from adapter.soap.replay import ReplayMemory
from adapter.soap.timestamp import TimeLimits
from adapter.soap.transport import TransportConfig
from adapter.soap.trust import SignerPin
from adapter.soap.wiretap import Wiretap

PODMIOT_ROOT_TABLE = "podmiot"
"""Row of ``mappings/identifier_systems.csv`` that holds the OID of the facility register."""


@dataclass(frozen=True, slots=True)
class National:
    """Both authorities, and the channels that must be closed."""

    registry: CerRegistry
    referrals: P1Referrals
    wiretap: Wiretap
    channels: tuple[FacilityChannels, ...]


def build_national(settings: Settings, tables: Tables, clock: Clock) -> National:
    """Bind the contracts and open nothing yet.

    Raises:
        Misconfigured: a WSDL, a binding row, a certificate or a password is wrong; the message names it.
    """
    mappings, wsdl = resources.mappings(settings.mappings), resources.wsdl(settings.wsdl)
    refusals = load_refusals(mappings)
    cer = load_bound_contract(wsdl, mappings, "cer", tables)
    p1 = load_bound_contract(wsdl, mappings, "p1", tables)
    wiretap = build_wiretap(settings, tables, refusals, clock)
    parts = _Parts(clock, refusals, mappings, tables, _replays(settings), wiretap)
    cer_channels = parts.channels("cer", cer, settings.facilities)
    p1_channels = parts.channels("p1", p1, settings.facilities)
    return National(
        registry=CerRegistry(
            cer,
            tables,
            cer_channels,
            partial(judge_result, refusals, channel="cer"),
            clock,
            batch_max=settings.put_batch_max,
        ),
        referrals=P1Referrals(p1, tables, p1_channels, partial(judge_result, refusals, channel="p1"), clock),
        wiretap=wiretap,
        channels=(cer_channels, p1_channels),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    clock: Clock
    refusals: Refusals
    mappings: Path
    tables: Tables
    replays: ReplayMemory
    wiretap: Wiretap

    def channels(
        self, channel: str, contract: BoundContract, facilities: Mapping[str, FacilitySettings]
    ) -> FacilityChannels:
        names = load_context_names(self.mappings, channel)
        return FacilityChannels(
            {
                facility: self._channel(channel, contract, names, configured)
                for facility, configured in facilities.items()
            }
        )

    def _channel(
        self, channel: str, contract: BoundContract, names: ContextNames, facility: FacilitySettings
    ) -> SoapChannel:
        endpoint = facility.cer if channel == "cer" else facility.p1
        callers = self.callers(facility.caller)
        return SoapChannel(
            endpoint_config(channel, endpoint),
            clock=self.clock,
            refusals=self.refusals,
            context_block=lambda call: build_context(callers.identity(call), names),
            read_fault=contract.read_fault,
            replays=self.replays,
            wiretap=self.wiretap,
        )

    def callers(self, caller: CallerSettings) -> Callers:
        """Everybody in whose name a facility calls."""
        systems = self.tables.identifier_systems
        return Callers(
            facility=CallerIdentity(
                entity_root=systems.row(PODMIOT_ROOT_TABLE)["oid"],
                entity_extension=caller.podmiot,
                user_root=caller.user_root,
                user_extension=caller.user_extension,
                workplace_root=caller.workplace_root,
                workplace_extension=caller.workplace_extension,
                role=caller.role,
            ),
            cell_root=oid_of(systems, CELL),
            place_by_cell=caller.workplace == "cell",
            cells={code: differing.model_dump(exclude_none=True) for code, differing in caller.cells.items()},
            staff={name: StaffMember(**one.model_dump()) for name, one in caller.staff.items()},
        )


def _replays(settings: Settings) -> ReplayMemory:
    """One memory for all channels, as long as the most patient of them could believe a message."""
    endpoints = [
        endpoint_config(channel, endpoint)
        for facility in settings.facilities.values()
        for channel, endpoint in (("cer", facility.cer), ("p1", facility.p1))
    ]
    limits = [endpoint.limits for endpoint in endpoints] or [TimeLimits()]
    return ReplayMemory(window_seconds=max(each.window_seconds for each in limits))


def endpoint_config(channel: str, endpoint: EndpointSettings) -> EndpointConfig:
    """A channel's configuration from the settings of one endpoint."""

    def secret(value: SecretStr | None) -> str | None:
        return value.get_secret_value() if value is not None else None

    return EndpointConfig(
        channel=channel,
        transport=TransportConfig(
            url=endpoint.url,
            ca_bundle=endpoint.ca_bundle,
            connect_timeout_seconds=endpoint.connect_timeout_seconds,
            read_timeout_seconds=endpoint.read_timeout_seconds,
            reply_bytes_max=endpoint.reply_bytes_max,
        ),
        tls=IdentityFile(endpoint.tls_certificate, endpoint.tls_key, secret(endpoint.tls_password)),
        signing=IdentityFile(endpoint.signing_certificate, endpoint.signing_key, secret(endpoint.signing_password)),
        signer=SignerPin(endpoint.signer_ca or endpoint.ca_bundle, endpoint.signer_subjects, endpoint.crl_files)
        if endpoint.signer_subjects or endpoint.replies_signed == "required"
        else None,
        replies_signed=RepliesSigned(endpoint.replies_signed),
        limits=TimeLimits(skew_seconds=round(endpoint.clock_skew_seconds)),
    )
