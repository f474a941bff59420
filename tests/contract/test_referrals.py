"""P1's port, one suite for every implementation: the fake in this process, and ours over HTTPS to the simulator.

Two facilities share the process: each call carries its own facility's certificates and call context.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from fakes.fake_referrals import FakeReferral, FakeReferrals
from fakes.referral_document import facts_of
from lxml import etree

from adapter import resources
from adapter.bootstrap.national import National, build_national
from adapter.clock import SystemClock
from adapter.domain.identifiers import (
    AccessByCode,
    AccessCode,
    CellCode,
    PersonIdentifier,
    Pesel,
    ReferralKey,
    ReferralNumber,
)
from adapter.domain.referral import DateWindow, Payer, ReferralState, RuleFinding, Severity, named
from adapter.errors import BadInput, Rejected
from adapter.mapping.tables import load_tables
from adapter.ports import CallContext, Referrals
from adapter.services.search_referrals import narrowed
from adapter.settings import FacilitySettings, Settings
from adapter.simulator import documents
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import Authority, Identity
from adapter.soap.transport import Transport

OURS, THEIRS = "000000927722", "000000792087"
NODES = {OURS: "2.16.840.1.113883.3.4424.2.7.999.4.1", THEIRS: "2.16.840.1.113883.3.4424.2.7.998.4.1"}
PERSON = Pesel("51710233123")
KEY, CODE = ReferralKey("10031815908301661318609139099603082462819482"), AccessCode("1688")
NUMBER = ReferralNumber(NODES[OURS], "1000000000000000000001")
NEW = ReferralNumber(NODES[OURS], "9000000000000000000001")
DESK = CallContext("ours", "correlation-1", "message-1")
DOCTOR = replace(DESK, user="doctor", cell=CellCode(OURS, "002"))
ASSISTANT = {"assistant_root": "2.16.840.1.113883.3.4424.1.6.3", "assistant_extension": "7654321A"}
ABROAD = CallContext("theirs", "correlation-2", "message-2", cell=CellCode(THEIRS, "001"))
YEAR = DateWindow(date(2026, 1, 1), date(2026, 12, 31))
KON = "{http://csioz.gov.pl/p1/kontekst/mt/v20180509}"
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"


@dataclass(frozen=True, slots=True)
class Subject:
    """An implementation of the port, and the way to make it find too many."""

    p1: Referrals
    simulator: Simulator | None

    def list_at_most(self, hits: int) -> None:
        if self.simulator is not None:
            self.simulator.state.referrals.hits_max = hits
        else:
            self.p1.hits_max = hits  # type: ignore[attr-defined]


def facility(podmiot: str, urls: dict[str, str], tls: Identity, wss: Identity, ca: object) -> FacilitySettings:
    endpoint = {
        "tls_certificate": tls.certificate,
        "tls_key": tls.key,
        "signing_certificate": wss.certificate,
        "signing_key": wss.key,
        "ca_bundle": ca,
    }
    user = {"user_root": "2.16.840.1.113883.3.4424.1.6.2", "user_extension": "5425740"}
    return FacilitySettings.model_validate(
        {
            "caller": {
                "podmiot": podmiot,
                **user,
                "workplace_root": "2.16.840.1.113883.3.4424.2.3.3",
                "workplace_extension": "001",
                "role": "PRACOWNIK_ADMINISTRACYJNY",
                "cells": {"002": {"user_extension": "7654321"}},
                "staff": {"doctor": {**user, **ASSISTANT, "role": "LEKARZ_LEK_DENTYSTA_FELCZER"}},
            },
            "cer": {**endpoint, "url": urls["cer"], "signer_subjects": ["Test CeR WSS"]},
            "p1": {**endpoint, "url": urls["p1"], "signer_subjects": ["Test P1 WSS"]},
        }
    )


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[National, Simulator]]:
    """Two facilities with certificates of their own on one simulator."""
    authority = Authority(tmp_path_factory.mktemp("authority"), now=datetime.now(UTC))
    ca = authority.write()
    authority.issue("server-tls", "Test authority TLS", hosts=("localhost", "127.0.0.1"))
    authority.issue("cer-wss", "Test CeR WSS")
    authority.issue("p1-wss", "Test P1 WSS")
    made = {
        name: (
            authority.issue(f"{name}-tls", f"{name} TLS", tls_client=True),
            authority.issue(f"{name}-wss", f"{name} WSS"),
        )
        for name in ("ours", "theirs")
    }
    with Simulator(SimulatorConfig(certificates=authority.folder)) as simulator:
        urls = {"cer": simulator.urls.cer, "p1": simulator.urls.p1}
        settings = Settings(
            facilities={
                name: facility(podmiot, urls, *made[name], ca)
                for name, podmiot in (("ours", OURS), ("theirs", THEIRS))
            }
        )
        national = build_national(settings, load_tables(resources.mappings()), SystemClock())
        yield national, simulator
        for channels in national.channels:
            channels.close()


def judged(document: bytes) -> tuple[tuple[RuleFinding, ...], PersonIdentifier, date]:
    """What the simulator's rules make of a document of the first patient, in the fake's words."""
    facts = documents.read(document)
    missing = RuleFinding("REG.WER.1544", Severity.ERROR)
    similar = RuleFinding("REG.WER.3804", Severity.WARNING)
    return ((similar,) if facts.diagnosis else (missing, similar)), Pesel(facts.person_extension), facts.issued_on


@pytest.fixture(params=["fake", "simulator"])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "simulator":
        national, simulator = request.getfixturevalue("wired")
        simulator.admin.reset()
        return Subject(national.referrals, simulator)
    fake = FakeReferrals(judged)
    fake.add(FakeReferral(NUMBER, KEY, CODE, PERSON, "ours", date(2026, 10, 1), documents.write(facts(NUMBER))))
    return Subject(fake, None)


def facts(number: ReferralNumber = NEW, diagnosis: str = "I10") -> documents.Facts:
    person = {"pesel": PERSON.reveal(), "given": "Anna", "family": "Testowa"}
    return facts_of(person, number.extension, root=number.root, diagnosis=diagnosis)


def test_a_refused_referral_stays_issued_with_the_reason(subject: Subject) -> None:
    subject.p1.refuse(DESK, KEY, "brak umowy na ten zakres")
    reading = subject.p1.read_to_accept(DESK, AccessByCode(CODE, PERSON))
    assert (reading.state, [one.text for one in reading.comments]) == (
        ReferralState.ISSUED,
        ["brak umowy na ten zakres"],
    )
    assert reading.comments[0].written_at is not None
    assert reading.comments[0].author is not None


def test_missing_documents_are_a_comment_of_the_one_who_holds_it(subject: Subject) -> None:
    with pytest.raises(Rejected):
        subject.p1.report_missing_documents(DESK, NUMBER, "brak wyniku EKG")
    subject.p1.accept(DESK, KEY, Payer.REIMBURSED, comment="z listy")
    subject.p1.report_missing_documents(DESK, NUMBER, "brak wyniku EKG")
    reading = subject.p1.read_by_number(DESK, NUMBER)
    assert (reading.state, reading.key) == (ReferralState.WITH_PROVIDER, None)
    assert [one.text for one in reading.comments] == ["z listy", "brak wyniku EKG"]
    with pytest.raises(Rejected):
        subject.p1.finish(ABROAD, NUMBER)


def test_a_referral_that_was_finished_is_finished(subject: Subject) -> None:
    subject.p1.accept(DESK, KEY, Payer.PAID_IN_FULL)
    with pytest.raises(Rejected):
        subject.p1.finish(DESK, NUMBER, payer_id="07")
    subject.p1.finish(DESK, NUMBER, comment="wykonano poradę")
    assert subject.p1.read_by_number(DESK, NUMBER).state is ReferralState.COMPLETED
    for late in (
        lambda: subject.p1.finish(DESK, NUMBER),
        lambda: subject.p1.give_back(DESK, NUMBER, "pacjent zrezygnował"),
        lambda: subject.p1.refuse(DESK, KEY, "brak umowy"),
    ):
        with pytest.raises(Rejected):
            late()


def test_a_document_is_verified_saved_found_and_annulled(subject: Subject) -> None:
    document = documents.write(facts())
    said = subject.p1.verify(DOCTOR, document)
    assert (said.accepted, named(said.findings, Severity.WARNING)) == (True, "REG.WER.3804")
    assert subject.p1.search_issued(DESK, DateWindow(date(2026, 11, 20), date(2026, 11, 20))).found == ()
    receipt = subject.p1.save(DOCTOR, document)
    assert receipt.verification.accepted
    assert receipt.key is not None
    assert receipt.code is not None
    assert subject.p1.read_to_accept(DESK, receipt.key).number == NEW
    assert subject.p1.read_to_accept(DESK, AccessByCode(receipt.code, PERSON)).number == NEW
    (hit,) = subject.p1.search_issued(DESK, DateWindow(date(2026, 11, 20), date(2026, 11, 20))).found
    assert (hit.number, hit.state, hit.issued_on) == (NEW, ReferralState.ISSUED, date(2026, 11, 20))
    with pytest.raises(Rejected):
        subject.p1.save(DOCTOR, document)
    annulment = documents.write_annulment(facts(), "9000000000000000000002")
    assert subject.p1.annul(DOCTOR, NEW, annulment).accepted
    assert subject.p1.read_by_number(DESK, NEW).state is ReferralState.ANNULLED
    with pytest.raises(Rejected):
        subject.p1.annul(DOCTOR, NEW, annulment)


def test_a_document_that_breaks_rules_is_told_and_not_saved(subject: Subject) -> None:
    document = documents.write(facts(diagnosis=""))
    for said in (subject.p1.verify(DOCTOR, document), subject.p1.save(DOCTOR, document).verification):
        assert not said.accepted
        assert (named(said.findings, Severity.ERROR), said.result_code != "") == ("REG.WER.1544", True)
    with pytest.raises(Rejected):
        subject.p1.read_by_number(DESK, NEW)


def test_a_persons_referrals_are_found_by_who_may_see_them(subject: Subject) -> None:
    assert [hit.number for hit in subject.p1.search_person(DESK, PERSON, YEAR).found] == [NUMBER]
    assert subject.p1.search_person(DESK, PERSON, YEAR, ReferralState.COMPLETED).found == ()
    assert subject.p1.search_person(ABROAD, PERSON, YEAR).found == ()
    subject.p1.accept(ABROAD, KEY, Payer.REIMBURSED)
    assert [hit.state for hit in subject.p1.search_person(ABROAD, PERSON, YEAR).found] == [ReferralState.WITH_PROVIDER]


def test_too_many_hits_are_told_and_narrowing_finds_them_all(subject: Subject) -> None:
    subject.p1.save(DOCTOR, documents.write(facts()))
    whole = subject.p1.search_issued(DESK, YEAR)
    subject.list_at_most(1)
    try:
        assert subject.p1.search_issued(DESK, YEAR).too_many
        search = narrowed(lambda window: subject.p1.search_issued(DESK, window), YEAR)
        assert [hit.number for hit in search.found] == [hit.number for hit in whole.found]
        assert search.complete
    finally:
        subject.list_at_most(50)


def test_a_comment_has_a_length_everywhere(subject: Subject) -> None:
    for comment in ("", "krot", "x" * 1001):
        with pytest.raises(BadInput):
            subject.p1.refuse(DESK, KEY, comment)


def test_each_facility_cell_and_person_calls_as_itself(
    wired: tuple[National, Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificates of TLS and of the signature, and the call context, are the caller's own."""
    said: list[tuple[str, bytes]] = []
    post = Transport.post

    def listening(self: Transport, message: bytes, *more: object) -> object:
        assert self.identity is not None
        said.append((self.identity.certificate.subject.rfc4514_string(), message))
        return post(self, message, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Transport, "post", listening)
    national, simulator = wired
    simulator.admin.reset()
    document = documents.write(facts())
    for context in (DESK, replace(DESK, cell=CellCode(OURS, "002")), DOCTOR, ABROAD):
        national.referrals.verify(context, document)
    roles = [
        (
            tls.partition(",")[0],
            *(caller(message)[name] for name in ("Podmiotu", "Uzytkownika", "MiejscaPracy", "rola")),
        )
        for tls, message in said
    ]
    assert roles == [
        ("CN=ours TLS", OURS, "5425740", "001", "PRACOWNIK_ADMINISTRACYJNY"),
        ("CN=ours TLS", OURS, "7654321", "002", "PRACOWNIK_ADMINISTRACYJNY"),
        ("CN=ours TLS", OURS, "5425740", "002", "LEKARZ_LEK_DENTYSTA_FELCZER"),
        ("CN=theirs TLS", THEIRS, "5425740", "001", "PRACOWNIK_ADMINISTRACYJNY"),
    ]
    assert [signer(message) for _, message in said] == ["CN=ours WSS"] * 3 + ["CN=theirs WSS"]
    for wrong in (replace(DESK, cell=CellCode(THEIRS, "001")), replace(DESK, user="nobody")):
        with pytest.raises(BadInput):
            national.referrals.verify(wrong, document)
    assert len(said) == 4, "nothing was sent in a stranger's name"


def caller(message: bytes) -> dict[str, str]:
    """What the call context of a message says: extensions by whom, and the role."""
    values = {
        str(one.get("nazwa")).rpartition(":")[2]: one[0].text or ""
        for one in etree.fromstring(message).iter(f"{KON}atrybut")
    }
    named_ = {name.removeprefix("id").removesuffix("OidExt"): value for name, value in values.items()}
    return {**named_, "rola": values["rolaBiznesowa"]}


def signer(message: bytes) -> str:
    """Whose certificate a message is signed with."""
    token = etree.fromstring(message).find(f".//{WSSE}BinarySecurityToken")
    assert token is not None
    pem = f"-----BEGIN CERTIFICATE-----\n{token.text}\n-----END CERTIFICATE-----\n"
    subject = x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()
    return subject.partition(",")[0]
