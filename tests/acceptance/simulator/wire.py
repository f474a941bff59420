"""A small client of its own: signs with libxmlsec1, sends with http.client. It shares nothing with adapter.soap."""

from __future__ import annotations

import base64
import http.client
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import xmlsec
from lxml import etree

from adapter.simulator.app import Simulator
from adapter.simulator.certificates import Identity, TestCertificates

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
CONTEXT = "http://csioz.gov.pl/p1/kontekst/mt/v20180509"
CER = "urn:pomost:reconstruction:cer:v1"
WS = "http://csioz.gov.pl/p1/eskierowanie/ws/v20180509"
MT = "http://csioz.gov.pl/p1/eskierowanie/mt/v20180509"
WSP = "http://csioz.gov.pl/p1/wspolne/mt/v20180509"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
TOKENS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
PODMIOT = "000000927722"
OTHER_PODMIOT = "000000792087"


def context_xml(
    podmiot: str = PODMIOT, place: str = "001", role: str = "PRACOWNIK_ADMINISTRACYJNY", drop: str = ""
) -> str:
    """The call context of a facility's registrar."""
    oid = "2.16.840.1.113883.3.4424"
    values = {
        "idPodmiotuOidRoot": f"{oid}.2.3.1",
        "idPodmiotuOidExt": podmiot,
        "idUzytkownikaOidRoot": f"{oid}.1.6.2",
        "idUzytkownikaOidExt": "5425740",
        "idMiejscaPracyOidRoot": f"{oid}.2.3.3",
        "idMiejscaPracyOidExt": place,
        "rolaBiznesowa": role,
    }
    rows = "".join(
        f'<kon:atrybut nazwa="urn:csioz:p1:kontekst:{name}"><kon:wartosc>{value}</kon:wartosc></kon:atrybut>'
        for name, value in values.items()
        if name != drop
    )
    return f'<kon:kontekstWywolania xmlns:kon="{CONTEXT}" wsu:Id="Context">{rows}</kon:kontekstWywolania>'


@dataclass
class Answer:
    """An HTTP answer: status, raw bytes, content type, and the Body's element when it is XML."""

    status: int
    raw: bytes
    content_type: str = ""

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.raw)

    @property
    def content(self) -> etree._Element:
        return next(self.root.iterchildren(f"{{{SOAP}}}Body", f"{{{SOAP_12}}}Body"))[0]

    def text(self, name: str) -> str | None:
        """Text of the first element of that local name."""
        found = self.content.xpath(f"//*[local-name()='{name}']")
        return found[0].text if found else None

    def texts(self, name: str) -> list[str]:
        return [str(e.text) for e in self.content.xpath(f"//*[local-name()='{name}']")]

    @property
    def result(self) -> str:
        """Last part of the minor code, or of the major one."""
        codes = [self.text("kodBleduMinor"), self.text("kodBleduMajor"), self.text("minor"), self.text("major")]
        return next(code for code in codes if code).rpartition(":")[2]


def sign(
    payload: str,
    identity: Identity,
    *,
    context: str | None = None,
    parts: tuple[str, ...] = ("Body", "Context", "TS"),
    created: datetime | None = None,
    lifetime: float = 300,
    method: str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    digest: str = "http://www.w3.org/2001/04/xmlenc#sha256",
    transform: str = EXC,
    sent_certificate: Identity | None = None,
    soap: str = SOAP,
    headers: str = "",
) -> bytes:
    """A signed message. ``parts`` are the Ids that the signature covers; ``headers`` stand after the call context."""
    created = created or datetime.now(UTC)
    pem = (sent_certificate or identity).certificate.read_bytes()
    token = base64.b64encode(ssl.PEM_cert_to_DER_cert(pem.decode())).decode()
    references = "".join(
        f'<ds:Reference URI="#{part}"><ds:Transforms><ds:Transform Algorithm="{transform}"/></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference>'
        for part in parts
    )
    text = (
        f'<soapenv:Envelope xmlns:soapenv="{soap}" xmlns:wsu="{WSU}"><soapenv:Header>'
        f'<wsse:Security xmlns:wsse="{WSSE}" soapenv:mustUnderstand="1"><wsu:Timestamp wsu:Id="TS">'
        f"<wsu:Created>{created.isoformat()}</wsu:Created>"
        f"<wsu:Expires>{(created + timedelta(seconds=lifetime)).isoformat()}</wsu:Expires></wsu:Timestamp>"
        f'<wsse:BinarySecurityToken EncodingType="{TOKENS}soap-message-security-1.0#Base64Binary" '
        f'ValueType="{TOKENS}x509-token-profile-1.0#X509v3" wsu:Id="X509">{token}</wsse:BinarySecurityToken>'
        f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXC}"/>'
        f'<ds:SignatureMethod Algorithm="{method}"/>{references}</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo>'
        f'<wsse:SecurityTokenReference><wsse:Reference URI="#X509" ValueType="{TOKENS}x509-token-profile-1.0#X509v3"/>'
        f"</wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security>{context or context_xml()}"
        f'{headers}</soapenv:Header><soapenv:Body wsu:Id="Body">{payload}</soapenv:Body></soapenv:Envelope>'
    )
    root = etree.fromstring(text)
    signing = xmlsec.SignatureContext()
    signing.key = xmlsec.Key.from_file(str(identity.key), xmlsec.constants.KeyDataFormatPem)
    for element in root.xpath("//*[@wsu:Id]", namespaces={"wsu": WSU}):
        signing.register_id(element, "Id", WSU)
    signing.sign(root.find(f".//{{{DS}}}Signature"))
    return etree.tostring(root)


