"""A letter as plain text: for an e-mail, a terminal, or to be read out on the phone. UTF-8, 78 columns, LF."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from adapter.services.letters import wording
from adapter.services.letters.letter import Fact, Letter, Said, said

WIDTH_COLUMNS = 78
INDENT = "  "
"""In front of what repeats in English what was said in Polish."""


def as_text(letter: Letter) -> str:
    """The letter, Polish with English beneath; ends with a line break."""
    day = wording.day(letter.made_on)
    made = said("letter.made_on", {"day": day.pl}, {"day": day.en})
    lines = [*letter.sender, "", made.pl.rjust(WIDTH_COLUMNS), made.en.rjust(WIDTH_COLUMNS), ""]
    if letter.addressee:
        lines += [*letter.addressee, ""]
    lines += [letter.title.pl.upper(), letter.title.en, ""]
    for one in letter.opening:
        lines += [*_paragraph(one), ""]
    lines += [*_facts(letter.facts), ""] if letter.facts else []
    for head, facts in letter.tables:
        lines += [f"== {_beside(head)} ==", *_facts(facts), ""]
    for one in letter.closing:
        lines += [*_paragraph(one), ""]
    if letter.signed:
        signature = said("letter.signature")
        lines += ["", "." * 40, signature.pl, f"{INDENT}{signature.en}", ""]
    basis = said("letter.basis")
    for one in letter.small:
        lines += _paragraph(Said(f"{basis.pl}: {one.pl}", f"{basis.en}: {one.en}"))
    lines.append(f"{_beside(said('letter.subject'))}: {letter.subject}")
    return "\n".join(lines) + "\n"


def _paragraph(text: Said) -> list[str]:
    lines = textwrap.wrap(text.pl, WIDTH_COLUMNS)
    if not text.same:
        lines += textwrap.wrap(text.en, WIDTH_COLUMNS, initial_indent=INDENT, subsequent_indent=INDENT)
    return lines


def _facts(facts: Iterable[Fact]) -> Iterator[str]:
    for one in facts:
        yield f"{_beside(one.label)}:"
        for text in (one.value.pl,) if one.value.same else (one.value.pl, one.value.en):
            yield from textwrap.wrap(text, WIDTH_COLUMNS, initial_indent=INDENT * 2, subsequent_indent=INDENT * 2)


def _beside(text: Said) -> str:
    return text.pl if text.same else f"{text.pl} / {text.en}"
