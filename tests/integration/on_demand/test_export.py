"""The register for inspection (G-03, Z-10): complete, whole, private, and the same twice."""

from __future__ import annotations

import csv
import hashlib
import json
import stat
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fakes.register_audit import audited
from fakes.register_ward import Ward

from adapter.domain.register import Removal
from adapter.errors import BadInput, Misconfigured, Refused
from adapter.services.clearance import Person, Role
from adapter.services.on_demand import export_register as module
from adapter.services.on_demand.export_register import Exported, export_register
from adapter.services.on_demand.export_rows import ENTRY_COLUMNS, STEP_COLUMNS
from adapter.services.on_demand.note_request import note_request

WHO = Person("a.nowak", Role.ENGINEER)
WHY = "NFZ letter 12/2026"


@pytest.fixture
def ended(ward: Ward) -> Ward:
    """And two that are over: one in January, one in March."""
    for name, day in (("Y", "2026-01-30"), ("Z", "2026-03-01")):
        end = Removal(date.fromisoformat(day), "RESIGNED", ward.clock.now(), "Jan Testowy", "=1+1")
        ward.enter(name, on="2026-01-07", removal=end)
    return ward


def export(ward: Ward, out: Path, **more: Any) -> Exported:
    return export_register(ward.eq, "demo", out, **{"who": WHO, "reason": WHY, **more})


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_it_tells_how_far_it_is_of_how_many(ended: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PORTION", 2)
    told: list[tuple[int, int]] = []
    done = export(ended, tmp_path, since=date(2026, 2, 1), progress=lambda *far: told.append(far))
    assert done.entries == 4
    assert told == [(0, 4), (2, 4), (4, 4)]


def test_every_entry_and_every_step_is_in_it(ended: Ward, tmp_path: Path) -> None:
    done = export(ended, tmp_path)
    assert done.folder == tmp_path / "register-demo-2026-03-02"
    entries, steps = rows(done.folder / "entries.csv"), rows(done.folder / "history.csv")
    assert (done.entries, done.steps) == (len(entries), len(steps)) == (5, 5)
    assert {one["entry"] for one in entries} == {"A", "B", "C", "Y", "Z"}
    first = next(one for one in entries if one["entry"] == "A")
    assert (first["family"], first["identifier"], first["term"]) == ("Wzorcowa", "00690100011", "2026-04-20")
    head, *objects = [json.loads(line) for line in (done.folder / "register.json").read_text().splitlines()]
    assert (head["format"], head["facility"], head["provider"]) == ("pomost-register-export/1", "demo", "000000927722")
    assert [one["entry"]["id"] for one in objects] == [one["entry"] for one in entries]
    assert all(one["steps"][0]["what"] == "entered" for one in objects)


def test_since_a_day_leaves_out_who_left_before(ended: Ward, tmp_path: Path) -> None:
    done = export(ended, tmp_path, since=date(2026, 2, 1))
    assert {one["entry"] for one in rows(done.folder / "entries.csv")} == {"A", "B", "C", "Z"}


def test_every_column_is_in_the_legend_in_both_languages(ended: Ward, tmp_path: Path) -> None:
    legend = rows(export(ended, tmp_path).folder / "legend.csv")
    wanted = [("entries.csv", name) for name in ENTRY_COLUMNS] + [("history.csv", name) for name in STEP_COLUMNS]
    assert [(one["file"], one["column"]) for one in legend] == wanted
    assert all(one["znaczenie"] and one["meaning"] for one in legend)


def test_no_cell_starts_a_formula(ended: Ward, tmp_path: Path) -> None:
    found = rows(export(ended, tmp_path).folder / "entries.csv")
    assert {one["removal_text"] for one in found} == {"", "'=1+1"}
    assert {one["phone"] for one in found} == {"'+48000000000"}


def test_the_digests_hold_and_the_audit_knows_them(ended: Ward, tmp_path: Path) -> None:
    done = export(ended, tmp_path)
    told = (done.folder / "digests.txt").read_bytes()
    assert done.digest == hashlib.sha256(told).hexdigest()
    for line in told.decode().splitlines():
        digest, _, name = line.partition("  ")
        assert digest == hashlib.sha256((done.folder / name).read_bytes()).hexdigest()
    with ended.store.unit_of_work() as work:
        (record,) = [one for one in work.audit.find(limit=100) if one.action == "register.export"]
    assert (record.actor, record.detail["digest"], record.detail["reason"]) == ("person:a.nowak", done.digest, WHY)


def test_only_the_owner_reads_it_and_only_who_may_writes_it(ended: Ward, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="operator or an engineer"):
        export(ended, tmp_path, who=Person("jan", Role.VIEWER))
    assert list(tmp_path.iterdir()) == []
    assert audited(ended)[-1][1] == "register.refused"
    done = export(ended, tmp_path)
    assert stat.S_IMODE(done.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in done.folder.iterdir()} == {0o600}


def test_an_export_is_never_overwritten_and_never_half(
    ended: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(folder: Path) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_digests", fails)
        with pytest.raises(Misconfigured, match="No space left"):
            export(ended, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert not [one for one in audited(ended) if one[1] == "register.export"]
    first = export(ended, tmp_path)
    with pytest.raises(BadInput, match="there already"):
        export(ended, tmp_path)
    assert sorted(one.name for one in first.folder.iterdir()) == [
        "digests.txt",
        "entries.csv",
        "history.csv",
        "legend.csv",
        "register.json",
    ]


def test_z_10_a_request_of_the_fund_is_a_task_of_the_same_day(ended: Ward) -> None:
    """Request 2026-03-02 -> export task the same day; another one while it is open is in the audit only."""
    verdict, new = ended.desk(lambda desk: note_request(desk, "NFZ 12/2026", "person:a.nowak"))
    assert (verdict.code, new) == ("TASK-Z-EXPORT", True)
    (task,) = ended.tasks()
    assert (task.task.subject, task.task.due_on) == ("facility", date(2026, 3, 2))
    assert ended.desk(lambda desk: note_request(desk, "NFZ 13/2026", "person:a.nowak"))[1] is False
    assert [one[1] for one in audited(ended)].count("register.request") == 2
    with pytest.raises(BadInput, match="in the future"):
        ended.desk(lambda desk: note_request(desk, "NFZ", "person:a.nowak", received_on=date(2026, 3, 3)))
