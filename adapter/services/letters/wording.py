"""How days, terms, categories, causes and people are said in a letter, in Polish and in English."""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import format_date

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.identifiers import Pesel
from adapter.domain.moments import warsaw_day, warsaw_time
from adapter.domain.register import AdmissionSchedule, EntryPerson
from adapter.domain.term import DayTerm, Term
from adapter.services.letters.letter import Fact, Office, Said, fact, plain, said
from adapter.services.scope import scope_row

POLISH_DAY = "d MMMM y 'r.'"
ENGLISH_DAY = "d MMMM y"
UNCHECKED = "UNCHECKED"
"""Status of a row whose title nobody has read in the source: no patient is told it."""


def day(value: date) -> Said:
    """A day: ``7 września 2026 r.``, ``7 September 2026``."""
    return Said(format_date(value, POLISH_DAY, locale="pl"), format_date(value, ENGLISH_DAY, locale="en_GB"))


def weekday(value: date) -> Said:
    """A day with its name: ``7 września 2026 r. (poniedziałek)``, ``Monday, 7 September 2026``."""
    return Said(
        format_date(value, f"{POLISH_DAY} (EEEE)", locale="pl"),
        format_date(value, f"EEEE, {ENGLISH_DAY}", locale="en_GB"),
    )


def term(value: Term | None, visit_at: datetime | None = None) -> Said:
    """A term: a day, with the hour where a visit stands on that day, a week (P-02), or that there is none (P-05)."""
    if value is None:
        return said("term.none")
    if isinstance(value, DayTerm):
        named = weekday(value.day)
        if visit_at is None or warsaw_day(visit_at) != value.day:
            return named
        hour = f"{warsaw_time(visit_at):%H:%M}"
        return said("term.at", {"day": named.pl, "hour": hour}, {"day": named.en, "hour": hour})
    first, last = day(value.first), day(value.last)
    return said(
        "term.week",
        {"first": first.pl, "last": last.pl, "week": value.week, "year": value.year},
        {"first": first.en, "last": last.en, "week": value.week, "year": value.year},
    )


def category(office: Office, value: Category | None) -> Said | None:
    """A category of the register by its number and the title of ``mappings/category.csv``."""
    if value is None:
        return None
    row = office.tables.category.row(str(value.value), office.today)
    return Said(f"{value.value} – {row['title_pl']}", f"{value.value} – {row['title_en']}")


def criterion(value: Criterion | None) -> Said | None:
    """The medical category: urgent or stable."""
    return None if value is None else said(f"criterion.{value.value}")


def cause(office: Office, code: str, on: date) -> Said | None:
    """What the patient is told of why a term changed on a day: the title of its reason (M-06, N-01).

    A row whose title was not read in the source says nothing to a patient: then with whom the change lies is told.

    Raises:
        BadInput: ``mappings/term_change_reasons.csv`` has no such code: nothing is told that nobody can read.
    """
    if not code:
        return None
    row = office.tables.term_change_reasons.row(code, on)
    return said(f"cause.{row['by']}") if row["status"] == UNCHECKED else Said(row["title_pl"], row["title_en"])


def service(office: Office, schedule: AdmissionSchedule) -> Said:
    """The service of a register: its code, with the title where ``mappings/cells_in_scope.csv`` has one."""
    row = scope_row(office.tables, schedule.service, office.today)
    title = "" if row is None else row["title_pl"]
    return plain(f"{schedule.service} – {title}" if title else schedule.service)


def identified(person: EntryPerson) -> tuple[Fact, ...]:
    """Name and PESEL or document of a person, for certificates."""
    number = person.identifier
    if number is None:
        return fact("person", plain(name(person)))
    key = "pesel" if isinstance(number, Pesel) else "document"
    return (*fact("person", plain(name(person))), *fact(key, plain(number.reveal())))


def name(person: EntryPerson) -> str:
    """Given and family name."""
    return f"{person.given} {person.family}".strip()


def addressed(person: EntryPerson) -> tuple[str, ...]:
    """The lines of the address field: the name, then the address, a line for each comma."""
    return tuple(line for line in (name(person), *(part.strip() for part in person.address.split(","))) if line)
