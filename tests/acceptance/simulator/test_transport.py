"""What is refused before anyone reads a message: TLS, HTTP, SOAP version, action, schema; and the served contract."""

from __future__ import annotations

import http.client
import socket
import ssl
import warnings
from urllib.parse import urlsplit

import pytest
import xmlsec
from acceptance.simulator.wire import CER, DS, SOAP, WSU, Client, list_request
from lxml import etree

from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import BadCertificates, TestCertificates

ACTION = "urn:pobierzBazoweDaneListySlotow"
SMALL = 20_000


@pytest.mark.parametrize("system", ["cer", "p1"])
def test_a_client_without_a_certificate_gets_nothing(
    client: Client, certificates: TestCertificates, system: str
) -> None:
    bare = ssl.create_default_context(cafile=str(certificates.ca))
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
        client.post(b"<a/>", ACTION, tls=bare, system=system)


def test_an_expired_client_certificate_gets_nothing(
    client: Client, certificates: TestCertificates, bad_certificates: BadCertificates
) -> None:
    expired = ssl.create_default_context(cafile=str(certificates.ca))
    expired.load_cert_chain(bad_certificates.expired_tls.certificate, bad_certificates.expired_tls.key)
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
        client.post(b"<a/>", ACTION, tls=expired)


def test_old_tls_is_not_spoken(client: Client, simulator: Simulator) -> None:
    context = client.tls()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    address = ("localhost", urlsplit(simulator.urls.cer).port)
    with (
        socket.create_connection(address, timeout=10) as raw,
        pytest.raises((ssl.SSLError, ConnectionError)),
        context.wrap_socket(raw, server_hostname="localhost"),
    ):
        pass


HTTP = [
    ({"content_type": "application/json"}, 500, "another content type"),
    ({"content_type": "application/soap+xml; charset=utf-8"}, 500, "the content type of SOAP 1.2"),
    ({"content_type": "text/xml; charset=iso-8859-2"}, 500, "another character set"),
    ({"action": "urn:zapiszWizyte"}, 500, "the action of another operation"),
    ({"action": ""}, 500, "no action"),
    ({"method": "PUT"}, 405, "another method"),
    ({"method": "GET"}, 404, "GET without ?wsdl"),
]


@pytest.mark.parametrize(("options", "status"), [row[:2] for row in HTTP], ids=[row[2] for row in HTTP])
def test_http_is_refused(client: Client, certificates: TestCertificates, options: dict, status: int) -> None:
    action = options.pop("action", ACTION) if "action" in options else ACTION
    answer = client.post(list_request(certificates.client_wss), action, **options)
    assert answer.status == status
    if status == 500:
        assert answer.result == "niepoprawnyKomunikat"


def test_a_quoted_action_is_taken(client: Client, certificates: TestCertificates) -> None:
    assert client.post(list_request(certificates.client_wss), f'"{ACTION}"').result == "Sukces"


def test_a_message_over_the_limit_is_refused_unread(certificates: TestCertificates) -> None:
    config = SimulatorConfig(certificates=certificates.folder, seed={}, message_bytes_max=SMALL)
    with Simulator(config) as simulator:
        answer = Client(simulator, certificates).post(b"x" * (SMALL + 1), ACTION)
    assert (answer.status, answer.result) == (500, "niepoprawnyKomunikat")


def test_a_chunked_message_is_read_and_limited(
    client: Client, simulator: Simulator, certificates: TestCertificates
) -> None:
    """Java clients send long messages in chunks."""

    def send(chunks: list[bytes], to: Simulator) -> bytes:
        port = urlsplit(to.urls.cer).port
        connection = http.client.HTTPSConnection("localhost", port, timeout=20, context=client.tls())
        path = urlsplit(to.urls.cer).path
        headers = {"Content-Type": "text/xml", "SOAPAction": ACTION}
        connection.request("POST", path, body=iter(chunks), headers=headers, encode_chunked=True)
        return connection.getresponse().read()

    raw = list_request(certificates.client_wss)
    assert b"Sukces" in send([raw[:1000], raw[1000:]], simulator)
    config = SimulatorConfig(certificates=certificates.folder, seed={}, message_bytes_max=SMALL)
    with Simulator(config) as small:
        assert b"niepoprawnyKomunikat" in send([b"x" * (SMALL + 1)], small)


def test_another_version_of_soap_is_a_version_mismatch(client: Client) -> None:
    raw = b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><a/></e:Body></e:Envelope>'
    assert client.post(raw, ACTION).text("faultcode") == "soapenv:VersionMismatch"


def test_a_header_that_must_be_understood_and_is_not(client: Client) -> None:
    header = '<e:Header><a e:mustUnderstand="1"/></e:Header>'
    raw = f'<e:Envelope xmlns:e="{SOAP}">{header}<e:Body><a/></e:Body></e:Envelope>'
    assert client.post(raw.encode(), ACTION).text("faultcode") == "soapenv:MustUnderstand"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "iso-8859-2"])
