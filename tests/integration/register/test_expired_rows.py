"""A row of a table that is not valid any more is no row: nothing is guessed from it, and neighbours go on."""

from __future__ import annotations

import shutil
from datetime import date

import pytest
from fakes.register_front import Front

from adapter import resources
from adapter.cli.demo.clinic import cancelled, term_change
from adapter.mapping.tables import Tables, load_tables
from adapter.ports.store import Action, InboxState

LAST_DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def expired(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The shipped tables; no-shows, ends of contracts and wishes of patients had their last day on 2026-03-01."""
    folder = tmp_path_factory.mktemp("expired") / "mappings"
    shutil.copytree(resources.mappings(), folder)
    for table, codes in {
        "removal_reasons": ("NO_SHOW", "PROVIDER_STOPPED"),
        "term_change_reasons": ("PATIENT_REQUEST",),
        "cancellation_reasons": ("pat-fb",),
    }.items():
        path = folder / f"{table}.csv"
        lines = path.read_text("utf-8").splitlines()
        assert all(line.endswith(",,") for line in lines if line.startswith(codes)), "no row had a last day before"
        ended = [f"{line[:-1]},{LAST_DAY}" if line.partition(",")[0] in codes else line for line in lines]
        path.write_text("\n".join(ended) + "\n", "utf-8")
    return load_tables(folder)


@pytest.fixture
def late(front: Front, expired: Tables) -> Front:
    """A patient is booked; the rows have expired."""
    front.tables = expired
    front.book()
    front.deliver()
    return front


def test_the_ehr_is_refused_and_told_which_table_to_fill(late: Front) -> None:
    late.says(late.clinic.slot("dr-lis", 4, 0))
    late.deliver()
    for version, rule in (
        (late.visit(status="noshow"), ("X-02", "E-X-REASON")),
        (late.visit(place=("dr-lis", 4, 0), said=(term_change("PATIENT_REQUEST"),)), ("POMOST-MAP-01", "")),
        (late.visit(status="cancelled", more=cancelled("pat-fb")), ("POMOST-MAP-01", "")),
    ):
        late.says(version)
        assert late.refused()[0] == rule
    assert late.entry("visit-1").entry.open
    assert late.coming() == []
    with late.store.unit_of_work() as work:
        texts = [one.problems[0].text_en for one in work.inbox.find(states=[InboxState.REFUSED])]
    assert "mappings/removal_reasons.csv" in texts[0]


def test_what_a_job_would_end_for_an_expired_reason_stays_and_is_told(late: Front) -> None:
    """E-03: nobody knows what becomes of the referral; who died ends as ever."""
    late.book(1, visit="visit-2", place=("dr-lis", 3, 1))
    late.deliver()
    late.ends_on = dict.fromkeys(("dr-lis", "dr-sowa", "dr-zuraw"), date(2026, 3, 2))
    done = late.run()
    assert len(done.problems) == 2
    assert all("mappings/removal_reasons.csv" in one for one in done.problems)
    assert (late.removal("visit-1"), late.removal("visit-2")) == (None, None)
    late.says(late.clinic.patient(1) | {"deceasedBoolean": True})
    assert late.removal("visit-2") == ("2026-03-02", "DECEASED")
    assert late.sent(Action.GIVE_BACK_REFERRAL) == []
