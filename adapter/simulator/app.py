"""The simulator as a whole: CeR and P1 on two ports, the admin API on a third, one state behind them.

    with Simulator(SimulatorConfig(certificates=folder)) as simulator:
        simulator.urls.cer, simulator.urls.p1, simulator.admin.state()

``certificates`` is a folder that ``pomost certificates make-test`` wrote.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from adapter.errors import Misconfigured
from adapter.simulator.admin import Admin
from adapter.simulator.admin_api import AdminApi
from adapter.simulator.clock import MovableClock, machine_time
from adapter.simulator.contract import Contract
from adapter.simulator.contracts import FIRST, SYSTEMS, wsdl_of
from adapter.simulator.exchange import Service
from adapter.simulator.https import Endpoint, server_context
from adapter.simulator.registry import RegistryRules
from adapter.simulator.security import Signer, SigningError, load_trust
from adapter.simulator.sentinel_acts import Acts, Strangers
from adapter.simulator.state import State
from adapter.simulator.waiting import TEST_SERVICES
from adapter.simulator.world import World, load, plain_world

MESSAGE_BYTES_MAX = 10 * 1024 * 1024
ADMIN_BYTES_MAX = 1024 * 1024
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """What a simulator needs to start.

    ``certificates``: folder with ``ca.pem``, ``server-tls.*``, ``cer-wss.*``, ``p1-wss.*`` (PEM and .key).
    ``seed``: a seed file or object; None is the seed that ships with the program, ``{}`` an empty world.
    ``clock``: the calendar's time, which may be moved; ``held_at`` stops it. ``security_time``: the time by which
    message Timestamps and certificates are judged; moving the calendar does not move it.
    ``client_subjects``: the only signers believed (RFC 4514); empty: any from the CA. ``crl``: revoked certificates.
    ``timestamp_lifetime_seconds``, ``timestamp_skew_seconds``: the longest life a message may claim, and how
    far clocks may differ. ``contract``: name or folder (:mod:`adapter.simulator.contracts`).
    Ports: 0 takes a free one; ``admin_port`` None starts no admin API.
    """

    certificates: Path
    host: str = LOOPBACK
    cer_port: int = 0
    p1_port: int = 0
    admin_port: int | None = None
    admin_token: str = ""
    seed: Path | Mapping[str, Any] | None = None
    held_at: datetime | None = None
    clock: Callable[[], datetime] = machine_time
    security_time: Callable[[], datetime] = machine_time
    rules: RegistryRules = field(default_factory=RegistryRules)
    hits_max: int = 50
    test_services: frozenset[str] = TEST_SERVICES
    client_subjects: frozenset[str] = frozenset()
    crl: Path | None = None
    timestamp_lifetime_seconds: float = 300.0
    timestamp_skew_seconds: float = 60.0
    message_bytes_max: int = MESSAGE_BYTES_MAX
    sign_faults: bool = True
    sentinel_wait_seconds: float = 75.0
    """How late an answer comes that a sentinel value makes too late."""
    sentinel_reply_bytes: int = 65 * 1024 * 1024
    """How large an answer is that a sentinel value makes too large."""
    contract: str | Path = FIRST


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the services listen; ``admin`` is None without an admin API."""

    cer: str
    p1: str
    admin: str | None = None


class Simulator:
    """CeR and P1 to practise on. Start and stop it, or use it as a context manager.

    Raises (on making):
        Misconfigured: a certificate, contract or seed is missing or wrong. BadInput: the seed is wrong.
    """

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.clock = MovableClock(config.held_at, config.clock)
        self.state = State(
            self.clock,
            self._world(),
            config.rules,
            hits_max=config.hits_max,
            test_services=config.test_services,
        )
        keys = config.certificates
        try:
            trust = replace(
                load_trust(keys / "ca.pem", config.crl, config.client_subjects),
                lifetime_seconds=config.timestamp_lifetime_seconds,
                skew_seconds=config.timestamp_skew_seconds,
            )
            signers = {name: Signer(keys / f"{name}-wss.pem", keys / f"{name}-wss.key") for name in SYSTEMS}
            tls = server_context(keys / "server-tls.pem", keys / "server-tls.key", keys / "ca.pem")
        except (OSError, ValueError, ssl.SSLError, SigningError) as wrong:
            raise Misconfigured(
                f"{config.certificates} lacks a certificate or key that can be read; "
                "pomost certificates make-test makes a complete folder",
                setting="certificates",
            ) from wrong
        self.services = {
            name: Service(
                name,
                Contract(wsdl_of(name, config.contract)),
                self.state,
                trust=trust,
                signer=signers[name],
                security_time=config.security_time,
                sign_faults=config.sign_faults,
            )
            for name in SYSTEMS
        }
        ports = {"cer": config.cer_port, "p1": config.p1_port}
        self.endpoints = {
            system: Endpoint(
                config.host, ports[system], service.handle, body_bytes_max=config.message_bytes_max, tls=tls
            )
            for system, service in self.services.items()
        }
        strangers = Strangers(keys)
        for name, service in self.services.items():
            late, large = config.sentinel_wait_seconds, config.sentinel_reply_bytes
            service.acts = Acts(self.endpoints[name], strangers, late, large)
        verbs = {name: service.dialect.verbs for name, service in self.services.items()}
        self.admin = Admin(self.state, self.clock, self.endpoints, self._world, verbs)
        self._admin_endpoint: Endpoint | None = None
        if config.admin_port is not None:
            api = AdminApi(self.admin, config.admin_token)
            self._admin_endpoint = Endpoint(LOOPBACK, config.admin_port, api.handle, body_bytes_max=ADMIN_BYTES_MAX)

    @property
    def urls(self) -> Urls:
        """Addresses, complete with the service's path. Known once started."""
        paths = {name: self.endpoints[name].url + self.services[name].contract.path for name in self.endpoints}
        return Urls(paths["cer"], paths["p1"], self._admin_endpoint.url if self._admin_endpoint else None)

    def start(self) -> Urls:
        """Listen; returns the addresses.

        Raises:
            Misconfigured: a port is taken.
        """
        name = ""
        try:
            for name, endpoint in self.endpoints.items():
                endpoint.start()
                self.services[name].address = endpoint.url
            if self._admin_endpoint is not None:
                name = "admin"
                self._admin_endpoint.start()
        except OSError as wrong:
            self.stop()
            text = f"the port of {name} cannot be opened: {wrong.strerror}; --{name}-port takes another"
            raise Misconfigured(text, setting="port") from wrong
        return self.urls

    def stop(self) -> None:
        """Stop listening and hang up. The state stays."""
        for endpoint in (*self.endpoints.values(), *([self._admin_endpoint] if self._admin_endpoint else [])):
            endpoint.stop()

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _world(self) -> World:
        seed = self.config.seed
        return plain_world() if seed is None else load(seed)
