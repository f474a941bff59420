"""A letter as PDF: A4, fonts embedded, language and title told, the same bytes for the same letter.

fpdf2 lays it out; Roboto comes from the package ``font-roboto``. The address stands where the window of an envelope
is (DL, C6/5). A table of several, and the end of a letter, are not torn between two pages. Import this module where a
letter is asked for: the library takes a third of a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from fpdf import FPDF
from fpdf.fonts import TTFFont

from adapter.errors import BadInput, Misconfigured
from adapter.services.letters import wording
from adapter.services.letters.letter import Fact, Letter, Said, letter_texts, plain, said
from adapter.services.report_text import ENGLISH, POLISH

FONT = "Roboto"
FACES = {"": "Roboto-Regular.ttf", "B": "Roboto-Bold.ttf", "I": "Roboto-Italic.ttf"}
MARGIN_MM, TOP_MM, BOTTOM_MM = 20.0, 15.0, 16.0
TEXT_MM, PAGE_MM = 170.0, 266.0
"""Width and height of the text: A4 without its margins."""
LABEL_MM = 62.0
ADDRESS_LEFT_MM, ADDRESS_TOP_MM, ADDRESS_MM = 115.0, 45.0, 75.0
INK, SOFT, BLUE, LINE, PALE = (23, 33, 43), (86, 97, 108), (31, 78, 121), (213, 220, 227), (242, 246, 250)
BODY_PT, ENGLISH_PT, SMALL_POLISH_PT, SMALL_PT, TITLE_PT = 10.0, 8.5, 8.5, 8.0, 15.0
SMALL_MM = 4.0
CELL_PT, CELL_MM, CELL_ENGLISH_PT, CELL_ENGLISH_MM, PADDING_MM = 10.0, 4.6, 8.0, 3.7, 2.0
ABOVE_MM = 1.1
"""A cell of a table: letters in points, lines in millimetres; ``ABOVE_MM`` above and below its text."""
BETWEEN_MM, HEAD_MM, SIGNATURE_MM = 2.0, 14.0, 34.0
"""Under a paragraph; the head of a table with what is above it; the place of a signature."""
CELL_LINES_MAX = 20
"""A longer text of a cell is continued in a row of its own: a row has to fit on a page, under its head."""
PAGES = "\ue000"
"""Stands for the number of pages until it is known; no text has this sign."""


def as_pdf(letter: Letter) -> bytes:
    """The letter as a PDF file.

    Raises:
        BadInput: the font has no sign for some letter of it (``LETTER_GLYPHS``): nobody gets a name with holes.
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
        rows = [HEAD_MM, *(_row_mm(page, row) for one in facts for row in _rows(page, one))]
        _together(page, sum(rows) if sum(rows) <= PAGE_MM else sum(rows[:2]))
        page.ln(1.5)
        _block(page, head, 11.5, style="B", colour=BLUE)
        _table(page, facts)
    for text in letter.closing[:-1]:
        _block(page, text)
    _end(page, letter)
    _all_shown(page)
    return bytes(page.output())


def _together(page: FPDF, tall_mm: float) -> None:
    """Begin a new page where so much does not fit on this one, and does on an empty one."""
    if tall_mm <= PAGE_MM and page.will_page_break(tall_mm):
        page.add_page()


def _all_shown(page: FPDF) -> None:
    """Every letter has its sign in the font. Asked before the library would tell a log what is missing."""
    missing = {sign for font in page.fonts.values() if isinstance(font, TTFFont) for sign in font.missing_glyphs}
    if missing:
        raise BadInput(
            f"the PDF's font has no sign for {len(missing)} of the letters: write it as text or HTML",
            field="--format",
            code="LETTER_GLYPHS",
        )


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
    numbered = letter_texts(POLISH)("letter.page", page="%(page)s", pages=PAGES)
    numbered_english = letter_texts(ENGLISH)("letter.page", page="%(page)s", pages=PAGES)

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
    page.alias_nb_pages(PAGES)
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
        page.ln(7)


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
    page.ln(BETWEEN_MM)


def _block_mm(page: FPDF, text: Said, size_pt: float = BODY_PT, english_pt: float = ENGLISH_PT) -> float:
    """How tall a paragraph becomes, without writing it."""
    page.set_font(FONT, "", size_pt)
    tall = len(_lines(page, text.pl, TEXT_MM)) * size_pt * 0.49 + BETWEEN_MM
    if not text.same:
        page.set_font(FONT, "I", english_pt)
        tall += len(_lines(page, text.en, TEXT_MM)) * english_pt * 0.47
    return tall


