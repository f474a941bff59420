"""Sentinel values: documented ids, PESELs, keys and numbers that make the simulator misbehave in one known way.

An integrator rehearses every refusal, fault and trouble by hand: a Slot, Schedule or Appointment with the id
``sim-023``, a patient with the sentinel's PESEL, a referral with its key or number. ``pomost simulate --sentinels``
prints this table; ``docs/operations/simulator.md`` holds it. A test compares it with ``mappings/refusals.csv``: the
simulator itself reads no mapping.

    sim-023              in every message that names it
    sim-023.edit-slot    in messages of this verb only (a slot that is put well, and not edited)
    sim-023-b            another thing with the same sentinel

A refusal happens each time. Everything else happens once for each value and verb, then the message goes through: so it
can be seen that the adapter tries again, asks, and comes to rest. ``POST /reset`` begins anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from adapter.simulator.answers import FAULT_MAJORS, FAULT_MINORS, MAJOR, MINOR, SUCCESS, Refusal
from adapter.simulator.trouble import CER_ONLY, KINDS

OURS = "urn:pomost:reconstruction:kod:"
P1_CODES = "urn:csioz:p1:kod:"
REFUSED = f"{OURS}major:Odmowa"
PESEL_STEM = "126101"
"""Born on 1 January 2212: invented, and of nobody."""
PESEL_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
KEY_DIGITS, NUMBER_CHARACTERS, CODE_DIGITS, PESEL_DIGITS = 44, 22, 4, 11
CER, P1 = "cer", "p1"
PUT = "put_slots"
BOTH = (CER, P1)
_ID = re.compile(r"sim-(\d{3})(?:\.([a-z]+(?:-[a-z]+)*))?(?:-[\w.-]*)?")

REJECTED, LATER, DOUBT, STOPPED, DONE = "rejected", "unavailable", "in_doubt", "misconfigured", "success"
SAID: Mapping[str, str] = {
    DONE: "goes on",
    REJECTED: "is refused, a person is told",
    LATER: "goes again later, by itself",
    DOUBT: "is in doubt: read back, then settled or sent again",
    STOPPED: "waits, an operator is told",
}
"""What becomes of a message in the adapter, in words."""


@dataclass(frozen=True, slots=True)
class Sentinel:
    """One way to misbehave.

    ``source`` and ``code`` as in the retry table, or ``trouble`` and a kind of :mod:`trouble`. ``read`` and ``write``:
    what the adapter makes of it. ``act``: what is done (:mod:`sentinel_acts`), with ``major``, ``minor``,
    ``soap_code``, ``status`` or ``trouble``. ``processed``: whether the message is carried out all the same.
    """

    number: int
    source: str
    code: str
    act: str
    read: str
    write: str
    systems: tuple[str, ...] = BOTH
    major: str = ""
    minor: str = ""
    soap_code: str = "Server"
    status: int = 200
    trouble: str = ""
    processed: bool = False

    @property
    def id(self) -> str:
        """Id of a Slot, Schedule, Appointment or ServiceRequest."""
        return f"sim-{self.number:03d}"

    @property
    def pesel(self) -> str:
        """PESEL of a patient; its check digit is right."""
        stem = f"{PESEL_STEM}{self.number:04d}"
        total = sum(weight * int(digit) for weight, digit in zip(PESEL_WEIGHTS, stem, strict=True))
        return f"{stem}{-total % 10}"

    @property
    def key(self) -> str:
        """Key of an e-referral: 44 digits."""
        return f"{self.number:03d}".rjust(KEY_DIGITS, "9")

    @property
    def referral_number(self) -> str:
        """Number (extension) of an e-referral: 22 characters."""
        return f"SIM{self.number:0{NUMBER_CHARACTERS - 3}d}"

    @property
    def access_code(self) -> str:
        """The 4-digit code of the same e-referral."""
        return f"{self.number:0{CODE_DIGITS}d}"

    @property
    def once(self) -> bool:
        """Whether the same value and verb go through the second time."""
        return self.act != "result"

    @property
    def adapter_does(self) -> str:
        """In words, for reads and writes."""
        if self.read == self.write:
            return SAID[self.write]
        return f"a write {SAID[self.write]}; a read {SAID[self.read]}"

    def said(self) -> dict[str, object]:
        """Everything to print."""
        values = {"id": self.id, "pesel": self.pesel, "key": self.key, "number": self.referral_number}
        return {**values, "source": self.source, "code": self.code, "systems": list(self.systems)} | {
            "read": self.read,
            "write": self.write,
            "adapter": self.adapter_does,
            "once": self.once,
        }


def _results() -> Iterable[dict[str, object]]:
    """Business results."""
    row = {"act": "result", "read": REJECTED, "write": REJECTED, "source": "result-minor", "major": REFUSED}
    yield {**row, "source": "result-major", "code": SUCCESS, "act": "none", "read": DONE, "write": DONE, "major": ""}
    refused = f"{P1_CODES}major:BladWeryfikacjiDokumentu"
    yield {**row, "source": "result-major", "code": refused, "major": refused, "systems": (P1,)}
    rules = f"{P1_CODES}minor:BladWeryfikacjiRegul"
    yield {**row, "code": rules, "major": refused, "minor": rules, "systems": (P1,)}
    many = f"{P1_CODES}major:PrzekroczonaLiczbaWynikow"
    yield {**row, "source": "result-major", "code": many, "major": many}
    yield {**row, "source": "result-major", "code": REFUSED}
    for name in ("NieZnaleziono", "NieprawidloweDane", "ZaDuzaPaczka", "CudzyObiekt"):
        yield {**row, "code": f"{OURS}minor:{name}", "minor": f"{OURS}minor:{name}"}
    for name in ("NiewlasciwyStatus", "U_InnegoRealizatora"):
        yield {**row, "code": f"{OURS}minor:{name}", "minor": f"{OURS}minor:{name}", "systems": (P1,)}
    slots = ("SlotZajety", "SlotZablokowany", "SlotMaWizyte", "SlotNieZnaleziony", "SlotNakladaSie")
    visits = ("WizytaNieZnaleziona", "WizytaNiewlasciwyStatus", "UprzywilejowanyWPoczekalni", "JuzWPoczekalni")
    for name in (*slots, *visits):
        yield {**row, "code": f"{OURS}minor:{name}", "minor": f"{OURS}minor:{name}", "systems": (CER,)}


def _faults() -> Iterable[dict[str, object]]:
    """Technical faults (BladMT) and SOAP's own."""
    later = {"bladWewnetrzny", "przekroczonyCzas", "bladZapisu"}
    for major in FAULT_MAJORS:
        read, write = (LATER, DOUBT) if major in later else (STOPPED, STOPPED)
        row = {"source": "fault-major", "code": MAJOR + major, "act": "fault", "major": major}
        yield {**row, "read": read, "write": write}
    blocked = ("kontoPodmiotuTymczasowoZablokowane", "kontoPracownikaMedycznegoTymczasowoZablokowane")
    for minor in (*FAULT_MINORS, *blocked):
        read, write = (LATER, DOUBT) if minor in later else (LATER, LATER) if minor in blocked else (STOPPED, STOPPED)
        major = "bladWewnetrzny" if minor in later else "kontoZablokowane" if minor in blocked else "bladAutoryzacji"
        row = {"source": "fault-minor", "code": MINOR + minor, "act": "fault", "major": major, "minor": minor}
        yield {**row, "read": read, "write": write}
    for code, read, write in (
        *(("Client", REJECTED, REJECTED), ("Server", LATER, DOUBT)),
        *(("MustUnderstand", STOPPED, STOPPED), ("VersionMismatch", STOPPED, STOPPED)),
        *(("Sender", REJECTED, REJECTED), ("Receiver", LATER, DOUBT), ("DataEncodingUnknown", STOPPED, STOPPED)),
    ):
        yield {"source": "fault-code", "code": code, "act": "soap", "soap_code": code, "read": read, "write": write}


