"""``pomost certificates``: what it prints, what it exits with."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter.cli.main import main
from adapter.simulator.certificates import Authority, TestCertificates, make_test_certificates

CALLER = (
    'caller = {podmiot="000000927722", user_root="1", user_extension="2", workplace_root="3", '
    'workplace_extension="001", role="X"}'
)


@pytest.fixture
def made(tmp_path: Path) -> TestCertificates:
    return make_test_certificates(tmp_path / "certificates", now=datetime.now(UTC), days=400)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output, errors of the real entry point."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def configure(
    monkeypatch: pytest.MonkeyPatch, folder: Path, made: TestCertificates, *, password: str = "pomost-test"
) -> None:
    endpoint = (
        f'url = "https://localhost:1/"\ntls_certificate = "{made.client_tls.p12}"\ntls_password = "{password}"\n'
        f'signing_certificate = "{made.client_wss.certificate}"\nsigning_key = "{made.client_wss.key}"\n'
        f'ca_bundle = "{made.ca}"\nsigner_subjects = ["Test CeR WSS"]\ncrl_files = ["{made.crl}"]\n'
    )
    path = folder / "pomost.toml"
    path.write_text(
        f"[facilities.demo]\n{CALLER}\n[facilities.demo.cer]\n{endpoint}\n[facilities.demo.p1]\n{endpoint}"
    )
    monkeypatch.setenv("POMOST_CONFIG", str(path))


def test_check_says_what_each_is_for_and_how_long_it_lasts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, made: TestCertificates
) -> None:
    configure(monkeypatch, tmp_path, made)
    code, out, _ = run(capsys, "certificates", "check", "--json")
    rows = json.loads(out)
    assert code == 0
    assert {(row["owner"], row["kind"]) for row in rows} == {
        (f"demo/{channel}", kind)
        for channel in ("cer", "p1")
        for kind in ("tls", "signing", "ca-bundle", "signer-ca", "crl")
    }
    assert {row["days_left"] for row in rows} == {399}
    assert all(row["purpose"] and row["file"] and not row["problem"] for row in rows)
    code, out, _ = run(capsys, "certificates", "check")
    assert (code, out.count("399 days left")) == (0, 10)


@pytest.mark.parametrize(("days", "expected"), [(32, 0), (30, 1), (29, 1)])
def test_check_finds_what_expires_within_thirty_days(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, days: int, expected: int
) -> None:
    made = make_test_certificates(tmp_path / "short", now=datetime.now(UTC), days=days)
    configure(monkeypatch, tmp_path, made)
    assert run(capsys, "certificates", "check")[0] == expected


def test_check_shows_the_expired_as_expired(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=100)
    configure(monkeypatch, tmp_path, make_test_certificates(tmp_path / "old", now=long_ago, days=90))
    code, out, _ = run(capsys, "certificates", "check", "--json")
    assert (code, {row["days_left"] for row in json.loads(out)}) == (1, {-11})


def test_check_names_what_it_cannot_read_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, made: TestCertificates
) -> None:
    configure(monkeypatch, tmp_path, made, password="wrong")
    made.crl.write_text("nothing")
    code, out, _ = run(capsys, "certificates", "check", "--json")
    rows = json.loads(out)
    problems = {row["kind"]: row["problem"] for row in rows if row["problem"]}
    assert (code, set(problems)) == (3, {"tls", "crl"})
    assert str(made.client_tls.p12) in problems["tls"]
    assert str(made.crl) in problems["crl"]
    assert "wrong" not in out
    assert {row["days_left"] for row in rows if row["kind"] == "signing"} == {399}


def test_check_without_facilities_is_not_configured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "empty.toml").write_text("")
    monkeypatch.setenv("POMOST_CONFIG", str(tmp_path / "empty.toml"))
    code, _, err = run(capsys, "certificates", "check")
    assert (code, "no facility" in err) == (3, True)


def test_make_test_writes_everything_both_sides_need(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "made"
    code, out, _ = run(
        capsys, "certificates", "make-test", str(folder), "--host", "sim.example", "--days", "10", "--json"
    )
    found = json.loads(out)
    assert (code, len(found["identities"])) == (0, 5)
    files = [Path(each[kind]) for each in found["identities"].values() for kind in ("certificate", "key", "p12")]
    assert all(file.is_file() for file in [*files, Path(found["ca"]), Path(found["crl"])])
    assert {stat.S_IMODE(file.stat().st_mode) for file in files if file.suffix in (".key", ".p12")} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_make_test_does_not_write_over_what_is_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "precious.key").write_text("keep me")
    code, _, err = run(capsys, "certificates", "make-test", str(tmp_path))
    assert (code, "--force" in err) == (2, True)
    assert [each.name for each in tmp_path.iterdir()] == ["precious.key"]
    assert run(capsys, "certificates", "make-test", str(tmp_path), "--force")[0] == 0
    assert (tmp_path / "precious.key").read_text() == "keep me"


def test_make_test_names_a_folder_it_cannot_write(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = run(capsys, "certificates", "make-test", str(tmp_path / "file" / "below"))
    assert (code, str(tmp_path / "file" / "below") in err) == (3, True)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("Another CA", "is from an authority that is not in", id="a list of another authority"),
        pytest.param("Pomost test CA", "is not signed by its authority", id="a list that only claims to be"),
    ],
)
def test_check_reports_a_revocation_list_that_revokes_nobody_here(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    made: TestCertificates,
    name: str,
    says: str,
) -> None:
    (tmp_path / "other").mkdir()
    foreign = Authority(tmp_path / "other", now=datetime.now(UTC), name=name).revoke("other.crl")
    configure(monkeypatch, tmp_path, replace(made, crl=foreign))
    code, out, _ = run(capsys, "certificates", "check", "--json")
    problems = {row["kind"]: row["problem"] for row in json.loads(out) if row["problem"]}
    assert (code, set(problems)) == (3, {"crl"})
    assert says in problems["crl"]
    assert str(foreign) in problems["crl"]


def test_check_reports_one_certificate_for_both_purposes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, made: TestCertificates
) -> None:
    configure(monkeypatch, tmp_path, replace(made, client_wss=made.client_tls))
    code, out, _ = run(capsys, "certificates", "check")
    assert code == 3
    assert out.count("it is the same certificate as for TLS") == 2
