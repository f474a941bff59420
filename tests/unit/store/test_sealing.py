"""Sealing: what is sealed opens only for its own row and with its own key; keys rotate; key lists are checked."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import Misconfigured
from adapter.store.sealing import SealingSettings, load, new_keys, parse

OLD = "old:" + base64.b64encode(bytes(range(32))).decode()
NEW = "new:" + base64.b64encode(bytes(range(32, 64))).decode()
LOOKUP = "lookup:" + base64.b64encode(bytes(32)).decode()


@given(st.binary(max_size=200), st.lists(st.text(max_size=20), max_size=3))
def test_what_is_sealed_opens_again_and_is_not_to_be_seen(plain: bytes, identity: list[str]) -> None:
    seal = parse(new_keys(), "test")
    sealed = seal.seal(plain, *identity)
    assert seal.open(sealed, *identity) == plain
    assert len(plain) < 4 or plain not in sealed


def test_a_value_moved_to_another_row_does_not_open() -> None:
    seal = parse(new_keys(), "test")
    with pytest.raises(Misconfigured, match="changed or moved"):
        seal.open(seal.seal(b"x", "patient", "demo", "P1"), "patient", "demo", "P2")


@pytest.mark.parametrize("at", [0, 1, 3, 12, -1])
def test_a_changed_value_does_not_open(at: int) -> None:
    seal = parse(new_keys(), "test")
    sealed = bytearray(seal.seal(b"somebody", "row"))
    sealed[at] ^= 1
    with pytest.raises(Misconfigured):
        seal.open(bytes(sealed), "row")


def test_the_first_key_seals_and_all_open() -> None:
    before = parse(f"{OLD} {LOOKUP}", "test").seal(b"x", "row")
    after = parse(f"{NEW} {OLD} {LOOKUP}", "test")
    assert after.open(before, "row") == b"x"
    with pytest.raises(Misconfigured, match="'new', which is not configured"):
        parse(f"{OLD} {LOOKUP}", "test").open(after.seal(b"x", "row"), "row")


def test_a_person_is_found_under_the_same_digest_after_rotation() -> None:
    digests = {parse(f"{keys} {LOOKUP}", "test").digest("pesel", "1") for keys in (OLD, NEW, f"{NEW} {OLD}")}
    assert len(digests) == 1
    assert parse(new_keys(), "test").digest("pesel", "1") not in digests


# text                              part of the message        why
BAD = [
    ("", "lacks the lookup key", "empty"),
    (OLD, "lacks the lookup key", "no lookup key"),
    (LOOKUP, "lacks a sealing key", "no sealing key"),
    (f"{OLD}\n{OLD}\n{LOOKUP}", "'old' twice", "doubled id"),
    (f"{LOOKUP}\nold:tooshort", "entry 2 of test is not", "too short"),
    (f"{LOOKUP}\nold", "entry 2 of test is not", "no colon"),
]


@pytest.mark.parametrize(("text", "said", "why"), BAD, ids=[case[-1] for case in BAD])
def test_a_bad_key_list_is_named_and_never_shown(text: str, said: str, why: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        parse(text, "test")
    assert said in refused.value.message, why
    assert "tooshort" not in refused.value.message


def test_comments_and_commas_are_allowed() -> None:
    assert parse(f"# ours\n{OLD},{LOOKUP}  # both\n", "test").digest("a", "b")


def test_with_an_own_database_a_key_is_demanded() -> None:
    with pytest.raises(Misconfigured, match="make-key"):
        load(SealingSettings(), None)


def test_an_embedded_database_gets_a_key_file_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "main.key"
    sealed = load(SealingSettings(), file).seal(b"x", "row")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load(SealingSettings(), file).open(sealed, "row") == b"x"
    assert [path.name for path in tmp_path.iterdir()] == ["main.key"]


def test_a_key_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"none\.key cannot be read"):
        load(SealingSettings(file=tmp_path / "none.key"), None)
