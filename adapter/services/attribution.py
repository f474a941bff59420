"""Who did it, in the audit's words, and what may stand in a note: never a person's number or key."""

from __future__ import annotations

import re

from adapter.domain.identifiers import IdentifierError, Pesel
from adapter.errors import BadInput

PERSON = "person:"
ACCOUNT_MAX_CHARACTERS = 80
NOTE_MAX_CHARACTERS = 500
LONG_NUMBER_DIGITS = 22
"""A run of digits as long as a referral number or longer is no id of a slot or visit."""
_DIGITS = re.compile(r"[0-9]+")


def looks_personal(text: str) -> bool:
    """Whether a text holds what could be a PESEL, a referral number or a referral key."""
    return any(_personal(run) for run in _DIGITS.findall(text))


def _personal(digits: str) -> bool:
    if len(digits) >= LONG_NUMBER_DIGITS:
        return True
    if len(digits) != 11:
        return False
    try:
        Pesel(digits)
    except IdentifierError:
        return False
    return True


def person(account: str) -> str:
    """``person:ACCOUNT`` for the audit and for the history of a discrepancy.

    Raises:
        BadInput: empty, too long, or with characters or long numbers that no account name has.
    """
    text = account.strip()
    if not re.fullmatch(r"[\w.@ -]+", text) or len(text) > ACCOUNT_MAX_CHARACTERS or re.search(r"[0-9]{8}", text):
        raise BadInput("this is no account name: use letters, digits, dots, at signs and dashes", field="who")
    return f"{PERSON}{text}"


def note(text: str) -> str:
    """A note that may be kept: printable, not empty, not too long, and without a person's number.

    Raises:
        BadInput: it is not.
    """
    kept = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if not kept:
        raise BadInput("say in a few words what was done and why", field="note")
    if len(kept) > NOTE_MAX_CHARACTERS:
        raise BadInput(f"a note has at most {NOTE_MAX_CHARACTERS} characters", field="note")
    if looks_personal(kept):
        raise BadInput("a note must hold no PESEL, referral number or key; name the slot or the visit", field="note")
    return kept
