"""All EHRs of an installation behind one port: each facility has its own (D11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapter.errors import Misconfigured
from adapter.hospital.config import HospitalConfig
from adapter.hospital.folder import FolderHospital
from adapter.hospital.rest import RestHospital
from adapter.ports import Hospital, Received, ReceivedPage, WriteBack


def hospital(config: HospitalConfig) -> Hospital:
    """The EHR that a config describes.

    Raises:
        Misconfigured: its folder is not there.
    """
    return RestHospital(config) if config.kind == "rest" else FolderHospital(config)


class Hospitals:
    """Implements :class:`adapter.ports.Hospital` for many facilities; each EHR is built when first used."""

    def __init__(self, configs: Mapping[str, HospitalConfig]) -> None:
        self._configs = dict(configs)
        self._built: dict[str, Hospital] = {}

    def _of(self, facility: str) -> Hospital:
        if facility not in self._built:
            if facility not in self._configs:
                raise Misconfigured("no EHR is configured for this facility", setting="hospital")
            self._built[facility] = hospital(self._configs[facility])
        return self._built[facility]

    def changes(self, facility: str, resource_type: str, cursor: str) -> Iterator[ReceivedPage]:
        """As the port says."""
        return self._of(facility).changes(facility, resource_type, cursor)

    def read(self, facility: str, resource_type: str, resource_id: str) -> Received | None:
        """As the port says."""
        return self._of(facility).read(facility, resource_type, resource_id)

    def find(self, facility: str, resource_type: str, system: str, value: str) -> Received | None:
        """As the port says."""
        return self._of(facility).find(facility, resource_type, system, value)

    def write_back(self, facility: str, change: WriteBack) -> Received:
        """As the port says."""
        return self._of(facility).write_back(facility, change)
