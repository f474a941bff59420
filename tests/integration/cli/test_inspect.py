"""``pomost outbox`` and ``pomost inbox``: look at what came and what goes, mend what stopped."""

from __future__ import annotations

import pytest
from installation import Installation


@pytest.fixture
def refused(installation: Installation) -> Installation:
    """One visit is saved; CeR refused to delete a slot that somebody had just booked in IKP."""
    installation.open_day()
    installation.export(*installation.booking("visit-1", 0, 0))
    assert installation.call("sync").code == 0
    installation.admin.patient_books("dr-lis-d03-s1", installation.person(4))
    installation.export(installation.clinic.slot("dr-lis", 3, 1, "entered-in-error"))
    done = installation.call("sync")
    assert done.code == 1, done.out + done.err
    assert "refused 1" in done.out
    return installation


def test_a_refused_write_is_listed_shown_and_put_back(refused: Installation) -> None:
    listed = refused.call("outbox", "list", "--state", "refused")
    assert listed.code == 0
    assert listed.out.splitlines()[-1] == "1 message(s)"
    (message,) = refused.call("outbox", "list", "--state", "refused", "--json").json
    assert {"id", "facility", "destination", "action", "subjects", "state", "attempts", "problem"} <= set(message)
    assert (message["state"], message["action"], message["sealed"]) == ("refused", "delete-slot", False)
    number = str(message["id"])
    assert number in listed.out
    shown = refused.call("outbox", "show", number)
    assert shown.code == 0
    assert message["problem"] in shown.out
    told = refused.call("outbox", "show", number, "--json").json
    assert told.pop("tries")[0]["outcome"] == "refused"
    assert told == message

    done = refused.call("outbox", "retry", number, "--reason", "the visit was moved")
    assert (done.code, done.out) == (0, f"message {number} waits again\n")
    assert refused.rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") != [(0,)]
    again = refused.call("deliver")
    assert again.code == 1
    assert f"outbox {number}:" in again.out
    assert refused.rows("SELECT detail->>'reason' FROM audit WHERE action = 'outbox.retry'") == [
        ("the visit was moved",)
    ]


def test_a_stopped_write_is_listed_named_by_doctor_and_put_back(installation: Installation) -> None:
    """It waits at infinity with its reason, and whoever must act can find it."""
    installation.admin.trouble("unavailable", count=None)
    installation.export(*installation.clinic.schedules(), installation.clinic.slot("dr-lis", 3, 0))
    assert installation.call("sync").code == 4
    installation.rows(
        "UPDATE outbox_message SET not_before = 'infinity', attempts = 400, "
        "problem = 'stopped after 400 tries: not available; told: operator' WHERE state = 'waiting'"
    )
    listed = installation.call("outbox", "list", "--stopped")
    assert "told: operator" in listed.out
    assert "cer of demo rests until" in listed.out
    (message,) = installation.call("outbox", "list", "--stopped", "--json").json
    assert (message["state"], message["stopped"]) == ("waiting", True)
    found = {one["subject"]: one for one in installation.call("doctor", "--json").json}
    assert found["outbox"]["state"] == "bad"
    assert f"1 stopped; the newest, {message['id']}: stopped after 400 tries" in found["outbox"]["text"]
    assert found["cer for demo"]["state"] == "warning"
    installation.admin.clear_troubles()
    assert installation.call("outbox", "retry", str(message["id"]), "--reason", "CeR is back").code == 0
    installation.rows("DELETE FROM outbox_pause")
    assert installation.call("deliver").code == 0
    assert installation.call("outbox", "list", "--stopped").out.startswith("0 message(s)")


def test_what_was_about_a_person_is_listed_and_never_shown(refused: Installation) -> None:
    listed = refused.call("outbox", "list", "--json", "--limit", "100").json
    visit = next(message for message in listed if message["action"] == "save-visit")
    shown = refused.call("outbox", "show", str(visit["id"]))
    assert shown.code == 0
    for person in refused.clinic.world["people"][:1]:
        assert person["family"] not in shown.out
        assert person["phone"] not in shown.out


def test_a_waiting_write_is_given_up(installation: Installation) -> None:
    installation.open_day()
    installation.admin.trouble("refused", count=None)
    installation.call("sync")
    (*_, message) = installation.call("outbox", "list", "--state", "waiting", "--json").json
    number = str(message["id"])
    done = installation.call("outbox", "drop", number, "--reason", "done by hand")
    assert (done.code, done.out) == (0, f"message {number} is given up\n")
    assert installation.call("outbox", "show", number, "--json").json["state"] == "dropped"
    twice = installation.call("outbox", "drop", number, "--reason", "again")
    assert twice.code == 1
    assert "is dropped; only a waiting or in-doubt one is dropped" in twice.err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(["outbox", "show", "999"], 1, "there is no outbox entry 999"),
        pytest.param(["outbox", "retry", "999", "--reason", "why"], 1, "there is no outbox message 999"),
        pytest.param(["outbox", "drop", "999", "--reason", "why"], 1, "there is no outbox message 999"),
        pytest.param(["outbox", "drop", "999"], 2, "Missing option '--reason'"),
        pytest.param(["outbox", "list", "--state", "lost"], 2, "'lost' is not one of"),
        pytest.param(["outbox", "list", "--facility", "nowhere"], 2, "there is no facility 'nowhere'"),
        pytest.param(["inbox", "list", "--facility", "nowhere"], 2, "there is no facility 'nowhere'"),
        pytest.param(["inbox", "show", "999"], 1, "there is no inbox entry 999"),
        pytest.param(["inbox", "replay", "999"], 1, "there is no inbox entry 999"),
        pytest.param(["outbox", "show", "99999999999999999999"], 1, "there is no outbox entry"),
        pytest.param(["inbox", "replay", "99999999999999999999"], 1, "there is no inbox entry"),
    ],
)
def test_wrong_use_is_one_clear_line(installation: Installation, arguments: list[str], code: int, says: str) -> None:
    done = installation.call(*arguments)
    assert done.code == code
    assert says in done.err


def test_a_quarantined_entry_is_listed_shown_and_replayed(installation: Installation) -> None:
    patient, referral, appointment = installation.booking("visit-1", 0, 0)
    installation.open_day()
    installation.export(patient, appointment)
    assert installation.call("sync").code == 1
    (entry,) = installation.call("inbox", "list", "--state", "quarantined", "--json").json
    assert entry["received"]["resource_id"] == "visit-1"
    assert "raw" not in entry["received"]
    assert set(entry["problems"][0]) == {"path", "rule", "text_pl", "text_en", "severity", "code", "article"}
    number = str(entry["id"])
    listed = installation.call("inbox", "list", "--state", "quarantined")
    assert "Appointment/visit-1" in listed.out
    assert entry["problems"][0]["text_en"] in listed.out
    assert entry["problems"][0]["rule"] in installation.call("inbox", "show", number).out
    assert installation.call("inbox", "show", number, "--json").json == entry

    installation.export(referral)
    done = installation.call("inbox", "replay", number)
    assert (done.code, done.out) == (0, f"entry {number} is taken in again by the next sync\n")
    assert installation.call("sync").code == 0
    assert [visit["reference"] for visit in installation.admin.visits()] == ["visit-1"]
    assert installation.call("inbox", "list", "--state", "quarantined").out == "0 entries\n"
