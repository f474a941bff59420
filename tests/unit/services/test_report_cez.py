"""The package for CeZ: the right rows, nobody's data, complete or not there, filed once."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.reconcile_fakes import FakeStore, HeldClock
from fakes.report_cases import DAY, FETCHED, MADE, report_store
from openpyxl import load_workbook

from adapter.domain.discrepancy import Discrepancy, DiscrepancyClass
from adapter.errors import BadInput, Misconfigured, Refused
from adapter.mapping.tables import Tables, load_tables
from adapter.resources import mappings
from adapter.services import report_cez
from adapter.services.report_cez import Written, file_rows, make_package, package_files, write_report
from adapter.services.report_rows import WITHHELD
from adapter.services.report_sheets import inert
from adapter.services.report_text import catalogue, texts

PESEL = "02701100018"
KEY = "12345678901234567890123456789012345678901234"
NUMBER = "1234567890123456789012"
NAME = "Zmyślona-Kowalska"
CODE = "9876"
SECRETS = (PESEL, KEY, NUMBER, NAME, f"code {CODE}")
FILES = {"report.csv", "report.xlsx", "report.json", "report.html", "message.eml"}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables(mappings())


@pytest.fixture
def store() -> FakeStore:
    return report_store()


def write(store: FakeStore, tables: Tables, out: Path, **more: object) -> Written | None:
    return write_report(store, HeldClock(MADE), tables, "demo", day=DAY, out=out, **more)


def record(store: FakeStore, one: Discrepancy) -> None:
    with store.unit_of_work() as work:
        work.differences.record("demo", [one], FETCHED)
        work.commit()


def visits_in(folder: Path) -> list[list[str]]:
    return [row["cer_visit_ids"] for row in json.loads((folder / "report.json").read_text())["rows"]]


def readable(files: Mapping[str, bytes]) -> str:
    """Everything that anybody can read in the package: texts, cells, attachments, document properties."""
    letter = email.message_from_bytes(files["message.eml"], policy=email.policy.default)
    parts = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
    book = load_workbook(io.BytesIO(files["report.xlsx"]))
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    texts_of = [files[name].decode() for name in ("report.csv", "report.json", "report.html")]
    return "\n".join([*texts_of, *parts, str(letter["Subject"]), *cells, str(book.properties)])


def test_only_what_cez_must_explain_is_in_the_package(store: FakeStore, tables: Tables, tmp_path: Path) -> None:
    written = write(store, tables, tmp_path)
    assert written is not None
    assert {path.name for path in written.folder.iterdir()} == FILES
    assert visits_in(written.folder) == [["WIZ-77001"], ["WIZ-77002"], ["WIZ-77003", "WIZ-77004"]]
    assert written.rows == 3
    assert not written.filed


def test_two_patients_on_one_term_are_for_cez_only_when_cer_saved_both(
    store: FakeStore, tables: Tables, tmp_path: Path
) -> None:
    doubled = next(one for one in store.state.discrepancies if one.found.kind is DiscrepancyClass.DOUBLE_BOOKED)
    local = replace(doubled.found, evidence={**doubled.found.evidence, "cer_saved_both": False})
    store.state.discrepancies[doubled.id - 1] = replace(doubled, found=local)
    written = write(store, tables, tmp_path)
    assert written is not None
    assert written.rows == 2


def test_no_person_and_no_secret_is_anywhere_even_with_every_field_filled(store: FakeStore, tables: Tables) -> None:
    filled: dict[str, object] = {
        **dict.fromkeys(store.state.discrepancies[0].found.evidence, f"{PESEL} {NAME} {KEY} {NUMBER} code {CODE}"),
        "patient": NAME,
        "pesel": PESEL,
        "referral": {"key": KEY, "number": NUMBER, "code": f"code {CODE}"},
        "note": f"{NAME} {PESEL} code {CODE}",
        "visits_unknown_here": [PESEL],
        "visits_saved": [f"WIZ-1@{PESEL}"],
    }
    record(
        store,
        Discrepancy(
            DiscrepancyClass.BOOKED_WHILE_BLOCKED,
            "demo",
            f"{NAME}-{PESEL}",
            DAY,
            f"slot-{PESEL}",
            "CER-9",
            (f"A-{KEY}", NAME, NUMBER),
            ("WIZ-1",),
            filled,
        ),
    )
    number = len(store.state.discrepancies)
    with store.unit_of_work() as work:
        work.differences.mark(number, "acknowledged", f"person:{NAME}", f"{NAME} {PESEL} {KEY} code {CODE}", MADE)
        work.commit()
    package = make_package(store, HeldClock(MADE), tables, "demo", DAY)
    assert number in {row.discrepancy_id for row in package.rows}
    said = readable(package_files(package))
    assert [secret for secret in SECRETS if secret in said] == []
    assert WITHHELD in said


def test_cers_own_ids_are_given_as_cer_gave_them(store: FakeStore, tables: Tables) -> None:
    found = store.state.discrepancies[0].found
    theirs = "2.16.840.1.113883.3.4424:12345678901"
    record(store, replace(found, national_slot_id=theirs, national_visit_ids=("44051401358",)))
    rows = make_package(store, HeldClock(MADE), tables, "demo", DAY).rows
    assert (theirs, "44051401358") in {(row.cer_slot_id, row.visits[0].id) for row in rows}


FORMULAS = ["=1+1", "+1", "-1+1", "-A1", "@SUM(A1)", "\t=1", "=HYPERLINK(0)"]


@pytest.mark.parametrize("bad", FORMULAS)
def test_no_cell_can_start_a_formula(store: FakeStore, tables: Tables, bad: str) -> None:
    found = store.state.discrepancies[0].found
    record(store, replace(found, national_slot_id=bad, national_visit_ids=("X",)))
    files = package_files(make_package(store, HeldClock(MADE), tables, "demo", DAY))
    rows = list(csv.reader(io.StringIO(files["report.csv"].decode("utf-8-sig")), delimiter=";"))
    assert all(not cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row)
    sheet = load_workbook(io.BytesIO(files["report.xlsx"])).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}


@pytest.mark.parametrize("number", ["-0.015091", "-1", "2.0"])
def test_a_number_stays_a_number(number: str) -> None:
    assert inert(number) == number


def test_a_page_shows_foreign_text_as_text(store: FakeStore, tables: Tables) -> None:
    found = store.state.discrepancies[0].found
    record(store, replace(found, national_slot_id="<script>x</script>", national_visit_ids=("X",)))
    page = package_files(make_package(store, HeldClock(MADE), tables, "demo", DAY))["report.html"].decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_page_fetches_nothing(store: FakeStore, tables: Tables) -> None:
    page = package_files(make_package(store, HeldClock(MADE), tables, "demo", DAY))["report.html"].decode()
    assert [
        word for word in ("http://", "https://", "<script", "<link", "<img", "url(", "@import") if word in page
    ] == []


def test_the_same_package_gives_the_same_bytes(tables: Tables) -> None:
    once, twice = (package_files(make_package(report_store(), HeldClock(MADE), tables, "demo", DAY)) for _ in range(2))
    assert once == twice


def test_the_letter_is_an_unsent_draft_with_every_file_attached(store: FakeStore, tables: Tables) -> None:
    files = package_files(make_package(store, HeldClock(MADE), tables, "demo", DAY))
    letter = email.message_from_bytes(files["message.eml"], policy=email.policy.default)
    assert (letter["To"], letter["X-Unsent"]) == ("e-rejestracja@cez.gov.pl", "1")
    attached = {part.get_filename(): part.get_payload(decode=True) for part in letter.iter_attachments()}
    assert attached == {name: content for name, content in files.items() if name != "message.eml"}
    body = letter.get_body(("plain",))
    assert body is not None
    assert all(visit in body.get_content() for visit in ("WIZ-77001", "WIZ-77002", "WIZ-77003", "WIZ-77004"))


# ---------------------------------------------------------------- filing


def test_a_filed_row_is_not_offered_twice_unless_asked_for(store: FakeStore, tables: Tables, tmp_path: Path) -> None:
    first = write(store, tables, tmp_path, filed_by="a.nowak")
    assert first is not None
    assert first.filed
    assert write(store, tables, tmp_path) is None
    again = write(store, tables, tmp_path, again=True)
    assert again is not None
    assert again.rows == 3
    history = store.state.discrepancies[0].history
    assert (history[0]["who"], history[0]["state"]) == ("person:a.nowak", "reported")
    assert str(history[0]["note"]).endswith(first.digest[:16])
    (audited,) = store.state.audit
    assert (audited.actor, audited.action, audited.detail["rows"]) == ("person:a.nowak", "file-report", [1, 2, 5])


def test_filing_can_be_recorded_after_the_letter_was_sent(store: FakeStore, tables: Tables, tmp_path: Path) -> None:
    write(store, tables, tmp_path)
    assert file_rows(store, HeldClock(MADE), tables, "demo", day=DAY, filed_by="a.nowak") == 3
    assert write(store, tables, tmp_path) is None
    assert file_rows(store, HeldClock(MADE), tables, "demo", day=DAY, filed_by="a.nowak") == 0


def test_a_filed_row_that_closes_and_comes_back_is_still_the_filed_one(
    store: FakeStore, tables: Tables, tmp_path: Path
) -> None:
    write(store, tables, tmp_path, filed_by="a.nowak")
    found = [one.found for one in store.state.discrepancies]
    later = MADE + timedelta(days=1)
    with store.unit_of_work() as work:
        work.differences.close_missing("demo", found[0].schedule_id, DAY, DAY, later)
        work.differences.record("demo", found, later + timedelta(hours=1))
        work.commit()
    assert {one.state for one in store.state.discrepancies} == {"closed", "open"}
    assert write(store, tables, tmp_path) is None


def test_a_visit_that_was_moved_since_still_happened_and_can_be_filed(
    store: FakeStore, tables: Tables, tmp_path: Path
) -> None:
    with store.unit_of_work() as work:
        work.differences.close_missing("demo", "kardiologia-1", DAY, DAY, MADE)
        work.commit()
    written = write(store, tables, tmp_path, filed_by="a.nowak")
    assert written is not None
    assert written.rows == 3


def test_what_a_person_closed_as_no_discrepancy_does_not_go_to_cez(
    store: FakeStore, tables: Tables, tmp_path: Path
) -> None:
    with store.unit_of_work() as work:
        work.differences.mark(1, "closed", "person:a.nowak", "blocked by mistake", MADE)
        work.commit()
    written = write(store, tables, tmp_path)
    assert written is not None
    assert visits_in(written.folder) == [["WIZ-77002"], ["WIZ-77003", "WIZ-77004"]]


def test_two_people_cannot_file_the_same_rows(
    store: FakeStore, tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = report_cez.package_files

    def while_another_files(package: report_cez.Package) -> dict[str, bytes]:
        file_rows(store, HeldClock(MADE), tables, "demo", day=DAY, filed_by="b.lis")
        return real(package)

    monkeypatch.setattr(report_cez, "package_files", while_another_files)
    with pytest.raises(Refused, match="meanwhile"):
        write(store, tables, tmp_path, filed_by="a.nowak")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "who",
    ["", "  ", "x" * 81, "a;b", f"nowak {PESEL}", "a\nb"],
    ids=["empty", "blank", "long", "sign", "PESEL", "line"],
)
def test_who_files_must_be_an_account(store: FakeStore, tables: Tables, tmp_path: Path, who: str) -> None:
    with pytest.raises(BadInput):
        write(store, tables, tmp_path, filed_by=who)
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- the folder


def test_an_empty_day_writes_nothing_unless_asked_for(tables: Tables, tmp_path: Path) -> None:
    assert write(FakeStore(), tables, tmp_path / "out") is None
    assert not (tmp_path / "out").exists()
    empty = write(FakeStore(), tables, tmp_path / "out", empty=True)
    assert empty is not None
    assert (empty.rows, {path.name for path in empty.folder.iterdir()}) == (0, FILES)


def test_an_earlier_package_is_never_overwritten(store: FakeStore, tables: Tables, tmp_path: Path) -> None:
    folders = []
    for _ in range(3):
        written = write(store, tables, tmp_path)
        assert written is not None
        folders.append(written.folder.name)
    assert folders == ["cez-2026-11-30-demo", "cez-2026-11-30-demo-2", "cez-2026-11-30-demo-3"]


@pytest.mark.parametrize("step", ["fsync", "rename", "commit"])
def test_the_folder_appears_complete_or_not_at_all_and_nothing_is_filed_without_it(
    store: FakeStore, tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    if step == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    elif step == "rename":
        monkeypatch.setattr(Path, "rename", fail)
    else:
        monkeypatch.setattr("fakes.reconcile_fakes.FakeWork.commit", fail)
    with pytest.raises((Misconfigured, OSError), match="No space left"):
        write(store, tables, tmp_path, filed_by="a.nowak")
    assert list(tmp_path.iterdir()) == []
    assert {one.state for one in store.state.discrepancies} == {"open"}


def test_a_folder_that_cannot_be_made_is_named(store: FakeStore, tables: Tables, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="file"):
        write(store, tables, tmp_path / "file" / "out")


# ---------------------------------------------------------------- texts


def test_both_languages_have_the_same_texts_and_none_is_empty() -> None:
    polish, english = texts("pl"), texts("en")
    assert polish.keys == english.keys
    assert len(polish.keys) > 60
    for language in ("pl", "en"):
        assert catalogue(language).read_text("utf-8").count("msgid ") == len(polish.keys) + 1


def test_a_text_that_is_missing_is_an_error_not_a_key_on_the_page() -> None:
    with pytest.raises(Misconfigured, match="no\\.such\\.key"):
        texts("pl")("no.such.key")


def test_a_language_without_a_catalogue_is_named() -> None:
    with pytest.raises(Misconfigured, match="de"):
        texts("de")


def test_every_text_is_used() -> None:
    folder = Path(report_cez.__file__).parent
    source = "\n".join(path.read_text("utf-8") for path in folder.glob("report_*"))
    from adapter.services.report_package import COLUMNS

    unused = [
        key
        for key in texts("pl").keys
        if f'"{key}"' not in source and not key.startswith("word.") and key.removeprefix("column.") not in COLUMNS
    ]
    assert unused == []
