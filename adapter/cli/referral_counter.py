"""What the commands on referrals share: where they work, options, secrets from a prompt, orders through the outbox.

Keys and access codes are never arguments: they come from the store, or are typed at a prompt (or read from
standard input).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from adapter.bootstrap import Adapter
    from adapter.domain.identifiers import CellCode, ReferralAccess
    from adapter.services.desk import Desk
    from adapter.services.handle_referral import Asker

facility_option = click.option("--facility", metavar="F", help="The facility; needed when there are several.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
cell_option = click.option("--cell", metavar="CODE", default="", help="Short code of the cell that calls, e.g. 001.")
staff_option = click.option("--as", "user", metavar="NAME", default="", help="In this person's name (caller.staff).")
person_option = click.option(
    "--as", "user", metavar="NAME", required=True, help="The person who signed (caller.staff in the settings)."
)
now_option = click.option("--now", "at_once", is_flag=True, help="Deliver at once; otherwise the worker does.")
comment_option = click.option("--comment", required=True, help="Why: 5 to 1000 characters. No personal data.")
ask_key_option = click.option(
    "--ask-key", is_flag=True, help="Type the patient's key, or code, at a prompt when the EHR gave none."
)

Order = Callable[["Desk", "Asker"], int]
"""Puts a message in the outbox, for whoever asks; its number."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Where a command works: the adapter, one facility, who asks."""

    adapter: Adapter
    facility: str
    asker: Asker


@contextmanager
def counter(facility: str | None, cell: str = "", user: str = "") -> Iterator[Counter]:
    """Open the adapter for one facility.

    Raises:
        click.UsageError: there is no such facility, or several and none was named. BadInput: no cell's code.
    """
    from adapter.bootstrap import open_adapter
    from adapter.cli.operate import chosen
    from adapter.cli.person import person
    from adapter.services.handle_referral import Asker

    with open_adapter() as adapter:
        known = chosen(adapter, facility)
        if len(known) > 1:
            raise click.UsageError(f"name one facility with --facility (known: {', '.join(known)})")
        staff = adapter.settings.facilities[known[0]].caller.staff
        if user and user not in staff:
            raise click.BadParameter(
                f"the settings name no such person (known: {', '.join(staff)})", param_hint="--as"
            )
        asker = Asker(person(adapter.settings).actor, _cell(adapter, known[0], cell), user)
        yield Counter(adapter, known[0], asker)


def _cell(adapter: Adapter, facility: str, code: str) -> CellCode | None:
    from adapter.domain.identifiers import CellCode, IdentifierError

    if not code:
        return None
    try:
        return CellCode(adapter.settings.facilities[facility].caller.podmiot, code)
    except IdentifierError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--cell") from wrong


def secret(prompt: str) -> str:
    """What is typed at a prompt without being shown, or one line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True)).strip()
    return sys.stdin.readline().strip()


def typed_access(desk: Desk, referral_id: str) -> ReferralAccess:
    """Key, or code with the identifier of the referral's patient, from the prompt."""
    from adapter.domain.identifiers import (
        REFERRAL_KEY_DIGITS,
        AccessByCode,
        AccessCode,
        IdentifierError,
        ReferralKey,
    )
    from adapter.errors import BadInput

    typed = secret("Key (44 digits) or access code (4 digits)")
    record = desk.work.calendar.referral(desk.facility, referral_id)
    patient = desk.work.calendar.patient(desk.facility, record.referral.patient_id) if record is not None else None
    try:
        if len(typed) == REFERRAL_KEY_DIGITS or patient is None:
            return ReferralKey(typed)
        return AccessByCode(AccessCode(typed), patient.identifier)
    except IdentifierError as wrong:
        raise BadInput(str(wrong), field="key", code="ACCESS_UNUSABLE") from wrong


def order(at: Counter, what: Callable[[Desk], int], *, at_once: bool) -> None:
    """Put a message in the outbox and say its number; with ``at_once`` deliver and say what became of it."""
    from uuid import uuid4

    from adapter.ports.store import MessageState
    from adapter.services.deliver import deliver
    from adapter.services.desk import Desk

    eq = at.adapter.equipment
    with eq.store.unit_of_work() as work:
        number = what(Desk(eq, work, at.facility, str(uuid4())))
        work.commit()
    if not at_once:
        click.echo(f"message {number} waits; the worker delivers it (pomost outbox show {number})")
        return
    deliver(eq, at.facility)
    with eq.store.unit_of_work() as work:
        message = work.outbox.get(number)
    if message is None:
        raise click.ClickException(f"message {number} is gone")
    click.echo(f"message {number}: {message.state.value} {message.problem or message.result_code}".rstrip())
    codes = {MessageState.DELIVERED: 0, MessageState.REFUSED: 1}
    sys.exit(codes.get(message.state, 4))


def orders(
    person: Callable[[Callable[..., None]], Callable[..., None]],
) -> Callable[[Callable[..., Order]], Callable[..., None]]:
    """Make a function that says what to order the body of a command: where, in whose name, and when come as options.

    ``person`` is :data:`staff_option` or :data:`person_option`. The function gets the command's other parameters.
    """

    def decorate(said: Callable[..., Order]) -> Callable[..., None]:
        @facility_option
        @cell_option
        @person
        @now_option
        @wraps(said)
        def command(*, facility: str | None, cell: str, user: str, at_once: bool, **given: Any) -> None:
            what = said(**given)
            with counter(facility, cell, user) as at:
                order(at, lambda desk: what(desk, at.asker), at_once=at_once)

        return command

    return decorate


def number_or_id(text: str) -> Any:
    """A referral's number when written ROOT/EXTENSION, else the id as it is."""
    from adapter.domain.identifiers import IdentifierError, ReferralNumber

    root, slash, extension = text.partition("/")
    if not slash:
        return text
    try:
        return ReferralNumber(root, extension)
    except IdentifierError as wrong:
        raise click.BadParameter(str(wrong), param_hint="REFERRAL") from wrong
