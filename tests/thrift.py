"""What is the same for all tests of a process is made once: the suite is quick because of this.

* A contract, the code tables and the masks are bound once for each folder as it stands (names, dates and
  sizes of all files): a test that changes a table or a WSDL gets it bound anew.
* A private key is read once for the same bytes and password: OpenSSL takes a twentieth of a second to prove it.
* RSA keys of test certificates are made once for all processes of a run; no process gets the same one twice.
* What the imports left in memory is not searched for garbage again and again.

Programs that tests start as processes of their own know nothing of this and do everything anew.
Loaded by the top ``conftest.py``.
"""

from __future__ import annotations

import fcntl
import gc
import itertools
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from adapter.bootstrap import adapter as bootstrap
from adapter.bootstrap import examination, national, wiretap
from adapter.mapping import tables
from adapter.simulator import certificates
from adapter.soap import binding, keys

GARBAGE_AFTER = (10_000, 20, 20)
"""Objects, then rounds, after which Python looks for cycles (its own: 700, 10, 10)."""
gc.set_threshold(100_000, 20, 20)  # while tests are collected, as nearly all that is made then stays


def pytest_collection_finish() -> None:
    """Modules and test items stay until the end: they are no garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)


class KeyRing:
    """RSA keys for all processes of a run; the n-th key of each process is the same one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count()

    def __call__(self, public_exponent: int, key_size: int) -> rsa.RSAPrivateKey:
        """As ``rsa.generate_private_key``."""
        file = self.folder / f"rsa-{key_size}-{next(self._numbers):03d}.pem"
        with (self.folder / "rsa.lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            if not file.exists():
                made = rsa.generate_private_key(public_exponent, key_size)
                file.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        found = load_pem_private_key(file.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(found, rsa.RSAPrivateKey)
        return found


def _stamp(folder: Path | str) -> tuple[tuple[str, int, int], ...]:
    """Which files a folder holds now, and in which state; asked hundreds of times, so without path objects."""
    found: list[tuple[str, int, int]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                found += _stamp(entry.path)
            else:
                told = entry.stat()
                found.append((entry.path, told.st_mtime_ns, told.st_size))
    return tuple(sorted(found))


def once_for_each_folder(load: Callable[..., Any]) -> Callable[..., Any]:
    """``load`` with what it made of the same folders in the same state, and the same other things."""
    made: dict[object, tuple[Any, tuple[Any, ...]]] = {}

    def loaded(*given: Any) -> Any:
        key = tuple(_stamp(each) if isinstance(each, Path) else _same(each) for each in given)
        if key not in made:
            made[key] = (load(*given), given)  # what was given is held, so that its id stays its own
        return made[key][0]

    return loaded


def _same(given: Any) -> Any:
    return given if isinstance(given, str) else id(given)


@pytest.fixture(scope="session", autouse=True)
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.getbasetemp()
    ring = KeyRing(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)
    read_tables = once_for_each_folder(tables.load_tables)
    bind = once_for_each_folder(binding.load_bound_contract)
    with pytest.MonkeyPatch.context() as patch:
        for module in (bootstrap, examination):
            patch.setattr(module, "load_tables", read_tables)
        for module in (national, examination):
            patch.setattr(module, "load_bound_contract", bind)
        patch.setattr(national, "load_refusals", once_for_each_folder(national.load_refusals))
        patch.setattr(wiretap, "channel_masks", once_for_each_folder(wiretap.channel_masks))
        patch.setattr(keys, "load_pem_private_key", cache(keys.load_pem_private_key))
        open_once = cache(keys.pkcs12.load_key_and_certificates)
        patch.setattr(keys, "pkcs12", SimpleNamespace(load_key_and_certificates=open_once))
        known = SimpleNamespace(RSAPrivateKey=rsa.RSAPrivateKey, generate_private_key=ring)
        patch.setattr(certificates, "rsa", known)
        yield
