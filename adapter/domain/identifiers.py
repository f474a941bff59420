"""Identifiers, each parsed once at the edge into its own type.

People's identifiers and the referral's credentials are secrets: their ``repr`` and ``str`` show
only the kind, and the value is read through ``reveal()`` where a message is built.

Sources: handbook p1.md 4 and 5; law.md D-04, R-01, R-09.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from stdnum.pl import pesel as _pesel

_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
REFERRAL_KEY_DIGITS = 44
ACCESS_CODE_DIGITS = 4
REFERRAL_NUMBER_LENGTH = 22
FACILITY_DIGITS = 12


class IdentifierError(ValueError):
    """The text is no identifier of this kind. The message names the kind, never the text."""


@dataclass(frozen=True, slots=True)
class OidPair:
    """A national identifier: the OID of the register (``root``) and the value in it (``extension``)."""

    root: str
    extension: str

    def __post_init__(self) -> None:
        if not _OID.fullmatch(self.root):
            raise IdentifierError("the root of an identifier must be an OID")
        if not self.extension or self.extension != self.extension.strip():
            raise IdentifierError("the extension of an identifier must not be empty or padded")


class Secret:
    """A value that must not reach a log, an error text, a metric or a file name."""

    __slots__ = ()
    _value: str

    def reveal(self) -> str:
        """The value itself; call it only where a message or a sealed record is built."""
        return self._value

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    __str__ = __repr__


def _digits(text: str, count: int, what: str) -> None:
    if len(text) != count or not text.isascii() or not text.isdigit():
        raise IdentifierError(f"{what} has exactly {count} digits")


@dataclass(frozen=True, slots=True, repr=False)
class Pesel(Secret):
    """PESEL, 11 digits with a check digit and a real birth date (law.md D-04)."""

    _value: str

    def __post_init__(self) -> None:
        if not self._value.isascii() or not _pesel.is_valid(self._value) or len(self._value) != 11:
            raise IdentifierError("not a PESEL: 11 digits with a birth date and a check digit are needed")


@dataclass(frozen=True, slots=True, repr=False)
class PersonDocument(Secret):
    """A passport or other identity document of a person without a PESEL (law.md R-01).

    ``system`` is the identifier system's URI as configured in ``mappings/identifier_systems.csv``.
    """

    _value: str
    system: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z0-9]{3,20}", self._value):
            raise IdentifierError("a document number has 3 to 20 capital letters and digits")


PersonIdentifier = Pesel | PersonDocument


@dataclass(frozen=True, slots=True, repr=False)
class ReferralKey(Secret):
    """The e-referral's access key: 44 digits (law.md R-09). Never to be mixed with the referral number."""

    _value: str

    def __post_init__(self) -> None:
        _digits(self._value, REFERRAL_KEY_DIGITS, "a referral key")


@dataclass(frozen=True, slots=True, repr=False)
class AccessCode(Secret):
    """The e-referral's access code: 4 digits, leading zeros kept (law.md R-09)."""

    _value: str

    def __post_init__(self) -> None:
        _digits(self._value, ACCESS_CODE_DIGITS, "an access code")


@dataclass(frozen=True, slots=True)
class ReferralNumber:
    """The e-referral's number: document id of the CDA, extension of exactly 22 characters (p1.md 4)."""

    root: str
    extension: str

    def __post_init__(self) -> None:
        OidPair(self.root, self.extension)
        if not re.fullmatch(rf"[0-9A-Za-z]{{{REFERRAL_NUMBER_LENGTH}}}", self.extension):
            raise IdentifierError(f"a referral number has exactly {REFERRAL_NUMBER_LENGTH} letters and digits")


@dataclass(frozen=True, slots=True)
class CellCode:
    """An organisational cell: podmiot number (12 digits) and resort part VII, as ``{podmiot}-{cell}``."""

    facility: str
    cell: str

    def __post_init__(self) -> None:
        _digits(self.facility, FACILITY_DIGITS, "a podmiot number")
        if not re.fullmatch(r"[0-9]{1,4}", self.cell):
            raise IdentifierError("a cell code (resort part VII) has 1 to 4 digits")

    @classmethod
    def parse(cls, text: str) -> CellCode:
        """Read ``000000792087-001``."""
        facility, dash, cell = text.partition("-")
        if not dash:
            raise IdentifierError("a cell is written podmiot-cell, for example 000000792087-001")
        return cls(facility, cell)

    def __str__(self) -> str:
        return f"{self.facility}-{self.cell}"


@dataclass(frozen=True, slots=True)
class AccessByCode:
    """The second way to an e-referral: the access code with the person's identifier (law.md R-01)."""

    code: AccessCode
    person: PersonIdentifier = field(repr=False)


ReferralAccess = ReferralKey | AccessByCode
