"""Put the data folders into the wheel; everything else is in setup.cfg.

``mappings/``, ``wsdl/`` and ``fixtures/`` stand at the top of a checkout, where people edit them. A
wheel has no such place, so it carries copies in ``adapter/_data/``, where ``adapter/resources.py``
looks second. An editable install uses the checkout's own and copies nothing.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

TOP = Path(__file__).resolve().parent
DATA_FOLDERS = ("mappings", "wsdl", "fixtures")


class BuildWithData(build_py):
    """``build_py``, then the data folders."""

    def run(self) -> None:
        """Copy the package, then each data folder beside it."""
        super().run()
        if self.editable_mode:
            return
        data = Path(self.build_lib) / "adapter" / "_data"
        shutil.rmtree(data, ignore_errors=True)
        for name in DATA_FOLDERS:
            shutil.copytree(TOP / name, data / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))


setup(cmdclass={"build_py": BuildWithData})
