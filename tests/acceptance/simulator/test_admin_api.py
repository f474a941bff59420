"""The admin API over HTTP, and the command that starts it all."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from acceptance.simulator.wire import PESELS, PODMIOT, Client

from adapter.simulator.app import Simulator

TOKEN = "token-of-the-tests"
ANNA = {"pesel": PESELS[0], "given": "Anna", "family": "Testowa"}


def ask(simulator: Simulator, method: str, path: str, body: object = None, token: str = TOKEN) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{simulator.urls.admin}{path}", data, method=method)
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_the_token_nothing_is_shown(simulator: Simulator, token: str) -> None:
    assert ask(simulator, "GET", "/state", token=token)[0] == 401


def test_a_patients_day_over_http(client: Client, simulator: Simulator) -> None:
    client.put("a", "b", "c")
    status, booked = ask(simulator, "POST", "/patient/book", {"slot": "a", "person": ANNA})
    assert status == 200
    assert ask(simulator, "POST", "/patient/move", {"visit": booked["visit"], "slot": "b"})[0] == 200
    assert ask(simulator, "POST", "/patient/book", {"slot": "b", "person": {**ANNA, "pesel": PESELS[1]}})[0] == 409
    join = {"podmiot": PODMIOT, "cell": "001", "service": "1100", "person": {**ANNA, "pesel": PESELS[2]}}
    assert ask(simulator, "POST", "/patient/join", join)[1]["waiting_room_entry"]
    assert ask(simulator, "POST", "/patient/cancel", {"visit": booked["visit"]}) == (200, {"waiting_room_entry": None})
    _, made = ask(simulator, "POST", "/matcher")
    assert [visit["origin"] for visit in made] == ["system"]
    _, state = ask(simulator, "GET", "/state")
    assert [change["origin"] for change in state["feed"]] == ["patient", "patient", "patient", "system"]
    assert state["counters"]["done"] == {"przekazListeSlotow": 1}
    assert ask(simulator, "POST", "/reset")[0] == 200
    assert ask(simulator, "GET", "/state")[1]["slots"] == []


def test_the_clock_over_http(simulator: Simulator) -> None:
    assert ask(simulator, "POST", "/clock", {"days": 40, "hours": 1})[1] == {"now": "2026-12-31T11:00:00+00:00"}
    at = {"at": "2027-01-01T08:00:00+01:00", "hold": True}
    assert ask(simulator, "POST", "/clock", at)[1] == {"now": "2027-01-01T07:00:00+00:00"}


def test_troubles_over_http(client: Client, simulator: Simulator) -> None:
    status, _ = ask(simulator, "POST", "/troubles", {"kind": "unavailable", "operation": "list_slots"})
    assert status == 200
    assert [t["kind"] for t in ask(simulator, "GET", "/troubles")[1]["asked"]] == ["unavailable"]
    assert client.list_slots().status == 503
    ask(simulator, "POST", "/troubles", {"kind": "refused", "system": "p1", "count": None})
    assert ask(simulator, "DELETE", "/troubles")[0] == 200
    assert client.post(b"", "", system="p1", method="GET", query="?wsdl").status == 200


def test_a_seed_over_http(simulator: Simulator) -> None:
    facility = {"podmiot": "000000111111", "name": "Nowa", "node": "2.16.840.1.113883.3.4424.2.7.111"}
    assert ask(simulator, "POST", "/seed", {"facilities": [facility], "people": [ANNA]})[0] == 200
    assert "000000111111" in simulator.state.world.facilities


JOIN = {"podmiot": PODMIOT, "cell": "001", "service": "1100", "person": ANNA}
WRONG = [
    ("POST", "/patient/book", {"slot": "none", "person": ANNA}, "slot"),
    ("POST", "/patient/book", {"slot": "a"}, "person"),
    ("POST", "/patient/cancel", {"visit": "none"}, "visit"),
    ("POST", "/patient/cancel", {}, "visit"),
    (
        "POST",
        "/patient/join",
        {"podmiot": "1", "cell": "1", "service": "1", "person": ANNA, "not_before": "x"},
        "not_before",
    ),
    ("POST", "/clock", {"at": "2026-12-01T08:00:00"}, "at"),
    ("POST", "/clock", {"days": "many"}, "days"),
    ("POST", "/clock", {"days": 1e12}, "days"),
    ("POST", "/troubles", {"kind": "flood"}, "kind"),
    ("POST", "/troubles", {"kind": "slow", "count": "many"}, "count"),
    ("POST", "/seed", {"people": [{}]}, "pesel"),
    ("POST", "/seed", [], ""),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), WRONG, ids=[f"{r[1]} {r[3]}" for r in WRONG])
def test_nonsense_is_named(simulator: Simulator, method: str, path: str, body: object, field: str) -> None:
    status, said = ask(simulator, method, path, body)
    assert (status, said["field"]) == (400, field)


def test_an_unknown_route(simulator: Simulator) -> None:
    assert ask(simulator, "GET", "/secrets")[0] == 404
    assert "GET /state" in ask(simulator, "GET", "/")[1]["routes"]


def test_the_command_starts_serves_and_stops(tmp_path: Path) -> None:
    """Certificates are made when there are none; SIGTERM ends it with 0."""
    folder = tmp_path / "certificates"
    code = "import sys; from adapter.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "simulate", "--cer-port", "0", "--p1-port", "0", "--admin-port", "0"]
    command += ["--certificates", str(folder), "--clock", "2026-12-01T08:00:00+01:00", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = json.loads(process.stdout.readline())
            request = urllib.request.Request(f"{said['admin']}/state")
            request.add_header("Authorization", f"Bearer {said['token']}")
            with urllib.request.urlopen(request, timeout=10) as answer:
                state = json.loads(answer.read())
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert state["now"] == "2026-12-01T07:00:00+00:00"
    assert len(state["referrals"]) >= 12
    assert (folder / "client-wss.p12").is_file()


COMMANDS = [
    (["--clock", "tomorrow"], 2, "give an instant"),
    (["--clock", "2026-12-01T08:00:00"], 2, "time zone"),
    (["--certificates", "{empty}"], 3, "lacks a certificate"),
    (["--certificates", "{empty}", "--seed", "{seed}"], 1, "is not JSON"),
]


@pytest.mark.parametrize(("arguments", "code", "said"), COMMANDS, ids=[row[2] for row in COMMANDS])
def test_wrong_use_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    from adapter.cli.main import main

    (tmp_path / "seed.json").write_text("{")
    values = {"empty": str(tmp_path), "seed": str(tmp_path / "seed.json")}
    with pytest.raises(SystemExit) as stopped:
        main(["simulate", *(argument.format(**values) for argument in arguments)])
    assert stopped.value.code == code
    assert said in capsys.readouterr().err
