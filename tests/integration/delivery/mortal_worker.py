"""A worker that kills itself at a step it is told. Run as a program; :class:`Nursery` talks to it.

Starting Python takes seconds, so one process (without threads) loads everything and forks a worker for each
life. The worker makes one pass as ``synchronise`` does, counts its steps and, at the one it was told, writes
down where it is and sends itself SIGKILL: nothing is closed, committed or rolled back.

A step is: before and after each SQL statement and each commit, before a message goes out, when it is sent
and its answer not yet read, when the answer was read, before and after each file of the EHR. A life may
also end by the clock, wherever the worker is then: in the middle of a statement or of a message.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NoReturn

import urllib3.connection
from sqlalchemy import event

from adapter.bootstrap import open_adapter
from adapter.hospital.folder import FolderHospital
from adapter.services.deliver import deliver
from adapter.services.prove_blocks import prove_blocks
from adapter.services.pull_visits import pull_visits
from adapter.services.receive import receive
from adapter.services.settle_doubts import settle_doubts
from adapter.services.take_in import take_in
from adapter.soap.transport import Transport

TESTS = Path(__file__).resolve().parents[2]
FACILITY = "demo"
SENDING_STEPS = frozenset(
    {"before commit", "after commit", "before sending", "sent, unread", "answer read", "before file", "after file"}
)
"""Steps between which the outside world or the database changes: counted alone in some lives."""


@dataclass(frozen=True, slots=True)
class Life:
    """How a worker is to end. ``step`` 0: never; ``after_seconds``: by the clock.

    ``turning``: only :data:`SENDING_STEPS` are counted. ``whole``: the pass begins with taking changes in,
    and steps count from there; otherwise it begins with settling doubts and delivering. ``aim``: only steps in
    that module of the services, or with a message of that action in hand, are counted.
    """

    step: int = 0
    turning: bool = False
    whole: bool = False
    after_seconds: float | None = None
    aim: str = ""


@dataclass(frozen=True, slots=True)
class Death:
    """How it ended. ``kind`` is the step, ``place`` the service's function, ``action`` the message at hand."""

    killed: bool
    kind: str = ""
    place: str = ""
    action: str = ""


class Nursery:
    """Starts workers, one at a time, and says how each ended."""

    def __init__(self, settings: object) -> None:
        path = os.pathsep.join([str(TESTS.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._say(base64.b64encode(pickle.dumps(settings)).decode())

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def live(self, life: Life) -> Death:
        """One worker from birth to death. Raises AssertionError when it ended by an error of its own."""
        self._say(json.dumps(asdict(life)))
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the worker's program is gone"
        status, said = json.loads(line)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        assert killed or status == 0, f"the worker failed: {said or status}"
        return Death(killed, *(said.split("|") if said else (["by the clock"] if killed else [])))

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


class Steps:
    """Counts the worker's steps and ends it at the one it was told."""

    def __init__(self, life: Life, last_words: int) -> None:
        self._left = life.step
        self._turning = life.turning
        self._aim = life.aim
        self._last_words = last_words
        self.counting = life.whole

    def __call__(self, kind: str) -> None:
        if not self.counting or (self._turning and kind not in SENDING_STEPS):
            return
        if self._aim and not self._aimed_at(*whereabouts(sys._getframe(1))):
            return
        self._left -= 1
        if self._left == 0:
            self._die(kind)

    def _aimed_at(self, place: str, action: str) -> bool:
        return self._aim in {place.partition(".")[0], action}

    def _die(self, kind: str) -> NoReturn:
        place, action = whereabouts(sys._getframe(2))
        os.write(self._last_words, f"{kind}|{place}|{action}".encode())
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("nobody lives on after SIGKILL")


def whereabouts(frame: FrameType | None) -> tuple[str, str]:
    """The innermost function of the services on the stack, and the action of the message it has in hand."""
    place = action = ""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("adapter.services."):
            place = place or f"{module.rpartition('.')[2]}.{frame.f_code.co_name}"
            batch = frame.f_locals.get("batch")
            message = frame.f_locals.get("message") or (batch[0] if batch else None)
            action = action or str(getattr(message, "action", ""))
        frame = frame.f_back
    return place, action


def around(owner: Any, name: str, before: Callable[[], None], after: Callable[[], None]) -> None:
    """Call ``before`` and ``after`` on each side of a method."""
    original = getattr(owner, name)

    def stepped(*args: Any, **kwargs: Any) -> Any:
        before()
        result = original(*args, **kwargs)
        after()
        return result

    setattr(owner, name, stepped)


def hook(engine: Any, step: Steps) -> None:
    """Put the steps between everything that leaves the process."""
    event.listen(engine, "before_cursor_execute", lambda *_: step("before statement"))
    event.listen(engine, "after_cursor_execute", lambda *_: step("after statement"))
    around(engine.dialect, "do_commit", lambda: step("before commit"), lambda: step("after commit"))
    around(Transport, "post", lambda: step("before sending"), lambda: step("answer read"))
    around(urllib3.connection.HTTPConnection, "getresponse", lambda: step("sent, unread"), lambda: None)
    around(FolderHospital, "_write", lambda: step("before file"), lambda: step("after file"))
    around(Path, "replace", lambda: step("before rename"), lambda: step("after rename"))


def work(eq: Any, step: Steps, *, whole: bool) -> None:
    """One pass over the facility, as ``synchronise`` makes it."""
    if whole:
        receive(eq, FACILITY)
        take_in(eq, FACILITY)
    step.counting = True
    settle_doubts(eq, FACILITY)
    deliver(eq, FACILITY)
    pull_visits(eq, FACILITY)
    deliver(eq, FACILITY)
    prove_blocks(eq, FACILITY)


def live(adapter: Any, life: Life, last_words: int) -> int:
    """The worker's whole life; returns its exit status."""
    step = Steps(life, last_words)
    hook(adapter.database.engine, step)
    try:
        work(adapter.equipment, step, whole=life.whole)
    except BaseException as error:
        os.write(last_words, f"{type(error).__name__}: {error}".encode())
        raise
    return 0


def born(adapter: Any, life: Life) -> tuple[int, str]:
    """Fork a worker, wait for its end; its wait status and its last words."""
    hear, tell = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = live(adapter, life, tell)
        finally:
            os._exit(status)
    os.close(tell)
    if life.after_seconds is not None:
        time.sleep(life.after_seconds)
        os.kill(child, signal.SIGKILL)  # not waited for yet, so the id is still its own
    _, status = os.waitpid(child, 0)
    with os.fdopen(hear, "rb") as said:
        return status, said.read().decode()


def main() -> None:
    """Load everything once, then give birth for every line of standard input."""
    settings = pickle.loads(base64.b64decode(sys.stdin.readline()))
    with open_adapter(settings, defer_jobs=False) as adapter:
        adapter.database.engine.dispose()
        gc.collect()
        gc.freeze()  # the workers share this memory; their collector need not walk through it
        for line in sys.stdin:
            ended = born(adapter, Life(**json.loads(line)))
            print(json.dumps(ended), flush=True)


if __name__ == "__main__":
    main()
