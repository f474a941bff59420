"""The tables of ``mappings/`` that the rules of the register ask for, as the values that the rules take.

The law's own code lists (tables 13 to 17 of annex 3) were obtained in part only: what a table does not hold is refused
by its rule, which names the table to fill.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from adapter.domain.register import TermChangeCause
from adapter.domain.rules.central import CentralScope
from adapter.domain.rules.changes import TermReason
from adapter.domain.rules.entitled import Right
from adapter.domain.rules.release import ReferralEffect
from adapter.domain.rules.removal import RemovalReason
from adapter.domain.rules.special import RealTimeService
from adapter.errors import BadInput
from adapter.mapping.tables import Tables


def removal_reasons(tables: Tables, on: date) -> Mapping[str, RemovalReason]:
    """X-02: why an entry ends, by our code: what that does to its referral, and whether a text must say more."""
    table = tables.removal_reasons
    rows = {code: table.row(code, on) for code in table.codes(on)}
    return {
        code: RemovalReason(code, ReferralEffect(row["effect"]), text_needed=row.says("comment_mandatory"))
        for code, row in rows.items()
    }


def removal_of_cancellation(tables: Tables, reason: str, on: date) -> str:
    """X-01: the code of the reason of removal that a reason of cancelling stands for; empty where it stands for none.

    Empty too for a reason that the table does not hold: nothing is guessed.
    """
    try:
        return tables.cancellation_reasons.row(reason, on).get("removal")
    except BadInput:
        return ""


def term_reasons(tables: Tables, on: date) -> Mapping[str, TermReason]:
    """M-01: why a term changes, by our code."""
    table = tables.term_change_reasons
    rows = {code: table.row(code, on) for code in table.codes(on)}
    return {
        code: TermReason(
            code,
            row["by"],
            TermChangeCause(row.get("cause")) if row.get("cause") else None,
            justification_needed=row.says("justification_needed"),
        )
        for code, row in rows.items()
    }


def rights(tables: Tables, on: date) -> Mapping[str, Right]:
    """V-01: the rights to be served out of turn, by code, with the point of art. 47c ust. 1 or the article."""
    table = tables.entitlements
    return {code: Right(code, table.row(code, on)["point"]) for code in table.codes(on)}


def dilo_stages(tables: Tables, on: date) -> frozenset[str]:
    """D-02: the codes of the stages of the oncology card; none while nobody filled the table."""
    return frozenset(tables.dilo_stages.codes(on))


def real_time_services(tables: Tables) -> tuple[RealTimeService, ...]:
    """S-02: what is kept in AP-KOLCE in real time, each row with its days."""
    table = tables.real_time_services
    return tuple(RealTimeService(row[table.key], row.valid_from or date.min, row.valid_to) for row in table)


def central_scope(tables: Tables) -> tuple[CentralScope, ...]:
    """I-01, I-02, I-04: the services that are kept in CeR, each with its days."""
    table = tables.cells_in_scope
    return tuple(
        CentralScope(
            row[table.key],
            row.valid_from or date.min,
            date.fromisoformat(row.get("mandatory_from")) if row.get("mandatory_from") else date.max,
            row.valid_to,
            int(row["searched_days"]),
        )
        for row in table
    )
