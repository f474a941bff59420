"""What a site may decide where the rule book only infers: each field is one inferred choice, with the book's default.

Nothing that an act or a regulation says is here: that is not ours to set. Each field names its rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from adapter.domain.moments import NO_DAYS
from adapter.domain.paper_referral import PostingChannel
from adapter.domain.register import Care


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """The inferred choices of the rule book. Every default is the one that the book gives."""

    extra_days_off: frozenset[date] = NO_DAYS
    """T-02: days off that a regulation added (art. 1a of the act on days off)."""
    saturday_is_working: bool = False
    """T-01: whether "dni robocze" of art. 20 and 47c count Saturdays."""
    posting_channels: frozenset[PostingChannel] = frozenset(
        {
            PostingChannel.DESIGNATED_OPERATOR,
            PostingChannel.EU_UNIVERSAL_OPERATOR,
            PostingChannel.UNIT_COMMAND,
            PostingChannel.PRISON,
            PostingChannel.SHIP_CAPTAIN,
        }
    )
    """T-07: by which of them handing in counts as delivery. A private courier does not (inferred)."""
    care_in_scope: frozenset[Care] = frozenset({Care.HOSPITAL, Care.AMBULATORY, Care.STATIONARY})
    """G-01: kinds of care that keep a register. That POZ keeps none is inferred from the closed list."""
    retention_years: int = 20
    """G-03: how long a closed entry is kept, as medical documentation."""
    privilege_before_oncology: bool = True
    """C-02: a privileged patient with a DILO card is category 4 (True) or 3 (False)."""
    late_entry_hours: int = 24
    """C-06: an emergency that is written down later than this after the service is shown."""
    week_counts_from_sunday: bool = False
    """P-02, P-03: a term given as a week is counted from its Monday (False, the earliest day) or its Sunday."""
    fix_task_before_days: int = 14
    """P-03: days before the last day to fix the date on which somebody is asked to do it."""
    no_show_task_after_days: int = 1
    """X-05: days after the missed term on which somebody is asked whether the patient did not come."""
    no_show_needs_confirmation: bool = True
    """X-05: whether a person confirms a no-show before the entry is removed."""
    certificate_shows_oncology_criterion: bool = False
    """D-06: whether the certificate of an entry of category 3 has a line for the medical category."""


DEFAULT_SETTINGS = RuleSettings()
"""The book's own choices."""
