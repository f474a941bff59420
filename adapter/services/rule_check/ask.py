"""Ask every rule that a document's sections concern, in the order of the sections.

A new entry is judged when ``entry`` stands alone; with a section about an act, the entry is one that the register has,
and the act is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

from adapter.domain.identifiers import AccessByCode, AccessCode, PersonDocument, ReferralKey
from adapter.domain.moments import warsaw_day
from adapter.domain.referral import Referral
from adapter.domain.register import Entry
from adapter.domain.rules import (
    EntryContext,
    Verdict,
    central,
    changes,
    continuing,
    daily,
    figures,
    judge_booking,
    judge_category_change,
    judge_entry,
    judge_removal,
    judge_term_change,
    judge_waiting,
    kinds,
    notices,
    offline,
    oncology,
    reinstatement,
    reports,
    scope,
    terms,
)
from adapter.domain.rules import referral as referrals
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.term import DayTerm, WeekTerm
from adapter.errors import BadInput
from adapter.fhir.problems import Problem, ProblemsFound
from adapter.mapping import register_tables
from adapter.mapping.document import MISSED, Reader
from adapter.mapping.tables import Tables
from adapter.services.rule_check.forms import Json, judge_forms
from adapter.services.rule_check.questions import Booking, Document

ABOUT_AN_ENTRY = (
    "term_change",
    "category_change",
    "removal",
    "reinstatement",
    "re_entry",
    "p1_answer",
    "daily",
)
"""Sections that need ``entry``."""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """What the rules are asked with: the tables, what the site decided, who asks and when (aware)."""

    tables: Tables
    now: datetime
    settings: RuleSettings = DEFAULT_SETTINGS
    provider: str = ""
    now_given: bool = False
    """Whether the caller named the day: it wins over the document's own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """All verdicts on one subject (a section of a document, or ``Appointment/ID``), each rule and code once.

    ``problems``: what the FHIR profile or a table refuses before any rule is asked.
    """

    subject: str
    verdicts: tuple[Verdict, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def path(self) -> str:
        """The subject as a FHIRPath expression names it."""
        return self.subject.partition("/")[0]


def ask(content: Json, book: RuleBook) -> tuple[Answer, ...]:
    """Everything that the rules say of a document.

    Raises:
        ProblemsFound: it cannot be read; every field is named. BadInput: it asks nothing.
    """
    mended, formal = judge_forms(content)
    reader = Reader()
    document = reader.read(Document, mended, "$")
    if document is None:
        raise ProblemsFound(reader.problems)
    asked = [name for name in ABOUT_AN_ENTRY if getattr(document, name)]
    if document.entry is None and asked:
        for name in asked:
            reader.say(MISSED, f"$.entry ({name})")
        raise ProblemsFound(reader.problems)
    answers = list(_answers(document, _at(book, document), bool(asked)))
    if formal:
        answers.insert(0, Answer("form", formal))
    if not answers:
        raise BadInput(
            "the file asks nothing: give an entry, or another section of docs/operations/rules.md",
            field="$",
            code="NOTHING_ASKED",
        )
    return tuple(Answer(one.subject, _once(one.verdicts, formal)) for one in answers)


def _at(book: RuleBook, document: Document) -> RuleBook:
    return book if document.now is None or book.now_given else replace(book, now=document.now)


def _once(verdicts: tuple[Verdict, ...], formal: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """Each rule and code once; what follows only from a value that the form refused is left out."""
    said = {one.code for one in formal}
    echo = {"E-D-PESEL": "E-D-ID", "E-CAT-NONE": "E-CAT-NONE", "E-P-DATE": "E-P-DATE"}
    muted = {echo[code] for code in said if code in echo}
    found: dict[tuple[str, str], Verdict] = {}
    for one in verdicts:
        if one in formal or one.code not in muted:
            found.setdefault((one.rule, one.code), one)
    return tuple(found.values())


def context_of(document: Document, book: RuleBook) -> EntryContext:
    """What the rules need beside the entry: the document's own words, and the tables of the day."""
    day = warsaw_day(book.now)
    said = {one.name: getattr(document.context, one.name) for one in fields(document.context)}
    said["provider"] = said["provider"] or book.provider
    return EntryContext(
        **said,
        now=book.now,
        rights=register_tables.rights(book.tables, day),
        term_reasons=register_tables.term_reasons(book.tables, day),
        removal_reasons=register_tables.removal_reasons(book.tables, day),
        dilo_stages=register_tables.dilo_stages(book.tables, day),
        settings=book.settings,
    )


def _answers(document: Document, book: RuleBook, acts: bool) -> Iterator[Answer]:
    entry = document.entry
    if entry is not None:
        context = context_of(document, book)
        if not acts:
            listed = (oncology.own_list(entry), kinds.off_the_list(entry))
            yield Answer("entry", (*judge_entry(entry, context), *listed))
        yield from _acts(document, entry, context)
    for name, judge in _OTHERS.items():
        if getattr(document, name):
            yield Answer(name, tuple(judge(document, book)))


