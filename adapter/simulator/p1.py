"""P1's e-referral operations as messages: names of ``wsdl/p1`` to :mod:`referrals`.

Namespaces, eight operation names, the save bodies and the read trees are confirmed; the rest is a
reconstruction (p1.md 3).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable

from lxml import etree

from adapter.simulator import documents
from adapter.simulator.answers import SUCCESS, Refusal, malformed
from adapter.simulator.caller import Caller
from adapter.simulator.referrals import DOCUMENT_REFUSED, RULES_BROKEN, Finding, Referral, refuse
from adapter.simulator.state import DOCTOR_ROOT, State
from adapter.simulator.xml import add, day, instant, maybe, need, written

WS = "http://csioz.gov.pl/p1/eskierowanie/ws/v20180509"
M = "{http://csioz.gov.pl/p1/eskierowanie/mt/v20180509}"
W = "{http://csioz.gov.pl/p1/wspolne/mt/v20180509}"
_NSMAP = {"ws": WS, "mt": M[1:-1], "wsp": W[1:-1]}

STATES = {
    "issued": "WYSTAWIONE",
    "with-provider": "U_REALIZATORA",
    "completed": "ZREALIZOWANE",
    "annulled": "ANULOWANE",
}
PAYERS = {"reimbursed": "REFUNDOWANE", "paid-in-full": "PELNOPLATNE"}
VERIFIED = "urn:csioz:p1:kodWynikuWeryfikacji:"
SEVERITIES = {"positive": "pozytywny", "warning": "ostrzezenie", "error": "blad"}
RULE_SET = "0.1"
ENTITY_ROOT = "2.16.840.1.113883.3.4424.2.3.1"

VERBS = {
    "save": "zapisDokumentuSkierowania",
    "annul": "zapisDokumentuAnulowaniaSkierowania",
    "verify": "weryfikacjaDokumentuSkierowania",
    "read_to_accept": "odczytDokumentuSkierowaniaDoRealizacji",
    "read_by_number": "odczytDokumentuSkierowania",
    "accept": "przyjecieDoRealizacjiSkierowania",
    "refuse": "odmowaPrzyjeciaDoRealizacjiSkierowania",
    "give_back": "rezygnacjaZRealizacjiSkierowania",
    "report_missing_documents": "przekazanieInformacjiOBrakachDokumentacjiSkierowania",
    "finish": "zakonczenieRealizacjiSkierowania",
    "search_issued": "wyszukanieSkierowanWystawiajacego",
    "search_person": "wyszukanieSkierowanUslugobiorcy",
}
"""Our verb -> the operation's name."""


def start(response: str, state: State) -> etree._Element:
    """An answer; P1's carry no clock."""
    return etree.Element(response, nsmap=_NSMAP)


def end(root: etree._Element, refusal: Refusal | None = None) -> etree._Element:
    """The result (WynikMT) closes an answer."""
    result = etree.SubElement(root, "wynik")
    add(result, f"{W}major", refusal.major if refusal else SUCCESS)
    if refusal and refusal.minor:
        add(result, f"{W}minor", refusal.minor)
    add(result, f"{W}komunikat", refusal.message if refusal else "Operacja wykonana prawidłowo.")
    return root


