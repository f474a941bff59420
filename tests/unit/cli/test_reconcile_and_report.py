"""What people see and what scripts get from reconcile, report and discrepancies."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from fakes.reconcile_fakes import FakeRegistry, FakeStore, HeldClock
from fakes.report_cases import DAY, MADE, report_store

import adapter.bootstrap
from adapter.cli.main import main
from adapter.domain.identifiers import CellCode
from adapter.domain.national import NationalSlot, NationalSlotState, UnreadableRow
from adapter.domain.schedule import Schedule
from adapter.domain.slot import SlotKind
from adapter.errors import Unavailable
from adapter.mapping.tables import load_tables
from adapter.resources import mappings
from adapter.services.equipment import Limits

Run = Callable[..., tuple[int, str, str]]
STARTS = MADE + timedelta(days=5)


@pytest.fixture
def store() -> FakeStore:
    return report_store()


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture
def run(
    store: FakeStore, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run ``pomost`` with a store and a CeR in memory; gives exit code, output and error output."""

    @contextmanager
    def opened() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(
            store=store,
            registry=registry,
            clock=HeldClock(MADE),
            tables=load_tables(mappings()),
            facilities=("demo",),
            settings=SimpleNamespace(reconcile_days=7),
            equipment=SimpleNamespace(store=store, registry=registry, clock=HeldClock(MADE), limits=Limits()),
        )

    monkeypatch.setattr(adapter.bootstrap, "open_adapter", opened)

    def go(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return go


@pytest.fixture
def surplus(store: FakeStore, registry: FakeRegistry) -> None:
    """One empty slot in CeR that the hospital does not have, with an id that a spreadsheet would calculate."""
    store.state.discrepancies.clear()
    store.state.schedules["C1"] = Schedule("C1", CellCode("000000927722", "001"), "1100")
    ends = STARTS + timedelta(minutes=15)
    registry.slots["C1"] = [NationalSlot("=N1", "C1", STARTS, ends, NationalSlotState.OPEN, SlotKind.STABLE)]


# ---------------------------------------------------------------- reconcile


@pytest.mark.usefixtures("surplus")
def test_a_difference_is_told_in_polish_and_english_and_ends_with_1(run: Run) -> None:
    code, out, _ = run("reconcile")
    assert code == 1
    assert "SURPLUS_SLOT_EMPTY  1  [medium]" in out
    assert "Nadmiarowy slot bez wizyty (In CeR, not in the hospital's schedule, no visit)" in out
    assert "2026-11-30 08:30  C1  CeR slot =N1" in out


@pytest.mark.usefixtures("surplus")
def test_json_has_every_difference_with_its_evidence(run: Run) -> None:
    code, out, _ = run("reconcile", "--format", "json", "--day", "2026-11-30")
    (facility,) = json.loads(out)["facilities"]
    assert (code, facility["counts"], facility["first"]) == (1, {"SURPLUS_SLOT_EMPTY": 1}, "2026-11-30")
    assert facility["found"][0]["class"] == "SURPLUS_SLOT_EMPTY"
    assert facility["found"][0]["evidence"]["listing_incomplete"] is False


@pytest.mark.usefixtures("surplus")
def test_csv_is_safe_to_open(run: Run) -> None:
    _, out, _ = run("reconcile", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(out), delimiter=";")
    assert (row["class"], row["cer_slot"], row["to_cez"]) == ("SURPLUS_SLOT_EMPTY", "'=N1", "no")


@pytest.mark.usefixtures("surplus")
def test_remedies_are_sent_only_when_asked_for(run: Run, store: FakeStore) -> None:
    run("reconcile")
    assert store.state.messages == []
    _, out, _ = run("reconcile", "--remedy")
    assert "sent  1  SURPLUS_SLOT_EMPTY: edit-slot: outbox message 1" in out
    assert len(store.state.messages) == 1


def test_two_sides_that_agree_end_with_0(run: Run) -> None:
    code, out, _ = run("reconcile", "--day", "2026-12-24")
    assert code == 0
    assert "both sides agree" in out


def test_a_cer_out_of_reach_ends_with_4_and_names_the_lists(run: Run, registry: FakeRegistry) -> None:
    registry.troubles["kardiologia-1", DAY] = Unavailable("CeR does not answer")
    code, out, _ = run("reconcile", "--day", DAY.isoformat())
    assert code == 4
    assert "2026-11-30  kardiologia-1: CeR does not answer" in out


def test_a_cer_at_rest_is_not_asked(run: Run, store: FakeStore, registry: FakeRegistry) -> None:
    registry.troubles["kardiologia-1", DAY] = Unavailable("CeR does not answer")
    run("reconcile", "--day", DAY.isoformat())
    registry.troubles.clear()
    registry.asked.clear()
    code, out, _ = run("reconcile", "--day", DAY.isoformat())
    assert (code, registry.asked) == (4, [])
    assert "cer rests until 2026-11-25T07:30:05+00:00: CeR does not answer" in out


def test_rows_that_cannot_be_read_are_findings(run: Run, registry: FakeRegistry) -> None:
    registry.unreadable["kardiologia-1", DAY] = (UnreadableRow("row 3", "unknown state"),)
    code, out, _ = run("reconcile", "--day", DAY.isoformat())
    assert code == 1
    assert "row 3: unknown state" in out


WRONG_USE = [
    (("--day", "30.11.2026"), "no day"),
    (("--day", "2026-11-30", "--to", "2026-12-01"), "--day, or --from and --to"),
    (("--to", "2026-12-01"), "--to needs --from"),
    (("--facility", "nowhere"), "no facility 'nowhere'"),
]


@pytest.mark.parametrize(("words", "why"), WRONG_USE, ids=[row[1] for row in WRONG_USE])
def test_wrong_use_ends_with_2(run: Run, words: tuple[str, ...], why: str) -> None:
    code, _, err = run("reconcile", *words)
    assert code == 2
    assert why in err


def test_days_turned_round_are_refused(run: Run) -> None:
    code, _, err = run("reconcile", "--from", "2026-12-02", "--to", "2026-12-01")
    assert code == 1
    assert "before the first" in err


# ---------------------------------------------------------------- report


def test_the_package_is_written_and_the_next_step_named(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("report", "cez", "--day", DAY.isoformat(), "--out", str(tmp_path))
    assert code == 0
    folder = tmp_path / "cez-2026-11-30-demo"
    assert out == f"demo, 2026-11-30: 3 rows in {folder}; send message.eml, then: pomost report filed\n"


def test_filing_afterwards_takes_the_rows_off(run: Run, tmp_path: Path) -> None:
    words = ("report", "cez", "--day", DAY.isoformat(), "--out", str(tmp_path), "--json")
    assert json.loads(run(*words)[1])[0]["rows"] == 3
    assert run("report", "filed", "--day", DAY.isoformat(), "--by", "a.nowak")[1] == "demo, 2026-11-30: 3 rows filed\n"
    assert json.loads(run(*words)[1]) == [
        {"facility": "demo", "day": "2026-11-30", "rows": 0, "folder": None, "digest": None, "filed": False}
    ]
    assert json.loads(run(*words, "--again")[1])[0]["rows"] == 3


def test_an_empty_day_says_so_and_ends_with_0(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("report", "cez", "--day", "2026-12-24", "--out", str(tmp_path))
    assert code == 0
    assert "nothing to report" in out
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- discrepancies


def test_the_list_shows_what_is_not_finished(run: Run) -> None:
    code, out, _ = run("discrepancies", "list")
    lines = out.splitlines()
    assert code == 0
    assert lines[-1] == f"{len(lines) - 1} discrepancies"
    assert (
        "1  open          BOOKED_WHILE_BLOCKED  2026-11-30 09:00  kardiologia-1  CeR slot CER-2026-00000" in lines[0]
    )


def test_the_list_is_narrowed_by_class_state_and_day(run: Run) -> None:
    words = ("discrepancies", "list", "--json", "--class", "DOUBLE_BOOKED", "--state", "open", "--day")
    assert [one["class"] for one in json.loads(run(*words, DAY.isoformat())[1])] == ["DOUBLE_BOOKED"]
    assert json.loads(run(*words, "2026-12-24")[1]) == []


def test_one_is_shown_with_evidence_and_history(run: Run) -> None:
    run(
        "discrepancies", "resolve", "1", "--state", "acknowledged", "--note", "calling the patient", "--who", "a.nowak"
    )
    code, out, _ = run("discrepancies", "show", "1")
    assert code == 0
    assert "  block_proven_at: 2026-11-23T09:00:04+00:00" in out
    assert "acknowledged  person:a.nowak  calling the patient" in out


def test_one_that_is_not_there_ends_with_1(run: Run) -> None:
    code, out, err = run("discrepancies", "show", "99")
    assert (code, out) == (1, "")
    assert "no discrepancy 99" in err


def test_a_person_resolves_and_a_note_with_a_pesel_is_refused(run: Run, store: FakeStore) -> None:
    bad = ("discrepancies", "resolve", "1", "--state", "closed", "--note", "02701100018", "--who", "a.nowak")
    code, _, err = run(*bad)
    assert code == 1
    assert "02701100018" not in err
    code, out, _ = run("discrepancies", "resolve", "1", "--state", "closed", "--note", "test slot", "--who", "a.nowak")
    assert (code, out) == (0, "discrepancy 1 is closed\n")
    assert store.state.discrepancies[0].state == "closed"
