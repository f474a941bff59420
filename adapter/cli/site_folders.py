"""The folders that a command looks at: those asked for, else the site's settings', else the installation's own.

A check that looked at the installation's own files while the site works with others would be green for nothing.
Both raise Misconfigured when the settings are wrong or the folder is not there.
"""

from __future__ import annotations

from pathlib import Path

WITHOUT = "without it that of the settings (POMOST_{}, pomost.toml), else the installation's own."
"""End of the help of an option that names such a folder."""


def mappings_of_site(asked: Path | None) -> Path:
    """Code tables and bindings."""
    from adapter import resources
    from adapter.settings import load_settings

    return resources.mappings(asked or load_settings().mappings)


def wsdl_of_site(asked: Path | None) -> Path:
    """National contracts."""
    from adapter import resources
    from adapter.settings import load_settings

    return resources.wsdl(asked or load_settings().wsdl)
