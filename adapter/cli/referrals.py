"""``pomost referrals``: look at e-referrals, search in P1, and ask P1 for what the EHR has no word for.

Every change goes through the outbox.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from adapter.cli import referral_documents, referral_orders
from adapter.cli.referral_counter import Counter, counter, facility_option, json_option, number_or_id, secret

if TYPE_CHECKING:
    from adapter.services.search_referrals import Search
    from adapter.services.show_referral import ShownCheck

SEARCH_DAYS_DEFAULT = 365
"""Days back that a search without ``--from`` looks."""


@click.group()
def referrals() -> None:
    """E-referrals in P1: look, search, refuse, report missing documents, issue.

    Example: pomost referrals show R1
    """


for _command in (*referral_orders.COMMANDS, *referral_documents.COMMANDS):
    referrals.add_command(_command)


@referrals.command("show", epilog="Example: pomost referrals show R1 --ask")
@click.argument("referral")
@facility_option
@click.option("--ask", is_flag=True, help="Read it in P1 first, by its number.")
@click.option("--texts", is_flag=True, help="P1's own descriptions too: operators and engineers only; audited.")
@click.option("--reason", default="", help="Why you look at the descriptions; kept in the audit. No personal data.")
@json_option
def show(referral: str, *, facility: str | None, ask: bool, texts: bool, reason: str, as_json: bool) -> None:
    """Show a referral: its state, what P1's rules said, what was asked of P1.

    REFERRAL is the ServiceRequest's id, or a number written ROOT/EXTENSION.
    """
    from uuid import uuid4

    from adapter.cli.operate import show as put
    from adapter.cli.person import person
    from adapter.services.desk import Desk
    from adapter.services.show_referral import allow_texts, read_again, show_referral

    with counter(facility) as at:
        eq = at.adapter.equipment
        if ask:
            read_again(eq, at.facility, referral, at.asker.who)
        with eq.store.unit_of_work() as work:
            desk = Desk(eq, work, at.facility, str(uuid4()))
            if texts:
                allow_texts(desk, person(at.adapter.settings), referral, reason)
            found = show_referral(desk, number_or_id(referral), texts=texts)
            work.commit()
    data = asdict(found)
    data["messages"] = [
        {name: value for name, value in one._asdict().items() if name != "sealed"} for one in found.messages
    ]
    held = {True: "held here", False: "not held here", None: "not of the EHR"}[found.held]
    lines = [f"referral {found.id or '-'}  number {found.number or '-'}  {found.state or 'state unknown'}, {held}"]
    for check in found.checks:
        lines += check_lines(check)
    lines += [
        f"  outbox {one.id}  {one.action.value:<24} {one.state.value:<10} {one.problem or one.result_code}"
        for one in found.messages
    ]
    put(as_json, data, lines)


def check_lines(check: ShownCheck) -> list[str]:
    """What the rules said, for people."""
    verdict = "accepted" if check.accepted else f"refused ({check.result_code})"
    lines = [f"  {check.occasion} {check.checked_at:%Y-%m-%d %H:%M} UTC: {verdict}"]
    for finding in check.findings:
        place = f" at {finding.place}" if finding.place else ""
        text = f": {finding.text}" if finding.text else ""
        lines.append(f"    {finding.severity:<8} {finding.code} {finding.title_pl} / {finding.title_en}{place}{text}")
    return lines


@referrals.command("search", epilog="Example: pomost referrals search --from 2026-11-01 --to 2026-11-30")
@facility_option
@click.option("--patient", metavar="ID", help="Of this patient (id in the EHR), not those issued here.")
@click.option("--ask-person", is_flag=True, help="Of the person whose PESEL is typed at a prompt.")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="First day of issue; a year back if absent.")
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="Last day of issue; today if absent.")
@click.option(
    "--state", type=click.Choice(["issued", "with-provider", "completed", "annulled"]), help="Only in this state."
)
@json_option
def search(
    *,
    facility: str | None,
    patient: str | None,
    ask_person: bool,
    since: datetime | None,
    until: datetime | None,
    state: str | None,
    as_json: bool,
) -> None:
    """Search in P1, by day of issue: referrals issued here, or a patient's that this facility may see.

    Narrows by itself when P1 finds too many. A day that is too many alone is named and exits with 1.
    """
    from adapter.cli.operate import show as put

    if patient and ask_person:
        raise click.UsageError("give --patient or --ask-person, not both")
    with counter(facility) as at:
        found = _searched(at, patient, since, until, state, ask_person=ask_person)
    data = asdict(found)
    lines = [
        f"{hit.issued_on}  {hit.state.value:<14} {hit.number.root}/{hit.number.extension}"
        + (f"  {hit.issuer_name or hit.issuer.extension}" if hit.issuer is not None else "")
        for hit in found.found
    ]
    lines.append(
        f"{len(found.found)} referral(s) issued {found.window.since} to {found.window.until}, "
        f"{found.questions} question(s)"
    )
    lines += [f"  not listed: more than P1 lists were issued on {day} alone" for day in found.days_refused]
    lines += [f"  not readable: {problem}" for problem in found.unreadable]
    put(as_json, data, lines)
    sys.exit(0 if found.complete else 1)


def _searched(
    at: Counter,
    patient_id: str | None,
    since: datetime | None,
    until: datetime | None,
    state: str | None,
    *,
    ask_person: bool,
) -> Search:
    from datetime import timedelta

    from adapter.domain.moments import warsaw_day
    from adapter.domain.referral import DateWindow, ReferralState
    from adapter.services.search_referrals import search_issued, search_person

    eq, who = at.adapter.equipment, at.asker.who
    last = until.date() if until else warsaw_day(eq.clock.now())
    first = since.date() if since else last - timedelta(days=SEARCH_DAYS_DEFAULT - 1)
    if last < first:
        raise click.BadParameter("the last day is before the first", param_hint="--to")
    window, wanted = DateWindow(first, last), ReferralState(state) if state else None
    if not patient_id and not ask_person:
        return search_issued(eq, at.facility, window, who=who, state=wanted)
    return search_person(eq, at.facility, _person(at, patient_id), window, who=who, state=wanted)


def _person(at: Counter, patient_id: str | None) -> Any:
    from adapter.domain.identifiers import IdentifierError, Pesel
    from adapter.errors import BadInput, Rejected

    if patient_id is None:
        try:
            return Pesel(secret("PESEL"))
        except IdentifierError as wrong:
            raise BadInput(str(wrong), field="PESEL", code="PERSON_UNUSABLE") from wrong
    with at.adapter.store.unit_of_work() as work:
        patient = work.calendar.patient(at.facility, patient_id)
    if patient is None:
        raise Rejected("the patient has not come from the EHR", code="PATIENT_NOT_KNOWN")
    return patient.identifier
