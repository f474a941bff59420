"""References between resources: which type and which id.

Read are ``Slot/1``, ``Slot/1/_history/2``, ``https://ehr.example/fhir/Slot/1`` and ``urn:uuid:...`` (its
uuid is the id: the Bundle reader checks that the entry says so too). A contained resource (``#x``), a
logical reference and a search in place of an id cannot be followed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from adapter.errors import BadInput

RULE = "POMOST-ANY-04"
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
"""FHIR's id."""

_LITERAL = re.compile(
    r"(?P<base>https?://[^\s?#]+/)?(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9\-.]{1,64})(/_history/[A-Za-z0-9\-.]{1,64})?"
)
_UUID = re.compile(r"urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")


class Target(NamedTuple):
    """What a reference points to; ``type`` is empty for ``urn:uuid:``, ``base`` for a relative one."""

    base: str
    type: str
    id: str


def target(reference: str) -> Target | None:
    """Take a reference apart; None when it cannot be followed."""
    uuid = _UUID.fullmatch(reference)
    if uuid is not None:
        return Target("", "", uuid.group(1))
    literal = _LITERAL.fullmatch(reference)
    if literal is None:
        return None
    return Target(literal["base"] or "", literal["type"], literal["id"])


def local_id(reference: str, expected_type: str, *, base_url: str = "", field: str = "") -> str:
    """The id that ``reference`` names, for example ``1`` of ``Slot/1``.

    With ``base_url`` (the server's) an absolute reference must stand under it.

    Raises:
        BadInput: another type, another server, or nothing that can be followed; ``field`` names where.
    """
    where = field or "reference"
    found = target(reference)
    if found is None:
        raise BadInput(f"{where}: a reference of the form {expected_type}/id is needed", field=field, code=RULE)
    if found.type and found.type != expected_type:
        raise BadInput(f"{where}: the reference must point to a {expected_type}", field=field, code="FHIR-REF-01")
    if found.base and base_url and found.base.rstrip("/") != base_url.rstrip("/"):
        raise BadInput(f"{where}: the reference points to another server", field=field, code=RULE)
    return found.id
