"""FHIR files on disk: which there are, and the pieces in one of them, in bounded memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from adapter.errors import BadInput
from adapter.fhir.bundle import Piece, line_pieces, pieces
from adapter.fhir.decode import DOCUMENT, DOCUMENT_BYTES_MAX, LINE_BYTES_MAX
from adapter.fhir.fast import plain_slot
from adapter.fhir.read import digest
from adapter.fhir.rules import problem
from adapter.hospital.received import received
from adapter.ports import Received

LINES = frozenset({".ndjson", ".jsonl"})
"""Endings of files with one resource on a line."""

_A_SLOT = re.compile(rb'\{\s*"resourceType"\s*:\s*"Slot"')

READ = LINES | {".json", ".xml"}
"""Endings of files that are looked at in a folder; XML only to say that it is not read."""


def files_in(folder: Path, apart: Path | None = None) -> Iterator[Path]:
    """Files of a folder and its subfolders by name, without hidden ones and without the folder ``apart``."""
    for place, subfolders, found in os.walk(folder):
        subfolders[:] = sorted(
            name for name in subfolders if not name.startswith(".") and (apart is None or Path(place, name) != apart)
        )
        for name in sorted(found):
            if not name.startswith(".") and Path(name).suffix.lower() in READ:
                yield Path(place, name)


def pieces_in(path: Path, source: str) -> Iterator[Piece]:
    """The pieces of one file; ``source`` is how it is named in what people see.

    Raises:
        BadInput: the file cannot be opened or read.
    """
    try:
        if path.suffix.lower() in LINES:
            with path.open("rb") as stream:
                yield from line_pieces(_rows(stream), source)
        elif path.stat().st_size > DOCUMENT_BYTES_MAX:
            yield Piece(source, b"", None, (problem("FHIR-READ-04", DOCUMENT),))
        else:
            yield from pieces(path.read_bytes(), source)
    except OSError as error:
        raise _unreadable(source, error) from error


def received_in(path: Path, source: str, *, slots: bool = True) -> Iterator[Received]:
    """The resources of one file as the port hands them over; Slots of the usual kind without reading them twice.

    Without ``slots`` a line that begins as a Slot does is not read at all: of it comes the type only.

    Raises:
        BadInput: the file cannot be opened or read.
    """
    if path.suffix.lower() not in LINES:
        yield from map(received, pieces_in(path, source))
        return
    try:
        with path.open("rb") as stream:
            for number, row in enumerate(_rows(stream), start=1):
                body = row.strip()
                if not slots and _A_SLOT.match(body) and body.count(b'"resourceType"') == 1:
                    yield Received(source, "Slot", "", "", b"", None)
                    continue
                slot = plain_slot(body)
                if slot is None:
                    yield from map(received, line_pieces([row], source, number))
                else:
                    where = f"{source}#line[{number}]"
                    yield Received(where, "Slot", slot.id, slot.version or digest(body), body, slot.changed_at)
    except OSError as error:
        raise _unreadable(source, error) from error


def _unreadable(source: str, error: OSError) -> BadInput:
    return BadInput(f"{source} cannot be read: {error.strerror}", field=source, code="FILE_UNREADABLE")


def _rows(stream: BinaryIO) -> Iterator[bytes]:
    """Lines, each cut just over the limit so that the reader refuses it, never held whole."""
    while row := stream.readline(LINE_BYTES_MAX + 1):
        yield row
        while not row.endswith(b"\n") and len(row) > LINE_BYTES_MAX:
            row = stream.readline(LINE_BYTES_MAX + 1)
            if not row:
                return
