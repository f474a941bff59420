"""A wrong row of a long list is found without trying each row, and its neighbours are kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

from adapter.soap import refused_rows
from adapter.soap.contract import problems_of

SCHEMA = etree.XMLSchema(
    etree.fromstring(
        '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:element name="a"><s:complexType><s:sequence>'
        '<s:element name="head" minOccurs="0"/><s:element name="row" type="s:int" maxOccurs="unbounded"/>'
        "</s:sequence></s:complexType></s:element></s:schema>"
    )
)


def rows(content: etree._Element) -> Iterator[tuple[etree._Element, etree._Element]]:
    return ((content, row) for row in content.iterchildren("row"))


def message(count: int, *wrong: int, head: str = "<head/>") -> etree._Element:
    texts = ("x" if number in wrong else str(number) for number in range(count))
    return etree.fromstring(f"<a>{head}{''.join(f'<row>{text}</row>' for text in texts)}</a>")


def found(content: etree._Element) -> list[int]:
    refused = refused_rows.refused_rows(rows, content, SCHEMA)
    return [number for number, (_, row) in enumerate(rows(content)) if row in refused]


@pytest.mark.parametrize("wrong", [(0,), (2999,), (7, 1500), (10, 11, 12)])
def test_the_wrong_rows_are_found_in_few_trials(monkeypatch: pytest.MonkeyPatch, wrong: tuple[int, ...]) -> None:
    trials = 0

    def counted(schema: etree.XMLSchema, content: etree._Element) -> object:
        nonlocal trials
        trials += 1
        return problems_of(schema, content)

    monkeypatch.setattr(refused_rows, "problems_of", counted)
    content = message(3000, *wrong)
    before = etree.tostring(content)
    assert found(content) == list(wrong)
    assert trials <= 2 + 25 * len(wrong)
    assert etree.tostring(content) == before, "the message itself stays as it was received"


def test_each_row_may_be_wrong() -> None:
    assert found(message(5, *range(5), head="")) == [], "then no list is left that the schema would take"
    assert found(message(1)) == []


def test_what_is_wrong_beside_the_rows_is_not_theirs() -> None:
    assert found(message(3, head="<other/>")) == []


def test_an_answer_with_too_many_wrong_rows_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_rows, "REFUSED_ROWS_MAX", 3)
    assert found(message(50, 1, 2, 3)) == [1, 2, 3]
    assert found(message(50, 1, 2, 3, 4)) == []


@pytest.mark.parametrize(
    ("wrong", "given_up", "why"),
    [
        (range(0), False, "all rows are right"),
        ((5, 49), False, "as many wrong rows as may be"),
        ((5, 20, 49), True, "one more"),
        (range(50), True, "all are wrong"),
    ],
)
def test_a_very_long_message_is_tried_piece_by_piece_first(
    monkeypatch: pytest.MonkeyPatch, wrong: tuple[int, ...], given_up: bool, why: str
) -> None:
    monkeypatch.setattr(refused_rows, "LONG_MESSAGE_ELEMENTS", 40)
    monkeypatch.setattr(refused_rows, "PIECE_ROWS", 7)
    monkeypatch.setattr(refused_rows, "REFUSED_ROWS_MAX", 2)
    assert refused_rows.hopeless(rows, message(50, *wrong), SCHEMA) == given_up, why
    assert not refused_rows.hopeless(rows, message(30, *wrong), SCHEMA), "a message that is not long is not tried"


def test_no_piece_grows_with_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_rows, "LONG_MESSAGE_ELEMENTS", 1000)
    sizes: list[int] = []

    def counted(schema: etree.XMLSchema, content: etree._Element) -> object:
        sizes.append(len(content))
        return problems_of(schema, content)

    monkeypatch.setattr(refused_rows, "problems_of", counted)
    assert refused_rows.hopeless(rows, message(20_000, *range(20_000)), SCHEMA)
    assert max(sizes) <= refused_rows.PIECE_ROWS + 1
    assert sum(sizes) < 20 * 20_000
