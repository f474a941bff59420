"""An installation with one facility on the simulator and a clean database."""

from __future__ import annotations

from clinic_site import certificates, running_simulator
from installation import installation

__all__ = ["certificates", "installation", "running_simulator"]
