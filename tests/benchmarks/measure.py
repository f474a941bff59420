"""How a figure is taken: ours and the reference in turns, in one process, median of five."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report. ``reference`` has the unit of ``value``; ``ratio`` is value / reference."""

    id: str
    name: str
    value: float
    unit: str
    reference: float | None = None
    detail: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """How many times the reference, None without one."""
        return self.value / self.reference if self.reference else None

    def line(self) -> str:
        """``name value unit ratio-to-reference``."""
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        return f"{self.id} {self.name:<36} {self.value:>12,.4g} {self.unit:<12} {ratio}"

    def record(self) -> dict[str, object]:
        """As it stands in ``bench.json``."""
        found: dict[str, object] = {"id": self.id, "name": self.name, "value": self.value, "unit": self.unit}
        found |= {"reference": self.reference, "ratio": self.ratio}
        return found | ({"detail": self.detail} if self.detail else {})


def seconds(work: Callable[[], object]) -> float:
    """How long one run takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turns(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median seconds of each work, the works taking turns; one unmeasured turn comes first."""
    for work in works:
        work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for times, work in zip(taken, works, strict=True):
            times.append(seconds(work))
    return [statistics.median(times) for times in taken]
