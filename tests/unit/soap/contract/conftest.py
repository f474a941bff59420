"""The contracts as shipped, bound to our verbs, and a copy of them that a test may spoil."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from fakes.told_channel import HeldClock, ToldChannel

from adapter import resources
from adapter.mapping.tables import Tables, load_tables
from adapter.soap.binding import BoundContract, load_bound_contract
from adapter.soap.cer import CerRegistry
from adapter.soap.faults import judge_result, load_refusals
from adapter.soap.p1 import P1Referrals


@pytest.fixture(scope="session")
def tables() -> Tables:
    return load_tables(resources.mappings())


@pytest.fixture(scope="session")
def bound(tables: Tables) -> Mapping[str, BoundContract]:
    return {
        channel: load_bound_contract(resources.wsdl(), resources.mappings(), channel, tables)
        for channel in ("p1", "cer")
    }


@pytest.fixture
def channel() -> ToldChannel:
    return ToldChannel()


@pytest.fixture
def registry(bound: Mapping[str, BoundContract], tables: Tables, channel: ToldChannel) -> CerRegistry:
    judge = partial(judge_result, load_refusals(resources.mappings()), channel="cer")
    return CerRegistry(bound["cer"], tables, channel, judge, HeldClock(), batch_max=3)


@pytest.fixture
def referrals(bound: Mapping[str, BoundContract], tables: Tables, channel: ToldChannel) -> P1Referrals:
    judge = partial(judge_result, load_refusals(resources.mappings()), channel="p1")
    return P1Referrals(bound["p1"], tables, channel, judge, HeldClock())


@pytest.fixture
def own_wsdl(tmp_path: Path) -> Path:
    """A copy of the contracts that a test may spoil."""
    return _copy(resources.wsdl(), tmp_path / "wsdl")


@pytest.fixture
def own_mappings(tmp_path: Path) -> Path:
    """A copy of the mappings that a test may spoil."""
    return _copy(resources.mappings(), tmp_path / "mappings")


def _copy(source: Path, target: Path) -> Path:
    for each in source.rglob("*"):
        if each.is_file():
            copy = target / each.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(each.read_bytes())
    return target
