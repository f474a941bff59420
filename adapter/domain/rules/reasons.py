"""Codes of ``mappings/removal_reasons.csv`` that a rule names itself; what each does to a referral the table says."""

from __future__ import annotations

SERVICE_DONE = "SERVICE_DONE"
RESIGNED = "RESIGNED"
PROVIDER_STOPPED = "PROVIDER_STOPPED"
DECEASED = "DECEASED"
ON_OTHER_LIST = "ON_OTHER_LIST"
NO_SHOW = "NO_SHOW"
NO_PAPER_REFERRAL = "NO_PAPER_REFERRAL"
"""The original of a paper referral was not brought in time (R-02)."""
