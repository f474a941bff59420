"""What a sentinel value makes the simulator do, at the level where all contracts and versions of SOAP are alike."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from adapter.simulator.answers import Fault
from adapter.simulator.certificates import Authority, Identity
from adapter.simulator.clock import machine_time
from adapter.simulator.https import Endpoint, Reply, server_context
from adapter.simulator.security import Signer
from adapter.simulator.sentinels import P1, PUT, Sentinel, distinct_values, refusal_of, sentinel_of, values_in
from adapter.simulator.soap import Soap, fault_element, status_of
from adapter.simulator.trouble import Trouble
from adapter.simulator.world import PESEL_ROOT, Person, World

if TYPE_CHECKING:
    from adapter.simulator.exchange import Arrived, Service
    from adapter.simulator.state import State

NATIONAL_IDS = ("CER-S-", "CER-V-")
PLAIN, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"
PAGE = b"<html><body>the service is being mended</body></html>"
ISSUED_ON = "2026-10-01"
WISHED = "Błąd na życzenie"
NO_CONTENT = 204


def meet(state: State, system: str, verb: str, message: etree._Element) -> Sentinel | None:
    """The first sentinel of a message that has an effect now. Hold the state's lock.

    An id of CeR's stands for the facility's own id under which it was saved. The refusal of one slot of a batch is
    that slot's (:func:`slot_refused`), not the message's.
    """
    if not any(value.startswith(NATIONAL_IDS) or sentinel_of(value) for value in distinct_values(message)):
        return None
    for value in values_in(message):
        for text in (value, _reference(state, value)) if value.startswith(NATIONAL_IDS) else (value,):
            hit = sentinel_of(text) if text else None
            if hit is None or not hit.meant(system, verb):
                continue
            if system == P1:
                _know(state, hit.sentinel)
            if verb == PUT and hit.sentinel.act == "result":
                continue
            if state.met.first_time(hit, verb):
                return hit.sentinel
    return None


def _reference(state: State, value: str) -> str | None:
    known = state.registry.slots.get(value) or state.registry.visits.get(value)
    return known.reference if known is not None else None


def _know(state: State, sentinel: Sentinel) -> None:
    """Let a sentinel's e-referral exist, so that whoever comes through has something to read and to accept."""
    if any(referral.key == sentinel.key for referral in state.referrals.by_number.values()):
        return
    issuer = next(iter(state.world.facilities), None)
    if issuer is None:
        return
    person = Person(PESEL_ROOT, sentinel.pesel, "Próba", f"Symulatora-{sentinel.number}", "+48600000000")
    row = {
        **{"number": sentinel.referral_number, "key": sentinel.key, "code": sentinel.access_code},
        **{"person": sentinel.pesel, "issuer": issuer, "issued_on": ISSUED_ON},
    }
    state.add(World(people={person.key: person}, referrals=[row]))


class Strangers:
    """Whom nobody should trust: a TLS server, a TLS authority and a signer from elsewhere. Made when first needed."""

    def __init__(self, certificates: Path) -> None:
        self._certificates = certificates

    @cached_property
    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="pomost-strangers-"))

    @cached_property
    def _authority(self) -> Authority:
        return Authority(self._folder, now=machine_time(), name="A stranger's CA")

    @cached_property
    def signer(self) -> Signer:
        """Signs well, with a certificate of an authority that nobody pinned."""
        mine: Identity = self._authority.issue("stranger-wss", "Stranger WSS")
        return Signer(mine.certificate, mine.key)

    @cached_property
    def server(self) -> ssl.SSLContext:
        """Shows a server certificate of an authority that nobody trusts."""
        mine = self._authority.issue("stranger-tls", "Stranger TLS", hosts=("localhost", "127.0.0.1"))
        return server_context(mine.certificate, mine.key, self._certificates / "ca.pem")

    @cached_property
    def distrustful(self) -> ssl.SSLContext:
        """Is the right server, and believes no client of ours."""
        keys = self._certificates
        return server_context(
            keys / "server-tls.pem", keys / "server-tls.key", self._authority.write("stranger-ca.pem")
        )


@dataclass(frozen=True, slots=True)
class Acts:
    """How an authority acts on sentinels: at its endpoint, with its strangers, how long and how large."""

    endpoint: Endpoint
    strangers: Strangers
    wait_seconds: float
    reply_bytes: int

    def answer(self, service: Service, sentinel: Sentinel, arrived: Arrived, soap: Soap) -> Reply:
        """Do what a sentinel asks for. Raises Fault when that is a fault."""
        acts: dict[str, Callable[[], Reply]] = {
            "result": lambda: service.deliver(arrived.carry_out(refusal_of(sentinel)), arrived, soap),
            "trouble": lambda: self._trouble(service, sentinel, arrived, soap),
            "tls": lambda: self._last_on_its_connection(sentinel, service.carry(arrived, soap)),
            "signer": lambda: service.signed_by(self.strangers.signer, arrived.carry_out(None), soap),
            "none": lambda: service.carry(arrived, soap),
        }
        if sentinel.act in acts:
            return acts[sentinel.act]()
        if sentinel.processed:
            arrived.carry_out(None)
        if sentinel.act == "fault":
            raise Fault(sentinel.major, WISHED, minor=sentinel.minor, soap_code=sentinel.soap_code)
        if sentinel.act == "soap":
            return _bare_fault(service, sentinel, soap)
        if sentinel.act == "huge":
            return Reply(200, b" " * self.reply_bytes, f"{soap.media_type}; charset=utf-8", close=True)
        if sentinel.act == "page":
            return Reply(200, PAGE, HTML)
        return Reply(sentinel.status, b"" if sentinel.status == NO_CONTENT else b"as you wished\n", PLAIN)

    def _trouble(self, service: Service, sentinel: Sentinel, arrived: Arrived, soap: Soap) -> Reply:
        """A trouble for this message alone."""
        troubles, name = service.state.troubles, arrived.operation.name
        asked = Trouble(sentinel.trouble, service.system, name, seconds=self.wait_seconds)
        troubles.add(asked)
        try:
            early = service.refused(name, soap)
            return service.carry(arrived, soap) if early is None else early
        finally:
            troubles.withdraw(asked)

    def _last_on_its_connection(self, sentinel: Sentinel, reply: Reply) -> Reply:
        """The next connection fails: dropped before TLS, or with a certificate that one side does not believe."""
        match sentinel.code:
            case "server-certificate":
                self.endpoint.spoil_next(self.strangers.server)
            case "client-certificate":
                self.endpoint.spoil_next(self.strangers.distrustful)
            case _:
                self.endpoint.spoil_next(None)
        return replace(reply, close=True)


def _bare_fault(service: Service, sentinel: Sentinel, soap: Soap) -> Reply:
    """A fault with SOAP's own code and nothing else."""
    fault = Fault("", WISHED, soap_code=sentinel.soap_code)
    element = fault_element(fault, etree.Element("detail"), soap)
    element.remove(element[-1])
    reply = service.signed_by(service.signer, element, soap)
    return replace(reply, status=status_of(fault, soap))
