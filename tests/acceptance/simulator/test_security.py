"""Everything a client can send that must be refused, each with the confirmed fault code (security.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from acceptance.simulator.wire import OTHER_PODMIOT, Answer, Client, context_xml, list_request
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from soap_attacks import ATTACKS, CONTEXT_ATTACKS, FORGERIES, Attack, Forgery, forge

from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import BadCertificates, Identity, TestCertificates

NOW = datetime.now(UTC).replace(microsecond=0)
ACTION = "urn:pobierzBazoweDaneListySlotow"
SECURITY = {"bladPodpisuKomunikatuWSS", "bladUwierzytelnieniaWSS", "brakCertyfikatu"}
REFUSED = SECURITY | {"niepoprawnyKomunikat"}
Post = Callable[[bytes], Answer]


@pytest.fixture(scope="module")
def held(certificates: TestCertificates, bad_certificates: BadCertificates) -> Iterator[Simulator]:
    """A simulator whose security time stands still and that knows who was revoked."""
    config = SimulatorConfig(
        certificates=certificates.folder,
        security_time=lambda: NOW,
        client_subjects=frozenset({certificates.client_wss.subject}),
        crl=bad_certificates.crl,
    )
    with Simulator(config) as simulator:
        yield simulator


@pytest.fixture
def good(certificates: TestCertificates) -> bytes:
    return list_request(certificates.client_wss, created=NOW)


@pytest.fixture
def post(held: Simulator, certificates: TestCertificates) -> Post:
    return lambda raw: Client(held, certificates).post(raw, ACTION)


@pytest.fixture
def own_key(certificates: TestCertificates) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    identity: Identity = certificates.client_wss
    key = load_pem_private_key(identity.key.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key, x509.load_pem_x509_certificate(identity.certificate.read_bytes())


def test_a_good_message_is_accepted_once(good: bytes, post: Post) -> None:
    """So that every refusal below is known to come from what was done to the message; played again, it is refused."""
    assert (post(good).status, post(good).result) == (200, "bladUwierzytelnieniaWSS")


def test_the_forger_makes_good_messages(
    good: bytes, post: Post, own_key: tuple[rsa.RSAPrivateKey, x509.Certificate]
) -> None:
    assert post(forge(good, *own_key, NOW)).result == "Sukces"


@pytest.mark.parametrize("attack", [*ATTACKS, *CONTEXT_ATTACKS], ids=lambda attack: attack.name)
def test_an_attacked_message_is_refused(
    attack: Attack, held: Simulator, post: Post, certificates: TestCertificates
) -> None:
    before = dict(held.admin.counters()["received"])
    answer = post(attack(list_request(certificates.client_wss, created=NOW - timedelta(seconds=7))))
    assert (answer.status, answer.result in REFUSED) == (500, True)
    assert held.admin.counters()["received"] == before, "nothing was processed"


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_a_forged_message_is_refused(
    forgery: Forgery,
    good: bytes,
    held: Simulator,
    post: Post,
    own_key: tuple[rsa.RSAPrivateKey, x509.Certificate],
) -> None:
    before = dict(held.admin.counters()["received"])
    answer = post(forgery(good, *own_key, NOW))
    assert (answer.status, answer.result in SECURITY) == (500, True)
    assert held.admin.counters()["received"] == before, "nothing was processed"


CERTIFICATES = [
    ("other_wss", "another authority, same name"),
    ("expired_wss", "no longer valid"),
    ("early_wss", "not yet valid"),
    ("revoked_wss", "on the revocation list"),
    ("stranger_wss", "not a known subject"),
]


@pytest.mark.parametrize("name", [row[0] for row in CERTIFICATES], ids=[row[1] for row in CERTIFICATES])
def test_a_certificate_is_refused(name: str, post: Post, bad_certificates: BadCertificates) -> None:
    answer = post(list_request(getattr(bad_certificates, name), created=NOW))
    assert answer.text("kodBleduMinor") == "urn:csioz:p1:kodBleduMinor:certyfikatNiewazny"
    assert answer.text("kodBleduMajor") == "urn:csioz:p1:kodBleduMajor:bladUwierzytelnieniaWSS"


def test_a_certificate_that_does_not_match_the_key_is_refused(
    post: Post, certificates: TestCertificates, bad_certificates: BadCertificates
) -> None:
    raw = list_request(bad_certificates.stranger_wss, sent_certificate=certificates.client_wss, created=NOW)
    assert post(raw).result == "bladPodpisuKomunikatuWSS"


def test_the_tls_certificate_may_not_sign(certificates: TestCertificates) -> None:
    """Messages are signed with another certificate than TLS uses (p1.md 1)."""
    with Simulator(SimulatorConfig(certificates=certificates.folder, seed={})) as simulator:
        answer = Client(simulator, certificates).post(list_request(certificates.client_tls), ACTION)
    assert answer.result == "bladUwierzytelnieniaWSS"


CONTEXTS = [
    (context_xml(podmiot="000000000001"), "brakUprawnienPodmiotu", "a facility nobody knows"),
    (context_xml(place="999"), "bladKontekstu", "a place of work that is not the facility's"),
    (context_xml(role="KROL"), "bladKontekstu", "a role that does not exist"),
    (context_xml(role="USLUGOBIORCA"), "brakUprawnienPracownikaMedycznego", "a patient's role"),
    (context_xml(drop="rolaBiznesowa"), "bladKontekstu", "no role"),
    (context_xml(drop="idPodmiotuOidExt"), "bladKontekstu", "no facility"),
    (context_xml().replace("kontekst:rola", "erecepta:kontekst:rola"), "bladKontekstu", "another service's attribute"),
    (context_xml().replace("4424.2.3.1<", "4424.2.3.9<"), "bladKontekstu", "an identifier of another kind"),
    (context_xml().replace("wartosc", "value"), "niepoprawnyKomunikat", "not as the schema says"),
]


@pytest.mark.parametrize(("context", "code"), [row[:2] for row in CONTEXTS], ids=[row[2] for row in CONTEXTS])
def test_a_call_context_is_refused(context: str, code: str, post: Post, certificates: TestCertificates) -> None:
    assert post(list_request(certificates.client_wss, context=context, created=NOW)).result == code


def test_another_known_facility_is_served(post: Post, certificates: TestCertificates) -> None:
    raw = list_request(certificates.client_wss, context=context_xml(podmiot=OTHER_PODMIOT), created=NOW)
    assert post(raw).result == "Sukces"


def test_a_fault_says_nothing_of_the_message(post: Post, certificates: TestCertificates) -> None:
    secret = "44051401359"
    payload = f'<Odpowiedz xmlns="urn:pomost:reconstruction:cer:v1">{secret}</Odpowiedz>'
    answer = post(list_request(certificates.client_wss, payload=payload, created=NOW))
    assert answer.result == "niepoprawnyKomunikat"
    assert secret.encode() not in answer.raw
