"""Where an embedded server keeps its things, and as whom it runs.

As root: under ``/var/lib/pomost``, run by the system user ``pomost``, because PostgreSQL refuses to
run as root and a folder of root's is closed to anyone else. Otherwise: under the user's own data
folder, run by that user. No existing folder is ever given another owner or mode.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from adapter.errors import Misconfigured

SYSTEM_FOLDER = Path("/var/lib/pomost")
SYSTEM_USER = "pomost"
MAIN = "main"
SOCKET_PATH_BYTES_MAX = 100
"""The system's limit is 107; PostgreSQL's lock file beside the socket needs a few more than the socket."""
SOCKET_FILE = ".s.PGSQL.5432.lock"
PRIVATE = 0o700
OPEN = 0o755


class Identity(TypedDict, total=False):
    """Arguments of ``subprocess`` that change the user."""

    user: int
    group: int
    extra_groups: list[str | int]


@dataclass(frozen=True, slots=True)
class Account:
    """The user the server runs as; ``switch`` whether we have to change to it."""

    name: str
    uid: int
    gid: int
    switch: bool

    @property
    def identity(self) -> Identity:
        """What ``subprocess`` needs to run something as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}


@dataclass(frozen=True, slots=True)
class Places:
    """All paths of one server. ``notice`` says what a user should know about them, mostly empty."""

    name: str
    account: Account
    data: Path
    socket: Path
    conf: Path
    lock: Path
    key: Path
    programs: Path | None
    """Where the programs are copied to; None: run from the wheel."""
    notice: str = ""


def find(folder: Path | None, name: str | None) -> Places:
    """The places of the server called ``name`` (None: the main one of ``folder``); folders are made.

    Raises:
        Misconfigured: a folder cannot be made or used, or the system user cannot be created.
    """
    try:
        return _as_root(folder, name) if os.geteuid() == 0 else _as_user(folder, name)
    except OSError as error:
        raise Misconfigured(
            f"the folder for the embedded database cannot be made: {error.strerror}: {error.filename}",
            setting="POMOST_DATA",
        ) from error


def _as_root(folder: Path | None, name: str | None) -> Places:
    chosen = MAIN if folder is None else _digest(folder)
    notice = ""
    if folder is not None:
        notice = (
            f"as root the database of {folder} is kept in {SYSTEM_FOLDER / 'data' / chosen}, "
            f"where the system user {SYSTEM_USER} can reach it"
        )
    name = name or chosen
    account = _system_user(SYSTEM_FOLDER / "data" / name)
    for part in ("", "pg", "data", "run", "conf"):
        _make(SYSTEM_FOLDER / part, OPEN)
    for part in ("keys", "lock"):
        _make(SYSTEM_FOLDER / part, PRIVATE)
    _reachable(SYSTEM_FOLDER / "data")
    socket = SYSTEM_FOLDER / "run" / name
    _make(socket, PRIVATE, account)
    _make(SYSTEM_FOLDER / "conf" / name, OPEN)
    return Places(
        name=name,
        account=account,
        data=SYSTEM_FOLDER / "data" / name,
        socket=socket,
        conf=SYSTEM_FOLDER / "conf" / name,
        lock=SYSTEM_FOLDER / "lock" / f"{name}.lock",
        key=SYSTEM_FOLDER / "keys" / f"{name}.key",
        programs=SYSTEM_FOLDER / "pg",
        notice=notice,
    )


def _as_user(folder: Path | None, name: str | None) -> Places:
    base = (folder or _data_home() / "pomost").absolute()
    name = name or MAIN
    base.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    for part in ("data", "run", "conf", "keys", "lock"):
        _make(base / part, PRIVATE)
    _make(base / "conf" / name, PRIVATE)
    return Places(
        name=name,
        account=_own_account(),
        data=base / "data" / name,
        socket=_socket_folder(base / "run" / name),
        conf=base / "conf" / name,
        lock=base / "lock" / f"{name}.lock",
        key=base / "keys" / f"{name}.key",
        programs=None,
    )


def own_name() -> str:
    """The name of the user we are."""
    return _own_account().name


def names(folder: Path | None, prefix: str) -> list[str]:
    """Names of servers that begin with ``prefix`` and have a lock file."""
    base = SYSTEM_FOLDER if os.geteuid() == 0 else (folder or _data_home() / "pomost")
    return sorted(path.stem for path in (base / "lock").glob(f"{prefix}*.lock"))


