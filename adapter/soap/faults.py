"""What a refusal of an authority means for us: the table ``mappings/refusals.csv``, and its judges.

    code of the authority --row of the table--> success | rejected | unavailable | in_doubt | misconfigured

The outcome differs for reads and writes. A code that has no row is never taken for a success: on a
read it is Rejected; on a write a fault is InDoubt (nobody said that nothing happened) and a business
result is Rejected (it considered the request and said no). Of two codes the minor one decides, if
it has a row. Messages hold our words, the authority's codes, and from its text only rule ids and
event ids: the text itself may name people.

Source: p1.md section 3.3.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from adapter.errors import AdapterError, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.soap.wire import FaultDetail

FILE = "refusals.csv"
FAULT_MAJOR, FAULT_MINOR, FAULT_CODE = "fault-major", "fault-minor", "fault-code"
RESULT_MAJOR, RESULT_MINOR = "result-major", "result-minor"
HTTP, TRANSPORT = "http", "transport"
SOURCES = frozenset({FAULT_MAJOR, FAULT_MINOR, FAULT_CODE, RESULT_MAJOR, RESULT_MINOR, HTTP, TRANSPORT})
SUCCESS, REJECTED, UNAVAILABLE, IN_DOUBT, MISCONFIGURED = (
    "success",
    "rejected",
    "unavailable",
    "in_doubt",
    "misconfigured",
)
OUTCOMES = frozenset({SUCCESS, REJECTED, UNAVAILABLE, IN_DOUBT, MISCONFIGURED})
CHANNELS = frozenset({"any", "p1", "cer"})
SHOWN_CODE_CHARACTERS_MAX = 120

_SAFE_CODE = re.compile(r"[A-Za-z][\w.:#/-]*")
_REFERENCE = re.compile(
    r"\b(?:[A-Z]{2,6}\.[A-Z]{2,6}\.\d{1,6}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\b"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row: what a code of one ``source`` (kind) means on one ``channel`` (p1, cer, any)."""

    channel: str
    source: str
    code: str
    outcome_read: str
    outcome_write: str
    title_pl: str
    title_en: str
    status: str
    source_ref: str

    def outcome(self, *, write: bool) -> str:
        """success, rejected, unavailable, in_doubt or misconfigured."""
        return self.outcome_write if write else self.outcome_read


class Refusals:
    """The table, loaded and checked."""

    def __init__(self, rows: Sequence[Refusal]) -> None:
        self.rows = tuple(rows)
        self._by_key = {(row.channel, row.source, row.code): row for row in rows}

    def find(self, channel: str, source: str, code: str) -> Refusal | None:
        """The row of that channel, else the one of any channel, else None."""
        return self._by_key.get((channel, source, code)) or self._by_key.get(("any", source, code))


