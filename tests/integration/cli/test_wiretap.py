"""``pomost wiretap`` and ``pomost outbox show``: what was said and answered, masked; unmasked for an engineer only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from installation import Installation

from adapter.cli.person import account

REASON = "CeZ ticket 4711"
PERSONAL = ("pesel", "given", "family", "phone", "key", "code")
"""What the clinic's world calls what nobody may read."""


@pytest.fixture
def booked(installation: Installation) -> Installation:
    """One visit is saved in CeR, its referral accepted in P1."""
    installation.open_day()
    installation.export(*installation.booking("visit-1", 0, 0))
    assert installation.call("sync").code == 0
    return installation


def people_of(installation: Installation) -> set[str]:
    """Everything about the first patient and her referral that could name her."""

    def texts(value: Any, name: str = "") -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from texts(inner, key)
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner, name)
        elif isinstance(value, str) and name in PERSONAL and len(value) > 4:
            yield value

    found = set(texts(installation.clinic.world["people"][:1]))
    assert len(found) >= 3
    return found


def message_of(installation: Installation, action: str) -> dict[str, Any]:
    listed = installation.call("outbox", "list", "--json", "--limit", "100").json
    return next(each for each in listed if each["action"] == action)


def as_engineer(installation: Installation) -> None:
    installation.config["roles"] = {account(): "engineer"}
    installation.configure()


def database_text(installation: Installation) -> str:
    """All that the wiretap's tables hold, unpacked where it is packed."""
    import zlib

    with psycopg.connect(installation.database_url) as connection:
        rows = connection.execute("SELECT w.*, o.* FROM wiretap w LEFT JOIN wiretap_opening o ON true").fetchall()
    parts = []
    for row in rows:
        for value in row:
            if isinstance(value, bytes) and value[:1] == b"\x78":
                parts.append(zlib.decompress(value).decode())
            else:
                parts.append(value.decode("latin-1") if isinstance(value, bytes) else str(value))
    return "\n".join(parts)


def test_every_exchange_about_a_message_is_shown_and_names_nobody(booked: Installation) -> None:
    visit = message_of(booked, "save-visit")
    shown = booked.call("outbox", "show", str(visit["id"]))
    assert shown.code == 0, shown.err
    assert "--- 1. " in shown.out
    assert "answered, HTTP 200" in shown.out
    assert shown.out.count("</soapenv:Envelope>") == 2
    assert "[masked]" in shown.out

    (saved,) = booked.call("outbox", "show", str(visit["id"]), "--json").json["tries"]
    assert (saved["operation"], saved["outcome"], saved["http_status"]) == ("save_visit", "answered", 200)
    assert saved["messages"] == [visit["id"]]
    accepting = booked.call("outbox", "show", str(message_of(booked, "accept-referral")["id"]), "--json").json
    assert [each["operation"] for each in accepting["tries"]] == ["read_to_accept", "accept"]
    batch = message_of(booked, "put-slot")
    (put,) = booked.call("outbox", "show", str(batch["id"]), "--json").json["tries"]
    assert len(put["messages"]) > 1

    under = booked.call("wiretap", "show", saved["correlation_id"], "--json").json
    assert {each["id"] for each in under} >= {saved["id"], *(each["id"] for each in accepting["tries"])}
    assert booked.call("wiretap", "show", saved["message_id"], "--json").json == [saved]
    assert "visit_changes" in booked.call("wiretap", "list").out

    kept = database_text(booked)
    for secret in people_of(booked):
        assert secret not in shown.out
        assert secret not in kept


def test_an_answer_that_never_came_is_shown_with_the_asking_that_followed(installation: Installation) -> None:
    installation.open_day()
    assert installation.call("sync").code == 0
    installation.admin.trouble("reply-lost", count=1)
    installation.export(*installation.booking("visit-1", 0, 0))
    installation.call("sync")
    visit = message_of(installation, "save-visit")
    (lost,) = installation.call("outbox", "show", str(visit["id"]), "--json").json["tries"]
    assert (lost["outcome"], lost["answered_at"], lost["reply"]) == ("in-doubt", None, None)
    assert "no answer came" in installation.call("outbox", "show", str(visit["id"])).out


def test_only_an_engineer_unmasks_and_every_step_is_in_the_audit(installation: Installation) -> None:
    installation.open_day()
    unmask = ["wiretap", "unmask", "--facility", "demo", "--reason", REASON, "--hours", "4"]
    refused = installation.call(*unmask)
    assert (refused.code, "ENGINEER_NEEDED" in refused.err) == (1, True)
    as_engineer(installation)
    assert installation.call(*unmask[:-1], "1000").code == 1
    assert installation.call(*unmask).code == 0
    assert REASON in installation.call("wiretap", "status").out

    installation.export(*installation.booking("visit-1", 0, 0))
    assert installation.call("sync").code == 0
    (saved,) = installation.call("outbox", "show", str(message_of(installation, "save-visit")["id"]), "--json").json[
        "tries"
    ]
    look = ["wiretap", "show", saved["message_id"], "--unmasked"]
    assert installation.call(*look).code == 2
    people = people_of(installation)
    with pytest.raises(AssertionError) as looked:  # the guard of all other commands against just this
        installation.call(*look, "--reason", REASON)
    assert sum(secret in str(looked.value) for secret in people) >= 2
    assert not any(secret in database_text(installation) for secret in people)

    installation.config["roles"] = {account(): "operator"}
    installation.configure()
    assert installation.call(*look, "--reason", REASON).code == 1
    assert "masked again" in installation.call("wiretap", "off", "--facility", "demo").out
    assert installation.call("wiretap", "status", "--json").json["open"] == []
    assert installation.rows(
        "SELECT action, actor, detail->>'reason' FROM audit WHERE action LIKE 'wiretap.%' ORDER BY position"
    ) == [
        (action, f"person:{account()}", REASON)
        for action in ("wiretap.refused", "wiretap.unmask", "wiretap.look", "wiretap.refused", "wiretap.mask")
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(["show", "no-such-id"], 1, "nothing was heard under this id", id="an unknown id"),
        pytest.param(["off", "--facility", "nowhere"], 2, "there is no facility 'nowhere'", id="an unknown facility"),
        pytest.param(
            ["unmask", "--facility", "demo", "--reason", "pacjent 02701100018", "--hours", "1"],
            1,
            "must hold no PESEL",
            id="a person in the reason",
        ),
    ],
)
def test_wrong_use_is_one_clear_line(installation: Installation, arguments: list[str], code: int, says: str) -> None:
    done = installation.call("wiretap", *arguments)
    assert (done.code, says in done.err) == (code, True), done.err
