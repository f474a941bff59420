"""A letter is whole or absent: a full disk leaves nothing behind and is said."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import pytest

from adapter.cli import letter_out
from adapter.errors import BadInput, Misconfigured

LETTER: Any = SimpleNamespace(subject="A1", kind="entered")


def test_a_full_disk_leaves_no_part_of_a_letter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(letter_out, "rendered", lambda *_: b"x" * 100_000)

    def on_the_full_disk(descriptor: int, mode: str) -> IO[bytes]:
        os.close(descriptor)
        return open("/dev/full", mode)

    monkeypatch.setattr(letter_out.os, "fdopen", on_the_full_disk)
    with pytest.raises(Misconfigured, match=r"letter\.txt cannot be written: No space left on device"):
        letter_out.put_letter(LETTER, "text", tmp_path / "letter.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_letter_that_is_there_stays_and_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(letter_out, "rendered", lambda *_: b"new")
    (tmp_path / "A1-entered.txt").write_text("old")
    with pytest.raises(BadInput, match="a letter is never written over: name another file"):
        letter_out.put_letter(LETTER, "text", tmp_path)
    assert (tmp_path / "A1-entered.txt").read_text() == "old"
