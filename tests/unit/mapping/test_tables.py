"""Bad tables: each problem is named by file, row and column, all of them at once."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.cli.mappings import mappings
from adapter.errors import BadInput, Misconfigured, Rejected
from adapter.mapping.code_table import UNKNOWN_NATIONAL_CODE, UNMAPPED_CODE, CodeTable, Row
from adapter.mapping.table_files import FILE_MAX_BYTES
from adapter.mapping.tables import Tables, TablesBroken, check_tables, load_tables

HEADER = "ours,national,status,source,valid_from,valid_to\n"
GOOD = "facility,A,CONFIRMED,x,,\npatient,B,CONFIRMED,x,,\nsystem,C,CONFIRMED,x,,\n"

# text after the header, row, column, part of the text, why
BAD = [
    (GOOD + "patient,B,CONFIRMED,x,,\n", 5, "ours", "repeats row 3", "duplicate"),
    (GOOD + "patient,D,CONFIRMED,x,2026-01-01,\n", 5, "ours", "overlaps in time with row 3", "open row"),
    (GOOD.replace("B,CONFIRMED,x,,", "B,CONFIRMED,x,,2026-06-30")
     + "patient,D,CONFIRMED,x,2026-06-30,\n", 5, "ours", "overlaps", "overlap of one day"),
    (GOOD.replace(",C,", ",B,"), 4, "national", "repeats row 3", "one national code for two of ours"),
    (GOOD + "robot,R,CONFIRMED,x,,\n", 5, "ours", "'robot' is no code of ours", "unknown code"),
    (GOOD.replace("system,C,CONFIRMED,x,,\n", ""), 0, "ours", "no row for 'system'", "a code is missing"),
    (GOOD.replace("B,CONFIRMED", "B,SURE"), 3, "status", "'SURE' is not one of", "unknown status"),
    (GOOD.replace("B,CONFIRMED,x", "B,CONFIRMED,"), 3, "source", "empty", "no source"),
    (GOOD.replace("patient,B", "patient,"), 3, "national", "empty", "no national code"),
    (GOOD.replace("B,CONFIRMED,x,,", "B,CONFIRMED,x,2026-13-01,"), 3, "valid_from", "is not a date", "bad month"),
    (GOOD.replace("B,CONFIRMED,x,,", "B,CONFIRMED,x,20260101,"), 3, "valid_from", "is not a date", "no dashes"),
    (GOOD.replace("B,CONFIRMED,x,,", "B,CONFIRMED,x,2026-02-01,2026-01-01"), 3, "valid_to", "before", "too early"),
    (GOOD.replace("B,CONFIRMED,x,,", "B,CONFIRMED,x,"), 3, "", "5 cells under 6 columns", "a comma is missing"),
    (GOOD.replace("B,CONFIRMED", '"B"x,CONFIRMED'), 3, "", "not a CSV row", "a stray quote"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "row", "column", "part", "why"), BAD, ids=[case[4] for case in BAD])
def test_a_bad_row_is_named(folder: Path, *, text: str, row: int, column: str, part: str, why: str) -> None:
    (folder / "visit_origin.csv").write_text(HEADER + text, "utf-8")
    found = [one for one in check_tables(folder) if (one.row, one.column) == (row, column)]
    assert found, [str(one) for one in check_tables(folder)]
    assert part in found[0].text, why
    assert found[0].file == "visit_origin.csv"


def test_good_rows_that_follow_each_other_in_time_are_no_problem(folder: Path) -> None:
    text = GOOD.replace("patient,B,CONFIRMED,x,,", "patient,B,CONFIRMED,x,,2026-06-30")
    (folder / "visit_origin.csv").write_text(HEADER + text + "patient,D,CONFIRMED,x,2026-07-01,\n", "utf-8")
    table = load_tables(folder).visit_origin
    assert table.to_national("patient", date(2026, 6, 30)) == "B"
    assert table.to_national("patient", date(2026, 7, 1)) == "D"
    assert table.from_national("D", date(2026, 7, 1)) == "patient"
    with pytest.raises(Rejected, match="2026-06-30"):
        table.from_national("D", date(2026, 6, 30))


# bytes, row, part, why
BAD_FILES = [
    (b"\xef\xbb\xbf" + (HEADER + GOOD).encode(), 1, "BOM", "byte order mark"),
    ((HEADER + GOOD).encode("utf-16"), 1, "UTF-16", "UTF-16"),
    ((HEADER + GOOD + "# zażółć\n").encode("iso-8859-2"), 5, "not UTF-8", "Latin 2"),
    (b"", 0, "no header", "empty file"),
    (b"# only a comment\n", 0, "no header", "comments only"),
    (HEADER.replace("source", "sauce").encode(), 1, "missing", "a column is missing"),
    (HEADER.replace("source", "source,source").encode(), 1, "twice", "a column twice"),
    (HEADER.replace("\n", ",colour\n").encode(), 1, "no such column", "a column too many"),
    (b"x" * (FILE_MAX_BYTES + 1), 0, "larger than", "too large"),
]


@pytest.mark.parametrize(("raw", "row", "part", "why"), BAD_FILES, ids=[case[3] for case in BAD_FILES])
def test_a_bad_file_is_named(folder: Path, raw: bytes, row: int, part: str, why: str) -> None:
    (folder / "visit_origin.csv").write_bytes(raw)
    assert any(one.row == row and part in one.text for one in check_tables(folder)), why


def test_comments_and_quotes_do_not_shift_row_numbers(folder: Path) -> None:
    text = '# a comment, with "quotes"\n' + HEADER + '\nfacility,A,CONFIRMED,"one,\ntwo",,\npatient,,CONFIRMED,x,,\n'
    (folder / "visit_origin.csv").write_text(text, "utf-8")
    assert ("national", 6) in {(one.column, one.row) for one in check_tables(folder)}


def test_all_problems_of_all_tables_are_named_at_once(folder: Path) -> None:
    (folder / "visit_origin.csv").write_text(HEADER + GOOD + "robot,R,SURE,,soon,\n", "utf-8")
    (folder / "payer.csv").unlink()
    with pytest.raises(TablesBroken) as broken:
        load_tables(folder)
    columns = {(one.file, one.column) for one in broken.value.problems}
    assert columns == {("visit_origin.csv", column) for column in ("ours", "status", "source", "valid_from")} | {
        ("payer.csv", "")
    }
    assert isinstance(broken.value, Misconfigured)
    assert "5 problems" in broken.value.message
    assert "visit_origin.csv, row 5, column ours: 'robot' is no code of ours" in broken.value.message


def test_a_long_list_of_problems_is_cut_in_the_message_only(folder: Path) -> None:
    rows = "".join(f"robot{number},R{number},CONFIRMED,x,,\n" for number in range(60))
    (folder / "visit_origin.csv").write_text(HEADER + GOOD + rows, "utf-8")
    with pytest.raises(TablesBroken) as broken:
        load_tables(folder)
    assert len(broken.value.problems) == 60
    assert "and 40 more" in broken.value.message


def test_a_table_that_does_not_exist_is_misconfigured(tables: Tables) -> None:
    assert "slot_kind" in tables
    assert tables["slot_kind"] is tables.slot_kind
    with pytest.raises(Misconfigured, match="no code table 'slot_kinds'"):
        tables["slot_kinds"]


def table() -> CodeTable:
    common = {"fhir_system": "", "use": "both"}
    return CodeTable(
        "example",
        "ours",
        [
            Row(2, {"ours": "a", "national": "X", "fhir_code": "fa", **common}, None, date(2026, 6, 30)),
            Row(3, {"ours": "a", "national": "Y", "fhir_code": "fa", **common}, date(2026, 7, 1), None),
            Row(4, {"ours": "b", "national": "Y2", "fhir_code": "fb", **common, "use": "out"}),
            Row(5, {"ours": "b", "national": "Z", "fhir_code": "fc", **common, "use": "in"}),
        ],
    )


def test_a_direction_serves_only_its_way() -> None:
    on = date(2026, 11, 2)
    assert table().to_national("b", on) == "Y2"
    assert table().from_national("Z", on) == "b"
    assert table().to_fhir("b", on) == ("", "fb")
    assert table().from_fhir(None, "fc", on) == "b"
    with pytest.raises(Rejected) as unknown:
        table().from_national("Y2", on)
    assert unknown.value.code == UNKNOWN_NATIONAL_CODE
    with pytest.raises(BadInput) as unmapped:
        table().from_fhir(None, "fb", on)
    assert unmapped.value.code == UNMAPPED_CODE


def test_a_national_code_of_several_of_ours_is_sent_but_not_read(tables: Tables) -> None:
    on = date(2026, 11, 2)
    code = tables.cancellation_reasons.to_national("pat", on)
    assert tables.cancellation_reasons.to_national("pat-fb", on) == code
    with pytest.raises(Rejected, match="several of ours"):
        tables.cancellation_reasons.from_national(code, on)


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=80))
def test_d10_an_unmapped_code_is_always_refused_never_guessed(code: str) -> None:
    on = date(2026, 11, 2)
    if code not in {"X", "Y", "Z", "Y2"}:
        with pytest.raises(Rejected):
            table().from_national(code, on)
    if code not in {"fa", "fb", "fc"}:
        with pytest.raises(BadInput):
            table().from_fhir(None, code, on)
    if code not in {"a", "b"}:
        with pytest.raises(BadInput):
            table().to_national(code, on)


def test_a_code_that_could_be_a_person_is_not_repeated() -> None:
    with pytest.raises(Rejected) as refused:
        table().from_national("00690100011", date(2026, 11, 2))
    assert "00690100011" not in refused.value.message


def test_pomost_mappings_check_says_all_is_well() -> None:
    done = CliRunner().invoke(mappings, ["check"], standalone_mode=False)
    assert done.return_value == 0
    assert "no problems" in done.output


def test_pomost_mappings_check_lists_problems_and_finds_fault(folder: Path) -> None:
    (folder / "payer.csv").unlink()
    (folder / "visit_origin.csv").write_text(HEADER + GOOD + "robot,R,CONFIRMED,x,,\n", "utf-8")
    done = CliRunner().invoke(mappings, ["check", "--folder", str(folder)], standalone_mode=False)
    assert done.return_value == 1
    assert "payer.csv: the file is missing" in done.output
    assert "visit_origin.csv, row 5, column ours: 'robot' is no code of ours" in done.output
    as_json = CliRunner().invoke(mappings, ["check", "--folder", str(folder), "--json"], standalone_mode=False)
    told = json.loads(as_json.output)
    assert as_json.return_value == 1
    assert {one["file"] for one in told["problems"]} == {"payer.csv", "visit_origin.csv"}
    assert {"file", "row", "column", "problem"} == set(told["problems"][0])
