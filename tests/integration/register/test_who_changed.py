"""N-06: CeR has a visit under a phone or number that the EHR corrects; nothing there can be changed by software."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.register_front import Front

from adapter.cli.demo.clinic import cancelled

OTHER_PHONE = {"telecom": [{"system": "phone", "use": "mobile", "value": "+48600999888"}]}
OTHER_NAME = {"name": [{"use": "official", "family": "Nowowymyślona", "given": ["Zofia"]}]}


def patient(front: Front, **more: Any) -> dict[str, Any]:
    return front.clinic.patient(0) | more


def asked(front: Front) -> list[tuple[str, str]]:
    """(code, subject) of the open tasks about what CeR knows of a person."""
    return [(one.task.code, one.task.subject) for one in front.tasks() if one.task.code.startswith("TASK-N-CER")]


def another_number(front: Front) -> dict[str, Any]:
    return {"identifier": front.clinic.patient(1)["identifier"]}


def test_a_clerk_is_asked_to_correct_what_cer_has(front: Front) -> None:
    front.book()
    front.says(patient(front, **OTHER_PHONE))
    assert asked(front) == [], "the visit was not saved yet: it goes with the new one"
    front.says(patient(front))
    front.deliver()
    front.says(patient(front, **OTHER_NAME))
    assert asked(front) == [], "CeR knows people by their number"
    front.says(patient(front, **OTHER_PHONE))
    assert asked(front) == [("TASK-N-CER-PHONE", "entry/visit-1")]
    front.says(patient(front, **OTHER_PHONE, **another_number(front)))
    assert sorted(asked(front)) == [("TASK-N-CER-PERSON", "entry/visit-1"), ("TASK-N-CER-PHONE", "entry/visit-1")]
    front.says(front.visit(status="cancelled", more=cancelled("pat")))
    assert asked(front) == [], "with the entry it is over"


@pytest.mark.parametrize("status", ["cancelled", "fulfilled"])
def test_also_where_the_register_is_kept_elsewhere(front: Front, status: str) -> None:
    front.clinic.declares_register = False
    front.says(*front.clinic.schedules())
    front.book()
    front.deliver()
    front.says(patient(front, **OTHER_PHONE))
    assert asked(front) == [("TASK-N-CER-PHONE", "visit/visit-1")]
    front.says(front.visit(status=status, more=cancelled("pat") if status == "cancelled" else {}))
    assert asked(front) == []
    front.says(patient(front))
    assert asked(front) == [], "of a visit that is over nobody is reminded"
