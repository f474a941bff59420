"""Large answers cost neither time nor memory: stopped early, and never grown beyond what the limit lets expect."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.simulator.certificates import TestCertificates

TESTS = Path(__file__).resolve().parents[1]
SECONDS_MAX = 90
"""For all of them together, on a machine that has other work; alone they take three."""

# answer                            outcome        megabytes   why
COSTS = [
    ("chunks of two bytes", "read", 24, "kept as bytes, not as a list of pieces"),
    ("goes on after its packed end", "lost", 24, "what follows the end would be kept, and counted by nobody"),
    ("gzip bomb of 100 MB", "too-large", 40, "unpacked up to the limit of 8 MiB only"),
    ("100 MB", "too-large", 40, "read up to the limit only"),
    ("100 MB in one chunk", "too-large", 40, "a chunk is not read in one piece"),
    ("40,000 attributes", "malformed", 8, "canonicalising them would take nine seconds"),
    ("40,000 namespaces", "malformed", 8, "each element would walk through them"),
    ("namespaces on 250 levels", "malformed", 40, "they add up from level to level"),
    ("entities in an attribute", "malformed", 40, "a parser always expands them there"),
    ("2,000,000 elements", "malformed", 8, "a tree takes thirty times its bytes"),
]


@pytest.fixture(scope="module")
def costs(certificates: TestCertificates) -> dict[str, dict[str, object]]:
    """All of them, met by one process."""
    done = subprocess.run(
        [sys.executable, str(TESTS / "fuzz" / "large.py"), str(certificates.folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
        capture_output=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    found: dict[str, dict[str, object]] = json.loads(done.stdout)
    assert set(found) == {row[0] for row in COSTS}
    return found


@pytest.mark.parametrize(("name", "outcome", "megabytes", "why"), COSTS, ids=[f"{row[0]}: {row[3]}" for row in COSTS])
def test_a_large_answer_costs_little(
    costs: dict[str, dict[str, object]], name: str, outcome: str, megabytes: float, why: str
) -> None:
    assert costs[name]["outcome"] == outcome
    assert float(str(costs[name]["megabytes"])) <= megabytes
