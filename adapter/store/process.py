"""The PostgreSQL process: launch it, find the one that runs, wait until it answers, end it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from adapter.errors import Misconfigured, Unavailable
from adapter.store.places import SOCKET_FILE, Places

START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 30.0
CONNECT_TIMEOUT_SECONDS = 5
POLL_SECONDS = 0.05
CONNECTIONS_MAX = 100
LOG_LINES_SHOWN = 3
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"}
"""Nothing of ours reaches the server: PGDATA, PGPORT and secrets stay outside."""
_OPTIONS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": str(CONNECTIONS_MAX),
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "dynamic_shared_memory_type": "mmap",  # /dev/shm of a container is small
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # a statement may hold what must not be logged
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",  # leaves out DETAIL, which quotes values
}
_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "logging_collector": "off",
    "shared_buffers": "64MB",
}


_STILL_IN_USE = ("shared memory block", "lock file")
"""What a server says that finds traces of one whose last processes are just ending."""
_COLLECTED = "redirecting log output"
_children: dict[int, subprocess.Popen[bytes]] = {}
"""Servers this process launched: kept so that an ended one is reaped."""


def running(where: Places) -> int | None:
    """The process id of the server that runs on this data, None when there is none.

    Its two lock files, in the data and beside the socket, are stale when their process is gone, is only waiting
    to be reaped, or is another program: such a file is removed, for the next server would take it at its word.
    """
    for child, server in list(_children.items()):
        if server.poll() is not None:
            _children.pop(child, None)
    pid = _owner(where.data / "postmaster.pid", where)
    _owner(where.socket / SOCKET_FILE, where)
    return pid


def _owner(lock: Path, where: Places) -> int | None:
    """The server that a lock file names; a stale file is removed."""
    try:
        pid = int(lock.read_text("utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    if str(where.data) in _command(pid):
        return pid
    lock.unlink(missing_ok=True)
    return None


def launch(where: Places, programs: Path, access: dict[str, str], *, forgetful: bool) -> subprocess.Popen[bytes]:
    """Start the server in a session of its own, so that it outlives us and our terminal."""
    options = {**_OPTIONS, "unix_socket_directories": str(where.socket), **access}
    if forgetful:
        options |= _FORGETFUL
    command = [str(programs / "bin" / "postgres"), "-D", str(where.data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    with (where.conf / "start.log").open("wb") as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
            umask=0o077,
            **where.account.identity,
        )
    _children[child.pid] = child
    return child


def run(where: Places, programs: Path, access: dict[str, str], url: str, *, forgetful: bool) -> None:
    """Launch the server unless one runs, and wait until it answers.

    One that dies meanwhile (it was being killed) is launched anew, and so is one that finds the
    memory of a killed one still in use: its last processes need a moment to see that it is gone.

    Raises:
        Misconfigured: it ended at once; the message has its last words.
        Unavailable: it does not answer in ``START_TIMEOUT_SECONDS``.
    """
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    child: subprocess.Popen[bytes] | None = None
    while True:
        if child is not None and child.poll() is not None:
            said = _last_words(where)
            if not any(trace in said for trace in _STILL_IN_USE):
                raise Misconfigured(
                    f"the embedded database in {where.data} does not start: {said}", setting="POMOST_DATA"
                )
            child = None
            time.sleep(POLL_SECONDS)
        if child is None and running(where) is None:
            child = launch(where, programs, access, forgetful=forgetful)
        try:
            psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_SECONDS).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"the embedded database in {where.data} runs but did not answer "
                    f"in {START_TIMEOUT_SECONDS:.0f} seconds: {str(error).strip()}"
                ) from error
            time.sleep(POLL_SECONDS)
        else:
            return


def end(pid: int, where: Places, how: signal.Signals) -> None:
    """Ask the server to end and wait; SIGINT: clean, SIGQUIT: at once.

    Raises:
        Unavailable: it is still there after ``STOP_TIMEOUT_SECONDS``.
    """
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, how)
    while str(where.data) in _command(pid):
        child = _children.get(pid)
        if child is not None:
            child.poll()
        if time.monotonic() > deadline:
            raise Unavailable(f"the embedded database (process {pid}) does not stop")
        time.sleep(POLL_SECONDS)
    child = _children.pop(pid, None)
    if child is not None:
        child.wait(STOP_TIMEOUT_SECONDS)


def _command(pid: int) -> str:
    """The command line of a process; empty when it is gone or a zombie."""
    if Path("/proc/self/cmdline").exists():
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
        except OSError:
            return ""
    asked = subprocess.run(["/bin/ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return asked.stdout


def _last_words(where: Places) -> str:
    """The last lines the server wrote before it ended, also those that went to its log collector."""
    lines = _lines(where.conf / "start.log")
    if lines and _COLLECTED in lines[-1]:
        logs = sorted((where.data / "log").glob("*.log"), key=lambda file: file.stat().st_mtime)
        lines = _lines(logs[-1]) if logs else lines
    return " ".join(lines[-LOG_LINES_SHOWN:]) or "it left no message"


def _lines(file: Path) -> list[str]:
    lines = file.read_text("utf-8", "replace").splitlines()
    return [line for line in lines if line.strip() and "HINT:" not in line]
