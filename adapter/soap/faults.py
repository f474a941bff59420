"""What a refusal of an authority means for us: the judges of the table ``mappings/refusals.csv``.

    code of the authority --row of the table--> success | rejected | unavailable | in_doubt | misconfigured

The outcome differs for reads and writes. A code that has no row is never taken for a success: on a
read it is Rejected; on a write a fault is InDoubt (nobody said that nothing happened) and a business
result is Rejected (it considered the request and said no). Of two codes the minor one decides, if
it has a row. The error carries what follows: the row's waits, limit and who is told.

Messages hold our words, the authority's codes, and from its text only rule ids and event ids: the text
itself may name people.

Source: p1.md section 3.3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapter.errors import AdapterError, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.mapping.refusals import (
    FAULT_CODE,
    FAULT_MAJOR,
    FAULT_MINOR,
    HTTP,
    IN_DOUBT,
    MISCONFIGURED,
    REJECTED,
    RESULT_MAJOR,
    RESULT_MINOR,
    SUCCESS,
    TRANSPORT,
    UNAVAILABLE,
    UNLISTED,
    Refusal,
    Refusals,
    load_refusals,
)
from adapter.soap.broken import UNREAD
from adapter.soap.wire import FaultDetail

__all__ = ["Refusal", "Refusals", "fault_error", "http_error", "judge_result", "load_refusals", "transport_error"]

SHOWN_CODE_CHARACTERS_MAX = 120

_SAFE_CODE = re.compile(r"[A-Za-z][\w.:#/-]*")
_REFERENCE = re.compile(
    r"\b(?:[A-Z]{2,6}\.[A-Z]{2,6}\.\d{1,6}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\b"
)


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
    message = f"{title} ({_shown(minor or major, row)}){_references(text)}"
    raise _error(outcome, message, row, code="NATIONAL_RESULT", national=minor or major, correlation_id=correlation_id)


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
    message = f"{title} ({_shown(national, row)}){_references(detail.text)}"
    if not authenticated:
        message = f"unauthenticated fault: {message}"
        outcome = IN_DOUBT if write and outcome in (REJECTED, UNAVAILABLE) else outcome
    code = "SOAP_FAULT" if authenticated else "SOAP_FAULT_UNAUTHENTICATED"
    return _error(outcome, message, row, code=code, national=national, correlation_id=correlation_id)


def http_error(
    refusals: Refusals,
    *,
    channel: str,
    status: int,
    write: bool,
    retry_after_seconds: float | None = None,
    correlation_id: str | None = None,
) -> AdapterError:
    """The error that an HTTP status without a SOAP message is: its own row, else its class's (``5xx``).

    ``retry_after_seconds`` is what the server itself asked for.
    """
    row = None
    for code in (str(status), f"{status // 100}xx", "other"):
        row = row or refusals.find(channel, HTTP, code)
    outcome = row.outcome(write=write) if row is not None else (IN_DOUBT if write else UNAVAILABLE)
    title = row.title_en if row is not None else "The server's answer is not in mappings/refusals.csv"
    code = f"HTTP_{status}"
    error = _error(outcome, f"{title} (HTTP {status})", row, code=code, national=code, correlation_id=correlation_id)
    error.retry_after_seconds = retry_after_seconds
    return error


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
    error = _error(outcome, reason, row, code=name, national=name, setting=setting, correlation_id=correlation_id)
    error.nothing_happened = code in UNREAD
    return error


def _error(
    outcome: str,
    message: str,
    row: Refusal | None,
    *,
    code: str,
    national: str,
    setting: str = "",
    correlation_id: str | None = None,
) -> AdapterError:
    error: AdapterError
    if outcome == REJECTED:
        error = Rejected(message, result_code=_shown(national, row), code=code, correlation_id=correlation_id)
    elif outcome == UNAVAILABLE:
        error = Unavailable(message, code=code, correlation_id=correlation_id)
    elif outcome == MISCONFIGURED:
        error = Misconfigured(
            message, setting=setting or _shown(national, row), code=code, correlation_id=correlation_id
        )
    else:
        error = InDoubt(message, code=code, correlation_id=correlation_id)
    error.handling = row.handling if row is not None else UNLISTED
    return error


def _shown(code: str, row: Refusal | None) -> str:
    """A code as it may be shown: one that the table lists, whatever it looks like (a contract may have numbers).

    Of the others, URNs and words; anything else is not repeated: it may be a person's number.
    """
    if not code:
        return "no code"
    if row is not None and row.code == code:
        return code
    if len(code) > SHOWN_CODE_CHARACTERS_MAX or not _SAFE_CODE.fullmatch(code) or re.search(r"\d{6}", code):
        return "a code of an unknown form"
    return code


def _references(text: str) -> str:
    """Rule ids and event ids out of the authority's text, for its support."""
    found = list(dict.fromkeys(_REFERENCE.findall(text)))[:5]
    return f" [{', '.join(found)}]" if found else ""
