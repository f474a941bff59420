"""``pomost referrals verify``, ``save``, ``annul``, ``receipt``: documents that the EHR made and a person signed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from adapter.cli.referral_counter import (
    Order,
    cell_option,
    counter,
    facility_option,
    json_option,
    number_or_id,
    orders,
    person_option,
)

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.command("verify", epilog="Example: pomost referrals verify skierowanie.xml --as dr-lis")
@file_argument
@facility_option
@cell_option
@person_option
@json_option
def verify(file: Path, facility: str | None, cell: str, user: str, as_json: bool) -> None:
    """Ask P1 what its rules would say to a signed document; nothing is kept there."""
    from dataclasses import asdict

    from adapter.services import issue_referral
    from adapter.services.show_referral import shown_finding

    with counter(facility, cell, user) as at:
        eq = at.adapter.equipment
        said = issue_referral.verify(eq, at.facility, file.read_bytes(), at.asker)
        findings = [shown_finding(finding, eq.tables) for finding in said.findings]
    if as_json:
        data = {
            "accepted": said.accepted,
            "result_code": said.result_code,
            "findings": [asdict(one) for one in findings],
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        click.echo("P1 would accept the document" if said.accepted else "P1 would refuse the document")
        for one in findings:
            place = f" at {one.place}" if one.place else ""
            click.echo(f"  {one.severity:<8} {one.code} {one.title_pl} / {one.title_en}{place}")
    sys.exit(0 if said.accepted else 1)


@click.command("save", epilog="Example: pomost referrals save skierowanie.xml --as dr-lis --now")
@file_argument
@orders(person_option)
def save(file: Path) -> Order:
    """Issue the referral in a signed document. Then: pomost referrals receipt."""
    from adapter.services import issue_referral

    return lambda desk, asker: issue_referral.save(desk, file.read_bytes(), asker)


@click.command("annul", epilog="Example: pomost referrals annul anulowanie.xml --as dr-lis --now")
@file_argument
@orders(person_option)
def annul(file: Path) -> Order:
    """Annul the referral that a signed annulment document replaces."""
    from adapter.services import issue_referral

    return lambda desk, asker: issue_referral.annul(desk, file.read_bytes(), asker)


@click.command("receipt", epilog="Example: pomost referrals receipt ROOT/EXTENSION --out receipt.json")
@click.argument("number")
@facility_option
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="New file for key and code, for you alone (mode 0600).",
)
def receipt(number: str, facility: str | None, out: Path) -> None:
    """Write key and access code of a referral issued from here to a new file, once; they are erased here.

    NUMBER is written ROOT/EXTENSION.
    """
    from uuid import uuid4

    from adapter.domain.identifiers import ReferralNumber
    from adapter.errors import BadInput
    from adapter.services.desk import Desk
    from adapter.services.issue_referral import hand_over

    wanted = number_or_id(number)
    if not isinstance(wanted, ReferralNumber):
        raise click.BadParameter("a number is written ROOT/EXTENSION", param_hint="NUMBER")
    with counter(facility) as at:
        eq = at.adapter.equipment
        with eq.store.unit_of_work() as work:
            issued = hand_over(Desk(eq, work, at.facility, str(uuid4())), wanted, at.asker.who)
            said = {
                "number": number,
                "key": issued.key.reveal() if issued.key is not None else None,
                "code": issued.code.reveal() if issued.code is not None else None,
            }
            try:
                target = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except OSError as wrong:
                raise BadInput(f"{out} cannot be made: {wrong.strerror}", field="--out", code="FILE_EXISTS") from wrong
            with os.fdopen(target, "w", encoding="utf-8") as stream:
                json.dump(said, stream)
            work.commit()
    click.echo(f"key and code are in {out}; they are not kept here any more")


COMMANDS = (verify, save, annul, receipt)
