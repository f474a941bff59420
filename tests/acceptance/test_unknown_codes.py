"""A code of CeR that no table knows: refused, shown, counted; taken up when the table learns it."""

from __future__ import annotations

import shutil
from pathlib import Path

from clinic_site import Site

from adapter import resources
from adapter.bootstrap import examination, open_adapter
from adapter.cli.demo.stage import FACILITY
from adapter.services.deliver import deliver
from adapter.services.pull_visits import pull_visits
from adapter.services.reconcile import reconcile


def _forgetful(site: Site, folder: Path, table: str, ours: str) -> Path:
    """The mappings of the site, in which one of our codes has another national code than CeR says."""
    shutil.copytree(resources.mappings(site.adapter.settings.mappings), folder)
    path = folder / f"{table}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = [_other_code(line) if line.startswith(f"{ours},") else line for line in lines]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _other_code(line: str) -> str:
    ours, national, rest = line.split(",", 2)
    return f"{ours},{national}9,{rest}"


def test_a_change_with_an_unknown_code_is_held_and_taken_up_once_the_table_knows_it(
    site: Site, tmp_path: Path
) -> None:
    site.open_day()
    site.book("visit-1", 0, ("dr-lis", 3, 0))
    by_patient = site.admin.patient_books("dr-lis-d03-s1", site.person(4))
    mappings = _forgetful(site, tmp_path / "mappings", "visit_origin", "patient")
    settings = site.adapter.settings.model_copy(update={"mappings": mappings})
    with open_adapter(settings, clock=site.eq.clock, defer_jobs=False) as adapter:
        pulled = pull_visits(adapter.equipment, FACILITY)
        assert (pulled.ours, pulled.brought, pulled.unreadable, pulled.held) == (0, 0, 1, 1)
        assert "visit_origin" in pulled.problems[0]
        seen = examination.held_changes(adapter.store, FACILITY)
        assert (seen.state, "visit_origin" in seen.text) == ("bad", True)
        assert pull_visits(adapter.equipment, FACILITY).held == 1
    assert site.ehr_appointment_of(by_patient) is None
    pulled = pull_visits(site.eq, FACILITY)
    assert (pulled.brought, pulled.held) == (1, 0)
    deliver(site.eq, FACILITY)
    assert site.ehr_appointment_of(by_patient) is not None
    assert examination.held_changes(site.eq.store, FACILITY).state == "ok"
    assert pull_visits(site.eq, FACILITY).brought == 0


def test_a_slot_with_an_unknown_kind_is_named_and_compared_when_the_table_knows_it(site: Site, tmp_path: Path) -> None:
    site.open_day()
    day = site.clinic.days[3]
    settings = site.adapter.settings.model_copy(
        update={"mappings": _forgetful(site, tmp_path / "mappings", "slot_kind", "urgent")}
    )
    with open_adapter(settings, clock=site.eq.clock, defer_jobs=False) as adapter:
        eq = adapter.equipment
        found = reconcile(eq.store, eq.registry, eq.clock, eq.tables, FACILITY, first=day, last=day)
        assert len(found.unreadable) == 2, "two urgent terms; the other six were read"
        assert all("slot_kind" in row.problem for row in found.unreadable)
        assert not found.clean
    eq = site.eq
    assert reconcile(eq.store, eq.registry, eq.clock, eq.tables, FACILITY, first=day, last=day).clean
