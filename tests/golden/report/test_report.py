"""The package for CeZ stays, word for word, what it is; ``--rewrite-golden`` after an intended change."""

from __future__ import annotations

import email
import email.policy
import io
import json
from pathlib import Path

import pytest
from fakes.reconcile_fakes import FakeStore, HeldClock
from fakes.report_cases import DAY, MADE, report_store
from openpyxl import load_workbook

import adapter.services.report_letter
import adapter.services.report_package
import adapter.services.report_sheets
from adapter.mapping.tables import load_tables
from adapter.resources import mappings
from adapter.services.report_cez import make_package, package_files

HERE = Path(__file__).resolve().parent


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> dict[str, bytes]:
    """The package, made by a program of a held version."""
    for module in (
        adapter.services.report_package,
        adapter.services.report_sheets,
        adapter.services.report_letter,
    ):
        monkeypatch.setattr(module, "__version__", "0.0-golden")
    store = report_store() if getattr(request, "param", "full") == "full" else FakeStore()
    return package_files(make_package(store, HeldClock(MADE), load_tables(mappings()), "demo", DAY))


def same(name: str, content: bytes, rewrite: bool) -> None:
    path = HERE / name
    if rewrite:
        path.write_bytes(content)
    assert content.decode("utf-8") == path.read_bytes().decode("utf-8")


@pytest.mark.parametrize("name", ["report.csv", "report.json", "report.html"])
def test_texts(files: dict[str, bytes], name: str, rewrite_golden: bool) -> None:
    same(name, files[name], rewrite_golden)


def test_workbook(files: dict[str, bytes], rewrite_golden: bool) -> None:
    """Cell by cell: the bytes depend on the library's version, what people read does not."""
    book = load_workbook(io.BytesIO(files["report.xlsx"]))
    cells = {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}
    same("workbook.json", (json.dumps(cells, ensure_ascii=False, indent=1) + "\n").encode(), rewrite_golden)


def test_letter(files: dict[str, bytes], rewrite_golden: bool) -> None:
    """Headers, text and the names of what is attached; the attachments have files of their own."""
    letter = email.message_from_bytes(files["message.eml"], policy=email.policy.default)
    body = letter.get_body(("plain",))
    assert body is not None
    lines = [f"{name}: {value}" for name, value in letter.items()]
    lines += ["", body.get_content().replace("\r\n", "\n")]
    lines += [f"[{part.get_content_type()}: {part.get_filename()}]" for part in letter.iter_attachments()]
    same("letter.txt", ("\n".join(lines) + "\n").encode(), rewrite_golden)


@pytest.mark.parametrize("files", ["empty"], indirect=True)
def test_empty_page(files: dict[str, bytes], rewrite_golden: bool) -> None:
    same("empty.html", files["report.html"], rewrite_golden)
