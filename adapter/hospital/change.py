"""Apply a write-back to a resource as it is now, touching nothing else of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from adapter.errors import Rejected
from adapter.fhir import names
from adapter.ports import WriteBack

_NUMBER = re.compile('"\ue000(-?[0-9.eE+-]+)\ue001"')


def decode(raw: bytes) -> dict[str, Any]:
    """A resource as JSON that :func:`encode` writes again digit for digit (FHIR decimals keep their zeros).

    Raises:
        Rejected: the EHR's resource is no JSON object.
    """
    try:
        found = json.loads(raw, parse_float=lambda text: f"\ue000{text}\ue001")
    except (ValueError, RecursionError) as error:
        raise Rejected("the EHR's resource is no JSON", code="EHR_REPLY_UNREADABLE") from error
    if not isinstance(found, dict):
        raise Rejected("the EHR's resource is no JSON object", code="EHR_REPLY_UNREADABLE")
    return found


def encode(resource: Mapping[str, object]) -> bytes:
    """A resource as JSON bytes."""
    text = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
    return _NUMBER.sub(r"\1", text).encode("utf-8")


def apply(change: WriteBack, resource: dict[str, Any]) -> bool:
    """Make the change in ``resource``; False when it says all that already.

    An identifier of one of our systems replaces the one that stands there: a visit has one id in CeR.
    """
    before = json.dumps(resource, sort_keys=True)
    for system, value in change.identifiers:
        _put_identifier(resource, system, value)
    if change.status is not None:
        resource["status"] = change.status
    for name, wanted in change.elements.items():
        if wanted is None:
            resource.pop(name, None)
        else:
            resource[name] = wanted
    return json.dumps(resource, sort_keys=True) != before


def _put_identifier(resource: dict[str, Any], system: str, value: str) -> None:
    found = resource.get("identifier")
    listed = list(found) if isinstance(found, list) else []
    same = [one for one in listed if isinstance(one, dict) and one.get("system") == system]
    if any(one.get("value") == value for one in same):
        return
    if same and system.startswith(names.BASE):
        same[0]["value"] = value
    else:
        listed.append({"system": system, "value": value})
    resource["identifier"] = listed


def has_identifier(resource: Mapping[str, object], system: str, value: str) -> bool:
    """Whether a resource has this identifier (some servers ignore a search parameter that they do not know)."""
    listed = resource.get("identifier")
    return isinstance(listed, list) and any(
        isinstance(one, Mapping) and one.get("system") == system and one.get("value") == value for one in listed
    )
