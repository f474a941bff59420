"""Settings: what is wrong is named by its place before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from invented_settings import CALLER, ENDPOINT

from adapter.errors import Misconfigured
from adapter.settings import CONFIG_VARIABLE, EndpointSettings, load_settings

WRONG = [
    ("caller", {"podmiot": "12"}, "caller.podmiot: ", "no number of a facility"),
    ("cer", {"url": "cer.example:8443"}, "cer.url: ", "no https"),
    ("p1", {"url": "https://somebody:secret@p1.example/"}, "p1.url: ", "a user in the address"),
    ("cer", {"signer_subjects": []}, "signer_subjects names nobody", "nobody signs"),
    ("p1", {"signer_subjects": [""]}, "signer_subjects names nobody", "an empty name signs"),
    ("cer", {"urll": "x"}, "cer.urll: there is no such setting", "a slip of the pen"),
]


def facility(**parts: dict[str, Any]) -> dict[str, Any]:
    whole = {"caller": CALLER, "cer": ENDPOINT, "p1": ENDPOINT}
    return {"clinic": {name: each | parts.get(name, {}) for name, each in whole.items()}}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine is a setting."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)


@pytest.mark.parametrize(("part", "said", "told", "why"), WRONG, ids=[case[-1] for case in WRONG])
def test_what_is_wrong_of_a_facility_is_named(part: str, said: dict[str, Any], told: str, why: str) -> None:
    assert load_settings(facilities=facility())
    with pytest.raises(Misconfigured) as wrong:
        load_settings(facilities=facility(**{part: said}))
    assert f"facilities.clinic.{part}" in wrong.value.message
    assert told in wrong.value.message
    assert "secret" not in wrong.value.message


def test_unsigned_answers_need_no_signer() -> None:
    assert EndpointSettings(**ENDPOINT | {"signer_subjects": (), "replies_signed": "optional"}).signer_subjects == ()


BAD_TIMES = [
    ("every minute", "words"),
    ("* * * *", "four fields"),
    ("* * * * * *", "six fields"),
    ("61 * * * *", "no such minute"),
    ("* 24 * * *", "no such hour"),
    ("* * 0 * *", "no such day"),
    ("* * * 13 *", "no such month"),
    ("*/0 * * * *", "no step"),
    ("1,,2 * * * *", "a hole"),
]


@pytest.mark.parametrize(("text", "why"), BAD_TIMES, ids=[case[-1] for case in BAD_TIMES])
def test_a_time_that_is_no_cron_is_refused_by_the_setting(text: str, why: str) -> None:
    """A worker stopped at it, with a traceback, when it was running already."""
    with pytest.raises(Misconfigured, match="sync_cron: "):
        load_settings(sync_cron=text)


@pytest.mark.parametrize("text", ["*/10 * * * *", "17 1 * * *", "0 6-20/2 * * mon-FRI", "5,10 * 1 JAN *", "0 0 * * 7"])
def test_a_time_in_cron_is_taken(text: str) -> None:
    assert load_settings(sync_cron=text).sync_cron == text


def test_a_file_in_another_encoding_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "windows.toml").write_bytes('log_level = "INFO" # próba'.encode("cp1250"))
    monkeypatch.setenv(CONFIG_VARIABLE, "windows.toml")
    with pytest.raises(Misconfigured, match=r"windows\.toml cannot be read as TOML in UTF-8"):
        load_settings()