def load_refusals(mappings: Path) -> Refusals:
    """Read ``refusals.csv`` from the mappings folder.

    Raises:
        Misconfigured: the file or a row is missing, double or has an unknown word; the message names the row.
    """
    path = mappings / FILE
    names = [each.name for each in fields(Refusal)]
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            rows = [(reader.line_num, row) for row in reader]
            header = list(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Misconfigured(f"cannot read {path}", setting=FILE) from error
    if header != names:
        raise Misconfigured(f"{path}: the columns must be {', '.join(names)}", setting=FILE)
    found: dict[tuple[str, str, str], Refusal] = {}
    for line, row in rows:
        if None in row or None in row.values():
            raise Misconfigured(f"{path}, line {line}: a cell is missing or too many", setting=FILE)
        refusal = Refusal(**{name: row[name].strip() for name in names})
        problem = _problem(refusal, found)
        if problem:
            raise Misconfigured(f"{path}, line {line}: {problem}", setting=FILE)
        found[refusal.channel, refusal.source, refusal.code] = refusal
    return Refusals(tuple(found.values()))


def _problem(row: Refusal, found: dict[tuple[str, str, str], Refusal]) -> str:
    checks = (
        (row.channel in CHANNELS, f"unknown channel '{row.channel}'"),
        (row.source in SOURCES, f"unknown source '{row.source}'"),
        (bool(row.code and row.title_pl and row.title_en and row.source_ref), "an empty cell"),
        ({row.outcome_read, row.outcome_write} <= OUTCOMES, "an unknown outcome"),
        (row.outcome_read != IN_DOUBT, "a read cannot be in doubt"),
        (
            SUCCESS not in (row.outcome_read, row.outcome_write) or row.source == RESULT_MAJOR,
            "only a result's major code can mean success",
        ),
        ((row.channel, row.source, row.code) not in found, f"code '{row.code}' is there twice"),
    )
    return next((text for good, text in checks if not good), "")


def judge_result(
    refusals: Refusals,
    *,
    channel: str,
    major: str,
    minor: str,
    text: str,
    write: bool,
    correlation_id: str | None = None,
) -> None:
    """Return when a business result says that the operation was done, otherwise raise.

    Raises:
        Rejected, Unavailable, InDoubt, Misconfigured: as the table says for the minor, else the major code.
    """
    row = refusals.find(channel, RESULT_MAJOR, major)
    if row is not None and row.outcome(write=write) == SUCCESS:
        return
    row = (refusals.find(channel, RESULT_MINOR, minor) if minor else None) or row
    outcome = row.outcome(write=write) if row is not None else REJECTED
    title = (
        row.title_en if row is not None else "The authority refused with a code that is not in mappings/refusals.csv"
    )
    message = f"{title} ({_shown(minor or major)}){_references(text)}"
    raise _error(outcome, message, code="NATIONAL_RESULT", national=minor or major, correlation_id=correlation_id)


def fault_error(
    refusals: Refusals,
    *,
    channel: str,
    fault_code: str,
    details: Sequence[FaultDetail],
    write: bool,
    authenticated: bool,
    correlation_id: str | None = None,
) -> AdapterError:
    """The error that a SOAP Fault is.

    ``fault_code`` is SOAP's own (``Client``, ``Server``). ``authenticated`` is False for an unsigned
    fault from an authority that must sign: its message says *unauthenticated*, and on a write it
    proves nothing about what happened: rejected and unavailable become InDoubt.
    """
    detail = details[0] if details else FaultDetail("")
    row = (
        (refusals.find(channel, FAULT_MINOR, detail.minor) if detail.minor else None)
        or (refusals.find(channel, FAULT_MAJOR, detail.major) if detail.major else None)
        or (refusals.find(channel, FAULT_CODE, fault_code) if not detail.major else None)
    )
    outcome = row.outcome(write=write) if row is not None else (IN_DOUBT if write else REJECTED)
    title = (
        row.title_en if row is not None else "The authority answered with a fault that is not in mappings/refusals.csv"
    )
    national = detail.minor or detail.major or fault_code
    message = f"{title} ({_shown(national)}){_references(detail.text)}"
    if not authenticated:
        message = f"unauthenticated fault: {message}"
        outcome = IN_DOUBT if write and outcome in (REJECTED, UNAVAILABLE) else outcome
    code = "SOAP_FAULT" if authenticated else "SOAP_FAULT_UNAUTHENTICATED"
    return _error(outcome, message, code=code, national=national, correlation_id=correlation_id)


def http_error(
    refusals: Refusals, *, channel: str, status: int, write: bool, correlation_id: str | None = None
) -> AdapterError:
    """The error that an HTTP status without a SOAP message is: its own row, else its class's (``5xx``)."""
    row = None
    for code in (str(status), f"{status // 100}xx", "other"):
        row = row or refusals.find(channel, HTTP, code)
    outcome = row.outcome(write=write) if row is not None else (IN_DOUBT if write else UNAVAILABLE)
    title = row.title_en if row is not None else "The server's answer is not in mappings/refusals.csv"
    code = f"HTTP_{status}"
    return _error(outcome, f"{title} (HTTP {status})", code=code, national=code, correlation_id=correlation_id)


def transport_error(
    refusals: Refusals,
    *,
    channel: str,
    code: str,
    reason: str,
    write: bool,
    setting: str = "",
    correlation_id: str | None = None,
) -> AdapterError:
    """The error that a broken exchange is; ``code`` is one of :mod:`adapter.soap.broken`."""
    row = refusals.find(channel, TRANSPORT, code)
    outcome = row.outcome(write=write) if row is not None else (IN_DOUBT if write else UNAVAILABLE)
    name = f"EXCHANGE_{code.upper().replace('-', '_')}"
    return _error(outcome, reason, code=name, national=name, setting=setting, correlation_id=correlation_id)


def _error(
    outcome: str, message: str, *, code: str, national: str, setting: str = "", correlation_id: str | None = None
) -> AdapterError:
    if outcome == REJECTED:
        return Rejected(message, result_code=_shown(national), code=code, correlation_id=correlation_id)
    if outcome == UNAVAILABLE:
        return Unavailable(message, code=code, correlation_id=correlation_id)
    if outcome == MISCONFIGURED:
        return Misconfigured(message, setting=setting or _shown(national), code=code, correlation_id=correlation_id)
    return InDoubt(message, code=code, correlation_id=correlation_id)


def _shown(code: str) -> str:
    """A code as it may be shown: codes are URNs or words; anything else is not repeated."""
    if not code:
        return "no code"
    if len(code) > SHOWN_CODE_CHARACTERS_MAX or not _SAFE_CODE.fullmatch(code) or re.search(r"\d{6}", code):
        return "a code of an unknown form"
    return code


def _references(text: str) -> str:
    """Rule ids and event ids out of the authority's text, for its support."""
    found = list(dict.fromkeys(_REFERENCE.findall(text)))[:5]
    return f" [{', '.join(found)}]" if found else ""
