"""The time comes from the clock, what people read comes from the faces."""

from __future__ import annotations

import ast

import pytest
from house.tree import PACKAGE, calls, clock_reads, name, parsed, sources

CLOCKS = {PACKAGE / "clock.py", PACKAGE / "simulator" / "clock.py"}
MAY_WAIT = {
    (PACKAGE / "store" / "process.py", "time.sleep"): "polls a process of this machine until it is up or gone",
    (PACKAGE / "simulator" / "exchange.py", "time.sleep"): "the trouble 'slow' has to take real time on the wire",
}
MAY_PRINT = (PACKAGE / "cli",)
MAY_CONFIGURE_LOGS = {PACKAGE / "logs.py"}


def test_only_clocks_read_the_time() -> None:
    """Tests hold the clock, so nothing may ask the machine behind its back or wait by itself."""
    reads = [
        f"{name(path)}:{line}: {call}"
        for path in sources()
        if path not in CLOCKS
        for line, call in clock_reads(parsed(path))
        if (path, call) not in MAY_WAIT
    ]
    assert not reads, "\n".join(reads)


@pytest.mark.parametrize("call", ["datetime.now(UTC)", "datetime.datetime.utcnow()", "time.time()", "date.today()"])
def test_a_clock_read_would_be_found(call: str) -> None:
    assert list(clock_reads(ast.parse(f"x = {call}")))


def test_only_faces_print() -> None:
    talk = [
        f"{name(path)}:{line}: {call}"
        for path in sources()
        if not any(path.is_relative_to(place) for place in MAY_PRINT)
        for line, call, _ in calls(parsed(path))
        if call in {"print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write"}
    ]
    assert not talk, "\n".join(talk)


def test_only_one_file_sets_logging_up() -> None:
    """The filter that masks people's data is put in there; another handler would go round it."""
    handlers = [
        f"{name(path)}:{line}: {call}"
        for path in sources()
        if path not in MAY_CONFIGURE_LOGS
        for line, call, _ in calls(parsed(path))
        if call.endswith((".addHandler", "basicConfig", "dictConfig", "fileConfig"))
    ]
    assert not handlers, "\n".join(handlers)
