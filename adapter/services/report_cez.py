"""The discrepancy package for CeZ: one folder for one facility and one day, and the record of its filing.

CeZ asks for the ids of the slots or visits that were saved on the terms of a given day and should not have
been because of the block (law.md I-05). The folder holds ``report.csv``, ``report.xlsx``, ``report.json``,
the print-ready ``report.html`` and the unsent letter ``message.eml``. The program sends nothing.

Two things to know before changing it: the folder appears complete or not at all (written beside its place,
then renamed; an earlier one is never overwritten), and a row is marked ``reported`` only in a transaction
that ends after the folder is there.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

from adapter.domain.discrepancy import DiscrepancyState
from adapter.errors import BadInput, Misconfigured, Refused
from adapter.mapping.tables import Tables
from adapter.ports import Clock
from adapter.ports.store import AuditRecord, Store, UnitOfWork
from adapter.services.attribution import person
from adapter.services.report_letter import as_letter, as_page
from adapter.services.report_package import Package, as_json, digest
from adapter.services.report_rows import filed, rows_for_cez
from adapter.services.report_sheets import as_csv, as_workbook

SAME_DAY_MAX = 1_000
"""Packages of one facility and day that may lie in one folder."""


@dataclass(frozen=True, slots=True)
class Written:
    """A package on disk: its folder, how many rows it has, its digest, and whether it was filed."""

    folder: Path
    rows: int
    digest: str
    filed: bool


def package_files(package: Package) -> dict[str, bytes]:
    """Every file of the package by name. The same package always gives the same bytes."""
    attached = {
        "report.csv": as_csv(package),
        "report.xlsx": as_workbook(package),
        "report.json": as_json(package),
        "report.html": as_page(package),
    }
    return {**attached, "message.eml": as_letter(package, attached)}


def make_package(
    store: Store, clock: Clock, tables: Tables, facility: str, day: date, *, again: bool = False
) -> Package:
    """The rows to report for the terms of a Warsaw day; ``again`` offers filed rows once more."""
    return Package(facility, day, clock.now(), rows_for_cez(store, tables, facility, day, again=again))


def write_report(
    store: Store,
    clock: Clock,
    tables: Tables,
    facility: str,
    *,
    day: date,
    out: Path,
    filed_by: str | None = None,
    again: bool = False,
    empty: bool = False,
) -> Written | None:
    """Write the package into a new folder of ``out``; None, and nothing written, when there is no row.

    ``filed_by`` names the account of who files it: the rows become ``reported`` and are not offered again
    unless ``again``. ``empty`` writes a package that says that there is nothing.

    Raises:
        BadInput: ``filed_by`` is no account name. Misconfigured: ``out`` cannot be written.
        Refused: somebody filed one of the rows meanwhile.
    """
    who = person(filed_by) if filed_by is not None else None
    package = make_package(store, clock, tables, facility, day, again=again)
    if not package.rows and not empty:
        return None
    files = package_files(package)
    with store.unit_of_work() as work:
        if who is not None:
            _file(work, package, who, again=again)
        folder = _write(out, f"cez-{day.isoformat()}-{_safe(facility)}", files)
        try:
            work.commit()
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return Written(folder, len(package.rows), digest(package), filed=who is not None and bool(package.rows))


def file_rows(store: Store, clock: Clock, tables: Tables, facility: str, *, day: date, filed_by: str) -> int:
    """Record that the rows of a day were filed (the package was sent earlier); returns how many.

    Raises:
        BadInput: ``filed_by`` is no account name. Refused: somebody filed one of the rows meanwhile.
    """
    who = person(filed_by)
    package = make_package(store, clock, tables, facility, day)
    with store.unit_of_work() as work:
        _file(work, package, who, again=False)
        work.commit()
    return len(package.rows)


def _file(work: UnitOfWork, package: Package, who: str, *, again: bool) -> None:
    """Mark the rows and write down who filed what, under the package's digest."""
    name = digest(package)
    for row in package.rows:
        stored = work.differences.get(row.discrepancy_id)
        if stored is None or (filed(stored) and not again):
            raise Refused(
                f"discrepancy {row.discrepancy_id} was filed by somebody else meanwhile; make the package again",
                code="FILED_MEANWHILE",
            )
        _mark(work, row.discrepancy_id, who, name, package.made_at)
    if package.rows:
        work.audit.write(
            AuditRecord(
                at=package.made_at,
                actor=who,
                action="file-report",
                facility=package.facility,
                subject=f"report:{package.day.isoformat()}",
                correlation_id=str(uuid4()),
                detail={"digest": name, "rows": [row.discrepancy_id for row in package.rows], "again": again},
            )
        )


def _mark(work: UnitOfWork, discrepancy_id: int, who: str, name: str, at: datetime) -> None:
    work.differences.mark(
        discrepancy_id, DiscrepancyState.REPORTED.value, who, f"filed with CeZ, package {name[:16]}", at
    )


def _safe(facility: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", facility) or "_"


def _write(out: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """A new folder with all the files, or none. Every file is on the disk before the folder has its name."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{name}-", suffix=".partial", dir=out))
    except OSError as error:
        raise Misconfigured(f"{out} cannot be written: {error.strerror}", setting="--out") from error
    try:
        for file_name, content in files.items():
            with (partial / file_name).open("xb") as target:
                target.write(content)
                target.flush()
                os.fsync(target.fileno())
        partial.chmod(0o750)
        return _rename(partial, out, name)
    except OSError as error:
        raise Misconfigured(f"{out} cannot be written: {error.strerror}", setting="--out") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _rename(partial: Path, out: Path, name: str) -> Path:
    """Give the folder its name, or the first free one after it: an earlier package may have been sent."""
    for number in range(1, SAME_DAY_MAX + 1):
        folder = out / (name if number == 1 else f"{name}-{number}")
        if folder.exists():
            continue
        try:
            partial.rename(folder)
        except FileExistsError:
            continue
        except OSError:
            if folder.exists():
                continue
            raise
        return folder
    raise BadInput(f"{out} holds {SAME_DAY_MAX} packages of this day already", field="--out")
