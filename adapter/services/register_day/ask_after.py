"""Some days before a term the EHR is asked whether the patient is still alive and reached as before (X-07, D-01).

Changes of people are polled; not every EHR lets them be listed, so a person is also read on three days before a term.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date

from adapter.ports.register import EntryStanding, StoredEntry
from adapter.services.equipment import Equipment
from adapter.services.fresh_patient import refresh_person

log = logging.getLogger(__name__)

DAYS_BEFORE = frozenset({14, 3, 1})
"""Calendar days before the first day of a term."""
ASKED_MAX = 5000
"""People who are asked after in one run; one read each."""
SILENT_MAX = 20
"""After so many people in a row whom the EHR did not tell of, it is left alone until the next run."""


def expected_soon(stored: StoredEntry, today: date) -> bool:
    """Whether today is one of the days on which the person of an open entry is asked after."""
    entry = stored.entry
    stands = entry.open and stored.standing is not EntryStanding.REJECTED
    return stands and entry.term is not None and (entry.term.first - today).days in DAYS_BEFORE


def ask_after(eq: Equipment, facility: str, people: Sequence[str]) -> int:
    """Read these people again and keep what changed; how many the EHR told of."""
    told = silent = 0
    for patient_id in list(dict.fromkeys(people))[:ASKED_MAX]:
        if refresh_person(eq, facility, patient_id):
            told, silent = told + 1, 0
            continue
        silent += 1
        if silent == SILENT_MAX:
            log.warning("the EHR of %s tells nothing of people; they are asked after with the next run", facility)
            break
    return told
