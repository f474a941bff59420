"""The rule book: in which order the rules are asked about a booking, a waiting entry and a cancellation.

    booking      C-05 basis of the right     -> V-03 seven working days -> V-06 who books, verified
                 -> V-07 kinds for the privileged -> I-07 kind by category -> R-01 credentials
    waiting      C-05 -> V-04 / V-05 never in the waiting room, unless waived -> U-04 / C-01 who waits -> R-01
    cancellation X-01 reason -> V-09 the privilege is lost

and about an entry of the register (art. 19a):

    entry        S-03 outside -> G-01 scope -> C category -> D data -> P term -> R referral -> U one list
                 -> V privilege -> K continuing -> O oncology -> E earlier report -> S -> G-05 order
    term change  P-04 / M-01 reason -> M-02 / M-03 justification -> P term -> V-03 -> M-04 -> G-05 order
    category     C-08 kept and reported -> M-02 / M-03 justification -> C-02, C-03, C-05, C-07, V-10
    removal      X-01 date and reason -> X-02 listed -> X-03, K-03, S-01 which day -> R-05, R-06 the referral

Every rule that was asked gives a verdict, so that a caller can show what was checked. ``today`` is
the Warsaw day of the judgement. Rules know no table: what they need of one is an argument.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from adapter.domain.appointment import Visit
from adapter.domain.entitlement import Category
from adapter.domain.moments import warsaw_day
from adapter.domain.referral import Referral
from adapter.domain.register import CategoryChange, Entry, Removal, TermChange
from adapter.domain.rules import (
    categories,
    changes,
    continuing,
    contract_end,
    duplicates,
    entitled,
    entry_data,
    kinds,
    offline,
    oncology,
    paper,
    position,
    privileged,
    release,
    removal,
    scope,
    special,
    terms,
)
from adapter.domain.rules import referral as referrals
from adapter.domain.rules.context import EntryContext
from adapter.domain.rules.release import EndReason, finishes_referral, releases_referral
from adapter.domain.rules.verdict import Outcome, Verdict, refusals, require, warnings
from adapter.domain.slot import Slot, SlotKind

__all__ = [
    "EndReason",
    "EntryContext",
    "Outcome",
    "Verdict",
    "finishes_referral",
    "judge_booking",
    "judge_cancel",
    "judge_category_change",
    "judge_entry",
    "judge_removal",
    "judge_term_change",
    "judge_waiting",
    "refusals",
    "releases_referral",
    "require",
    "warnings",
]


def judge_booking(
    visit: Visit,
    slot: Slot | None,
    kind: SlotKind | None,
    referral: Referral | None,
    today: date,
    *,
    by_patient: bool = False,
    first_visit: bool = True,
    ambulatory: bool = True,
    referral_needed: bool = True,
    referral_held: bool = False,
) -> list[Verdict]:
    """What the law says of booking ``visit`` on ``slot``.

    ``kind`` is the kind of the term where no slot of ours is known; None takes the slot's own. A
    booking without either is judged by everything but the kind. ``ambulatory`` is False in hospital
    care, where V-03 has no number of days.
    """
    kind = kind if kind is not None else (slot.kind if slot is not None else None)
    category = privileged.effective_category(visit, today)
    verdicts: list[Verdict] = []
    if category is Category.PRIVILEGED:
        verdicts.append(privileged.basis(visit))
        if ambulatory:
            verdicts.append(privileged.within_limit(visit))
    if kind is not None:
        if category is Category.PRIVILEGED:
            verdicts.append(privileged.booked_by_facility(visit, kind, today, by_patient=by_patient))
            verdicts.append(privileged.permitted_kind(kind, first_visit=first_visit))
        verdicts.append(kinds.kind_for_category(kind, category, visit.criterion))
    verdicts.append(referrals.credentials(referral, category, needed=referral_needed, held=referral_held))
    return verdicts


def judge_waiting(
    visit: Visit,
    referral: Referral | None,
    today: date,
    *,
    referral_needed: bool = True,
    referral_held: bool = False,
) -> list[Verdict]:
    """What the law says of putting ``visit`` in the waiting room."""
    category = privileged.effective_category(visit, today)
    verdicts = [privileged.basis(visit)] if category is Category.PRIVILEGED else []
    verdicts.append(privileged.waiting_room(visit, today))
    verdicts.append(kinds.may_wait(category))
    verdicts.append(referrals.credentials(referral, category, needed=referral_needed, held=referral_held))
    return verdicts


def judge_cancel(
    visit: Visit,
    reason: EndReason | None,
    today: date,
    *,
    first_visit: bool = True,
) -> list[Verdict]:
    """What the law says of ending ``visit`` (its state is the new one) without service.

    Whether the referral is given back is :func:`releases_referral`; it refuses nothing.
    """
    by_patient = reason is not None and reason.by_patient
    return [
        release.reason_given(visit.state, reason),
        privileged.cancelled_first_visit(visit, today, by_patient=by_patient, first_visit=first_visit),
    ]


def judge_entry(entry: Entry, context: EntryContext) -> list[Verdict]:
    """What the law says of a new entry of the register: every rule that concerns it, all failing ones at once.

    A person on a transplant list is outside of art. 19 to 23 (S-03): nothing else is asked.
    """
    outside = special.transplant(entry)
    if outside.code:
        return [outside]
    return [
        outside,
        scope.keeps_register(entry.schedule, context.settings),
        *_category(entry, context),
        *entry_data.data_complete(entry, context.now, waiting_room=context.waiting_room),
        *_term(entry, context),
        *_referral(entry, context),
        *_one_list(entry, context),
        *_privilege(entry, context),
        continuing.drug_programme(entry),
        continuing.from_plan(entry),
        entry_data.oncology_card(entry, context.dilo_stages),
        oncology.melanoma_or_other(entry, context.settings),
        oncology.kept_in_real_time(entry),
        contract_end.date_flagged(entry),
        special.age_bands(entry.schedule),
        special.anaesthesia_told(entry.schedule),
        position.in_order(entry, context.waiting, context.order_reason),
    ]


def _category(entry: Entry, context: EntryContext) -> Iterator[Verdict]:
    yield kinds.category_given(entry.category)
    if entry.category is None:
        return
    found = categories.derived(categories.circumstances(entry, context.today, context.settings), context.settings)
    yield found.verdict
    yield categories.category_agrees(entry.category, found.category, context.override)
    yield categories.criterion_fits(entry.category, entry.criterion)
    yield categories.criterion_confirmed(entry)
    yield categories.written_in_time(entry.category, entry.service_started, entry.entered_at, context.settings)
    yield categories.same_day_excludes(entry, context.today)
    if entry.number is not None or context.waiting_room:
        yield kinds.may_wait(entry.category)


def _term(entry: Entry, context: EntryContext) -> Iterator[Verdict]:
    yield terms.term_given(entry, waiting_room=context.waiting_room)
    yield terms.precise_enough(entry.term, warsaw_day(entry.entered_at), context.settings)
    yield terms.reservation(entry.offer, marked=entry.reserved).verdict
    yield terms.date_by_category(entry)


def _referral(entry: Entry, context: EntryContext) -> Iterator[Verdict]:
    yield offline.offline_entry(entry) if entry.offline_pending else referrals.opened(entry)
    yield referrals.numbered(entry, to_come=context.number_to_come)
    yield paper.paper_lawful(entry, e_referral_service=context.e_referral_service)
    yield paper.place_known(entry)


def _one_list(entry: Entry, context: EntryContext) -> Iterator[Verdict]:
    own = duplicates.KnownEntry.of(entry, context.provider)
    yield duplicates.one_list(own, context.known, context.today)
    yield duplicates.another_referral(own, context.known, context.today)
    yield duplicates.rehabilitation(own, context.known, context.today)
    yield duplicates.procedure_list(own, context.known)
    yield duplicates.area_told(own, context.known, context.today)


def _privilege(entry: Entry, context: EntryContext) -> Iterator[Verdict]:
    if entry.category is not Category.PRIVILEGED:
        return
    yield categories.basis_given(entry, context.rights)
    right = context.rights.get(entry.entitlement.code) if entry.entitlement is not None else None
    if right is not None and entry.entitlement is not None:
        yield entitled.in_scope(right, entry.entitlement, entry.schedule, warsaw_day(entry.reported_at))
        yield entitled.service_abroad(right, entry.schedule, from_service=context.from_service_abroad)
    yield entitled.document_valid(entry)
    yield entitled.same_day_first(entry, context.today, free_today=context.free_today, cause=context.not_today)
    yield entitled.served_in_time(entry, context.today, context.settings)
    yield entitled.kept_from_waiting_room(entry, context.today, waiting_room=context.waiting_room)


def judge_term_change(entry: Entry, change: TermChange, context: EntryContext) -> list[Verdict]:
    """What the law says of changing the term of ``entry``, which still has the old one."""
    moved = replace(entry, term=change.after, term_changes=(*entry.term_changes, change))
    planned = changes.planned_when_asked(moved, changes.patient_reasons(context.term_reasons))
    return [
        changes.reason_given(change, context.term_reasons),
        changes.term_justified(change, context.term_reasons),
        terms.term_given(moved, waiting_room=context.waiting_room),
        terms.precise_enough(change.after, warsaw_day(entry.entered_at), context.settings),
        terms.date_by_category(moved),
        entitled.served_in_time(moved, context.today, context.settings),
        *(() if planned is None else (planned.verdict,)),
        position.in_order(moved, context.waiting, change.reason),
    ]


def judge_category_change(entry: Entry, change: CategoryChange, context: EntryContext) -> list[Verdict]:
    """What the law says of changing category or criterion of ``entry``, which still has the old ones.

    The justification of the change serves as that of a category which does not follow from the facts (C-02).
    """
    turned = replace(entry, category=change.after, criterion=change.criterion_after)
    facts = categories.circumstances(turned, context.today, context.settings)
    expected = categories.derived(facts, context.settings).category
    verdicts = [
        categories.category_changed(change),
        changes.category_justified(change),
        categories.criterion_fits(change.after, change.criterion_after),
        categories.same_day_excludes(turned, context.today),
    ]
    if change.before is not change.after:
        verdicts.append(categories.category_agrees(change.after, expected, change.justification or context.override))
    if change.after is Category.PRIVILEGED:
        verdicts += [categories.basis_given(turned, context.rights), entitled.document_valid(turned)]
    return verdicts


def judge_removal(entry: Entry, ending: Removal, context: EntryContext) -> list[Verdict]:
    """What the law says of removing ``entry``, and what becomes of its referral.

    With a reason that the table does not hold nothing is said of the referral: nothing is released by guess.
    """
    row = context.removal_reasons.get(ending.reason)
    ended = replace(entry, removal=ending)
    verdicts = [
        *removal.removal_dated(entry, ending, context.today),
        removal.reason_listed(ending, context.removal_reasons),
        removal.served_as_of_start(entry, ending, context.removal_reasons),
        continuing.ended_on_its_date(entry, ending),
        special.impressions_day(entry, ending, context.impressions_on, context.settled_on),
    ]
    if row is not None and not refusals(verdicts):
        verdicts += [release.on_removal(entry, row.effect), release.usable_again(ended, row.effect)]
    return verdicts
