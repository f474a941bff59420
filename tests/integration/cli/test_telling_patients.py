"""``pomost notices`` and ``pomost list`` from a shell: what is shown without people, what is written for them."""

from __future__ import annotations

import json
import re
import stat
from datetime import date
from pathlib import Path

import installation
import pypdf
import pytest
from fakes.register_ward import HOSPITAL, Ward
from installation import Installation
from store_fixtures import HeldClock

from adapter.bootstrap import open_store
from adapter.cli.person import account
from adapter.domain.entitlement import Criterion
from adapter.services.notices.plan_notice import offer_earlier, tell_entered
from adapter.settings import load_settings

WHY = "complaint 12/2026"


@pytest.fixture
def desk(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Two wait, one was told so and the other was offered an earlier date; whoever runs this is an operator."""
    installation.config["roles"] = {account(): "operator"}
    installation.configure()
    with monkeypatch.context() as patch:
        for name in ("POMOST_CONFIG", "DATABASE_URL", "POMOST_SEALING_KEYS"):
            patch.setenv(name, installation.environment[name])
        with open_store(load_settings()) as store:
            ward = Ward(store, HeldClock())
            ward.at("2026-03-02")
            ward.open_schedule()
            ward.enter("A", on="2026-01-05", term="2026-04-20")
            ward.enter("B", on="2026-02-10", term="2026-04-21", criterion=Criterion.URGENT)
            ward.desk(lambda at: tell_entered(at, ward.entry("A")))
            ward.desk(lambda at: offer_earlier(at, ward.entry("B"), date(2026, 3, 30)))
    return installation


def test_a_clerks_morning(desk: Installation, tmp_path: Path) -> None:
    """List, write the letter, say that it was told, write down the answer."""
    told = desk.call("notices", "list", "--json").json
    assert [(one["kind"], one["entry"], one["state"]) for one in told] == [
        ("entered", "A", "due"),
        ("earlier-offer", "B", "due"),
    ]
    assert "Wzorcowa" not in desk.call("notices", "list").out
    letters = tmp_path / "letters"
    for form, suffix in (("text", "txt"), ("html", "html"), ("pdf", "pdf")):
        done = desk.call("notices", "show", "1", "--format", form, "--out", str(letters))
        assert done.code == 0, done.err
        written = letters / f"A-entered.{suffix}"
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert stat.S_IMODE(letters.stat().st_mode) == 0o700
    assert "Anna Wzorcowa" in (letters / "A-entered.txt").read_text()
    assert "zostali Państwo wpisani" in (letters / "A-entered.html").read_text()
    assert "Termin" in pypdf.PdfReader(letters / "A-entered.pdf").pages[0].extract_text()
    again = desk.call("notices", "show", "1", "--format", "pdf", "--out", str(letters))
    assert (again.code, "FILE_EXISTS" in again.err) == (1, True)
    assert desk.call("notices", "sent", "1", "--by", "phone,letter").code == 0
    answered = desk.call("notices", "answer", "2", "no_contact", "--json").json
    assert (answered["reserved"], answered["verdicts"][0]["code"]) == (True, "AUTO-N-RESERVE")
    assert answered["next_notice"] is None  # the date is past by now
    assert "reserved" in desk.call("list", "show").out
    twice = desk.call("notices", "answer", "2", "accepted")
    assert (twice.code, "NOTICE_SETTLED" in twice.err) == (1, True)


def test_the_list_and_what_is_asked_about_one_patient(
    desk: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shown,) = desk.call("list", "show", "--schedule", HOSPITAL.id, "--json").json
    assert [(one["place"], one["entry"], "person" in one) for one in shown["waiting"]] == [
        (1, "B", False),
        (2, "A", False),
    ]
    assert "Wzorcowa" not in desk.call("list", "show").out
    with monkeypatch.context() as patch:
        patch.setattr(installation, "PERSONAL", re.compile("(?!)"))  # a phone number is shown here, on purpose
        assert "Anna Wzorcowa" in desk.call("list", "show", "--with-people", "--reason", WHY).out
    assert desk.call("list", "show", "--with-people").code == 2
    (own,) = desk.call("list", "status", "--patient", "P-A", "--json").json["entries"]
    assert (own["place"], own["criterion"], own["term"]) == (2, "stable", "2026-04-20")
    assert "place 2" in desk.call("list", "status", "--patient", "P-A").out
    steps = desk.call("list", "history", "A", "--json").json
    assert [(one["what"], one["by"]) for one in steps] == [("entered", "Jan Testowy")]
    paper = tmp_path / "certificate.txt"
    assert desk.call("list", "certificate", "A", "--out", str(paper)).code == 0
    assert "Zaświadcza się" in paper.read_text()
    status = tmp_path / "status.pdf"
    assert desk.call("list", "status", "--patient", "P-A", "--format", "pdf", "--out", str(status)).code == 0
    assert desk.rows("SELECT count(*) FROM audit WHERE action = 'register.letter'") == [(2,)]


def test_the_export_for_inspection(desk: Installation, tmp_path: Path) -> None:
    done = desk.call("list", "export", "--out", str(tmp_path / "out"), "--reason", "NFZ 12/2026", "--json").json
    assert (done["entries"], Path(done["folder"]).parent) == (2, tmp_path / "out")
    assert (Path(done["folder"]) / "digests.txt").is_file()


def test_a_viewer_sees_the_list_and_no_people(desk: Installation, tmp_path: Path) -> None:
    desk.config["roles"] = {account(): "viewer"}
    desk.configure()
    assert desk.call("list", "show").code == 0
    for words in (
        ("list", "show", "--with-people", "--reason", WHY),
        ("list", "certificate", "A"),
        ("list", "export", "--out", str(tmp_path / "out"), "--reason", WHY),
        ("notices", "show", "1"),
    ):
        refused = desk.call(*words)
        assert (refused.code, "OPERATOR_NEEDED" in refused.err) == (1, True), words
    assert desk.call("notices", "show", "1", "--json").json["kind"] == "entered"
    assert desk.rows("SELECT count(*) FROM audit WHERE action = 'register.refused'") == [(4,)]


def test_wrong_use_and_what_is_not_there(desk: Installation) -> None:
    for words, code in (
        (("notices", "sent", "1", "--by", "pigeon"), 2),
        (("notices", "show", "1", "--format", "pdf"), 2),
        (("notices", "show", "99"), 1),
        (("list", "certificate", "A", "--format", "html"), 2),
        (("list", "certificate", "A", "--kind", "contract-end"), 1),
        (("list", "status", "--patient", "P-A", "--format", "pdf"), 2),
        (("list", "status", "--patient", "P-A", "--json", "--out", "letters"), 2),
        (("list", "history", "nobody"), 1),
        (("list", "status", "--patient", "nobody"), 1),
        (("list", "show", "--schedule", "nowhere"), 1),
        (("list", "certificate", "A", "--kind", "justification"), 1),
    ):
        assert desk.call(*words).code == code, words
    assert desk.rows("SELECT count(*) FROM audit WHERE action = 'register.letter'") == [(0,)]


def test_e_n_notice_a_template_of_the_hospitals_own(installation: Installation, tmp_path: Path) -> None:
    """N-05: the sentence may be broken over lines and marks; in a script nobody reads it."""
    sentence = (
        "Informacje o możliwości udzielenia świadczenia przez innych świadczeniodawców, średnim czasie\n"
        "  oczekiwania i <b>pierwszym wolnym terminie</b> można uzyskać w Narodowym Funduszu Zdrowia."
    )
    good, bad = tmp_path / "good.html", tmp_path / "bad.html"
    good.write_text(f"<html><body><p>Termin: {{{{ term }}}}</p><p>{sentence}</p></body></html>")
    bad.write_text(f"<html><script>{sentence}</script><body><p>Termin</p></body></html>")
    assert installation.call("notices", "check", str(good)).code == 0
    refused = installation.call("notices", "check", str(bad), "--json")
    assert (refused.code, json.loads(refused.out)["code"]) == (1, "E-N-NOTICE")
    (tmp_path / "empty.txt").write_bytes(b" ")
    assert installation.call("notices", "check", str(tmp_path / "empty.txt")).code == 1
