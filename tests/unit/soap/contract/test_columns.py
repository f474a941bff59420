"""Lists read by columns: the same values as row by row, for any list; and what it leaves to the other reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from depth import DEEPER
from fakes.told_channel import HeldClock, cer_reply
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter import resources
from adapter.domain.national import SlotListing
from adapter.errors import Rejected
from adapter.mapping.tables import load_tables
from adapter.ports import CallContext
from adapter.soap.binding import BoundContract, load_bound_contract
from adapter.soap.cer import CerRegistry
from adapter.soap.columns import Grid
from adapter.soap.reading import Reading, UnreadableReply, read
from adapter.soap.wire import Answer

ON = date(2026, 12, 1)
TABLES = load_tables(resources.mappings())
BOUND = load_bound_contract(resources.wsdl(), resources.mappings(), "cer", TABLES)


def tag(name: str, text: str | None) -> str:
    return "" if text is None else f"<{name}>{text}</{name}>"


def maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.one_of(st.none(), strategy)


def often(usual: list[str], rare: list[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(usual), st.sampled_from(usual), st.sampled_from(usual + rare))


INSTANTS = often(
    ["2026-12-01T08:00:00Z", "2026-12-01T09:20:00+01:00", "2026-12-01T09:00:00Z"],
    ["2026-12-01T08:00:00.250Z", " 2026-12-01T08:00:00Z ", "2026-12-01T08:00:00", "", "9999-12-31T24:00:00Z"],
)
WORDS = often(["a", "b", "ą < b".replace("<", "&lt;")], ["x<!--c-->y", "<!--c-->", "<![CDATA[q<]]>r", "", "\n"])
VISITS = st.builds(
    lambda number, reference, state, saved, origin: (
        "<wizyta>" + tag("identyfikatorWizyty", number) + tag("identyfikatorObcy", reference)
        + tag("status", state) + tag("czasZapisu", saved) + tag("zrodlo", origin) + "</wizyta>"
    ),
    WORDS, maybe(WORDS), often(["ZAPISANA", "ODWOLANA"], ["NOWY"]), maybe(INSTANTS),
    maybe(often(["PODMIOT", "PACJENT"], ["INNY"])),
)  # fmt: skip
SLOTS = st.builds(
    lambda number, reference, starts, ends, kind, state, capacity, changed, visits, space: (
        "<slot>" + space + tag("identyfikatorSlotu", number) + tag("identyfikatorObcy", reference)
        + "<identyfikatorHarmonogramu>h</identyfikatorHarmonogramu>" + tag("poczatek", starts) + space
        + tag("koniec", ends) + tag("typ", kind) + tag("status", state) + tag("pojemnosc", capacity)
        + tag("czasZmiany", changed) + "".join(visits) + "</slot>"
    ),
    WORDS, maybe(WORDS), INSTANTS, INSTANTS, often(["STABILNY", "PILNY"], ["INNY"]),
    often(["WOLNY", "ZAJETY"], ["NIEZNANY"]), maybe(often(["1", "3"], ["+2", " 4 ", "1000"])), maybe(INSTANTS),
    st.lists(VISITS, max_size=2), st.sampled_from(["", "\n  ", "<!-- between -->"]),
)  # fmt: skip


def plain(value: Any) -> Any:
    """Grids as lists of mappings, all the way down."""
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, Grid | list) else value


def outcome(content: str, *, quick: bool) -> object:
    verb = BOUND["list_slots"]
    reader = verb._lists if quick else None
    try:
        found = read(verb._reply, etree.fromstring(content), verb.schema, ON, reader)
    except (UnreadableReply, Rejected) as problem:
        return type(problem), str(problem)
    return plain(found.values), found.unreadable, str(found.unknown_code)


@settings(max_examples=40 * DEEPER, deadline=None)
@given(st.lists(SLOTS, max_size=5))
def test_columns_and_rows_say_the_same(slots: list[str]) -> None:
    content = cer_reply("PobierzBazoweDaneListySlotow", f"<listaSlotow>{''.join(slots)}</listaSlotow>")
    assert outcome(content, quick=True) == outcome(content, quick=False)


ALIKE = st.sets(st.sampled_from(["reference", "capacity", "changed"])).flatmap(
    lambda there: st.lists(
        st.builds(
            lambda number, starts, kind, odd: (
                "<slot>" + tag("identyfikatorSlotu", number)
                + tag("identyfikatorObcy", "r" if "reference" in there else None)
                + "<identyfikatorHarmonogramu>h</identyfikatorHarmonogramu>"
                + tag("poczatek", starts) + tag("koniec", starts)
                + tag("typ", kind) + "<status>WOLNY</status>" + tag("pojemnosc", "2" if "capacity" in there else None)
                + tag("czasZmiany", starts if ("changed" in there) != odd else None) + "</slot>"
            ),
            WORDS, INSTANTS, st.sampled_from(["STABILNY", "PILNY"]), st.sampled_from([False, False, False, True]),
        ),
        min_size=2, max_size=6,
    )
)  # fmt: skip


@settings(max_examples=40 * DEEPER, deadline=None)
@given(ALIKE)
def test_rows_that_are_alike_or_almost_are_read_the_same(slots: list[str]) -> None:
    content = cer_reply("PobierzBazoweDaneListySlotow", f"<listaSlotow>{''.join(slots)}</listaSlotow>")
    assert outcome(content, quick=True) == outcome(content, quick=False)


def test_as_many_children_are_not_the_same_children() -> None:
    one, other = slot("<pojemnosc>2</pojemnosc>"), slot("<czasZmiany>2026-12-01T08:00:00Z</czasZmiany>")
    place = "<identyfikatorHarmonogramu>"
    both = [each.replace(place, f"<identyfikatorObcy>r</identyfikatorObcy>{place}") for each in (one, other)]
    first, second = reading(*both).values["slots"]
    assert (first["capacity"], "changed_at" in first) == (2, False)
    assert ("capacity" in second, second["changed_at"].hour) == (False, 8)


class Told:
    """Answers with one message."""

    def __init__(self, content: str) -> None:
        self.content = content

    def exchange(self, *_: object, **__: object) -> Answer:
        return Answer(etree.fromstring(self.content), self.content.encode())


def listing(content: str, bound: BoundContract) -> SlotListing:
    registry = CerRegistry(bound, TABLES, Told(content), lambda **_: None, HeldClock())  # type: ignore[arg-type]
    return registry.list_slots(CallContext("demo", "c", "m"), "schedule-1", ON)


@settings(max_examples=40 * DEEPER, deadline=None)
@given(st.lists(SLOTS, min_size=1, max_size=5))
def test_slots_made_of_columns_are_those_made_of_rows(slots: list[str]) -> None:
    content = cer_reply("PobierzBazoweDaneListySlotow", f"<listaSlotow>{''.join(slots)}</listaSlotow>")
    slowly = load_bound_contract(resources.wsdl(), resources.mappings(), "cer", TABLES)
    slowly["list_slots"]._lists = None
    if isinstance(outcome(content, quick=False)[0], type):  # type: ignore[index]
        return
    assert listing(content, BOUND) == listing(content, slowly)


def slot(inside: str = "") -> str:
    return (
        "<slot><identyfikatorSlotu>S-1</identyfikatorSlotu><identyfikatorHarmonogramu>h</identyfikatorHarmonogramu>"
        "<poczatek>2026-12-01T08:00:00Z</poczatek><koniec>2026-12-01T08:20:00Z</koniec><typ>STABILNY</typ>"
        f"<status>WOLNY</status>{inside}</slot>"
    )


def reading(*slots: str) -> Reading:
    content = cer_reply("PobierzBazoweDaneListySlotow", f"<listaSlotow>{''.join(slots)}</listaSlotow>")
    return BOUND["list_slots"].read(etree.fromstring(content), ON)


def test_a_clean_list_goes_by_columns() -> None:
    found = reading(slot(), slot("<pojemnosc>2</pojemnosc>")).values["slots"]
    assert isinstance(found, Grid)
    assert found.column("capacity", 1) == [1, 2]
    assert found.column("reference", "none") == ["none", "none"]
    assert found[1]["capacity"] == found[-1]["capacity"] == 2
    assert found[:1] == [found[0]]
    assert "capacity" not in found[0]
    with pytest.raises(IndexError):
        found[2]


def test_the_rest_of_the_message_is_read_too() -> None:
    values = reading(slot()).values
    assert values["result"]["major"]
    assert values["server_time"].isoformat() == "2026-11-21T10:00:01+00:00"


@pytest.mark.parametrize(
    "odd",
    [
        slot("<pojemnosc>2<!-- cut -->0</pojemnosc>"),
        slot().replace("WOLNY", "NIEZNANY"),
        slot().replace("2026-12-01T08:20:00Z", "2026-12-01"),
    ],
    ids=["a comment in a text", "an unknown code", "no instant"],
)
def test_what_is_not_beyond_doubt_is_read_row_by_row(odd: str) -> None:
    found = reading(slot(), odd, slot())
    assert isinstance(found.values["slots"], list)
    assert len(found.values["slots"]) + len(found.unreadable) == 3


def test_a_text_cut_by_a_comment_is_whole() -> None:
    odd = slot("<pojemnosc>2<!-- cut -->0</pojemnosc>")
    assert reading(slot(), odd).values["slots"][1]["capacity"] == 20
