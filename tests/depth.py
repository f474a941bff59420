"""How many examples hypothesis looks at: few by default, ``POMOST_FUZZ`` times as many when told."""

from __future__ import annotations

import os

DEEPER = int(os.environ.get("POMOST_FUZZ", "1"))
EXAMPLES = 50 * DEEPER
"""Of a test that says no number of its own."""
