"""A whole installation whose worker is killed again and again."""

from __future__ import annotations

from clinic_site import certificates, running_simulator, site, site_settings

__all__ = ["certificates", "running_simulator", "site", "site_settings"]
