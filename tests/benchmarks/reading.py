"""B1: FHIR Slots as NDJSON read into domain slots, all checks included, against fhir.resources and orjson."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import orjson
from fhir.resources.R4B.slot import Slot as Model
from load import SLOT, slot
from measure import Figure, all_turns, median_turn

from adapter import resources
from adapter.cli.demo.clinic import KINDS
from adapter.domain.moments import warsaw_day
from adapter.mapping.bulk_slot import SlotReader
from adapter.mapping.tables import load_tables

SLOTS = 10_000
MODELS = 1_000
"""fhir.resources reads fewer of them, or the benchmark would be its."""
TURNS = 25

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def run() -> list[Figure]:
    """Slots a second."""
    lines = [
        json.dumps(
            slot(f"slot-{number}", f"doctor-{number % 20}", NOW + number * SLOT, KINDS[number % 8], NOW)
        ).encode()
        for number in range(SLOTS)
    ]
    export = b"\n".join(lines)
    tables = load_tables(resources.mappings())

    def ours() -> None:
        reader = SlotReader(tables, warsaw_day(NOW))
        found = [reader.read(line) for line in export.splitlines()]
        assert None not in found

    def models() -> None:
        for line in lines[:MODELS]:
            Model.model_validate_json(line)

    def parse() -> None:
        for line in lines:
            orjson.loads(line)

    turns = all_turns(ours, models, parse, rounds=TURNS)
    own, foreign = median_turn(turns, 1)
    read, parsed = median_turn(turns, 2)
    return [
        Figure("B1", "FHIR Slots, against fhir.resources", SLOTS / own, "slots/s", MODELS / foreign, target_ratio=10),
        Figure("B1", "FHIR Slots, against orjson alone", SLOTS / read, "slots/s", SLOTS / parsed),
    ]
