"""``pomost tasks`` from a shell: the day's work, what it asks of people, and their answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.register_ward import Ward
from installation import Installation
from store_fixtures import HeldClock

from adapter.bootstrap import open_store
from adapter.clock import SystemClock
from adapter.domain.moments import warsaw_day
from adapter.settings import load_settings

TODAY = warsaw_day(SystemClock().now())
YESTERDAY = (TODAY - timedelta(days=1)).isoformat()
LAST_MONTH = (TODAY - timedelta(days=30)).isoformat()


@pytest.fixture
def ward(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Three whose day was yesterday."""
    with monkeypatch.context() as patch:
        for name in ("POMOST_CONFIG", "DATABASE_URL", "POMOST_SEALING_KEYS"):
            patch.setenv(name, installation.environment[name])
        with open_store(load_settings()) as store:
            made = Ward(store, HeldClock())
            made.at(TODAY.isoformat())
            made.open_schedule()
            for name in ("A", "B", "C"):
                made.enter(name, on=LAST_MONTH, term=YESTERDAY)
    return installation


def test_a_clerk_answers_what_the_night_asked(ward: Installation) -> None:
    ran = ward.call("tasks", "run", "--json")
    assert (ran.code, ran.json["demo"]["entries"], ran.json["demo"]["tasks_raised"]) == (0, 3, 3)
    assert "judged 3 entries" in ward.call("tasks", "run").out
    listed = ward.call("tasks", "list", "--rule", "X-05", "--json").json
    assert {(one["code"], one["subject"]) for one in listed} == {
        ("TASK-X-NOSHOW", f"entry/{name}") for name in ("A", "B", "C")
    }
    number = {one["subject"]: str(one["id"]) for one in listed}
    confirmed = ward.call("tasks", "answer", number["entry/A"], "confirmed", "--note", "nobody came", "--json")
    assert (confirmed.code, confirmed.json["did"]) == (0, "AUTO-X-NOSHOW")
    assert ward.call("tasks", "answer", number["entry/B"], "excused", "--note", "an accident was shown").code == 0
    came = ward.call("tasks", "done", number["entry/C"], "--note", "came, not noted")
    assert came.out == f"task {number['entry/C']} is done\n"
    left = ward.call("tasks", "list", "--json").json
    assert [(one["code"], one["subject"]) for one in left] == [("TASK-E-NEW-DATE", "entry/B")]
    told = ward.call("tasks", "list", "--state", "all").out
    assert told.endswith("4 tasks\n")
    assert "termin minął, a wizyty nie odnotowano" in told
    assert "Wzorcowa" not in told
    again = ward.call("tasks", "run", "--json").json["demo"]
    assert (again["tasks_raised"], again["acted"]) == (0, {})


WRONG = [
    (("answer", "999", "confirmed", "--note", "x"), 1, "NO_SUCH_TASK"),
    (("done", "999", "--note", "x"), 1, "NO_SUCH_TASK"),
    (("answer", "1", "not-coming", "--note", "x"), 1, "TASK_ANSWER"),
    (("answer", "1", "maybe", "--note", "x"), 2, "'maybe' is not one of"),
    (("done", "1"), 2, "Missing option '--note'"),
    (("list", "--facility", "nowhere"), 2, "there is no facility 'nowhere'"),
]


def test_what_cannot_be_is_said_in_one_line(ward: Installation) -> None:
    ward.call("tasks", "run")
    for words, code, said in WRONG:
        done = ward.call("tasks", *words)
        assert (done.code, said in done.err) == (code, True), (words, done.err)
    assert len(ward.call("tasks", "list", "--json").json) == 3
