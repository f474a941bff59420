"""Every error of the adapter, sorted by what should happen next.

    AdapterError
    ├── Refused          the request cannot be honoured; tell whoever asked
    │   ├── BadInput         it is not the message it claims to be      400
    │   ├── RuleBroken       the law or the clinic forbids it           422
    │   └── Rejected         CeR or P1 considered it and said no        409
    ├── Unavailable      nothing happened; the outbox tries later       503
    ├── InDoubt          it may have happened; ask, then decide         202
    └── Misconfigured    no retry can help; stop and wake an operator   500

A message never contains a PESEL, a name, a referral key, an access code or an envelope.
Caught only in the faces and in ``services/deliver.py``; always ``raise ... from``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

_WORD_STARTS = re.compile(r"(?<!^)(?=[A-Z])")

NOBODY, REGISTRAR, OPERATOR, ENGINEER, SECURITY = "nobody", "registrar", "operator", "engineer", "security"
TOLD = {
    NOBODY: "nobody: it passes by itself",
    REGISTRAR: "the registration desk, which enters data in the EHR",
    OPERATOR: "whoever runs Pomost: network, certificates, the account with the authority",
    ENGINEER: "the integration engineer: contract, binding and code tables",
    SECURITY: "whoever answers for security incidents",
}
"""Who is told, by the code that ``mappings/refusals.csv`` has for them."""
GROWTH_STEPS_MAX = 64
"""After so many failures a wait has grown to its longest, whatever the row."""


@dataclass(frozen=True, slots=True)
class Handling:
    """What follows a failure: the waits between tries, when to stop, who is told.

    ``row`` names the row of ``mappings/refusals.csv`` that matched (``http 429``), empty when none did.
    ``told`` is a code of :data:`TOLD`; ``attempts_max`` counts tries in a row.
    """

    row: str
    first_wait_seconds: float
    growth: float
    wait_max_seconds: float
    attempts_max: int
    told: str

    def wait_seconds(self, failures: int) -> float:
        """How long to wait after ``failures`` in a row (from 1)."""
        steps = min(max(failures - 1, 0), GROWTH_STEPS_MAX)
        return min(self.first_wait_seconds * self.growth**steps, self.wait_max_seconds)


class AdapterError(Exception):
    """Root of all errors that the adapter raises on purpose.

    ``code`` is stable, in capitals (``UNMAPPED_CODE``; the class's own name unless one is given: ``BAD_INPUT``)
    and listed in ``docs/errors.md``; ``message`` is English and safe to show.
    ``correlation_id`` ties the error to the audit trail and to what was said to the authority, ``message_id``
    to the one call that failed. ``handling`` is what follows, when a row of the retry table says so, and
    ``retry_after_seconds`` what the other side asked for itself (HTTP's Retry-After). ``nothing_happened``: whoever
    raised it saw that the other side had not read the message, whatever kind of error it is.
    """

    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, code: str = "", correlation_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or _WORD_STARTS.sub("_", type(self).__name__).upper()
        self.correlation_id = correlation_id
        self.message_id: str | None = None
        self.handling: Handling | None = None
        self.retry_after_seconds: float | None = None
        self.nothing_happened = False

    @property
    def text(self) -> str:
        """The message with the ids under which the audit and the authority know the call."""
        ids = (("correlation", self.correlation_id), ("message", self.message_id))
        known = ", ".join(f"{name} {value}" for name, value in ids if value)
        return f"{self.message} [{known}]" if known else self.message


class Refused(AdapterError):
    """The request cannot be honoured; whoever asked is told."""

    http_status = 409
    exit_code = 1


class BadInput(Refused):
    """The input is not the message it claims to be; ``field`` is a FHIRPath, a column or a file name."""

    http_status = 400

    def __init__(
        self,
        message: str,
        *,
        field: str = "",
        code: str = "",
        correlation_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, correlation_id=correlation_id)
        self.field = field


class RuleBroken(Refused):
    """The law or the clinic forbids it; ``rule`` is an id of ``docs/law.md``, ``article`` its source."""

    http_status = 422

    def __init__(
        self,
        message: str,
        *,
        rule: str,
        article: str,
        code: str = "",
        message_pl: str = "",
        correlation_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, correlation_id=correlation_id)
        self.rule = rule
        self.article = article
        self.message_pl = message_pl


class Rejected(Refused):
    """CeR or P1 considered the request and said no; ``result_code`` is the authority's own code."""

    http_status = 409

    def __init__(
        self,
        message: str,
        *,
        result_code: str = "",
        code: str = "",
        correlation_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, correlation_id=correlation_id)
        self.result_code = result_code


class Unavailable(AdapterError):
    """Nothing happened on the other side; the outbox tries again later."""

    http_status = 503
    exit_code = 4


class InDoubt(AdapterError):
    """It may have happened; read back before anything else is done to that subject."""

    http_status = 202
    exit_code = 4


class Misconfigured(AdapterError):
    """No retry can help; stop and wake an operator. ``setting`` names the file, table or variable."""

    http_status = 500
    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        setting: str = "",
        code: str = "",
        correlation_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, correlation_id=correlation_id)
        self.setting = setting