def _http() -> Iterable[dict[str, object]]:
    """HTTP statuses without a SOAP message."""
    for code, status, read, write, processed in (
        *(("303", 303, STOPPED, DOUBT, True), ("3xx", 302, STOPPED, STOPPED, False)),
        *(("400", 400, REJECTED, DOUBT, False), ("401", 401, STOPPED, STOPPED, False)),
        *(("403", 403, STOPPED, STOPPED, False), ("404", 404, STOPPED, STOPPED, False)),
        *(("405", 405, STOPPED, STOPPED, False), ("413", 413, REJECTED, REJECTED, False)),
        *(("415", 415, STOPPED, STOPPED, False), ("429", 429, LATER, LATER, False)),
        *(("4xx", 418, REJECTED, DOUBT, False), ("500", 500, LATER, DOUBT, False)),
        *(("502", 502, LATER, DOUBT, True), ("503", 503, LATER, LATER, False)),
        *(("504", 504, LATER, DOUBT, True), ("5xx", 507, LATER, DOUBT, False)),
        *(("2xx", 204, LATER, DOUBT, True), ("other", 600, LATER, DOUBT, False)),
    ):
        row = {"source": "http", "code": code, "act": "http", "status": status, "processed": processed}
        yield {**row, "read": read, "write": write}


def _broken() -> Iterable[dict[str, object]]:
    """Exchanges that break: by a trouble, or by an act of their own (the next connection's TLS, a signer)."""
    for code, act, trouble, read, write in (
        ("not-sent", "tls", "", LATER, LATER),
        ("server-certificate", "tls", "", STOPPED, STOPPED),
        ("client-certificate", "tls", "", STOPPED, STOPPED),
        ("timeout", "trouble", "slow", LATER, DOUBT),
        ("lost", "trouble", "reply-lost", LATER, DOUBT),
        ("content-type", "page", "", LATER, DOUBT),
        ("too-large", "huge", "", LATER, DOUBT),
        ("malformed", "trouble", "malformed-reply", LATER, DOUBT),
        ("unverified", "trouble", "tampered-reply", LATER, DOUBT),
        ("signer", "signer", "", STOPPED, DOUBT),
    ):
        row = {"source": "transport", "code": code, "act": act, "trouble": trouble, "processed": True}
        yield {**row, "read": read, "write": write}