def _acts(document: Document, entry: Entry, context: EntryContext) -> Iterator[Answer]:
    """What is judged against an entry that the register has."""
    if document.term_change is not None:
        change = document.term_change
        yield Answer("term_change", (*judge_term_change(entry, change, context), *_fixed(document)))
    if document.category_change is not None:
        yield Answer("category_change", tuple(judge_category_change(entry, document.category_change, context)))
    if document.removal is not None:
        yield Answer("removal", tuple(judge_removal(entry, document.removal, context)))
    back, again = document.reinstatement, document.re_entry
    if back is not None:
        found = reinstatement.reinstate(
            entry, back.cause_ended_on, back.requested_on, plausible=back.plausible, settings=context.settings
        )
        yield Answer("reinstatement", found.verdicts)
    if again is not None:
        opened = continuing.re_enter(
            entry,
            again.first_visit,
            again.ends_on,
            plan=again.plan,
            new_id=f"{entry.id}.k",
            act="",
            at=context.now,
            by=entry.entered_by,
        )
        yield Answer("re_entry", opened.verdicts)
    if document.p1_answer is not None:
        yield Answer("p1_answer", (offline.entry_final(entry, document.p1_answer),))
    if document.daily:
        yield Answer("daily", daily.judge_day(entry, daily.Day(context.now, settings=context.settings)))


def _fixed(document: Document) -> Iterator[Verdict]:
    """P-04: a day for a promised week."""
    change = document.term_change
    if change is not None and isinstance(change.before, WeekTerm) and isinstance(change.after, DayTerm):
        yield terms.date_fixed(change.before, change.after.day, change.reason)


def _referral(booking: Booking) -> Referral | None:
    """The referral as far as R-01 asks: whether it can be opened. No person's document is needed to say so."""
    if booking.access.key:
        return Referral("", booking.visit.patient_id, access=ReferralKey(booking.access.key))
    if booking.access.code and booking.person_identified:
        access = AccessByCode(AccessCode(booking.access.code), PersonDocument("SHOWN"))
        return Referral("", booking.visit.patient_id, access=access)
    return Referral("", booking.visit.patient_id) if booking.access.code else None


def _booking(document: Document, book: RuleBook) -> Iterator[Verdict]:
    booking, today = document.booking, warsaw_day(book.now)
    if booking is None:
        return
    referral, needed, held = _referral(booking), booking.referral_needed, booking.referral_held
    if booking.waiting_room:
        yield from judge_waiting(booking.visit, referral, today, referral_needed=needed, referral_held=held)
    else:
        yield from judge_booking(
            booking.visit,
            None,
            booking.kind,
            referral,
            today,
            by_patient=booking.by_patient,
            first_visit=booking.first_visit,
            ambulatory=booking.ambulatory,
            referral_needed=needed,
            referral_held=held,
        )
    rows = register_tables.central_scope(book.tables)
    yield central.booked_centrally(
        booking.service, today, rows, central=booking.through_cer, first_visit=booking.first_visit
    )
    yield central.channel_known(booking.channel)


def _health(document: Document, book: RuleBook) -> Iterator[Verdict]:
    if document.health_report is not None:
        yield changes.health_change(document.health_report).verdict


def _unforeseen(document: Document, book: RuleBook) -> Iterator[Verdict]:
    said = document.unforeseen
    if said is not None:
        yield changes.unforeseen(said.before, said.after, said.cause, declined=said.declined)


def _cancels(document: Document, book: RuleBook) -> Iterator[Verdict]:
    said = document.provider_cancels
    if said is not None:
        yield scope.provider_cancels(said.reason, said.new_term)


def _patch(document: Document, book: RuleBook) -> Iterator[Verdict]:
    if document.referral_patch is not None:
        yield referrals.content_unchanged(document.referral_patch.fields)


def _deletion(document: Document, book: RuleBook) -> Iterator[Verdict]:
    yield scope.deletion()


def _surplus(document: Document, book: RuleBook) -> Iterator[Verdict]:
    said = document.surplus_slot
    if said is not None:
        yield central.surplus_removed(said.way, has_visit=said.has_visit)


def _notice(document: Document, book: RuleBook) -> Iterator[Verdict]:
    said = document.notice
    if said is not None:
        yield notices.tells_of_fund(said.text)
        if said.cause is not None and document.entry is not None:
            yield notices.change_told(document.entry.person, said.cause)


def _report(document: Document, book: RuleBook) -> Iterator[Verdict]:
    said = document.report
    if said is not None:
        mode = replace(book.settings, first_free_date_weekly=said.weekly, first_free_date_consent=said.consent)
        yield reports.weekly_consented(mode)
        yield figures.row_lawful(said.fields, said.category)


_OTHERS: Mapping[str, Callable[[Document, RuleBook], Iterator[Verdict]]] = {
    "health_report": _health,
    "unforeseen": _unforeseen,
    "provider_cancels": _cancels,
    "referral_patch": _patch,
    "deletion": _deletion,
    "booking": _booking,
    "surplus_slot": _surplus,
    "notice": _notice,
    "report": _report,
}
"""Sections that stand for themselves."""
