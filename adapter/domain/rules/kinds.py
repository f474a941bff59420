"""Which kind of term a patient's category asks for (I-07), and who goes on a waiting list at all (C-01, U-04).

Kinds of slots are confirmed (SEED-000); the map from category to kind is our reading of them.
Category 4 has its own rule, V-07. Categories 1, 3 and 6 have no kind of their own: shown, not guessed.
"""

from __future__ import annotations

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import Entry
from adapter.domain.rules.rule import Action, Rule, Standing
from adapter.domain.rules.verdict import Verdict
from adapter.domain.slot import SlotKind

I07 = Rule(
    "I-07",
    "Rodzaj terminu według kategorii",
    "Kind of term by category",
    "SEED-000; art. 19a ust. 4 pkt 3 ustawy z 27.08.2004",
    (Action.ERROR, Action.WARN),
    ("E-CER-KIND", "W-CER-KIND"),
    Standing.INFERRED,
)
U04 = Rule(
    "U-04",
    "Kontynuujący leczenie nie jest na liście oczekujących",
    "A continuing patient is on no waiting list",
    "art. 20 ust. 1a ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-K-LIST",),
)
C01 = Rule(
    "C-01",
    "Sześć kategorii; na liście oczekujących tylko 2 i 3",
    "Six categories; only 2 and 3 are on a waiting list",
    "art. 19a ust. 4 pkt 3 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-CAT-LIST", "E-CAT-NONE"),
)
RULES = (I07, U04, C01)


def expected_kind(category: Category, criterion: Criterion) -> SlotKind | None:
    """The one kind for a category, None where the rule names none (1, 3, 6) or several (4)."""
    if category is Category.WAITING:
        return SlotKind.URGENT if criterion is Criterion.URGENT else SlotKind.STABLE
    if category is Category.CONTINUING:
        return SlotKind.CONTINUATION
    return None


def kind_for_category(kind: SlotKind, category: Category, criterion: Criterion) -> Verdict:
    """I-07: the slot's kind agrees with the patient's category and criterion."""
    if category is Category.PRIVILEGED:
        return I07.allow()
    if kind is SlotKind.PRIVILEGED:
        return _wrong_kind(
            "termin uprzywilejowany jest tylko dla uprzywilejowanego: wybierz inny rodzaj terminu",
            "a privileged slot is only for a privileged patient: choose another kind of slot",
        )
    expected = expected_kind(category, criterion)
    if expected is None:
        return I07.warn(
            "W-CER-KIND",
            f"kategoria {category.value} nie ma własnego rodzaju terminu; sprawdź wybór terminu",
            f"category {category.value} has no slot kind of its own; check the choice of the slot",
        )
    if kind is not expected:
        return _wrong_kind(
            "rodzaj terminu nie zgadza się z kategorią lub kryterium medycznym pacjenta: wybierz inny termin",
            f"the patient's category or criterion asks for a slot of the kind {expected.value}, not {kind.value}",
        )
    return I07.allow()


def _wrong_kind(text_pl: str, text_en: str) -> Verdict:
    return I07.refuse("E-CER-KIND", text_pl, text_en)


def category_given(value: object) -> Verdict:
    """C-01: an entry has exactly one category, 1 to 6; the number is what is judged, however it came in."""
    numbers = {one.value for one in Category}
    if isinstance(value, int) and not isinstance(value, bool) and value in numbers:
        return C01.allow()
    return C01.refuse(
        "E-CAT-NONE",
        "podaj kategorię pacjenta: jedną z sześciu, od 1 do 6",
        "give the patient's category: one of the six, 1 to 6",
    )


def may_wait(category: Category) -> Verdict:
    """U-04 and C-01: continuing patients, those served on the day and emergencies are on no waiting list."""
    if category is Category.CONTINUING:
        return U04.refuse(
            "E-K-LIST",
            "kontynuującego leczenie nie wpisuje się na listę oczekujących: wybierz datę z planu leczenia",
            "a patient who continues treatment is not put on a waiting list: choose the date of the plan",
        )
    if category in {Category.SAME_DAY, Category.EMERGENCY}:
        return C01.refuse(
            "E-CAT-LIST",
            f"pacjent kategorii {category.value} nie czeka na liście: popraw kategorię albo wybierz termin",
            f"a patient of category {category.value} is on no waiting list: correct the category or choose a term",
        )
    return U04.allow()


def off_the_list(entry: Entry) -> Verdict:
    """U-04: an entry of category 5 has no running number of a waiting list."""
    if entry.category is Category.CONTINUING and entry.number is not None:
        return U04.refuse(
            "E-K-LIST",
            "wpis kontynuującego leczenie nie ma numeru na liście oczekujących: usuń numer",
            "an entry of a continuing patient has no number on a waiting list: take it away",
        )
    return U04.allow()
