"""How a figure is taken: ours and the reference in turns, in one process, median of five."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report. ``reference`` has the unit of ``value``; ``ratio`` is value / reference.

    The target is a ``target_ratio``, or a ``target`` in the unit of ``value`` that was set on another machine, the
    reference machine. Then ``stated`` is what the reference was measured as there, and ``scaled`` what this value
    would be there if both machines differed in everything as they do in the reference. It is an estimate, no
    measurement: beside it always stands what was measured here.
    """

    id: str
    name: str
    value: float
    unit: str
    reference: float | None = None
    detail: dict[str, float] = field(default_factory=dict)
    target: float | None = None
    target_ratio: float | None = None
    stated: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the reference, None without one."""
        return self.value / self.reference if self.reference else None

    @property
    def scaled(self) -> float | None:
        """The value as it would be on the reference machine, None where nothing is known of that."""
        return self.value * self.stated / self.reference if self.stated and self.reference else None

    def line(self) -> str:
        """``name value unit ratio-to-reference``, then the target and how far it is reached."""
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        told = f"{self.id} {self.name:<42} {self.value:>10,.4g} {self.unit:<12} {ratio}"
        if self.target_ratio is not None:
            told += f"   target ratio {self.target_ratio:g}"
        if self.target is not None:
            told += f"   target {self.target:,g}: {self.value / self.target:.2f} of it here"
            if self.scaled is not None:
                told += (
                    f"; reference {self.reference:,.4g} here, {self.stated:,g} on the reference machine:"
                    f" about {self.scaled:,.4g} there, {self.scaled / self.target:.2f} of the target"
                )
        return told

    def record(self) -> dict[str, object]:
        """As it stands in ``bench.json``; what is not known is left out, but for reference and ratio."""
        found: dict[str, object] = {"id": self.id, "name": self.name, "value": self.value, "unit": self.unit}
        found |= {"reference": self.reference, "ratio": self.ratio}
        known = {
            "target": self.target,
            "target_ratio": self.target_ratio,
            "reference_stated": self.stated,
            "value_scaled": self.scaled,
        }
        found |= {name: value for name, value in known.items() if value is not None}
        return found | ({"detail": self.detail} if self.detail else {})


def seconds(work: Callable[[], object]) -> float:
    """How long one run takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turns(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median seconds of each work, the works taking turns; one unmeasured turn comes first."""
    return [statistics.median(times) for times in zip(*all_turns(*works, rounds=rounds), strict=True)]


def all_turns(*works: Callable[[], object], rounds: int) -> list[tuple[float, ...]]:
    """Seconds of each work in each turn, the works taking turns; one unmeasured turn comes first."""
    for work in works:
        work()
    return [tuple(seconds(work) for work in works) for _ in range(rounds)]


def median_turn(turns: list[tuple[float, ...]], reference: int) -> tuple[float, float]:
    """Seconds of the first work and of the one numbered ``reference``, in the turn whose ratio is the median.

    For works of some milliseconds: what a neighbour on the processor takes away, he takes from both works of a turn,
    but not from all turns alike.
    """
    ratios = sorted((turn[reference] / turn[0], turn) for turn in turns)
    turn = ratios[len(ratios) // 2][1]
    return turn[0], turn[reference]
