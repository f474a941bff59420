"""One FHIR resource from bytes to a checked model, or all that is wrong with it.

Reading never raises: whatever the bytes are, the answer is a :class:`Reading`. Keep the received bytes as
the record of truth; a model loses digits of time stamps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fhir.resources.R4B.fhirresourcemodel import FHIRResourceModel

from adapter.fhir.decode import DOCUMENT, faults, json_of, text_of
from adapter.fhir.element import Element
from adapter.fhir.problems import Problem, ProblemsFound
from adapter.fhir.profile import check_profile
from adapter.fhir.reference import ID
from adapter.fhir.rules import ERROR, problem
from adapter.fhir.shape import check_shape, model_class
from adapter.fhir.version import foreign_version


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one resource gave.

    ``version`` is meta.versionId, or ``sha256:`` and the digest of the bytes. ``resource`` is the R4B
    model, and ``content`` the JSON behind it; both only when the resource is accepted. ``problems`` are
    all of them, warnings too.
    """

    resource_type: str
    resource_id: str
    version: str
    resource: FHIRResourceModel | None = field(default=None, repr=False)
    problems: tuple[Problem, ...] = ()
    content: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def accepted(self) -> bool:
        """Whether there is no error; warnings are allowed."""
        return self.resource is not None

    def checked(self) -> FHIRResourceModel:
        """The model.

        Raises:
            ProblemsFound: the resource is refused.
        """
        if self.resource is None:
            raise ProblemsFound(self.problems)
        return self.resource


def read(raw: bytes) -> Reading:
    """Read one resource from JSON bytes; a Bundle is read entry by entry in ``bundle.py``."""
    try:
        value = json_of(text_of(raw))
    except ProblemsFound as refusal:
        return refused(raw, refusal.problems)
    return read_value(value, raw)


def read_value(value: object, raw: bytes) -> Reading:
    """Read one resource from decoded JSON; ``raw`` are the bytes it was decoded from."""
    kind = value.get("resourceType") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(kind, str) or not kind:
        return refused(raw, [problem("FHIR-READ-07", DOCUMENT)])
    model = model_class(kind)
    named = kind if model is not None else "Resource"
    resource = Element(named, value)
    found = faults(value, named)
    if not any(one.rule == "FHIR-READ-05" for one in found):
        foreign = foreign_version(kind, resource)
        if foreign is not None:
            return _reading(raw, resource, kind if model is not None else "", None, [*found, foreign])
    if model is None:
        return refused(raw, [*found, problem("FHIR-READ-08", f"{named}.resourceType")])
    if any(one.severity == ERROR for one in found):
        return _reading(raw, resource, kind, None, found)
    made, shape = check_shape(kind, model, resource)
    return _reading(raw, resource, kind, made, [*found, *shape, *check_profile(kind, resource)])


def refused(raw: bytes, problems: Iterable[Problem]) -> Reading:
    """A reading of something that is no resource that we know."""
    return Reading("", "", digest(raw), None, tuple(problems))


def digest(raw: bytes) -> str:
    """The version of a resource that states none: a digest of its bytes."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _reading(
    raw: bytes, resource: Element, kind: str, made: FHIRResourceModel | None, problems: Iterable[Problem]
) -> Reading:
    kept = tuple(dict.fromkeys(problems))
    identity = resource.text("id") or ""
    meta = resource.child("meta")
    version = (meta.text("versionId") if meta is not None else None) or digest(raw)
    good = made is not None and not any(one.severity == ERROR for one in kept)
    return Reading(
        resource_type=kind,
        resource_id=identity if ID.fullmatch(identity) else "",
        version=version,
        resource=made if good else None,
        problems=kept,
        content=resource.content if good else {},
    )
