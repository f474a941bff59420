"""Acceptance: everything, over HTTPS, with the simulator's troubles."""

from __future__ import annotations

from clinic_site import certificates, running_simulator, site, site_settings

__all__ = ["certificates", "running_simulator", "site", "site_settings"]
