"""Every rule of the book, also those that need no software."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.domain.rules.catalogue import LISTED, book_order

NO_SOFTWARE = {
    "V-13": (
        "Pisemna informacja o uprawnieniach w rejestracji",
        "Written notice of the rights at the registration desk",
        "art. 47c ust. 5 ustawy z 27.08.2004",
        "a notice on a wall",
    ),
    "E-04": (
        "Fundusz informuje pacjentów o innych świadczeniodawcach",
        "The Fund tells patients of other providers",
        "art. 20 ust. 10d ustawy z 27.08.2004",
        "a duty of the Fund",
    ),
    "I-08": (
        "Pomoc: spotkania i strona pytań ministerstwa",
        "Help: webinars and the ministry's page of questions",
        "SEED-000",
        "information for staff",
    ),
    "I-09": (
        "Uprzywilejowani w CeR",
        "The privileged in CeR",
        "SEED-000",
        "asked as V-02 to V-09",
    ),
}
"""Rules without code: Polish title, English title, article, why there is none."""


@dataclass(frozen=True, slots=True)
class ListedRule:
    """One rule for people and programs. ``action``: what software does, by name; ``module`` is None without code."""

    id: str
    title: str
    title_en: str
    article: str
    action: tuple[str, ...]
    codes: tuple[str, ...]
    standing: str
    module: str | None
    no_code: str = ""
    """Why there is no code; empty where there is."""


def list_rules() -> tuple[ListedRule, ...]:
    """All rules in the book's order."""
    found = [
        ListedRule(
            one.rule.id,
            one.rule.title,
            one.rule.title_en,
            one.rule.article,
            tuple(action.value for action in one.rule.actions),
            one.rule.codes,
            one.rule.standing.value,
            one.module,
        )
        for one in LISTED.values()
    ]
    for rule_id, (title, title_en, article, why) in NO_SOFTWARE.items():
        found.append(ListedRule(rule_id, title, title_en, article, (), (), "confirmed", None, why))
    return tuple(sorted(found, key=lambda one: book_order(one.id)))
