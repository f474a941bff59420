"""A folder of exports behaves as an EHR: what is new comes once, what we say goes to outgoing/."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter.errors import Misconfigured, Rejected, Unavailable
from adapter.fhir import decode, names
from adapter.hospital import folder as folder_module
from adapter.hospital.config import HospitalConfig
from adapter.hospital.files import files_in, pieces_in, received_in
from adapter.hospital.folder import FolderHospital
from adapter.hospital.received import received
from adapter.ports import Received, WriteBack


def slot(identity: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Slot", "id": identity, "status": "free", **more}


def bundle(*resources: Any) -> str:
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]})


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "one.json").write_text(bundle(slot("a"), slot("b"), {"resourceType": "Schedule", "id": "s"}))
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "two.ndjson").write_text(
        json.dumps(slot("c")) + "\n{broken\n" + json.dumps(slot("d")) + "\n"
    )
    (tmp_path / ".hidden.json").write_text("{")
    (tmp_path / "notes.txt").write_text("not FHIR")
    return tmp_path


def folder(path: Path) -> FolderHospital:
    return FolderHospital(HospitalConfig("folder", folder=path))


def taken(hospital: FolderHospital, kind: str, cursor: str = "") -> tuple[list[tuple[str, str]], str]:
    pages = list(hospital.changes("demo", kind, cursor))
    found = [(one.source, one.resource_id) for page in pages for one in page.resources]
    return sorted(found), pages[-1].cursor if pages else cursor


def test_bundles_and_ndjson_in_subfolders_are_read_and_bad_lines_come_along(export: Path) -> None:
    found, cursor = taken(folder(export), "Slot")
    assert found == [
        ("deeper/two.ndjson#line[1]", "c"),
        ("deeper/two.ndjson#line[2]", ""),
        ("deeper/two.ndjson#line[3]", "d"),
        ("one.json#entry[0]", "a"),
        ("one.json#entry[1]", "b"),
    ]
    assert taken(folder(export), "Slot", cursor) == ([], cursor)


def test_a_changed_file_comes_again_and_a_removed_one_is_forgotten(export: Path) -> None:
    _, cursor = taken(folder(export), "Slot")
    (export / "one.json").write_text(bundle(slot("a", status="busy")))
    os.utime(export / "one.json", ns=(1, 1))
    found, cursor = taken(folder(export), "Slot", cursor)
    assert found == [("one.json#entry[0]", "a")]
    (export / "deeper" / "two.ndjson").unlink()
    (export / "three.json").write_text(bundle(slot("e")))
    found, cursor = taken(folder(export), "Slot", cursor)
    assert set(json.loads(cursor)["files"]) == {"one.json", "three.json"}


def test_files_come_oldest_first(export: Path) -> None:
    os.utime(export / "deeper" / "two.ndjson", ns=(2, 2))
    pages = list(folder(export).changes("demo", "Slot", ""))
    assert [page.resources[0].source for page in pages] == ["deeper/two.ndjson#line[1]", "one.json#entry[0]"]
    assert [page.more for page in pages] == [True, False]


def test_a_change_goes_to_outgoing_and_is_read_back_from_there(export: Path) -> None:
    made = folder(export)
    before = (export / "one.json").read_bytes()
    change = WriteBack("Slot", "a", identifiers=((names.NATIONAL_SLOT, "S-1"),), status="busy")
    written = made.write_back("demo", change)
    stored = json.loads((export / "outgoing" / "Slot-a.json").read_text())
    assert (stored["status"], stored["identifier"][0]["value"]) == ("busy", "S-1")
    assert (export / "one.json").read_bytes() == before
    assert sorted(os.listdir(export / "outgoing")) == ["Slot-a.json"]
    assert made.read("demo", "Slot", "a") == written
    assert made.write_back("demo", change) == written
    assert folder(export).find("demo", "Slot", names.NATIONAL_SLOT, "S-1") == written


def test_outgoing_is_not_read_as_a_change(export: Path) -> None:
    made = folder(export)
    _, cursor = taken(made, "Slot")
    made.write_back("demo", WriteBack("Slot", "a", status="busy"))
    assert taken(made, "Slot", cursor)[0] == []


def test_a_newer_export_overrules_what_we_wrote(export: Path) -> None:
    made = folder(export)
    made.write_back("demo", WriteBack("Slot", "a", status="busy"))
    later = (export / "outgoing" / "Slot-a.json").stat().st_mtime_ns + 1_000_000
    (export / "one.json").write_text(bundle(slot("a", status="entered-in-error")))
    os.utime(export / "one.json", ns=(later, later))
    now = made.read("demo", "Slot", "a")
    assert now is not None
    assert json.loads(now.raw)["status"] == "entered-in-error"


def test_an_older_version_in_a_file_that_was_written_later_is_not_the_resource_as_it_is_now(export: Path) -> None:
    """Somebody copies last week's export into the folder: our change must not be made to what it says."""
    made = folder(export)
    for number, (at, status) in enumerate((("2026-11-21T10:00:00Z", "busy"), ("2026-11-14T10:00:00Z", "free"))):
        path = export / f"week-{number}.json"
        path.write_text(bundle(slot("e", status=status, meta={"versionId": str(2 - number), "lastUpdated": at})))
        os.utime(path, ns=(number * 1_000_000_000, number * 1_000_000_000))
    now = made.read("demo", "Slot", "e")
    assert now is not None
    assert (now.version, json.loads(now.raw)["status"]) == ("2", "busy")
    made.write_back("demo", WriteBack("Slot", "e", identifiers=((names.NATIONAL_SLOT, "N-1"),)))
    ours = json.loads((export / "outgoing" / "Slot-e.json").read_text())
    assert ours["status"] == "busy"


