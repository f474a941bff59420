"""How often Python looks for garbage in circles while much is taken in and sent.

A batch of 500 slots makes some ten thousand objects and no circles; by default Python looks after every 700 of them,
and now and then through all that the program has loaded. That was a tenth of its processor time in a first load.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (20_000, 20, 20)
"""New objects before the youngest are looked through; such looks before the next older generation is."""


@contextmanager
def look_for_garbage_seldom() -> Iterator[None]:
    """Within the block: what is loaded by now is not looked through, and what is new more seldom."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
