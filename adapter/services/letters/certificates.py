"""Certificates and answers on demand: D-06 entry, E-03 report date, D-05 justification, G-08 own status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from adapter.domain.entitlement import Category
from adapter.domain.moments import warsaw_day
from adapter.domain.register import Entry, EntryPerson
from adapter.domain.rules.contract_end import rank_day
from adapter.domain.rules.patient_view import certificate
from adapter.errors import BadInput
from adapter.services.letters import wording
from adapter.services.letters.entry_letters import sender
from adapter.services.letters.letter import Fact, Letter, Office, Said, fact, plain, said

NOTHING_TO_CERTIFY = "NOTHING_TO_CERTIFY"
NO_JUSTIFICATION = "NO_JUSTIFICATION"
NO_CONTRACT_END = "NO_CONTRACT_END"


def entry_certificate(office: Office, entry: Entry) -> Letter:
    """D-06: entry on the list, medical category, date of the service. Free, on demand.

    An entry of category 3 has no medical category, so that line is left out.

    Raises:
        BadInput: the entry is on no waiting list now (``NOTHING_TO_CERTIFY``).
    """
    found = certificate(entry, office.today, office.rules)
    if found is None:
        raise BadInput(
            "the entry is on no waiting list now: there is nothing to certify (categories 2 and 3 while they wait)",
            field="entry",
            code=NOTHING_TO_CERTIFY,
        )
    facts = (
        *wording.identified(entry.person),
        *fact("service", wording.service(office, entry.schedule)),
        *fact("register", plain(found.schedule)),
        *fact("number", None if entry.number is None else plain(str(entry.number))),
        *fact("entered_on", wording.day(found.entered_on)),
        *fact("criterion", wording.criterion(found.criterion)),
        *fact("term", wording.term(found.term)),
    )
    return _document(office, entry, "certificate-entry", facts, (said("certificate-entry.closing"),), signed=True)


def report_certificate(office: Office, entry: Entry, *, ends_on: date | None) -> Letter:
    """E-03: the report date that another provider respects (E-02), when the contract for the service ends. Free.

    ``ends_on`` is the last day of the contract, None where it is not known.

    Raises:
        BadInput: nobody said that the contract ends (``NO_CONTRACT_END``): it would certify what is not true.
    """
    if ends_on is None:
        raise BadInput(
            "no end of the contract for this register is known: set contract_ends_on of the facility first",
            field="contract_ends_on",
            code=NO_CONTRACT_END,
        )
    facts = (
        *wording.identified(entry.person),
        *fact("service", wording.service(office, entry.schedule)),
        *fact("register", plain(entry.schedule.id)),
        *fact("reported_on", wording.day(rank_day(entry))),
        *fact("category", wording.category(office, entry.category)),
        *fact("criterion", wording.criterion(entry.criterion) if entry.category is Category.WAITING else None),
        *fact("term", wording.term(entry.term)),
        *fact("contract_ends", wording.day(ends_on)),
    )
    return _document(office, entry, "certificate-report", facts, (said("certificate-report.closing"),), signed=True)


def justification(office: Office, entry: Entry) -> Letter:
    """D-05: why this term, on demand: what was written down at the entry and at each change.

    Raises:
        BadInput: nothing was written down (``NO_JUSTIFICATION``).
    """
    why = [(entry.entered_at, entry.term_justification)]
    why += [(one.at, one.justification) for one in entry.term_changes]
    why += [(one.at, one.justification) for one in entry.category_changes]
    told = sorted(((at, text.strip()) for at, text in why if text.strip()), key=lambda one: one[0])
    if not told:
        raise BadInput(
            "no justification of the term was written down: write it down in the EHR first",
            field="entry",
            code=NO_JUSTIFICATION,
        )
    facts = (
        *fact("service", wording.service(office, entry.schedule)),
        *fact("register", plain(entry.schedule.id)),
        *fact("entered_on", wording.day(warsaw_day(entry.entered_at))),
        *fact("criterion", wording.criterion(entry.criterion) if entry.category is Category.WAITING else None),
        *fact("term", wording.term(entry.term)),
    )
    reasons = tuple(Fact(wording.day(warsaw_day(at)), plain(text)) for at, text in told)
    letter = _document(office, entry, "justification", facts, (), signed=True)
    return replace(
        letter,
        addressee=wording.addressed(entry.person),
        tables=((said("justification.reasons"), reasons),),
    )


@dataclass(frozen=True, slots=True)
class PlacedEntry:
    """An entry with its place on its list (None off it)."""

    entry: Entry
    place: int | None


def status_letter(office: Office, person: EntryPerson, patient_id: str, entries: Sequence[PlacedEntry]) -> Letter:
    """G-08: a patient's own entries: list, category, criterion, place, term. Nothing of anybody else."""
    tables = tuple((plain(one.entry.schedule.id), _status(office, one)) for one in entries)
    return Letter(
        kind="status",
        subject=patient_id,
        made_on=office.today,
        made_at=office.made_at,
        sender=sender(office),
        addressee=wording.addressed(person),
        title=said("status.title"),
        opening=(said("status.opening" if entries else "status.none"),),
        tables=tables,
        closing=(said("status.closing"), said("letter.fund")),
        small=(said("status.basis"),),
        subject_key="letter.patient",
    )


def _status(office: Office, placed: PlacedEntry) -> tuple[Fact, ...]:
    entry = placed.entry
    ended = entry.removal
    return (
        *fact("service", wording.service(office, entry.schedule)),
        *fact("entered_on", wording.day(warsaw_day(entry.entered_at))),
        *fact("category", wording.category(office, entry.category)),
        *fact("criterion", wording.criterion(entry.criterion) if entry.category is Category.WAITING else None),
        *fact("place", None if placed.place is None else plain(str(placed.place))),
        *fact("term", wording.term(entry.term) if ended is None else None),
        *fact("reserved", said("reserved.yes") if entry.reserved and ended is None else None),
        *fact("ended", None if ended is None else _ended(office, ended.on, ended.reason)),
    )


def _ended(office: Office, on: date, reason: str) -> Said:
    day = wording.day(on)
    row = office.tables.removal_reasons.row(reason, on)
    return Said(f"{day.pl}: {row['title_pl']}", f"{day.en}: {row['title_en']}")


def _document(
    office: Office, entry: Entry, kind: str, facts: tuple[Fact, ...], closing: tuple[Said, ...], *, signed: bool
) -> Letter:
    return Letter(
        kind=kind,
        subject=entry.id,
        made_on=office.today,
        made_at=office.made_at,
        sender=sender(office),
        addressee=(),
        title=said(f"{kind}.title"),
        opening=(said(f"{kind}.opening"),),
        facts=facts,
        closing=closing,
        small=(said(f"{kind}.basis"),),
        signed=signed,
    )
