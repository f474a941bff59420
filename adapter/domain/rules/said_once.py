"""One mistake is told once: which refusals say less of a thing than another one that stands beside them.

Every rule is still asked, and ``pomost rules check`` shows every answer; the registrar and the list of tasks get the
one that says what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapter.domain.rules.verdict import Outcome, Verdict

Answer = tuple[str, str]
"""(rule, code)."""

SAYS_IT: Mapping[Answer, frozenset[Answer]] = {
    ("M-01", "E-M-REASON"): frozenset({("M-06", "E-N-CAUSE"), ("N-01", "E-N-CAUSE")}),
    ("G-06", "E-X-REASON"): frozenset({("X-01", "E-X-REASON")}),
    ("C-05", "E-PRIV-BASIS"): frozenset({("V-10", "E-PRIV-BASIS")}),
    ("O-02", "E-CAT-MISMATCH"): frozenset({("C-02", "E-CAT-MISMATCH")}),
    ("R-01", "E-R-ACCESS"): frozenset({("R-14", "E-D-REF")}),
    ("R-07", "E-R-ACCESS"): frozenset({("R-14", "E-D-REF"), ("R-01", "E-R-ACCESS")}),
    ("R-13", "E-R-ACCESS"): frozenset({("R-14", "E-D-REF"), ("R-01", "E-R-ACCESS")}),
}
"""What says it -> what need not be said beside it.

The cause of a notice is the reason of the change; a provider who cancels owes the reason of a removal or a new term;
the document belongs to a right; a referral that is not opened has no number yet.
"""


def said_once(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """``verdicts`` without the refusals that another one of them says better."""
    refused = {(one.rule, one.code) for one in verdicts if one.outcome is Outcome.REFUSED}
    spared = {less for answer in refused & SAYS_IT.keys() for less in SAYS_IT[answer]}
    return tuple(one for one in verdicts if one.outcome is not Outcome.REFUSED or (one.rule, one.code) not in spared)
