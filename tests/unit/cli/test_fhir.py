"""``pomost fhir check`` says of every entry what it is, and ends with the right code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from adapter.cli.main import main

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "fhir"

BAD_ENTRIES = [
    *["POMOST-APPOINTMENT-11"] * 3,
    "POMOST-APPOINTMENT-12",
    "POMOST-ANY-07",
    "POMOST-ANY-09",
    "POMOST-APPOINTMENT-10",
    "POMOST-ANY-08",
    *["POMOST-MAP-01"] * 3,
    "POMOST-ANY-05",
    "POMOST-ANY-06",
    "POMOST-ANY-10",
    "FHIR-REF-01",
    "POMOST-APPOINTMENT-13",
    "POMOST-ANY-07",
    "POMOST-ANY-08",
    "POMOST-SERVICEREQUEST-09",
    "POMOST-ANY-06",
]
"""What is wrong with each entry of ``bad/register.json``, in its order."""


def run(capsys: pytest.CaptureFixture[str], *arguments: str, command: str = "check") -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["fhir", command, *arguments])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_a_good_clinic_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, str(FIXTURES / "clinic.json"), str(FIXTURES / "slots.ndjson"))
    assert code == 0
    assert out.splitlines()[-1] == "13 accepted, 0 refused"


def test_each_bad_file_is_one_clear_refusal_and_good_entries_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, str(FIXTURES / "bad"), "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    told = {Path(one["source"]).name: [each["rule"] for each in one["problems"]] for one in lines}
    assert code == 1
    assert told == {
        "deep.json": ["FHIR-READ-05"],
        "mixed.json#entry[0]": [],
        "mixed.json#entry[1]": ["FHIR-SLOT-01"],
        "mixed.json#entry[2]": ["POMOST-SLOT-02"],
        "mixed.json#entry[3]": ["FHIR-SHAPE-04"],
        "mixed.json#entry[4]": ["FHIR-SHAPE-01", "FHIR-SHAPE-02", *["FHIR-SHAPE-01"] * 3, "POMOST-SLOT-01"],
        "mixed.json#entry[5]": [],
        "not-fhir.json": ["FHIR-READ-07"],
        **{f"register.json#entry[{number}]": [rule] for number, rule in enumerate(BAD_ENTRIES)},
        "referral-stu3.json": ["FHIR-READ-10"],
        "slot-r5.json": ["FHIR-READ-09"],
        "slot.xml": ["FHIR-READ-02"],
        "truncated.json": ["FHIR-READ-01"],
        "twice.json": ["FHIR-READ-06"],
    }
    assert all(each["text_pl"] and each["text_en"] for one in lines for each in one["problems"])


def test_every_entry_of_the_example_register_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, str(FIXTURES / "register.json"))
    assert code == 0
    assert out.splitlines()[-1].endswith(" accepted, 0 refused")


def test_a_wish_for_a_period_is_a_wish_where_the_register_is_kept_elsewhere(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    clinic = {
        one["resource"]["id"]: one["resource"] for one in json.loads((FIXTURES / "clinic.json").read_text())["entry"]
    }
    wish = {**clinic["entry-1"], "requestedPeriod": [{"start": "2027-05-01", "end": "2027-05-31"}]}
    (tmp_path / "wish.ndjson").write_text("\n".join(json.dumps(one) for one in (wish, clinic["cardio-1"], wish)))
    code, out, _ = run(capsys, str(tmp_path), "--json")
    told = [[one["rule"] for one in json.loads(line)["problems"]] for line in out.splitlines()]
    assert (code, told) == (1, [["POMOST-APPOINTMENT-11"], [], []])


def test_no_value_of_a_person_is_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    patient = {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"family": "Zmyślona"}],
        "gender": "K",
        "pesel": "05631201239",
    }
    (tmp_path / "p.json").write_text(json.dumps(patient))
    for arguments in ([str(tmp_path)], [str(tmp_path), "--json"]):
        code, out, err = run(capsys, *arguments)
        assert code == 1
        assert "Zmyślona" not in out + err
        assert "05631201239" not in out + err


def test_a_path_that_is_not_there_is_wrong_use(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, str(tmp_path / "nowhere.json"))[0] == 2


def test_nothing_found_is_not_a_success(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, str(tmp_path))[0] == 1


def test_a_code_that_no_table_knows_is_refused_unless_the_profile_alone_is_asked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    slot = json.loads((FIXTURES / "slots.ndjson").read_text().splitlines()[0])
    slot["appointmentType"]["coding"] = [{"system": "http://his.example/kind", "code": "X"}]
    (tmp_path / "slot.json").write_text(json.dumps(slot))
    code, out, _ = run(capsys, str(tmp_path), "--json")
    assert (code, [one["rule"] for one in json.loads(out)["problems"]]) == (1, ["POMOST-MAP-01"])
    assert run(capsys, str(tmp_path), "--profile-only")[0] == 0


def test_the_profile_is_written_as_definitions_with_a_sites_own_codes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mappings = tmp_path / "mappings"
    shutil.copytree(FIXTURES.parents[1] / "mappings", mappings)
    with (mappings / "dilo_stages.csv").open("a", encoding="utf-8") as table:
        table.write("7,etap próbny,a stage,INFERRED,a test,,\n")
    out = tmp_path / "made" / "profile"
    code, said, _ = run(capsys, "--out", str(out), "--mappings", str(mappings), command="profile")
    files = list(out.glob("*.json"))
    assert (code, said) == (0, f"{len(files)} definitions in {out}\n")
    stages = json.loads((out / "CodeSystem-dilo-stage.json").read_text("utf-8"))
    assert [one["code"] for one in stages["concept"]] == ["7"]


def test_a_profile_that_cannot_be_written_is_wrong_use(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    assert run(capsys, "--out", str(tmp_path / "taken" / "below"), command="profile")[0] == 2


def test_a_folder_without_a_resource_is_said_with_its_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no resource")
    code, out, err = run(capsys, str(tmp_path))
    assert (code, out) == (1, "0 accepted, 0 refused\n")
    assert err == f"no resource in {tmp_path}: a folder's .json and .ndjson files are read\n"
