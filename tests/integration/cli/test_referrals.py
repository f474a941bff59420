"""``pomost referrals``: look, search, refuse and issue from a shell; no key, code or person in what it says."""

from __future__ import annotations

import io
import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.referral_document import NEW, facts_of
from fakes.referral_document import ROOT as NODE
from installation import Installation

from adapter.cli.person import account
from adapter.simulator import documents

FIRST = f"{NODE}/1000000000000000000001"
DOCTOR = {"user_root": "2.16.840.1.113883.3.4424.1.6.2", "user_extension": "5425740"}


@pytest.fixture
def desk(installation: Installation) -> Iterator[Installation]:
    """One patient with a referral is known; a doctor may issue; whoever runs this is an operator."""
    caller = installation.facility["caller"]
    caller["staff"] = {"dr-lis": {**DOCTOR, "role": "LEKARZ_LEK_DENTYSTA_FELCZER"}}
    installation.config["roles"] = {account(): "operator"}
    installation.configure()
    installation.export(installation.clinic.patient(0), installation.clinic.referral(0))
    assert installation.call("sync").code == 0
    yield installation
    installation.simulator.state.referrals.hits_max = 50


def test_a_referral_is_refused_shown_and_given_nothing_back(desk: Installation) -> None:
    waits = desk.call("referrals", "refuse", "referral-1", "--comment", "brak umowy na ten zakres")
    assert (waits.code, "waits" in waits.out) == (0, True)
    assert "refuse-referral" in desk.call("outbox", "list").out
    (sealed,) = desk.call("referrals", "show", "referral-1", "--json").json["messages"]
    assert (sealed["state"], "sealed" in sealed) == ("waiting", False)
    assert desk.call("deliver").code == 0
    shown = desk.call("referrals", "show", "referral-1", "--json").json
    assert (shown["state"], shown["held"], shown["number"]) == ("issued", False, FIRST)
    assert [message["state"] for message in shown["messages"]] == ["delivered"]
    assert desk.rows("SELECT actor LIKE 'person:%' FROM audit WHERE action = 'ask-refuse-referral'") == [(True,)]
    back = desk.call("referrals", "give-back", "referral-1", "--comment", "pomyłka w rejestracji")
    assert (back.code, "REFERRAL_NOT_HELD" in back.err) == (1, True)