def remove(places: Places) -> None:
    """Delete all that one server kept; only for temporary ones."""
    for path in (places.data, places.socket, places.conf):
        shutil.rmtree(path, ignore_errors=True)
    for file in (places.key, places.lock):
        file.unlink(missing_ok=True)


def _data_home() -> Path:
    given = os.environ.get("XDG_DATA_HOME", "")
    return Path(given) if given.startswith("/") else Path.home() / ".local" / "share"


def _digest(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]


def _make(path: Path, mode: int, owner: Account | None = None) -> None:
    """Make a folder that is missing; one that is there stays as it is."""
    try:
        path.mkdir(mode=PRIVATE)
    except FileExistsError:
        if not path.is_dir():
            raise Misconfigured(f"{path} should be a folder", setting="POMOST_DATA") from None
        return
    path.chmod(mode)
    if owner is not None and owner.switch:
        os.chown(path, owner.uid, owner.gid)


def _reachable(path: Path) -> None:
    """Every folder above must let others pass; we do not change one that does not."""
    for folder in (path, *path.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            raise Misconfigured(
                f"the system user {SYSTEM_USER} cannot pass through {folder}; open it (chmod o+x) or set DATABASE_URL",
                setting="DATABASE_URL",
            )


def _socket_folder(wanted: Path) -> Path:
    """``wanted``, or a short private folder when the socket's path would be too long for the system."""
    if len(os.fsencode(wanted / SOCKET_FILE)) <= SOCKET_PATH_BYTES_MAX:
        _make(wanted, PRIVATE)
        return wanted
    short = Path(tempfile.gettempdir()) / f"pomost-{os.getuid()}-{_digest(wanted)}"
    if len(os.fsencode(short / SOCKET_FILE)) > SOCKET_PATH_BYTES_MAX:
        short = Path("/tmp") / short.name  # noqa: S108  # private folder, checked below
    _make(short, PRIVATE)
    seen = short.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.getuid() or seen.st_mode & 0o077:
        raise Misconfigured(f"{short} belongs to somebody else or is open to others", setting="POMOST_DATA")
    return short


def _own_account() -> Account:
    uid = os.geteuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        raise Misconfigured(
            f"user id {uid} has no name on this machine, and PostgreSQL needs one; "
            "add it to /etc/passwd or set DATABASE_URL",
            setting="DATABASE_URL",
        ) from None
    return Account(name, uid, os.getegid(), switch=False)


def _system_user(data: Path) -> Account:
    with contextlib.suppress(KeyError):
        return _checked(data, pwd.getpwnam(SYSTEM_USER))
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise Misconfigured(
            f"PostgreSQL does not run as root and there is no useradd to make the system user {SYSTEM_USER}; "
            "make it by hand, run pomost as another user, or set DATABASE_URL",
            setting="DATABASE_URL",
        )
    command = [useradd, "--system", "--no-create-home", "--home-dir", str(SYSTEM_FOLDER)]
    command += ["--shell", "/usr/sbin/nologin", "--user-group"]
    if data.is_dir() and not _named(data.stat().st_uid):
        command += ["--uid", str(data.stat().st_uid)]
    made = subprocess.run([*command, SYSTEM_USER], capture_output=True, text=True, check=False)
    try:
        return _checked(data, pwd.getpwnam(SYSTEM_USER))
    except KeyError:
        reason = made.stderr.strip() or f"useradd ended with {made.returncode}"
        raise Misconfigured(
            f"the system user {SYSTEM_USER} cannot be made ({reason}); make it by hand or set DATABASE_URL",
            setting="DATABASE_URL",
        ) from None


def _named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _checked(data: Path, entry: pwd.struct_passwd) -> Account:
    if entry.pw_uid == 0:
        raise Misconfigured(f"the system user {SYSTEM_USER} must not be root", setting="DATABASE_URL")
    if data.is_dir() and data.stat().st_uid != entry.pw_uid:
        raise Misconfigured(
            f"{data} belongs to user id {data.stat().st_uid}, not to {SYSTEM_USER}; "
            f"give it back with: chown -R {SYSTEM_USER} {data}",
            setting="POMOST_DATA",
        )
    return Account(SYSTEM_USER, entry.pw_uid, entry.pw_gid, switch=True)
