"""How one facility's EHR is reached. The bootstrap fills these values from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from adapter.errors import Misconfigured
from adapter.hospital.auth import Auth, NoAuth

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class HospitalConfig:
    """One EHR: a FHIR server (``kind`` rest, with ``url``) or a folder of exports (``kind`` folder).

    ``overlap_seconds`` is how far polling looks back each time: a server's longest transaction (120 s is
    usual) and the drift of its clocks; ``settled_seconds`` after the newest change it looks back no more.
    ``poll_people`` is off for a server that does not let Patient be searched: it is asked for single ones only.
    ``ca_bundle`` replaces the system's list of authorities; ``client_certificate`` is a PEM file with
    certificate and key for mutual TLS. ``outgoing`` is where a folder's changes go (default: ``outgoing``
    inside the folder).

    Raises:
        Misconfigured: the address or the folder for this kind is missing.
    """

    kind: Literal["rest", "folder"]
    url: str = ""
    folder: Path | None = None
    outgoing: Path | None = None
    auth: Auth = field(default_factory=NoAuth, repr=False)
    connect_timeout_seconds: float = 10.0
    read_timeout_seconds: float = 60.0
    page_size: int = 200
    pages_max: int = 10_000
    overlap_seconds: int = 130
    settled_seconds: int = 1800
    poll_people: bool = True
    conflict_attempts_max: int = 5
    reply_bytes_max: int = 32 * MIB
    ca_bundle: Path | None = None
    client_certificate: Path | None = None

    def __post_init__(self) -> None:
        if self.kind == "rest" and not self.url.startswith(("https://", "http://")):
            raise Misconfigured("the EHR's address must start with https:// or http://", setting="hospital.url")
        if self.kind == "folder" and self.folder is None:
            raise Misconfigured("the EHR's folder is not named", setting="hospital.folder")

    @property
    def base_url(self) -> str:
        """The address without a slash at its end."""
        return self.url.rstrip("/")