def test_what_an_export_no_longer_holds_is_gone(export: Path) -> None:
    made = folder(export)
    assert made.read("demo", "Slot", "b") is not None
    (export / "one.json").write_text(bundle(slot("a", comment="b is no more")))
    assert made.read("demo", "Slot", "b") is None
    assert made.read("demo", "Slot", "a") is not None


def test_a_resource_is_created_once_under_a_steady_id(export: Path) -> None:
    body = {"status": "booked", "identifier": [{"system": names.NATIONAL_VISIT, "value": "V-1"}]}
    change = WriteBack("Appointment", None, body=body, if_none_exist=f"{names.NATIONAL_VISIT}|V-1")
    first = folder(export).write_back("demo", change)
    assert folder(export).write_back("demo", change) == first
    assert len(os.listdir(export / "outgoing")) == 1


@pytest.mark.parametrize("identity", ["../../etc/x", "a/b", "", "x" * 65])
def test_an_id_never_leaves_the_folder(export: Path, identity: str) -> None:
    with pytest.raises(Rejected):
        folder(export).write_back("demo", WriteBack("Slot", None, body={"id": identity or "/"}))
    assert not (export / "outgoing").exists()


def test_what_is_not_there_cannot_be_changed(export: Path) -> None:
    assert folder(export).read("demo", "Slot", "zzz") is None
    with pytest.raises(Rejected):
        folder(export).write_back("demo", WriteBack("Slot", "zzz", status="busy"))


def test_an_outgoing_that_cannot_be_written_changes_nothing(export: Path) -> None:
    (export / "outgoing").write_text("a file, not a folder")
    with pytest.raises(Unavailable):
        folder(export).write_back("demo", WriteBack("Slot", "a", status="busy"))


def test_a_file_over_the_limit_is_one_refusal_and_is_never_read_whole(export: Path) -> None:
    with (export / "huge.json").open("wb") as stream:
        stream.truncate(decode.DOCUMENT_BYTES_MAX + 1)
    found = list(pieces_in(export / "huge.json", "huge.json"))
    assert [[each.rule for each in one.problems] for one in found] == [["FHIR-READ-04"]]
    assert taken(folder(export), "Slot")[0][-1] == ("one.json#entry[1]", "b")


