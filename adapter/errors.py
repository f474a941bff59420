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
from typing import ClassVar

_WORD_STARTS = re.compile(r"(?<!^)(?=[A-Z])")


class AdapterError(Exception):
    """Root of all errors that the adapter raises on purpose.

    ``code`` is stable, in capitals (``UNMAPPED_CODE``; the class's own name unless one is given: ``BAD_INPUT``)
    and listed in ``docs/errors.md``; ``message`` is English and safe to show.
    ``correlation_id`` ties the error to the audit trail and to what was said to the authority.
    """

    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, code: str = "", correlation_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or _WORD_STARTS.sub("_", type(self).__name__).upper()
        self.correlation_id = correlation_id


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
