"""What a letter may say and when none is written: N-05, D-05, D-06, E-03, G-08, and texts in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fakes.letter_cases import BY_PAPER, ENTRY, HANDED_IN, LETTERS, NOON, TERM, notice, office

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import Entry, Removal
from adapter.domain.rules.notices import FUND_SENTENCE_EN, FUND_SENTENCE_PL
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.term import DayTerm
from adapter.errors import BadInput, Misconfigured, RuleBroken
from adapter.ports.notices import NoticeKind
from adapter.services.letters import as_pdf, certificates, entry_letters, letter, wording
from adapter.services.letters.entry_letters import COMPOSED, notice_letter
from adapter.services.on_demand.export_rows import ENTRY_COLUMNS, STEP_COLUMNS
from adapter.services.report_text import catalogue, texts

HELD = office()
PACKAGE = Path(letter.__file__).parent


def facts(made: letter.Letter) -> dict[str, str]:
    """What the letter's table says in Polish."""
    return {one.label.pl: one.value.pl for one in made.facts}


def test_every_kind_of_notice_has_a_letter() -> None:
    assert set(COMPOSED) == set(NoticeKind)


@pytest.mark.parametrize("name", [name for name in LETTERS if not name.startswith(("certificate", "justification"))])
def test_n_05_every_notice_says_what_the_fund_can_tell(name: str) -> None:
    closing = LETTERS[name](HELD).closing
    assert (FUND_SENTENCE_PL, FUND_SENTENCE_EN) in [(one.pl, one.en) for one in closing]


@pytest.fixture
def without_fund(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue in which somebody shortened the sentence."""
    real = entry_letters.said
    short = letter.Said("Informacji udziela NFZ.", "Ask the Fund.")
    monkeypatch.setattr(entry_letters, "said", lambda key, *more: short if key == "letter.fund" else real(key, *more))


@pytest.mark.usefixtures("without_fund")
def test_e_n_notice_a_template_without_the_sentence_writes_nothing() -> None:
    with pytest.raises(RuleBroken, match="N-05") as refused:
        LETTERS["entered"](HELD)
    assert refused.value.code == "E-N-NOTICE"


def test_a_cause_that_nobody_can_read_is_not_told() -> None:
    with pytest.raises(BadInput, match="term_change_reasons"):
        notice_letter(HELD, ENTRY, notice(NoticeKind.TERM_CHANGED, cause="MADE_UP", before=TERM, after=TERM))


def test_a_code_whose_title_was_never_read_tells_with_whom_the_change_lies() -> None:
    """M-04: of codes 4, 5, 8, 12 and 14 only that is known; no patient reads "title not obtained"."""
    told = wording.cause(HELD, "8", date(2026, 1, 12))
    assert told == letter.Said("zmiana na prośbę pacjenta", "a change that the patient asked for")


def test_the_hour_is_told_only_where_the_visit_stands_on_the_day_of_the_term() -> None:
    at = datetime(2026, 9, 7, 7, 20, tzinfo=UTC)
    assert wording.term(TERM, at).pl == "7 września 2026 r. (poniedziałek), godz. 09:20"
    assert wording.term(DayTerm(date(2026, 9, 8)), at).en == "Tuesday, 8 September 2026"
    assert wording.term(None, at).pl == "bez wyznaczonego terminu"


def test_d_06_the_books_example() -> None:
    """Entered 2026-01-12, stabilny, 2026-09-07: the certificate shows those three and the provider."""
    made = certificates.entry_certificate(HELD, ENTRY)
    assert facts(made)["Data wpisu"] == "12 stycznia 2026 r."
    assert facts(made)["Kategoria medyczna"] == "przypadek stabilny"
    assert facts(made)["Termin"] == "7 września 2026 r. (poniedziałek)"
    assert made.sender == ("Szpital Wzorcowy im. Świętej Łucji w Łodzi", "000000927722")


def test_d_06_category_3_has_no_line_for_the_medical_category() -> None:
    card = replace(ENTRY, category=Category.ONCOLOGY, criterion=Criterion.STABLE)
    assert "Kategoria medyczna" not in facts(certificates.entry_certificate(HELD, card))
    shown = replace(HELD, rules=RuleSettings(certificate_shows_oncology_criterion=True))
    assert "Kategoria medyczna" in facts(certificates.entry_certificate(shown, card))


@pytest.mark.parametrize(
    "entry",
    [
        replace(ENTRY, category=Category.PRIVILEGED, criterion=None),
        replace(ENTRY, removal=Removal(date(2026, 1, 12), "RESIGNED", NOON, "x")),
    ],
    ids=["off the list", "removed"],
)
def test_d_06_who_does_not_wait_gets_no_certificate(entry: object) -> None:
    with pytest.raises(BadInput, match="nothing to certify") as refused:
        certificates.entry_certificate(HELD, entry)  # type: ignore[arg-type]
    assert refused.value.code == "NOTHING_TO_CERTIFY"


def test_e_03_the_earlier_report_counts() -> None:
    """E-02: a patient who came with a former provider's certificate takes that date along."""
    came = replace(ENTRY, original_report_date=date(2025, 6, 10), prior_provider_date_used=True)
    made = certificates.report_certificate(HELD, came, ends_on=date(2026, 3, 31))
    assert facts(made)["Data zgłoszenia"] == "10 czerwca 2025 r."


def test_e_03_nobody_certifies_the_end_of_a_contract_that_goes_on() -> None:
    with pytest.raises(BadInput, match="contract_ends_on") as refused:
        certificates.report_certificate(HELD, ENTRY, ends_on=None)
    assert refused.value.code == "NO_CONTRACT_END"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (ENTRY, ["letter.referral_electronic"]),
        (HANDED_IN, ["letter.referral_paper"]),
        (BY_PAPER, []),
        (replace(ENTRY, offline_pending=True), []),
        (replace(ENTRY, category=Category.CONTINUING, criterion=None), []),
        (replace(ENTRY, referral=None), []),
    ],
    ids=["electronic", "paper that came", "paper that never came", "never set in P1", "finished before", "none"],
)
def test_r_05_a_contracts_end_tells_only_of_a_referral_that_goes_back(entry: Entry, told: list[str]) -> None:
    closing = notice_letter(HELD, entry, notice(NoticeKind.CONTRACT_ENDS)).closing
    ways = [f"letter.referral_{way}" for way in ("electronic", "paper")]
    assert [key for key in ways if letter.said(key) in closing] == told


