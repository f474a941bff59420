"""What ``pomost doctor`` says of a facility's register (harmonogram przyjęć)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from adapter.bootstrap.finding import Finding
from adapter.domain.schedule import Schedule
from adapter.ports.store import UnitOfWork
from adapter.ports.tasks import TaskKind
from adapter.services.equipment import Equipment
from adapter.services.register_day.facts import contract_ends

NAMED_MAX = 5
"""Ids that one line names."""
COUNTED_MAX = 1000
"""Alarms that are counted one by one."""


def register_findings(eq: Equipment, facility: str, today: date) -> Iterator[Finding]:
    """Schedules without a register, contracts that ended, open alarms, notices that are late."""
    with eq.store.unit_of_work() as work:
        schedules = work.calendar.schedules(facility, in_scope=False)
        kept_in_cer = work.calendar.schedules(facility)
        yield _declared(facility, kept_in_cer)
        ends_on = eq.register(facility).contract_ends_on
        yield from _contracts(work, facility, ends_on, schedules, today)
        alarms = work.tasks.listed(facility, kinds=[TaskKind.ALARM], limit=COUNTED_MAX)
        due = work.notices.listed(facility, limit=COUNTED_MAX)
    if alarms:
        many = f"{len(alarms)}{' or more' if len(alarms) == COUNTED_MAX else ''}"
        text = f"{many} deadlines of the law have passed"
        yield Finding(f"tasks of {facility}", "warning", text, "run pomost tasks list --kind alarm")
    late = [one for one in due if one.notice.send_by is not None and one.notice.send_by < today]
    if late:
        many = f"{len(late)}{' or more' if len(late) == COUNTED_MAX else ''}"
        text = f"{many} notices to patients are late, the first since {late[0].notice.send_by}"
        yield Finding(
            f"notices of {facility}", "warning", text, "run pomost notices list; tell the patients, then say so"
        )


def _declared(facility: str, schedules: Sequence[Schedule]) -> Finding:
    without = [one.id for one in schedules if one.active and one.register is None]
    subject = f"register of {facility}"
    if not without:
        return Finding(subject, "ok", f"{len(schedules)} schedules of CeR's scope, each with a declared register")
    text = f"schedules without a declared register: {_named(without)}; their entries are kept elsewhere"
    return Finding(subject, "warning", text, "declare it in the EHR (admission-schedule in docs/fhir-profile.md)")


def _contracts(
    work: UnitOfWork, facility: str, ends_on: Mapping[str, date], schedules: Sequence[Schedule], today: date
) -> Iterator[Finding]:
    """E-03: every end of a contract is of a schedule with a register, and what had to end has ended."""
    subject = f"contracts of {facility}"
    unknown = sorted(set(ends_on) - {one.id for one in schedules if one.register is not None})
    if unknown:
        text = f"contract_ends_on names schedules that have no register here: {_named(unknown)}"
        yield Finding(subject, "warning", text, "correct the ids in the settings")
    for register, day in sorted(contract_ends(ends_on, schedules).items()):
        left = day < today and next(iter(work.register.listed(facility, register)), None) is not None
        if left:
            text = f"the contract of {register} ended on {day.isoformat()} and entries are still open"
            yield Finding(subject, "bad", text, "run pomost tasks run, and a worker each day")
        elif day < today:
            yield Finding(subject, "ok", f"the contract of {register} ended on {day.isoformat()}; no entry is open")


def _named(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - NAMED_MAX} more" if len(ids) > NAMED_MAX else ""
    return ", ".join(ids[:NAMED_MAX]) + more
