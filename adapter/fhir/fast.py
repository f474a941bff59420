"""The bulk way of a Slot: JSON bytes to its facts without models (D8). What it does not know is not its own.

It accepts a narrow kind of Slot, the one that EHRs export by the thousand, and says None to everything
else: ``read`` then judges. So it may never accept what ``read`` refuses or warns of; a property test
compares the two. How it can be so quick and still miss nothing:

* unknown names, wrong types and missing elements are refused by the decoder (``forbid_unknown_fields``);
* a text with a backslash, an empty text or an odd white space is not its own, so no text hides anything;
* a name that stands twice leaves more quotation marks in the bytes than the decoded Slot accounts for.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from adapter.fhir import names
from adapter.fhir.profile_slot import CAPACITY_MAX
from adapter.fhir.reference import ID

BYTES_MAX = 16 * 1024
"""A larger Slot is read slowly; a usual one has half a kilobyte."""

_CODE = re.compile(r"[!-~]+")
"""Codes, systems and URLs: printable ASCII without white space, narrower than FHIR."""

_INSTANT = re.compile(
    r"[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
    r"(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)",
    re.ASCII,
)
_ODD_TEXT = re.compile(r"[^\S \n\r\t]|[\x00-\x08\x0e-\x1f\x7f-\x9f]|[\ud800-\udfff]")
_CAPACITIES = frozenset({names.EXT_CAPACITY, names.EXT_SMART_CAPACITY})
_SCHEDULE = "Schedule/"


_Text = Annotated[str, Meta(min_length=1)]


class _Part(Struct, forbid_unknown_fields=True, frozen=True):
    """A part of a resource; a name that is not a field refuses it."""


class _Coding(_Part, frozen=True, forbid_unknown_fields=True):
    system: _Text
    code: _Text
    display: _Text | UnsetType = UNSET


class _Concept(_Part, frozen=True, forbid_unknown_fields=True):
    coding: tuple[_Coding, ...]
    text: _Text | UnsetType = UNSET


class _Schedule(_Part, frozen=True, forbid_unknown_fields=True):
    reference: _Text
    type: Literal["Schedule"] | UnsetType = UNSET
    display: _Text | UnsetType = UNSET


class _Meta(_Part, frozen=True, forbid_unknown_fields=True):
    version: _Text | UnsetType = msgspec.field(default=UNSET, name="versionId")
    updated: _Text | UnsetType = msgspec.field(default=UNSET, name="lastUpdated")
    source: _Text | UnsetType = UNSET


class _Identifier(_Part, frozen=True, forbid_unknown_fields=True):
    system: _Text
    value: _Text
    use: Literal["usual", "official", "temp", "secondary", "old"] | UnsetType = UNSET


class _Extension(_Part, frozen=True, forbid_unknown_fields=True):
    url: _Text
    positive: int | float | UnsetType = msgspec.field(default=UNSET, name="valuePositiveInt")
    integer: int | float | UnsetType = msgspec.field(default=UNSET, name="valueInteger")


_Status = Literal["busy", "free", "busy-unavailable", "busy-tentative", "entered-in-error"]


class _Slot(_Part, frozen=True, forbid_unknown_fields=True):
    type: Literal["Slot"] = msgspec.field(name="resourceType")
    id: _Text
    kind: _Concept = msgspec.field(name="appointmentType")
    schedule: _Schedule
    status: _Status
    start: _Text
    end: _Text
    meta: _Meta | UnsetType = UNSET
    identifier: tuple[_Identifier, ...] | UnsetType = UNSET
    extension: tuple[_Extension, ...] | UnsetType = UNSET
    comment: _Text | UnsetType = UNSET
    overbooked: bool | UnsetType = UNSET


_OWN_MARKS = 2 * (7 + 5)
"""Quotation marks of the seven names that every Slot has and of five texts among their values."""

_DECODER = msgspec.json.Decoder(_Slot)


class PlainSlot(NamedTuple):
    """The facts of an accepted Slot; ``kinds`` are (system, code) of appointmentType, in their order."""

    id: str
    version: str | None
    schedule_id: str
    status: str
    kinds: tuple[tuple[str, str], ...]
    starts: datetime
    ends: datetime
    capacity: int
    changed_at: datetime | None


def plain_slot(raw: bytes) -> PlainSlot | None:
    """The Slot that ``raw`` is, when it is of the usual kind and nothing is wrong with it; else None."""
    slot = _decoded(raw)
    if slot is None or ID.fullmatch(slot.id) is None:
        return None
    concept, schedule, meta = _concept(slot.kind), _schedule(slot.schedule), _meta(slot.meta)
    capacity, starts, ends = _capacity(slot.extension), _instant(slot.start), _instant(slot.end)
    if concept is None or schedule is None or meta is None or capacity is None:
        return None
    if starts is None or ends is None or ends <= starts:
        return None
    marks = _OWN_MARKS + concept[1] + schedule[1] + meta[2] + capacity[1] + _identifier_marks(slot.identifier)
    marks += (0 if slot.comment is UNSET else 4) + (0 if slot.overbooked is UNSET else 2)
    if raw.count(b'"') != marks:
        return None
    return PlainSlot(slot.id, meta[0], schedule[0], slot.status, concept[0], starts, ends, capacity[0], meta[1])


def _decoded(raw: bytes) -> _Slot | None:
    """What the decoder makes of it, when every text in it is an ordinary one."""
    if len(raw) > BYTES_MAX or b"\\" in raw:
        return None
    try:
        slot = _DECODER.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    if not raw.isascii() and _ODD_TEXT.search(raw.decode("utf-8")) is not None:
        return None
    return slot


@lru_cache(maxsize=1024)
def _concept(concept: _Concept) -> tuple[tuple[tuple[str, str], ...], int] | None:
    """Codes and quotation marks of appointmentType."""
    if not concept.coding:
        return None
    marks = 2 + (0 if concept.text is UNSET else 4)
    for coding in concept.coding:
        if not (_CODE.fullmatch(coding.system) and _CODE.fullmatch(coding.code)):
            return None
        marks += 8 if coding.display is UNSET else 12
    return tuple((coding.system, coding.code) for coding in concept.coding), marks


@lru_cache(maxsize=4096)
def _schedule(schedule: _Schedule) -> tuple[str, int] | None:
    """Id and quotation marks of the reference to the Schedule; only ``Schedule/id``."""
    if not schedule.reference.startswith(_SCHEDULE):
        return None
    identity = schedule.reference[len(_SCHEDULE) :]
    if ID.fullmatch(identity) is None:
        return None
    marks = 4 + (0 if schedule.type is UNSET else 4) + (0 if schedule.display is UNSET else 4)
    return identity, marks


@lru_cache(maxsize=1024)
def _meta(meta: _Meta | UnsetType) -> tuple[str | None, datetime | None, int] | None:
    """versionId, lastUpdated and quotation marks; empty objects are not ours."""
    if meta is UNSET:
        return None, None, 0
    marks, version, updated = 2, None, None
    if meta.version is not UNSET:
        marks, version = marks + 4, meta.version
        if ID.fullmatch(version) is None:
            return None
    if meta.updated is not UNSET:
        marks, updated = marks + 4, _instant(meta.updated)
        if updated is None:
            return None
    if meta.source is not UNSET:
        marks += 4
        if _CODE.fullmatch(meta.source) is None:
            return None
    return None if marks == 2 else (version, updated, marks)


def _capacity(extensions: tuple[_Extension, ...] | UnsetType) -> tuple[int, int] | None:
    """Capacity and quotation marks; one extension that says the capacity, or none at all."""
    if extensions is UNSET:
        return 1, 0
    if len(extensions) != 1:
        return None
    (one,) = extensions
    given = [value for value in (one.positive, one.integer) if value is not UNSET]
    if one.url not in _CAPACITIES or len(given) != 1 or type(given[0]) is not int:
        return None
    return (given[0], 8) if 1 <= given[0] <= CAPACITY_MAX else None


def _identifier_marks(identifiers: tuple[_Identifier, ...] | UnsetType) -> int:
    """Quotation marks of the identifiers; a negative number, which never fits, when one is not ours."""
    if identifiers is UNSET:
        return 0
    marks = 2
    for one in identifiers:
        if _CODE.fullmatch(one.system) is None or _CODE.fullmatch(one.value) is None:
            return -BYTES_MAX
        marks += 8 if one.use is UNSET else 12
    return marks if identifiers else -BYTES_MAX


@lru_cache(maxsize=16_384)
def _instant(text: str) -> datetime | None:
    """An instant with seconds and a zone."""
    if _INSTANT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
