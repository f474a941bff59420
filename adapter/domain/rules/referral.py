"""How an e-referral is opened: R-01 (one of two ways, before the entry) and R-09 (their form), R-15 (emergencies).

The key and the code are texts, never numbers: leading zeros count. No text here repeats them.
"""

from __future__ import annotations

from adapter.domain.entitlement import Category
from adapter.domain.identifiers import AccessCode, IdentifierError, ReferralKey
from adapter.domain.referral import Referral
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
R15 = Rule(
    "R-15",
    "Stan nagły nie wymaga skierowania",
    "An emergency needs no referral",
    "art. 60 ustawy z 27.08.2004",
)
RULES = (R01, R09, R15)


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
            "brak skierowania, a świadczenie go wymaga", "the service needs a referral and there is none"
        )
    if referral.access is None:
        return _no_access(
            "brak klucza e-skierowania albo kodu dostępu z numerem PESEL lub dokumentu",
            "the referral's key, or its access code with a PESEL or document number, is missing",
        )
    return R01.allow()


def _no_access(text_pl: str, text_en: str) -> Verdict:
    return R01.refuse("E-R-ACCESS", text_pl, text_en)


def key_form(text: str) -> Verdict:
    """R-09: a key has exactly 44 digits."""
    try:
        ReferralKey(text)
    except IdentifierError:
        return R09.refuse("E-R-KEYFMT", "klucz e-skierowania ma dokładnie 44 cyfry", "a key has 44 digits")
    return R09.allow()


def code_form(text: str) -> Verdict:
    """R-09: a code has exactly 4 digits."""
    try:
        AccessCode(text)
    except IdentifierError:
        return R09.refuse("E-R-CODEFMT", "kod dostępu ma dokładnie 4 cyfry", "an access code has 4 digits")
    return R09.allow()
