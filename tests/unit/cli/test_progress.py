"""Long work tells how far it is, where somebody looks."""

from __future__ import annotations

import io
import sys

import pytest

from adapter.cli.progress import progress


class Terminal(io.StringIO):
    """A stderr that somebody looks at."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_shows_how_much_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress("demo: exporting") as told:
        assert told is not None
        told(0, 1000)
        told(500, 1000)
        assert "500/1000" in screen.getvalue()
        told(1000, 1000)
    assert "demo: exporting" in screen.getvalue()
    assert "1000/1000" in screen.getvalue()


@pytest.mark.parametrize(("quiet", "screen"), [(True, Terminal()), (False, io.StringIO())], ids=["--json", "a log"])
def test_elsewhere_it_is_silent(monkeypatch: pytest.MonkeyPatch, quiet: bool, screen: io.StringIO) -> None:
    monkeypatch.setattr(sys, "stderr", screen)
    with progress("demo: exporting", quiet=quiet) as told:
        assert told is None
    assert screen.getvalue() == ""
