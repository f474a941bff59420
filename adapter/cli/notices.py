"""``pomost notices``: what patients are to be told, their letters, and what they answered."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapter.cli.letter_out import format_option, needs_file, out_option, put_letter
from adapter.cli.one_facility import at_desk, one_facility, which_option
from adapter.cli.operate import facility_option, json_option, show
from adapter.ports.notices import NoticeState

if TYPE_CHECKING:
    from adapter.ports.notices import StoredNotice

LIST_LIMIT_DEFAULT = 200
CHANNELS = ("phone", "sms", "e-mail", "letter", "in-person", "portal")
ANSWERS = ("accepted", "declined", "no_contact")
TOLD = ("cannot-come", "resigns")
UNSENT = (NoticeState.DUE.value, NoticeState.BATCHED.value)


@click.group()
def notices() -> None:
    """What patients are to be told of their place in the register: list, letters, sent, answered.

    Example: pomost notices list
    """


@notices.command("list", epilog="Example: pomost notices list --state due --state batched")
@facility_option
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in NoticeState]),
    help="Only in this state; may be given several times. Due ones when absent.",
)
@click.option("--entry", metavar="ENTRY", help="Only about this entry of the register.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=LIST_LIMIT_DEFAULT, show_default=True, help="At most so many."
)
@json_option
def list_them(*, facility: str | None, states: tuple[str, ...], entry: str | None, limit: int, as_json: bool) -> None:
    """List notices, those to be sent first at the top. No names: the letter has them.

    Exit code: 0, also when there are notices.
    """
    from adapter.bootstrap import open_adapter
    from adapter.cli.operate import chosen

    wanted = [NoticeState(state) for state in states] or [NoticeState.DUE]
    found: list[StoredNotice] = []
    with open_adapter() as adapter:
        for one in chosen(adapter, facility):
            with adapter.store.unit_of_work() as work:
                found += work.notices.listed(one, states=wanted, entry_id=entry, limit=limit)
    if as_json:
        click.echo(json.dumps([_data(one) for one in found], ensure_ascii=False, indent=2))
        return
    for notice in found:
        click.echo(_line(notice))
    more = " (more: --limit)" if len(found) >= limit else ""
    click.echo(f"{len(found)} notice(s){more}" if found else "none")


@notices.command("show", epilog="Example: pomost notices show 12 --format pdf --out letters/")
@click.argument("number", type=int, metavar="N")
@which_option
@format_option
@out_option
@json_option
def show_one(*, number: int, facility: str | None, form: str, out: Path | None, as_json: bool) -> None:
    """Write the letter of a notice: operators and engineers only, audited. With --json what is known, without people.

    The letter holds the sentence on what the Fund can tell (N-05). It is not sent: send it, then say so with
    pomost notices sent.

    Example: pomost notices show 12
    """
    from adapter.services.notices.answer_notice import notice_of
    from adapter.services.on_demand.write_letter import letter_of_notice

    needs_file(form, out)
    with one_facility(facility) as (adapter, own, who):
        if as_json:
            with at_desk(adapter, own) as desk:
                data = _data(notice_of(desk, number))
            click.echo(json.dumps(data, ensure_ascii=False, indent=2))
            return
        letter = letter_of_notice(adapter.equipment, own, number, who)
    written = put_letter(letter, form, out)
    if written is not None:
        click.echo(f"notice {number}: letter in {written}; tell the patient, then: pomost notices sent {number}")


def _channels(context: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
    given = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    unknown = [part for part in given if part not in CHANNELS]
    if unknown or not given:
        raise click.BadParameter(f"one or several of {', '.join(CHANNELS)}, separated by commas")
    return given


@notices.command(epilog="Example: pomost notices sent 12 --by phone,letter")
@click.argument("number", type=int, metavar="N")
@click.option(
    "--by", "ways", required=True, callback=_channels, metavar="WAYS", help=f"How: {', '.join(CHANNELS)}; commas."
)
@which_option
@json_option
def sent(*, number: int, ways: tuple[str, ...], facility: str | None, as_json: bool) -> None:
    """Say that the patient was told, and how.

    A changed date is told in every available way (N-01): which are left is said.
    """
    from adapter.services.notices.answer_notice import Channel, note_sent

    with one_facility(facility) as (adapter, own, who), at_desk(adapter, own) as desk:
        left = note_sent(desk, number, who.actor, tuple(Channel(way) for way in ways))
    data = {"id": number, "state": NoticeState.SENT.value, "channels": list(ways), "left": [way.value for way in left]}
    lines = [f"notice {number} is sent"]
    if left:
        names = ", ".join(way.value for way in left)
        lines.append(f"N-01: o zmianie terminu powiadom każdym dostępnym sposobem; zostało: {names}")
        lines.append(f"      a change of date is told in every available way; left: {names}")
    show(as_json, data, lines)


@notices.command(epilog="Example: pomost notices answer 12 accepted")
@click.argument("number", type=int, metavar="N")
@click.argument("answer", type=click.Choice(ANSWERS))
@which_option
@json_option
def answer(*, number: int, answer: str, facility: str | None, as_json: bool) -> None:
    """Write down what the patient said to an earlier date; Pomost does what follows (N-04).

    \b
    accepted    a task: give the earlier date in the EHR, with its reason
    declined    the old date stays as a reservation (P-07); a freed date is offered to the next
    no_contact  the same: nobody could be reached
    """
    from adapter.services.notices.answer_notice import Answer, note_answer

    with one_facility(facility) as (adapter, own, who), at_desk(adapter, own) as desk:
        done = note_answer(desk, number, who.actor, Answer(answer))
    said = [{"rule": one.rule, "code": one.code, "pl": one.text_pl, "en": one.text_en} for one in done.verdicts]
    data = {
        "id": number,
        "state": NoticeState.ANSWERED.value,
        "answer": answer,
        "reserved": done.reserved,
        "next_notice": done.next_notice,
        "verdicts": said,
    }
    lines = [f"notice {number} is answered: {answer}"]
    lines += [line for one in done.verdicts for line in (f"{one.rule}: {one.text_pl}", f"      {one.text_en}")]
    if done.next_notice is not None:
        lines.append(f"the date is offered to the next patient: notice {done.next_notice}")
    show(as_json, data, lines)


@notices.command(epilog="Example: pomost notices heard A1 resigns --from fund")
@click.argument("entry", metavar="ENTRY")
@click.argument("told", type=click.Choice(TOLD))
@click.option(
    "--from",
    "source",
    type=click.Choice(("patient", "fund")),
    default="patient",
    show_default=True,
    help="Who told it: the patient (N-08), or the Fund for him (N-07).",
)
@which_option
@json_option
def heard(*, entry: str, told: str, source: str, facility: str | None, as_json: bool) -> None:
    """Note what a patient told: Pomost does what follows. For what the EHR does not say itself.

    \b
    cannot-come  a task: agree on a new date and give it in the EHR
    resigns      the entry is removed, the referral given back, the visit cancelled (X-04)
    """
    from adapter.domain.rules.notices import Told
    from adapter.services.notices.hear_patient import hear_patient

    with one_facility(facility) as (adapter, own, who):
        done = hear_patient(adapter.equipment, own, entry, Told(told), by_fund=source == "fund", who=who.actor)
    data = {"entry": entry, "rule": done.verdict.rule, "code": done.verdict.code, "ended": done.ended}
    lines = [f"{done.verdict.rule}: {done.verdict.text_pl}", f"      {done.verdict.text_en}"]
    show(as_json, data, [*lines, f"entry {entry} is {'removed' if done.ended else 'open; see pomost tasks list'}"])


@notices.command(epilog="Example: pomost notices check letter.html")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@json_option
def check(*, file: Path, as_json: bool) -> None:
    """Check a letter or template of your own (text or HTML): does it say what the Fund can tell (N-05)?

    Exit code: 0 it does, 1 it does not (E-N-NOTICE).
    """
    from adapter.services.letters.check_template import checked

    verdict = checked(file.read_bytes())
    data = {"file": str(file), "rule": verdict.rule, "article": verdict.article, "code": verdict.code}
    lines = [f"{file}: ok"]
    if verdict.refused:
        lines = [f"{file}: {verdict.code} {verdict.text_pl} ({verdict.article})", f"  {verdict.text_en}"]
    show(as_json, {**data, "text_pl": verdict.text_pl, "text_en": verdict.text_en}, lines)
    sys.exit(1 if verdict.refused else 0)


def _data(one: StoredNotice) -> dict[str, Any]:
    """A notice for programs: nobody's name."""
    told = one.notice
    return {
        "id": one.id,
        "facility": one.facility,
        "entry": told.entry_id,
        "kind": told.kind.value,
        "state": told.state.value,
        "send_by": _text(told.send_by),
        "before": _text(told.before),
        "after": _text(told.after),
        "offered": _text(told.offered),
        "cause": told.cause,
        "made_at": _text(one.made_at),
        "sent_at": _text(one.sent_at),
        "sent_by": one.sent_by,
        "channels": list(one.channels),
        "answered_at": _text(one.answered_at),
        "answer": one.answer,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _line(one: StoredNotice) -> str:
    told = one.notice
    terms = f"{told.before or '-'} -> {told.after or told.offered or '-'}" if told.before is not None else ""
    due = told.send_by.isoformat() if told.send_by is not None and told.state.value in UNSENT else "-"
    state = f"{told.state.value} {one.answer}".strip()
    return f"{one.id:>6}  {due:<10}  {told.kind.value:<14} {state:<20} entry/{told.entry_id}  {terms}".rstrip()
