"""What ``pomost doctor`` looks at; each finding says what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from uuid import uuid4

from adapter import resources
from adapter.bootstrap.adapter import Adapter, open_adapter, open_database
from adapter.bootstrap.finding import Finding
from adapter.bootstrap.national import endpoint_config
from adapter.bootstrap.register_findings import register_findings
from adapter.bootstrap.sessions import sessions_finding
from adapter.clock import SystemClock
from adapter.domain.moments import warsaw_day
from adapter.domain.referral import DateWindow
from adapter.errors import AdapterError, Misconfigured, Refused, Unavailable
from adapter.mapping.tables import load_tables
from adapter.ports import CallContext, Hospital, Referrals, Registry
from adapter.ports.store import Store
from adapter.services.change_feed import load_place
from adapter.settings import Settings, load_settings
from adapter.soap.binding import load_bound_contract
from adapter.soap.certificate_report import CertificateLine, certificate_report
from adapter.store import schema

CLOCK_OFFSET_WARNED = timedelta(seconds=30)
STOPPED_COUNTED_MAX = 1000
"""Stopped messages that are counted one by one."""
SOAP_FAULT = "SOAP_FAULT"
"""Code of an error that the authority itself said, in a signed fault."""
SHOWN_PROBLEMS_MAX = 3
"""Different problems of unreadable changes that one line names."""


def examine(*, offline: bool = False) -> Iterator[Finding]:
    """Look at everything, in an order in which what is first breaks what is next."""
    try:
        settings = load_settings()
    except AdapterError as error:
        yield Finding("settings", "bad", error.message.removeprefix("settings: "), "see docs/operations/install.md")
        return
    facilities = ", ".join(settings.facilities)
    if facilities:
        yield Finding("settings", "ok", f"facilities: {facilities}")
    else:
        yield Finding("settings", "warning", "no facility is configured", "write pomost.toml; see install.md")
    yield from _patience(settings)
    yield from _tables_and_contracts(settings)
    yield from _certificates(settings)
    yield from _database(settings)
    if settings.facilities and not offline:
        yield from _others(settings)


def _checked(subject: str, check: Callable[[], str], advice: str) -> Finding:
    try:
        return Finding(subject, "ok", check())
    except AdapterError as error:
        return Finding(subject, "bad", error.message, advice, unreachable=isinstance(error, Unavailable))


def _patience(settings: Settings) -> Iterator[Finding]:
    """A lost answer must not be asked about while the request may still be under way (D12)."""
    for name, facility in settings.facilities.items():
        for channel, endpoint in (("cer", facility.cer), ("p1", facility.p1)):
            longest = endpoint.connect_timeout_seconds + endpoint.read_timeout_seconds
            if settings.ask_after_seconds < longest:
                yield Finding(
                    f"settings of {name}",
                    "warning",
                    f"lost answers are asked about after {settings.ask_after_seconds:g} s, "
                    f"but an exchange with {channel} may take {longest:g} s",
                    "raise POMOST_ASK_AFTER_SECONDS",
                )


def _tables_and_contracts(settings: Settings) -> Iterator[Finding]:
    def tables() -> str:
        folder = resources.mappings(settings.mappings)
        load_tables(folder)
        return f"code tables of {folder} are whole"

    found = _checked("mappings", tables, "run pomost mappings check")
    yield found
    if found.state != "ok":
        return
    for channel in ("cer", "p1"):

        def contract(channel: str = channel) -> str:
            mappings, wsdl = resources.mappings(settings.mappings), resources.wsdl(settings.wsdl)
            bound = load_bound_contract(wsdl, mappings, channel, load_tables(mappings))
            return f"{len(bound.verbs)} verbs are bound to {wsdl / channel}"

        yield _checked(f"contract {channel}", contract, "run pomost contract check")


def _certificates(settings: Settings) -> Iterator[Finding]:
    endpoints = [
        (f"{name} {channel}", endpoint_config(channel, endpoint))
        for name, facility in settings.facilities.items()
        for channel, endpoint in (("cer", facility.cer), ("p1", facility.p1))
    ]
    for line in certificate_report(endpoints, now=SystemClock().now()):
        yield _certificate(line)


def _certificate(line: CertificateLine) -> Finding:
    subject = f"certificate {line.owner} {line.kind}"
    if line.problem:
        return Finding(subject, "bad", line.problem, "ask for the file and its password again, or convert the file")
    if line.days_left is None:
        return Finding(subject, "ok", f"{line.file}: without a last day")
    if line.days_left < 0:
        advice = "get a new one from the authority"
        return Finding(subject, "bad", f"{line.file}: expired on {line.valid_until[:10]}", advice)
    text = f"{line.file}: {line.days_left} days left"
    if line.expires_soon:
        return Finding(subject, "warning", text, "ask the authority for a new one now")
    return Finding(subject, "ok", text)


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        with open_database(settings) as database:
            where = "embedded PostgreSQL" if database.embedded else "the server of DATABASE_URL"
            status = schema.status(database.engine)
            yield Finding("database", "ok", f"{where} answers" + (f"; {database.notice}" if database.notice else ""))
            yield sessions_finding(database, settings)
            if status.ready:
                yield Finding("migrations", "ok", f"schema {status.current}")
            elif status.newer:
                text = f"schema {status.current} is newer than this program ({status.head}); nothing was touched"
                yield Finding("migrations", "bad", text, "install the version of pomost that upgraded it")
            elif database.embedded:
                text = f"schema {status.current or 'none'}; the next command makes it {status.head}"
                yield Finding("migrations", "ok", text)
            else:
                text = f"schema {status.current or 'none'}, this program needs {status.head}"
                yield Finding("migrations", "bad", text, "run pomost database upgrade")
    except AdapterError as error:
        yield Finding(
            "database", "bad", error.message, "see docs/operations/database.md", isinstance(error, Unavailable)
        )


def _others(settings: Settings) -> Iterator[Finding]:
    """The audit chain, reachability and clocks: through the adapter as it will work."""
    try:
        with open_adapter(settings) as adapter:
            with adapter.store.unit_of_work() as work:
                broken = work.audit.verify()
            if broken is None:
                yield Finding("audit", "ok", "the chain is whole")
            else:
                yield Finding("audit", "bad", broken, "keep the database as it is and call whoever looks after it")
            yield from _outbox(adapter)
            today = warsaw_day(adapter.clock.now())
            for facility in adapter.facilities:
                yield held_changes(adapter.store, facility)
                yield from register_findings(adapter.equipment, facility, today)
                yield from _reach(adapter.equipment.registry, facility, today)
                yield _reach_p1(adapter.equipment.referrals, facility, today)
                yield _checked(
                    f"EHR of {facility}",
                    partial(_ask_ehr, adapter.hospital, facility),
                    "check address, certificates and credentials of the EHR",
                )
    except AdapterError as error:
        yield Finding("adapter", "bad", error.message, "mend what is said above first", isinstance(error, Unavailable))


def held_changes(store: Store, facility: str) -> Finding:
    """Changes of visits that nobody could read (D10): they wait until a code table knows their codes."""
    subject = f"changes of visits of {facility}"
    with store.unit_of_work() as work:
        place = load_place(work, facility)
    if not place.rows_held:
        return Finding(subject, "ok", "all could be read")
    since = min(page.since for page in place.held.values())
    problems = sorted({problem for page in place.held.values() for _, problem in page.rows})
    told = "; ".join(problems[:SHOWN_PROBLEMS_MAX])
    return Finding(
        subject,
        "bad",
        f"{place.rows_held} cannot be read, the first since {since:%Y-%m-%d %H:%M} UTC: {told}",
        "add the code to the mappings, then run pomost pull --again",
    )


def _outbox(adapter: Adapter) -> Iterator[Finding]:
    """Messages whose tries are used up, and destinations that do not answer: who must act stands in the text."""
    with adapter.store.unit_of_work() as work:
        stopped = work.outbox.find(stopped=True, limit=STOPPED_COUNTED_MAX)
        rests = work.outbox.rests()
    for (facility, destination), last in rests.items():
        text = f"failed {last.failures} times in a row, rests until {last.until:%Y-%m-%d %H:%M:%S} UTC: {last.problem}"
        yield Finding(f"{destination.value} for {facility}", "warning", text, "see docs/errors.md, the retry table")
    if stopped:
        many = f"{len(stopped)}{'' if len(stopped) < STOPPED_COUNTED_MAX else ' or more'}"
        text = f"{many} stopped; the newest, {stopped[0].id}: {stopped[0].problem}"
        yield Finding(
            "outbox", "bad", text, "run pomost outbox list --stopped, mend the cause, then pomost outbox retry"
        )
    else:
        yield Finding("outbox", "ok", "no message has stopped")


def _ask_ehr(hospital: Hospital, facility: str) -> str:
    for page in hospital.changes(facility, "Schedule", ""):
        return f"answers; {len(page.resources)} schedules on the first page"
    return "answers; no schedules"


def _reach(registry: Registry, facility: str, today: date) -> Iterator[Finding]:
    context = CallContext(facility, str(uuid4()), str(uuid4()))
    subject = f"CeR for {facility}"
    try:
        listing = registry.list_slots(context, "doctor", today)
    except AdapterError as error:
        yield Finding(
            subject, "bad", error.message, "check address, certificates, network", isinstance(error, Unavailable)
        )
        return
    yield Finding(subject, "ok", "answers a signed question with a signed reply")
    if listing.server_time is not None:
        offset = listing.server_time - listing.fetched_at
        state = "ok" if abs(offset) <= CLOCK_OFFSET_WARNED else "warning"
        advice = "" if state == "ok" else "check this machine's time (NTP)"
        yield Finding(f"clock of {facility}", state, f"CeR is {offset.total_seconds():+.1f} s from us", advice)


def _reach_p1(referrals: Referrals, facility: str, today: date) -> Finding:
    """Ask P1 what was issued here today: it changes nothing. A facility that issues nothing may not ask that."""
    context = CallContext(facility, str(uuid4()), str(uuid4()))
    subject, spoke = f"P1 for {facility}", "answers a signed question with a signed reply"
    try:
        referrals.search_issued(context, DateWindow(today, today))
    except Refused as error:
        return Finding(subject, "ok", f"{spoke}; it does not tell what was issued here: {error.message}")
    except Misconfigured as error:
        if error.code == SOAP_FAULT:
            advice = "check the caller in the settings; or ask CeZ for the right, if referrals are issued here"
            return Finding(subject, "warning", f"{spoke}, and refuses who asks: {error.message}", advice)
        return Finding(subject, "bad", error.message, "check address, certificates, network")
    except AdapterError as error:
        advice = "check address, certificates, network"
        return Finding(subject, "bad", error.message, advice, isinstance(error, Unavailable))
    return Finding(subject, "ok", spoke)
