"""Lists on many pages and batches that are cut: a stand-in for the dialogue tells what CeR answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.identifiers import CellCode
from adapter.domain.moments import day_bounds
from adapter.domain.national import NationalSlotState, SlotOffer, UnreadableRow
from adapter.domain.slot import SlotKind
from adapter.errors import AdapterError, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.ports import CallContext
from adapter.soap import slot_pages
from adapter.soap.binding import Result
from adapter.soap.grid import MISSING, Grid
from adapter.soap.slot_batches import MESSAGES_MAX, SlotBatches
from adapter.soap.slot_pages import require_days, whole_list

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
CONTEXT = CallContext("demo", "correlation-1", "message-1")
DAY = date(2026, 12, 1)
Values = Mapping[str, Any]


@dataclass
class Talk:
    """The dialogue: ``tell`` answers a request with values, or raises; ``fields`` are what the binding carries."""

    tell: Callable[[Values], Values]
    fields: frozenset[str] = frozenset({"schedule", "day"})
    asked: list[Values] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)

    @property
    def contract(self) -> Any:
        return {"list_slots": SimpleNamespace(fields=self.fields)}

    def ask(self, context: CallContext, verb: str, values: Values) -> Any:
        self.asked.append(values)
        self.message_ids.append(context.message_id)
        told = dict(self.tell(values))
        unreadable = tuple(told.pop("unreadable", ()))
        number = len(self.asked)
        return SimpleNamespace(
            reading=SimpleNamespace(values=told, unreadable=unreadable),
            result=Result("ok", "", ""),
            answer=SimpleNamespace(digest=f"digest-{told.get('page_is', number)}"),
            at=NOW + timedelta(seconds=number),
        )

    def judge_item(self, result: Result) -> None:
        kinds: dict[str, AdapterError] = {
            "no": Rejected("no", result_code="no"),
            "later": Unavailable("later"),
            "doubt": InDoubt("doubt"),
            "wrong": Misconfigured("wrong"),
        }
        if result.major in kinds:
            raise kinds[result.major]


def row(number: int, at: datetime | None = None) -> dict[str, Any]:
    starts = at or day_bounds(DAY)[0] + timedelta(minutes=number)
    ends = starts + timedelta(minutes=1)
    return {"id": f"S-{number}", "starts": starts, "ends": ends, "state": "open", "kind": "stable"}


def pages(*sizes: int) -> list[list[dict[str, Any]]]:
    first = [sum(sizes[:n]) for n in range(len(sizes))]
    return [[row(number) for number in range(start, start + size)] for start, size in zip(first, sizes, strict=True)]


def by_token(told: list[list[dict[str, Any]]]) -> Callable[[Values], Values]:
    def tell(asked: Values) -> Values:
        number = int(asked.get("page_token") or 0)
        more = {"next_page_token": str(number + 1)} if number + 1 < len(told) else {}
        return {"slots": told[number], "server_time": NOW, **more}

    return tell


def by_number(told: list[list[dict[str, Any]]], mark: str) -> Callable[[Values], Values]:
    def tell(asked: Values) -> Values:
        number = asked["page"]
        marks = {"more": {"more": number < len(told)}, "pages": {"pages": len(told)}, "nothing": {}}[mark]
        return {"slots": told[number - 1] if number <= len(told) else [], "server_time": NOW, **marks}

    return tell


PAGED = frozenset({"schedule", "day"})


@pytest.mark.parametrize(
    ("tell", "fields", "calls"),
    [
        pytest.param(by_token(pages(3, 3, 1)), PAGED | {"page_token"}, 3, id="by token; the last page has none"),
        pytest.param(by_number(pages(3, 3, 1), "more"), PAGED | {"page"}, 3, id="by number; the last page says so"),
        pytest.param(by_number(pages(3, 3, 1), "pages"), PAGED | {"page"}, 3, id="by number; the pages are counted"),
        pytest.param(by_number(pages(3, 3, 1), "nothing"), PAGED | {"page_index"}, 4, id="by number; an empty one"),
        pytest.param(by_number(pages(7), "more"), PAGED, 1, id="a contract without pages"),
    ],
)
def test_all_pages_make_one_list(tell: Callable[[Values], Values], fields: frozenset[str], calls: int) -> None:
    talk = Talk(tell, fields)
    listing = whole_list(talk, CONTEXT, "h", DAY)  # type: ignore[arg-type]
    assert [slot.id for slot in listing.slots] == [f"S-{number}" for number in range(7)]
    assert len(talk.asked) == calls == len(set(talk.message_ids))
    assert listing.fetched_at == NOW + timedelta(seconds=calls), "believed as of the last page"
    assert listing.unreadable == ()
    assert listing.digest == "digest-1" if calls == 1 else len(listing.digest) == 64


@pytest.mark.parametrize(
    ("tell", "fields", "why"),
    [
        pytest.param(
            lambda asked: {"slots": [], "next_page_token": "x"}, PAGED | {"page_token"}, "token", id="one token again"
        ),
        pytest.param(
            lambda asked: {"slots": [row(0)], "more": True}, PAGED | {"page"}, "page comes again", id="one page again"
        ),
        pytest.param(
            lambda asked: {"slots": [row(asked["page"])], "more": True}, PAGED | {"page"}, "more than", id="for ever"
        ),
    ],
)
def test_a_list_that_goes_in_circles_is_no_list(
    monkeypatch: pytest.MonkeyPatch, tell: Callable[[Values], Values], fields: frozenset[str], why: str
) -> None:
    monkeypatch.setattr(slot_pages, "PAGES_MAX", 9)
    talk = Talk(tell, fields)
    with pytest.raises(Unavailable, match=why):
        whole_list(talk, CONTEXT, "h", DAY)  # type: ignore[arg-type]
    assert len(talk.asked) <= 9


def test_a_page_that_does_not_come_makes_the_list_not_come() -> None:
    def tell(asked: Values) -> Values:
        if asked["page"] == 2:
            raise Unavailable("down")
        return {"slots": [row(1)], "more": True}

    with pytest.raises(Unavailable):
        whole_list(Talk(tell, PAGED | {"page"}), CONTEXT, "h", DAY)  # type: ignore[arg-type]


def test_a_slot_on_two_pages_is_one_and_a_missing_one_makes_the_list_incomplete() -> None:
    told = {1: [row(0), row(1)], 2: [row(1) | {"state": "taken"}, row(2)]}
    talk = Talk(lambda asked: {"slots": told[asked["page"]], "pages": 2, "total": 4}, PAGED | {"page"})
    listing = whole_list(talk, CONTEXT, "h", DAY)  # type: ignore[arg-type]
    assert [(slot.id, slot.state.value) for slot in listing.slots] == [
        ("S-0", "open"),
        ("S-1", "taken"),
        ("S-2", "open"),
    ]
    assert listing.unreadable == (UnreadableRow("the whole list", "the list says that it has 4 slots, and told 3"),)


def test_an_unreadable_row_says_on_which_page_it_stood() -> None:
    bad = [UnreadableRow("slots[1]", "unknown code")]
    told = {1: {"slots": [row(0)], "more": True}, 2: {"slots": [row(1)], "more": False, "unreadable": bad}}
    listing = whole_list(Talk(lambda asked: told[asked["page"]], PAGED | {"page"}), CONTEXT, "h", DAY)  # type: ignore[arg-type]
    assert listing.unreadable == (UnreadableRow("page 2, slots[1]", "unknown code"),)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2026, 12, 1), 24, id="an ordinary day"),
        pytest.param(date(2026, 3, 29), 23, id="the clock goes forward"),
        pytest.param(date(2026, 10, 25), 25, id="the clock goes back"),
    ],
)
def test_a_window_is_one_warsaw_day_and_leaves_other_days_to_their_own_lists(day: date, hours: int) -> None:
    first, last = day_bounds(day)
    edges = [first - timedelta(minutes=1), first, last - timedelta(minutes=1), last]
    talk = Talk(lambda asked: {"slots": [row(n, at) for n, at in enumerate(edges)]}, frozenset({"from", "until"}))
    listing = whole_list(talk, CONTEXT, "h", day)  # type: ignore[arg-type]
    (asked,) = talk.asked
    assert (asked["until"] - asked["from"]) == timedelta(hours=hours)
    assert [slot.id for slot in listing.slots] == ["S-1", "S-2"]


def test_a_binding_that_names_no_day_is_refused_at_the_start() -> None:
    with pytest.raises(Misconfigured, match="day"):
        require_days(Talk(lambda asked: {}, frozenset({"schedule", "from"})).contract)


# -- batches


def offers(*references: str) -> list[SlotOffer]:
    return [
        SlotOffer(
            reference=each,
            schedule="h",
            cell=CellCode("000000927722", "001"),
            service="1100",
            practitioner=None,
            starts=NOW,
            ends=NOW + timedelta(minutes=30),
            kind=SlotKind.STABLE,
            state=NationalSlotState.OPEN,
        )
        for each in references
    ]


def references_of(asked: Values) -> list[str]:
    return [str(each["reference"]) for each in asked["slots"]]


def taken(asked: Values) -> Values:
    return {"items": [{"reference": each, "id": f"N-{each}", "major": "ok"} for each in references_of(asked)]}


def batches(tell: Callable[[Values], Values], size: int = 500) -> tuple[SlotBatches, Talk]:
    talk = Talk(tell)
    return SlotBatches(talk, lambda offer: {"reference": offer.reference}, size), talk  # type: ignore[arg-type]


def at_most(limit: int) -> Callable[[Values], Values]:
    def tell(asked: Values) -> Values:
        if len(asked["slots"]) > limit:
            raise Rejected("too big", result_code="big")
        return taken(asked)

    return tell


def test_a_batch_that_is_too_big_is_cut_and_the_size_that_fits_is_remembered() -> None:
    several, talk = batches(at_most(3))
    receipts = several.put(CONTEXT, offers(*"abcdefgh"))
    assert [(one.reference, one.slot_id) for one in receipts] == [(each, f"N-{each}") for each in "abcdefgh"]
    assert len(set(talk.message_ids)) == len(talk.message_ids), "each message has an id of its own"
    talk.asked.clear()
    several.put(CONTEXT, offers(*"abcdef"))
    assert [len(asked["slots"]) for asked in talk.asked] == [2, 2, 2]


def test_one_slot_that_the_authority_refuses_with_its_batch_sinks_no_neighbour() -> None:
    def tell(asked: Values) -> Values:
        if "e" in references_of(asked):
            raise Rejected("one of them is bad", result_code="bad")
        return taken(asked)

    several, talk = batches(tell)
    receipts = several.put(CONTEXT, offers(*"abcdefgh"))
    assert {one.reference for one in receipts if one.refusal} == {"e"}
    assert all(one.accepted for one in receipts if one.reference != "e")
    talk.asked.clear()
    several.put(CONTEXT, offers(*"abcd"))
    assert len(talk.asked) == 1, "it was not the size"


def test_what_is_refused_throughout_is_refused_after_a_bounded_number_of_messages() -> None:
    several, talk = batches(at_most(0))
    with pytest.raises(Rejected):
        several.put(CONTEXT, offers(*(f"s{n}" for n in range(500))))
    assert len(talk.asked) <= MESSAGES_MAX


@pytest.mark.parametrize("error", [InDoubt("lost"), Unavailable("down"), Misconfigured("wrong")], ids=lambda e: e.code)
def test_what_fails_after_a_part_was_done_is_in_doubt_and_the_part_stays_done(error: AdapterError) -> None:
    def tell(asked: Values) -> Values:
        if len(asked["slots"]) > 2:
            raise Rejected("too big", result_code="big")
        if "c" in references_of(asked):
            raise error
        return taken(asked)

    receipts = batches(tell)[0].put(CONTEXT, offers(*"abcd"))
    assert [one.slot_id for one in receipts[:2]] == ["N-a", "N-b"]
    assert all(one.doubt for one in receipts[2:])


@pytest.mark.parametrize("error", [InDoubt("lost"), Unavailable("down"), Misconfigured("wrong")], ids=lambda e: e.code)
def test_what_fails_at_once_fails_as_a_whole(error: AdapterError) -> None:
    def tell(asked: Values) -> Values:
        raise error

    with pytest.raises(type(error)):
        batches(tell)[0].put(CONTEXT, offers(*"ab"))


def test_each_result_settles_its_own_slot() -> None:
    """Mixed results in another order, one missing, one strange, one id for two, one without an id."""
    answer = [
        {"reference": "f", "id": "N-1", "major": "ok"},
        {"reference": "e", "id": "N-1", "major": "ok"},
        {"reference": "d", "major": "ok"},
        {"reference": "stranger", "id": "N-9", "major": "ok"},
        {"reference": "c", "major": "doubt"},
        {"reference": "b", "major": "no"},
        {"reference": "a", "id": "N-a", "major": "ok"},
        {"reference": "a", "id": "N-a", "major": "ok"},
        {"reference": "h", "major": "later"},
        {"reference": "i", "major": "wrong"},
    ]
    receipts = {
        one.reference: one for one in batches(lambda asked: {"items": answer})[0].put(CONTEXT, offers(*"abcdefghi"))
    }
    assert {each for each, one in receipts.items() if one.accepted} == {"a"}
    assert {each for each, one in receipts.items() if one.refusal} == {"b", "i"}
    assert {each for each, one in receipts.items() if one.doubt} == set("cdefgh")


RESULTS = st.fixed_dictionaries(
    {"reference": st.sampled_from("abcz"), "major": st.sampled_from(["ok", "ok", "ok", "fine", "no", "doubt"])},
    optional={"id": st.sampled_from(["N-1", "N-2", "N-3", "N-4", ""]), "minor": st.sampled_from(["", "m"])},
)
GOOD = st.permutations("abc").map(
    lambda each: [{"reference": one, "id": f"N-{one}", "major": "ok", "minor": "m"} for one in each]
)
SHARED = st.tuples(GOOD, st.lists(st.sampled_from(["N-1", "N-2", "N-3"]), min_size=3, max_size=3)).map(
    lambda answer: [{**row, "id": identity} for row, identity in zip(*answer, strict=True)]
)
"""All good, and one id perhaps given to two slots."""


@given(
    st.one_of(
        GOOD,
        SHARED,
        st.lists(RESULTS, min_size=1, max_size=4),
        st.tuples(GOOD, RESULTS).map(lambda a: [*a[0][1:], a[1]]),
    )
)
def test_results_in_columns_and_row_by_row_say_the_same(answer: list[dict[str, Any]]) -> None:
    columns = {
        (name,): [each.get(name, MISSING) for each in answer]
        for name in ("reference", "id", "major", "minor")
        if any(name in each for each in answer)
    }

    def outcome(items: Any) -> object:
        try:
            return batches(lambda asked: {"items": items})[0].put(CONTEXT, offers(*"abc"))
        except AdapterError as error:
            return type(error), error.message

    assert outcome(Grid(len(answer), columns)) == outcome(answer)
