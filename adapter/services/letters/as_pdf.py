"""A letter as PDF: A4, fonts embedded, language and title told, the same bytes for the same letter.

fpdf2 lays it out; Roboto comes from the package ``font-roboto``. The address stands where the window of an envelope
is (DL, C6/5). Import this module where a
letter is asked for: the library takes a third of a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from fpdf import FPDF

from adapter.errors import Misconfigured
from adapter.services.letters import wording
from adapter.services.letters.letter import Fact, Letter, Said, letter_texts, said
from adapter.services.report_text import ENGLISH, POLISH

FONT = "Roboto"
FACES = {"": "Roboto-Regular.ttf", "B": "Roboto-Bold.ttf", "I": "Roboto-Italic.ttf"}
MARGIN_MM, TOP_MM, BOTTOM_MM = 20.0, 15.0, 16.0
TEXT_MM = 170.0
"""Width of the text: A4 without its margins."""
LABEL_MM = 62.0
ADDRESS_LEFT_MM, ADDRESS_TOP_MM, ADDRESS_MM = 115.0, 45.0, 75.0
INK, SOFT, BLUE, LINE, PALE = (23, 33, 43), (86, 97, 108), (31, 78, 121), (213, 220, 227), (242, 246, 250)
BODY_PT, ENGLISH_PT, SMALL_PT, TITLE_PT = 10.0, 8.5, 8.0, 15.0
CELL_PT, CELL_MM, CELL_ENGLISH_PT, CELL_ENGLISH_MM, PADDING_MM = 10.0, 4.6, 8.0, 3.7, 2.0
ABOVE_MM = 1.1
"""A cell of a table: letters in points, lines in millimetres; ``ABOVE_MM`` above and below its text."""


def as_pdf(letter: Letter) -> bytes:
    """The letter as a PDF file.

    Raises:
        Misconfigured: the package with the font is not installed (``FONT_MISSING``).
    """
    page = _page(letter)
    _head(page, letter)
    _block(page, letter.title, TITLE_PT, style="B", colour=BLUE, english_pt=10.5)
    page.ln(3)
    for text in letter.opening:
        _block(page, text)
    if letter.facts:
        _table(page, letter.facts)
    for head, facts in letter.tables:
        if page.will_page_break(30):
            page.add_page()
        page.ln(1.5)
        _block(page, head, 11.5, style="B", colour=BLUE)
        _table(page, facts)
    for text in letter.closing:
        _block(page, text)
    if letter.signed:
        _signature(page)
    _small(page, letter)
    return bytes(page.output())


def font_folder() -> Path:
    """Where the font's files are.

    Raises:
        Misconfigured: the package is not installed.
    """
    found = find_spec("font_roboto")
    if found is None or found.origin is None:
        raise Misconfigured(
            "the package font-roboto is not installed: PDF letters need its fonts", setting="", code="FONT_MISSING"
        )
    return Path(found.origin).parent / "files"


def _page(letter: Letter) -> FPDF:
    """An empty A4 page with its fonts, and a foot that numbers the pages in both languages."""
    numbered = letter_texts(POLISH)("letter.page", page="%(page)s", pages="{nb}")
    numbered_english = letter_texts(ENGLISH)("letter.page", page="%(page)s", pages="{nb}")

    class Page(FPDF):
        """A page whose foot says of which entry it is, and its number."""

        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(FONT, "", SMALL_PT)
            self.set_text_color(*SOFT)
            number = {"page": self.page_no()}
            self.cell(TEXT_MM, 4, f"{numbered % number} / {numbered_english % number}", align="R")

    page = Page(format="A4")
    folder = font_folder()
    for style, name in FACES.items():
        page.add_font(FONT, style, folder / name)
    page.set_margins(MARGIN_MM, TOP_MM, MARGIN_MM)
    page.set_auto_page_break(True, BOTTOM_MM)
    page.set_lang("pl-PL")
    page.set_title(letter.title.pl)
    page.set_creation_date(letter.made_at)
    page.set_display_mode("fullwidth")
    page.add_page()
    return page


def _head(page: FPDF, letter: Letter) -> None:
    """Who writes, the day, a line; the address in the window."""
    made = wording.day(letter.made_on)
    dated = said("letter.made_on", {"day": made.pl}, {"day": made.en})
    top = page.get_y()
    page.set_text_color(*INK)
    for number, line in enumerate(letter.sender):
        page.set_font(FONT, "" if number else "B", BODY_PT)
        page.multi_cell(110, 5, line, align="L", new_x="LMARGIN", new_y="NEXT")
    under = page.get_y()
    page.set_xy(MARGIN_MM + 110, top)
    page.set_font(FONT, "", BODY_PT)
    page.cell(60, 5, dated.pl, align="R", new_x="LMARGIN", new_y="NEXT")
    page.set_xy(MARGIN_MM + 110, page.get_y())
    page.set_font(FONT, "I", ENGLISH_PT)
    page.set_text_color(*SOFT)
    page.cell(60, 5, dated.en, align="R", new_x="LMARGIN", new_y="NEXT")
    line_y = max(under, page.get_y()) + 2
    page.set_draw_color(*BLUE)
    page.set_line_width(0.5)
    page.line(MARGIN_MM, line_y, MARGIN_MM + TEXT_MM, line_y)
    page.set_y(line_y + 8)
    if letter.addressee:
        page.set_xy(ADDRESS_LEFT_MM, max(ADDRESS_TOP_MM, line_y + 5))
        page.set_font(FONT, "", 11)
        page.set_text_color(*INK)
        page.multi_cell(ADDRESS_MM, 5.5, "\n".join(letter.addressee), align="L", new_x="LMARGIN", new_y="NEXT")
        page.ln(8)


def _block(
    page: FPDF,
    text: Said,
    size_pt: float = BODY_PT,
    *,
    style: str = "",
    colour: tuple[int, int, int] = INK,
    english_pt: float = ENGLISH_PT,
) -> None:
    """A paragraph: Polish, then English smaller and softer beneath it."""
    page.set_font(FONT, style, size_pt)
    page.set_text_color(*colour)
    page.multi_cell(TEXT_MM, size_pt * 0.49, text.pl, align="L", new_x="LMARGIN", new_y="NEXT")
    if not text.same:
        page.set_font(FONT, "I", english_pt)
        page.set_text_color(*SOFT)
        page.multi_cell(TEXT_MM, english_pt * 0.47, text.en, align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(2.2)


def _table(page: FPDF, facts: Iterable[Fact]) -> None:
    """Labels on a pale ground, what holds beside them in bold; a row is never torn between two pages."""
    page.ln(1)
    for one in facts:
        height = max(_height(page, one.label, LABEL_MM, ""), _height(page, one.value, TEXT_MM - LABEL_MM, "B"))
        height += 2 * ABOVE_MM
        if page.will_page_break(height):
            page.add_page()
        top = page.get_y()
        page.set_fill_color(*PALE)
        page.rect(MARGIN_MM, top + 0.1, LABEL_MM, height - 0.1, style="F")
        _cell(page, one.label, MARGIN_MM, LABEL_MM, "")
        page.set_y(top)
        _cell(page, one.value, MARGIN_MM + LABEL_MM, TEXT_MM - LABEL_MM, "B")
        page.set_draw_color(*LINE)
        page.set_line_width(0.2)
        page.line(MARGIN_MM, top + height, MARGIN_MM + TEXT_MM, top + height)
        page.set_y(top + height)
    page.ln(3)


def _height(page: FPDF, text: Said, width: float, style: str) -> float:
    """How tall a cell becomes, without writing it."""
    page.set_font(FONT, style, CELL_PT)
    tall = _lines(page, text.pl, width) * CELL_MM
    if not text.same:
        page.set_font(FONT, "I", CELL_ENGLISH_PT)
        tall += _lines(page, text.en, width) * CELL_ENGLISH_MM
    return tall


def _lines(page: FPDF, text: str, width: float) -> int:
    """How many lines a text takes in a cell in the present font."""
    lines = page.multi_cell(width - 2 * PADDING_MM, CELL_MM, text, align="L", dry_run=True, output="LINES")
    if not isinstance(lines, list):
        raise TypeError("the library gives lines as a list")
    return len(lines)


def _cell(page: FPDF, text: Said, left: float, width: float, style: str) -> None:
    page.set_xy(left + PADDING_MM, page.get_y() + ABOVE_MM)
    page.set_font(FONT, style, CELL_PT)
    page.set_text_color(*INK)
    inner = width - 2 * PADDING_MM
    page.multi_cell(inner, CELL_MM, text.pl, align="L", new_x="LEFT", new_y="NEXT")
    if not text.same:
        page.set_font(FONT, "I", CELL_ENGLISH_PT)
        page.set_text_color(*SOFT)
        page.multi_cell(inner, CELL_ENGLISH_MM, text.en, align="L", new_x="LEFT", new_y="NEXT")


def _signature(page: FPDF) -> None:
    text = said("letter.signature")
    if page.will_page_break(34):
        page.add_page()
    page.ln(20)
    left, width = MARGIN_MM + TEXT_MM - 80, 80
    page.set_draw_color(*INK)
    page.set_line_width(0.2)
    page.line(left, page.get_y(), left + width, page.get_y())
    page.set_xy(left, page.get_y() + 1)
    page.set_font(FONT, "", 8.5)
    page.set_text_color(*INK)
    page.multi_cell(width, 5, text.pl, align="C", new_x="LEFT", new_y="NEXT")
    page.set_font(FONT, "I", SMALL_PT)
    page.set_text_color(*SOFT)
    page.multi_cell(width, 4, text.en, align="C", new_x="LMARGIN", new_y="NEXT")
    page.ln(4)


def _small(page: FPDF, letter: Letter) -> None:
    basis, subject = said("letter.basis"), said(letter.subject_key)
    page.ln(1)
    if page.will_page_break(15):
        page.add_page()
    page.set_draw_color(*LINE)
    page.line(MARGIN_MM, page.get_y(), MARGIN_MM + TEXT_MM, page.get_y())
    page.ln(2)
    for text in letter.small:
        _block(page, Said(f"{basis.pl}: {text.pl}", f"{basis.en}: {text.en}"), 8.5, colour=SOFT, english_pt=SMALL_PT)
    page.set_font(FONT, "", 8.5)
    page.set_text_color(*SOFT)
    page.multi_cell(TEXT_MM, 4, f"{subject.pl} ({subject.en}): {letter.subject}", new_x="LMARGIN", new_y="NEXT")
