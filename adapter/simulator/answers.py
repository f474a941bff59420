"""How the simulated authorities say no: a technical fault (BladMT) or a business result (WynikMT).

Codes of both kinds are P1's where public sources name them (p1.md 3.3). Codes that no source names
are ours and say so: they start with ``urn:pomost:reconstruction:``.
"""

from __future__ import annotations

from adapter.errors import Refused

MAJOR = "urn:csioz:p1:kodBleduMajor:"
MINOR = "urn:csioz:p1:kodBleduMinor:"

FAULT_MAJORS = (
    "bladPodpisuKomunikatu",
    "kontoZablokowane",
    "niepoprawnyKomunikat",
    "bladUwierzytelnienia",
    "bladAutoryzacji",
    "bladWewnetrzny",
    "bladPodpisuKomunikatuWSS",
    "bladUwierzytelnieniaWSS",
    "przekroczonyCzas",
)
FAULT_MINORS = (
    "certyfikatNiewazny",
    "brakCertyfikatu",
    "bladKontekstu",
    "brakUprawnienPodmiotu",
    "brakUprawnienPracownikaMedycznego",
    "bladZapisu",
)

SUCCESS = "urn:csioz:p1:kod:major:Sukces"


class Fault(Refused):
    """A SOAP fault with a BladMT. ``major`` and ``minor`` are the last parts of the confirmed codes.

    ``soap_code`` is SOAP 1.1's faultcode: ``Client``, ``Server``, ``VersionMismatch`` or ``MustUnderstand``;
    ``about`` the header that was not understood, in Clark notation.
    """

    def __init__(
        self, major: str, description: str, *, minor: str = "", soap_code: str = "Client", about: str = ""
    ) -> None:
        super().__init__(description, code="SIMULATED_FAULT")
        self.about = about
        self.major = major
        self.minor = minor
        self.soap_code = soap_code


class Refusal(Refused):
    """A business result other than success: the operation was considered and nothing was done."""

    def __init__(self, major: str, description: str, *, minor: str = "") -> None:
        super().__init__(description, code="SIMULATED_REFUSAL")
        self.major = major
        self.minor = minor


def malformed(description: str, *, soap_code: str = "Client") -> Fault:
    """The message is not what the contract asks for."""
    return Fault("niepoprawnyKomunikat", description, soap_code=soap_code)


def bad_signature(description: str) -> Fault:
    """The message's signature is absent, wrong, or over something else than what would be processed."""
    return Fault("bladPodpisuKomunikatuWSS", description)


def not_authenticated(description: str, *, minor: str = "") -> Fault:
    """The signer's certificate or the message's time cannot be accepted."""
    return Fault("bladUwierzytelnieniaWSS", description, minor=minor)


def not_authorised(description: str, minor: str) -> Fault:
    """Who calls may not do this, or the call context is wrong."""
    return Fault("bladAutoryzacji", description, minor=minor)
