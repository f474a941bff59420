"""The code tables of ``mappings/``, loaded and checked as a whole.

``TABLES`` is the legend: which tables there are, which columns they have and which codes they may
hold. The codes are those of the domain's enumerations, so that a table and the code cannot drift
apart: a missing or an unknown code is a problem of the file, found at start.

``load_tables`` is for programs (it raises), ``check_tables`` for people (it lists).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from adapter.domain.appointment import VisitState
from adapter.domain.discrepancy import DiscrepancyClass
from adapter.domain.entitlement import Category, Criterion
from adapter.domain.national import NationalSlotState, NationalVisitState, Origin
from adapter.domain.referral import HELD_ELSEWHERE, TOO_MANY_FOUND, Payer, ReferralState, Severity
from adapter.domain.register import TermChangeCause
from adapter.domain.slot import SlotKind, SlotState
from adapter.errors import Misconfigured
from adapter.mapping.code_table import CodeTable
from adapter.mapping.refusals import Refusals, read_refusals
from adapter.mapping.table_files import YES_NO, TableProblem, TableSpec, read_table

SHOWN_PROBLEMS_MAX = 20
"""How many problems the message of :class:`TablesBroken` spells out."""


def _values(kind: type[Enum]) -> frozenset[str]:
    return frozenset(str(member.value) for member in kind)


FHIR = ("fhir_system", "fhir_code", "use")
END_REASONS_BY = frozenset({"patient", "provider", "other"})
REMOVAL_EFFECTS = frozenset({"release", "finish", "keep", "none", "person"})
SEVERITIES = frozenset({"high", "medium", "low"})
FINDING_SEVERITIES = _values(Severity)
TOLD_RESULTS = frozenset({TOO_MANY_FOUND, HELD_ELSEWHERE})
SERVICE_FORMS = frozenset({"visit", "examination"})
AUTO = frozenset({"yes", "no", "block-only", "if-no-visit", "if-ours-newer", "if-slot-free", "if-offline"})
TO_CEZ = frozenset({"yes", "no", "if-cer-saved-both"})


def _enum(
    name: str,
    kind: type[Enum],
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
    choices: Mapping[str, frozenset[str]] | None = None,
) -> TableSpec:
    """A table with one row or more for each member of an enumeration of the domain."""
    codes = _values(kind)
    return TableSpec(
        name, codes=codes, complete=codes, required=required, optional=optional, choices=dict(choices or {})
    )


TABLES: Mapping[str, TableSpec] = {
    spec.name: spec
    for spec in (
        _enum(
            "slot_state",
            SlotState,
            required=("fhir_code",),
            optional=("fhir_system", "use", "published_as", "status"),
            choices={"published_as": _values(NationalSlotState)},
        ),
        _enum("national_slot_state", NationalSlotState, required=("national", "status"), optional=("use", "title_pl")),
        _enum(
            "slot_kind",
            SlotKind,
            required=("national", "status", "fhir_system", "fhir_code"),
            optional=("use", "title_pl"),
        ),
        _enum(
            "visit_state",
            VisitState,
            required=("fhir_code",),
            optional=("fhir_system", "use", "saved_as", "status"),
            choices={"saved_as": _values(NationalVisitState)},
        ),
        _enum(
            "national_visit_state", NationalVisitState, required=("national", "status"), optional=("use", "title_pl")
        ),
        TableSpec(
            "visit_transitions",
            key="state",
            also_key=("next_state",),
            optional=("status",),
            codes=_values(VisitState),
            choices={"next_state": _values(VisitState)},
            many=True,
        ),
        _enum("visit_origin", Origin, required=("national", "status"), optional=("use", "title_pl")),
        TableSpec(
            "cancellation_reasons",
            required=("title_pl", "title_en", "by", "comment_mandatory", "releases_referral"),
            optional=(*FHIR, "national", "status", "removal"),
            choices={"by": END_REASONS_BY, "comment_mandatory": YES_NO, "releases_referral": YES_NO},
            one_national_for_many=True,
        ),
        TableSpec(
            "removal_reasons",
            required=("title_pl", "title_en", "effect", "comment_mandatory", "status"),
            optional=("national", "use"),
            choices={"effect": REMOVAL_EFFECTS, "comment_mandatory": YES_NO},
        ),
        TableSpec(
            "term_change_reasons",
            required=("title_pl", "title_en", "by", "justification_needed", "status"),
            optional=("national", "use", "cause"),
            choices={"by": END_REASONS_BY, "cause": _values(TermChangeCause), "justification_needed": YES_NO},
        ),
        TableSpec("dilo_stages", required=("title_pl", "title_en", "status")),
        TableSpec("real_time_services", required=("title_pl", "title_en", "status")),
        TableSpec(
            "identifier_systems",
            required=("fhir_system", "secret", "status"),
            optional=("oid", "title_en"),
            choices={"secret": YES_NO},
        ),
        TableSpec(
            "cells_in_scope",
            required=("title_pl", "form", "referral_needed", "status"),
            optional=("group",),
            dates=("mandatory_from",),
            days=("searched_days",),
            choices={"form": SERVICE_FORMS, "referral_needed": YES_NO},
        ),
        _enum("referral_state", ReferralState, required=("national", "status", "title_pl"), optional=("use",)),
        _enum("payer", Payer, required=("national", "status"), optional=("use", "title_pl")),
        _enum(
            "criterion",
            Criterion,
            required=("status", "title_pl", "fhir_code"),
            optional=("fhir_system", "use", "national"),
        ),
        _enum(
            "category",
            Category,
            required=("fhir_system", "fhir_code", "title_pl", "letter"),
            optional=("use", "title_en"),
        ),
        TableSpec(
            "entitlements",
            required=("fhir_system", "fhir_code", "title_pl", "point", "status"),
            optional=("use", "national"),
        ),
        TableSpec(
            "finding_severity",
            required=("national", "status"),
            optional=("use",),
            codes=FINDING_SEVERITIES,
            complete=FINDING_SEVERITIES,
        ),
        TableSpec(
            "national_result",
            required=("national", "status"),
            optional=("use",),
            codes=TOLD_RESULTS,
            complete=TOLD_RESULTS,
        ),
        TableSpec(
            "verification_rules",
            required=("text_shown", "title_pl", "title_en", "status"),
            choices={"text_shown": YES_NO},
        ),
        TableSpec(
            "discrepancies",
            key="class",
            required=("title_pl", "title_en", "severity", "owner", "remedy", "auto", "to_cez"),
            optional=("rule",),
            complete=_values(DiscrepancyClass),
            choices={"severity": SEVERITIES, "auto": AUTO, "to_cez": TO_CEZ},
        ),
    )
}
"""Every table by name (the file's stem)."""
REFERENCES = (("cancellation_reasons", "removal", "removal_reasons"),)
"""A filled cell of (table, column) is a code of (table)."""


class TablesBroken(Misconfigured):
    """The tables cannot be used; ``problems`` holds all of them."""

    def __init__(self, folder: Path, problems: tuple[TableProblem, ...]) -> None:
        shown = "; ".join(str(problem) for problem in problems[:SHOWN_PROBLEMS_MAX])
        more = f"; and {len(problems) - SHOWN_PROBLEMS_MAX} more" if len(problems) > SHOWN_PROBLEMS_MAX else ""
        plural = "" if len(problems) == 1 else "s"
        super().__init__(
            f"{len(problems)} problem{plural} in the code tables of {folder}: {shown}{more}",
            setting=str(folder / problems[0].file),
            code="TABLES_BROKEN",
        )
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Tables:
    """All code tables; one field for each file, and ``tables[name]`` where the name is data (bindings)."""

    slot_state: CodeTable
    national_slot_state: CodeTable
    slot_kind: CodeTable
    visit_state: CodeTable
    national_visit_state: CodeTable
    visit_transitions: CodeTable
    visit_origin: CodeTable
    cancellation_reasons: CodeTable
    removal_reasons: CodeTable
    term_change_reasons: CodeTable
    dilo_stages: CodeTable
    real_time_services: CodeTable
    identifier_systems: CodeTable
    cells_in_scope: CodeTable
    referral_state: CodeTable
    payer: CodeTable
    criterion: CodeTable
    category: CodeTable
    entitlements: CodeTable
    finding_severity: CodeTable
    national_result: CodeTable
    verification_rules: CodeTable
    discrepancies: CodeTable
    refusals: Refusals
    """The retry table: what each failure of an authority means, and what follows."""

    def __getitem__(self, name: str) -> CodeTable:
        """The table of that name.

        Raises:
            Misconfigured: there is no such table (a binding row names a wrong one).
        """
        if name not in TABLES:
            raise Misconfigured(f"there is no code table '{name}'", setting=name, code="NO_SUCH_TABLE")
        found: CodeTable = getattr(self, name)
        return found

    def __contains__(self, name: object) -> bool:
        return name in TABLES


def check_tables(folder: Path) -> list[TableProblem]:
    """Every problem of every table in ``folder``; an empty list when all is well."""
    return _read(folder)[1] + read_refusals(folder)[1]


def _read(folder: Path) -> tuple[dict[str, CodeTable], list[TableProblem]]:
    """Every table by name, and every problem but those of the retry table."""
    found: dict[str, CodeTable] = {}
    problems: list[TableProblem] = []
    for spec in TABLES.values():
        found[spec.name], wrong = read_table(folder, spec)
        problems += wrong
    for name, column, other in REFERENCES:
        problems += [
            TableProblem(
                TABLES[name].file, row.line, column, f"'{row.get(column)}' is no code of {TABLES[other].file}"
            )
            for row in found[name]
            if row.get(column) and row.get(column) not in found[other]
        ]
    return found, problems


def load_tables(folder: Path) -> Tables:
    """The tables of ``folder``.

    Raises:
        TablesBroken: a Misconfigured that names every problem by file, row and column.
    """
    found, problems = _read(folder)
    refusals, wrong = read_refusals(folder)
    problems += wrong
    if problems:
        raise TablesBroken(folder, tuple(problems))
    return Tables(**found, refusals=refusals)