def test_a_line_over_the_limit_is_one_refusal_and_the_next_is_read(tmp_path: Path) -> None:
    long = b'{"a": "' + b"x" * (2 * decode.LINE_BYTES_MAX) + b'"}\n'
    (tmp_path / "a.ndjson").write_bytes(long + json.dumps(slot("b")).encode())
    found = list(pieces_in(tmp_path / "a.ndjson", "a"))
    assert [(one.source, [each.rule for each in one.problems]) for one in found] == [
        ("a#line[1]", ["FHIR-READ-04"]),
        ("a#line[2]", []),
    ]


def test_only_fhir_files_are_looked_at(export: Path) -> None:
    assert [path.name for path in files_in(export)] == ["one.json", "two.ndjson"]


def test_a_folder_or_cursor_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        folder(tmp_path / "nowhere")
    for cursor in ("x", "[]", '{"files": 5}'):
        with pytest.raises(Misconfigured):
            list(folder(tmp_path).changes("demo", "Slot", cursor))


def test_what_is_written_outside_is_seen_and_what_is_taken_away_too(export: Path) -> None:
    hospital = folder(export)
    for number in range(3):
        hospital.write_back("demo", WriteBack("Slot", "a", (), status=f"busy-{number}"))
    own = export / "outgoing" / "Slot-a.json"
    own.write_text(json.dumps(slot("a", comment="by hand")))
    read = hospital.read("demo", "Slot", "a")
    assert read is not None
    assert b"by hand" in read.raw
    own.unlink()
    again = hospital.read("demo", "Slot", "a")
    assert again is not None
    assert json.loads(again.raw) == slot("a")
    assert hospital.read("demo", "Slot", "../a") is None