def save(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Save a referral document: issued, with a new key and code."""
    caller.must_issue()
    document = _document(request, "dokumentSkierowania")
    facts, findings, accepted = _judge(state, caller, document)
    if not accepted or facts is None:
        raise _Unverified(findings)
    if (facts.root, facts.extension) in state.referrals.by_number:
        raise refuse("NieprawidloweDane", "a referral of that number is there already")
    referral = Referral(
        root=facts.root,
        extension=facts.extension,
        key="1003" + "".join(secrets.choice("0123456789") for _ in range(40)),
        code="".join(secrets.choice("0123456789") for _ in range(4)),
        person_root=facts.person_root,
        person_extension=facts.person_extension,
        issuer=caller.podmiot,
        issuer_name=caller.facility.name,
        author=(DOCTOR_ROOT, facts.author.number),
        author_name=facts.author.name,
        issued_on=facts.issued_on,
        document=document,
        findings=findings,
    )
    state.referrals.add(referral)
    receipt = etree.SubElement(answer, "potwierdzenieOperacjiZapisu")
    add(receipt, f"{M}kluczSkierowania", referral.key)
    add(receipt, f"{M}kodSkierowania", referral.code)
    _verification(state, etree.SubElement(answer, "potwierdzenieOperacjiWeryfikacji"), findings)


def annul(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Annul an issued referral of one's own."""
    caller.must_issue()
    document = _document(request, "dokumentAnulowaniaSkierowania")
    number = _number(request)
    try:
        replaced = documents.replaced_by(document)
    except ValueError as wrong:
        raise _Unverified((Finding("REG.WER.070", "error", str(wrong)),)) from wrong
    if replaced != number:
        raise refuse("NieprawidloweDane", "the document annuls another referral than the one named")
    state.referrals.annul(caller.podmiot, number)


def verify(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """The checks of saving, nothing kept."""
    _, findings, accepted = _judge(state, caller, _document(request, "dokumentSkierowania"))
    if not accepted:
        raise _Unverified(findings)
    _verification(state, etree.SubElement(answer, "potwierdzenieOperacjiWeryfikacji"), findings)


def read_to_accept(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """With the patient's key, or code and identifier."""
    criteria = f"kryteriaOdczytuSkierowania/{M}"
    referral = state.referrals.read_to_accept(
        key=maybe(request, f"{criteria}kluczSkierowania"), code=maybe(request, f"{criteria}kodSkierowania")
    )
    item = etree.SubElement(answer, "skierowanieIWynikWeryfikacjiDoRealizacji")
    _referral(state, item, referral)
    key = etree.SubElement(item, f"{M}kluczSkierowania")
    add(key, f"{M}kluczSkierowania", referral.key)


def read_by_number(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Issued or realised by the caller, in any state; without the key."""
    referral = state.referrals.read_by_number(caller.podmiot, _number(request))
    _referral(state, etree.SubElement(answer, "skierowanieIWynikWeryfikacjiDoOdczytu"), referral)


def accept(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Issued -> with the provider."""
    mode = need(request, "trybRealizacji")
    visit_at = maybe(request, "terminWizyty")
    state.referrals.accept(
        caller.podmiot,
        _key(request),
        next(ours for ours, theirs in PAYERS.items() if theirs == mode),
        caller.user,
        visit_at=None if visit_at is None else instant(visit_at),
        comment=_comment(request),
    )


def refuse_referral(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Refuse to accept; stays issued."""
    state.referrals.refuse(caller.podmiot, _key(request), _comment(request), caller.user)


def give_back(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """With the provider -> issued."""
    state.referrals.give_back(caller.podmiot, _number(request), _comment(request), caller.user)


def report_missing(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """A comment on missing documents."""
    state.referrals.report_missing(caller.podmiot, _number(request), _comment(request), caller.user)


def finish(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """With the provider -> completed."""
    payer = maybe(request, f"platnik/{M}identyfikatorPlatnika/{W}extension")
    state.referrals.finish(caller.podmiot, _number(request), _comment(request), caller.user, payer_id=payer)


def search_issued(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """The caller's own referrals."""
    criteria = f"kryteriaWyszukiwaniaSkierowan/{M}"
    found = state.referrals.search_issued(
        caller.podmiot,
        day(need(request, f"{criteria}dataWystawieniaSkierowaniaOd")),
        day(need(request, f"{criteria}dataWystawieniaSkierowaniaDo")),
        _state(maybe(request, f"{criteria}statusSkierowania")),
    )
    listed = etree.SubElement(answer, "wynikiWyszukiwaniaSkierowan")
    for referral in found:
        item = etree.SubElement(listed, f"{M}wynikWyszukiwania")
        add(item, f"{M}dataWystawieniaSkierowania", referral.issued_on.isoformat())
        _write_oid(item, "numerSkierowania", referral.number)
        add(item, f"{M}statusSkierowania", STATES[referral.state])


def search_person(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """A person's referrals, as far as the caller may see them."""
    criteria = f"kryteriaWyszukiwaniaSkierowan/{M}"
    since, until = (maybe(request, f"{criteria}dataWystawieniaSkierowania{end}") for end in ("Od", "Do"))
    found = state.referrals.search_person(
        caller.podmiot,
        (need(request, f"{criteria}idUslugobiorcy/{W}root"), need(request, f"{criteria}idUslugobiorcy/{W}extension")),
        None if since is None else day(since),
        None if until is None else day(until),
        _state(maybe(request, f"{criteria}statusSkierowania")),
    )
    listed = etree.SubElement(answer, "wynikiWyszukiwaniaSkierowanUslugobiorcy")
    for referral in found:
        item = etree.SubElement(listed, f"{M}wynikWyszukiwania")
        _write_oid(etree.SubElement(item, f"{M}numerSkierowania"), "numerSkierowania", referral.number)
        add(item, f"{M}statusSkierowania", STATES[referral.state])
        add(item, f"{M}dataWystawieniaSkierowania", referral.issued_on.isoformat())
        _write_oid(item, "identyfikatorPodmiotuWystawcy", (ENTITY_ROOT, referral.issuer))
        _write_oid(item, "identyfikatorPracownikaWystawcy", referral.author)
        add(item, f"{M}podmiotNazwa", referral.issuer_name)
        add(item, f"{M}wystawcaNazwa", referral.author_name)


class _Unverified(Refusal):
    """The document broke verification rules; the findings go into the answer."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(DOCUMENT_REFUSED, "Błąd weryfikacji dokumentu", minor=RULES_BROKEN)
        self.findings = findings


def explain(state: State, answer: etree._Element, refusal: Refusal) -> None:
    """What an answer says beside the result when it refuses."""
    if isinstance(refusal, _Unverified):
        _verification(state, etree.SubElement(answer, "potwierdzenieOperacjiWeryfikacji"), refusal.findings)


def _judge(state: State, caller: Caller, document: bytes) -> tuple[documents.Facts | None, tuple[Finding, ...], bool]:
    try:
        facts = documents.read(document)
    except ValueError as wrong:
        return None, (Finding("REG.WER.070", "error", str(wrong)),), False
    others = tuple(
        r
        for r in state.referrals.by_number.values()
        if (r.person_root, r.person_extension) == (facts.person_root, facts.person_extension)
    )
    findings, accepted = documents.verify(facts, caller.facility.node, others)
    return facts, findings, accepted


def _referral(state: State, item: etree._Element, referral: Referral) -> None:
    document = etree.SubElement(item, f"{M}dokumentSkierowania")
    add(document, f"{M}tresc", base64.b64encode(referral.document).decode("ascii"))
    add(item, f"{M}statusSkierowania", STATES[referral.state])
    _verification(state, item, referral.findings)
    for comment in referral.comments:
        row = etree.SubElement(item, f"{M}komentarze")
        _write_oid(row, "identyfikatorPracownikaPodmiotu", comment.author)
        add(row, f"{M}dataWprowadzeniaDoSystemu", written(comment.written_at))
        add(etree.SubElement(row, f"{M}trescKomentarza"), f"{M}trescKomentarza", comment.text)


def _verification(state: State, parent: etree._Element, findings: tuple[Finding, ...]) -> None:
    item = etree.SubElement(parent, f"{M}wynikWeryfikacjiSkierowania")
    worst = next((s for s in ("error", "warning") if any(f.severity == s for f in findings)), "positive")
    add(item, f"{M}dataWeryfikacji", written(state.clock.now()))
    add(item, f"{M}identyfikatorZbioruRegul", RULE_SET)
    add(item, f"{M}wynikWeryfikacji", VERIFIED + SEVERITIES[worst])
    for finding in findings:
        row = etree.SubElement(item, f"{M}wynikWeryfikacjiReguly")
        add(row, f"{M}kodRegulyWeryfikacji", finding.code)
        add(row, f"{M}wynikWeryfikacji", VERIFIED + SEVERITIES[finding.severity])
        add(row, f"{M}opisProblemu", finding.text or None)
        add(row, f"{M}miejsceWystapieniaBledu", finding.place or None)


def _document(request: etree._Element, name: str) -> bytes:
    try:
        return base64.b64decode("".join(need(request, f"{name}/{M}tresc").split()), validate=True)
    except binascii.Error as wrong:
        raise malformed("the document is not in base64") from wrong


def _key(request: etree._Element) -> str:
    return need(request, f"kluczSkierowania/{M}kluczSkierowania")


def _number(request: etree._Element) -> tuple[str, str]:
    path = f"numerSkierowania/{M}numerSkierowania/{W}"
    return need(request, f"{path}root"), need(request, f"{path}extension")


def _comment(request: etree._Element) -> str:
    return maybe(request, f"komentarz/{M}trescKomentarza") or ""


def _state(national: str | None) -> str | None:
    if national is None:
        return None
    for ours, theirs in STATES.items():
        if theirs == national:
            return ours
    raise refuse("NieprawidloweDane", "there is no such state")


def _write_oid(parent: etree._Element, name: str, pair: tuple[str, str]) -> None:
    item = etree.SubElement(parent, f"{M}{name}")
    add(item, f"{W}extension", pair[1])
    add(item, f"{W}root", pair[0])


Handler = Callable[[State, Caller, etree._Element, etree._Element], None]
HANDLERS: dict[str, Handler] = {
    VERBS["save"]: save,
    VERBS["annul"]: annul,
    VERBS["verify"]: verify,
    VERBS["read_to_accept"]: read_to_accept,
    VERBS["read_by_number"]: read_by_number,
    VERBS["accept"]: accept,
    VERBS["refuse"]: refuse_referral,
    VERBS["give_back"]: give_back,
    VERBS["report_missing_documents"]: report_missing,
    VERBS["finish"]: finish,
    VERBS["search_issued"]: search_issued,
    VERBS["search_person"]: search_person,
}
"""Operation -> what fills its answer; a refusal is raised."""
