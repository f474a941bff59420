"""Troubles count down, fit their operation, and refuse nonsense."""

from __future__ import annotations

import pytest

from adapter.errors import BadInput
from adapter.simulator.trouble import KINDS, Trouble, Troubles


def test_a_trouble_ends_after_its_count() -> None:
    troubles = Troubles()
    troubles.add(Trouble("reply-lost", "cer", left=2))
    taken = [troubles.take("reply-lost", "cer", "x") is not None for _ in range(3)]
    assert (taken, troubles.listed()) == ([True, True, False], [])


def test_a_trouble_without_a_count_goes_on_until_cleared() -> None:
    troubles = Troubles()
    troubles.add(Trouble("slow", "p1", left=None))
    assert all(troubles.take("slow", "p1", "x") for _ in range(5))
    troubles.clear()
    assert troubles.take("slow", "p1", "x") is None


@pytest.mark.parametrize(
    ("kind", "system", "operation"),
    [("slow", "cer", "a"), ("reply-lost", "p1", "a"), ("reply-lost", "cer", "b")],
    ids=["another kind", "another system", "another operation"],
)
def test_a_trouble_hits_only_what_it_was_asked_for(kind: str, system: str, operation: str) -> None:
    troubles = Troubles()
    troubles.add(Trouble("reply-lost", "cer", operation="a"))
    assert troubles.take(kind, system, operation) is None
    assert troubles.take("reply-lost", "cer", "a") is not None


WRONG = [
    (Trouble("flood", "cer"), "an unknown kind"),
    (Trouble("slow", "nfz"), "an unknown system"),
    (Trouble("block-ignored", "p1"), "a fault of the calendar in P1"),
    (Trouble("slow", "cer", left=0), "a count of none"),
    (Trouble("fault", "cer", major="bladZly"), "an unknown major code"),
    (Trouble("fault", "cer", minor="bladZly"), "an unknown minor code"),
]


@pytest.mark.parametrize("trouble", [row[0] for row in WRONG], ids=[row[1] for row in WRONG])
def test_nonsense_is_refused(trouble: Trouble) -> None:
    troubles = Troubles()
    with pytest.raises(BadInput):
        troubles.add(trouble)
    assert troubles.listed() == []


def test_every_kind_says_what_it_does() -> None:
    assert all(len(text) > 20 for text in KINDS.values())
