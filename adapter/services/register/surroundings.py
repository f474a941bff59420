"""What the rules need beside an entry, from the store and the tables: its list, the person's entries, the day."""

from __future__ import annotations

from adapter.domain.entitlement import Category
from adapter.domain.moments import warsaw_day
from adapter.domain.register import Entry
from adapter.domain.rules import EntryContext
from adapter.domain.slot import SlotState
from adapter.mapping import register_tables
from adapter.services.desk import Desk
from adapter.services.register.case import Case


def surroundings(desk: Desk, case: Case, entry: Entry) -> EntryContext:
    """The context in which ``entry`` is judged.

    Of its list only those are read whom its term would overtake, of the person only open entries: each by an index.
    """
    today, said = desk.today, case.statement
    provider = desk.eq.register(desk.facility).provider
    known = desk.work.register.known_of_patient(desk.facility, case.patient.id, provider)
    removal = said.removal
    return EntryContext(
        now=case.now,
        waiting=tuple(desk.work.register.overtaken(desk.facility, entry)),
        known=tuple(one for one in known if one.id != entry.id),
        provider=provider,
        waiting_room=case.waiting_room,
        free_today=entry.category is Category.PRIVILEGED and case.known is None and _free_today(desk, case, entry),
        not_today=said.not_today,
        order_reason=said.order_reason or _reason_of_term(case, entry),
        override=said.override,
        from_service_abroad=said.from_service_abroad,
        e_referral_service=case.schedule.referral_needed,
        number_to_come=case.record is not None and case.record.referral.access is not None,
        rights=register_tables.rights(desk.eq.tables, today),
        term_reasons=register_tables.term_reasons(desk.eq.tables, today),
        dilo_stages=register_tables.dilo_stages(desk.eq.tables, today),
        removal_reasons=register_tables.removal_reasons(desk.eq.tables, today),
        impressions_on=removal.impressions_on if removal is not None else None,
        settled_on=removal.settled_on if removal is not None else None,
        settings=desk.eq.rules,
    )


def _reason_of_term(case: Case, entry: Entry) -> str:
    """G-05: the reason code with which the term was given (M-01): by this version, or by the last change of it."""
    if case.statement.term_change is not None:
        return case.statement.term_change.reason
    last = entry.term_changes[-1] if entry.term_changes else None
    return last.reason if last is not None and last.after == entry.term else ""


def _free_today(desk: Desk, case: Case, entry: Entry) -> bool:
    """V-02: whether the schedule has a free term that is still to come on the day of the report."""
    day = warsaw_day(entry.reported_at)
    if not case.ehr_schedule or day != desk.today:
        return False
    slots = desk.work.calendar.slots(desk.facility, case.ehr_schedule, day)
    return any(one.state is SlotState.FREE and one.starts > case.now for one in slots)
