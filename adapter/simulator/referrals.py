"""What P1 remembers of e-referrals, and which transitions it allows.

    issued --accept--> with-provider --finish--> completed
      |  ^                  |
      |  +----give back-----+        refuse: stays issued      report missing documents: stays with-provider
      +--annul (issuer only)--> annulled

Facts: p1.md 4 (identifiers, states, transitions) and 3.1 (who may do what, by key or by number). Codes of refusals
are ours: no source names them. Words here are ours; national names stand in :mod:`adapter.simulator.p1`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from adapter.simulator.answers import Refusal
from adapter.simulator.clock import MovableClock
from adapter.simulator.registry import REFUSED

_MINOR = "urn:pomost:reconstruction:kod:minor:"
TOO_MANY = "urn:csioz:p1:kod:major:PrzekroczonaLiczbaWynikow"
DOCUMENT_REFUSED = "urn:csioz:p1:kod:major:BladWeryfikacjiDokumentu"
RULES_BROKEN = "urn:csioz:p1:kod:minor:BladWeryfikacjiRegul"

ISSUED, WITH_PROVIDER, COMPLETED, ANNULLED = "issued", "with-provider", "completed", "annulled"
STATES = frozenset({ISSUED, WITH_PROVIDER, COMPLETED, ANNULLED})
COMMENT_CHARACTERS_MIN = 5
PAID_IN_FULL = "paid-in-full"
BRANCHES = frozenset(f"{number:02}" for number in range(1, 17))
"""Codes of NFZ's branches (p1.md 5)."""
POSITIVE, WARNING, ERROR = "positive", "warning", "error"


def refuse(minor: str, description: str) -> Refusal:
    """A business refusal with one of our own minor codes."""
    return Refusal(REFUSED, description, minor=_MINOR + minor)


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one verification rule on a document."""

    code: str
    severity: str
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment kept with a referral: who wrote it (root, extension), when, what."""

    author: tuple[str, str]
    written_at: datetime
    text: str


@dataclass(slots=True)
class Referral:
    """One e-referral. ``key`` and ``code`` are secrets of the patient. ``holder`` is the accepting entity."""

    root: str
    extension: str
    key: str = field(repr=False)
    code: str = field(repr=False)
    person_root: str
    person_extension: str = field(repr=False)
    issuer: str
    issuer_name: str
    author: tuple[str, str]
    author_name: str = field(repr=False)
    issued_on: date
    document: bytes = field(repr=False)
    state: str = ISSUED
    holder: str | None = None
    payer: str | None = None
    payer_id: str | None = None
    visit_at: datetime | None = None
    comments: list[Comment] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    history: list[tuple[str, str]] = field(default_factory=list)
    """(what was done, by which podmiot), oldest first."""

    @property
    def number(self) -> tuple[str, str]:
        """Root and extension."""
        return self.root, self.extension


