"""The package as tables: ``report.csv`` and ``report.xlsx``.

Both are made the same way each time, byte for byte, from the same package. No cell can start a formula:
a text that a spreadsheet would calculate gets an apostrophe in front (CSV) or is stored as text (workbook).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from adapter import __version__
from adapter.services.report_package import COLUMNS, RECIPIENT, Package, cells, digest, heads, local
from adapter.services.report_text import ENGLISH, POLISH, texts

SEPARATOR = ";"
"""What a Polish spreadsheet expects between cells."""
PLAIN_NUMBER = re.compile(r"-?[0-9]+([.][0-9]+)?")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
WIDTH_MIN, WIDTH_MAX = 12, 44
"""Width of a workbook's column in characters."""
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""A workbook is a ZIP; its members carry this moment, so that the same package gives the same bytes."""


def inert(text: str) -> str:
    """A text that no spreadsheet calculates. A plain number, also a negative one, is no formula."""
    if not text.startswith(FORMULA_STARTS) or PLAIN_NUMBER.fullmatch(text):
        return text
    return f"'{text}"


def as_csv(package: Package) -> bytes:
    """UTF-8 with a byte order mark, semicolons, CRLF: opens by double click in a Polish spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=SEPARATOR, lineterminator="\r\n")
    writer.writerow([inert(head) for head in heads(texts(POLISH), texts(ENGLISH))])
    for row in package.rows:
        writer.writerow([inert(text) for text in cells(row, texts(POLISH))])
    return out.getvalue().encode("utf-8-sig")


def as_workbook(package: Package) -> bytes:
    """Two sheets: the rows with a frozen head and a filter, and what the package is."""
    polish, english = texts(POLISH), texts(ENGLISH)
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a sheet")
    sheet.title = polish("sheet.rows")
    _fill(sheet, [heads(polish, english), *(cells(row, polish) for row in package.rows)])
    _dress(sheet)
    about = book.create_sheet(polish("sheet.about"))
    _fill(
        about,
        [
            [polish("report.title"), english("report.title")],
            [_both("field.facility"), package.facility],
            [_both("field.provider"), ", ".join(package.provider_numbers)],
            [_both("field.day"), package.day.isoformat()],
            [_both("field.made_at"), local(package.made_at)],
            [_both("field.rows"), str(len(package.rows))],
            [_both("field.recipient"), RECIPIENT],
            [_both("field.software"), f"Pomost {__version__}"],
            [_both("field.digest"), digest(package)],
        ],
    )
    about.column_dimensions["A"].width = WIDTH_MAX
    about.column_dimensions["B"].width = 2 * WIDTH_MAX
    moment = package.made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.creator = f"Pomost {__version__}"
    book.properties.created = moment
    out = io.BytesIO()
    book.save(out)
    return _steady(out.getvalue(), f"{moment.isoformat()}Z")


def _both(key: str) -> str:
    return f"{texts(POLISH)(key)} / {texts(ENGLISH)(key)}"


def _fill(sheet: Worksheet, rows: list[list[str]]) -> None:
    for number, row in enumerate(rows, start=1):
        for place, text in enumerate(row, start=1):
            cell = sheet.cell(row=number, column=place)
            if isinstance(cell, Cell):
                cell.value = text
                cell.data_type = "s"


def _dress(sheet: Worksheet) -> None:
    """Head in bold on blue, wrapped, frozen; columns as wide as their content within limits."""
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color="1F4E79")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for place in range(1, len(COLUMNS) + 1):
        longest = max((len(str(sheet.cell(row, place).value)) for row in range(2, sheet.max_row + 1)), default=0)
        sheet.column_dimensions[get_column_letter(place)].width = min(max(longest + 2, WIDTH_MIN), WIDTH_MAX)
    sheet.row_dimensions[1].height = 48
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _steady(workbook: bytes, moment: str) -> bytes:
    """Put the package's moment where openpyxl and the ZIP put the present one."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + moment.encode(), content)
            member = zipfile.ZipInfo(name, date_time=ZIP_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, content)
    return out.getvalue()
