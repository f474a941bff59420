"""Messages with lists: the same bytes as written element by element, for any values; the same refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from depth import DEEPER
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter import resources
from adapter.errors import BadInput
from adapter.mapping.tables import load_tables
from adapter.soap.binding import load_bound_contract
from adapter.soap.structure import Node
from adapter.soap.template import Template
from adapter.soap.values import encoder
from adapter.soap.writing import Filling, Part, prefixes, write

ON = date(2026, 12, 1)
VERB = load_bound_contract(resources.wsdl(), resources.mappings(), "cer", load_tables(resources.mappings()))[
    "put_slots"
]
assert VERB._template is not None
TEXTS = st.one_of(
    st.sampled_from(["a", "1100", "<&>\"'", "]]>", "a\r\nb\tc", "%s %", "", "ą\x7f\x85", " "]),
    st.text(max_size=8),
)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda each: each.replace(tzinfo=UTC))  # noqa: DTZ001  # hypothesis wants naive bounds
PAIRS: st.SearchStrategy[dict[str, str] | None] = st.one_of(
    st.none(), st.just({}), st.fixed_dictionaries({"root": st.sampled_from(["1.2.3", "x"]), "extension": TEXTS})
)
SLOTS = st.fixed_dictionaries(
    {"reference": TEXTS, "schedule": TEXTS, "starts": INSTANTS, "kind": st.sampled_from(["stable", "urgent", "?"])},
    optional={
        "cell": PAIRS,
        "service": st.one_of(st.none(), TEXTS),
        "practitioner": PAIRS,
        "ends": st.one_of(INSTANTS, st.just("soon")),
        "state": st.sampled_from(["open", "blocked"]),
        "capacity": st.one_of(st.integers(1, 5), st.none(), st.just(True)),
    },
)


def outcome(make: Any, values: dict[str, Any]) -> object:
    try:
        return etree.tostring(make(values, ON), method="c14n")
    except BadInput as refused:
        return refused.message, refused.field


def element_by_element(values: dict[str, Any], on: date) -> etree._Element:
    return write(VERB._request, values, on, VERB._prefixes)


@settings(max_examples=60 * DEEPER, deadline=None)
@given(st.one_of(st.none(), st.lists(SLOTS, max_size=4)))
def test_the_same_bytes_or_the_same_refusal(slots: list[dict[str, Any]] | None) -> None:
    values = {"slots": slots}
    assert outcome(VERB._template, values) == outcome(element_by_element, values)


def clean(number: int) -> dict[str, Any]:
    starts = datetime(2026, 12, 1, 8, tzinfo=UTC) + timedelta(minutes=number)
    return {
        "reference": f"slot-{number} & <co>",
        "schedule": "s",
        "cell": {"root": "1.2.3", "extension": "1-2"},
        "service": "1100",
        "practitioner": {"root": "1.2.4", "extension": "7"} if number % 2 else None,
        "starts": starts,
        "ends": starts + timedelta(minutes=1),
        "kind": "stable",
        "state": "open",
        "capacity": 1,
    }


def test_a_valid_list_is_valid_and_the_same() -> None:
    values = {"slots": [clean(number) for number in range(50)]}
    content = VERB.build(values, ON)
    assert etree.tostring(content) == etree.tostring(element_by_element(values, ON))
    assert len(content[0]) == 50


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("service", "a\x00b", "slots[].service"),
        ("starts", "tomorrow", "slots[].starts"),
        ("kind", "unheard", "slot_kind"),
        ("cell", {"root": "no oid", "extension": "1"}, "slots[].cell.root"),
    ],
)
def test_one_bad_value_is_refused_by_name_and_not_quoted(field: str, value: object, named: str) -> None:
    slots = [clean(0), clean(1) | {field: value}, clean(2)]
    with pytest.raises(BadInput) as refused:
        VERB.build({"slots": slots}, ON)
    assert refused.value.field == named
    assert "no oid" not in refused.value.message


NS = "urn:x"


def text(name: str, field: str, kind: str = "text", least: int = 0, constant: str = "") -> Part:
    keys = tuple(field.split(".")) if field else ()
    return Part(
        Node(f"{{{NS}}}{name}", name, least, 1, "text"),
        filling=Filling(field, keys, None if constant else encoder(kind, None), constant),
    )


def shaped(least: int) -> Part:
    """A list with attributes, constants, a nested list, an element three deep and a list of bare texts."""
    inner = Part(Node("inner", "inner", 0, 1, ""), parts=[text("deep", "a.b.c"), text("fixed", "", constant="50 %")])
    row = Part(
        Node(f"{{{NS}}}row", "row", least, None, ""),
        group=("rows",),
        attributes=[
            (f"{{{NS}}}id", Filling("id", ("id",), encoder("text", None))),
            ("v", Filling("", (), None, "1&")),
        ],
        parts=[text("one", "one"), inner, text("same", "a.b.c")],
    )
    word = text("word", "")
    word.filling, word.group = Filling("", (), encoder("text", None)), ("words",)
    nested = Part(Node("nest", "nest", 0, None, ""), group=("nests",), parts=[text("n", "n")])
    holder = Part(Node("holder", "holder", 0, None, ""), group=("holders",), parts=[text("h", "h"), nested])
    return Part(Node(f"{{{NS}}}root", "root", 1, 1, ""), parts=[row, word, holder])


ROWS = st.fixed_dictionaries(
    {},
    optional={
        "id": TEXTS,
        "one": st.one_of(TEXTS, st.just(1)),
        "a": st.one_of(st.none(), st.fixed_dictionaries({"b": st.fixed_dictionaries({"c": TEXTS})})),
    },
)
HOLDERS = st.fixed_dictionaries(
    {"h": TEXTS}, optional={"nests": st.lists(st.fixed_dictionaries({"n": TEXTS}), max_size=2)}
)


@settings(max_examples=60 * DEEPER, deadline=None)
@given(
    st.sampled_from([0, 1]),
    st.fixed_dictionaries(
        {},
        optional={
            "rows": st.lists(ROWS, max_size=4),
            "words": st.lists(TEXTS, max_size=3),
            "holders": st.lists(HOLDERS, max_size=3),
        },
    ),
)
def test_any_shape_of_list_is_the_same(least: int, values: dict[str, Any]) -> None:
    root = shaped(least)
    spaces = prefixes(root)
    assert outcome(Template(root, spaces), values) == outcome(lambda given, on: write(root, given, on, spaces), values)
