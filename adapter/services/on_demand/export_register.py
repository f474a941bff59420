"""The register for inspection (G-03, Z-10): every entry and every step, with a legend and digests.

The folder holds ``entries.csv``, ``history.csv`` and ``register.json`` (one object a line: an entry with its steps),
``legend.csv`` (what each column means, Polish with English) and ``digests.txt`` (as ``sha256sum -c`` reads it).

Two things to know before changing it: the folder appears complete or not at all (written beside its place, then
renamed; an earlier one is never overwritten), and it is read a portion at a time, so that a hundred thousand entries
fit in little memory. People's data are inside: files are 0600 in a folder of 0700, and the export is audited.
"""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import IO
from uuid import uuid4

import orjson

from adapter import __version__
from adapter.errors import BadInput, Misconfigured
from adapter.ports.register import Step, StoredEntry
from adapter.services.clearance import Person
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.letters.letter import said
from adapter.services.on_demand.export_rows import ENTRY_COLUMNS, STEP_COLUMNS
from adapter.services.on_demand.see_people import allow_people
from adapter.services.register.steps import plain
from adapter.services.report_sheets import SEPARATOR, inert

FORMAT = "pomost-register-export/1"
FOLDER_EXISTS = "FOLDER_EXISTS"
COPIED_BYTES = 1 << 20
PORTION = 500
"""Entries whose histories are read together."""


Progress = Callable[[int, int], None]
"""Is told how many entries are written, and of how many."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the folder, how many entries and steps, the digest of the digests."""

    folder: Path
    entries: int
    steps: int
    digest: str


def export_register(
    eq: Equipment,
    facility: str,
    out: Path,
    *,
    who: Person,
    reason: str,
    since: date | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write the register of a facility into a new folder in ``out``, named by facility and day.

    ``since``: entries that are open, and those removed on that day or later; everything when None. ``reason``: on
    whose demand (the control body and its letter); kept in the audit. ``progress`` is told at the start and after
    each portion (:data:`PORTION`).

    Raises:
        Refused: the account may not. BadInput: an unusable reason, or the folder exists. Misconfigured: it cannot be
        written.
    """
    kept = allow_people(eq, facility, who, "export the register", subject="register", reason=reason)
    with eq.store.unit_of_work() as work:
        desk = Desk(eq, work, facility, str(uuid4()))
        target = out / f"register-{facility}-{desk.today.isoformat()}"
        if target.exists():
            raise BadInput(f"{target} is there already: an export is never overwritten", field="out",
                           code=FOLDER_EXISTS)  # fmt: skip
        done = _folder(desk, target, since, progress)
        detail = {
            "reason": kept,
            "since": since.isoformat() if since is not None else None,
            "entries": done.entries,
            "steps": done.steps,
            "digest": done.digest,
        }
        desk.audit(who.actor, "register.export", "register", detail)
        work.commit()
    return done


def _folder(desk: Desk, target: Path, since: date | None, progress: Progress | None) -> Exported:
    """Everything beside its place, then renamed."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as wrong:
        raise Misconfigured(f"{target.parent} cannot be written: {wrong.strerror}", setting="--out") from wrong
    try:
        entries, steps = _write(desk, beside, since, progress)
        digest = _digests(beside)
        beside.rename(target)
    except OSError as wrong:
        raise Misconfigured(f"{target} cannot be written: {wrong.strerror}", setting="--out") from wrong
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Exported(target, entries, steps, digest)


def _write(desk: Desk, folder: Path, since: date | None, progress: Progress | None) -> tuple[int, int]:
    """The data files and the legend; how many entries and steps."""
    counted = [0, 0]
    with ExitStack() as opened:
        entries = _table(opened, folder / "entries.csv", ENTRY_COLUMNS)
        history = _table(opened, folder / "history.csv", STEP_COLUMNS)
        lines = opened.enter_context(_new(folder / "register.json"))
        lines.write(orjson.dumps(_head(desk, since), option=orjson.OPT_APPEND_NEWLINE))
        for stored, steps in _with_steps(desk, since, progress):
            entries.row(read(stored) for read in ENTRY_COLUMNS.values())
            for one in steps:
                history.row(read(one) for read in STEP_COLUMNS.values())
            lines.write(orjson.dumps(_object(stored, steps), option=orjson.OPT_APPEND_NEWLINE))
            counted[0] += 1
            counted[1] += len(steps)
        legend = _table(opened, folder / "legend.csv", ("file", "column", "znaczenie", "meaning"))
        for row in _legend():
            legend.row(row)
    return counted[0], counted[1]


def _with_steps(
    desk: Desk, since: date | None, progress: Progress | None
) -> Iterator[tuple[StoredEntry, Sequence[Step]]]:
    """Every entry with its history, :data:`PORTION` of them at a time."""
    whole = desk.work.register.count_listed(desk.facility, since=since) if progress is not None else 0
    rest = desk.work.register.listed(desk.facility, open_only=False, since=since)
    read = 0
    if progress is not None:
        progress(0, whole)
    while portion := list(islice(rest, PORTION)):
        known = desk.work.register.steps_of(desk.facility, [one.entry.id for one in portion])
        for stored in portion:
            yield stored, known.get(stored.entry.id, ())
        read += len(portion)
        if progress is not None:
            progress(read, max(read, whole))  # somebody may be entered meanwhile


def _head(desk: Desk, since: date | None) -> dict[str, object]:
    register = desk.eq.register(desk.facility)
    return {
        "format": FORMAT,
        "software": f"Pomost {__version__}",
        "facility": desk.facility,
        "provider": register.provider,
        "provider_name": register.provider_name,
        "list_owner": register.list_owner,
        "made_at": desk.eq.clock.now().isoformat(timespec="seconds"),
        "since": since.isoformat() if since is not None else None,
    }


def _object(stored: StoredEntry, steps: Iterable[Step]) -> dict[str, object]:
    """An entry as an object: everything that is kept of it, and its steps."""
    return {
        "entry": plain(stored.entry),
        "standing": stored.standing.value,
        "visit": stored.visit_id,
        "patient": stored.patient_id,
        "referral": stored.referral_id,
        "steps": [plain(one) for one in steps],
    }


def _legend() -> Iterator[tuple[str, str, str, str]]:
    for file, columns in (("entries.csv", ENTRY_COLUMNS), ("history.csv", STEP_COLUMNS)):
        for name in columns:
            meaning = said(f"column.{name}")
            yield file, name, meaning.pl, meaning.en


class _Table:
    """A CSV file that a Polish spreadsheet opens by double click; no cell can start a formula."""

    def __init__(self, file: IO[str]) -> None:
        self._writer = csv.writer(file, delimiter=SEPARATOR, lineterminator="\r\n")

    def row(self, cells: Iterable[str]) -> None:
        """Append a row."""
        self._writer.writerow([inert(text) for text in cells])


def _table(opened: ExitStack, path: Path, heads: Iterable[str]) -> _Table:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    table = _Table(opened.enter_context(os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="")))
    table.row(heads)
    return table


def _new(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _digests(folder: Path) -> str:
    """``digests.txt`` with the SHA-256 of every other file; returns its own."""
    lines = "".join(f"{_digest(path)}  {path.name}\n" for path in sorted(folder.iterdir()))
    with _new(folder / "digests.txt") as file:
        file.write(lines.encode())
    return hashlib.sha256(lines.encode()).hexdigest()


def _digest(path: Path) -> str:
    summed = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(COPIED_BYTES):
            summed.update(part)
    return summed.hexdigest()
