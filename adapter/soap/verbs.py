"""The legend of the binding tables: our verbs and the fields our code sends and reads.

A binding table may leave an optional field out (the contract has no place for it); it may not leave
out what ``needs`` lists, and may not name a field that is not here. ``writes`` says whether the verb
changes anything at the authority.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """``sends``: fields our code can fill; ``reads``: fields it can take; ``needs``: those of both it cannot miss.

    A need of the form ``a|b`` is met by either.
    """

    writes: bool
    sends: frozenset[str]
    reads: frozenset[str]
    needs: frozenset[str]


def _verb(writes: bool, sends: str, reads: str = "") -> Verb:
    """Fields separated by spaces; ``!`` after a name, or after several with ``|`` between, marks one to be bound."""
    asked, given = sends.split(), reads.split()
    return Verb(
        writes,
        frozenset(name for each in asked for name in each.rstrip("!").split("|")),
        frozenset(name for each in given for name in each.rstrip("!").split("|")),
        frozenset(each.rstrip("!") for each in (*asked, *given) if each.endswith("!")),
    )


RESULT = "result.major! result.minor result.text"
"""Bound once for all verbs with ``*``."""
_TIME = " server_time"
_PAGE = "page page_index page_token page_size"
"""Which page of a list is asked for: counted from 1, counted from 0, or by the token of the page before."""
_PERSON = "person.root! person.extension! given! family! phone referral.root referral.extension"
_VISIT = "visit.id! visit.saved_at" + _TIME
_ENTRY = "entry.id! entry.open! entry.reference entry.searched_until entry.visit_id" + _TIME

CER: Mapping[str, Verb] = {
    "list_slots": _verb(
        False,
        f"schedule! day from until {_PAGE}",
        "slots[].id! slots[].reference slots[].schedule slots[].starts! slots[].ends! slots[].kind! slots[].state!"
        " slots[].capacity slots[].changed_at slots[].visits[].id! slots[].visits[].reference"
        " slots[].visits[].state! slots[].visits[].saved_at slots[].visits[].origin"
        " next_page_token more pages total" + _TIME,
    ),
    "put_slots": _verb(
        True,
        "slots[].reference! slots[].schedule! slots[].cell.root! slots[].cell.extension! slots[].service"
        " slots[].practitioner.root slots[].practitioner.extension slots[].starts! slots[].ends! slots[].kind!"
        " slots[].state! slots[].capacity",
        "items[].reference! items[].id! items[].major! items[].minor items[].text" + _TIME,
    ),
    "edit_slot": _verb(True, "id! state! kind! starts! ends!", "server_time"),
    "delete_slot": _verb(True, "id!", "server_time"),
    "save_visit": _verb(True, f"slot_id! reference! {_PERSON} category", _VISIT),
    "move_visit": _verb(True, "id! slot_id!", _VISIT),
    "cancel_visit": _verb(True, "id! reason", _VISIT),
    "record_attendance": _verb(True, "id! state!", _VISIT),
    "visit_changes": _verb(
        False,
        "cursor!",
        "changes[].sequence! changes[].visit_id! changes[].slot_id! changes[].reference changes[].state!"
        " changes[].origin! changes[].changed_at! changes[].person.root changes[].person.extension changes[].given"
        " changes[].family changes[].phone changes[].referral.root changes[].referral.extension cursor! more" + _TIME,
    ),
    "join_waiting_room": _verb(
        True,
        f"reference! cell.root! cell.extension! service {_PERSON} criterion privilege_waived not_before",
        _ENTRY,
    ),
    "leave_waiting_room": _verb(True, "id! reason", _ENTRY),
    "read_waiting_room": _verb(False, "reference!", _ENTRY),
}

_FINDINGS = "findings[].code! findings[].severity! findings[].text findings[].place"
_RULES = f"{_FINDINGS} verification.at verification.rule_set"
_COMMENTS = "comments[].text comments[].written_at comments[].author.root comments[].author.extension"
_READING = f"document! state! {_RULES} {_COMMENTS}"
_NUMBER = "number.root! number.extension!"
_FOUND = "found[].number.root! found[].number.extension! found[].state! found[].issued_on!"
_ISSUER = "issuer.root issuer.extension author.root author.extension issuer_name author_name"
P1: Mapping[str, Verb] = {
    "read_to_accept": _verb(False, "key! code_with_person|code! person.root person.extension", f"{_READING} key!"),
    "read_by_number": _verb(False, _NUMBER, _READING),
    "accept": _verb(True, "key! payer! visit_at comment"),
    "refuse": _verb(True, "key! comment!"),
    "give_back": _verb(True, f"{_NUMBER} comment"),
    "report_missing_documents": _verb(True, f"{_NUMBER} comment!"),
    "finish": _verb(True, f"{_NUMBER} comment payer_id"),
    "save": _verb(True, "document!", f"key! code! {_RULES}"),
    "annul": _verb(True, f"document! {_NUMBER}", _RULES),
    "verify": _verb(False, "document!", _RULES),
    "search_issued": _verb(False, "since! until! state", _FOUND),
    "search_person": _verb(
        False,
        "person.root! person.extension! since! until! state",
        " ".join((_FOUND, *(f"found[].{each}" for each in _ISSUER.split()))),
    ),
}

CODES_SENT: Mapping[tuple[str, str], frozenset[str]] = {
    ("record_attendance", "state"): frozenset({"served", "no-show"})
}
"""(verb, field) -> our codes that are ever sent there; elsewhere any of the table may be."""
LEGEND: Mapping[str, Mapping[str, Verb]] = {"cer": CER, "p1": P1}
RESULT_FIELDS = _verb(False, "", RESULT)
FAULT_FIELDS = _verb(False, "", "errors[].major! errors[].minor errors[].text")
"""What a technical fault says, bound once for all verbs with ``*``."""