class Client:
    """A facility's side of the wire."""

    def __init__(self, simulator: Simulator, certificates: TestCertificates) -> None:
        self.simulator = simulator
        self.certificates = certificates

    def tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.certificates.ca))
        context.load_cert_chain(self.certificates.client_tls.certificate, self.certificates.client_tls.key)
        return context

    def post(
        self,
        raw: bytes,
        action: str,
        *,
        system: str = "cer",
        content_type: str = "text/xml; charset=utf-8",
        tls: ssl.SSLContext | None = None,
        method: str = "POST",
        query: str = "",
    ) -> Answer:
        """Send bytes as they are."""
        url = urlsplit(getattr(self.simulator.urls, system))
        connection = http.client.HTTPSConnection("localhost", url.port, timeout=20, context=tls or self.tls())
        try:
            headers = {"Content-Type": content_type} | ({"SOAPAction": action} if action else {})
            connection.request(method, url.path + query, body=raw, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.read(), response.headers.get("Content-Type", ""))
        finally:
            connection.close()

    def call(
        self, operation: str, inner: str, *, podmiot: str = PODMIOT, role: str = "PRACOWNIK_ADMINISTRACYJNY"
    ) -> Answer:
        """Send a signed message: ``operation`` by national name, ``inner`` the request's children."""
        system = "cer" if f"urn:{operation}" in self._actions("cer") else "p1"
        return self.post(self.message(operation, inner, podmiot=podmiot, role=role), f"urn:{operation}", system=system)

    def message(
        self, operation: str, inner: str, *, podmiot: str = PODMIOT, role: str = "PRACOWNIK_ADMINISTRACYJNY"
    ) -> bytes:
        element = operation[0].upper() + operation[1:] + "Request"
        if f"urn:{operation}" in self._actions("cer"):
            payload = f'<{element} xmlns="{CER}">{inner}</{element}>'
        else:
            payload = f'<ws:{element} xmlns:ws="{WS}" xmlns:mt="{MT}" xmlns:wsp="{WSP}">{inner}</ws:{element}>'
        return sign(payload, self.certificates.client_wss, context=context_xml(podmiot, role=role))

    def _actions(self, system: str) -> set[str]:
        return {operation.action for operation in self.simulator.services[system].contract.operations.values()}

    # -- the operations that most tests begin with

    def put(
        self,
        *references: str,
        at: str = "2026-12-01T08:00:00+01:00",
        kind: str = "STABILNY",
        status: str = "WOLNY",
        capacity: int = 1,
        service: str = "1100",
        podmiot: str = PODMIOT,
    ) -> list[str]:
        """Put slots of half an hour, one after the other; returns their ids."""
        start = datetime.fromisoformat(at)
        slots = ""
        for n, reference in enumerate(references):
            begins = start + timedelta(minutes=30 * n)
            slots += (
                f"<slot><identyfikatorObcy>{reference}</identyfikatorObcy>"
                "<identyfikatorHarmonogramu>schedule-1</identyfikatorHarmonogramu>"
                f"<komorka><extension>{podmiot}-001</extension><root>2.16.840.1.113883.3.4424.2.3.3</root></komorka>"
                f"<usluga>{service}</usluga><poczatek>{begins.isoformat()}</poczatek>"
                f"<koniec>{(begins + timedelta(minutes=30)).isoformat()}</koniec><typ>{kind}</typ>"
                f"<status>{status}</status><pojemnosc>{capacity}</pojemnosc></slot>"
            )
        answer = self.call("przekazListeSlotow", f"<listaSlotow>{slots}</listaSlotow>", podmiot=podmiot)
        assert answer.result == "Sukces", answer.raw
        return answer.texts("identyfikatorSlotu")

    def save_visit(
        self, slot: str, reference: str = "visit-1", pesel: str = "", category: int = 2, podmiot: str = PODMIOT
    ) -> Answer:
        return self.call("zapiszWizyte", visit_xml(slot, reference, pesel or PESELS[0], category), podmiot=podmiot)

    def list_slots(self, day: str = "2026-12-01", schedule: str = "schedule-1") -> Answer:
        return self.call(
            "pobierzBazoweDaneListySlotow",
            f"<identyfikatorHarmonogramu>{schedule}</identyfikatorHarmonogramu><dzien>{day}</dzien>",
        )


def patient_xml(pesel: str) -> str:
    return (
        f"<pacjent><identyfikator><extension>{pesel}</extension><root>2.16.840.1.113883.3.4424.1.1.616</root>"
        "</identyfikator><imie>Anna</imie><nazwisko>Testowa</nazwisko><telefon>+48600000001</telefon></pacjent>"
    )


def visit_xml(slot: str, reference: str, pesel: str, category: int = 2) -> str:
    return (
        f"<identyfikatorSlotu>{slot}</identyfikatorSlotu><identyfikatorObcy>{reference}</identyfikatorObcy>"
        f"{patient_xml(pesel)}<kategoria>{category}</kategoria>"
    )


PESELS = [f"{n:05d}" + "000000" for n in range(1, 30)]
"""Identifiers of people; the authority takes any text, so these need no check digit."""


def list_request(identity: Identity, **options: object) -> bytes:
    """A signed request for a list of slots; options as for :func:`sign`."""
    payload = (
        f'<PobierzBazoweDaneListySlotowRequest xmlns="{CER}"><identyfikatorHarmonogramu>s</identyfikatorHarmonogramu>'
        "<dzien>2026-12-01</dzien></PobierzBazoweDaneListySlotowRequest>"
    )
    return sign(str(options.pop("payload", payload)), identity, **options)  # type: ignore[arg-type]
