"""The tables that the rules of the register ask for: what they give the rules, and what they refuse."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from adapter.domain.register import TermChangeCause
from adapter.domain.rules.central import Standpoint, searched_until, standpoint
from adapter.domain.rules.changes import TermReason, patient_reasons
from adapter.domain.rules.entitled import Right
from adapter.domain.rules.release import ReferralEffect
from adapter.domain.rules.removal import RemovalReason
from adapter.errors import BadInput
from adapter.mapping import register_tables
from adapter.mapping.tables import Tables, check_tables, load_tables

ON = date(2026, 11, 2)


def test_x_02_every_reason_of_removal_with_its_effect(tables: Tables) -> None:
    found = register_tables.removal_reasons(tables, ON)
    assert len(found) == 10
    assert found["NO_SHOW"] == RemovalReason("NO_SHOW", ReferralEffect.RELEASE)
    assert found["OTHER"] == RemovalReason("OTHER", ReferralEffect.PERSON, text_needed=True)


# reason                removal             why
CANCELLED = [
    ("pat-lt", "RESIGNED", "the patient cancelled: a resignation"),
    ("no-show", "NO_SHOW", "did not come"),
    ("provider-stopped", "PROVIDER_STOPPED", "the contract ended"),
    ("deceased", "DECEASED", "death"),
    ("oth-err", "OTHER", "a mistake: words say which"),
    ("prov", "", "G-06: the provider owes a new term or a reason"),
    ("force-majeure", "", "E-05: who could not come is not removed"),
    ("moved", "", "M-01: a change of the term is no end"),
    ("nobody-knows", "", "an unknown reason stands for nothing"),
]


@pytest.mark.parametrize(("reason", "removal", "why"), CANCELLED, ids=[row[2] for row in CANCELLED])
def test_x_01_as_which_reason_a_cancelled_visit_ends_its_entry(
    tables: Tables, reason: str, removal: str, why: str
) -> None:
    assert register_tables.removal_of_cancellation(tables, reason, ON) == removal, why


def test_r_05_a_cancellation_releases_exactly_when_the_removal_it_stands_for_does(tables: Tables) -> None:
    effects = register_tables.removal_reasons(tables, ON)
    for row in tables.cancellation_reasons:
        ends_as = row.get("removal")
        released = bool(ends_as) and effects[ends_as].effect is ReferralEffect.RELEASE
        assert released is row.says("releases_referral"), row["ours"]


def test_a_reason_of_removal_that_is_no_row_is_a_problem_of_the_file(folder: Path) -> None:
    table = folder / "cancellation_reasons.csv"
    table.write_text(table.read_text("utf-8").replace(",yes,RESIGNED,", ",yes,GONE,", 1), "utf-8")
    (problem,) = check_tables(folder)
    assert (problem.file, problem.column) == ("cancellation_reasons.csv", "removal")
    assert "'GONE' is no code of removal_reasons.csv" in problem.text


def test_m_04_the_five_known_numbers_and_our_own_code_lie_with_the_patient(tables: Tables) -> None:
    reasons = register_tables.term_reasons(tables, ON)
    assert patient_reasons(reasons) == {"4", "5", "8", "12", "14", "PATIENT_REQUEST"}
    assert reasons["CRITERION"] == TermReason("CRITERION", "other", TermChangeCause.CRITERION, True)
    assert reasons["HEALTH_WORSE"].cause is None


def test_m_01_no_unchecked_and_no_unknown_number_of_table_14_goes_out(tables: Tables) -> None:
    for code in tables.term_change_reasons.codes(ON):
        with pytest.raises(BadInput, match=r"term_change_reasons\.csv"):
            tables.term_change_reasons.to_national(code, ON)
    numbers = {row["national"]: row["status"] for row in tables.term_change_reasons if row["national"]}
    assert numbers == dict.fromkeys(("4", "5", "8", "12", "14"), "UNCHECKED")


def test_v_01_a_right_knows_its_point(tables: Tables) -> None:
    found = register_tables.rights(tables, ON)
    assert found["47CK"] == Right("47CK", "7")
    assert found["24A"].point == "24a"
    assert len(found) == 18


def test_d_02_no_stage_is_invented_and_a_site_fills_the_table(tables: Tables, folder: Path) -> None:
    assert register_tables.dilo_stages(tables, ON) == frozenset()
    with (folder / "dilo_stages.csv").open("a", encoding="utf-8") as table:
        table.write("1,etap,stage,CONFIRMED,the site's own copy of table 17,,\n")
    assert check_tables(folder) == []


def test_i_01_i_02_i_04_what_cer_keeps_since_when_and_how_long_it_searches(tables: Tables, folder: Path) -> None:
    scope = register_tables.central_scope(tables)
    assert standpoint("1100", date(2026, 6, 30), scope) is Standpoint.INTEGRATED
    assert standpoint("1100", date(2026, 7, 1), scope) is Standpoint.ONLY_CENTRAL
    entered = date(2026, 3, 2)
    assert searched_until(entered, "1100", scope) == date(2026, 4, 11)
    assert searched_until(entered, "mammography", scope) == date(2026, 5, 31)
    table = folder / "cells_in_scope.csv"
    table.write_text(table.read_text("utf-8").replace(",90,2026-07-01,", ",90,,"), "utf-8")
    own = register_tables.central_scope(load_tables(folder))
    assert standpoint("mammography", date(2030, 1, 1), own) is Standpoint.INTEGRATED, "no day: never only CeR"


@pytest.mark.parametrize("days", ["", "0", "4O", "-40", "40.5", "9999"])
def test_i_04_days_of_search_are_a_number_of_days(folder: Path, days: str) -> None:
    table = folder / "cells_in_scope.csv"
    table.write_text(table.read_text("utf-8").replace(",90,2026-07-01,", f",{days},2026-07-01,", 1), "utf-8")
    (problem,) = check_tables(folder)
    assert (problem.file, problem.column) == ("cells_in_scope.csv", "searched_days")


# code    day           kept   why
REAL_TIME = [
    ("1100", "2026-06-30", True, "cardiology, the last day"),
    ("1100", "2026-07-01", False, "cardiology left"),
    ("60003", "2026-11-02", True, "orthopaedics"),
    ("1200", "2026-03-02", False, "dermatology"),
    ("1071", "2019-06-30", False, "before the regulation"),
]


@pytest.mark.parametrize(("code", "on", "kept", "why"), REAL_TIME, ids=[row[3] for row in REAL_TIME])
def test_s_02_what_is_kept_in_real_time(tables: Tables, code: str, on: str, kept: bool, why: str) -> None:
    rows = register_tables.real_time_services(tables)
    assert any(row.code == code and row.holds(date.fromisoformat(on)) for row in rows) is kept, why
