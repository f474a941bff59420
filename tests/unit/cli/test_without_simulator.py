"""A wheel installed for patients has no xmlsec: what needs the simulator says so, in one line."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = "import sys; sys.modules['xmlsec'] = None; from adapter.cli.main import main; main(sys.argv[1:])"


@pytest.mark.parametrize("command", ["simulate", "demo"])
def test_who_lacks_the_simulator_is_told_how_to_get_it(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, command], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 3, done.stderr
    assert done.stderr == (
        "pomost: the simulator needs the package xmlsec: install pomost with its extra [simulator]"
        " [SIMULATOR_NOT_INSTALLED]\n"
    )