def _troubles() -> Iterable[dict[str, object]]:
    """The troubles of the admin API."""
    unharmed = {"reply-twice", "processed-twice", "block-not-applied", "block-ignored", "capacity-ignored"}
    for kind in KINDS:
        systems = (CER,) if kind in CER_ONLY else BOTH
        read, write = (DONE, DONE) if kind in unharmed else (LATER, DOUBT)
        if kind in {"unavailable", "refused"}:
            read, write = LATER, LATER
        act = "tls" if kind == "refused" else "trouble"
        row = {"source": "trouble", "code": kind, "act": act, "trouble": kind, "systems": systems, "processed": True}
        yield {**row, "read": read, "write": write}


SENTINELS: tuple[Sentinel, ...] = tuple(
    Sentinel(number=number, **row)  # type: ignore[arg-type]  # rows are written above
    for number, row in enumerate((*_results(), *_faults(), *_http(), *_broken(), *_troubles()), start=1)
)
"""All of them; the numbers are part of the documented values."""

_BY_NUMBER = {each.number: each for each in SENTINELS}
_BY_VALUE = {value: each for each in SENTINELS for value in (each.pesel, each.key, each.referral_number)}


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentinel met in a message: the value that called it, and the verb it is limited to, if any."""

    sentinel: Sentinel
    value: str
    verb: str | None = None

    def meant(self, system: str, verb: str) -> bool:
        """Whether it is for this system and verb (ours, ``save_visit``)."""
        return system in self.sentinel.systems and self.verb in {None, verb}


def sentinel_of(text: str) -> Hit | None:
    """The sentinel that a value stands for: an id, a PESEL (alone, or behind a 4-digit code), a key or a number."""
    if match := _ID.fullmatch(text):
        found = _BY_NUMBER.get(int(match[1]))
        return None if found is None else Hit(found, text, match[2] and match[2].replace("-", "_"))
    if len(text) == CODE_DIGITS + PESEL_DIGITS:
        text = text[CODE_DIGITS:]
    known = _BY_VALUE.get(text)
    return None if known is None else Hit(known, text)


@dataclass(slots=True)
class Met:
    """Sentinels that have had their effect: (value, verb). Forgotten with the world."""

    done: set[tuple[str, str]] = field(default_factory=set)

    def first_time(self, hit: Hit, verb: str) -> bool:
        """Whether the sentinel has its effect now; the second time only a refusal has."""
        if not hit.sentinel.once:
            return True
        if (hit.value, verb) in self.done:
            return False
        self.done.add((hit.value, verb))
        return True


def refusal_of(sentinel: Sentinel) -> Refusal:
    """The business result that a sentinel asks for."""
    return Refusal(sentinel.major or f"{OURS}major:Odmowa", "na życzenie", minor=sentinel.minor)


def slot_refused(reference: str) -> Refusal | None:
    """The refusal of one slot of a batch whose reference is a sentinel, None when it is none."""
    hit = sentinel_of(reference)
    if hit is None or hit.sentinel.act != "result" or not hit.meant(CER, PUT):
        return None
    return refusal_of(hit.sentinel)


_ATTRIBUTES = etree.XPath("descendant-or-self::*/@*", smart_strings=False)


def distinct_values(message: etree._Element) -> set[str]:
    """What :func:`values_in` yields, each once: a batch says most things many times."""
    texts = {str(text).strip() for text in message.itertext(etree.Element, with_tail=False)}
    texts.update(map(str, _ATTRIBUTES(message)))  # type: ignore[arg-type]  # a set of nodes is a list of texts
    return texts


def values_in(message: etree._Element) -> Iterable[str]:
    """Every text and attribute of a message, in its order."""
    for element in message.iter(etree.Element):
        if element.text and (text := element.text.strip()):
            yield text
        yield from (str(value) for value in element.attrib.values())


HEADINGS = ("id", "PESEL", "from", "code", "what the adapter does")


def table() -> list[tuple[str, ...]]:
    """Rows for people, in the order of ``HEADINGS``."""
    return [
        (each.id, each.pesel, f"{each.source}{_only(each)}", each.code.rpartition(":")[2], each.adapter_does)
        for each in SENTINELS
    ]


def _only(sentinel: Sentinel) -> str:
    return "" if sentinel.systems == BOTH else f" ({sentinel.systems[0]} only)"


def markdown() -> str:
    """The table as it stands in ``docs/operations/simulator.md``."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *((f"`{a}`", f"`{b}`", c, f"`{d}`", e) for a, b, c, d, e in table())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
