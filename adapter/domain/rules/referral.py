"""How a referral is opened and what of it stands: R-01 (one of two ways) and R-09 (their form), R-10, R-12 to R-15.

The key and the code are texts, never numbers: leading zeros count. No text here repeats them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.identifiers import AccessCode, IdentifierError, ReferralKey
from adapter.domain.referral import Referral, ReferralState
from adapter.domain.register import Entry, EntryReferral, ReferralWay
from adapter.domain.rules.offline import R07
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.verdict import Verdict

R01 = Rule(
    "R-01",
    "Skierowanie: klucz albo kod z numerem PESEL lub dokumentu, albo oryginał papierowy",
    "The referral: key, or code with PESEL or document, or the paper original",
    "art. 20 ust. 2a ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-R-ACCESS",),
)
R09 = Rule(
    "R-09",
    "Postać klucza i kodu",
    "Form of key and code",
    "art. 59b ust. 1 pkt 1 i 2 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-R-KEYFMT", "E-R-CODEFMT"),
)
R10 = Rule(
    "R-10",
    "Treści skierowania nie zmienia się",
    "The content of a referral is not changed",
    "art. 59aa ust. 6 ustawy z 27.08.2004",
    (Action.ERROR, Action.TASK),
    ("E-R-IMMUTABLE", "TASK-R-RELINK", "TASK-R-CER"),
)
R12 = Rule(
    "R-12",
    "Oznaczenie „przypadek pilny” na skierowaniu",
    "The urgent mark of a referral",
    "art. 59b ust. 1 pkt 11 ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-R-URGENT",),
)
R13 = Rule(
    "R-13",
    "Wydruk informacyjny nie jest skierowaniem",
    "The information sheet is not the referral",
    "art. 59b ust. 5 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-R-ACCESS",),
)
R14 = Rule(
    "R-14",
    "Identyfikator skierowania we wpisie",
    "The entry holds the referral's identifier",
    "art. 59aa ust. 4 i art. 20 ust. 2 pkt 3 lit. c ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-D-REF",),
)
R15 = Rule(
    "R-15",
    "Stan nagły nie wymaga skierowania",
    "An emergency needs no referral",
    "art. 60 ustawy z 27.08.2004",
)
RULES = (R01, R09, R10, R12, R13, R14, R15)


def credentials(referral: Referral | None, category: Category, *, needed: bool = True, held: bool = False) -> Verdict:
    """R-01: an entry needs the key, or the code with the patient's identifier.

    ``needed`` is False for services without a referral (prevention programmes); ``held`` is True
    when we accepted the referral before, so that it need not be opened again. Emergencies need none
    (R-15), nor do continuing patients, whose referral was realised at the first visit (INFERRED).
    """
    if category is Category.EMERGENCY:
        return R15.allow()
    if not needed or held or category is Category.CONTINUING:
        return R01.allow()
    if referral is None:
        return _no_access(
            "brak skierowania, a świadczenie go wymaga: poproś o klucz albo kod z numerem PESEL",
            "the service needs a referral and there is none: ask for its key, or its code with the PESEL",
        )
    if referral.access is None:
        return _no_access(
            "brak klucza e-skierowania albo kodu dostępu z numerem PESEL lub dokumentu: uzupełnij",
            "the referral's key, or its access code with a PESEL or document number, is missing: add it",
        )
    return R01.allow()


def _no_access(text_pl: str, text_en: str) -> Verdict:
    return R01.refuse("E-R-ACCESS", text_pl, text_en)


def key_form(text: str) -> Verdict:
    """R-09: a key has exactly 44 digits."""
    try:
        ReferralKey(text)
    except IdentifierError:
        return R09.refuse(
            "E-R-KEYFMT", "klucz e-skierowania ma dokładnie 44 cyfry: sprawdź go", "a key has 44 digits: check it"
        )
    return R09.allow()


def code_form(text: str) -> Verdict:
    """R-09: a code has exactly 4 digits."""
    try:
        AccessCode(text)
    except IdentifierError:
        return R09.refuse(
            "E-R-CODEFMT", "kod dostępu ma dokładnie 4 cyfry: sprawdź go", "an access code has 4 digits: check it"
        )
    return R09.allow()


def opened(entry: Entry) -> Verdict:
    """R-01, R-07, R-13, R-15: whether the referral of a new entry opens it.

    The key, or the code with the person's PESEL or document, or the paper original (which R-02 then awaits). The
    information sheet alone is no referral; written down while P1 is out of reach, it opens an offline entry.
    """
    if entry.category is Category.EMERGENCY:
        return R15.allow()
    if not entry.schedule.referral_needed or entry.category is Category.CONTINUING:
        return R01.allow()
    referral = entry.referral
    way = referral.way if referral is not None else ReferralWay.NONE
    if referral is None or way is ReferralWay.NONE:
        return _no_access(
            "brak skierowania, a świadczenie go wymaga: przyjmij klucz, kod z PESEL albo oryginał papierowy",
            "the service needs a referral and there is none",
        )
    if way is ReferralWay.CODE and not referral.person_identified:
        return _no_access(
            "kod dostępu wymaga numeru PESEL, a bez niego serii i numeru dokumentu: uzupełnij",
            "the access code needs the PESEL, or without one the number of a document",
        )
    if way is ReferralWay.PRINTOUT:
        return information_sheet(entry)
    return R01.allow()


def information_sheet(entry: Entry) -> Verdict:
    """R-13: a printout alone is not the referral; its key or code is, and in offline mode its data are (R-07)."""
    referral = entry.referral
    if referral is None or referral.way is not ReferralWay.PRINTOUT:
        return R13.allow()
    if entry.offline_pending and referral.noted:
        return R07.allow()
    return R13.refuse(
        "E-R-ACCESS",
        "wydruk informacyjny nie jest skierowaniem: odczytaj z niego klucz albo kod i numer PESEL",
        "the information sheet is not the referral: read its key, or its code and the PESEL",
    )


def numbered(entry: Entry, *, to_come: bool = False) -> Verdict:
    """R-14: an entry on a referral holds its identifier. Paper has none (inferred); offline it may come later.

    ``to_come``: the referral is opened by key or code now, and P1 tells its identifier with the acceptance.
    """
    referral = entry.referral
    asked = entry.schedule.referral_needed and entry.category not in {Category.EMERGENCY, Category.CONTINUING}
    if not asked or to_come or entry.offline_pending or (referral is not None and referral.way is ReferralWay.PAPER):
        return R14.allow()
    if referral is None or not referral.number:
        return R14.refuse(
            "E-D-REF",
            "brak identyfikatora skierowania: odczytaj skierowanie w P1 i zapisz jego numer",
            "the referral's identifier is missing: read the referral in P1 and keep its number",
        )
    return R14.allow()


@dataclass(frozen=True, slots=True)
class ProposedCriterion:
    """R-12: the medical criterion that the referral proposes, and the verdict that says so."""

    criterion: Criterion
    verdict: Verdict


def proposed_criterion(referral: EntryReferral) -> ProposedCriterion:
    """R-12: an urgent mark on the referral proposes urgent; without it stable is proposed."""
    if not referral.urgent:
        return ProposedCriterion(Criterion.STABLE, R12.allow())
    return ProposedCriterion(
        Criterion.URGENT,
        R12.act(
            "AUTO-R-URGENT",
            "skierowanie ma oznaczenie „przypadek pilny”: kryterium pilny",
            "the referral is marked urgent: the criterion is urgent",
        ),
    )


def content_unchanged(changed: Collection[str]) -> Verdict:
    """R-10: nobody changes what a referral says. ``changed`` names the fields that a request would change."""
    if changed:
        return R10.refuse(
            "E-R-IMMUTABLE",
            "treści skierowania nie można zmienić: poproś wystawcę, by je anulował i wystawił nowe",
            f"the content of a referral cannot be changed ({', '.join(sorted(changed))}): ask the issuer to "
            "annul it and to issue a new one",
        )
    return R10.allow()


def annulled(entry: Entry, state: ReferralState) -> Verdict:
    """R-10: a referral that its issuer annulled while the entry is open needs a new one."""
    if entry.open and state is ReferralState.ANNULLED:
        return R10.ask_person(
            "TASK-R-RELINK",
            "wystawca anulował skierowanie: poproś o nowe i dołącz je do wpisu",
            "the issuer annulled the referral: ask for the new one and put it into the entry",
        )
    return R10.allow()


def told_to_cer(*, in_cer: bool) -> Verdict:
    """R-10: an entry goes on with another referral; CeR, where it has the visit, has it under the former one.

    No operation that we know of changes the referral of a visit there, and a term that is given up may be lost: a
    person looks (ours).
    """
    if not in_cer:
        return R10.allow()
    return R10.ask_person(
        "TASK-R-CER",
        "wpis jest teraz na innym skierowaniu, a wizytę zapisano w CeR na poprzednim: jeśli tam stoi, popraw ją w CeR",
        "the entry stands on another referral now, its visit was saved in CeR under the former one: if it stands "
        "there, mend it in CeR",
    )
