"""Logging: one JSON object a line, correlation ids, and one filter that masks what may be a person's.

The filter is the last line of defence, not the first: texts are written without people in them.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_correlation: ContextVar[str] = ContextVar("correlation", default="")

_SECRETS = (
    re.compile(r"(?<!\d)\d{44}(?!\d)"),  # referral key
    re.compile(r"(?<!\d)\d{15}(?!\d)"),  # access code + PESEL on one string
    re.compile(r"(?<![\d.])\d{11}(?!\d)"),  # PESEL
)
MASK = "***"
OURS = "adapter"
"""The root of our own loggers: each is named after its module."""


def masked(text: str) -> str:
    """``text`` without anything that has the form of a referral key, an access string or a PESEL."""
    for pattern in _SECRETS:
        text = pattern.sub(MASK, text)
    return text


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Lines logged inside carry this correlation id."""
    token = _correlation.set(correlation_id)
    try:
        yield
    finally:
        _correlation.reset(token)


class MaskingFilter(logging.Filter):
    """Masks the message after its arguments are filled in, and the text of an exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through, masked."""
        record.msg = masked(record.getMessage())
        record.args = ()
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
        return True


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: at, level, logger, message, correlation, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if _correlation.get():
            line["correlation"] = _correlation.get()
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


def configure(level: str = "INFO") -> None:
    """Send everything to standard error as masked JSON lines.

    ``level`` is for our own loggers. Of libraries only warnings and errors are let through, whatever the level: what
    they tell while they work may hold people's data (zeep its envelopes, fontTools the letters of a name).
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(MaskingFilter())
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    ours = logging.getLogger(OURS)
    ours.setLevel(level)
    root.setLevel(max(logging.WARNING, ours.level))
