"""The package for CeZ as values: its rows and its header, and how each is said in cells and in JSON.

One list of columns (``COLUMNS``) serves the CSV, the workbook and the JSON, so that they cannot differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import orjson

from adapter import __version__
from adapter.domain.moments import warsaw_time
from adapter.services.report_rows import ReportRow
from adapter.services.report_text import Texts

FORMAT = "pomost-cez-report/1"
RECIPIENT = "e-rejestracja@cez.gov.pl"
"""Where CeZ takes such reports (leaflet for providers, law.md I-05)."""

Fact = str | int | float | bool | None | datetime | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """One facility, one Warsaw day of terms. ``provider_numbers`` are those of the rows' cells."""

    facility: str
    day: date
    made_at: datetime
    rows: tuple[ReportRow, ...]

    @property
    def provider_numbers(self) -> tuple[str, ...]:
        """Numbers of the providers (register of providers) that the rows belong to."""
        return tuple(sorted({row.provider_number for row in self.rows if row.provider_number}))

    @property
    def counts(self) -> dict[str, int]:
        """Rows by class, by name of the class."""
        kinds = sorted(row.kind.value for row in self.rows)
        return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}

    @property
    def visits(self) -> int:
        """How many visits the rows name."""
        return len({visit.id for row in self.rows for visit in row.visits})


COLUMNS: Mapping[str, Callable[[ReportRow], Fact]] = {
    "class": lambda row: row.kind.value,
    "title": lambda row: row.title_pl,
    "cer_slot_id": lambda row: row.cer_slot_id,
    "cer_visit_ids": lambda row: tuple(visit.id for visit in row.visits),
    "visits_saved_at": lambda row: tuple(_iso(visit.saved_at) or "?" for visit in row.visits),
    "term_starts": lambda row: row.term_starts,
    "term_ends": lambda row: row.term_ends,
    "slot_kind": lambda row: row.slot_kind,
    "cer_state": lambda row: row.cer_state,
    "capacity": lambda row: row.capacity,
    "visit_origin": lambda row: row.visit_origin,
    "block_message_id": lambda row: row.block_message_id,
    "block_asked_at": lambda row: row.block_asked_at,
    "block_answered_at": lambda row: row.block_answered_at,
    "block_result_code": lambda row: row.block_result_code,
    "block_proven_at": lambda row: row.block_proven_at,
    "block_listing_digest": lambda row: row.block_listing_digest,
    "clock_offset_seconds": lambda row: row.clock_offset_seconds,
    "tolerance_seconds": lambda row: row.tolerance_seconds,
    "listing_fetched_at": lambda row: row.listing_fetched_at,
    "listing_server_time": lambda row: row.listing_server_time,
    "listing_digest": lambda row: row.listing_digest,
    "provider_number": lambda row: row.provider_number,
    "cell": lambda row: row.cell,
    "schedule": lambda row: row.schedule,
    "hospital_slot_id": lambda row: row.hospital_slot_id,
    "hospital_state": lambda row: row.hospital_state,
    "hospital_starts": lambda row: row.hospital_starts,
    "hospital_ends": lambda row: row.hospital_ends,
    "hospital_visit_ids": lambda row: row.hospital_visit_ids,
    "first_seen": lambda row: row.first_seen,
    "last_seen": lambda row: row.last_seen,
    "discrepancy_id": lambda row: row.discrepancy_id,
}
"""Column -> what a row says in it. Heads are ``column.<name>`` in the catalogues."""


def _iso(instant: datetime | None) -> str:
    return "" if instant is None else instant.astimezone(UTC).isoformat(timespec="seconds")


def local(instant: datetime | None) -> str:
    """An instant on a Warsaw clock with its offset, ``2026-11-30 09:00:00 +01:00``; empty for None."""
    if instant is None:
        return ""
    text = warsaw_time(instant).isoformat(sep=" ", timespec="seconds")
    return f"{text[:19]} {text[19:]}"


WORDS = frozenset({"cer_state", "hospital_state", "visit_origin"})
"""Columns whose codes are ours and are written out as words."""


def cells(row: ReportRow, language: Texts) -> list[str]:
    """A row as texts for a spreadsheet: Warsaw times, codes as words, several values separated by commas."""
    return [language.word(_cell(name, row)) if name in WORDS else _cell(name, row) for name in COLUMNS]


def _cell(name: str, row: ReportRow) -> str:
    if name == "visits_saved_at":
        return ", ".join(local(visit.saved_at) or "?" for visit in row.visits)
    value = COLUMNS[name](row)
    if value is None:
        return ""
    if isinstance(value, datetime):
        return local(value)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def heads(polish: Texts, english: Texts) -> list[str]:
    """Column heads, Polish with English beside it."""
    return [f"{polish(f'column.{name}')} / {english(f'column.{name}')}" for name in COLUMNS]


def as_json(package: Package) -> bytes:
    """The package for programs: instants in UTC, keys as in ``COLUMNS``. Ends with a line break."""
    document = {
        "format": FORMAT,
        "recipient": RECIPIENT,
        "software": f"Pomost {__version__}",
        "facility": package.facility,
        "provider_numbers": list(package.provider_numbers),
        "day": package.day.isoformat(),
        "made_at": _iso(package.made_at),
        "counts": package.counts,
        "rows": [{name: _value(read(row)) for name, read in COLUMNS.items()} for row in package.rows],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _value(value: Fact) -> object:
    if isinstance(value, datetime):
        return _iso(value)
    return list(value) if isinstance(value, tuple) else value


def digest(package: Package) -> str:
    """SHA-256 of ``report.json``: the package's identity, printed on the page and in the letter."""
    return hashlib.sha256(as_json(package)).hexdigest()