def test_a_referral_is_accepted_with_a_typed_key_and_finished(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.rows("UPDATE referral SET access = NULL")
    told = desk.call("referrals", "accept", "referral-1")
    assert (told.code, "REFERRAL_ACCESS_MISSING" in told.err) == (1, True)
    for typed, code in (("123", 1), (desk.clinic.world["referrals"][0]["code"], 0)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{typed}\n"))
        done = desk.call("referrals", "accept", "referral-1", "--ask-key", "--payer", "paid-in-full", "--now")
        assert done.code == code, done.out + done.err
    missing = desk.call("referrals", "missing-documents", "referral-1", "--comment", "brak wyniku EKG", "--now")
    assert missing.code == 0
    refused = desk.call("referrals", "finish", "referral-1", "--payer-id", "07", "--now")
    assert (refused.code, "refused" in refused.out) == (1, True)
    assert desk.call("referrals", "finish", "referral-1", "--now").code == 0
    shown = desk.call("referrals", "show", "referral-1", "--ask")
    assert (shown.code, "completed, not held here" in shown.out) == (0, True)


def test_a_document_is_verified_issued_handed_over_once_and_annulled(desk: Installation, tmp_path: Path) -> None:
    facts, file, receipt = facts_of(desk.clinic.world["people"][0]), tmp_path / "new.xml", tmp_path / "receipt.json"
    file.write_bytes(documents.write(facts))
    by = ("--as", "dr-lis")
    verified = desk.call("referrals", "verify", str(file), *by)
    assert (verified.code, "would accept" in verified.out) == (0, True)
    assert "REG.WER.3804 pacjent ma podobne skierowanie" in verified.out
    assert desk.call("referrals", "save", str(file)).code == 2, "a person issues: --as is needed"
    assert desk.call("referrals", "save", str(file), "--as", "nobody").code == 2
    saved = desk.call("referrals", "save", str(file), *by, "--now")
    assert (saved.code, "P1 warns: REG.WER.3804" in saved.out) == (0, True), saved.out + saved.err
    assert desk.call("referrals", "receipt", f"{NODE}/{NEW}", "--out", str(receipt)).code == 0
    assert stat.S_IMODE(receipt.stat().st_mode) == 0o600
    held = json.loads(receipt.read_text(encoding="utf-8"))
    one = desk.simulator.state.referrals.by_number[NODE, NEW]
    assert (held["key"], held["code"]) == (one.key, one.code)
    again = desk.call("referrals", "receipt", f"{NODE}/{NEW}", "--out", str(tmp_path / "second.json"))
    assert (again.code, "REFERRAL_HANDED_OVER" in again.err) == (1, True)
    assert desk.rows("SELECT secrets FROM issued_referral") == [(None,)]
    file.write_bytes(documents.write_annulment(facts, "9000000000000000000002"))
    assert desk.call("referrals", "annul", str(file), *by, "--now").code == 0
    assert one.state == "annulled"


def test_a_document_that_breaks_rules_is_refused_with_their_codes(desk: Installation, tmp_path: Path) -> None:
    file = tmp_path / "bad.xml"
    file.write_bytes(documents.write(facts_of(desk.clinic.world["people"][0], diagnosis="")))
    verified = desk.call("referrals", "verify", str(file), "--as", "dr-lis", "--json")
    assert (verified.code, verified.json["accepted"]) == (1, False)
    assert {"code": "REG.WER.1544", "severity": "error"}.items() <= verified.json["findings"][0].items()
    refused = desk.call("referrals", "save", str(file), "--as", "dr-lis", "--now")
    assert (refused.code, "REG.WER.1544" in refused.out) == (1, True)
    plain = desk.call("referrals", "show", f"{NODE}/{NEW}", "--json").json
    texts = desk.call("referrals", "show", f"{NODE}/{NEW}", "--texts", "--reason", "skarga lekarza", "--json").json
    assert {check["occasion"] for check in plain["checks"]} == {"verified", "saved"}
    assert texts["checks"][0]["findings"][0]["text"] == "brak rozpoznania ICD-10"
    assert desk.rows("SELECT detail->>'reason' FROM audit WHERE action = 'look-at-descriptions'") == [
        ("skarga lekarza",)
    ]
    file.write_text("this is no document", encoding="utf-8")
    for verb in ("verify", "save", "annul"):
        told = desk.call("referrals", verb, str(file), "--as", "dr-lis")
        assert (told.code, "DOCUMENT_UNUSABLE" in told.err) == (1, True)


def test_a_search_narrows_until_p1_lists_everything(desk: Installation) -> None:
    known = desk.simulator.state.referrals
    ours = sorted(one.extension for one in known.by_number.values() if one.issuer == "000000927722")
    known.hits_max = 2
    days = ("--from", "2026-01-01", "--to", "2026-12-31")
    found = desk.call("referrals", "search", *days, "--json")
    assert sorted(one["number"]["extension"] for one in found.json["found"]) == ours
    assert (found.code, found.json["questions"] > 2) == (0, True)
    own = desk.call("referrals", "search", "--patient", desk.clinic.patient(0)["id"], *days)
    assert (own.code, FIRST in own.out) == (0, True)
    desk.simulator.state.referrals.hits_max = 0
    crowded = desk.call("referrals", "search", "--from", "2026-10-01", "--to", "2026-10-01")
    assert (crowded.code, "2026-10-01 alone" in crowded.out) == (1, True)


def test_who_has_no_role_does_not_see_what_p1_wrote(desk: Installation) -> None:
    desk.config["roles"] = {}
    desk.configure()
    told = desk.call("referrals", "show", "referral-1", "--texts", "--reason", "ciekawość")
    assert (told.code, "OPERATOR_NEEDED" in told.err) == (1, True)
    assert desk.call("referrals", "show", "referral-99").code == 1
    assert desk.call("referrals", "show", "1.2.3/short").code == 2
    assert desk.call("referrals", "refuse", "referral-1", "--comment", "brak umowy", "--cell", "x").code == 2
    assert desk.call("referrals", "refuse", "referral-1", "--comment", "krot").code == 1
