"""``make bench`` takes what it is asked for, and says plainly what it cannot take."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from house.tree import TOP

BENCH = TOP / "tests" / "benchmarks"
ALL = {f"B{number}" for number in range(1, 12)} | {"R1", "R2", "R3"}


def bench(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmarks as the Makefile does."""
    return subprocess.run(
        [sys.executable, str(BENCH), *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_every_figure_is_built_or_named_as_not_built() -> None:
    sys.path.insert(0, str(BENCH))
    try:
        spec = importlib.util.spec_from_file_location("bench_main", BENCH / "__main__.py")
        assert spec
        assert spec.loader
        main = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(main)
    finally:
        sys.path.remove(str(BENCH))
    assert set(main.BUILT) | set(main.NOT_BUILT) == ALL
    assert not set(main.BUILT) & set(main.NOT_BUILT)


def test_a_figure_is_printed_and_written(tmp_path: Path) -> None:
    done = bench(tmp_path, "--only", "b11")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("B11 import adapter")
    written = json.loads((tmp_path / "bench.json").read_text())
    assert [set(figure) >= {"id", "name", "value", "unit", "reference", "ratio"} for figure in written] == [True, True]
    assert all(figure["value"] > 0 and figure["ratio"] > 0 for figure in written)


@pytest.mark.parametrize(("asked", "said"), [("B99", "B99 is no figure"), ("B11,B7", "B7 is not built yet")])
def test_what_cannot_be_taken_is_refused_at_once(tmp_path: Path, asked: str, said: str) -> None:
    done = bench(tmp_path, "--only", asked)
    assert done.returncode == 2
    assert said in done.stderr
    assert not done.stdout
    assert not (tmp_path / "bench.json").exists()
