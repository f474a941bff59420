"""``pomost referrals accept``, ``refuse``, ``missing-documents``, ``give-back``, ``finish``."""

from __future__ import annotations

from datetime import datetime

import click

from adapter.cli.referral_counter import (
    Order,
    ask_key_option,
    comment_option,
    orders,
    staff_option,
    typed_access,
)

optional_comment_option = click.option("--comment", default="", help="5 to 1000 characters, if any. No personal data.")


@click.command("accept", epilog="Example: pomost referrals accept R1 --payer paid-in-full")
@click.argument("referral")
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
@orders(staff_option)
def accept(referral: str, *, payer: str, visit_at: datetime | None, comment: str, ask_key: bool) -> Order:
    """Accept a referral for realisation. REFERRAL is the ServiceRequest's id."""
    from adapter.domain.moments import WARSAW
    from adapter.domain.referral import Payer
    from adapter.services import handle_referral

    starts = visit_at.replace(tzinfo=WARSAW) if visit_at is not None else None
    return lambda desk, asker: handle_referral.accept(
        desk,
        referral,
        asker,
        payer=Payer(payer),
        visit_at=starts,
        comment=comment,
        access=typed_access(desk, referral) if ask_key else None,
    )


@click.command("refuse", epilog='Example: pomost referrals refuse R1 --comment "brak umowy na ten zakres"')
@click.argument("referral")
@comment_option
@ask_key_option
@orders(staff_option)
def refuse(referral: str, *, comment: str, ask_key: bool) -> Order:
    """Refuse to accept a referral; it stays issued. REFERRAL is the ServiceRequest's id."""
    from adapter.services import handle_referral

    return lambda desk, asker: handle_referral.refuse(
        desk, referral, asker, comment, access=typed_access(desk, referral) if ask_key else None
    )


@click.command(
    "missing-documents", epilog='Example: pomost referrals missing-documents R1 --comment "brak wyniku EKG"'
)
@click.argument("referral")
@comment_option
@orders(staff_option)
def missing_documents(referral: str, *, comment: str) -> Order:
    """Tell the issuer which documents are missing; the referral stays here. REFERRAL is the ServiceRequest's id."""
    from adapter.services import handle_referral

    return lambda desk, asker: handle_referral.report_missing_documents(desk, referral, asker, comment)


@click.command("give-back", epilog='Example: pomost referrals give-back R1 --comment "pacjent zrezygnował"')
@click.argument("referral")
@comment_option
@orders(staff_option)
def give_back(referral: str, *, comment: str) -> Order:
    """Make a referral usable again. REFERRAL is the ServiceRequest's id."""
    from adapter.services import handle_referral

    return lambda desk, asker: handle_referral.give_back(desk, referral, asker, comment)


@click.command("finish", epilog="Example: pomost referrals finish R1 --payer-id 07")
@click.argument("referral")
@optional_comment_option
@click.option("--payer-id", default="", help="Code of the NFZ branch that pays, 01 to 16.")
@orders(staff_option)
def finish(referral: str, *, comment: str, payer_id: str) -> Order:
    """Say that the service was given. REFERRAL is the ServiceRequest's id."""
    from adapter.services import handle_referral

    return lambda desk, asker: handle_referral.finish(desk, referral, asker, comment=comment, payer_id=payer_id)


COMMANDS = (accept, refuse, missing_documents, give_back, finish)
