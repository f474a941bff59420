"""The demo's figures, read back from the simulator's and the store's state; none is counted on the way."""

from __future__ import annotations

from collections import Counter
from typing import Any

from adapter.cli.demo.stage import FACILITY, Stage
from adapter.ports.store import Action, MessageState

UNFINISHED = (MessageState.WAITING, MessageState.SENDING, MessageState.IN_DOUBT)
READ_MAX = 100_000


def figures(stage: Stage, report: str) -> dict[str, Any]:
    """One object as ``--json`` prints it.

    ``lost`` are messages that were not settled, and visits of the EHR that CeR does not hold;
    ``duplicates`` are appointments of ours that CeR holds more than once.
    """
    admin = stage.simulator.admin
    visits, slots, done = admin.visits(), admin.slots(), admin.counters()["done"]
    with stage.adapter.store.unit_of_work() as work:
        refused = work.inbox.refusals_by_rule(FACILITY)
        unfinished = work.outbox.find(facility=FACILITY, states=UNFINISHED, limit=READ_MAX)
        written = work.outbox.find(
            facility=FACILITY, states=[MessageState.DELIVERED], actions=[Action.WRITE_BACK], limit=READ_MAX
        )
        settled = [one for one in work.audit.find(limit=READ_MAX) if one.action == "settle-doubt"]
        found = Counter(one.found.kind.value for one in work.differences.find(facility=FACILITY))
        entries = list(work.register.listed(FACILITY, open_only=False))
        tasks = work.tasks.listed(FACILITY, limit=READ_MAX)
    references = Counter(str(visit["reference"]) for visit in visits if visit["reference"])
    national = _national_names(done)
    return {
        "published": sum(1 for slot in slots if slot["reference"]),
        "visits": {
            "saved": len(references),
            "cancelled": sum(1 for visit in visits if visit["state"] == "cancelled"),
            "pulled": sum(1 for message in written if message.payload.get("national_visit_id")),
        },
        "referrals": national,
        "refused_by_rule": dict(sorted(refused.items())),
        "register": {
            "entries": len(entries),
            "removed": sum(1 for one in entries if not one.entry.open),
            "tasks": len(tasks),
        },
        "in_doubt_settled": sum(1 for one in settled if one.detail.get("happened")),
        "discrepancies": dict(sorted(found.items())),
        "lost": len(unfinished) + found.get("VISIT_ONLY_IN_HOSPITAL", 0),
        "duplicates": sum(1 for count in references.values() if count > 1),
        "report": report,
    }


def _national_names(done: dict[str, int]) -> dict[str, int]:
    """How often P1 did each of the three things that change a referral."""
    from adapter.simulator import p1

    return {
        "accepted": done.get(p1.VERBS["accept"], 0),
        "given_back": done.get(p1.VERBS["give_back"], 0),
        "finished": done.get(p1.VERBS["finish"], 0),
    }
