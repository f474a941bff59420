"""``pomost sync``, ``deliver``, ``settle``, ``pull`` as an operator calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from installation import Installation


def test_a_pass_publishes_books_and_says_so(installation: Installation) -> None:
    installation.open_day()
    installation.export(*installation.booking("visit-1", 0, 0))
    done = installation.run("sync", "--facility", "demo")
    assert done.code == 0, done.err
    assert done.err == ""
    assert done.out.splitlines()[:2] == [
        "demo: received 13 new versions",
        "  taken in 14, refused by rules 0, quarantined 0",
    ]
    assert len(installation.admin.slots()) == 8
    assert [visit["state"] for visit in installation.admin.visits()] == ["saved"]


def test_as_json_and_a_second_pass_does_nothing(installation: Installation) -> None:
    installation.open_day()
    first = installation.call("sync", "--json")
    assert first.code == 0, first.err
    assert first.json["demo"]["received"] == 11
    assert first.json["demo"]["taken"] == {
        "taken": 11, "refused": 0, "quarantined": 0, "superseded": 0, "by_rule": {},
    }  # fmt: skip
    assert first.json["demo"]["problems"] == {}
    assert sum(each["delivered"] for each in first.json["demo"]["delivered"]) > 0
    before = installation.row_counts()
    second = installation.call("sync", "--json")
    assert second.code == 0
    assert sum(each["delivered"] for each in second.json["demo"]["delivered"]) == 0
    assert installation.row_counts()["outbox_message"] == before["outbox_message"]


def test_a_dry_run_judges_everything_and_writes_nothing(installation: Installation) -> None:
    installation.open_day()
    installation.call("sync")
    installation.export(*installation.booking("visit-1", 0, 0), installation.clinic.slot("dr-lis", 4, 0, "no-such"))
    before = installation.row_counts()
    slots, visits = len(installation.admin.slots()), len(installation.admin.visits())
    done = installation.call("sync", "--dry-run")
    assert done.code == 1
    assert "demo: would take 2, refuse 0, quarantine 1; nothing was written or sent" in done.out
    assert "    Slot.status FHIR-SLOT-01: " in done.out
    assert installation.row_counts() == before
    assert (len(installation.admin.slots()), len(installation.admin.visits())) == (slots, visits)
    told = installation.call("sync", "--dry-run", "--json").json["demo"]
    assert (told["taken"], told["refused"], told["quarantined"]) == (2, 0, 1)
    assert "FHIR-SLOT-01" in json.dumps(told["problems"])


def test_a_folder_is_read_in_place_of_the_configured_ehr(installation: Installation, tmp_path: Path) -> None:
    installation.clinic.folder = tmp_path / "other"
    installation.clinic.folder.mkdir()
    installation.open_day()
    assert installation.call("sync").code == 0
    assert not installation.admin.slots()
    done = installation.call("sync", "--from", str(tmp_path / "other"))
    assert done.code == 0, done.err
    assert len(installation.admin.slots()) == 8


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(["--facility", "nowhere"], 2, "there is no facility 'nowhere' in the settings (known: demo)"),
        pytest.param(["--from", "/no/such/folder"], 3, "there is no folder /no/such/folder"),
        pytest.param(["--from", "FHIR"], 3, "the EHR's address must start with https:// or http://"),
    ],
)
def test_wrong_use_is_one_clear_line(installation: Installation, arguments: list[str], code: int, says: str) -> None:
    done = installation.call("sync", *arguments)
    assert done.code == code
    assert says in done.err
    assert done.out == ""


@pytest.mark.parametrize("command", ["deliver", "settle", "pull"])
def test_every_verb_knows_only_configured_facilities(installation: Installation, command: str) -> None:
    done = installation.call(command, "--facility", "nowhere")
    assert done.code == 2
    assert "known: demo" in done.err


def test_cer_out_of_reach_is_exit_4_and_nothing_is_lost(installation: Installation) -> None:
    installation.open_day()
    installation.admin.trouble("refused", count=None)
    done = installation.call("sync")
    assert done.code == 4
    assert "still waiting 8" in done.out
    assert "cer rests: there is no connection to the authority; nothing was sent" in done.err
    installation.rows("UPDATE outbox_pause SET until = now() + interval '1 hour'")
    again = installation.call("deliver")
    assert again.code == 4
    assert "delivered 0, refused 0, in doubt 0, still waiting 8" in again.out
    installation.admin.clear_troubles()
    installation.rows("UPDATE outbox_pause SET until = now()")
    done = installation.call("deliver", "--json")
    assert done.code == 0, done.out + done.err
    assert done.json["demo"]["delivered"] == 16, "eight slots and their ids for the EHR"
    assert len(installation.admin.slots()) == 8


def test_a_lost_answer_is_settled_by_asking(installation: Installation) -> None:
    installation.config["rest_most_seconds"] = 600
    installation.configure()
    installation.open_day()
    installation.call("sync")
    installation.admin.trouble("reply-lost", operation="save_visit")
    installation.export(*installation.booking("visit-1", 0, 0))
    done = installation.call("sync", "--json")
    in_doubt = sum(each["in_doubt"] for each in done.json["demo"]["delivered"])
    assert in_doubt == 1, done.json
    early = installation.call("settle", "--json")
    assert (early.code, early.json["demo"]["happened"]) == (0, 0), "nobody asks before the time its row gives"
    installation.rows("UPDATE outbox_message SET not_before = now() WHERE state = 'in-doubt'")
    settled = installation.call("settle", "--json")
    assert settled.code == 0
    assert settled.json["demo"]["happened"] == 1
    assert len(installation.admin.visits()) == 1


def test_pull_says_what_patients_did(installation: Installation) -> None:
    installation.open_day()
    installation.call("sync")
    installation.admin.patient_books("dr-lis-d03-s0", installation.person(4))
    done = installation.call("pull")
    assert done.code == 0
    assert "demo: brought 1, cancelled 0, moved 0, our own 0, unreadable 0" in done.out
    assert installation.call("pull", "--json").json["demo"]["brought"] == 0
    assert installation.call("deliver").code == 0
