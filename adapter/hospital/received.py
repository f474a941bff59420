"""A piece of a document as the port hands it over: named and versioned, not yet read."""

from __future__ import annotations

from collections.abc import Mapping

from adapter.fhir.bundle import Piece
from adapter.fhir.element import aware_moment
from adapter.fhir.read import digest
from adapter.fhir.reference import ID
from adapter.ports import Received


def received(piece: Piece) -> Received:
    """The piece with its type, id and version; type and id are empty where it does not say them rightly."""
    value = piece.value if isinstance(piece.value, Mapping) and not piece.problems else {}
    kind, identity = value.get("resourceType"), value.get("id")
    meta = value.get("meta")
    stated = meta if isinstance(meta, Mapping) else {}
    version, updated = stated.get("versionId"), stated.get("lastUpdated")
    return Received(
        source=piece.source,
        resource_type=kind if isinstance(kind, str) else "",
        resource_id=identity if isinstance(identity, str) and ID.fullmatch(identity) else "",
        version=version if isinstance(version, str) and version else digest(piece.raw),
        raw=piece.raw,
        last_updated=aware_moment(updated) if isinstance(updated, str) else None,
    )
