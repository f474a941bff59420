"""How one facility speaks to one authority: the configuration of a channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from adapter.soap.timestamp import TimeLimits

if TYPE_CHECKING:
    from adapter.soap.keys import IdentityFile
    from adapter.soap.transport import TransportConfig
    from adapter.soap.trust import SignerPin


class RepliesSigned(StrEnum):
    """Whether the authority signs its replies: not public for P1 (p1.md section 1).

    OPTIONAL accepts a reply *without* WS-Security, on the strength of TLS alone. A reply that has
    WS-Security must verify in either mode.
    """

    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """Everything a channel needs.

    ``channel`` is ``p1`` or ``cer``; ``tls`` our TLS certificate (None where the authority asks for
    none, as P1 did for a time); ``signing`` the other one, for messages; ``signer`` who signs replies
    (None only when ``replies_signed`` is optional: then a signed reply is refused).
    """

    channel: str
    transport: TransportConfig
    tls: IdentityFile | None
    signing: IdentityFile
    signer: SignerPin | None
    replies_signed: RepliesSigned = RepliesSigned.REQUIRED
    limits: TimeLimits = field(default_factory=TimeLimits)
