"""What a person asks P1 to do with a referral: refuse, report missing documents, give back, finish, accept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from clinic_site import Site
from fakes.referral_document import facts_of

from adapter.bootstrap import open_adapter
from adapter.cli.demo.clinic import cancelled, ended
from adapter.cli.demo.stage import FACILITY
from adapter.domain.identifiers import CellCode, ReferralNumber
from adapter.domain.referral import Payer
from adapter.errors import BadInput, Refused, Rejected
from adapter.ports.store import Action, Message, MessageState
from adapter.services import handle_referral, issue_referral
from adapter.services.desk import Desk
from adapter.services.handle_referral import Asker
from adapter.services.show_referral import read_again, show_referral
from adapter.settings import Settings
from adapter.simulator import documents

LIS0 = ("dr-lis", 3, 0)
ASKER = Asker("person:tester")
NODE = "2.16.840.1.113883.3.4424.2.7"


def ask(site: Site, what: Callable[[Desk], int], *, until_quiet: bool = True) -> Message:
    """Ask, deliver, and say what became of it."""
    with site.eq.store.unit_of_work() as work:
        number = what(Desk(site.eq, work, FACILITY, "correlation-asked"))
        work.commit()
    if until_quiet:
        site.until_quiet()
    return next(one for one in site.messages() if one.id == number)


def known(site: Site, person: int = 0, *, by_code: bool = False) -> None:
    """The EHR has the patient and the referral; nobody is booked."""
    site.says(site.clinic.patient(person), site.clinic.referral(person, by_code=by_code))


def comments(site: Site, person: int = 0) -> list[str]:
    pesel = site.clinic.world["people"][person]["pesel"]
    with site.simulator.state.lock:
        held = site.simulator.state.referrals.by_number.values()
        return [note.text for one in held if one.person_extension == pesel for note in one.comments]


@pytest.mark.parametrize("by_code", [False, True], ids=["with the key", "with code and PESEL"])
def test_a_refused_referral_stays_issued_and_p1_has_the_reason(site: Site, by_code: bool) -> None:
    known(site, by_code=by_code)
    done = ask(site, lambda desk: handle_referral.refuse(desk, "referral-1", ASKER, "brak umowy na ten zakres"))
    assert (done.state, done.sealed) == (MessageState.DELIVERED, None)
    assert (site.referral_state(0), site.referral_history(0)) == ("issued", ["refuse"])
    assert comments(site) == ["brak umowy na ten zakres"]
    assert "brak umowy" not in str(done), "a comment is sealed until it was sent"
    site.open_day()
    site.book("visit-1", 0, LIS0)
    assert site.referral_state(0) == "with-provider", "a refused referral can be accepted later"


def test_missing_documents_are_reported_while_the_referral_is_with_us(site: Site) -> None:
    known(site)
    with pytest.raises(Refused) as early:
        ask(site, lambda desk: handle_referral.report_missing_documents(desk, "referral-1", ASKER, "brak EKG"))
    assert early.value.code == "REFERRAL_NOT_HELD"
    site.open_day()
    site.book("visit-1", 0, LIS0)
    ask(site, lambda desk: handle_referral.report_missing_documents(desk, "referral-1", ASKER, "brak wyniku EKG"))
    assert (site.referral_state(0), comments(site)) == ("with-provider", ["brak wyniku EKG"])


def test_a_referral_is_accepted_and_finished_by_hand_with_its_payer(site: Site) -> None:
    known(site)
    at = site.now() + timedelta(days=5)
    accepted = ask(
        site,
        lambda desk: handle_referral.accept(
            desk,
            "referral-1",
            Asker("person:tester", CellCode("000000927722", "002")),
            visit_at=at,
            comment="z kolejki",
        ),
    )
    assert accepted.payload["cell"] == "000000927722-002"
    done = ask(site, lambda desk: handle_referral.finish(desk, "referral-1", ASKER, comment="wykonano", payer_id="07"))
    assert done.state is MessageState.DELIVERED
    (one,) = (one for one in site.admin.referrals() if one["number"].endswith("1000000000000000000001"))
    assert one["state"] == "completed"
    assert comments(site) == ["z kolejki", "wykonano"]


def test_who_pays_in_full_has_no_paying_branch_and_p1_says_so(site: Site) -> None:
    known(site)
    ask(site, lambda desk: handle_referral.accept(desk, "referral-1", ASKER, payer=Payer.PAID_IN_FULL))
    done = ask(site, lambda desk: handle_referral.finish(desk, "referral-1", ASKER, payer_id="07"))
    assert (done.state, site.referral_state(0)) == (MessageState.REFUSED, "with-provider")


def test_a_referral_that_a_visit_needs_is_not_given_back(site: Site) -> None:
    site.open_day()
    site.book("visit-1", 0, LIS0)
    with pytest.raises(Refused) as needed:
        ask(site, lambda desk: handle_referral.give_back(desk, "referral-1", ASKER, "pacjent zrezygnował"))
    assert needed.value.code == "REFERRAL_NEEDED"
    gone, why = cancelled("prov") | {"comment": "remont"}, (ended("OTHER"),)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=gone, said=why))
    assert site.referral_state(0) == "with-provider", "the provider's own cancellation gives nothing back"
    ask(site, lambda desk: handle_referral.give_back(desk, "referral-1", ASKER, "pacjent zrezygnował"))
    assert site.referral_state(0) == "issued"


def test_what_cannot_be_asked_is_refused_before_anything_is_sent(site: Site) -> None:
    known(site)
    for comment in ("", "krot", "x" * 1001):
        with pytest.raises(BadInput) as length:
            ask(site, lambda desk, comment=comment: handle_referral.refuse(desk, "referral-1", ASKER, comment))
        assert length.value.code == "COMMENT_LENGTH"
    with pytest.raises(Rejected) as unknown:
        ask(site, lambda desk: handle_referral.refuse(desk, "referral-99", ASKER, "brak umowy"))
    assert unknown.value.code == "REFERRAL_NOT_KNOWN"
    site.open_day()
    site.book("visit-1", 0, LIS0)
    with pytest.raises(Refused) as held:
        ask(site, lambda desk: handle_referral.refuse(desk, "referral-1", ASKER, "brak umowy"))
    assert held.value.code == "REFERRAL_HELD"


@pytest.mark.parametrize("trouble", ["reply-lost", "unavailable"])
def test_a_lost_answer_to_a_refusal_leaves_one_comment(site: Site, trouble: str) -> None:
    known(site)
    site.admin.trouble(trouble, system="p1", operation="refuse")
    done = ask(site, lambda desk: handle_referral.refuse(desk, "referral-1", ASKER, "brak wolnych terminów"))
    assert done.state is MessageState.DELIVERED
    assert comments(site) == ["brak wolnych terminów"]


def test_warnings_are_kept_with_the_referral_and_shown_without_what_p1_wrote(site: Site) -> None:
    known(site)
    with site.simulator.state.lock:
        one = site.simulator.state.referrals.by_number[f"{NODE}.999.4.1", "1000000000000000000001"]
        warning = type(one.findings[0])("REG.WER.3804", "warning", f"podobne: {one.extension}", "/ClinicalDocument/id")
        one.findings = (warning,)
    site.open_day()
    site.book("visit-1", 0, LIS0)
    (accepted,) = (one for one in site.messages() if one.action is Action.ACCEPT_REFERRAL)
    assert accepted.problem == "P1 warns: REG.WER.3804"
    with site.eq.store.unit_of_work() as work:
        shown = show_referral(Desk(site.eq, work, FACILITY, "c"), "referral-1")
        texts = show_referral(Desk(site.eq, work, FACILITY, "c"), "referral-1", texts=True)
    ((finding,),) = (check.findings for check in shown.checks)
    assert (finding.severity, finding.title_en) == ("warning", "the patient has a similar referral")
    assert (finding.text, texts.checks[0].findings[0].text) == ("", "podobne: 1000000000000000000001")
    with site.simulator.state.lock:
        one.findings = ()
    read_again(site.eq, FACILITY, "referral-1", "person:tester")
    number = ReferralNumber(one.root, one.extension)
    with site.eq.store.unit_of_work() as work:
        assert show_referral(Desk(site.eq, work, FACILITY, "c"), number).checks[0].findings == ()


@pytest.fixture
def doctors(site_settings: Settings) -> Settings:
    """The facility's own caller may issue referrals."""
    facility = site_settings.facilities[FACILITY]
    caller = facility.caller.model_copy(update={"role": "LEKARZ_LEK_DENTYSTA_FELCZER"})
    return site_settings.model_copy(update={"facilities": {FACILITY: facility.model_copy(update={"caller": caller})}})


