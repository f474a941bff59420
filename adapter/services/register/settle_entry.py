"""What P1's answer makes of the entries of a referral (R-04, R-07, R-08).

accepted          the entry is final; what the answer told (the number) is in it
refused           an entry that waited for it never came to be; one made offline, or whose patient was served by
                  then, is for a person
out of reach      the entry stands at once, at its final place; the status follows in the order of the entries
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapter.domain.rules import offline
from adapter.domain.rules.offline import StatusAnswer
from adapter.domain.rules.reasons import SERVICE_DONE
from adapter.domain.rules.referral import R10
from adapter.domain.rules.release import R05
from adapter.domain.rules.verdict import Verdict
from adapter.ports.register import EntryStanding, Step, StoredEntry
from adapter.services.desk import Desk
from adapter.services.notices.plan_notice import stop_telling, tell_entered
from adapter.services.register.compose import referral_of
from adapter.services.register.find_act import OPEN_STATES
from adapter.services.register.follow import entry_subject, follow
from adapter.services.register.steps import changed

P1 = "p1"
"""Stands in the history for P1's answer."""
ASKING = frozenset({EntryStanding.AWAITING, EntryStanding.OFFLINE})
"""Standings of an entry whose referral P1 is still to accept."""
ANSWERED = ("E-R-P1", "E-U-DUP", "TASK-R-DUPLICATE", "W-R-SYNC-LATE", "W-R-STATUS-LATE")
"""Codes of tasks that P1's acceptance ends."""


def accepted(desk: Desk, referral_id: str) -> None:
    """P1 holds the referral with us: its entries are final (R-04), those made offline too (R-08)."""
    record = desk.work.calendar.referral(desk.facility, referral_id)
    for stored in _accepted_with(desk, desk.work.register.entries_of_referral(desk.facility, referral_id)):
        entry = replace(stored.entry, referral=referral_of(record, stored.entry.referral), offline_pending=False)
        told = stored.standing is EntryStanding.OFFLINE
        final = replace(stored, entry=entry, standing=EntryStanding.FINAL)
        _put(desk, stored, final, "final", [])
        answered(desk, final)
        if entry.open and not told:
            tell_entered(desk, final)


def answered(desk: Desk, stored: StoredEntry) -> None:
    """End the tasks that ask about P1's answer: the entry is final, so there is nothing to ask any more."""
    desk.work.tasks.gone(desk.facility, [entry_subject(stored.entry.id)], keep=(), codes=ANSWERED)


def _accepted_with(desk: Desk, entries: Sequence[StoredEntry]) -> Sequence[StoredEntry]:
    """The entries that an acceptance makes final: those that wait for it.

    Where none does, somebody asked P1 once more for an entry that it had refused: the newest one whose appointment
    still stands. Another appointment on the same referral never brings a refused entry back.
    """
    asking = [one for one in entries if one.standing in ASKING]
    if asking:
        return asking
    again = [one for one in entries if one.standing is EntryStanding.REJECTED and one.entry.open]
    return [one for one in again if _stands(desk, one)][-1:]


def _stands(desk: Desk, stored: StoredEntry) -> bool:
    return desk.work.calendar.visit_states(desk.facility, [stored.visit_id]).get(stored.visit_id) in OPEN_STATES


def refused(desk: Desk, referral_id: str, *, elsewhere: bool) -> None:
    """P1 said no: there is no entry (R-04), and somebody looks why; an offline one is for a person (R-08)."""
    answer = StatusAnswer.ELSEWHERE if elsewhere else StatusAnswer.REFUSED
    for stored in desk.work.register.entries_of_referral(desk.facility, referral_id):
        if stored.standing not in ASKING:
            continue
        made_offline, served = stored.standing is EntryStanding.OFFLINE, _served(stored)
        verdict = offline.synced(answer) if made_offline else offline.entry_final(stored.entry, answer)
        if not made_offline and not served:
            _put(desk, stored, replace(stored, standing=EntryStanding.REJECTED), "rejected", [verdict])
            stop_telling(desk, stored.entry.id)
        if stored.entry.open or served:
            follow(desk, entry_subject(stored.entry.id), [verdict])


def unsettled(stored: StoredEntry) -> list[tuple[str, str, str]]:
    """Tasks (rule, code, subject) that outlive an ended entry.

    What becomes of a former referral (R-05, R-10), and what P1 refused of that of a patient who was served.
    """
    subject = entry_subject(stored.entry.id)
    former = [(R05.id, "TASK-R-DECIDE", subject), (R10.id, "TASK-R-CER", subject)]
    if stored.standing is EntryStanding.FINAL or not _served(stored):
        return former
    refused_by_p1 = ((offline.R04, "E-R-P1"), (offline.R04, "E-U-DUP"), (offline.R08, "TASK-R-DUPLICATE"))
    return former + [(rule.id, code, subject) for rule, code in refused_by_p1]


def _served(stored: StoredEntry) -> bool:
    """Whether the patient was served: what P1 refuses then is for a person, the entry has come to be (G-02)."""
    return stored.entry.removal is not None and stored.entry.removal.reason == SERVICE_DONE


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