def test_a_write_back_looks_at_no_other_file_of_ours(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hospital = folder(export)
    for name in ("a", "b", "c"):
        hospital.write_back("demo", WriteBack("Slot", name, (("urn:x", name),)))
    learned: list[str] = []
    monkeypatch.setattr(FolderHospital, "_learn", lambda _, path: learned.append(path.name))
    monkeypatch.setattr(FolderHospital, "_own_files", lambda _: pytest.fail("all files were looked at"))
    assert hospital.read("demo", "Slot", "b") is not None
    assert hospital.read("demo", "Slot", "nobody") is None
    assert learned == []


def test_an_export_without_a_type_is_not_read_for_it_again(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (export / "deeper" / "two.ndjson").unlink()
    hospital = folder(export)
    assert [one for one, _ in taken(hospital, "Schedule")[0]] == ["one.json#entry[2]"]
    assert taken(hospital, "Appointment")[0] == []
    (export / "one.json").write_text(bundle({"resourceType": "Appointment", "id": "new"}))
    assert [identity for _, identity in taken(hospital, "Appointment")[0]] == ["new"]
    monkeypatch.setattr("adapter.hospital.folder.received_in", lambda *_: pytest.fail("read again"))
    assert taken(hospital, "ServiceRequest")[0] == []


def test_lines_are_named_and_versioned_alike_by_the_quick_way(tmp_path: Path) -> None:
    usual = {
        **slot("q"),
        "schedule": {"reference": "Schedule/s"},
        "appointmentType": {"coding": [{"system": names.SLOT_KIND, "code": "stable"}]},
        "start": "2026-12-01T08:00:00Z",
        "end": "2026-12-01T08:30:00Z",
    }
    dated = {**usual, "meta": {"versionId": "7", "lastUpdated": "2026-11-01T10:00:00.5+01:00"}}
    path = tmp_path / "a.ndjson"
    path.write_text("\n".join([json.dumps(usual), "", json.dumps(dated), json.dumps(slot("odd")), "{"]))
    assert list(received_in(path, "a")) == [received(piece) for piece in pieces_in(path, "a")]


def test_a_big_file_comes_in_pages_and_goes_on_behind_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.hospital.folder.PAGE_RESOURCES_MAX", 2)
    schedule = json.dumps({"resourceType": "Schedule", "id": "s"})
    lines = [json.dumps(slot("a")), schedule, "{broken", json.dumps(slot("b")), json.dumps(slot("c")), schedule]
    (tmp_path / "big.ndjson").write_text("\n".join(lines))
    (tmp_path / "late.json").write_text(json.dumps(slot("d")))
    os.utime(tmp_path / "big.ndjson", ns=(1, 1))
    pages = list(folder(tmp_path).changes("demo", "Slot", ""))
    ids = [[one.resource_id for one in page.resources] for page in pages]
    assert ids == [["a", ""], ["b", "c"], ["d"]]
    assert [page.more for page in pages] == [True, True, False]
    (tmp_path / "older.json").write_text(json.dumps(slot("z")))
    os.utime(tmp_path / "older.json", ns=(0, 0))
    for number, page in enumerate(pages[:2], start=1):
        rest = [
            one.resource_id for each in folder(tmp_path).changes("demo", "Slot", page.cursor) for one in each.resources
        ]
        assert rest == [*ids[1], "z", "d"][2 * (number - 1) :], number
    assert taken(folder(tmp_path), "Slot", pages[2].cursor)[0] == [("older.json", "z")]
    with (tmp_path / "big.ndjson").open("a") as file:
        file.write("\n" + json.dumps(slot("e")))
    changed = [one for one, _ in taken(folder(tmp_path), "Slot", pages[0].cursor)[0] if one.startswith("big")]
    assert len(changed) == 5, "a file that was changed meanwhile comes whole"


def test_slots_are_not_read_for_another_type_and_a_bad_one_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad line that begins as a Slot comes with the Slots; one that hides another type comes with that type."""
    hidden = '{"resourceType": "Slot", "id": "h", "x": 1, "resourceType": "Schedule"}'
    lines = [json.dumps(slot("a")), '{"resourceType": "Slot", broken', '{"resourceType":"Schedule","id":"s"}', hidden]
    (tmp_path / "mixed.ndjson").write_text("\n".join(lines))
    (tmp_path / "slots.ndjson").write_text("\n".join(json.dumps(slot(f"b{number}")) for number in range(3)))
    hospital, looked = folder(tmp_path), []
    monkeypatch.setattr("adapter.hospital.files.plain_slot", looked.append)
    found, _ = taken(hospital, "Schedule")
    assert [one for one, _ in found] == ["mixed.ndjson#line[3]", "mixed.ndjson#line[4]"]
    assert len(looked) == 2, "the schedule, and what says its type twice"
    found, _ = taken(hospital, "Slot")
    assert [one for one in found if one[0].startswith("mixed")][:2] == [
        ("mixed.ndjson#line[1]", "a"),
        ("mixed.ndjson#line[2]", ""),
    ]
    assert len(found) == 5


def test_nobody_looks_while_another_reads_a_changed_export_anew(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two deliveries write back: what one has just found must not be gone because the other one begins again."""
    hospital = folder(export)
    refresh, reading, go_on = hospital._refresh, threading.Event(), threading.Event()
    other = threading.Thread(target=lambda: hospital.read("demo", "Slot", "b"))

    def slowly(path: Path, source: str) -> Iterator[Received]:
        reading.set()
        go_on.wait(5)
        yield from received_in(path, source)

    def refresh_and_let_the_other_begin(own: Path | None = None) -> None:
        refresh(own)
        if threading.current_thread() is threading.main_thread():
            (export / "one.json").write_text(bundle(slot("a", comment="changed"), slot("b")))
            monkeypatch.setattr(folder_module, "received_in", slowly)
            other.start()
            reading.wait(0.2)

    monkeypatch.setattr(hospital, "_refresh", refresh_and_let_the_other_begin)
    try:
        assert hospital.read("demo", "Slot", "a") is not None
    finally:
        go_on.set()
        other.join(5)
