"""A bar on the terminal for work that takes long: how much is done, and how long the rest may take."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def progress(label: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None] | None]:
    """What is to be told (done, of how many); None where nobody looks: ``quiet``, or stderr is no terminal.

    The bar is on stderr: what a command prints for a program stays as it is.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr, show_pos=True) as bar:

        def told(done: int, of: int) -> None:
            bar.length = max(of, 1)
            bar.update(done - bar.pos)

        yield told
