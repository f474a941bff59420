"""Put a patient back on the list who did not come for a cause beyond control (E-06): in the old place."""

from __future__ import annotations

from dataclasses import replace

from adapter.domain.history import restored, with_term_change
from adapter.domain.register import Entry, TermChange, TermChangeCause
from adapter.domain.rules import judge_term_change, reinstatement
from adapter.domain.rules.duplicates import KnownEntry, one_list
from adapter.domain.rules.verdict import Verdict
from adapter.services.desk import Desk
from adapter.services.register.case import Case
from adapter.services.register.compose import compose
from adapter.services.register.enter import standing_of_entry
from adapter.services.register.find_act import OPEN_STATES, Act
from adapter.services.register.plan import UNNAMED, Draft, Plan, Told, each_once
from adapter.services.register.surroundings import surroundings


def reinstate_entry(desk: Desk, case: Case) -> Plan:
    """The request, judged; where it is granted the entry is open again under its number.

    A term that the version states is a change of the old one and has its reason (M-01); without one somebody gives it.
    A cause that is not plausible yet is for a person: nothing changes until it is. Who was entered anew meanwhile has
    his place there (U-01).
    """
    known, asked = case.known, case.statement.reinstatement
    if known is None or asked is None:
        raise ValueError("a removed entry and a request make a reinstatement")
    by = case.author or UNNAMED
    answer = reinstatement.reinstate(
        known.entry, asked.cause_ended_on, asked.requested_on, plausible=asked.plausible, settings=desk.eq.rules
    )
    verdicts: list[Verdict] = list(answer.verdicts)
    if answer.original_report_date is None:
        return Plan(Act.RESTORE, case, tuple(verdicts))
    told = Told(desk, case, by)
    back = restored(known.entry, case.now, by, report_date=answer.original_report_date)
    told.step("restored", known.entry, back, verdicts)
    context = surroundings(desk, case, back)
    verdicts.append(one_list(KnownEntry.of(back, context.provider), context.known, desk.today))
    moved = _term_change(case, back)
    if moved is not None:
        verdicts += judge_term_change(back, moved, context)
        dated = with_term_change(back, moved)
        told.step("term", back, dated, verdicts, reason=moved.reason)
        back = dated
    else:
        verdicts.append(reinstatement.force_majeure(back, known.entry.id))
    stored = replace(
        known,
        entry=back,
        visit_id=case.visit.id if case.takes_over else known.visit_id,
        referral_id=case.visit.referral_id or known.referral_id,
        standing=standing_of_entry(case, back),
        no_show_confirmed_by="",
        no_show_excused=moved is None,
        correlation_id=desk.correlation_id,
    )
    return Plan(Act.RESTORE, case, each_once(verdicts), (Draft(stored, told.taken(), restored=True),))


def _term_change(case: Case, back: Entry) -> TermChange | None:
    term = compose(case).term if case.visit.state in OPEN_STATES else None
    if term is None or term == back.term:
        return None
    said = case.statement.term_change
    return TermChange(
        before=back.term,
        after=term,
        at=max(case.now, back.entered_at),
        by=case.author,
        cause=(said.cause if said is not None else None) or TermChangeCause.PATIENT,
        reason=said.reason if said is not None else "",
        justification=said.justification if said is not None else "",
        asked_on=said.asked_on if said is not None else None,
    )
