"""A dialect: how one contract says what the registers know. Which one is spoken, the contract's namespace decides.

Each is a module of its own (:mod:`~adapter.simulator.cer`, :mod:`~adapter.simulator.cer_second`,
:mod:`~adapter.simulator.p1`), the only places with national names. State, rules, troubles and security are the
same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType

from lxml import etree

from adapter.errors import Misconfigured
from adapter.simulator import cer, cer_second, p1
from adapter.simulator.answers import MAJOR, MINOR, Fault, Refusal
from adapter.simulator.caller import Caller
from adapter.simulator.contract import Contract
from adapter.simulator.state import State
from adapter.simulator.xml import add

P1_FAULTS = "{http://csioz.gov.pl/p1/wyjatki/mt/v20180509}"
Handler = Callable[[State, Caller, etree._Element, etree._Element], None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One contract's words.

    ``verbs``: our verb -> its operation. ``handlers``: operation -> what fills its answer from a request that the
    schema has accepted. ``start`` makes an answer, ``explain`` adds what it says beside a refusal, ``end`` the result.
    ``fault``: what stands in a fault's detail. ``tampered``: a success, and what it is changed to when asked for.
    """

    system: str
    namespace: str
    verbs: Mapping[str, str]
    handlers: Mapping[str, Handler]
    start: Callable[[str, State], etree._Element]
    end: Callable[[etree._Element, Refusal | None], etree._Element]
    fault: Callable[[Fault], etree._Element]
    tampered: tuple[bytes, bytes]
    explain: Callable[[State, etree._Element, Refusal], None] | None = None

    def answer(
        self,
        state: State,
        caller: Caller,
        operation: str,
        response: str,
        request: etree._Element,
        *,
        wished: Refusal | None = None,
    ) -> etree._Element:
        """Carry an operation out, or refuse it as wished, and say what came of it. Raises Fault. Hold the lock."""
        answer = self.start(response, state)
        try:
            if wished is not None:
                raise wished
            self.handlers[operation](state, caller, request, answer)
        except Refusal as refusal:
            answer = self.start(response, state)
            if self.explain is not None:
                self.explain(state, answer, refusal)
            return self.end(answer, refusal)
        state.done[operation] += 1
        return self.end(answer, None)


def _p1_fault(fault: Fault) -> etree._Element:
    """BladMT, in P1's namespace of exceptions (p1.md 3.3)."""
    errors = etree.Element(f"{{{p1.WS}}}bledyOperacji", nsmap={"ws": p1.WS})
    error = etree.SubElement(errors, "blad")
    add(error, f"{P1_FAULTS}kodBleduMajor", MAJOR + fault.major)
    add(error, f"{P1_FAULTS}kodBleduMinor", MINOR + fault.minor if fault.minor else None)
    add(error, f"{P1_FAULTS}opis", fault.message)
    return errors


def _of_cer(module: ModuleType) -> Dialect:
    """A contract of CeR; its module has one function for each verb, and it is called as the verb is."""
    handlers = {operation: getattr(module, verb) for verb, operation in module.VERBS.items()}
    return Dialect(
        "cer",
        module.NAMESPACE,
        module.VERBS,
        handlers,
        module.start,
        module.end,
        module.fault,
        module.TAMPERED,
    )


DIALECTS = (
    _of_cer(cer),
    _of_cer(cer_second),
    Dialect("p1", p1.WS, p1.VERBS, p1.HANDLERS, p1.start, p1.end, _p1_fault, cer.TAMPERED, p1.explain),
)


def dialect_of(system: str, contract: Contract) -> Dialect:
    """The dialect in which a contract is spoken.

    Raises:
        Misconfigured: nobody here speaks it, or it has operations that nobody answers.
    """
    spoken = [dialect for dialect in DIALECTS if dialect.system == system]
    for dialect in spoken:
        if dialect.namespace == contract.namespace:
            if silent := sorted(contract.names - set(dialect.handlers)):
                raise Misconfigured(
                    f"{contract.file} has operations that the simulator does not know: {', '.join(silent)}",
                    setting="contract",
                )
            return dialect
    known = ", ".join(dialect.namespace for dialect in spoken)
    raise Misconfigured(
        f"{contract.file} has the namespace {contract.namespace}; the simulator speaks {known}", setting="contract"
    )
