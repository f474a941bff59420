"""B11: how long a new process needs for ``import adapter`` and ``pomost --help``, against an empty one."""

from __future__ import annotations

import subprocess
import sys

from measure import Figure, in_turns

TARGET_SECONDS = 0.4
HELP = "from adapter.cli.main import main; main(['--help'])"


def python(code: str) -> None:
    """Run ``code`` in a new interpreter, out of the way of this one's imports."""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, timeout=60)


def run() -> list[Figure]:
    """Seconds of a new process; the reference is a process that does nothing."""
    importing, helping, nothing = in_turns(
        lambda: python("import adapter"), lambda: python(HELP), lambda: python("pass")
    )
    return [
        Figure("B11", "import adapter", importing, "s", nothing, target=TARGET_SECONDS),
        Figure("B11", "pomost --help", helping, "s", nothing, target=TARGET_SECONDS),
    ]