class Referrals:
    """All referrals. Not thread-safe by itself: the simulator holds one lock."""

    def __init__(self, clock: MovableClock, *, hits_max: int = 50) -> None:
        self.clock = clock
        self.hits_max = hits_max
        self.by_number: dict[tuple[str, str], Referral] = {}
        self._by_key: dict[str, Referral] = {}
        self._by_code: dict[str, list[Referral]] = {}

    def add(self, referral: Referral) -> None:
        """Keep a referral; one of the same number is replaced."""
        old = self.by_number.pop(referral.number, None)
        if old is not None:
            self._by_key.pop(old.key, None)
            self._by_code[_spoken(old)].remove(old)
        self.by_number[referral.number] = referral
        self._by_key[referral.key] = referral
        self._by_code.setdefault(_spoken(referral), []).append(referral)

    # -- reading

    def read_to_accept(self, *, key: str | None = None, code: str | None = None) -> Referral:
        """By key, or by code and identifier in one word. Only an issued one is readable so. Raises Refusal."""
        if key is not None:
            found = [self._by_key[key]] if key in self._by_key else []
        else:
            found = self._by_code.get(code or "", [])
        issued = [referral for referral in found if referral.state == ISSUED]
        if not found:
            raise refuse("NieZnaleziono", "there is no such referral")
        if not issued:
            raise refuse("NiewlasciwyStatus", "the referral is not open for acceptance")
        return issued[-1]

    def read_by_number(self, podmiot: str, number: tuple[str, str]) -> Referral:
        """A referral that this entity issued or realises, in any state. Raises Refusal."""
        referral = self._numbered(number)
        if podmiot != referral.issuer and podmiot not in {who for what, who in referral.history if what == "accept"}:
            raise refuse("CudzyObiekt", "the referral was neither issued nor realised by the caller")
        return referral

    def search_issued(self, podmiot: str, since: date, until: date, state: str | None) -> list[Referral]:
        """The caller's own. Raises Refusal when there are too many (no partial list, p1.md 3.1)."""
        return self._bounded(
            r
            for r in self.by_number.values()
            if r.issuer == podmiot and since <= r.issued_on <= until and state in {None, r.state}
        )

    def search_person(
        self, podmiot: str, person: tuple[str, str], since: date | None, until: date | None, state: str | None
    ) -> list[Referral]:
        """A person's referrals that the caller issued or realises. Raises Refusal when there are too many."""
        return self._bounded(
            r
            for r in self.by_number.values()
            if (r.person_root, r.person_extension) == person
            and podmiot in {r.issuer, r.holder}
            and (since is None or since <= r.issued_on)
            and (until is None or r.issued_on <= until)
            and state in {None, r.state}
        )

    # -- transitions

    def accept(
        self,
        podmiot: str,
        key: str,
        payer: str,
        author: tuple[str, str],
        *,
        visit_at: datetime | None = None,
        comment: str = "",
    ) -> Referral:
        """Issued -> with-provider. Raises Refusal."""
        referral = self._keyed(key)
        if referral.state == WITH_PROVIDER and referral.holder != podmiot:
            raise refuse("U_InnegoRealizatora", "another entity holds the referral")
        _must_be(referral, ISSUED)
        referral.state, referral.holder = WITH_PROVIDER, podmiot
        referral.payer, referral.visit_at = payer, visit_at
        self._note(referral, author, comment)
        referral.history.append(("accept", podmiot))
        return referral

    def refuse(self, podmiot: str, key: str, comment: str, author: tuple[str, str]) -> Referral:
        """Stays issued; the comment says why. Raises Refusal."""
        referral = self._keyed(key)
        _must_be(referral, ISSUED)
        self._note(referral, author, comment, needed=True)
        referral.history.append(("refuse", podmiot))
        return referral

    def give_back(self, podmiot: str, number: tuple[str, str], comment: str, author: tuple[str, str]) -> Referral:
        """With-provider -> issued: usable anywhere again. Raises Refusal."""
        referral = self._held(podmiot, number)
        self._note(referral, author, comment, needed=True)
        referral.state, referral.holder, referral.visit_at = ISSUED, None, None
        referral.history.append(("give-back", podmiot))
        return referral

    def report_missing(self, podmiot: str, number: tuple[str, str], comment: str, author: tuple[str, str]) -> Referral:
        """Adds a comment; the state stays. Raises Refusal."""
        referral = self._held(podmiot, number)
        self._note(referral, author, comment, needed=True)
        referral.history.append(("report-missing", podmiot))
        return referral

    def finish(
        self,
        podmiot: str,
        number: tuple[str, str],
        comment: str,
        author: tuple[str, str],
        *,
        payer_id: str | None = None,
    ) -> Referral:
        """With-provider -> completed; who pays is named only for a reimbursed one. Raises Refusal."""
        referral = self._held(podmiot, number)
        if payer_id is not None and (referral.payer == PAID_IN_FULL or payer_id not in BRANCHES):
            raise refuse("NieprawidloweDane", "the payer is no NFZ branch, or the patient pays in full")
        self._note(referral, author, comment)
        referral.payer_id = payer_id
        referral.state = COMPLETED
        referral.history.append(("finish", podmiot))
        return referral

    def annul(self, podmiot: str, number: tuple[str, str]) -> Referral:
        """Issued -> annulled, by the issuer only. Raises Refusal."""
        referral = self._numbered(number)
        if referral.issuer != podmiot:
            raise refuse("CudzyObiekt", "only the issuer annuls a referral")
        _must_be(referral, ISSUED)
        referral.state = ANNULLED
        referral.history.append(("annul", podmiot))
        return referral

    # -- inside

    def _numbered(self, number: tuple[str, str]) -> Referral:
        if number not in self.by_number:
            raise refuse("NieZnaleziono", "there is no such referral")
        return self.by_number[number]

    def _keyed(self, key: str) -> Referral:
        if key not in self._by_key:
            raise refuse("NieZnaleziono", "there is no such referral")
        return self._by_key[key]

    def _held(self, podmiot: str, number: tuple[str, str]) -> Referral:
        """A referral that this entity holds now."""
        referral = self._numbered(number)
        _must_be(referral, WITH_PROVIDER)
        if referral.holder != podmiot:
            raise refuse("U_InnegoRealizatora", "another entity holds the referral")
        return referral

    def _note(self, referral: Referral, author: tuple[str, str], text: str, *, needed: bool = False) -> None:
        if needed and len(text.strip()) < COMMENT_CHARACTERS_MIN:
            raise refuse("NieprawidloweDane", f"a comment of {COMMENT_CHARACTERS_MIN} characters or more is needed")
        if text:
            referral.comments.append(Comment(author, self.clock.now(), text))

    def _bounded(self, found: Iterable[Referral]) -> list[Referral]:
        hits = sorted(found, key=lambda r: (r.issued_on, r.extension))
        if len(hits) > self.hits_max:
            raise Refusal(TOO_MANY, f"more than {self.hits_max} referrals were found; narrow the search")
        return hits


def _spoken(referral: Referral) -> str:
    """Code and person's identifier in one word, as on the wire (p1.md 4)."""
    return referral.code + referral.person_extension


def _must_be(referral: Referral, state: str) -> None:
    if referral.state != state:
        raise refuse("NiewlasciwyStatus", "the referral's state does not allow it")
