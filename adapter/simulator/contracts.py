"""Which contracts the simulator serves: found by name or by folder, one WSDL for each system.

The shipped contracts are ``first`` (``wsdl/``) and the folders of ``fixtures/contracts/``. A folder of one's own
has ``cer/`` or ``p1/`` in it, or ``wsdl/`` with these; what it lacks is as shipped.
"""

from __future__ import annotations

from pathlib import Path

from adapter import resources
from adapter.errors import Misconfigured

FIRST = "first"
SYSTEMS = ("cer", "p1")


def names() -> list[str]:
    """Names of the contracts that ship with the program."""
    others = resources.fixtures() / "contracts"
    return [FIRST, *sorted(path.name for path in others.iterdir() if path.is_dir())]


def wsdl_of(system: str, contract: str | Path) -> Path:
    """The WSDL of a system (``cer``, ``p1``) in a contract given by name or folder.

    Raises:
        Misconfigured: there is no such contract, or its folder holds not exactly one WSDL for the system.
    """
    shipped = resources.wsdl()
    root = _root(contract, shipped)
    if not any((root / each).is_dir() for each in SYSTEMS):
        raise Misconfigured(f"the contract folder {root} has neither cer nor p1 in it", setting="contract")
    folder = root / system if (root / system).is_dir() else shipped / system
    found = sorted(folder.glob("*.wsdl"))
    if len(found) != 1:
        raise Misconfigured(f"{folder} holds {len(found)} WSDL files, not one", setting="contract")
    return found[0]


def _root(contract: str | Path, shipped: Path) -> Path:
    """The folder with ``cer`` and ``p1`` in it. A name wins over a folder named so; write ``./second`` for that."""
    if contract == FIRST:
        return shipped
    if isinstance(contract, str) and contract in names():
        return resources.fixtures() / "contracts" / contract / "wsdl"
    folder = Path(contract)
    if not folder.is_dir():
        raise Misconfigured(
            f"there is no contract {contract}; known by name: {', '.join(names())}; or give a folder",
            setting="contract",
        )
    return folder / "wsdl" if (folder / "wsdl").is_dir() else folder
