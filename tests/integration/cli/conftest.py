"""An installation with one facility on the simulator and a clean database."""

from __future__ import annotations

from installation import installation

__all__ = ["installation"]
