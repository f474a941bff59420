"""How a visit stands in CeR is known even while a worker settles its message between two reads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from adapter.ports.store import Action
from adapter.services.visit_frame import Standing, standing_of


class SettlesInBetween:
    """A store in which the one unfinished message is settled right after the first thing that is read."""

    def __init__(self, action: Action, kind: str, *, before: str | None, after: str | None) -> None:
        self.reads = 0
        self.action, self.kind, self.before, self.after = action, kind, before, after
        self.links = self

    def theirs(self, facility: str, kind: str, ours: str) -> str | None:
        self.reads += 1
        if kind != self.kind:
            return None
        return self.before if self.reads == 1 else self.after

    def unfinished(self, subject: str, actions: Any) -> list[Any]:
        self.reads += 1
        return [SimpleNamespace(action=self.action)] if self.reads == 1 else []


@pytest.mark.parametrize(
    ("action", "kind", "before", "after", "stands"),
    [
        pytest.param(Action.SAVE_VISIT, "visit", None, "V1", Standing.SAVED, id="saved in between"),
        pytest.param(Action.CANCEL_VISIT, "visit", "V1", None, Standing.NONE, id="cancelled in between"),
        pytest.param(Action.JOIN_WAITING_ROOM, "waiting-entry", None, "E1", Standing.WAITING, id="joined in between"),
        pytest.param(Action.LEAVE_WAITING_ROOM, "waiting-entry", "E1", None, Standing.NONE, id="left in between"),
    ],
)
def test_a_message_settled_between_two_reads_is_not_lost(
    action: Action, kind: str, before: str | None, after: str | None, stands: Standing
) -> None:
    store = SettlesInBetween(action, kind, before=before, after=after)
    desk: Any = SimpleNamespace(work=store, facility="demo", unfinished=store.unfinished)
    assert standing_of(desk, "visit-1") is stands
