"""The quick path of Slots never accepts what the full path refuses, and gives the same value (D8)."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from depth import DEEPER
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapter import resources
from adapter.domain.slot import Slot, SlotState
from adapter.errors import BadInput
from adapter.fhir import names
from adapter.fhir.fast import BYTES_MAX, plain_slot
from adapter.fhir.read import read
from adapter.mapping.bulk_slot import SlotReader
from adapter.mapping.slot import slot_from_fhir
from adapter.mapping.tables import load_tables

ON = date(2026, 11, 23)
TABLES = load_tables(resources.mappings())
CAPACITY: dict[str, Any] = {"url": names.EXT_CAPACITY, "valuePositiveInt": 2}
KIND = {"system": names.SLOT_KIND, "code": "urgent"}


def quick(raw: bytes) -> Slot | None:
    return SlotReader(TABLES, ON).read(raw)


def full(raw: bytes) -> Slot | None:
    """What ``read`` and the mapping say; None when there is any problem, a warning too."""
    reading = read(raw)
    if reading.resource is None or reading.problems or reading.resource_type != "Slot":
        return None
    try:
        return slot_from_fhir(reading.content, TABLES, on=ON)
    except BadInput:
        return None


def agree(raw: bytes) -> None:
    """The quick path has no opinion, or the full path's."""
    mine = quick(raw)
    if mine is not None:
        theirs = full(raw)
        assert theirs is not None, f"accepted only by the quick path: {raw!r}"
        assert mine == theirs, raw
        assert (mine.starts.utcoffset(), mine.ends.utcoffset()) == (theirs.starts.utcoffset(), theirs.ends.utcoffset())
        plain = plain_slot(raw)
        assert plain is not None
        assert plain.version in {None, read(raw).version}


def a_slot(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Slot",
        "id": "slot-1",
        "meta": {"versionId": "3", "lastUpdated": "2026-11-20T10:11:12.345+01:00"},
        "identifier": [{"system": names.NATIONAL_SLOT, "value": "CER-17"}],
        "appointmentType": {"coding": [dict(KIND)]},
        "schedule": {"reference": "Schedule/cardio-1"},
        "status": "busy-unavailable",
        "start": "2026-12-01T08:00:00+01:00",
        "end": "2026-12-01T08:30:00+01:00",
        "extension": [dict(CAPACITY)],
        **more,
    }


def dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("status", ["free", "busy", "busy-tentative", "busy-unavailable", "entered-in-error"])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_usual_slot_goes_the_quick_way(status: str, indent: int | None) -> None:
    raw = json.dumps(a_slot(status=status), indent=indent).encode()
    assert quick(raw) is not None
    agree(raw)


def test_a_slot_of_the_clinic_and_of_the_export_goes_the_quick_way(good: Callable[[str], dict[str, Any]]) -> None:
    lines = (resources.fixtures() / "fhir" / "slots.ndjson").read_bytes().splitlines()
    for raw in [*(dumped(good(f"Slot/slot-{number}")) for number in (1, 2, 3)), *lines]:
        agree(raw)
    assert quick(dumped(good("Slot/slot-3"))) is not None


def test_the_value_is_the_one_that_the_tables_give() -> None:
    found = quick(dumped(a_slot()))
    assert found is not None
    assert (found.state, found.capacity, found.schedule_id) == (SlotState.BLOCKED, 2, "cardio-1")


def test_bad_fixtures_are_never_its_own() -> None:
    for path in sorted((resources.fixtures() / "fhir" / "bad").iterdir()):
        raw = path.read_bytes()
        for part in (raw, *raw.splitlines()):
            agree(part)


@dataclass(frozen=True)
class Change:
    """One mutation: what stands at a place of the usual Slot."""

    path: tuple[str | int, ...]
    value: Any