def test_another_encoding_is_refused(client: Client, encoding: str) -> None:
    raw = f'<e:Envelope xmlns:e="{SOAP}"><e:Body><ą/></e:Body></e:Envelope>'
    assert client.post(raw.encode(encoding), ACTION).result == "niepoprawnyKomunikat"


SCHEMA = [
    ("pobierzBazoweDaneListySlotow", "<dzien>2026-12-01</dzien>", "a required element is missing"),
    (
        "pobierzBazoweDaneListySlotow",
        "<identyfikatorHarmonogramu>s</identyfikatorHarmonogramu><dzien>jutro</dzien>",
        "a date that is none",
    ),
    ("usunSlot", "<identyfikatorSlotu>s</identyfikatorSlotu><x/>", "an element too many"),
    ("odwolajWizyte", "<przyczyna>PACJENT</przyczyna><identyfikatorWizyty>v</identyfikatorWizyty>", "another order"),
    ("przekazListeSlotow", "<listaSlotow/>", "an empty batch"),
    (
        "przyjecieDoRealizacjiSkierowania",
        "<kluczSkierowania><mt:kluczSkierowania>123</mt:kluczSkierowania></kluczSkierowania>"
        "<trybRealizacji>REFUNDOWANE</trybRealizacji>",
        "a key that is too short",
    ),
]


@pytest.mark.parametrize(("operation", "inner"), [row[:2] for row in SCHEMA], ids=[row[2] for row in SCHEMA])
def test_a_message_against_the_schema_is_refused(client: Client, operation: str, inner: str) -> None:
    answer = client.call(operation, inner)
    assert (answer.status, answer.result) == (500, "niepoprawnyKomunikat")


def test_an_unknown_operation_is_refused(client: Client, certificates: TestCertificates) -> None:
    raw = list_request(certificates.client_wss, payload=f'<SkasujWszystkoRequest xmlns="{CER}"/>')
    assert client.post(raw, "urn:skasujWszystko").result == "niepoprawnyKomunikat"


@pytest.mark.parametrize("system", ["cer", "p1"])
def test_the_contract_is_served_with_the_address_called(client: Client, simulator: Simulator, system: str) -> None:
    wsdl = client.post(b"", "", system=system, method="GET", query="?wsdl")
    assert getattr(simulator.urls, system).encode() in wsdl.raw
    for location in wsdl.root.xpath("//*[local-name()='import']/@schemaLocation"):
        schema = client.post(b"", "", system=system, method="GET", query="?" + str(location).partition("?")[2])
        assert schema.root.tag == "{http://www.w3.org/2001/XMLSchema}schema"


def test_no_other_file_is_served(client: Client) -> None:
    assert client.post(b"", "", method="GET", query="?xsd=../MANIFEST.csv").status == 404


@pytest.mark.parametrize("system", ["cer", "p1"])
def test_answers_are_signed_by_the_system_that_answers(
    client: Client, certificates: TestCertificates, system: str
) -> None:
    """Timestamp and Body, checked here with libxmlsec1 once more."""
    answer = (
        client.list_slots()
        if system == "cer"
        else client.call(
            "odczytDokumentuSkierowaniaDoRealizacji",
            "<kryteriaOdczytuSkierowania><mt:kodSkierowania>0000123</mt:kodSkierowania></kryteriaOdczytuSkierowania>",
        )
    )
    root = answer.root
    identity = certificates.cer_wss if system == "cer" else certificates.p1_wss
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_file(str(identity.certificate), xmlsec.constants.KeyDataFormatCertPem)
    for element in root.xpath("//*[@wsu:Id]", namespaces={"wsu": WSU}):
        context.register_id(element, "Id", WSU)
    context.verify(root.find(f".//{{{DS}}}Signature"))
    signed = {uri[1:] for uri in root.xpath("//ds:Reference/@URI", namespaces={"ds": DS})}
    assert signed == {
        root.find(f"{{{SOAP}}}Body").get(f"{{{WSU}}}Id"),
        root.find(f".//{{{WSU}}}Timestamp").get(f"{{{WSU}}}Id"),
    }


def test_faults_are_signed_too_unless_told_otherwise(client: Client, certificates: TestCertificates) -> None:
    assert client.post(b"x", ACTION).root.find(f".//{{{DS}}}Signature") is not None
    with Simulator(SimulatorConfig(certificates=certificates.folder, seed={}, sign_faults=False)) as simulator:
        assert Client(simulator, certificates).post(b"x", ACTION).root.find(f".//{{{DS}}}Signature") is None


def test_every_answer_is_as_the_contract_says(client: Client, simulator: Simulator) -> None:
    """The simulator judges others by the schema; its own answers hold to it."""
    slot = client.put("a")[0]
    client.save_visit(slot)
    for answer in (client.list_slots(), client.call("pobierzZmianyWizyt", ""), client.save_visit("none")):
        body = etree.fromstring(etree.tostring(answer.content))
        simulator.services["cer"].contract.check(body)
