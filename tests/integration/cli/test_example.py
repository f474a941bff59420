"""The example configuration of the handbook is one that the program takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from installation import Installation, toml

from adapter.settings import (
    AdmissionsSettings,
    CallerSettings,
    EndpointSettings,
    FacilitySettings,
    HospitalSettings,
    RulesSettings,
    Settings,
    load_settings,
)

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "operations" / "pomost.example.toml"
SECRETS = {"POMOST_FACILITIES__SZPITAL__CER__TLS_PASSWORD": "x", "POMOST_FACILITIES__SZPITAL__HOSPITAL__TOKEN": "y"}


@pytest.fixture
def example() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))


def test_it_loads_with_the_secrets_from_the_environment(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POMOST_CONFIG", str(EXAMPLE))
    for name, value in SECRETS.items():
        assert name in EXAMPLE.read_text(encoding="utf-8")
        monkeypatch.setenv(name, value)
    facility = load_settings().facilities["szpital"]
    assert facility.hospital.kind == "rest"
    assert facility.cer.tls_password is not None
    assert facility.cer.tls_password.get_secret_value() == "x"
    assert facility.hospital.token is not None
    assert facility.hospital.token.get_secret_value() == "y"
    assert facility.cer.url == "https://cer.example/services", "the file and the environment are put together"


def test_it_says_the_defaults_as_they_are(example: dict[str, Any]) -> None:
    facility = example["facilities"]["szpital"]
    parts = (
        (Settings, example),
        (FacilitySettings, facility),
        (CallerSettings, facility["caller"]),
        (EndpointSettings, facility["cer"]),
        (EndpointSettings, facility["p1"]),
        (HospitalSettings, facility["hospital"]),
        (AdmissionsSettings, facility["register"]),
        (RulesSettings, example["rules"]),
    )
    site = {"name", "kind", "url", "auth", "sealing_key_file", "wsdl", "mappings", "facilities", "hospital"}
    site |= {"cells", "staff", "signer_subjects", "crl_files", "rules", "register", "provider_name", "list_owner"}
    for part, given in parts:
        for name, value in given.items():
            field = part.model_fields["admissions" if name == "register" else name]
            if not field.is_required() and name not in site:
                expected = field.default
                assert value == (list(expected) if isinstance(expected, tuple) else expected), name


def test_with_real_addresses_and_files_it_works(installation: Installation, example: dict[str, Any]) -> None:
    facility, working = example["facilities"].pop("szpital"), installation.facility
    for name in ("sealing_key_file", "wsdl", "mappings"):
        del example[name]
    for channel in ("cer", "p1"):
        facility[channel] |= working[channel]
    facility["caller"] |= working["caller"]
    facility["hospital"] = working["hospital"]
    example["facilities"] = {"szpital": facility}
    installation.config = example
    (installation.folder / "pomost.toml").write_text(toml(example), encoding="utf-8")
    done = installation.call("doctor")
    assert done.code == 0, done.out
    installation.open_day()
    done = installation.call("sync", "--facility", "szpital")
    assert done.code == 0, done.err
    assert len(installation.admin.slots()) == 8


def test_it_holds_no_secret_and_no_address_that_is_somebodys(example: dict[str, Any]) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert not re.search(r"^\s*(\w*password|token|database_url|sealing_keys)\s*=", text, re.MULTILINE)
    assert set(re.findall(r"https?://([^/\"]+)", text)) == {"cer.example", "p1.example", "ehr.example"}
