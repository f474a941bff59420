"""One full pass for a facility: take changes in, deliver them, settle doubts, bring back what patients did.

A pass that is asked for by the timetable while another is under way (a first load, an authority that answers slowly)
brings back what patients did and leaves the rest to that one: otherwise passes of one facility would soon be all that
a worker does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from adapter.errors import AdapterError
from adapter.services.bring_in import bring_in
from adapter.services.deliver import Delivered, deliver
from adapter.services.equipment import Equipment
from adapter.services.prove_blocks import Proven, prove_blocks
from adapter.services.pull_visits import Pulled, pull_visits
from adapter.services.settle_doubts import Settled, settle_doubts
from adapter.services.take_in import TakenIn


@dataclass(slots=True)
class Pass:
    """What one pass did; ``problems`` are the steps that could not be done, by step."""

    received: int = 0
    taken: TakenIn = field(default_factory=TakenIn)
    settled: Settled = field(default_factory=Settled)
    delivered: list[Delivered] = field(default_factory=list)
    pulled: Pulled = field(default_factory=Pulled)
    proven: Proven = field(default_factory=Proven)
    problems: dict[str, AdapterError] = field(default_factory=dict)


def synchronise_alone(eq: Equipment, facility: str) -> Pass:
    """As :func:`synchronise`; while a pass of this facility is under way only what patients did is brought back."""
    with eq.store.alone(f"sync {facility}") as alone:
        if alone:
            return synchronise(eq, facility)
        result = Pass()
        _pull(eq, facility, result)
        return result


def synchronise(eq: Equipment, facility: str) -> Pass:
    """Do every step; one that cannot be done is noted and the others go on."""
    result = Pass()
    brought = bring_in(eq, facility)
    result.received, result.taken = brought.received, brought.taken
    if brought.problem is not None:
        result.problems["receive"] = brought.problem
    result.settled = settle_doubts(eq, facility)
    result.delivered.append(deliver(eq, facility))
    _pull(eq, facility, result)
    result.delivered.append(deliver(eq, facility))
    result.proven = prove_blocks(eq, facility)
    return result


def _pull(eq: Equipment, facility: str, result: Pass) -> None:
    try:
        result.pulled = pull_visits(eq, facility)
    except AdapterError as error:
        result.problems["pull"] = error
