"""What a referral document of the test facility says, for whoever writes one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from adapter.simulator.documents import Author, Facts

ROOT = "2.16.840.1.113883.3.4424.2.7.999.4.1"
"""Node of the facility ``000000927722`` under which it numbers its referrals."""
NEW = "9000000000000000000001"
ISSUED_ON = date(2026, 11, 20)


def facts_of(person: Mapping[str, str], extension: str = NEW, *, root: str = ROOT, diagnosis: str = "I10") -> Facts:
    """A referral to cardiology. ``person`` has pesel, given and family, as in ``fixtures/world``."""
    return Facts(
        root=root,
        extension=extension,
        person_root="2.16.840.1.113883.3.4424.1.1.616",
        person_extension=person["pesel"],
        given=person["given"],
        family=person["family"],
        podmiot="000000927722",
        podmiot_name="Poradnia",
        author=Author("5425740", "Lek. Testowy"),
        issued_on=ISSUED_ON,
        diagnosis=diagnosis,
        specialty="1100",
    )
