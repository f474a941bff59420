"""Letters to patients stay, word for word, what they are; ``--rewrite-golden`` after an intended change."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pypdf
import pytest
from fakes.letter_cases import LETTERS, office

from adapter.services.letters.as_page import as_page
from adapter.services.letters.as_pdf import as_pdf
from adapter.services.letters.as_text import as_text
from adapter.services.letters.letter import Letter, Office, Said

HERE = Path(__file__).resolve().parent
PAGES = ("entered-week-paper", "certificate-entry", "status")
"""Letters whose page is kept: one with an address, one that is signed, one with several tables."""


@pytest.fixture(scope="module")
def held() -> Office:
    return office()


def same(name: str, content: str, rewrite: bool) -> None:
    path = HERE / name
    if rewrite:
        path.write_text(content, encoding="utf-8")
    assert content == path.read_text("utf-8")


@pytest.mark.parametrize("name", LETTERS)
def test_text(held: Office, name: str, rewrite_golden: bool) -> None:
    same(f"{name}.txt", as_text(LETTERS[name](held)), rewrite_golden)


@pytest.mark.parametrize("name", PAGES)
def test_page(held: Office, name: str, rewrite_golden: bool) -> None:
    same(f"{name}.html", as_page(LETTERS[name](held)), rewrite_golden)


@cache
def pdf(name: str) -> bytes:
    """The PDF of a letter, made once for all tests."""
    return as_pdf(LETTERS[name](office()))


def read(name: str) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf(name)))


def words(text: str) -> list[str]:
    """Words in their order, however lines and cells are broken."""
    return re.findall(r"\w+", text)


def spoken(letter: Letter) -> list[str]:
    """Every sentence of a letter in both languages."""
    facts = [*letter.facts, *(one for _, facts in letter.tables for one in facts)]
    texts = [letter.title, *letter.opening, *letter.closing, *letter.small, *(head for head, _ in letter.tables)]
    texts += [one.label for one in facts] + [one.value for one in facts]
    return [*letter.sender, *letter.addressee, *(one.pl for one in texts), *(one.en for one in texts)]


@pytest.mark.parametrize("name", PAGES)
def test_a_reader_that_we_did_not_write_finds_every_sentence_in_the_pdf(held: Office, name: str) -> None:
    letter = LETTERS[name](held)
    found = " ".join(words("\n".join(page.extract_text() for page in read(name).pages)))
    assert not [text for text in spoken(letter) if " ".join(words(text)) not in found]


def test_a_pdf_says_its_language_and_title_and_carries_its_fonts() -> None:
    document = read("entered")
    assert document.metadata is not None
    assert document.metadata.title == "Zawiadomienie o wpisie na listę oczekujących"
    assert document.root_object["/Lang"] == "pl-PL"
    fonts = [font.get_object() for font in document.pages[0]["/Resources"]["/Font"].values()]
    files = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert len(files) == 3
    assert all("/FontFile2" in file for file in files)


def test_the_same_letter_gives_the_same_bytes(held: Office) -> None:
    assert as_pdf(LETTERS["status"](held)) == pdf("status")


@pytest.mark.parametrize("name", ["entered-week-paper", "term-changed", "certificate-report"])
def test_the_longest_of_each_sort_fits_on_one_page(name: str) -> None:
    assert len(read(name).pages) == 1


def pages(letter: Letter) -> list[str]:
    """What a reader finds on each page."""
    return [one.extract_text() for one in pypdf.PdfReader(io.BytesIO(as_pdf(letter))).pages]


def test_no_table_of_several_is_torn_between_pages(held: Office) -> None:
    """Each page of a status begins with the head of a register, and the end of the letter stands together."""
    status = LETTERS["status"](held)
    made = pages(replace(status, tables=status.tables[:1] * 7))
    assert len(made) > 2
    assert all(page.startswith(status.tables[0][0].pl) for page in made[1:-1])
    assert [page.count("Kategoria medyczna") for page in made] == [page.count("Miejsce na liście\n") for page in made]
    assert status.closing[-1].pl.split()[0] in made[-1]
    assert "Podstawa prawna" in made[-1]


def test_a_text_longer_than_a_page_is_whole_and_follows_its_head(held: Office) -> None:
    letter = LETTERS["justification"](held)
    head, (fact, *_) = letter.tables[0]
    told = [f"Powód{number}" for number in range(450)]
    made = pages(replace(letter, tables=((head, (replace(fact, value=Said(" ".join(told), " ".join(told))),)),)))
    assert len(made) > 1
    assert re.findall(r"Powód\d+", " ".join(made)) == told
    assert next(page for page in made if "Powód0\n" in page or "Powód0 " in page).count(f"{head.pl}\n") == 1
