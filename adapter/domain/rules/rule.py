"""A rule of docs/law.md: its id, its Polish title, the article it stands on, and what it may answer.

Each rule is one value; the functions that ask it answer through it, so that no verdict can lack its article:

    V03 = Rule("V-03", "Uprzywilejowany: siedem dni roboczych", "art. 47c ust. 4 ustawy z 27.08.2004", (ERROR,))

    def within_limit(...) -> Verdict:
        ...
        return V03.refuse("E-PRIV-7WD", "termin najpóźniej ...", "the term is ... at the latest")

Every module of rules lists its rules in ``RULES``; ``adapter/domain/rules/catalogue.py`` puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from adapter.domain.rules.verdict import Outcome, Verdict


class Action(StrEnum):
    """What the rule book lets software do (law.md, section 0)."""

    AUTO = "auto"
    """Pomost does it."""
    ERROR = "error"
    """Refused, nothing is sent on."""
    WARN = "warn"
    """Accepted and shown."""
    REPORT = "report"
    """A row of a report."""
    TASK = "task"
    """A person must act."""


class Standing(StrEnum):
    """How sure the rule is."""

    CONFIRMED = "confirmed"
    """The act, a regulation or a leaflet of the ministry says so."""
    INFERRED = "inferred"
    """Our reading; a setting can change it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the book.

    ``title`` is Polish, ``title_en`` the same in English. ``article`` is the source as a clerk cites it.
    ``codes`` are all that software may match on; an answer with another code is a mistake of the module.
    """

    id: str
    title: str
    title_en: str
    article: str
    actions: tuple[Action, ...] = ()
    codes: tuple[str, ...] = ()
    standing: Standing = Standing.CONFIRMED

    def allow(self) -> Verdict:
        """The rule was asked and has nothing against it."""
        return _allowed(self.id, self.article)

    def warn(self, code: str, text_pl: str, text_en: str) -> Verdict:
        """Accepted, and shown."""
        return self._answer(Outcome.WARNED, code, text_pl, text_en)

    def refuse(self, code: str, text_pl: str, text_en: str) -> Verdict:
        """Not accepted; the Polish text tells a registrar what to do."""
        return self._answer(Outcome.REFUSED, code, text_pl, text_en)

    def ask_person(self, code: str, text_pl: str, text_en: str) -> Verdict:
        """A person must act: it becomes a task."""
        return self._answer(Outcome.NEEDS_PERSON, code, text_pl, text_en)

    def act(self, code: str, text_pl: str, text_en: str) -> Verdict:
        """Pomost does this by itself."""
        return self._answer(Outcome.DO_THIS, code, text_pl, text_en)

    def _answer(self, outcome: Outcome, code: str, text_pl: str, text_en: str) -> Verdict:
        if code not in self.codes:
            raise ValueError(f"rule {self.id} does not list the code {code}")
        return Verdict(outcome, self.id, self.article, code, text_pl, text_en)


@cache
def _allowed(rule: str, article: str) -> Verdict:
    """One value for each rule: the jobs of a night ask some rules a hundred thousand times."""
    return Verdict(Outcome.ALLOWED, rule, article)