PLACES: list[tuple[str | int, ...]] = [
    *((name,) for name in [*a_slot(), "comment", "overbooked", "text", "contained", "implicitRules", "_status", "x"]),
    *(("meta", name) for name in ("versionId", "lastUpdated", "source", "profile", "security")),
    *(("identifier", 0, name) for name in ("system", "value", "use", "type", "period", "extension")),
    *(("appointmentType", name) for name in ("text", "id", "extension")),
    *(("appointmentType", "coding", 0, name) for name in ("system", "code", "display", "version", "userSelected")),
    *(("schedule", name) for name in ("reference", "type", "display", "identifier")),
    *(("extension", 0, name) for name in ("url", "valuePositiveInt", "valueInteger", "valueString", "_valueInteger")),
    *((name,) for name in ("modifierExtension", "language", "serviceType", "specialty", "serviceCategory")),
]
INSTANTS = [
    "2026-12-01T24:00:00+01:00",
    "2026-12-01T23:59:60Z",
    "2026-12-01T09:00:00",
    "2026-12-01T09:00Z",
    "2026-12-01 09:00:00Z",
    "2026-12-01",
    "2026-02-30T09:00:00Z",
    "2026-12-01T09:00:00.123456789Z",
    "2026-12-01T09:00:00.5Z",
    "2026-12-01T09:00:00.123456+01:00",
    "2026-12-01T09:00:00+14:00",
    "2026-12-01T09:00:00-13:59",
    "2026-12-01T09:00:00+0100",
    "2026-12-01T09:00:00z",
    "2026-12-01T09:00:00-00:00",
    "2026-12-01T09:00:00,5Z",
    "20261201T090000Z",
    "2026-W49-2T09:00:00Z",
    "0000-12-01T09:00:00Z",
    "1000-12-01T09:00:00Z",
    "2999-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "２０２６-12-01T09:00:00Z",
    "2026-12-01T09:00:00Z\n",
]
WORDS = [
    *[
        "",
        " ",
        "a b",
        " a",
        "a ",
        "\u00a0",
        "\u2003x",
        "\t",
        "a\nb",
        "\x7f",
        "\x00",
        "\ud800",
        "ł",
        "\\",
        '"',
        "\u2028",
    ],
    *[
        "Slot",
        "Schedule",
        "Schedule/",
        "Schedule/1",
        "Schedule/a_b",
        "Schedule/1/_history/2",
        "Patient/1",
        "#x",
        "../1",
    ],
    *["https://ehr.example/fhir/Schedule/1", "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8", "Schedule/1?x=y"],
    *["free", "FREE", "busy", "stable", "unknown", "official", "work", names.SLOT_KIND, names.EXT_SMART_CAPACITY],
    *["x" * 64, "x" * 65, "id_1", "http://other.example/codes", "urn:oid:1.2.3", "not a uri", "ftp://[", "a/b?c#d"],
]
VALUES = (
    st.sampled_from(INSTANTS)
    | st.sampled_from(WORDS)
    | st.sampled_from([None, True, False, 0, 1, 2, 100, 101, -1, 1.0, 2.5, 1e3, 10**30, [], {}, [""], [None], [[]]])
    | st.sampled_from(
        [
            [KIND],
            {"coding": [KIND]},
            {"coding": [KIND, {"system": "http://other.example", "code": "x"}]},
            {"coding": [KIND, {**KIND, "code": "stable"}]},
            {"coding": [{"code": "urgent"}]},
            {"coding": []},
            {"text": "x"},
            {"text": "pilny"},
            [CAPACITY, CAPACITY],
            [{"url": names.EXT_SMART_CAPACITY, "valueInteger": 100}],
            [{"url": "http://other.example", "valueString": "x"}],
            [{**CAPACITY, "valueInteger": 3}],
            {"reference": "Schedule/1", "type": "Schedule", "display": "Gabinet"},
            {"versionId": "1"},
            {"source": "http://a.example"},
            {"source": "a b"},
            [{"system": "urn:a", "value": "b", "use": "old"}, {"system": "urn:a", "value": "c"}],
            [{"value": "b"}],
        ]
    )
    | st.text(max_size=6)
    | st.from_regex(
        r"[12]\d{3}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,7})?(Z|[+-][01]\d:[0-6]\d)", fullmatch=True
    )
)
CHANGES = st.lists(st.builds(Change, st.sampled_from(PLACES), VALUES), min_size=0, max_size=3)
DROPS = st.sets(
    st.sampled_from(["meta", "identifier", "extension", "id", "end", "appointmentType", "status"]), max_size=2
)
quickly = settings(
    max_examples=120 * DEEPER,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def mutated(changes: list[Change], drops: set[str]) -> dict[str, Any]:
    slot = a_slot()
    for name in sorted(drops):
        slot.pop(name, None)
    for change in changes:
        place: Any = slot
        try:
            for step in change.path[:-1]:
                place = place[step]
            place[change.path[-1]] = copy.deepcopy(change.value)
        except (KeyError, IndexError, TypeError):
            continue
    return slot


@quickly
@given(changes=CHANGES, drops=DROPS, ascii_only=st.booleans())
@example(changes=[Change(("extension", 0, "valuePositiveInt"), 1.0)], drops=set(), ascii_only=True)
def test_it_agrees_on_mutated_slots(changes: list[Change], drops: set[str], ascii_only: bool) -> None:
    slot = mutated(changes, drops)
    agree(json.dumps(slot).encode() if ascii_only else dumped(slot))


@quickly
@given(
    changes=CHANGES,
    at=st.floats(0, 1),
    cut=st.integers(0, 6),
    inserted=st.sampled_from(
        [
            *[b"", b"\xef\xbb\xbf", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xc3", b'"', b"\\u0041", b"\\", b"\xc2\xa0"],
            *[
                b" ",
                b"\n",
                b"\t",
                b",",
                b"[",
                b"{",
                b"}",
                b"NaN",
                b"1",
                b'"status":"free",',
                b'"valueInteger":1,',
                b"//",
            ],
            *[b'"code":"stable",', b'"id":"other",', b'"end":"2026-12-01T08:45:00Z",', b'"x":null,', b"\x1f", b"\x85"],
        ]
    ),
)
def test_it_agrees_on_damaged_bytes(changes: list[Change], at: float, cut: int, inserted: bytes) -> None:
    raw = dumped(mutated(changes, set()))
    place = int(at * len(raw))
    agree(raw[:place] + inserted + raw[place + cut :])
    comma = raw.find(b'"', place)
    if comma > 0:
        agree(raw[:comma] + inserted + raw[comma:])


@pytest.mark.parametrize(
    ("name", "twin"),
    [
        (b'"status"', b'"status": "free", '),
        (b'"code"', b'"code": "stable", '),
        (b'"valuePositiveInt"', b'"valuePositiveInt": 7, '),
        (b'"reference"', b'"reference": "Schedule/other", '),
        (b'"versionId"', b'"versionId": "9", '),
        (b'"start"', b'"start": "2026-12-01T07:00:00Z", '),
        (b'"system"', b'"system": "urn:x", '),
        (b'"extension"', b'"extension": [], '),
    ],
)
def test_a_name_that_stands_twice_is_not_its_own(name: bytes, twin: bytes) -> None:
    raw = dumped(a_slot())
    assert quick(raw) is not None
    assert quick(raw.replace(name, twin + name, 1)) is None


@pytest.mark.parametrize("start", INSTANTS)
def test_it_agrees_on_odd_instants(start: str) -> None:
    agree(dumped(a_slot(start=start, end="2999-12-31T23:59:59.999Z")))
    agree(dumped(a_slot(end=start, start="1000-01-01T00:00:00Z")))
    agree(dumped(a_slot(meta={"lastUpdated": start})))


def test_nesting_size_and_byte_order_mark_are_not_its_own() -> None:
    assert quick(dumped(a_slot(comment="x" * BYTES_MAX))) is None
    assert quick(b"\xef\xbb\xbf" + dumped(a_slot())) is None
    raw = b'{"resourceType":"Slot","extension":' + b"[" * 6000 + b"]" * 6000 + b"}"
    assert quick(raw) is None
    assert quick(b"") is None


LIKELY_TEXTS = st.text(min_size=1, max_size=8) | st.sampled_from(
    ["Poradnia", "Gabinet łóżko", "a b", " a", "a\u00a0b", "-"]
)
LIKELY_INSTANTS = st.from_regex(
    r"202[0-9]-(0[1-9]|1[0-2])-([0-2][0-9]|30)T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]0[0-9]:[03]0)",
    fullmatch=True,
).filter(str.isascii)
LIKELY_CODES = st.sampled_from(["urgent", "stable", "a.b", "x|y", "ł", "a b", "1"])
LIKELY_SYSTEMS = st.sampled_from([names.SLOT_KIND, "http://other.example/codes", "urn:oid:1.2.3", "x", "a:b%20c"])
LIKELY_CODINGS = st.fixed_dictionaries(
    {"system": LIKELY_SYSTEMS, "code": LIKELY_CODES}, optional={"display": LIKELY_TEXTS}
)
LIKELY = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[A-Za-z0-9.\-]{1,64}", fullmatch=True).filter(str.isascii),
        "status": st.sampled_from(["free", "busy", "busy-tentative", "busy-unavailable", "entered-in-error"]),
        "start": LIKELY_INSTANTS,
        "end": st.just("2031-01-01T00:00:00Z") | LIKELY_INSTANTS,
        "schedule": st.fixed_dictionaries(
            {"reference": st.sampled_from(["Schedule/1", "Schedule/a-b.c", "Schedule/" + "x" * 64])},
            optional={"type": st.just("Schedule"), "display": LIKELY_TEXTS},
        ),
        "appointmentType": st.fixed_dictionaries(
            {"coding": st.tuples(st.just(KIND), LIKELY_CODINGS).map(list) | st.just([KIND])},
            optional={"text": LIKELY_TEXTS},
        ),
    },
    optional={
        "comment": LIKELY_TEXTS,
        "overbooked": st.booleans(),
        "extension": st.lists(
            st.fixed_dictionaries(
                {"url": st.sampled_from([names.EXT_CAPACITY, names.EXT_SMART_CAPACITY])},
                optional={"valuePositiveInt": st.integers(-1, 101), "valueInteger": st.integers(0, 101)},
            ),
            max_size=2,
        ),
        "meta": st.fixed_dictionaries(
            {"versionId": LIKELY_CODES | st.from_regex(r"[A-Za-z0-9.\-]{1,64}", fullmatch=True)},
            optional={"lastUpdated": LIKELY_INSTANTS, "source": LIKELY_SYSTEMS},
        ),
        "identifier": st.lists(
            st.fixed_dictionaries(
                {"system": LIKELY_SYSTEMS, "value": LIKELY_CODES},
                optional={"use": st.sampled_from(["usual", "official", "temp", "secondary", "old"])},
            ),
            max_size=3,
        ),
    },
)


@quickly
@given(slot=LIKELY)
def test_it_agrees_on_likely_slots(slot: dict[str, Any]) -> None:
    agree(dumped({"resourceType": "Slot", **slot}))


def test_most_likely_slots_go_the_quick_way() -> None:
    """So that the test above compares something."""
    found: list[bool] = []

    @settings(max_examples=100 * DEEPER, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(slot=LIKELY)
    def look(slot: dict[str, Any]) -> None:
        found.append(quick(dumped({"resourceType": "Slot", **slot})) is not None)

    look()
    assert sum(found) >= len(found) / 10
