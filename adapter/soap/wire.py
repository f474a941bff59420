"""What the contract side and the transport side of this edge agree on.

``cer.py`` and ``p1.py`` build the content of a request Body and read the content of a reply Body.
A :class:`Channel` carries it: it puts the call context and WS-Security around it, signs, sends over
mTLS, verifies the answer and hands back the Body that was verified. Neither knows the other's inside.

The names of result and fault elements come from the binding table, so a Channel that meets a SOAP
Fault hands the child of ``detail`` to :class:`FaultReader` and judges what comes back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from lxml import etree

from adapter.ports import CallContext

if TYPE_CHECKING:
    from adapter.soap.wiretap import Heard


@dataclass(frozen=True, slots=True)
class BoundOperation:
    """An operation of a national contract as a verb of ours uses it.

    ``channel`` is ``p1`` or ``cer``; ``verb`` ours; ``name`` and ``soap_action`` as the WSDL says
    (the action without quotes); ``soap_version`` is ``1.1`` or ``1.2``.
    """

    channel: str
    verb: str
    name: str
    soap_action: str
    soap_version: str = "1.1"


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified, non-fault answer.

    ``content`` is the single element child of the Body whose signature was verified, still standing
    in its document; ``raw`` the bytes of the whole answer as received (for digests and evidence); ``heard``
    the wiretap's record of the exchange, which waits for the judgement of the answer.
    """

    content: etree._Element
    raw: bytes = field(repr=False)
    heard: Heard | None = field(default=None, repr=False, compare=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the answer's bytes, hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()


class Channel(Protocol):
    """Carries one exchange with one authority."""

    def exchange(
        self,
        context: CallContext,
        operation: BoundOperation,
        content: etree._Element,
        *,
        write: bool,
    ) -> Answer:
        """Send ``content`` as the only child of the Body and return the verified answer.

        ``write`` says whether the operation changes anything on the other side. ``content`` is the
        channel's to keep: it may be placed in an envelope as it is.

        Raises:
            Rejected, Unavailable, InDoubt, Misconfigured: as ``mappings/refusals.csv`` says for the
                fault, HTTP status or transport failure. An answer without a trusted signature is
                InDoubt on a write and Unavailable on a read, never a success.
        """


@dataclass(frozen=True, slots=True)
class FaultDetail:
    """One technical error inside a SOAP Fault (p1.md 3.3): codes of the authority and its own text."""

    major: str
    minor: str = ""
    text: str = field(default="", repr=False)


class FaultReader(Protocol):
    """Reads the content of a SOAP Fault's ``detail``; ``BoundContract.read_fault`` is one."""

    def __call__(self, detail: etree._Element) -> Sequence[FaultDetail]:
        """The errors in it; empty when the element is none of the contract's fault elements."""


class Judge(Protocol):
    """Judges the business result of a 200 reply (``faults.judge_result`` bound to a channel)."""

    def __call__(self, *, major: str, minor: str, text: str, write: bool, correlation_id: str | None = None) -> None:
        """Return when the operation was done; otherwise raise one of the four kinds."""