@pytest.mark.parametrize(
    ("trouble", "handed"),
    [("reply-lost", False), ("request-lost", True), ("unavailable", True)],
    ids=["saved, and the answer lost", "never arrived", "not now"],
)
def test_a_document_is_issued_once_whatever_becomes_of_the_answer(
    site: Site, doctors: Settings, trouble: str, handed: bool
) -> None:
    with open_adapter(doctors, clock=site.eq.clock, defer_jobs=False) as adapter:
        own = Site(adapter, site.simulator, site.clinic)
        facts = facts_of(site.clinic.world["people"][0])
        number = ReferralNumber(facts.root, facts.extension)
        site.admin.trouble(trouble, system="p1", operation="save")
        done = ask(own, lambda desk: issue_referral.save(desk, documents.write(facts), ASKER))
        assert (done.state, done.sealed) == (MessageState.DELIVERED, None)
        with own.eq.store.unit_of_work() as work:
            desk = Desk(own.eq, work, FACILITY, "c")
            if handed:
                assert issue_referral.hand_over(desk, number, "person:tester").key is not None
            else:
                with pytest.raises(Refused) as lost:
                    issue_referral.hand_over(desk, number, "person:tester")
                assert lost.value.code == "REFERRAL_RECEIPT_LOST"
            with pytest.raises(Refused) as twice:
                issue_referral.save(desk, documents.write(facts), ASKER)
            assert twice.value.code == "REFERRAL_ISSUED"
        site.admin.trouble("reply-lost", system="p1", operation="annul")
        annulment = documents.write_annulment(facts, "9000000000000000000002")
        gone = ask(own, lambda desk: issue_referral.annul(desk, annulment, ASKER))
        assert gone.state is MessageState.DELIVERED
        assert site.simulator.state.referrals.by_number[number.root, number.extension].state == "annulled"
        with own.eq.store.unit_of_work() as work:
            issued = work.referrals.issued(FACILITY, number)
        assert issued is not None
        assert issued.annulled_at is not None, "read back, for the answer was lost"
