"""Where ``mappings/``, ``wsdl/`` and ``fixtures/`` are found: a checkout, an editable install, a wheel.

In a checkout the folders stand beside ``adapter/``. A wheel carries them in ``adapter/_data/``
(see ``setup.py``). A site may put its own in their place through settings (``POMOST_MAPPINGS``,
``POMOST_WSDL``): the caller passes that folder as ``override``.
"""

from __future__ import annotations

from pathlib import Path

from adapter.errors import Misconfigured

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str, override: Path | None = None) -> Path:
    """The folder ``name`` (``mappings``, ``wsdl``, ``fixtures``).

    Raises:
        Misconfigured: the override, or the installation's own folder, is not there.
    """
    if override is not None:
        if not override.is_dir():
            raise Misconfigured(f"the {name} folder {override} does not exist", setting=f"POMOST_{name.upper()}")
        return override
    for candidate in (_PACKAGE.parent / name, _PACKAGE / "_data" / name):
        if candidate.is_dir():
            return candidate
    raise Misconfigured(f"this installation has no {name} folder; install pomost again", setting=name)


def mappings(override: Path | None = None) -> Path:
    """Code tables and contract bindings."""
    return folder("mappings", override)


def wsdl(override: Path | None = None) -> Path:
    """National contracts."""
    return folder("wsdl", override)


def fixtures(override: Path | None = None) -> Path:
    """Messages and journeys shared by tests, simulator and docs."""
    return folder("fixtures", override)
