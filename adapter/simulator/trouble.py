"""Troubles on request: what may go wrong at an authority, each for the next N messages.

A trouble belongs to one system (``cer`` or ``p1``), may be limited to one operation (its national name
or our verb), and ends after ``count`` messages, or when it is cleared if ``count`` is None.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from adapter.errors import BadInput
from adapter.simulator.answers import FAULT_MAJORS, FAULT_MINORS

KINDS: dict[str, str] = {
    "refused": "the port refuses connections until cleared; with a count, that many are dropped before TLS",
    "unavailable": "HTTP 503 without SOAP; nothing is processed",
    "slow": "the answer comes after `seconds`",
    "request-lost": "the connection is closed before the message is processed",
    "reply-lost": "the message is processed, then the connection is closed without an answer",
    "reply-twice": "the bytes of the answer are sent twice",
    "processed-twice": "the message is processed twice; the second answer is sent",
    "malformed-reply": "the message is processed; the answer is cut in the middle",
    "unsigned-reply": "the message is processed; the answer has no signature",
    "tampered-reply": "the message is processed; the answer is changed after it was signed",
    "fault": "a SOAP fault with `major` and, if wanted, `minor`; nothing is processed",
    "fault-after": "the message is processed, then answered with a SOAP fault",
    "block-not-applied": "CeR acknowledges a block and does not apply it",
    "block-ignored": "CeR saves a visit although the slot is blocked",
    "capacity-ignored": "CeR saves a visit although the slot is full",
}
"""Kind of trouble -> what happens."""

SYSTEMS = ("cer", "p1")
CER_ONLY = frozenset({"block-not-applied", "block-ignored", "capacity-ignored"})


@dataclass(slots=True)
class Trouble:
    """One trouble asked for. ``left`` counts down; None goes on until cleared."""

    kind: str
    system: str
    operation: str | None = None
    left: int | None = 1
    seconds: float = 0.0
    major: str = "bladWewnetrzny"
    minor: str = ""
    id: int = field(default=0)


def check(trouble: Trouble) -> None:
    """Refuse a trouble that makes no sense.

    Raises:
        BadInput: an unknown kind, system or fault code, or a count below 1.
    """
    if trouble.kind not in KINDS:
        raise BadInput(f"there is no trouble {trouble.kind!r}; there are: {', '.join(KINDS)}", field="kind")
    if trouble.system not in SYSTEMS or (trouble.kind in CER_ONLY and trouble.system != "cer"):
        raise BadInput("the system is cer or p1; faults of the calendar happen in cer only", field="system")
    if trouble.left is not None and trouble.left < 1:
        raise BadInput("a count is 1 or more, or null for until cleared", field="count")
    if trouble.major not in FAULT_MAJORS:
        raise BadInput(f"there is no fault {trouble.major!r}", field="major")
    if trouble.minor and trouble.minor not in FAULT_MINORS:
        raise BadInput(f"there is no fault {trouble.minor!r}", field="minor")


class Troubles:
    """The troubles asked for, oldest first."""

    def __init__(self) -> None:
        self._asked: list[Trouble] = []
        self._lock = threading.Lock()
        self._next = 1

    def add(self, trouble: Trouble) -> Trouble:
        """Ask for a trouble. Raises BadInput as :func:`check`."""
        check(trouble)
        with self._lock:
            trouble.id = self._next
            self._next += 1
            self._asked.append(trouble)
        return trouble

    def take(self, kind: str, system: str, operation: str) -> Trouble | None:
        """The oldest trouble of that kind for this operation, one message less; None if there is none."""
        with self._lock:
            for trouble in self._asked:
                if trouble.kind == kind and trouble.system == system and trouble.operation in {None, operation}:
                    if trouble.left is not None:
                        trouble.left -= 1
                        if trouble.left == 0:
                            self._asked.remove(trouble)
                    return trouble
        return None

    def withdraw(self, trouble: Trouble) -> None:
        """It is not asked for any more, if it still was."""
        with self._lock:
            if trouble in self._asked:
                self._asked.remove(trouble)

    def clear(self) -> None:
        """No troubles any more."""
        with self._lock:
            self._asked.clear()

    def listed(self) -> list[Trouble]:
        """What is still asked for."""
        with self._lock:
            return list(self._asked)
