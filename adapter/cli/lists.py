"""``pomost list``: the waiting list in its order, a patient's status, an entry's history, certificates, the export."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapter.cli.letter_out import format_option, needs_file, out_option, put_letter
from adapter.cli.one_facility import at_desk, one_facility, which_option
from adapter.cli.operate import json_option, show
from adapter.cli.progress import progress
from adapter.cli.reconcile import day_of

if TYPE_CHECKING:
    from adapter.domain.register import EntryPerson
    from adapter.domain.rules.patient_view import OwnStatus
    from adapter.services.on_demand.show_history import ShownStep
    from adapter.services.on_demand.show_list import Waiting, WaitingList

DOCUMENTS = ("entry", "contract-end", "justification")
people_option = click.option(
    "--with-people",
    is_flag=True,
    help="With names and numbers: operators and engineers only, audited; needs --reason.",
)
reason_option = click.option(
    "--reason", default="", help="Why people are looked at; kept in the audit. No personal data."
)


def _reason_given(with_people: bool, reason: str) -> None:
    if with_people and not reason:
        raise click.UsageError("--with-people needs --reason")


@click.group("list")
def list_() -> None:
    """The register (harmonogram przyjęć): waiting lists, history, certificates, the export for inspection.

    Example: pomost list show
    """


@list_.command("show", epilog="Example: pomost list show --schedule 000000927722-01-0001")
@click.option("--schedule", metavar="S", help="Only this admission schedule; all when absent.")
@which_option
@people_option
@reason_option
@json_option
def show_lists(*, schedule: str | None, facility: str | None, with_people: bool, reason: str, as_json: bool) -> None:
    """Show who waits, in the order of the law: urgent first, then the report, then the running number (G-05)."""
    from adapter.services.on_demand.show_list import show_lists as found_lists

    _reason_given(with_people, reason)
    with one_facility(facility) as (adapter, own, who):
        found = found_lists(adapter.equipment, own, schedule, who=who if with_people else None, reason=reason)
    if as_json:
        click.echo(json.dumps([_list_data(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        oncology = " (DILO)" if one.oncology else ""
        click.echo(f"{one.schedule}{oncology}  {one.service}: {len(one.places)} waiting")
        for place in one.places:
            click.echo(_place_line(place))
    if not found:
        click.echo("nobody waits")


@list_.command(epilog="Example: pomost list status --patient P1 --json")
@click.option("--patient", required=True, metavar="ID", help="Id of the Patient in the EHR.")
@which_option
@format_option
@out_option
@json_option
def status(*, patient: str, facility: str | None, form: str, out: Path | None, as_json: bool) -> None:
    """Show a patient's own entries: list, category, criterion, place, term (G-08).

    With --out a letter for the patient, with name and address: operators and engineers only, audited.

    Example: pomost list status --patient P1 --format pdf --out letters/
    """
    needs_file(form, out)
    if as_json and out is not None:
        raise click.UsageError("--json prints, --out writes a letter: give one of them")
    with one_facility(facility) as (adapter, own, who):
        if out is not None:
            from adapter.services.on_demand.write_letter import letter_of_status

            written = put_letter(letter_of_status(adapter.equipment, own, patient, who), form, out)
            click.echo(f"letter in {written}")
            return
        from adapter.services.on_demand.show_status import own_status

        with at_desk(adapter, own) as desk:
            found = own_status(desk, patient)
    show(as_json, {"patient": patient, "entries": [_status_data(one) for one in found]}, _status_lines(found))


@list_.command(epilog="Example: pomost list history A1")
@click.argument("entry", metavar="ENTRY")
@which_option
@people_option
@reason_option
@json_option
def history(*, entry: str, facility: str | None, with_people: bool, reason: str, as_json: bool) -> None:
    """Show everything that happened to an entry: who, when, before, after (G-03). Nothing of it can be changed."""
    from adapter.services.on_demand.show_history import show_history

    _reason_given(with_people, reason)
    with one_facility(facility) as (adapter, own, who):
        steps = show_history(adapter.equipment, own, entry, who=who if with_people else None, reason=reason)
    if as_json:
        click.echo(json.dumps([_step_data(one) for one in steps], ensure_ascii=False, indent=2, default=str))
        return
    for one in steps:
        for line in _step_lines(one):
            click.echo(line)


@list_.command(epilog="Example: pomost list certificate A1 --kind entry --format pdf --out letters/")
@click.argument("entry", metavar="ENTRY")
@click.option(
    "--kind",
    type=click.Choice(DOCUMENTS),
    default="entry",
    show_default=True,
    help="entry: D-06; contract-end: the report date, E-03; justification: why this term, D-05.",
)
@which_option
@format_option
@out_option
def certificate(*, entry: str, kind: str, facility: str | None, form: str, out: Path | None) -> None:
    """Write a certificate for a patient, free of charge: operators and engineers only, audited.

    Example: pomost list certificate A1 --kind contract-end
    """
    from adapter.services.on_demand.write_letter import Document, document_of_entry

    needs_file(form, out)
    with one_facility(facility) as (adapter, own, who):
        letter = document_of_entry(adapter.equipment, own, entry, Document(kind), who)
    written = put_letter(letter, form, out)
    if written is not None:
        click.echo(f"certificate in {written}")


@list_.command(epilog='Example: pomost list export --out inspection --reason "NFZ letter 12/2026"')
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    required=True,
    help="Folder that gets a new folder with the export.",
)
@click.option("--reason", required=True, help="On whose demand; kept in the audit. No personal data.")
@click.option(
    "--since", type=day_of, metavar="DAY", help="Open entries, and those removed from this day on; all when absent."
)
@which_option
@json_option
def export(*, out: Path, reason: str, since: date | None, facility: str | None, as_json: bool) -> None:
    """Write the register for inspection (G-03, Z-10): every entry and step as CSV and JSON, legend, digests.

    People's data are inside: operators and engineers only, audited.
    """
    from adapter.services.on_demand.export_register import export_register

    with one_facility(facility) as (adapter, own, who), progress(f"{own}: exporting", quiet=as_json) as told:
        done = export_register(adapter.equipment, own, out, who=who, reason=reason, since=since, progress=told)
    data = {"folder": str(done.folder), "entries": done.entries, "steps": done.steps, "digest": done.digest}
    show(as_json, data, [f"{done.entries} entries, {done.steps} steps in {done.folder}", f"digest {done.digest}"])


@list_.command(epilog='Example: pomost list request --reference "NFZ letter 12/2026"')
@click.option("--reference", required=True, metavar="TEXT", help="Of the letter; kept in the audit. No personal data.")
@click.option("--received", type=day_of, metavar="DAY", help="The day on which it came; today when absent.")
@which_option
@json_option
def request(*, reference: str, received: date | None, facility: str | None, as_json: bool) -> None:
    """Note that the Fund or a control body asks for the register: a task of the same day (Z-10).

    Answer it with pomost list export, then: pomost tasks done N.

    Example: pomost list request --reference "NFZ letter 12/2026" --received 2026-03-02
    """
    from adapter.services.on_demand.note_request import note_request

    with one_facility(facility) as (adapter, own, who), at_desk(adapter, own) as desk:
        verdict, new = note_request(desk, reference, who.actor, received_on=received)
    data = {"rule": verdict.rule, "code": verdict.code, "new": new}
    told = "a task says so" if new else "a request is open already: see pomost tasks list"
    show(as_json, data, [f"{verdict.rule}: {verdict.text_pl}", f"      {verdict.text_en}", told])


def _list_data(one: WaitingList) -> dict[str, Any]:
    return {
        "schedule": one.schedule,
        "service": one.service,
        "oncology": one.oncology,
        "waiting": [_place_data(place) for place in one.places],
    }


def _place_data(place: Waiting) -> dict[str, Any]:
    data: dict[str, Any] = {
        "place": place.place,
        "entry": place.entry,
        "number": place.number,
        "criterion": place.criterion,
        "reported_on": place.reported_on.isoformat(),
        "counts_from": place.counts_from.isoformat(),
        "term": place.term,
        "reserved": place.reserved,
        "standing": place.standing,
    }
    if place.person is not None:
        data["person"] = _person(place.person)
    return data


def _person(person: EntryPerson) -> dict[str, str]:
    return {
        "given": person.given,
        "family": person.family,
        "identifier": person.identifier.reveal() if person.identifier is not None else "",
        "phone": person.phone,
        "other_contact": person.other_contact,
    }


def _place_line(place: Waiting) -> str:
    marks = " reserved" if place.reserved else ""
    marks += f" {place.standing}" if place.standing != "final" else ""
    person = place.person
    who = (
        f"  {person.given} {person.family}, {person.phone or person.other_contact or '-'}"
        if person is not None
        else ""
    )
    number = "-" if place.number is None else str(place.number)
    return (
        f"{place.place:>5}  no. {number:<5} {place.criterion or '-':<7} reported {place.counts_from}  "
        f"term {place.term or '-':<10}  entry/{place.entry}{marks}{who}"
    )


def _status_data(one: OwnStatus) -> dict[str, Any]:
    return {
        "entry": one.entry,
        "schedule": one.schedule,
        "service": one.service,
        "category": one.category.value if one.category is not None else None,
        "criterion": one.criterion.value if one.criterion is not None else None,
        "place": one.place,
        "term": None if one.term is None else str(one.term),
        "reserved": one.reserved,
        "open": one.open,
    }


def _status_lines(found: tuple[OwnStatus, ...]) -> list[str]:
    lines = []
    for one in found:
        place = f", place {one.place}" if one.place is not None else ""
        state = "open" if one.open else "removed"
        category = one.category.value if one.category is not None else "-"
        criterion = f" {one.criterion.value}" if one.criterion is not None else ""
        lines.append(
            f"entry/{one.entry}  {one.schedule}  category {category}{criterion}{place}, "
            f"term {one.term if one.term is not None else '-'}, {state}{', reserved' if one.reserved else ''}"
        )
    return lines or ["no entries"]


def _step_data(one: ShownStep) -> dict[str, Any]:
    return {
        "what": one.what,
        "at": one.at.isoformat(timespec="seconds"),
        "by": one.by,
        "reason": one.reason,
        "rules": list(one.rules),
        "correlation_id": one.correlation_id,
        "before": dict(one.before),
        "after": dict(one.after),
    }


def _step_lines(one: ShownStep) -> list[str]:
    reason = f"  reason {one.reason}" if one.reason else ""
    rules = f"  rules {', '.join(one.rules)}" if one.rules else ""
    lines = [f"{one.at:%Y-%m-%d %H:%M} UTC  {one.what:<10} by {one.by}{reason}{rules}"]
    names = sorted({*one.before, *one.after})
    return lines + [f"    {name}: {_value(one.before.get(name))} -> {_value(one.after.get(name))}" for name in names]


def _value(value: object) -> str:
    return "-" if value in (None, "") else str(value)
