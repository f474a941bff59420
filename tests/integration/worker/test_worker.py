"""Jobs do what was asked for: on Procrastinate, on a real database, with the simulator beside it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from installation import Installation

from adapter.bootstrap import Adapter, open_adapter
from adapter.errors import Unavailable
from adapter.ports.store import Action, MessageState
from adapter.services.receive import receive
from adapter.services.synchronise import synchronise_alone
from adapter.services.take_in import take_in
from adapter.settings import Settings
from adapter.worker import jobs, timetable
from adapter.worker.app import run_worker, worker_app

FACILITY = "demo"
STABLE = (0, 1, 2, 4, 5, 6)
"""People whose referral is not urgent."""


@contextmanager
def opened(installation: Installation, *, facilities: tuple[str, ...] = (FACILITY,)) -> Iterator[Adapter]:
    """The adapter as ``pomost work`` opens it; more facilities are copies of the first."""
    config = dict.fromkeys(facilities, installation.facility)
    settings = Settings(
        **{**installation.config, "facilities": config},  # type: ignore[arg-type]
        database_url=installation.database_url,  # type: ignore[arg-type]
        sealing_keys=installation.environment["POMOST_SEALING_KEYS"],  # type: ignore[arg-type]
    )
    with open_adapter(settings) as adapter:
        yield adapter


def waiting(installation: Installation) -> list[tuple[Any, ...]]:
    """Jobs that wait: task and facility."""
    return installation.rows(
        "SELECT task_name, args->>'facility' FROM procrastinate_jobs WHERE status = 'todo' ORDER BY 1, 2"
    )


def states(installation: Installation) -> dict[str, int]:
    """Jobs by state."""
    return dict(installation.rows("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1"))  # type: ignore[arg-type]


def book(installation: Installation, adapter: Adapter, visits: int = 1) -> None:
    """A day opens and patients are booked; it is taken in, and nobody sent anything yet."""
    installation.open_day()
    installation.open_day(day=4)
    for number in range(visits):
        installation.export(*installation.booking(f"visit-{number}", STABLE[number], number % 3, day=3 + number // 3))
    receive(adapter.equipment, FACILITY)
    taken = take_in(adapter.equipment, FACILITY)
    assert (taken.refused, taken.quarantined) == (0, 0), taken.by_rule
    assert installation.admin.visits() == []


def saved(installation: Installation) -> list[str]:
    """References of the visits in CeR."""
    return sorted(visit["reference"] for visit in installation.admin.visits() if visit["state"] == "saved")


def test_what_was_taken_in_is_delivered_by_a_worker_process(installation: Installation) -> None:
    with opened(installation) as adapter:
        book(installation, adapter)
    assert waiting(installation) == [("pomost.deliver", FACILITY)]
    done = installation.run("work", "--once")
    assert done.code == 0, done.err
    assert "pomost works for demo" in done.err
    assert saved(installation) == ["visit-0"]
    assert set(states(installation)) == {"succeeded"}


def test_a_worker_in_this_process_stops_when_nothing_waits(installation: Installation) -> None:
    with opened(installation) as adapter:
        book(installation, adapter)
        run_worker(worker_app(adapter, periodic=False), concurrency=2, signals=False, once=True)
        assert saved(installation) == ["visit-0"]
        installation.export(*installation.booking("visit-1", 1, 1))
        receive(adapter.equipment, FACILITY)
        take_in(adapter.equipment, FACILITY)
        run_worker(worker_app(adapter, periodic=False), concurrency=2, signals=False, once=True)
    assert saved(installation) == ["visit-0", "visit-1"]


def test_a_worker_that_stops_by_itself_says_so_and_is_no_success(installation: Installation) -> None:
    """Its listener lost the database, its timetable broke: who watches over the process must start it again."""
    with opened(installation) as adapter:
        app = worker_app(adapter, periodic=False)
        app.periodic(cron="61 * * * *")(app.tasks["pomost.sync.tick"])  # breaks when the timetable is read
        with pytest.raises(Unavailable, match="the worker had to stop"):
            run_worker(app, concurrency=1, signals=False)


def test_one_delivery_waits_however_much_there_is_to_deliver(installation: Installation) -> None:
    with opened(installation) as adapter:
        book(installation, adapter, visits=3)
    assert waiting(installation) == [("pomost.deliver", FACILITY)]
    assert installation.rows("SELECT count(*) > 8 FROM outbox_message WHERE state = 'waiting'") == [(True,)]


def test_each_tick_asks_for_one_job_for_each_facility_and_not_twice(installation: Installation) -> None:
    with opened(installation, facilities=("demo", "north")) as adapter:
        app = worker_app(adapter)
        ticks = {name: task for name, task in app.tasks.items() if name.endswith(".tick")}
        words = ("forget", "reconcile", "register-day", "register-watch", "settle", "sync")
        assert set(ticks) == {f"pomost.{word}.tick" for word in words}
        with app.open():
            for _ in range(2):
                for tick in ticks.values():
                    tick(timestamp=0)
    assert waiting(installation) == [
        (task, facility) for task in [f"pomost.{word}" for word in words] for facility in ("demo", "north")
    ]
    assert {name for (name,) in installation.rows("SELECT DISTINCT queue_name FROM procrastinate_jobs")} == set(
        jobs.QUEUES
    )


def test_every_job_of_the_timetable_runs(installation: Installation) -> None:
    installation.open_day()
    with opened(installation) as adapter:
        app = worker_app(adapter)
        with app.open():
            for name, tick in app.tasks.items():
                if name.endswith(".tick"):
                    tick.defer(timestamp=0)
        run_worker(worker_app(adapter, periodic=False), concurrency=1, signals=False, once=True)
    assert set(states(installation)) == {"succeeded"}
    assert len(installation.admin.slots()) == 8
    assert installation.rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'pomost.reconcile'") == [(1,)]


def test_a_pass_beside_one_that_is_under_way_brings_back_what_patients_did_and_no_more(
    installation: Installation,
) -> None:
    with opened(installation, facilities=("demo", "north")) as adapter:
        installation.open_day()
        assert synchronise_alone(adapter.equipment, FACILITY).received > 8
        installation.export(*installation.booking("visit-0", STABLE[0], 1))
        installation.admin.patient_books("dr-lis-d03-s0", installation.person(STABLE[1]))
        with adapter.store.alone(f"sync {FACILITY}") as first, adapter.store.alone("sync north") as elsewhere:
            assert first
            assert elsewhere, "another facility's pass is another piece of work"
            beside = synchronise_alone(adapter.equipment, FACILITY)
        assert (beside.received, beside.delivered, beside.pulled.brought) == (0, [], 1)
        assert len(installation.admin.visits()) == 1, "the one that is under way does the rest"
        assert synchronise_alone(adapter.equipment, FACILITY).received > 0
    assert len(installation.admin.visits()) == 2


def test_a_periodic_tick_is_asked_for_by_the_worker_itself(installation: Installation) -> None:
    with opened(installation) as adapter:
        app = worker_app(adapter)
        crons = {key[0]: task.cron for key, task in app.periodic_registry.periodic_tasks.items()}
        settings = adapter.settings
    assert crons == {
        "pomost.sync.tick": settings.sync_cron,
        "pomost.settle.tick": "* * * * *",
        "pomost.reconcile.tick": settings.reconcile_cron,
        "pomost.forget.tick": timetable.FORGET_CRON,
        "pomost.register-day.tick": settings.register_day_cron,
        "pomost.register-watch.tick": settings.register_watch_cron,
    }


def test_two_workers_at_once_save_every_visit_once(installation: Installation) -> None:
    with opened(installation) as adapter:
        book(installation, adapter, visits=6)
        app = worker_app(adapter)
        with app.open():
            for _ in range(3):
                app.configure_task("pomost.deliver", queue=jobs.OUTBOX_QUEUE).defer(facility=FACILITY)

    def work(_: int) -> None:
        with opened(installation) as own:
            run_worker(worker_app(own, periodic=False), concurrency=2, signals=False, once=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert saved(installation) == [f"visit-{number}" for number in range(6)]
    assert len(installation.admin.visits()) == 6
    assert installation.admin.state()["counters"]["received"].get("zapiszWizyte") == 6
    assert installation.rows("SELECT DISTINCT state FROM outbox_message") == [("delivered",)]


def test_a_job_ends_well_when_somebody_is_out_of_reach(installation: Installation) -> None:
    with opened(installation) as adapter:
        book(installation, adapter)
        installation.admin.trouble("unavailable", count=None)
        run_worker(worker_app(adapter, periodic=False), concurrency=1, signals=False, once=True)
        assert set(states(installation)) == {"succeeded"}
        assert saved(installation) == []
        with adapter.store.unit_of_work() as work:
            held = {message.action for message in work.outbox.find(states=[MessageState.WAITING], limit=100)}
    assert held == {Action.PUT_SLOT, Action.SAVE_VISIT}


def test_a_worker_without_its_database_says_so(installation: Installation) -> None:
    done = installation.call("work", "--once")
    assert done.code == 0
    installation.environment["DATABASE_URL"] = "postgresql://pomost@127.0.0.1:9/pomost"
    done = installation.call("work", "--once")
    assert done.code == Unavailable.exit_code
    assert "the database cannot be reached" in done.err


@pytest.mark.parametrize("job", ["deliver", "settle", "sync", "reconcile", "register-day", "register-watch"])
def test_jobs_carry_a_facility_and_nothing_else(installation: Installation, job: str) -> None:
    with opened(installation) as adapter:
        task = worker_app(adapter).tasks[f"pomost.{job}"]
    assert task.func.__code__.co_varnames[: task.func.__code__.co_argcount] == ("facility",)
