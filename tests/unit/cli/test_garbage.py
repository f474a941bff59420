"""While much is taken in Python looks for garbage more seldom, and afterwards as before."""

from __future__ import annotations

import gc

import pytest

from adapter.cli.garbage import THRESHOLDS, look_for_garbage_seldom


def test_it_looks_more_seldom_and_then_as_before_whatever_happens() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    within: list[object] = []

    def work() -> None:
        with look_for_garbage_seldom():
            within.extend((gc.get_threshold(), gc.get_freeze_count() > frozen))
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert within == [THRESHOLDS, True], "what is loaded is not looked through"
    assert THRESHOLDS[0] > before[0]
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
