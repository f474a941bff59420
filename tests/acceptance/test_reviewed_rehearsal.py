"""A rehearsal judges everything, keeps nothing, and holds nobody up while it waits for the EHR."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from clinic_site import Site

from adapter.cli.demo.stage import FACILITY
from adapter.ports import Received
from adapter.services.rehearse import rehearse

LIS0, LIS1 = ("dr-lis", 3, 0), ("dr-lis", 3, 1)


@dataclass
class WatchedHospital:
    """The EHR; with every read, how many transactions stand open in our database."""

    real: Any
    database_url: str
    open_transactions: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def read(self, facility: str, resource_type: str, resource_id: str) -> Received | None:
        with psycopg.connect(self.database_url.replace("+psycopg", ""), autocommit=True) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND state = 'idle in transaction'"
            ).fetchone()
        assert row is not None
        self.open_transactions.append(int(row[0]))
        found: Received | None = self.real.read(facility, resource_type, resource_id)
        return found


def test_a_rehearsal_reads_who_is_referred_to_with_no_transaction_open(site: Site, database_url: str) -> None:
    site.open_day()
    site.export(
        site.clinic.patient(0),
        site.clinic.referral(0),
        site.clinic.referral(1),
        site.clinic.appointment("visit-1", 0, site.now(), place=LIS0),
        site.clinic.appointment("visit-2", 1, site.now(), place=LIS1),
    )
    watched = WatchedHospital(site.eq.hospital, database_url)
    result = rehearse(replace(site.eq, hospital=watched), FACILITY)
    assert (result.refused, result.quarantined) == (0, 2)
    assert {problem.split()[1].rstrip(":") for problems in result.problems.values() for problem in problems} == {
        "POMOST-REF-01"
    }
    assert result.taken == 2
    assert watched.open_transactions
    assert set(watched.open_transactions) == {0}
    assert not site.visits()
    with site.eq.store.unit_of_work() as work:
        assert work.calendar.visit(FACILITY, "visit-1") is None
    assert site.sync().taken.quarantined == 2
