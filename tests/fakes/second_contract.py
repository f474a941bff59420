"""The second contract of CeR (fixtures/contracts/second) as an installation has it: its WSDLs and its tables."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from adapter import resources
from adapter.cli.demo.clinic import add_stage

SECOND = resources.fixtures() / "contracts" / "second"


def assemble(target: Path) -> tuple[Path, Path]:
    """(wsdl, mappings) below ``target``.

    P1 and most tables are as shipped; CeR's contract, its bindings, codes and refusals are the second's.
    """
    wsdl, mappings = target / "wsdl", target / "mappings"
    shutil.copytree(resources.wsdl() / "p1", wsdl / "p1")
    shutil.copytree(SECOND / "wsdl" / "cer", wsdl / "cer")
    shutil.copytree(resources.mappings(), mappings)
    shutil.copytree(SECOND / "mappings", mappings, dirs_exist_ok=True)
    _add_refusals(mappings / "refusals.csv")
    add_stage(mappings)
    return wsdl, mappings


def _add_refusals(table: Path) -> None:
    with table.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(line for line in stream if not line.startswith("#"))
        rows, columns = list(reader), list(reader.fieldnames or ())
    with (SECOND / "refusals.csv").open(encoding="utf-8", newline="") as stream:
        for more in csv.DictReader(line for line in stream if not line.startswith("#")):
            like = next(row for row in rows if row["code"] == more["like"])
            rows.append(like | {name: more[name] for name in ("channel", "source", "code")})
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