def _table(page: FPDF, facts: Sequence[Fact]) -> None:
    """Labels on a pale ground, what holds beside them in bold; a row is never torn between two pages."""
    page.ln(1)
    for one in (row for each in facts for row in _rows(page, each)):
        height = _row_mm(page, one)
        _together(page, height)
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
    page.ln(2.5)


def _rows(page: FPDF, one: Fact) -> Iterator[Fact]:
    """A fact as rows of which each fits on a page: one, but for a very long text."""
    page.set_font(FONT, "B", CELL_PT)
    lines = _lines(page, one.value.pl, TEXT_MM - LABEL_MM - 2 * PADDING_MM)
    if len(lines) <= CELL_LINES_MAX or not one.value.same:
        yield one
        return
    for start in range(0, len(lines), CELL_LINES_MAX):
        yield Fact(plain("") if start else one.label, plain("\n".join(lines[start : start + CELL_LINES_MAX])))


def _row_mm(page: FPDF, one: Fact) -> float:
    """How tall a row of a table becomes, without writing it."""
    return max(_cell_mm(page, one.label, LABEL_MM, ""), _cell_mm(page, one.value, TEXT_MM - LABEL_MM, "B"))


def _cell_mm(page: FPDF, text: Said, width: float, style: str) -> float:
    inner = width - 2 * PADDING_MM
    page.set_font(FONT, style, CELL_PT)
    tall = len(_lines(page, text.pl, inner)) * CELL_MM
    if not text.same:
        page.set_font(FONT, "I", CELL_ENGLISH_PT)
        tall += len(_lines(page, text.en, inner)) * CELL_ENGLISH_MM
    return tall + 2 * ABOVE_MM


def _lines(page: FPDF, text: str, width: float) -> list[str]:
    """The lines that a text takes in the present font."""
    lines = page.multi_cell(width, CELL_MM, text, align="L", dry_run=True, output="LINES")
    if not isinstance(lines, list):
        raise TypeError("the library gives lines as a list")
    return lines


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


def _end(page: FPDF, letter: Letter) -> None:
    """The last paragraph, the signature and what is small, on one page."""
    last, small = letter.closing[-1:], tuple(_based(text) for text in letter.small)
    tall = sum(_block_mm(page, text) for text in last) + (SIGNATURE_MM if letter.signed else 0)
    tall += sum(_block_mm(page, text, SMALL_POLISH_PT, SMALL_PT) for text in small) + 3 + SMALL_MM
    _together(page, tall)
    for text in last:
        _block(page, text)
    if letter.signed:
        _signature(page)
    page.ln(1)
    page.set_draw_color(*LINE)
    page.line(MARGIN_MM, page.get_y(), MARGIN_MM + TEXT_MM, page.get_y())
    page.ln(2)
    for text in small:
        _block(page, text, SMALL_POLISH_PT, colour=SOFT, english_pt=SMALL_PT)
    subject = said(letter.subject_key)
    page.set_font(FONT, "", SMALL_POLISH_PT)
    page.set_text_color(*SOFT)
    page.multi_cell(TEXT_MM, SMALL_MM, f"{subject.pl} ({subject.en}): {letter.subject}", align="L")


def _based(text: Said) -> Said:
    basis = said("letter.basis")
    return Said(f"{basis.pl}: {text.pl}", f"{basis.en}: {text.en}")


def _signature(page: FPDF) -> None:
    text = said("letter.signature")
    page.ln(20)
    left, width = MARGIN_MM + TEXT_MM - 80, 80
    page.set_draw_color(*INK)
    page.set_line_width(0.2)
    page.line(left, page.get_y(), left + width, page.get_y())
    page.set_xy(left, page.get_y() + 1)
    page.set_font(FONT, "", SMALL_POLISH_PT)
    page.set_text_color(*INK)
    page.multi_cell(width, 5, text.pl, align="C", new_x="LEFT", new_y="NEXT")
    page.set_font(FONT, "I", SMALL_PT)
    page.set_text_color(*SOFT)
    page.multi_cell(width, 4, text.en, align="C", new_x="LMARGIN", new_y="NEXT")
    page.ln(4)
