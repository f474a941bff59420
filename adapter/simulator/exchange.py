"""One message from arrival to answer: read, verified, compared with the schema, carried out, signed.

The order is P1's: security, then call context, then schema, then business rules (p1.md 1, "order of checks").
Troubles asked for are made here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from adapter.simulator import envelope
from adapter.simulator.answers import Fault, Refusal, malformed
from adapter.simulator.caller import read_caller
from adapter.simulator.clock import wait
from adapter.simulator.contract import Contract, Operation
from adapter.simulator.dialect import dialect_of
from adapter.simulator.https import Delivery, Reply, Request
from adapter.simulator.security import SeenMessages, Signer, Trust, verify
from adapter.simulator.sentinel_acts import Acts, meet
from adapter.simulator.sentinels import Sentinel
from adapter.simulator.soap import SOAP_11, SOAP_12, Soap, Told, fault_element, fault_headers, status_of, told
from adapter.simulator.state import State
from adapter.simulator.trouble import Trouble

CHARSET = "utf-8"
PLAIN = "text/plain; charset=utf-8"
WISHED = "Błąd na życzenie"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message accepted for processing; ``carry_out`` refuses it as wished when it is given a refusal."""

    operation: Operation
    message: etree._Element
    carry_out: Callable[[Refusal | None], etree._Element]


