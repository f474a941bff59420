"""What a patient tells, or the Fund for him (N-07, N-08), and a changed contact in AP-KOLCE (N-06)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes.register_audit import audited
from fakes.register_ward import FACILITY, HOSPITAL, PESEL, Ward

from adapter.domain.patient import Patient
from adapter.domain.register import Route
from adapter.domain.rules.notices import Told
from adapter.errors import BadInput, Refused
from adapter.ports.store import Action
from adapter.services.notices.hear_patient import hear_patient
from adapter.services.register.learn import patient_learned

WHO = "person:a.nowak"


@pytest.mark.parametrize(("by_fund", "rule"), [(True, "N-07"), (False, "N-08")], ids=["the Fund", "the patient"])
def test_who_resigns_is_removed_today_and_the_referral_is_given_back(ward: Ward, by_fund: bool, rule: str) -> None:
    """The book's event "resigns" 2026-03-05: removal code 2, release."""
    ward.at("2026-03-05")
    heard = hear_patient(ward.eq, FACILITY, "A", Told.RESIGNS, by_fund=by_fund, who=WHO)
    assert (heard.ended, heard.verdict.rule) == (True, rule)
    assert ward.removal("A") == ("2026-03-05", "RESIGNED")
    assert ward.sent(Action.GIVE_BACK_REFERRAL) == ["give-back-referral referral:R-A"]
    assert (WHO, "notice.heard", "entry/A") in audited(ward)
    with pytest.raises(Refused, match="ended already"):
        hear_patient(ward.eq, FACILITY, "A", Told.RESIGNS, by_fund=by_fund, who=WHO)


def test_who_cannot_come_stays_and_somebody_gives_a_new_date(ward: Ward) -> None:
    heard = hear_patient(ward.eq, FACILITY, "A", Told.CANNOT_COME, by_fund=True, who=WHO)
    assert (heard.ended, ward.removal("A"), ward.codes()) == (False, None, ["TASK-N-RESCHEDULE"])


def test_an_entry_that_nobody_has_is_named(ward: Ward) -> None:
    with pytest.raises(BadInput, match="no such entry"):
        hear_patient(ward.eq, FACILITY, "nobody", Told.RESIGNS, by_fund=False, who=WHO)


@pytest.mark.parametrize(
    ("route", "phone", "codes"),
    [
        (Route.AP_KOLCE, "+48000000001", ["AUTO-N-CONTACT"]),
        (Route.AP_KOLCE, "+48000000000", []),
        (Route.CER, "+48000000001", []),
    ],
    ids=["in AP-KOLCE", "the same phone", "kept elsewhere"],
)
def test_n_06_a_new_phone_goes_to_ap_kolce_the_same_day(
    ward: Ward, route: Route, phone: str, codes: list[str]
) -> None:
    ward.enter("K", schedule=replace(HOSPITAL, id="000000927722-01-0009", route=route))
    told = Patient("P-K", PESEL, "Anna", "Wzorcowa", phone=phone, address="Prosta 1")
    ward.desk(lambda desk: patient_learned(desk, told))
    assert ward.codes() == codes
    assert all(one.task.due_on is not None and one.task.due_on.isoformat() == "2026-03-02" for one in ward.tasks())
