"""A published day is made once and put back: most acceptance tests begin with one, and it takes a fifth of a second.

What is put back is what stands after publishing: the database's rows, what the simulated CeR and P1 remember, and
the EHR's folder with the times of its files. The adapter is one that was just started on them, as after a restart.

It is put back only where publishing would have given the same: nothing was done yet (empty books, nobody called,
no trouble waits), and contract, settings, clinic, clock and seed are those of the day that was kept.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from clean_databases import Rows, rows_of, with_rows

from adapter.simulator.state import State

if TYPE_CHECKING:
    from clinic_site import Site

REMEMBERED = ("world", "registry", "waiting", "referrals", "received", "done", "faults", "met")
"""Parts of the simulator's state that a message changes."""
_UNTOUCHED = "SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM audit) + (SELECT count(*) FROM link)"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What stands after publishing."""

    rows: Rows
    simulator: bytes
    files: tuple[tuple[str, bytes, int], ...]
    """Path below the EHR's folder, content, time of the last change in nanoseconds."""
    versions: dict[str, int]


_days: dict[str, _Kept] = {}


def open_day(site: Site, day: int) -> None:
    """Publish all schedules and Dr Lis's slots of a working day on a fresh site, or put back one that was."""
    key = _same_beginning(site, day)
    if key in _days:
        _put_back(site, _days[key])
        return
    site.publish(day)
    if key:
        _days[key] = _keep(site)


def _same_beginning(site: Site, day: int) -> str:
    """All that publishing depends on; empty when something was done already."""
    state, folder = site.simulator.state, site.clinic.folder
    clock = state.clock
    moved = clock._held_at is not None or clock._offset != timedelta(0)
    if site.exports or moved or state.received or site.admin.troubles() or any(folder.iterdir()):
        return ""
    with psycopg.connect(_database(site), autocommit=True) as session:
        row = session.execute(_UNTOUCHED).fetchone()
    if row != (0,):
        return ""
    settings = site.adapter.settings.model_dump_json(exclude={"database_url"})
    national = {name: part for name, part in site.admin.state().items() if name != "now"}
    return json.dumps(
        [
            day,
            site.simulator.services["cer"].dialect.namespace,
            re.sub(re.escape(str(folder.parent)), "", settings),
            [each.isoformat() for each in site.clinic.days],
            site.clinic.world,
            national,
        ]
    )


def _keep(site: Site) -> _Kept:
    folder = site.clinic.folder
    files = tuple(
        (path.relative_to(folder).as_posix(), path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    return _Kept(rows_of(_database(site)), _memory(site.simulator.state), files, dict(site.clinic.versions))


def _put_back(site: Site, kept: _Kept) -> None:
    state = site.simulator.state
    with state.lock:
        for name, part in _Reader(io.BytesIO(kept.simulator), state).load().items():
            setattr(state, name, part)
    with_rows(_database(site), kept.rows)
    for name, content, changed_ns in kept.files:
        path = Path(site.clinic.folder, name)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(changed_ns, changed_ns))
    site.clinic.versions = dict(kept.versions)
    site.exports = 1


def _database(site: Site) -> str:
    url = site.adapter.settings.database_url
    assert url is not None
    return url.get_secret_value()


def _memory(state: State) -> bytes:
    with state.lock:
        said = io.BytesIO()
        _Writer(said, state).dump({name: getattr(state, name) for name in REMEMBERED})
        return said.getvalue()


def _lasting(state: State) -> dict[str, Any]:
    """What is the simulator's for as long as it runs: named in what is kept, not copied."""
    return {"state": state, "clock": state.clock, "rules": state.rules}


class _Writer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, state: State) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._names = {id(each): name for name, each in _lasting(state).items()}

    def persistent_id(self, obj: Any) -> str | None:
        return self._names.get(id(obj))


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, state: State) -> None:
        super().__init__(file)
        self._lasting = _lasting(state)

    def persistent_load(self, pid: str) -> Any:
        return self._lasting[pid]
