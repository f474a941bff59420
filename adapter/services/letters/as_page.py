"""A letter as one self-contained HTML page: no script, nothing fetched, everything escaped, A4 when printed."""

from __future__ import annotations

from pathlib import Path

from adapter.services.letters import wording
from adapter.services.letters.letter import Letter, said
from adapter.services.page import page

TEMPLATE = Path(__file__).resolve().parent / "letter_page.html"


def as_page(letter: Letter) -> str:
    """The page. Its words come from the catalogues, its layout from ``letter_page.html``."""
    day = wording.day(letter.made_on)
    return page(
        TEMPLATE,
        letter=letter,
        made=said("letter.made_on", {"day": day.pl}, {"day": day.en}),
        basis=said("letter.basis"),
        signature=said("letter.signature"),
        subject=said(letter.subject_key),
    )
