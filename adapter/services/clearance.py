"""Who may do what: the roles of people, and what only an engineer may do.

Roles are given to accounts in the settings (``roles``). They keep people from mistakes and give the audit a
name; they are no wall against somebody who can read the sealing key and the database.
Source: security.md "People and secrets".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.errors import Refused
from adapter.services.attribution import person

ENGINEER_NEEDED = "ENGINEER_NEEDED"
OPERATOR_NEEDED = "OPERATOR_NEEDED"


class Role(StrEnum):
    """What a person is, from the least to the most."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking: the account, and its role in the settings (None: it has none)."""

    account: str
    role: Role | None

    @property
    def actor(self) -> str:
        """The name in the audit.

        Raises:
            BadInput: it is no account name.
        """
        return person(self.account)

    def require_engineer(self, what: str) -> None:
        """Return for an engineer.

        Raises:
            Refused: ``ENGINEER_NEEDED``.
        """
        if self.role is not Role.ENGINEER:
            has = f"has the role {self.role.value}" if self.role is not None else "has no role"
            raise Refused(
                f"only an engineer may {what}: the account {self.account} {has} (settings: roles)",
                code=ENGINEER_NEEDED,
            )

    def require_operator(self, what: str) -> None:
        """Return for an operator or an engineer.

        Raises:
            Refused: ``OPERATOR_NEEDED``.
        """
        if self.role not in {Role.OPERATOR, Role.ENGINEER}:
            raise Refused(
                f"only an operator or an engineer may {what} (settings: roles)",
                code=OPERATOR_NEEDED,
            )
