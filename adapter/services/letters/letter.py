"""A letter to a patient as values: what it says in Polish and in English, before anybody lays it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.mapping.tables import Tables
from adapter.services.equipment import FacilityRegister
from adapter.services.report_text import ENGLISH, POLISH, Texts, texts

CATALOGUE = "letters"
"""The catalogue of the letters' texts: ``adapter/locale/<language>/LC_MESSAGES/letters.po``."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text in both languages. What is the same in both (a date of digits, a code) is shown once."""

    pl: str
    en: str

    @property
    def same(self) -> bool:
        """Whether there is nothing to translate."""
        return self.pl == self.en


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the letter's table: what it is, and what holds."""

    label: Said
    value: Said


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """One document. ``kind`` is ours (``entered``, ``certificate-entry``...).

    ``subject`` is the id of the entry, or of the patient.
    ``sender`` and ``addressee`` are lines. ``opening`` stands before the table of facts, ``closing`` after it,
    ``small`` under that: the article, and what else is no part of the message. ``tables`` are further tables, each
    with a head. ``signed`` leaves room for a signature. People's data show in the rendered document only.
    """

    kind: str
    subject: str
    made_on: date
    made_at: datetime
    sender: tuple[str, ...]
    addressee: tuple[str, ...]
    title: Said
    opening: tuple[Said, ...] = ()
    facts: tuple[Fact, ...] = ()
    tables: tuple[tuple[Said, tuple[Fact, ...]], ...] = ()
    closing: tuple[Said, ...] = ()
    small: tuple[Said, ...] = ()
    signed: bool = False
    subject_key: str = "letter.subject"
    """Key of what the subject is called: an entry, or a patient."""

    def __repr__(self) -> str:
        return f"Letter(kind={self.kind!r}, subject={self.subject!r}, ***)"


@dataclass(frozen=True, slots=True)
class Office:
    """What every letter of a facility needs beside the entry: who writes, the code tables, the time."""

    register: FacilityRegister
    tables: Tables
    made_at: datetime
    today: date
    rules: RuleSettings = field(default=DEFAULT_SETTINGS)


def letter_texts(language: str) -> Texts:
    """The letters' texts of one language. Raises Misconfigured when the catalogue cannot be read."""
    return texts(language, CATALOGUE)


def said(key: str, pl: dict[str, object] | None = None, en: dict[str, object] | None = None) -> Said:
    """The text of ``key`` in both languages; ``pl`` and ``en`` fill its names (``en`` defaults to ``pl``).

    Raises:
        Misconfigured: a catalogue has no such text.
    """
    filled = pl or {}
    return Said(letter_texts(POLISH)(key, **filled), letter_texts(ENGLISH)(key, **(en if en is not None else filled)))


def plain(text: str) -> Said:
    """A value that is the same in both languages: a name, a number, a code."""
    return Said(text, text)


def fact(key: str, value: Said | None) -> tuple[Fact, ...]:
    """One line of a table (``fact.<key>``); none where there is nothing to say."""
    if value is None or not (value.pl.strip() or value.en.strip()):
        return ()
    return (Fact(said(f"fact.{key}"), value),)
