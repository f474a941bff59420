"""Every type of a binding row: what it writes it reads back, and what is none it refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import BadInput, Rejected
from adapter.mapping.tables import Tables
from adapter.soap.rows import TYPES
from adapter.soap.values import FITTING_KINDS, REPEATED_MIN, decoder, encoder, texts_of_few

DAY = date(2026, 11, 21)
INSTANTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001  # hypothesis asks for naive bounds
    max_value=datetime(2190, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-3, minutes=-30))]),
)
SAMPLES = st.one_of(
    st.tuples(st.just("text"), st.text(min_size=1)),
    st.tuples(st.just("int"), st.integers()),
    st.tuples(st.just("bool"), st.booleans()),
    st.tuples(st.just("instant"), INSTANTS),
    st.tuples(st.just("date"), st.dates()),
    st.tuples(st.just("base64"), st.binary()),
    st.tuples(st.just("oid-root"), st.just("2.16.840.1.113883.3.4424.1.1.616")),
)


@given(SAMPLES)
def test_what_is_written_is_always_read_back(sample: tuple[str, object]) -> None:
    kind, value = sample
    assert decoder(kind, None)(encoder(kind, None)(value, DAY), DAY) == value


@pytest.mark.parametrize(
    ("instant", "wall"),
    [
        (datetime(2026, 12, 1, 8, tzinfo=UTC), "2026-12-01T09:00:00"),
        (datetime(2026, 7, 1, 8, tzinfo=UTC), "2026-07-01T10:00:00"),
    ],
    ids=["winter", "summer"],
)
def test_warsaw_time_is_the_clock_on_the_wall(instant: datetime, wall: str) -> None:
    assert encoder("warsaw-local", None)(instant, DAY) == wall
    assert decoder("warsaw-local", None)(wall, DAY) == instant


READ_REFUSED = [
    ("instant", "2026-12-01T09:00:00", "no zone"),
    ("instant", "2026-12-01T24:00:00Z", "no such hour"),
    ("warsaw-local", "2026-12-01T09:00:00Z", "a zone"),
    ("local-time", "09:00:00Z", "a zone"),
    ("local-time", "24:30:00", "no such time"),
    ("local-date", "2026-02-30", "no such day"),
    ("warsaw-local", "2026-10-25T02:30:00", "an hour that is there twice"),
    ("warsaw-local", "2026-03-29T02:30:00", "an hour that is not there"),
    ("date", "2026-12-01T00:00:00", "not a day"),
    ("date", "2026-02-30", "no such day"),
    ("bool", "tak", "neither"),
    ("int", "1.5", "no whole number"),
    ("base64", "%%%%", "not base64"),
    ("oid-root", "urn:oid:1.2", "no OID"),
]


@pytest.mark.parametrize(
    ("kind", "text"), [case[:2] for case in READ_REFUSED], ids=[f"{case[0]}: {case[2]}" for case in READ_REFUSED]
)
def test_a_text_that_is_no_value_is_refused(kind: str, text: str) -> None:
    with pytest.raises(ValueError):
        decoder(kind, None)(text, DAY)


WRITE_REFUSED = [
    ("instant", datetime(2026, 12, 1, 9), "no zone"),  # noqa: DTZ001
    ("warsaw-local", datetime(2026, 12, 1, 9), "no zone"),  # noqa: DTZ001
    ("warsaw-local", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "an hour that is there twice"),
    ("local-date", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "an hour that is there twice"),
    ("local-time", datetime(2026, 12, 1, 9), "no zone"),  # noqa: DTZ001
    ("date", datetime(2026, 12, 1, tzinfo=UTC), "an instant is no day"),
    ("int", True, "a yes is no number"),
    ("text", 5, "a number is no text"),
    ("base64", "abc", "text is no bytes"),
    ("oid-root", "1", "no OID"),
]


@pytest.mark.parametrize(
    ("kind", "value"), [case[:2] for case in WRITE_REFUSED], ids=[f"{case[0]}: {case[2]}" for case in WRITE_REFUSED]
)
def test_a_value_of_another_type_is_not_written(kind: str, value: object) -> None:
    with pytest.raises(ValueError):
        encoder(kind, None)(value, DAY)


def test_a_day_may_carry_a_zone_and_means_the_day() -> None:
    assert decoder("date", None)("2026-12-31+01:00", DAY) == date(2026, 12, 31)


def test_codes_go_through_their_table_both_ways(tables: Tables) -> None:
    kinds = tables["slot_kind"]
    assert encoder("code", kinds)("stable", DAY) == "STABILNY"
    read = decoder("code", kinds)
    assert [read("STABILNY", DAY), read(" STABILNY ", DAY), read("STABILNY", DAY)] == ["stable"] * 3
    with pytest.raises(BadInput):
        encoder("code", kinds)("other", DAY)
    with pytest.raises(Rejected):
        read("INNY", DAY)


def test_every_type_has_a_writer_a_reader_and_elements_it_fits(tables: Tables) -> None:
    for kind in TYPES:
        table = tables["slot_kind"] if kind == "code" else None
        assert encoder(kind, table) is not None
        assert decoder(kind, table) is not None
        assert FITTING_KINDS[kind]


COLUMNS = st.sampled_from(
    [[1], [1, 2], [1, True], [0, False, 1], ["1.2"], ["1.2", ""], ["1.2", "2.16"], [None, 1], [1, 1.0]]
)


@given(st.sampled_from(["int", "oid-root", "bool"]), COLUMNS, st.integers(1, 12))
def test_values_that_repeat_are_written_once_each_and_say_the_same(kind: str, some: list[object], times: int) -> None:
    write = encoder(kind, None)
    values = some * times

    def each() -> list[str] | str:
        try:
            return [write(value, DAY) for value in values]
        except ValueError as problem:
            return str(problem)

    try:
        few: list[str] | str | None = texts_of_few(write, values, DAY)
    except ValueError as problem:
        few = str(problem)
    assert few in (None, each())
    one_type = len({type(value) for value in values}) == 1
    assert (few is None) == (not one_type or len(set(values)) * REPEATED_MIN > len(values))
