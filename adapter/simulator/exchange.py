"""One message from arrival to answer: read, verified, compared with the schema, carried out, signed.

The order is P1's: security, then call context, then schema, then business rules (p1.md 1, "order of checks").
Troubles asked for are made here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType

from lxml import etree

from adapter.simulator import cer, envelope, p1
from adapter.simulator.answers import MAJOR, MINOR, Fault, Refusal, malformed
from adapter.simulator.caller import read_caller
from adapter.simulator.clock import wait
from adapter.simulator.contract import Contract, Operation
from adapter.simulator.https import Delivery, Reply, Request
from adapter.simulator.security import SeenMessages, Signer, Trust, verify
from adapter.simulator.state import State
from adapter.simulator.trouble import Trouble

CONTENT_TYPE = "text/xml"
CHARSET = "utf-8"
PLAIN = "text/plain; charset=utf-8"
SYSTEMS: dict[str, ModuleType] = {"cer": cer, "p1": p1}


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A message accepted for processing."""

    operation: Operation
    carry_out: Callable[[], etree._Element]


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
        self._numbers = itertools.count(1)
        self._handlers = SYSTEMS[system].HANDLERS

    def handle(self, request: Request) -> Reply:
        """Answer one HTTP request."""
        if request.path != self.contract.path or request.method != "POST":
            return self._page(request)
        action = request.headers.get("soapaction", "").strip().strip('"').removeprefix("urn:")
        if (refused := self._refused(action)) is not None:
            return refused
        try:
            arrived = self._arrive(request)
            answer = arrived.carry_out()
            if self._trouble("processed-twice", arrived.operation.name):
                answer = arrived.carry_out()
        except Fault as fault:
            with self.state.lock:
                self.state.faults[f"{fault.major}{'/' + fault.minor if fault.minor else ''}"] += 1
            return self._fault(fault)
        return self._deliver(answer, arrived.operation.name)

    def _page(self, request: Request) -> Reply:
        """Whatever is no SOAP message: the contract, or a plain refusal."""
        if request.path != self.contract.path:
            return Reply(404, b"nothing is at this address\n", PLAIN)
        if request.method != "GET":
            return Reply(405, b"this address takes POST\n", PLAIN)
        document = self.contract.document(request.query, self.address + self.contract.path)
        return Reply(404, b"ask for ?wsdl\n", PLAIN) if document is None else Reply(200, document)

    def _refused(self, action: str) -> Reply | None:
        """Troubles that come before anyone looks at the message."""
        if self._trouble("unavailable", action):
            return Reply(503, b"unavailable\n", PLAIN)
        if trouble := self._trouble("slow", action):
            wait(trouble.seconds)
        if self._trouble("request-lost", action):
            return Reply(500, delivery=Delivery.NEVER)
        if trouble := self._trouble("fault", action):
            return self._fault(Fault(trouble.major, "Błąd na życzenie", minor=trouble.minor, soap_code="Server"))
        return None

    def _trouble(self, kind: str, operation: str) -> Trouble | None:
        return self.state.troubles.take(kind, self.system, operation)

    def _arrive(self, request: Request) -> _Arrived:
        """Everything that must hold before the operation is considered. Raises Fault."""
        if request.problem:
            raise malformed(request.problem)
        kind, _, rest = request.headers.get("content-type", "").lower().partition(";")
        charset = rest.partition("charset=")[2].strip().strip('"') if "charset=" in rest else CHARSET
        if kind.strip() != CONTENT_TYPE or charset != CHARSET:
            raise malformed(f"the content type is not {CONTENT_TYPE}; charset={CHARSET}")
        message = envelope.read(request.body)
        verify(message, self.trust, self.seen, self.now(), request.certificate)
        if message.context is None:
            raise malformed("the message has no call context")
        self.contract.check(message.context)
        with self.state.lock:
            caller = read_caller(message.context, self.state.world.facilities)
        operation = self.contract.operation(message.payload, request.headers.get("soapaction", ""))
        self.contract.check(message.payload)
        with self.state.lock:
            self.state.received[operation.name] += 1

        def carry_out() -> etree._Element:
            module = SYSTEMS[self.system]
            with self.state.lock:
                answer: etree._Element = module.start(operation.response, self.state)
                try:
                    self._handlers[operation.name](self.state, caller, message.payload, answer)
                except Refusal as refusal:
                    answer = module.start(operation.response, self.state)
                    if module is p1:
                        p1.explain(self.state, answer, refusal)
                    module.end(answer, refusal)
                else:
                    module.end(answer)
                    self.state.done[operation.name] += 1
            return answer

        return _Arrived(operation, carry_out)

    def _deliver(self, answer: etree._Element, operation: str) -> Reply:
        if self._trouble("reply-lost", operation):
            return Reply(200, delivery=Delivery.NEVER)
        if trouble := self.state.troubles.take("fault-after", self.system, operation):
            return self._fault(Fault(trouble.major, "Błąd na życzenie", minor=trouble.minor, soap_code="Server"))
        raw = self._sign(answer, sign=not self._trouble("unsigned-reply", operation))
        if self._trouble("malformed-reply", operation):
            return Reply(200, raw[: len(raw) // 2])
        if self._trouble("tampered-reply", operation):
            raw = raw.replace(b"urn:csioz:p1:kod:major:Sukces", b"urn:csioz:p1:kod:major:Sukcez")
        twice = self._trouble("reply-twice", operation)
        return Reply(200, raw, delivery=Delivery.TWICE if twice else Delivery.ONCE)

    def _fault(self, fault: Fault) -> Reply:
        root = etree.Element(f"{{{envelope.SOAP}}}Fault", nsmap={"soapenv": envelope.SOAP})
        etree.SubElement(root, "faultcode").text = f"soapenv:{fault.soap_code}"
        etree.SubElement(root, "faultstring").text = fault.message
        namespace = self.contract.namespace
        inner = f"{{{namespace}}}" if self.system == "cer" else ""
        types = inner or "{http://csioz.gov.pl/p1/wyjatki/mt/v20180509}"
        errors = etree.SubElement(
            etree.SubElement(root, "detail"), f"{{{namespace}}}bledyOperacji", nsmap={"ws": namespace}
        )
        error = etree.SubElement(errors, f"{inner}blad")
        etree.SubElement(error, f"{types}kodBleduMajor").text = MAJOR + fault.major
        if fault.minor:
            etree.SubElement(error, f"{types}kodBleduMinor").text = MINOR + fault.minor
        etree.SubElement(error, f"{types}opis").text = fault.message
        return Reply(500, self._sign(root, sign=self.sign_faults))

    def _sign(self, payload: etree._Element, *, sign: bool) -> bytes:
        return self.signer.envelope(payload, self.now(), f"{self.system}-{next(self._numbers)}", sign=sign)
