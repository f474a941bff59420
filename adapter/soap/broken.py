"""Why an exchange with an authority gave no answer that may be believed.

Raised by transport and verification, and never leaves this edge: ``channel.py`` turns it into one of
the four kinds of :mod:`adapter.errors` by the row ``transport,<code>`` of ``mappings/refusals.csv``,
because only the channel knows whether the operation was a read or a write.
"""

from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from adapter.soap.transport import HttpReply

NOT_SENT = "not-sent"
SERVER_CERTIFICATE = "server-certificate"
CLIENT_CERTIFICATE = "client-certificate"
TIMEOUT = "timeout"
LOST = "lost"
CONTENT_TYPE = "content-type"
TOO_LARGE = "too-large"
MALFORMED = "malformed"
UNVERIFIED = "unverified"
SIGNER = "signer"

UNREAD = frozenset({NOT_SENT, SERVER_CERTIFICATE, CLIENT_CERTIFICATE})
"""Exchanges that ended before the other side read anything of the message: nothing can have happened."""


class BrokenExchange(Exception):
    """``code`` is one of this module's constants; ``reason`` is English and safe to show.

    ``setting`` names the file or the option to look at, where there is one; ``partial`` is what came of an
    answer that is not to be used.
    """

    partial: HttpReply | None = None

    def __init__(self, code: str, reason: str, *, setting: str = "") -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.setting = setting


def unverified(reason: str) -> BrokenExchange:
    """The message does not prove what it must."""
    return BrokenExchange(UNVERIFIED, reason)


def malformed(reason: str) -> BrokenExchange:
    """The bytes are not a SOAP message that may be read."""
    return BrokenExchange(MALFORMED, reason)
