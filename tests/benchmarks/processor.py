"""Processor time of processes, and how much two of them can have here at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
STEPS = 3_000_000
_SPIN = (
    "import sys, time\n"
    "print('ready', flush=True); sys.stdin.readline()\n"
    f"sum(n * n for n in range({STEPS})); print('done', flush=True)\n"
)


def _stat(process: int) -> list[str]:
    """The fields of /proc/N/stat after the name; empty when the process is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def processor_seconds(process: int) -> float:
    """Seconds that a process, its children that ended and its children that live have had."""
    while True:
        own = _stat(process)[11:15]
        ticks = sum(map(int, own))
        for other in filter(str.isdigit, os.listdir("/proc")):
            fields = _stat(int(other))
            if fields and int(fields[1]) == process:
                ticks += sum(map(int, fields[11:15]))
        if own == _stat(process)[11:15]:  # no child ended in between, to be missed or counted twice
            return ticks / TICKS_PER_SECOND


def host_ticks() -> tuple[int, int]:
    """Ticks that this machine's host gave to other machines while this one had work, and all ticks; zeros: unknown."""
    try:
        ticks = [int(word) for word in Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]]
    except OSError:
        return 0, 0
    return ticks[7], sum(ticks)


def stolen_since(before: tuple[int, int]) -> float:
    """Per cent of the processors that the host gave to others since then: a quiet run has next to none."""
    now = host_ticks()
    return 100 * (now[0] - before[0]) / max(now[1] - before[1], 1)


def server_of(connection: Any) -> int:
    """The process that begot the one which serves a psycopg connection on this machine: PostgreSQL's first."""
    return int(_stat(connection.info.backend_pid)[1])


def _spin(count: int) -> float:
    workers = [
        subprocess.Popen([sys.executable, "-c", _SPIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    began = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    taken = time.perf_counter() - began
    for worker in workers:
        worker.communicate(timeout=30)
    return taken


def two_against_one() -> float:
    """How many times as much two processes get done as one, when all they do is compute: 2 on two whole processors."""
    return 2 * _spin(1) / _spin(2)
