"""``pomost referrals accept``, ``refuse``, ``missing-documents``, ``give-back``, ``finish``."""

from __future__ import annotations

from datetime import datetime

import click

from adapter.cli.referral_counter import (
    cell_option,
    comment_option,
    counter,
    facility_option,
    now_option,
    order,
    staff_option,
    typed_access,
)

ask_key_option = click.option(
    "--ask-key", is_flag=True, help="Type the patient's key, or code, at a prompt when the EHR gave none."
)
optional_comment_option = click.option("--comment", default="", help="5 to 1000 characters, if any. No personal data.")


@click.command("accept", epilog="Example: pomost referrals accept R1 --payer paid-in-full")
@click.argument("referral")
@facility_option
@click.option(
    "--payer",
    default="reimbursed",
    show_default=True,
    type=click.Choice(["reimbursed", "paid-in-full"]),
    help="Who pays: NFZ, or the patient.",
)
@click.option("--visit-at", type=click.DateTime(["%Y-%m-%dT%H:%M"]), help="Term of the visit, Warsaw time.")
@optional_comment_option
@ask_key_option
@cell_option
@staff_option
@now_option
def accept(
    referral: str,
    *,
    facility: str | None,
    payer: str,
    visit_at: datetime | None,
    comment: str,
    ask_key: bool,
    cell: str,
    user: str,
    at_once: bool,
) -> None:
    """Accept a referral for realisation. REFERRAL is the ServiceRequest's id."""
    from adapter.domain.moments import WARSAW
    from adapter.domain.referral import Payer
    from adapter.services import handle_referral

    starts = visit_at.replace(tzinfo=WARSAW) if visit_at is not None else None
    with counter(facility, cell, user) as at:
        order(
            at,
            lambda desk: handle_referral.accept(
                desk,
                referral,
                at.asker,
                payer=Payer(payer),
                visit_at=starts,
                comment=comment,
                access=typed_access(desk, referral) if ask_key else None,
            ),
            at_once=at_once,
        )


@click.command("refuse", epilog='Example: pomost referrals refuse R1 --comment "brak umowy na ten zakres"')
@click.argument("referral")
@facility_option
@comment_option
@ask_key_option
@cell_option
@staff_option
@now_option
def refuse(
    referral: str, *, facility: str | None, comment: str, ask_key: bool, cell: str, user: str, at_once: bool
) -> None:
    """Refuse to accept a referral; it stays issued. REFERRAL is the ServiceRequest's id."""
    from adapter.services import handle_referral

    with counter(facility, cell, user) as at:
        order(
            at,
            lambda desk: handle_referral.refuse(
                desk, referral, at.asker, comment, access=typed_access(desk, referral) if ask_key else None
            ),
            at_once=at_once,
        )


@click.command(
    "missing-documents", epilog='Example: pomost referrals missing-documents R1 --comment "brak wyniku EKG"'
)
@click.argument("referral")
@facility_option
@comment_option
@cell_option
@staff_option
@now_option
def missing_documents(
    referral: str, *, facility: str | None, comment: str, cell: str, user: str, at_once: bool
) -> None:
    """Tell the issuer which documents are missing; the referral stays here. REFERRAL is the ServiceRequest's id."""
    from adapter.services import handle_referral

    with counter(facility, cell, user) as at:
        order(
            at,
            lambda desk: handle_referral.report_missing_documents(desk, referral, at.asker, comment),
            at_once=at_once,
        )


@click.command("give-back", epilog='Example: pomost referrals give-back R1 --comment "pacjent zrezygnował"')
@click.argument("referral")
@facility_option
@comment_option
@cell_option
@staff_option
@now_option
def give_back(referral: str, *, facility: str | None, comment: str, cell: str, user: str, at_once: bool) -> None:
    """Make a referral usable again. REFERRAL is the ServiceRequest's id."""
    from adapter.services import handle_referral

    with counter(facility, cell, user) as at:
        order(at, lambda desk: handle_referral.give_back(desk, referral, at.asker, comment), at_once=at_once)


@click.command("finish", epilog="Example: pomost referrals finish R1 --payer-id 07")
@click.argument("referral")
@facility_option
@optional_comment_option
@click.option("--payer-id", default="", help="Code of the NFZ branch that pays, 01 to 16.")
@cell_option
@staff_option
@now_option
def finish(
    referral: str, *, facility: str | None, comment: str, payer_id: str, cell: str, user: str, at_once: bool
) -> None:
    """Say that the service was given. REFERRAL is the ServiceRequest's id."""
    from adapter.services import handle_referral

    with counter(facility, cell, user) as at:
        order(
            at,
            lambda desk: handle_referral.finish(desk, referral, at.asker, comment=comment, payer_id=payer_id),
            at_once=at_once,
        )


COMMANDS = (accept, refuse, missing_documents, give_back, finish)
