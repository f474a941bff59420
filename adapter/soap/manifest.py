"""What each contract file is: listed in ``wsdl/MANIFEST.csv`` with its SHA-256 and origin, or the site's own.

Columns: ``file`` (below the folder), ``sha256``, ``origin`` (RECONSTRUCTION for ours), ``note``.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from adapter.errors import Misconfigured

FILE = "MANIFEST.csv"
COLUMNS = ("file", "sha256", "origin", "note")
OWN = "SITE"
"""Origin of a file that the manifest does not list, or lists with another content."""
SUFFIXES = (".wsdl", ".xsd")


@dataclass(frozen=True, slots=True)
class ContractFile:
    """One file of a contract: ``origin`` as listed, or :data:`OWN`."""

    file: str
    sha256: str
    origin: str
    note: str


def contract_files(folder: Path) -> tuple[ContractFile, ...]:
    """All WSDL and schema files below ``folder`` with their origin, sorted by name.

    Raises:
        Misconfigured: the manifest has other columns, or lists a file that is not there.
    """
    listed = _listed(folder / FILE)
    missing = sorted(name for name in listed if not (folder / name).is_file())
    if missing:
        raise Misconfigured(
            f"{folder / FILE} lists {', '.join(missing)}, which is not there", setting=FILE, code="CONTRACT_MISSING"
        )
    found: list[ContractFile] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix not in SUFFIXES or not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        row = listed.get(name)
        ours = row is not None and row["sha256"] == digest
        found.append(
            ContractFile(
                name, digest, row["origin"] if row and ours else OWN, row["note"] if row and ours else "not as listed"
            )
        )
    return tuple(found)


def _listed(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise Misconfigured(f"{path} must have the columns {', '.join(COLUMNS)}", setting=FILE)
    return {row["file"]: row for row in rows}
