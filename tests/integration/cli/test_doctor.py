"""``pomost doctor`` and ``pomost certificates check``: what an installation lacks, in words that help."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from installation import Installation, Ran, bare_environment

from adapter.clock import SystemClock
from adapter.simulator.certificates import Authority, TestCertificates

KINDS = ("tls", "signing", "ca-bundle", "signer-ca", "crl")


def findings(done: Ran) -> dict[str, tuple[str, str]]:
    """Subject -> state and text, of the JSON form."""
    for one in done.json:
        assert set(one) == {"subject", "state", "text", "advice", "unreachable"}
    return {one["subject"]: (one["state"], one["text"]) for one in done.json}


def test_all_is_well(installation: Installation) -> None:
    installation.environment["POMOST_ASK_AFTER_SECONDS"] = "120"
    done = installation.call("doctor", "--json")
    assert done.code == 0, done.out
    found = findings(done)
    assert {state for state, _ in found.values()} == {"ok"}
    assert set(found) == {
        "settings", "mappings", "contract cer", "contract p1", "database", "database sessions", "migrations",
        "audit", "outbox",
        *(f"certificate demo {channel} {kind}" for channel in ("cer", "p1") for kind in KINDS),
        "CeR for demo", "P1 for demo", "clock of demo", "EHR of demo", "changes of visits of demo", "register of demo",
    }  # fmt: skip
    lines = installation.call("doctor").out.splitlines()
    assert all(line.startswith("ok      ") for line in lines)


def test_asking_before_an_exchange_can_be_over_is_a_warning(installation: Installation) -> None:
    installation.environment["POMOST_ASK_AFTER_SECONDS"] = "30"
    done = installation.call("doctor", "--offline")
    assert done.code == 0
    assert "warning settings of demo: lost answers are asked about after 30 s" in done.out
    assert "raise POMOST_ASK_AFTER_SECONDS" in done.out


def test_more_jobs_than_the_server_has_sessions_for_is_said_with_the_numbers(installation: Installation) -> None:
    """The server of the tests has 100, three of them for whoever must get in when nobody else can."""
    installation.environment["POMOST_WORKER_CONCURRENCY"] = "14"
    assert installation.call("doctor", "--offline").code == 0
    installation.environment["POMOST_WORKER_CONCURRENCY"] = "15"
    done = installation.call("doctor", "--offline")
    assert done.code == 3
    (line,) = [line for line in done.out.splitlines() if line.startswith("BAD")]
    assert line == (
        "BAD     database sessions: with POMOST_WORKER_CONCURRENCY 15 a worker may open 103, "
        "the server allows 97; lower it to 14, or raise its limit"
    )


def test_offline_calls_nobody(installation: Installation) -> None:
    installation.admin.trouble("refused", count=None)
    done = installation.call("doctor", "--offline")
    assert done.code == 0
    assert "CeR" not in done.out


def test_cer_down_is_exit_4(installation: Installation) -> None:
    installation.admin.trouble("refused", count=None)
    done = installation.call("doctor")
    assert done.code == 4
    assert "BAD     CeR for demo: there is no connection to the authority" in done.out


def test_p1_down_is_exit_4(installation: Installation) -> None:
    installation.admin.trouble("refused", system="p1", count=None)
    done = installation.call("doctor")
    assert done.code == 4
    assert "BAD     P1 for demo: there is no connection to the authority" in done.out
    assert "ok      CeR for demo: " in done.out


def test_a_caller_that_p1_does_not_know_is_said(installation: Installation) -> None:
    """CeR refuses him as well: he is bad there. That he may not ask P1 is a warning: not every facility issues."""
    installation.facility["caller"]["workplace_extension"] = "999"
    installation.configure()
    done = installation.call("doctor")
    assert done.code == 3
    assert "warning P1 for demo: answers a signed question with a signed reply, and refuses who asks: " in done.out


def test_an_ehr_that_is_down_is_exit_4(installation: Installation) -> None:
    installation.facility["hospital"] = {"kind": "rest", "url": "http://127.0.0.1:9/fhir"}
    installation.configure()
    done = installation.call("doctor")
    assert done.code == 4
    assert "BAD     EHR of demo: " in done.out


def test_a_wrong_password_is_exit_3_and_names_the_file(installation: Installation) -> None:
    installation.facility["cer"]["tls_password"] = "not-this-one"
    installation.configure()
    done = installation.call("doctor", "--offline")
    assert done.code == 3
    (line,) = [line for line in done.out.splitlines() if line.startswith("BAD")]
    assert line.startswith("BAD     certificate demo cer tls: ")
    assert installation.facility["cer"]["tls_certificate"] in line
    assert "not-this-one" not in done.out
    assert installation.call("certificates", "check").code == 3


def test_a_missing_certificate_names_the_file(installation: Installation) -> None:
    installation.facility["p1"]["signing_certificate"] = "/no/such/file.p12"
    installation.configure()
    done = installation.call("doctor", "--offline")
    assert done.code == 3
    assert "BAD     certificate demo p1 signing: " in done.out
    assert "/no/such/file.p12" in done.out


@pytest.mark.parametrize(
    ("days", "code", "mark", "text"),
    [
        pytest.param(-3, 3, "BAD    ", "expired on ", id="expired"),
        pytest.param(10, 0, "warning", "days left", id="soon"),
        pytest.param(0, 3, "BAD    ", "expired on ", id="an hour ago"),
    ],
)
def test_a_certificate_at_its_end(
    installation: Installation, tmp_path: Path, days: int, code: int, mark: str, text: str
) -> None:
    now = SystemClock().now()
    ends = now + timedelta(days=days, hours=-1)
    made = Authority(tmp_path, now=now).issue(
        "ends", "ends soon", tls_client=True, not_before=ends - timedelta(days=90), not_after=ends
    )
    installation.facility["cer"]["signing_certificate"] = str(made.p12)
    installation.configure()
    done = installation.call("doctor", "--offline")
    assert done.code == code, done.out
    (line,) = [line for line in done.out.splitlines() if "cer signing" in line]
    assert line.startswith(mark)
    assert text in line
    assert str(made.p12) in line


def test_a_database_newer_than_the_program_is_left_alone(installation: Installation) -> None:
    installation.open_day()
    installation.rows("UPDATE alembic_version SET version_num = 'v9999'")
    before = installation.row_counts()
    done = installation.call("doctor", "--offline")
    assert done.code == 3
    assert "newer than this program" in done.out
    for command in (["sync"], ["work", "--once"], ["outbox", "list"], ["database", "upgrade"]):
        done = installation.call(*command)
        assert done.code == 3
        assert "newer than this program" in done.err
        assert "Nothing was touched" in done.err
    assert installation.row_counts() == before
    assert installation.rows("SELECT version_num FROM alembic_version") == [("v9999",)]


def test_a_database_that_is_not_upgraded_says_what_to_run(installation: Installation) -> None:
    installation.rows("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    done = installation.call("doctor", "--offline")
    assert done.code == 3
    assert "BAD     migrations: " in done.out
    assert "run pomost database upgrade" in done.out
    assert "run: pomost database upgrade" in installation.call("sync").err
    assert installation.call("database", "upgrade").code == 0
    assert installation.call("doctor", "--offline").code == 0


def test_a_database_out_of_reach_is_exit_4(installation: Installation) -> None:
    installation.environment["DATABASE_URL"] = "postgresql://pomost:secret-word@127.0.0.1:9/pomost"
    done = installation.call("doctor", "--offline")
    assert done.code == 4
    assert "BAD     database: the database cannot be reached" in done.out
    assert "secret-word" not in done.out + done.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("colour = 1\n", "colour: there is no such setting", id="an unknown setting"),
        pytest.param("port = 'eighty'\n", "port: Input should be a valid integer", id="a wrong value"),
        pytest.param("port = \n", "pomost.toml cannot be read as TOML in UTF-8", id="no TOML"),
        pytest.param("[facilities.demo]\n", "facilities.demo.caller: is missing", id="a facility cut short"),
    ],
)
def test_a_bad_configuration_is_one_clear_line(installation: Installation, text: str, says: str) -> None:
    (installation.folder / "pomost.toml").write_text(text)
    done = installation.call("doctor")
    assert done.code == 3
    assert done.out.startswith("BAD     settings: ")
    assert says in done.out
    done = installation.call("sync")
    assert done.code == 3
    assert says in done.err


def test_a_configuration_that_is_not_there(installation: Installation) -> None:
    installation.environment["POMOST_CONFIG"] = "/no/such/pomost.toml"
    done = installation.call("doctor")
    assert done.code == 3
    assert "/no/such/pomost.toml does not exist" in done.out


def test_no_sealing_key_beside_a_database_url(installation: Installation) -> None:
    del installation.environment["POMOST_SEALING_KEYS"]
    done = installation.call("doctor")
    assert done.code == 3
    assert "pomost database make-key" in done.out


def test_no_configuration_at_all(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    installation.folder = tmp_path / "empty"
    installation.environment = bare_environment(DATABASE_URL=installation.database_url)
    done = installation.call("doctor")
    assert done.code == 0
    assert "warning settings: no facility is configured; write pomost.toml" in done.out
    for command in (["sync"], ["deliver"], ["settle"], ["pull"], ["certificates", "check"]):
        done = installation.call(*command)
        assert done.code == 3
        assert done.err != ""


def test_certificates_check_names_every_configured_file(
    installation: Installation, certificates: TestCertificates
) -> None:
    done = installation.call("certificates", "check")
    assert done.code == 0
    assert str(certificates.client_tls.p12) in done.out
    assert "demo/cer" in done.out
    assert "demo/p1" in done.out
