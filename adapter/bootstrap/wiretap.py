"""The wiretap built from settings: masks from the contracts in force, kept in the store."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from adapter import resources
from adapter.mapping.tables import Tables
from adapter.ports import Clock
from adapter.ports.store import Store
from adapter.ports.wiretap import Exchange
from adapter.settings import Settings
from adapter.soap.context import load_context_names
from adapter.soap.contract import load_contract
from adapter.soap.faults import Refusals
from adapter.soap.places import Masks, masks_of
from adapter.soap.rows import load_rows
from adapter.soap.wiretap import Wiretap


class StoreKeeper:
    """Keeps exchanges in the store, each batch in one transaction (a :class:`adapter.soap.wiretap.Keeper`)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, exchanges: Sequence[Exchange]) -> None:
        """Store them.

        Raises:
            Unavailable, Misconfigured: as the store says.
        """
        with self._store.unit_of_work() as work:
            work.wiretap.keep(exchanges)
            work.commit()


def build_wiretap(settings: Settings, tables: Tables, refusals: Refusals, clock: Clock) -> Wiretap:
    """A wiretap that nobody listens to yet. The masks of a channel are made when it is first heard."""
    mappings, wsdl = resources.mappings(settings.mappings), resources.wsdl(settings.wsdl).resolve()

    @cache
    def masks(channel: str) -> Masks:
        return channel_masks(wsdl, mappings, channel, tables, refusals)

    return Wiretap(masks, clock, message_bytes_max=settings.wiretap_message_bytes_max)


def channel_masks(wsdl: Path, mappings: Path, channel: str, tables: Tables, refusals: Refusals) -> Masks:
    """The masks of one channel, from its contract, its binding table and the names of the call context.

    Raises:
        Misconfigured: one of them is missing or broken.
    """
    contract, rows = load_contract(wsdl, channel), load_rows(mappings, channel)
    return masks_of(contract, rows, tables, refusals, context=load_context_names(mappings, channel))
