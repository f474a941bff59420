"""What P1's answer makes of the entries of a referral (R-04, R-07, R-08).

accepted          the entry is final; what the answer told (the number) is in it
refused           an entry that waited for it never came to be; one made offline is for a person
out of reach      the entry stands at once, at its final place; the status follows in the order of the entries
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapter.domain.rules import offline
from adapter.domain.rules.offline import StatusAnswer
from adapter.domain.rules.verdict import Verdict
from adapter.ports.register import EntryStanding, Step, StoredEntry
from adapter.services.desk import Desk
from adapter.services.notices.plan_notice import stop_telling, tell_entered
from adapter.services.register.compose import referral_of
from adapter.services.register.follow import entry_subject, follow
from adapter.services.register.steps import changed

P1 = "p1"
"""Stands in the history for P1's answer."""
ANSWERED = ("E-R-P1", "E-U-DUP", "TASK-R-DUPLICATE", "W-R-SYNC-LATE")
"""Codes of tasks that P1's acceptance ends."""


def accepted(desk: Desk, referral_id: str) -> None:
    """P1 holds the referral with us: its entries are final (R-04), those made offline too (R-08)."""
    record = desk.work.calendar.referral(desk.facility, referral_id)
    for stored in desk.work.register.entries_of_referral(desk.facility, referral_id):
        if stored.standing is EntryStanding.FINAL:
            continue
        entry = replace(stored.entry, referral=referral_of(record, stored.entry.referral), offline_pending=False)
        told = stored.standing is EntryStanding.OFFLINE
        final = replace(stored, entry=entry, standing=EntryStanding.FINAL)
        _put(desk, stored, final, "final", [])
        subject = entry_subject(entry.id)
        desk.work.tasks.gone(desk.facility, [subject], keep=(), codes=ANSWERED)
        if entry.open and not told:
            tell_entered(desk, final)


def refused(desk: Desk, referral_id: str, *, elsewhere: bool) -> None:
    """P1 said no: there is no entry (R-04), and somebody looks why; an offline one is for a person (R-08)."""
    answer = StatusAnswer.ELSEWHERE if elsewhere else StatusAnswer.REFUSED
    for stored in desk.work.register.entries_of_referral(desk.facility, referral_id):
        if not stored.entry.open or stored.standing not in {EntryStanding.AWAITING, EntryStanding.OFFLINE}:
            continue
        subject = entry_subject(stored.entry.id)
        if stored.standing is EntryStanding.OFFLINE:
            follow(desk, subject, [offline.synced(answer)])
            continue
        verdict = offline.entry_final(stored.entry, answer)
        _put(desk, stored, replace(stored, standing=EntryStanding.REJECTED), "rejected", [verdict])
        stop_telling(desk, stored.entry.id)
        follow(desk, subject, [verdict])


def out_of_reach(desk: Desk, referral_id: str) -> None:
    """P1 did not answer: the entries that wait for it stand now, where the data of the referral are known (R-07)."""
    for stored in desk.work.register.entries_of_referral(desk.facility, referral_id):
        if not stored.entry.open or stored.standing is not EntryStanding.AWAITING:
            continue
        verdict = offline.offline_entry(stored.entry)
        if verdict.refused:
            continue
        now = replace(stored, entry=replace(stored.entry, offline_pending=True), standing=EntryStanding.OFFLINE)
        _put(desk, stored, now, "corrected", [verdict])
        tell_entered(desk, now)


def _put(desk: Desk, before: StoredEntry, after: StoredEntry, what: str, verdicts: Sequence[Verdict]) -> None:
    was, now = changed(before.entry, after.entry)
    step = Step(
        entry_id=after.entry.id,
        what=what,
        at=desk.eq.clock.now(),
        by=P1,
        correlation_id=desk.correlation_id,
        before={**was, "standing": before.standing.value},
        after={**now, "standing": after.standing.value},
        rules=tuple(one.rule for one in verdicts if one.code),
    )
    desk.work.register.put(desk.facility, replace(after, correlation_id=desk.correlation_id), [step])
