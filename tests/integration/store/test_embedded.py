"""The embedded server: no folder changed, no TCP port, adopted after a kill, shared, long paths, clear errors."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from adapter.errors import Misconfigured
from adapter.store import embedded, places, process
from adapter.store.embedded import EmbeddedSettings, Server

START = """
import sys
from pathlib import Path
from adapter.store import embedded, process
server = embedded.start(embedded.EmbeddedSettings(Path(sys.argv[1])))
print(process.running(server.places), server.url, flush=True)
sys.stdin.readline()
"""


@pytest.fixture(scope="module", autouse=True)
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """``initdb`` takes a second: the data it made first is copied for the later tests, as it was, owner and all.

    Programs that a test starts make their own.
    """
    first, program = tmp_path_factory.mktemp("initdb") / "data", embedded.subprocess.run

    def run(command: list[str], **how: Any) -> Any:
        assert command[0].endswith("/initdb")
        fresh = command[command.index("--pgdata") + 1]
        if first.exists():
            return program(["cp", "-a", f"{first}/.", fresh], capture_output=True, text=True, check=True)
        done = program(command, **how)
        if done.returncode == 0:
            program(["cp", "-a", fresh, str(first)], check=True)
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "subprocess", SimpleNamespace(run=run))
        yield


@pytest.fixture
def home() -> Iterator[Path]:
    """A closed home (0700) below an open folder, as root's is."""
    with tempfile.TemporaryDirectory() as base:
        closed = Path(base) / "home"
        closed.mkdir(mode=0o700)
        yield closed


@pytest.fixture
def settings(home: Path) -> Iterator[EmbeddedSettings]:
    """A lasting server in the closed home; stopped and deleted afterwards."""
    given = EmbeddedSettings(home / "pomost")
    yield given
    where = places.find(given.folder, None)
    embedded.stop(Server("", where.key, "", where, EmbeddedSettings(given.folder, temporary=True)))


def modes(path: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode and owner of a folder and all above it."""
    return {
        one: (stat.S_IMODE(one.stat().st_mode), one.stat().st_uid, one.stat().st_gid) for one in (path, *path.parents)
    }


def start_in_a_process(settings: EmbeddedSettings) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START, str(settings.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def answers(url: str) -> int:
    with psycopg.connect(url) as session:
        row = session.execute("SELECT pg_postmaster_start_time()::text, 1").fetchone()
    assert row is not None
    return int(row[1])


def test_no_folder_that_was_there_changes(settings: EmbeddedSettings, home: Path) -> None:
    program = Path(sys.executable).parent
    before = modes(home) | modes(program) | modes(Path(embedded.__file__).parent)
    server = embedded.start(settings)
    assert answers(server.url) == 1
    assert before == modes(home) | modes(program) | modes(Path(embedded.__file__).parent)


def test_the_server_does_not_run_as_root_and_its_data_is_closed(settings: EmbeddedSettings) -> None:
    server = embedded.start(settings)
    pid = process.running(server.places)
    assert pid is not None
    assert Path(f"/proc/{pid}").stat().st_uid != 0
    data = server.places.data.stat()
    assert (stat.S_IMODE(data.st_mode), data.st_uid) == (0o700, server.places.account.uid)
    assert stat.S_IMODE(server.places.socket.stat().st_mode) == 0o700
    if os.geteuid() == 0:
        assert str(settings.folder) in server.notice, "as root the data is elsewhere, and it says so"


def test_there_is_no_tcp_port_and_only_we_may_log_in(settings: EmbeddedSettings) -> None:
    server = embedded.start(settings)
    with psycopg.connect(server.url) as session:
        assert session.execute("SHOW listen_addresses").fetchone() == ("",)
        rules = session.execute("SELECT type, auth_method FROM pg_hba_file_rules").fetchall()
    assert rules == [("local", "peer")]
    pid = process.running(server.places)
    inodes = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert not [row for row in listening if f"socket:[{row[9]}]" in inodes and row[3] == "0A"]


def test_a_killed_program_leaves_a_server_that_the_next_one_adopts(settings: EmbeddedSettings) -> None:
    with start_in_a_process(settings) as child:
        assert child.stdout is not None
        pid = int(child.stdout.readline().split()[0])
        child.send_signal(signal.SIGKILL)
        child.wait(10)
    server = embedded.start(settings)
    assert process.running(server.places) == pid
    assert answers(server.url) == 1


def test_a_killed_server_is_replaced_and_keeps_what_was_committed(settings: EmbeddedSettings) -> None:
    server = embedded.start(settings)
    with psycopg.connect(server.url) as session:
        session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    pid = process.running(server.places)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    again = embedded.start(settings)
    assert process.running(again.places) != pid
    with psycopg.connect(again.url) as session:
        assert session.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_stale_lock_files_that_name_somebody_else_are_removed(settings: EmbeddedSettings) -> None:
    server = embedded.start(settings)
    pid = process.running(server.places)
    assert pid is not None
    files = [server.places.data / "postmaster.pid", server.places.socket / places.SOCKET_FILE]
    lines = {file: file.read_text().splitlines() for file in files}
    server.stop()
    for file in files:
        file.write_text("\n".join([str(os.getpid()), *lines[file][1:]]))
    assert answers(embedded.start(settings).url) == 1


def test_two_programs_that_start_at_once_share_one_server(settings: EmbeddedSettings) -> None:
    with start_in_a_process(settings) as one, start_in_a_process(settings) as two:
        with ThreadPoolExecutor(2) as pool:
            said = list(pool.map(lambda child: child.stdout.readline() if child.stdout else "", (one, two)))
        for child in (one, two):
            child.communicate("\n", timeout=60)
    assert said[0] == said[1]
    assert said[0].split()[0].isdigit()


def test_a_folder_with_a_very_long_path_works(home: Path) -> None:
    folder = home / ("long" * 20) / ("path" * 20)
    server = embedded.start(EmbeddedSettings(folder, temporary=True))
    try:
        assert len(str(server.places.socket / places.SOCKET_FILE)) <= places.SOCKET_PATH_BYTES_MAX
        assert answers(server.url) == 1
    finally:
        server.stop()


def test_a_temporary_server_is_gone_after_its_program_and_swept_after_a_kill(home: Path) -> None:
    code = START.replace("EmbeddedSettings(Path(sys.argv[1]))", "EmbeddedSettings(Path(sys.argv[1]), temporary=True)")
    command = [sys.executable, "-c", code, str(home / "pomost")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        url = child.communicate("\n", timeout=60)[0].split()[1]
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        killed = int(child.stdout.readline().split()[0])
        child.send_signal(signal.SIGKILL)
        child.wait(10)
    assert Path(f"/proc/{killed}").exists()
    server = embedded.start(EmbeddedSettings(home / "pomost", temporary=True))
    assert Path(f"/proc/{killed}/cmdline").read_bytes() == b"" if Path(f"/proc/{killed}").exists() else True
    server.stop()
    assert not server.places.data.exists()


def test_data_of_another_major_version_is_refused(settings: EmbeddedSettings) -> None:
    server = embedded.start(settings)
    server.stop()
    (server.places.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(Misconfigured, match="made by PostgreSQL 12"):
        embedded.start(settings)


def test_a_server_that_cannot_start_says_why(settings: EmbeddedSettings) -> None:
    server = embedded.start(settings)
    server.stop()
    (server.places.data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(Misconfigured, match=r"does not start.*no_such_setting"):
        embedded.start(settings)
