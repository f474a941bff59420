"""The retry table: every problem is named by file, line and column; waits grow to their limit."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter import resources
from adapter.errors import TOLD, Handling, Misconfigured
from adapter.mapping.refusals import COLUMNS, FILE, load_refusals, read_refusals
from adapter.mapping.tables import check_tables, load_tables

GOOD = {
    "channel": "p1",
    "source": "http",
    "code": "599",
    "outcome_read": "unavailable",
    "outcome_write": "in_doubt",
    "first_wait_seconds": "10",
    "growth": "2",
    "wait_max_seconds": "60",
    "attempts_max": "3",
    "told": "operator",
    "title_pl": "a",
    "title_en": "b",
    "status": "OURS",
    "source_ref": "s",
}
ENDED = {"outcome_read": "rejected", "outcome_write": "rejected", "first_wait_seconds": "0", "attempts_max": "1"}

# changes to a good row                                                column               words
BAD = [
    ({"channel": "xx"}, "channel", "is not one of any, cer, p1"),
    ({"source": "strange"}, "source", "is not one of"),
    ({"code": ""}, "code", "empty"),
    ({"outcome_read": "maybe"}, "outcome_read", "is not one of"),
    ({"outcome_read": "in_doubt"}, "outcome_read", "a read cannot be in doubt"),
    ({"source": "fault-major", "outcome_read": "success"}, "outcome_write", "only a result's major"),
    ({"source": "result-major", "outcome_write": "success"}, "outcome_write", "for reads and writes alike"),
    ({"first_wait_seconds": "soon"}, "first_wait_seconds", "not a number from 0"),
    ({"first_wait_seconds": "-1"}, "first_wait_seconds", "not a number from 0"),
    ({"first_wait_seconds": "nan"}, "first_wait_seconds", "not a number from 0"),
    ({"first_wait_seconds": "0"}, "first_wait_seconds", "what is tried again waits first"),
    ({"growth": "0.5"}, "growth", "not a number from 1"),
    ({"growth": "inf"}, "growth", "not a number from 1"),
    ({"wait_max_seconds": "9"}, "wait_max_seconds", "shorter than the first wait"),
    ({"wait_max_seconds": "604801"}, "wait_max_seconds", "from 0 to 604800"),
    ({"attempts_max": "2.5"}, "attempts_max", "not a whole number"),
    ({"attempts_max": "0"}, "attempts_max", "not a whole number from 1"),
    ({"told": "boss"}, "told", "is not one of engineer, nobody, operator, registrar, security"),
    ({"told": "nobody"}, "told", "somebody must be told"),
    (ENDED | {"first_wait_seconds": "5"}, "first_wait_seconds", "nothing is waited for"),
    (ENDED | {"attempts_max": "2"}, "attempts_max", "nothing is tried again"),
    ({"status": "GUESSED"}, "status", "is not one of"),
    ({"title_pl": ""}, "title_pl", "empty"),
]


def written(folder: Path, *rows: dict[str, str]) -> Path:
    lines = [",".join(COLUMNS), *(",".join(row.values()) for row in rows)]
    (folder / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(("change", "column", "words"), BAD, ids=[f"{row[1]}: {row[2]}" for row in BAD])
def test_a_bad_cell_is_named_by_file_line_and_column(
    tmp_path: Path, change: dict[str, str], column: str, words: str
) -> None:
    written(tmp_path, GOOD | {"code": "598"}, GOOD | change)
    with pytest.raises(Misconfigured, match=rf"refusals\.csv, row 3, column {column}: .*{words}"):
        load_refusals(tmp_path)


def test_a_good_neighbour_of_a_bad_row_is_read_and_all_problems_are_named(tmp_path: Path) -> None:
    written(tmp_path, GOOD | {"growth": "0", "told": "x"}, GOOD, GOOD, {"channel": "any"})
    table, problems = read_refusals(tmp_path)
    assert [row.code for row in table.rows] == ["599"]
    assert [(each.row, each.column) for each in problems] == [(2, "told"), (2, "growth"), (4, "code"), (5, "")]


@pytest.mark.parametrize("content", [None, b"", b"a,b\n1,2\n", b"\xff\xfe", b'"'])
def test_a_file_that_is_no_such_table_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    with pytest.raises(Misconfigured, match=r"refusals\.csv"):
        load_refusals(tmp_path)


def test_the_check_of_all_tables_looks_at_it_too(tmp_path: Path) -> None:
    written(tmp_path, GOOD | {"told": "boss"})
    assert [each.column for each in check_tables(tmp_path) if each.file == FILE] == ["told"]


def test_the_shipped_table_belongs_to_the_tables() -> None:
    """A row is found again by the name under which the outbox keeps it."""
    refusals = load_tables(resources.mappings()).refusals
    for row in refusals.rows:
        channel = "cer" if row.channel == "any" else row.channel
        assert refusals.handling(channel, row.key) == row.handling
        assert row.told in TOLD
    assert refusals.handling("cer", "http 599") is None
    assert refusals.handling("cer", "") is None


def test_who_is_told_of_a_result_is_found_by_its_code() -> None:
    refusals = load_refusals(resources.mappings())
    ours = "urn:pomost:reconstruction:kod:"
    assert refusals.told_of("cer", f"{ours}minor:SlotZajety") == "registrar"
    assert refusals.told_of("cer", f"{ours}major:Odmowa") == "registrar"
    assert refusals.told_of("cer", f"{ours}minor:ZaDuzaPaczka") == "engineer"
    assert refusals.told_of("cer", "urn:new") == "engineer"


def test_temporary_blocks_wait_long_and_a_late_authority_is_asked_soon() -> None:
    rows = {row.code.rpartition(":")[2]: row for row in load_refusals(resources.mappings()).rows}
    assert rows["kontoPodmiotuTymczasowoZablokowane"].first_wait_seconds >= 1800
    assert rows["kontoZablokowane"].first_wait_seconds >= 3600
    assert rows["przekroczonyCzas"].first_wait_seconds <= 10


@given(
    first=st.floats(0.01, 1e5),
    growth=st.floats(1, 10),
    more=st.floats(0, 1e5),
    failures=st.integers(-3, 100_000),
)
def test_waits_never_shrink_and_never_pass_their_limit(
    first: float, growth: float, more: float, failures: int
) -> None:
    handling = Handling("http 503", first, growth, first + more, 5, "operator")
    assert first <= handling.wait_seconds(failures) <= handling.wait_seconds(failures + 1) <= first + more
