"""A private PostgreSQL, started when no DATABASE_URL is set (D1).

It promises: no TCP port, only a socket in a private folder; only the user who started it may log in
(``peer``, checked by the kernel, no password anywhere); folders that were there keep their owner and
mode. A server outlives the program that started it and is adopted by the next one, also after a
kill; programs that start at once share one server (file lock). A temporary server is stopped and
deleted when its program ends, or by the next start of a temporary one if the program was killed.

Not here: Windows (it has no ``peer``; set DATABASE_URL there), moving data to another major version.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from adapter.errors import Misconfigured
from adapter.store import binaries, places, process
from adapter.store.places import Places

DATABASE = "pomost"
ROLE = "pomost"
TEMPORARY = "temporary-"
CONNECT_TIMEOUT_SECONDS = 5
LOG_LINES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class EmbeddedSettings:
    """Which private server. ``folder`` overrides the data folder (POMOST_DATA).

    ``temporary``: a server of its own for tests and the demo, quick (no fsync), gone at exit.
    """

    folder: Path | None = None
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers. ``url`` holds no secret; ``key`` is where a made sealing key belongs."""

    url: str
    key: Path
    notice: str
    places: Places
    settings: EmbeddedSettings

    def stop(self) -> None:
        """Stop it; delete it if it is temporary."""
        stop(self)


_temporary: dict[str, tuple[int, int, Server]] = {}
"""Our own temporary servers: name -> (process id, lock file that says the owner is alive, server)."""


def start(settings: EmbeddedSettings) -> Server:
    """Start the server, or adopt the one that runs.

    Raises:
        Misconfigured: it cannot run here; the message says what to do.
        Unavailable: one runs but does not answer in time.
    """
    name = None
    if settings.temporary:
        _sweep(settings.folder)
        name = f"{TEMPORARY}{os.getpid()}-{uuid.uuid4().hex[:8]}"
    where = places.find(settings.folder, name)
    programs = binaries.from_wheel()
    if where.programs is not None:
        with _locked(where.lock.with_name("programs")):
            programs = binaries.copied(where.programs)
    server = Server(url(where, DATABASE), where.key, where.notice, where, settings)
    if not settings.temporary:
        with _locked(where.lock):
            _bring_up(where, programs, forgetful=False)
        return server
    if not _temporary:
        atexit.register(_stop_temporary)
    held = os.open(where.lock, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    _temporary[where.name] = (os.getpid(), held, server)
    _bring_up(where, programs, forgetful=True)
    return server


def stop(server: Server) -> None:
    """Stop the server and wait for it; a temporary one is deleted. Safe to call twice."""
    where = server.places
    pid = process.running(where)
    if pid is not None:
        process.end(pid, where, signal.SIGQUIT if server.settings.temporary else signal.SIGINT)
    if server.settings.temporary:
        places.remove(where)
        _, held, _ = _temporary.pop(where.name, (0, None, None))
        if held is not None:
            os.close(held)


def url(where: Places, database: str) -> str:
    """The URL of one database of the server."""
    return f"postgresql://{ROLE}@/{database}?host={quote(str(where.socket), safe='')}"


def _stop_temporary() -> None:
    """At exit: stop what this very process (not a fork of it) started."""
    for pid, _, server in list(_temporary.values()):
        if pid == os.getpid():
            stop(server)


def _sweep(folder: Path | None) -> None:
    """Stop and delete temporary servers whose program is gone."""
    for name in places.names(folder, TEMPORARY):
        where = places.find(folder, name)
        held = os.open(where.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            stop(Server("", where.key, "", where, EmbeddedSettings(folder, temporary=True)))
        finally:
            os.close(held)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """One process at a time; the lock goes with the process."""
    held = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _bring_up(where: Places, programs: Path, *, forgetful: bool) -> None:
    """Under the lock: make the data if there is none, start what does not run, wait for an answer."""
    if not (where.data / "PG_VERSION").is_file():
        _initialise(where, programs, forgetful=forgetful)
    major = (where.data / "PG_VERSION").read_text("ascii").strip()
    if major != binaries.MAJOR:
        raise Misconfigured(
            f"{where.data} was made by PostgreSQL {major}, this program brings {binaries.MAJOR}; "
            "dump it with the old program and load it with this one",
            setting="POMOST_DATA",
        )
    process.run(where, programs, _access(where), url(where, "postgres"), forgetful=forgetful)
    with psycopg.connect(url(where, "postgres"), autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS) as session:
        if session.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
            session.execute("CREATE DATABASE pomost")


def _access(where: Places) -> dict[str, str]:
    """Who may log in: we and the account the server runs as, by what the kernel says of them."""
    rules = where.conf / "pg_hba.conf"
    names = where.conf / "pg_ident.conf"
    rules.write_text("local all all peer map=pomost\n", "ascii")
    own = places.own_name()
    mapped = sorted({own, where.account.name})
    names.write_text("".join(f'pomost "{name}" {ROLE}\n' for name in mapped), "utf-8")
    mode = 0o644 if where.account.switch else 0o600
    rules.chmod(mode)
    names.chmod(mode)
    return {"hba_file": str(rules), "ident_file": str(names)}


def _initialise(where: Places, programs: Path, *, forgetful: bool) -> None:
    """Make the data beside its place, then rename: it is whole or absent."""
    fresh = where.data.with_name(where.data.name + ".new")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=places.PRIVATE)
    if where.account.switch:
        os.chown(fresh, where.account.uid, where.account.gid)
    command = [str(programs / "bin" / "initdb"), "--pgdata", str(fresh), "--username", ROLE]
    command += ["--auth=peer", "--encoding=UTF8", "--locale=C", *(["--no-sync"] if forgetful else [])]
    made = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=process.ENVIRONMENT,
        **where.account.identity,
    )
    if made.returncode != 0:
        shutil.rmtree(fresh)
        said = [line for line in made.stderr.splitlines() if line.strip()]
        reason = " ".join(said[-LOG_LINES_SHOWN:]) or f"initdb ended with {made.returncode}"
        raise Misconfigured(f"the embedded database cannot be made in {where.data}: {reason}", setting="POMOST_DATA")
    fresh.rename(where.data)
