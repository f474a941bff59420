"""The profile's own closed lists of codes: each a CodeSystem of ours that no site changes.

Codes that a site may add to stand in ``mappings/`` instead and come as ``valueCoding``; these come as ``valueCode``.
They are those of the domain's enumerations (a test compares).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list: its name, titles in Polish and English, and (code, Polish, English) rows."""

    name: str
    title_pl: str
    title_en: str
    rows: tuple[tuple[str, str, str], ...]

    @property
    def codes(self) -> frozenset[str]:
        """The codes alone."""
        return frozenset(row[0] for row in self.rows)


CARE = CodeList(
    "care",
    "rodzaj opieki",
    "kind of care",
    (
        ("hospital", "leczenie szpitalne", "hospital care"),
        ("ambulatory", "ambulatoryjna opieka specjalistyczna", "specialist ambulatory care"),
        ("stationary", "inne stacjonarne i całodobowe świadczenia", "other stationary round-the-clock care"),
        ("primary", "podstawowa opieka zdrowotna", "primary care"),
        ("other", "inny rodzaj", "another kind"),
    ),
)
ROUTE = CodeList(
    "route",
    "dokąd trafiają dane harmonogramu",
    "where the figures of an admission schedule go",
    (
        ("klx", "miesięczny raport .klx", "the monthly .klx report"),
        ("ap-kolce", "aplikacja AP-KOLCE", "the AP-KOLCE application"),
        ("cer", "centralna e-rejestracja", "the central e-registration"),
    ),
)
SPECIALITY = CodeList(
    "speciality",
    "cecha świadczenia ważna dla przepisów",
    "what makes a service special for some rule",
    (
        ("long-term-nursing", "opieka długoterminowa", "long-term nursing"),
        ("psychiatric-nursing", "pielęgnacja w opiece psychiatrycznej", "nursing in psychiatric and addiction care"),
        ("palliative", "opieka paliatywna i hospicyjna", "palliative and hospice care"),
        ("palliative-ambulatory", "poradnia medycyny paliatywnej", "palliative care in a clinic"),
        ("palliative-perinatal", "perinatalna opieka paliatywna", "perinatal palliative care"),
        ("drug-programme", "program lekowy", "a drug programme"),
        ("dental-appliance", "ortodoncja 10000 lub protetyka 10001", "orthodontics 10000 or prosthetics 10001"),
        ("ambulatory-physiotherapy", "fizjoterapia ambulatoryjna", "ambulatory physiotherapy"),
        ("rehabilitation", "rehabilitacja lecznicza", "rehabilitation"),
        ("transplant", "lista przeszczepowa", "a transplant list"),
        ("defence", "podmiot nadzorowany przez MON", "a facility of the Ministry of National Defence"),
        (
            "adult-cell-with-children",
            "komórka dla dorosłych przyjmująca dzieci",
            "a cell for adults that treats children",
        ),
        ("endoscopy", "gastroskopia lub kolonoskopia", "gastroscopy or colonoscopy"),
    ),
)
TERM_PRECISION = CodeList(
    "term-precision",
    "dokładność terminu",
    "how exact a term is",
    (("week", "termin podany z dokładnością do tygodnia", "the term is a week"),),
)
OFFER_ANSWER = CodeList(
    "offer-answer",
    "odpowiedź na wskazany termin",
    "the answer to an offered term",
    (
        ("accepted", "przyjęty", "accepted"),
        ("declined", "odmowa", "declined"),
        ("no-contact", "brak kontaktu z pacjentem", "the patient was not reached"),
    ),
)
TERM_CHANGE_CAUSE = CodeList(
    "term-change-cause",
    "co zmieniło termin",
    "what moved the term",
    (
        ("patient", "po stronie pacjenta", "the patient"),
        ("provider", "po stronie świadczeniodawcy", "the provider"),
        ("criterion", "zmiana kryterium medycznego", "a new medical criterion"),
        ("category", "zmiana kategorii", "a change of category"),
        ("earlier-offer", "zwolniony wcześniejszy termin", "a freed earlier term"),
    ),
)
POSTING_CHANNEL = CodeList(
    "posting-channel",
    "gdzie nadano dokument",
    "where a document was handed in",
    (
        ("designated-operator", "placówka operatora wyznaczonego", "an office of the designated postal operator"),
        (
            "eu-universal-operator",
            "operator powszechny w innym państwie UE",
            "a universal operator elsewhere in the EU",
        ),
        ("unit-command", "dowództwo jednostki wojskowej", "the command of a military unit"),
        ("prison", "administracja zakładu karnego", "a prison's office"),
        ("ship-captain", "kapitan statku", "the captain of a ship"),
        ("courier", "kurier prywatny", "a private courier"),
        ("in-person", "osobiście w rejestracji", "in person at the registration"),
    ),
)
REFERRAL_FORM = CodeList(
    "referral-form",
    "postać skierowania",
    "the form of a referral",
    (
        ("electronic", "e-skierowanie", "electronic"),
        ("paper", "skierowanie papierowe", "on paper"),
        ("information-sheet", "tylko wydruk informacyjny", "only the information sheet"),
    ),
)
CODE_LISTS = (
    CARE,
    ROUTE,
    SPECIALITY,
    TERM_PRECISION,
    OFFER_ANSWER,
    TERM_CHANGE_CAUSE,
    POSTING_CHANNEL,
    REFERRAL_FORM,
)
"""Every list."""
