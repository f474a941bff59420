"""The facilities' EHRs behind one port: each facility has its own (D11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from adapter.errors import Misconfigured
from adapter.hospital.auth import Auth, BasicAuth, BearerAuth, NoAuth
from adapter.hospital.config import HospitalConfig
from adapter.hospital.folder import FolderHospital
from adapter.hospital.rest import RestHospital
from adapter.ports import Hospital, Received, ReceivedPage, WriteBack
from adapter.settings import FacilitySettings, HospitalSettings

FHIR_SOURCE = "FHIR"
"""``--from FHIR``: the server that the settings name."""


class Hospitals:
    """A :class:`adapter.ports.Hospital` that picks the facility's own."""

    def __init__(self, hospitals: Mapping[str, Hospital]) -> None:
        self._hospitals = dict(hospitals)

    def _of(self, facility: str) -> Hospital:
        found = self._hospitals.get(facility)
        if found is None:
            raise Misconfigured(f"facility {facility} has no EHR in the settings", setting=f"facilities.{facility}")
        return found

    def changes(
        self, facility: str, resource_type: str, cursor: str, since: datetime | None = None
    ) -> Iterator[ReceivedPage]:
        """See :meth:`adapter.ports.Hospital.changes`."""
        return self._of(facility).changes(facility, resource_type, cursor, since)

    def read(self, facility: str, resource_type: str, resource_id: str) -> Received | None:
        """See :meth:`adapter.ports.Hospital.read`."""
        return self._of(facility).read(facility, resource_type, resource_id)

    def find(self, facility: str, resource_type: str, system: str, value: str) -> Received | None:
        """See :meth:`adapter.ports.Hospital.find`."""
        return self._of(facility).find(facility, resource_type, system, value)

    def write_back(self, facility: str, change: WriteBack) -> Received:
        """See :meth:`adapter.ports.Hospital.write_back`."""
        return self._of(facility).write_back(facility, change)


def _auth(settings: HospitalSettings) -> Auth:
    if settings.auth == "basic":
        return BasicAuth(settings.user, settings.password.get_secret_value() if settings.password else "")
    if settings.auth == "bearer":
        return BearerAuth(settings.token.get_secret_value() if settings.token else "")
    return NoAuth()


def build_hospital(facility: FacilitySettings, source: str | None = None) -> Hospital:
    """One facility's EHR; ``source`` (``FHIR`` or a folder) overrides the configured kind for one run.

    Raises:
        Misconfigured: the address or the folder is missing.
    """
    settings = facility.hospital
    if source is not None and source != FHIR_SOURCE:
        folder = Path(source)
        if not folder.is_dir():
            raise Misconfigured(f"there is no folder {source} to take from (or write FHIR)", setting="--from")
        return FolderHospital(HospitalConfig(kind="folder", folder=folder))
    kind = "rest" if source == FHIR_SOURCE else settings.kind
    config = HospitalConfig(
        kind=kind,
        url=settings.url,
        folder=settings.folder,
        auth=_auth(settings),
        connect_timeout_seconds=settings.connect_timeout_seconds,
        read_timeout_seconds=settings.read_timeout_seconds,
        page_size=settings.page_size,
        overlap_seconds=round(settings.overlap_seconds),
        poll_people=settings.poll_people,
        ca_bundle=settings.ca_bundle,
    )
    return RestHospital(config) if kind == "rest" else FolderHospital(config)
