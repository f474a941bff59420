"""``pomost contract``: rows, operations, exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from adapter import resources
from adapter.cli.main import main


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["contract", *arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    shutil.copytree(resources.wsdl(), tmp_path / "wsdl")
    shutil.copytree(resources.mappings(), tmp_path / "mappings")
    return tmp_path


def spoil(file: Path, old: str, new: str) -> None:
    content = file.read_text("utf-8")
    assert old in content
    file.write_text(content.replace(old, new), "utf-8")


def test_what_is_shipped_is_satisfied(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all("rows satisfied" in line for line in lines)


def test_an_operation_that_the_contract_lacks_is_named_with_its_row(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(
        own / "wsdl" / "cer" / "CentralnaERejestracja.wsdl",
        '<wsdl:operation name="usunSlot">',
        '<wsdl:operation name="skasujSlot">',
    )
    assert run("check", "--wsdl", str(own / "wsdl")) == 1
    said = capsys.readouterr().out
    rows = (resources.mappings() / "bindings" / "cer.csv").read_text("utf-8").splitlines()
    number = next(n for n, row in enumerate(rows, 1) if row.startswith("delete_slot,operation"))
    assert f"bindings/cer.csv, row {number}: missing-operation: delete_slot" in said
    assert "usunSlot" in said


def test_json_has_every_row(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(own / "mappings" / "bindings" / "p1.csv", "trybRealizacji,code", "tryb,code")
    assert run("check", "--mappings", str(own / "mappings"), "--json") == 1
    said = json.loads(capsys.readouterr().out)
    wrong = [row for row in said["rows"] if row["finding"] != "satisfied"]
    assert said["findings"] == len(wrong) == 2
    assert {row["finding"] for row in wrong} == {"missing-field", "unfilled-required-element"}
    assert {row["channel"] for row in said["rows"]} == {"p1", "cer"}


@pytest.mark.parametrize(
    ("lost", "named"),
    [
        ("wsdl/p1/ObslugaSkierowaniaWS.wsdl", "no .wsdl file"),
        ("wsdl/cer/cer.xsd", "CentralnaERejestracja.wsdl"),
        ("mappings/bindings/cer.csv", "cer.csv"),
    ],
)
def test_a_missing_file_is_named(own: Path, capsys: pytest.CaptureFixture[str], lost: str, named: str) -> None:
    (own / lost).unlink()
    assert run("check", "--wsdl", str(own / "wsdl"), "--mappings", str(own / "mappings")) == 3
    assert named in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_wrong_use() -> None:
    assert run("check", "--wsdl", "/no/such/folder") == 2


def test_the_list_shows_operations_verbs_and_origins(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["operations"]) == 24
    listed = {each["operation"]: each for each in said["operations"]}
    assert listed["pobierzBazoweDaneListySlotow"]["verb"] == "list_slots"
    assert listed["pobierzBazoweDaneListySlotow"]["status"] == "CONFIRMED"
    assert {each["origin"] for each in said["files"]} == {"RECONSTRUCTION"}
    assert run("list") == 0
    assert "read_to_accept (CONFIRMED)" in capsys.readouterr().out


def test_the_list_shows_which_fields_a_row_may_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--fields", "--json") == 0
    listed = json.loads(capsys.readouterr().out)["fields"]
    saved = {(each["direction"], each["field"]): each for each in listed if each["verb"] == "save_visit"}
    assert saved["request", "slot_id"]["needed"]
    assert len(saved["request", "slot_id"]["paths"]) == 1
    assert not saved["request", "phone"]["needed"]
    assert {each["verb"] for each in listed if each["field"] == "errors[].major"} == {"*"}
    assert run("list", "--fields") == 0
    assert "save_visit                request  slot_id! " in capsys.readouterr().out


def test_what_to_do_is_said_once_for_each_kind(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = own / "mappings" / "payer.csv"
    spoil(table, "REFUNDOWANE", "REFUNDACJA")
    assert run("check", "--mappings", str(own / "mappings"), "--all") == 1
    said = capsys.readouterr().out
    assert "forbidden-value: accept request payer trybRealizacji does not allow REFUNDACJA of payer.csv" in said
    assert "What to do:\n  forbidden-value (1): correct the column national of the code table" in said
    assert "satisfied: accept request key" in said


def test_one_service_is_checked_alone(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(own / "wsdl" / "p1")
    assert run("check", "--wsdl", str(own / "wsdl")) == 3
    assert run("check", "--wsdl", str(own / "wsdl"), "--only", "cer") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("cer: ")
