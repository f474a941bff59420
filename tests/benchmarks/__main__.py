"""``make bench``: take the figures, print a line for each, write ``bench.json``.

Nothing here passes or fails: rates move from machine to machine, ratios less so. Therefore each figure stands beside a
reference that is taken in the same run, in turns with it (median of five, of three for whole loads). How a line reads:

    B5 outbox, one worker, batches of 100   5,760 messages/s  0.13   target 3,000: 1.92 of it here; reference ...

the figure, what was measured, its unit, and its ratio to the reference. A target is a ratio, or a value that was set
on another machine, the reference machine. Beside such a value stand the reference as it is here, as it was there, and
what this figure would be there if all of the machine differed as the reference does: an estimate, good for as much as
the reference and the figure use the machine alike. B10 has two references, so that one sees how far apart estimates
are. All of it holds for a quiet machine only: what else runs slows the figure and its reference in different ways.
What ran on other machines of the same host stands in the detail.

``bench.json`` has the same as ``value``, ``unit``, ``reference``, ``ratio``; ``target`` or ``target_ratio``;
``reference_stated`` and ``value_scaled``; and ``detail``, with the processor time of each side where several work.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path

from measure import Figure
from processor import host_ticks, stolen_since

BUILT = {
    "B1": ("reading", "run", "FHIR Slot NDJSON to domain slots"),
    "B2": ("lists", "read_listing", "CeR slot list to domain slots"),
    "B3": ("lists", "write_listing", "publish request from domain slots"),
    "B4": ("signing", "run", "sign and verify one call"),
    "B5": ("outbox", "run", "outbox: claim, send to nobody, settle, audit"),
    "B10": ("load", "run", "initial load of a hospital: 10,000 slots, 100,000 with --full"),
    "B11": ("start", "run", "import adapter, pomost --help"),
    "R1": ("register", "run", "register of 100,000: one new entry judged, its context from the store"),
    "R2": ("register_day", "run", "register of 100,000: the nightly work on every entry"),
    "R3": ("export", "run", "register of 100,000: the export for inspection"),
}
"""Figure -> the module and the function that take it, what it says."""

STOLEN = "per cent of the processors that the host gave to other machines"
"""In the detail of each figure. Rates that are no ratios fall by more than that."""

SIZED = frozenset({"B10"})
"""Figures whose function takes ``full``."""

NOT_BUILT = {
    "B6": "hospital change to accepted by CeR",
    "B7": "notification endpoint",
    "B8": "reconcile 1M x 1M slots",
    "B9": "growth of B8",
}
"""Figures that are planned and that no benchmark takes yet."""


def chosen(only: str) -> list[str]:
    """The ids asked for, in order; all that are built without ``only``.

    Raises:
        SystemExit: 2, an id is unknown or not built yet.
    """
    if not only:
        return list(BUILT)
    ids = [word.strip().upper() for word in only.split(",") if word.strip()]
    for word in ids:
        if word in NOT_BUILT:
            print(f"bench: {word} is not built yet ({NOT_BUILT[word]})", file=sys.stderr)
            raise SystemExit(2)
        if word not in BUILT:
            print(f"bench: {word} is no figure; there are {', '.join(BUILT)}", file=sys.stderr)
            raise SystemExit(2)
    return ids


def main() -> None:
    """Take the figures that were asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", metavar="B4,B11", help="figures to take; all without it")
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="where the figures go as JSON")
    parser.add_argument("--full", action="store_true", help="at full size where a figure has one (B10: 100,000 slots)")
    arguments = parser.parse_args()
    figures: list[Figure] = []
    for word in chosen(arguments.only):
        module, function, says = BUILT[word]
        print(f"# {word}: {says}", file=sys.stderr)
        size = {"full": True} if arguments.full and word in SIZED else {}
        began = host_ticks()
        taken = getattr(importlib.import_module(module), function)(**size)
        stolen = stolen_since(began)
        for figure in taken:
            print(figure.line(), flush=True)
        print(f"# {word}: the host gave {stolen:.1f} % of the processors to other machines meanwhile", file=sys.stderr)
        figures += [replace(one, detail={**one.detail, STOLEN: round(stolen, 1)}) for one in taken]
    arguments.out.write_text(json.dumps([figure.record() for figure in figures], indent=1) + "\n")
    if not arguments.only:
        print(f"# not built yet: {', '.join(NOT_BUILT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
