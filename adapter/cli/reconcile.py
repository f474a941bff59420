"""``pomost reconcile``: both calendars side by side, every difference named."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from adapter.cli.operate import chosen, facility_option
from adapter.cli.progress import progress

if TYPE_CHECKING:
    from adapter.domain.discrepancy import Discrepancy
    from adapter.mapping.tables import Tables
    from adapter.services.reconcile import Summary
    from adapter.services.remedy import Step

CSV_HEAD = (
    "class",
    "severity",
    "title_pl",
    "title_en",
    "to_cez",
    "facility",
    "schedule",
    "day",
    "starts",
    "hospital_slot",
    "cer_slot",
    "hospital_visits",
    "cer_visits",
)


def day_of(text: str) -> date:
    """A calendar day.

    Raises:
        click.BadParameter: it is not written as 2026-11-30.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"'{text}' is no day; write it as 2026-11-30") from error


def days_asked(
    day: date | None, first: date | None, last: date | None, default: tuple[date, date]
) -> tuple[date, date]:
    """First and last Warsaw day that a command is for.

    Raises:
        click.UsageError: ``--day`` together with ``--from`` or ``--to``, or ``--to`` alone.
    """
    if day is not None:
        if first is not None or last is not None:
            raise click.UsageError("give --day, or --from and --to")
        return day, day
    if first is None:
        if last is not None:
            raise click.UsageError("--to needs --from")
        return default
    return first, last if last is not None else first


@click.command()
@facility_option
@click.option("--day", type=day_of, metavar="DAY", help="This Warsaw day only (YYYY-MM-DD).")
@click.option("--from", "first", type=day_of, metavar="DAY", help="First day; today when no day is given.")
@click.option("--to", "last", type=day_of, metavar="DAY", help="Last day, included.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print what was found.",
)
@click.option("--remedy", is_flag=True, help="Send the remedies that software may apply (never to a booking).")
def reconcile(
    *, facility: str | None, day: date | None, first: date | None, last: date | None, form: str, remedy: bool
) -> int:
    """Compare both calendars and name every difference.

    Exit code: 0 both sides agree, 1 something differs, 4 CeR could not be asked for some lists.

    Example: pomost reconcile --facility demo --from 2026-11-30 --to 2026-12-11
    """
    from adapter.bootstrap import open_adapter
    from adapter.domain.moments import warsaw_day
    from adapter.services.pull_visits import bring_one
    from adapter.services.reconcile import ACTOR
    from adapter.services.reconcile import reconcile as run
    from adapter.services.remedy import remedy as mend
    from adapter.services.rest import SparedLists

    summaries: list[Summary] = []
    steps: list[Step] = []
    with open_adapter() as adapter:
        today = warsaw_day(adapter.clock.now())
        ahead = timedelta(days=adapter.settings.reconcile_days)
        begin, end = days_asked(day, first, last, (today, today + ahead))
        for one in chosen(adapter, facility):
            with progress(f"{one}: comparing") as told:
                summary = run(
                    adapter.store,
                    SparedLists(adapter.equipment, ACTOR),
                    adapter.clock,
                    adapter.tables,
                    one,
                    first=begin,
                    last=end,
                    tolerance=adapter.equipment.limits.order_tolerance,
                    progress=told,
                )
            summaries.append(summary)
            if remedy:
                steps += mend(
                    adapter.store,
                    adapter.clock,
                    adapter.tables,
                    one,
                    first=begin,
                    last=end,
                    bring_visit=partial(bring_one, adapter.equipment),
                )
        click.echo(shown(form, summaries, steps, adapter.tables), nl=False)
    return exit_code(summaries)


def exit_code(summaries: Sequence[Summary]) -> int:
    """1 when something differs or could not be read, 4 when all that is wrong is that CeR did not answer."""
    if any(one.found or one.unreadable for one in summaries):
        return 1
    missed = [left for one in summaries for left in one.not_read]
    if any(left.out_of_reach for left in missed):
        return 4
    return 1 if missed else 0


