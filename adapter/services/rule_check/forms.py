"""Forms that a rule judges before a value can be read: category, date, PESEL, key and code (C-01, P-01, D-04, R-09).

A value that a rule refuses is taken out of the document, so that everything else is judged too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from adapter.domain.rules import entry_data, kinds, referral, terms
from adapter.domain.rules.verdict import Verdict
from adapter.mapping.document import week_or_day

Json = dict[str, object]


def judge_forms(document: Json) -> tuple[Json, tuple[Verdict, ...]]:
    """The document without what cannot be read, and the verdicts on it."""
    mended: Json = json.loads(json.dumps(document))
    entry = _part(mended, "entry")
    verdicts = [*_category(entry), *_term(entry), *_pesel(_part(entry, "person")), *_access(_part(mended, "access"))]
    return mended, (*verdicts, *_access(_part(_part(mended, "booking"), "access")))


def _part(of: Json, name: str) -> Json:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _category(entry: Json) -> Iterator[Verdict]:
    if entry.get("category") is None:
        return
    verdict = kinds.category_given(entry["category"])
    if verdict.refused:
        entry["category"] = None
        yield verdict


def _term(entry: Json) -> Iterator[Verdict]:
    text = entry.get("term")
    if not isinstance(text, str):
        return
    try:
        week_or_day(text)
    except ValueError:
        entry["term"] = None
        yield terms.date_form(text)


def _pesel(person: Json) -> Iterator[Verdict]:
    identifier = person.get("identifier")
    if not isinstance(identifier, dict) or not isinstance(identifier.get("pesel"), str):
        return
    verdict = entry_data.pesel_form(str(identifier["pesel"]))
    if verdict.refused:
        person["identifier"] = None
        yield verdict


def _access(access: Json) -> Iterator[Verdict]:
    for name, judge in (("key", referral.key_form), ("code", referral.code_form)):
        text = access.get(name)
        if isinstance(text, str) and text:
            verdict = judge(text)
            if verdict.refused:
                access[name] = ""
                yield verdict