def test_d_05_without_a_justification_there_is_nothing_to_hand_out() -> None:
    with pytest.raises(BadInput, match="write it down in the EHR") as refused:
        certificates.justification(HELD, replace(ENTRY, term_justification=" "))
    assert refused.value.code == "NO_JUSTIFICATION"


def test_g_08_a_patient_without_entries_is_told_so() -> None:
    made = certificates.status_letter(HELD, ENTRY.person, "P1", [])
    assert made.tables == ()
    assert made.opening[0].pl.startswith("Nie mają Państwo")


def test_a_letter_shows_nobody_in_logs() -> None:
    assert repr(LETTERS["entered"](HELD)) == "Letter(kind='entered', subject='E1', ***)"


def test_a_font_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_pdf, "find_spec", lambda name: None)
    with pytest.raises(Misconfigured, match="font-roboto"):
        as_pdf.font_folder()


def test_a_name_that_the_font_cannot_write_is_refused_and_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The library would leave a hole in the PDF, and tell a log which letters of the name are missing."""
    made = LETTERS["entered"](HELD)
    with pytest.raises(BadInput, match="no sign for 2 of the letters: write it as text or HTML") as refused:
        as_pdf.as_pdf(replace(made, addressee=("李小", *made.addressee)))
    assert (refused.value.code, caplog.text) == ("LETTER_GLYPHS", "")
    assert as_pdf.as_pdf(replace(made, addressee=("Đặng Ștefănescu Владимир Ναταλία",)))


def test_both_languages_have_the_same_texts_and_the_same_names_to_fill() -> None:
    polish, english = texts("pl", "letters"), texts("en", "letters")
    assert polish.keys == english.keys
    for language in ("pl", "en"):
        assert catalogue(language, "letters").read_text("utf-8").count("msgid ") == len(polish.keys) + 1


def test_every_text_is_used_and_the_funds_sentence_is_the_rules_own() -> None:
    source = "\n".join(path.read_text("utf-8") for path in PACKAGE.glob("*.py"))
    words = ("entered.listed", "entered.other", "changed", "fixed", "health", "offer", "reinstated", "contract")
    documents = ("certificate-entry", "certificate-report", "justification", "status")
    made = {f"{word}.{part}" for word in (*words, *documents) for part in ("title", "opening", "basis", "closing")}
    made |= {f"letter.referral_{way}" for way in ("paper", "electronic")}
    made |= {f"criterion.{one.value}" for one in Criterion} | {
        f"cause.{by}" for by in ("patient", "provider", "other")
    }
    made |= {f"column.{name}" for name in (*ENTRY_COLUMNS, *STEP_COLUMNS)}
    unused = [
        key
        for key in texts("pl", "letters").keys
        if f'"{key}"' not in source and f'fact("{key.removeprefix("fact.")}"' not in source and key not in made
    ]
    assert set(unused) <= {"fact.pesel", "fact.document"}
    assert letter.said("letter.fund") == letter.Said(FUND_SENTENCE_PL, FUND_SENTENCE_EN)
