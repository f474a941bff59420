"""What a site may decide where the rule book only infers: each field is one inferred choice, with the book's default.

Nothing that an act or a regulation says is here: that is not ours to set. Each field names its rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

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

    paper_task_on_working_day: int = 10
    """R-02: the working day after the entry on which somebody is asked to chase a paper referral."""
    postal_grace_days: int = 7
    """R-02: calendar days after the last day in which a letter that was posted in time may still come."""
    sync_late_after_minutes: int = 60
    """R-08: "niezwłocznie" has no number; a status not set so long after P1 came back is shown."""
    hospital_privileged_days: int = 30
    """V-03: no number for hospitals; a privileged patient's term later than this after the report is shown."""
    waiver_wait_days: int = 40
    """V-05: a waiver for a doctor whose wait is not longer than this is shown."""
    skin_cancer_codes: tuple[str, ...] = ("C44",)
    """O-02: beginnings of ICD-10 codes that keep a patient off the oncology list."""
    offer_freed_dates_to_reserved: bool = False
    """N-03: whether a patient who chose a later term by wish is offered a freed date."""
    first_free_date_reported: bool = True
    """Z-01: whether the report of first free dates is still sent at all."""
    first_free_date_build_at: time = time(6)
    """Z-01: Warsaw time at which the report is built."""
    first_free_date_warn_at: time = time(9, 30)
    """Z-01: from then on a report that was not sent is shown."""
    first_free_date_due_at: time = time(10)
    """Z-01: the seed's hour (10:00); the act in force names none."""
    first_free_date_weekly: bool = False
    """Z-02: once a week instead of each working day; only with a consent."""
    first_free_date_consent: str = ""
    """Z-02: reference of the Fund's consent to the weekly report."""
    first_free_date_weekday: int = 0
    """Z-02: the day of the weekly report, 0 for Monday; on a day off it goes out on the working day before."""
    monthly_report_for_cer: bool = True
    """Z-04: whether schedules kept in CeR have rows in the monthly report."""
    average_decimals: int = 2
    """Z-08: decimals that are kept of an average waiting time; shown as a whole number, half up."""


DEFAULT_SETTINGS = RuleSettings()
"""The book's own choices."""
