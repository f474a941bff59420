"""The columns of an export for inspection: what an entry must hold (D-01, D-02), and what happened to it (G-03).

One list serves the files and their legend (``column.<name>`` in the catalogue of the letters), so that they cannot
differ. Instants are on a Warsaw clock with their offset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

import orjson

from adapter.domain.moments import warsaw_time
from adapter.ports.register import Step, StoredEntry

YES, NO = "tak", "nie"
ABROAD = "BD"
"""Code for who neither lives nor stays in Poland (D-01 lit. g)."""


def _at(instant: datetime | None) -> str:
    return "" if instant is None else warsaw_time(instant).isoformat(sep=" ", timespec="seconds")


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()


def _flag(value: bool) -> str:
    return YES if value else NO


def _identifier(stored: StoredEntry) -> str:
    number = stored.entry.person.identifier
    return "" if number is None else number.reveal()


def _address(stored: StoredEntry) -> str:
    person = stored.entry.person
    return ABROAD if person.no_address_in_poland else person.address


def _received(stored: StoredEntry) -> str:
    referral = stored.entry.referral
    paper = referral.paper if referral is not None else None
    return "" if paper is None else _day(paper.received_on)


def _fields(values: Mapping[str, object]) -> str:
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS, default=str).decode() if values else ""


ENTRY_COLUMNS: Mapping[str, Callable[[StoredEntry], str]] = {
    "entry": lambda one: one.entry.id,
    "schedule": lambda one: one.entry.schedule.id,
    "service": lambda one: one.entry.schedule.service,
    "procedure": lambda one: one.entry.schedule.procedure,
    "cell": lambda one: one.entry.schedule.cell,
    "number": lambda one: "" if one.entry.number is None else str(one.entry.number),
    "reported_at": lambda one: _at(one.entry.reported_at),
    "entered_at": lambda one: _at(one.entry.entered_at),
    "entered_by": lambda one: one.entry.entered_by,
    "given": lambda one: one.entry.person.given,
    "family": lambda one: one.entry.person.family,
    "identifier": _identifier,
    "address": _address,
    "phone": lambda one: one.entry.person.phone,
    "other_contact": lambda one: one.entry.person.other_contact,
    "category": lambda one: "" if one.entry.category is None else str(one.entry.category.value),
    "criterion": lambda one: "" if one.entry.criterion is None else one.entry.criterion.value,
    "criterion_confirmed_by": lambda one: one.entry.criterion_confirmed_by,
    "entitlement": lambda one: "" if one.entry.entitlement is None else one.entry.entitlement.code,
    "waiver": lambda one: "" if one.entry.waiver is None else _at(one.entry.waiver.given_at),
    "diagnosis": lambda one: one.entry.diagnosis,
    "reason": lambda one: one.entry.reason,
    "body_area": lambda one: one.entry.body_area,
    "referral_number": lambda one: "" if one.entry.referral is None else one.entry.referral.number,
    "referral_way": lambda one: "" if one.entry.referral is None else one.entry.referral.way.value,
    "paper_received_on": _received,
    "dilo_number": lambda one: "" if one.entry.dilo is None else one.entry.dilo.number,
    "dilo_stage": lambda one: "" if one.entry.dilo is None else one.entry.dilo.stage,
    "term": lambda one: "" if one.entry.term is None else str(one.entry.term),
    "reserved": lambda one: _flag(one.entry.reserved),
    "term_justification": lambda one: one.entry.term_justification,
    "plan": lambda one: one.entry.plan,
    "original_report_date": lambda one: _day(one.entry.original_report_date),
    "prior_provider_date_used": lambda one: _flag(one.entry.prior_provider_date_used),
    "reinstated": lambda one: _flag(one.entry.reinstated),
    "standing": lambda one: one.standing.value,
    "removed_on": lambda one: "" if one.entry.removal is None else _day(one.entry.removal.on),
    "removal_reason": lambda one: "" if one.entry.removal is None else one.entry.removal.reason,
    "removal_text": lambda one: "" if one.entry.removal is None else one.entry.removal.text,
    "removed_by": lambda one: "" if one.entry.removal is None else one.entry.removal.by,
}
"""Column of ``entries.csv`` -> what an entry says in it."""

STEP_COLUMNS: Mapping[str, Callable[[Step], str]] = {
    "entry": lambda one: one.entry_id,
    "at": lambda one: _at(one.at),
    "what": lambda one: one.what,
    "by": lambda one: one.by,
    "before": lambda one: _fields(one.before),
    "after": lambda one: _fields(one.after),
    "why": lambda one: one.reason,
    "rules": lambda one: ", ".join(one.rules),
    "correlation_id": lambda one: one.correlation_id,
}
"""Column of ``history.csv`` -> what a step says in it."""
