"""Logs: our own lines at the level that is set, of libraries only warnings and errors, nothing that names a person."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from adapter import logs

NAMES = ("", logs.OURS)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The machine's logging, put back afterwards."""
    root = logging.getLogger()
    kept = root.handlers[:], [logging.getLogger(name).level for name in NAMES]
    yield
    root.handlers[:] = kept[0]
    for name, level in zip(NAMES, kept[1], strict=True):
        logging.getLogger(name).setLevel(level)


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.parametrize("library", ["fontTools.subset", "zeep.transports", "urllib3.connectionpool", "anything.new"])
@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_a_library_tells_nothing_of_its_work(level: str, library: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level)
    logging.getLogger(library).info("Glyph names: Borys Zmyślony")
    logging.getLogger(library).debug("<Envelope>")
    logging.getLogger(library).warning("a warning")
    assert [line["message"] for line in said(capsys)] == ["a warning"]


def test_our_own_lines_come_at_the_level_that_is_set(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("DEBUG")
    logging.getLogger("adapter.services.rest").debug("rests")
    logs.configure("ERROR")
    logging.getLogger("adapter.services.rest").warning("rests again")
    logging.getLogger("zeep").warning("a warning")
    assert [line["message"] for line in said(capsys)] == ["rests"]


def test_what_looks_like_a_person_or_a_key_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logging.getLogger("adapter.x").info("person %s, key %s", "12670112345", "1" * 44)
    assert [line["message"] for line in said(capsys)] == ["person ***, key ***"]