def shown(form: str, summaries: Sequence[Summary], steps: Sequence[Step], tables: Tables) -> str:
    """Everything that was seen, as a table, JSON or CSV; ends with a line break."""
    if form == "json":
        data = {"facilities": [_data(one, tables) for one in summaries], "remedies": [asdict(step) for step in steps]}
        return json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n"
    if form == "csv":
        return _csv(summaries, tables)
    lines = [line for one in summaries for line in _lines(one, tables)]
    if steps:
        lines += ["", "Remedies:"]
        lines += [
            f"  {'sent' if step.done else 'left'}  {step.discrepancy_id}  {step.kind.value}: {step.note}"
            for step in steps
        ]
    return "\n".join(lines) + "\n"


def starts(found: Discrepancy) -> str:
    """When the term starts on a Warsaw clock, its day where no time is known."""
    from adapter.domain.evidence import seen_times
    from adapter.domain.moments import warsaw_time

    begin, _ = seen_times(found.evidence)
    if not begin:
        return found.day.isoformat()
    return warsaw_time(datetime.fromisoformat(begin)).strftime("%Y-%m-%d %H:%M")


def line_of(found: Discrepancy) -> str:
    """One discrepancy on one line: when, where, which slots and visits."""
    sides = [
        ("CeR slot", [found.national_slot_id] if found.national_slot_id else []),
        ("hospital slot", [found.hospital_slot_id] if found.hospital_slot_id else []),
        ("CeR visit", found.national_visit_ids),
        ("hospital visit", found.hospital_visit_ids),
    ]
    known = "  ".join(f"{label} {', '.join(ids)}" for label, ids in sides if ids)
    return f"{starts(found)}  {found.schedule_id}  {known}"


def _lines(summary: Summary, tables: Tables) -> list[str]:
    head = (
        f"{summary.facility}: {summary.first} to {summary.last}, {summary.schedules} schedules, "
        f"{summary.compared} lists compared, {len(summary.found)} differences, {summary.closed} gone by themselves"
    )
    lines = [head]
    for kind in dict.fromkeys(one.kind for one in summary.found):
        row = tables.discrepancies.row(kind.value)
        those = [one for one in summary.found if one.kind is kind]
        lines += ["", f"  {kind.value}  {len(those)}  [{row['severity']}]"]
        lines += [f"  {row['title_pl']} ({row['title_en']})", f"  -> {row['remedy']}"]
        lines += [f"    {line_of(one)}" for one in those]
    if summary.not_read:
        lines += ["", f"  Not compared: {len(summary.not_read)} lists"]
        lines += [f"    {left.day}  {left.schedule_id}: {left.problem}" for left in summary.not_read]
    if summary.unreadable:
        lines += ["", f"  Rows of CeR that could not be read: {len(summary.unreadable)}"]
        lines += [f"    {row.day}  {row.schedule_id}  {row.position}: {row.problem}" for row in summary.unreadable]
    if summary.clean:
        lines.append("  Obie strony się zgadzają (both sides agree).")
    return lines


def _data(summary: Summary, tables: Tables) -> dict[str, Any]:
    data = asdict(summary)
    data["counts"] = summary.counts
    data["found"] = [as_data(one, tables) for one in summary.found]
    return data


def as_data(found: Discrepancy, tables: Tables) -> dict[str, Any]:
    """A discrepancy for programs, with its class's row of the table."""
    row = tables.discrepancies.row(found.kind.value)
    about = {name: row[name] for name in ("title_pl", "title_en", "severity", "owner", "remedy", "auto", "to_cez")}
    data = asdict(found)
    return {"class": data.pop("kind").value, **about, **data}


def _csv(summaries: Sequence[Summary], tables: Tables) -> str:
    from adapter.services.report_sheets import inert

    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(CSV_HEAD)
    for found in (one for summary in summaries for one in summary.found):
        row = tables.discrepancies.row(found.kind.value)
        cells = [
            found.kind.value,
            row["severity"],
            row["title_pl"],
            row["title_en"],
            row["to_cez"],
            found.facility,
            found.schedule_id,
            found.day.isoformat(),
            starts(found),
            found.hospital_slot_id or "",
            found.national_slot_id or "",
            ", ".join(found.hospital_visit_ids),
            ", ".join(found.national_visit_ids),
        ]
        writer.writerow([inert(cell) for cell in cells])
    return out.getvalue()