class Service:
    """One authority: its contract, whom it trusts, its signature. ``system`` is ``cer`` or ``p1``."""

    def __init__(
        self,
        system: str,
        contract: Contract,
        state: State,
        *,
        trust: Trust,
        signer: Signer,
        security_time: Callable[[], datetime],
        sign_faults: bool = True,
    ) -> None:
        self.system = system
        self.contract = contract
        self.state = state
        self.trust = trust
        self.signer = signer
        self.now = security_time
        self.sign_faults = sign_faults
        self.seen = SeenMessages()
        self.address = ""
        self.dialect = dialect_of(system, contract)
        self.acts: Acts | None = None
        self._verbs = {operation: verb for verb, operation in self.dialect.verbs.items()}
        self._numbers = itertools.count(1)

    def handle(self, request: Request) -> Reply:
        """Answer one HTTP request."""
        if request.path != self.contract.path or request.method != "POST":
            return self._page(request)
        said = told(request.headers)
        soap = self._answered_in(said)
        if soap is None:
            return Reply(415, f"this address takes {SOAP_12.media_type}\n".encode(), PLAIN)
        if (refused := self.refused(self.contract.named(said.action), soap)) is not None:
            return refused
        try:
            arrived = self._arrive(request, said, soap)
            sentinel = self._sentinel(arrived)
            if sentinel is None or self.acts is None:
                return self.carry(arrived, soap)
            return self.acts.answer(self, sentinel, arrived, soap)
        except Fault as fault:
            with self.state.lock:
                self.state.faults[f"{fault.major}{'/' + fault.minor if fault.minor else ''}"] += 1
            return self._fault(fault, soap)

    def carry(self, arrived: Arrived, soap: Soap) -> Reply:
        """Carry a message out and answer it. Raises Fault."""
        answer = arrived.carry_out(None)
        if self._trouble("processed-twice", arrived.operation.name):
            answer = arrived.carry_out(None)
        return self.deliver(answer, arrived, soap)

    def _sentinel(self, arrived: Arrived) -> Sentinel | None:
        verb = self._verbs.get(arrived.operation.name, "")
        with self.state.lock:
            return meet(self.state, self.system, verb, arrived.message)

    def _answered_in(self, said: Told) -> Soap | None:
        """The version of SOAP in which this message is answered; None: by HTTP alone (SOAP 1.2 part 2, 7.5.2).

        Who speaks only 1.2 still tells a 1.1 sender so in 1.1 (SOAP 1.2 part 1, appendix A).
        """
        spoken = self.contract.spoken
        if said.soap in spoken or said.soap is SOAP_11:
            return said.soap
        return SOAP_11 if SOAP_11 in spoken else None

    def _page(self, request: Request) -> Reply:
        """Whatever is no SOAP message: the contract, or a plain refusal."""
        if request.path != self.contract.path:
            return Reply(404, b"nothing is at this address\n", PLAIN)
        if request.method != "GET":
            return Reply(405, b"this address takes POST\n", PLAIN)
        document = self.contract.document(request.query, self.address + self.contract.path)
        return Reply(404, b"ask for ?wsdl\n", PLAIN) if document is None else Reply(200, document)

    def refused(self, operation: str, soap: Soap) -> Reply | None:
        """Troubles that come before anyone looks at the message."""
        if self._trouble("unavailable", operation):
            return Reply(503, b"unavailable\n", PLAIN)
        if trouble := self._trouble("slow", operation):
            wait(trouble.seconds)
        if self._trouble("request-lost", operation):
            return Reply(500, delivery=Delivery.NEVER)
        if trouble := self._trouble("fault", operation):
            return self._fault(Fault(trouble.major, WISHED, minor=trouble.minor, soap_code="Server"), soap)
        return None

    def _trouble(self, kind: str, operation: str) -> Trouble | None:
        return self.state.troubles.take(kind, self.system, operation)

    def _arrive(self, request: Request, said: Told, soap: Soap) -> Arrived:
        """Everything that must hold before the operation is considered. Raises Fault."""
        if request.problem:
            raise malformed(request.problem)
        if said.soap is not soap or said.charset != CHARSET:
            raise malformed(f"the content type is not {soap.media_type}; charset={CHARSET}")
        if soap not in self.contract.spoken:
            raise malformed(f"only SOAP {self.contract.spoken[0].number} is spoken here", soap_code="VersionMismatch")
        message = envelope.read(request.body, soap)
        verify(message, self.trust, self.seen, self.now(), request.certificate)
        if message.context is None:
            raise malformed("the message has no call context")
        self.contract.check(message.context)
        with self.state.lock:
            caller = read_caller(message.context, self.state.world.facilities)
        operation = self.contract.operation(message.payload, said.action, soap)
        self.contract.check(message.payload)
        with self.state.lock:
            self.state.received[operation.name] += 1

        def carry_out(wished: Refusal | None) -> etree._Element:
            with self.state.lock:
                return self.dialect.answer(
                    self.state, caller, operation.name, operation.response, message.payload, wished=wished
                )

        return Arrived(operation, message.payload, carry_out)

    def signed_by(self, signer: Signer, answer: etree._Element, soap: Soap) -> Reply:
        """An answer that this signer signed."""
        raw = signer.envelope(answer, self.now(), f"{self.system}-{next(self._numbers)}", soap=soap)
        return Reply(200, raw, _content_type(soap))

    def deliver(self, answer: etree._Element, arrived: Arrived, soap: Soap) -> Reply:
        """The answer on its way, with what was asked to happen to it."""
        operation = arrived.operation.name
        if self._trouble("reply-lost", operation):
            return Reply(200, delivery=Delivery.NEVER)
        if trouble := self._trouble("fault-after", operation):
            return self._fault(Fault(trouble.major, WISHED, minor=trouble.minor, soap_code="Server"), soap)
        raw = self._sign(answer, soap, sign=not self._trouble("unsigned-reply", operation))
        if self._trouble("malformed-reply", operation):
            raw = raw[: len(raw) // 2]
        elif self._trouble("tampered-reply", operation):
            raw = raw.replace(*self.dialect.tampered)
        twice = self._trouble("reply-twice", operation)
        return Reply(200, raw, _content_type(soap), Delivery.TWICE if twice else Delivery.ONCE)

    def _fault(self, fault: Fault, soap: Soap) -> Reply:
        element = fault_element(fault, self.dialect.fault(fault), soap)
        headers = fault_headers(fault, soap, self.contract.spoken)
        raw = self._sign(element, soap, sign=self.sign_faults, headers=headers)
        return Reply(status_of(fault, soap), raw, _content_type(soap))

    def _sign(self, payload: etree._Element, soap: Soap, *, sign: bool, headers: str = "") -> bytes:
        number = f"{self.system}-{next(self._numbers)}"
        return self.signer.envelope(payload, self.now(), number, sign=sign, soap=soap, headers=headers)


def _content_type(soap: Soap) -> str:
    return f"{soap.media_type}; charset={CHARSET}"
