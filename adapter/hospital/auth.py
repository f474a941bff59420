"""How we show an EHR who we are: not at all, by account and password, or by a bearer token."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NoAuth:
    """The server asks for nothing, or mutual TLS says it all."""

    def headers(self) -> dict[str, str]:
        """No header."""
        return {}


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """Account and password (RFC 7617, UTF-8)."""

    account: str
    password: str = field(repr=False)

    def headers(self) -> dict[str, str]:
        """The Authorization header."""
        pair = f"{self.account}:{self.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}


@dataclass(frozen=True, slots=True)
class BearerAuth:
    """A bearer token (RFC 6750)."""

    token: str = field(repr=False)

    def headers(self) -> dict[str, str]:
        """The Authorization header."""
        return {"Authorization": f"Bearer {self.token}"}


Auth = NoAuth | BasicAuth | BearerAuth
