"""Whatever the answer is: a value or one of the four kinds, never a crash, and no wrong success."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

from depth import DEEPER
from fakes.told_channel import CER, CONTEXT, SUCCESS, HeldClock, ToldChannel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter import resources
from adapter.domain.identifiers import Pesel
from adapter.domain.national import VisitOrder
from adapter.errors import AdapterError
from adapter.mapping.tables import Tables
from adapter.soap.binding import BoundContract
from adapter.soap.cer import CerRegistry
from adapter.soap.faults import judge_result, load_refusals

REFUSALS = load_refusals(resources.mappings())
NAMES = [
    "listaSlotow",
    "slot",
    "identyfikatorSlotu",
    "identyfikatorHarmonogramu",
    "poczatek",
    "koniec",
    "typ",
    "status",
    "pojemnosc",
    "wizyta",
    "identyfikatorWizyty",
    "potwierdzenie",
    "wynik",
    "major",
    "minor",
    "kursor",
    "czyWiecej",
    "listaZmian",
    "zmiana",
    "czasSerwera",
    "x",
]
TEXTS = st.one_of(
    st.sampled_from(
        ["", "S-1", SUCCESS, "WOLNY", "STABILNY", "2026-12-01T08:00:00Z", "2026-12-01", "true", "1", "-5"]
    ),
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20),
)
ROOTS = ["PobierzBazoweDaneListySlotowResponse", "ZapiszWizyteResponse", "PobierzZmianyWizytResponse", "Other"]


def element(name: str, namespace: str, inside: list[str], text: str) -> str:
    made = etree.Element(f"{{{namespace}}}{name}" if namespace else name)
    made.text = text
    made.extend(etree.fromstring(each) for each in inside)
    return etree.tostring(made, encoding="unicode")


TREES = st.recursive(
    st.builds(element, st.sampled_from(NAMES), st.sampled_from([CER, CER, CER, "", "urn:x"]), st.just([]), TEXTS),
    lambda inner: st.builds(
        element, st.sampled_from(NAMES), st.just(CER), st.lists(inner, max_size=5), st.sampled_from(["", "\n "])
    ),
    max_leaves=12,
)
RESULT = f'<wynik xmlns="{CER}"><major>{SUCCESS}</major></wynik>'


@settings(max_examples=50 * DEEPER, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(ROOTS), st.lists(TREES, max_size=4), st.booleans())
def test_any_answer_is_a_value_or_one_of_the_four_kinds(
    bound: Mapping[str, BoundContract], tables: Tables, root: str, inside: list[str], with_result: bool
) -> None:
    channel = ToldChannel(element(root, CER, [*inside, *([RESULT] if with_result else [])], ""))
    judge = partial(judge_result, REFUSALS, channel="cer")
    registry = CerRegistry(bound["cer"], tables, channel, judge, HeldClock())
    order = VisitOrder("visit-1", "N-1", Pesel("00610100013"), "A", "B")
    for call in (
        lambda: registry.list_slots(CONTEXT, "schedule-1", date(2026, 12, 1)),
        lambda: registry.visit_changes(CONTEXT, "c-1"),
        lambda: registry.save_visit(CONTEXT, order),
    ):
        refused: AdapterError | None = None
        try:
            call()
        except AdapterError as error:
            refused = error
        if refused is None:
            assert SUCCESS in channel.reply
        else:
            assert refused.correlation_id == "correlation-1"
