"""Shapes that an official contract may have, each bound by rows alone: what is written is read back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from fakes.shaped_contract import DAY, NS, Talk, talk
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.errors import BadInput
from adapter.soap.reading import UnreadableReply
from adapter.soap.writing import write

FEW = settings(max_examples=40, deadline=None)
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
PESEL, PASSPORT = "2.16.840.1.113883.3.4424.1.1.616", "2.16.840.1.113883.4.330.616"


def seq(inside: str) -> str:
    return f"<xs:sequence>{inside}</xs:sequence>"


def el(name: str, kind: str = "xs:string", more: str = "") -> str:
    return f'<xs:element name="{name}" type="{kind}" {more}/>'


def of(name: str, inside: str, more: str = "") -> str:
    return f'<xs:element name="{name}" {more}><xs:complexType>{inside}</xs:complexType></xs:element>'


def texts(element: etree._Element) -> list[tuple[str, str | None]]:
    """(local name, text) of every element that has no others."""
    return [(etree.QName(each).localname, each.text) for each in element.iter() if len(each) == 0]


PERSON = seq(
    of("person", f"<xs:choice>{el('pesel')}{of('paper', seq(el('series') + el('country')))}</xs:choice>") + el("name")
)
PERSON_ROWS = [
    f"both,person.extension,person/pesel,text,,1,,person.root={PESEL}",
    f"request,person.extension,person/paper/series,text,,1,,person.root!={PESEL}",
    f"request,,person/paper/country,text,,1,PL,person.root!={PESEL}",
    f"reply,person.extension,person/paper/series,text,,1,,person.root={PASSPORT}",
    "both,name,name,text,,1",
]


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    return talk(tmp_path_factory.mktemp("person"), PERSON, PERSON_ROWS)


@FEW
@given(st.sampled_from([PESEL, PASSPORT]), st.text("abc123", min_size=1))
def test_a_choice_by_the_kind_of_identifier_always_comes_back(person: Talk, root: str, number: str) -> None:
    values = {"person": {"root": root, "extension": number}, "name": "n"}
    written = person.write(values)
    assert (written.find(f"{{{NS}}}person/{{{NS}}}pesel") is not None) == (root == PESEL)
    assert person.read(written) == values


def test_a_choice_of_which_no_branch_has_a_value_is_not_sent(person: Talk) -> None:
    with pytest.raises(BadInput, match="person: not expected here, or something is missing"):
        person.write({"name": "n"})


KEY_OR_CODE = "<xs:choice>" + el("key") + seq(el("code") + el("pesel")) + "</xs:choice>"


def test_a_choice_by_what_we_have(tmp_path: Path) -> None:
    both = talk(
        tmp_path, KEY_OR_CODE, ["both,key,key,text,,0..1", "both,code,code,text,,0..1", "both,owner,pesel,text,,0..1"]
    )
    for values in ({"key": "1" * 44}, {"code": "1234", "owner": "x"}):
        assert both.there_and_back(values) == values
    with pytest.raises(BadInput):
        both.write({"key": "1", "code": "2", "owner": "x"})
    with pytest.raises(BadInput):
        both.write({"code": "2"})


FLAGS = seq(
    el("urgent", "xs:boolean") + el("shut", "xs:boolean") + el("more")
    + "<xs:choice>" + of("open", "") + of("taken", "") + "</xs:choice>" + of("always", "")
)  # fmt: skip
FLAG_ROWS = [
    "both,urgent,urgent,bool,,1",
    "both,entry.open,shut,not-bool,,1",
    "both,,more,text,,1,TAK,more=true",
    "both,,more,text,,1,NIE,more=false",
    "both,,open,empty,,0..1,there,state=open",
    "both,,taken,empty,,0..1,there,state=taken",
    "request,,always,empty,,1,there",
]


@pytest.fixture(scope="module")
def flags(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    return talk(tmp_path_factory.mktemp("flags"), FLAGS, FLAG_ROWS)


@FEW
@given(st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["open", "taken"]))
def test_truths_as_themselves_turned_round_as_words_and_as_empty_elements(
    flags: Talk, urgent: bool, shown: bool, more: bool, state: str
) -> None:
    values = {"urgent": urgent, "entry": {"open": shown}, "more": more, "state": state}
    written = flags.write(values)
    assert ("shut", str(not shown).lower()) in texts(written)
    assert ("more", "TAK" if more else "NIE") in texts(written)
    assert flags.read(written) == values


def test_a_word_that_no_row_knows_is_not_guessed(flags: Talk) -> None:
    written = flags.write({"urgent": True, "entry": {"open": True}, "more": True, "state": "open"})
    written.find(f"{{{NS}}}more").text = "MOŻE"
    with pytest.raises(UnreadableReply, match="more: a text that no row of the binding knows"):
        flags.read(written)


DAYS = seq(
    of(
        "day",
        seq(
            el("note", more='minOccurs="0"')
            + of("slots", seq(of("slot", seq(
                el("hour", "xs:time") + el("state")
                + of("visit", seq(of("tag", '<xs:attribute name="w" use="required"/>', 'minOccurs="0" maxOccurs="9"'))
                     + '<xs:attribute name="id" use="required"/>', 'minOccurs="0" maxOccurs="unbounded"')
            ), 'maxOccurs="unbounded"')))
        )
        + '<xs:attribute name="date" type="xs:date" use="required"/>',
        'minOccurs="0" maxOccurs="unbounded"',
    )
)  # fmt: skip
DAY_ROWS = [
    "both,slots[].starts,day[*]/@date,local-date,,1",
    "both,slots[].schedule,day[*]/note,text,,0..1",
    "both,slots[].starts,day[*]/slots/slot[]/hour,local-time,,1",
    "both,slots[].state,day[*]/slots/slot[]/state,code,state,1",
    "both,slots[].visits[].id,day[*]/slots/slot[]/visit[]/@id,text,,1",
    "both,slots[].visits[].tags[].word,day[*]/slots/slot[]/visit[]/tag[]/@w,text,,1",
]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    return talk(tmp_path_factory.mktemp("days"), DAYS, DAY_ROWS)


WORDS = st.text("ab&<", min_size=1, max_size=3)
VISITS = st.lists(
    st.fixed_dictionaries(
        {"id": WORDS},
        optional={"tags": st.lists(st.fixed_dictionaries({"word": WORDS}), min_size=1, max_size=2)},
    ),
    min_size=1,
    max_size=2,
)
SLOTS = st.lists(
    st.fixed_dictionaries(
        {
            "starts": st.builds(
                lambda day, hour: datetime(2026, 12, day, hour, tzinfo=UTC), st.integers(1, 2), st.integers(6, 9)
            ),
            "state": st.sampled_from(["open", "taken"]),
        },
        optional={"schedule": WORDS, "visits": VISITS},
    ),
    min_size=1,
    max_size=5,
)


def by_run(slots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """In the order of the elements they stand in: by day and schedule, in order of the first of each."""
    runs: dict[tuple[date, str | None], list[dict[str, Any]]] = {}
    for slot in slots:
        runs.setdefault((slot["starts"].date(), slot.get("schedule")), []).append(slot)
    return [slot for run in runs.values() for slot in run]


@FEW
@given(SLOTS)
def test_lists_four_deep_grouped_by_what_they_share_always_come_back(days: Talk, slots: list[dict[str, Any]]) -> None:
    written = days.write({"slots": slots})
    whole = by_run(slots)
    assert days.read(written) == {"slots": whole}
    assert len(written) == len({(slot["starts"].date(), slot.get("schedule")) for slot in slots})


PLACES = seq(
    of("place", seq(
        of("day", seq(of("slot", seq(el("id")), 'maxOccurs="unbounded"'))
           + '<xs:attribute name="date" type="xs:date" use="required"/>', 'maxOccurs="unbounded"')
        ) + '<xs:attribute name="cell" use="required"/><xs:attribute name="v" use="required"/>',
       'maxOccurs="unbounded"')
)  # fmt: skip
PLACE_ROWS = [
    "both,slots[].schedule,place[*]/@cell,text,,1",
    "request,,place[*]/@v,text,,1,7",
    "both,slots[].day,place[*]/day[*]/@date,date,,1",
    "both,slots[].id,place[*]/day[*]/slot[]/id,text,,1",
]


PLACED = st.fixed_dictionaries(
    {"schedule": st.sampled_from("ab"), "day": st.dates(date(2026, 1, 1), date(2026, 1, 2)), "id": WORDS}
)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    return talk(tmp_path_factory.mktemp("places"), PLACES, PLACE_ROWS)


@FEW
@given(st.lists(PLACED, min_size=1, max_size=6))
def test_lists_grouped_twice_always_come_back(places: Talk, slots: list[dict[str, Any]]) -> None:
    written = places.write({"slots": slots})
    in_order = itemgetter("schedule", "day", "id")
    assert sorted(places.read(written)["slots"], key=in_order) == sorted(slots, key=in_order)
    assert len(written) == len({each["schedule"] for each in slots})
    days = {(each["schedule"], each["day"]) for each in slots}
    assert sum(len(place) for place in written) == len(days)


def test_a_row_in_a_group_that_is_wrong_does_not_sink_its_neighbours(days: Talk) -> None:
    slot = {"starts": datetime(2026, 12, 1, 8, tzinfo=UTC), "state": "open"}
    written = days.write({"slots": [slot, slot | {"state": "taken"}]})
    written.findall(f".//{{{NS}}}state")[0].text = "?"
    with pytest.raises(AssertionError, match=r"slots\[1\]"):
        days.read(written)


KINDS = '<xs:choice minOccurs="0" maxOccurs="unbounded">' + "".join(
    of(name, seq(el("id")), 'maxOccurs="1"') for name in ("stable", "urgent")
) + "</xs:choice>"  # fmt: skip


def test_a_list_whose_elements_say_what_each_item_is(tmp_path: Path) -> None:
    kinds = talk(
        tmp_path, KINDS,
        [f"both,slots[].id,{kind}[]/id,text,,1,,slots[].kind={kind}" for kind in ("stable", "urgent")],
    )  # fmt: skip
    slots = [{"id": "1", "kind": "stable"}, {"id": "2", "kind": "stable"}, {"id": "3", "kind": "urgent"}]
    assert kinds.there_and_back({"slots": slots}) == {"slots": slots}
    mixed = "<urgent><id>1</id></urgent><stable><id>2</id></stable>"
    assert [each["kind"] for each in kinds.read(mixed)["slots"]] == ["urgent", "stable"]


NILS = seq(
    el("cursor", more='nillable="true"')
    + of("referral", seq(el("root") + el("extension")), 'nillable="true"')
    + '<xs:element name="phone" nillable="true"><xs:complexType><xs:simpleContent><xs:extension base="xs:string">'
    '<xs:attribute name="kind" type="xs:string" use="required"/></xs:extension></xs:simpleContent></xs:complexType>'
    "</xs:element>"
)
NIL_ROWS = [
    "both,cursor,cursor,text,,0..1",
    "both,referral.root,referral/root,oid-root,,0..1",
    "both,referral.extension,referral/extension,oid-extension,,0..1",
    "both,phone,phone,text,,0..1",
    "request,,phone/@kind,text,,1,mobile",
]


@pytest.fixture(scope="module")
def nils(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    return talk(tmp_path_factory.mktemp("nils"), NILS, NIL_ROWS)


@FEW
@given(
    st.fixed_dictionaries(
        {}, optional={"cursor": WORDS, "phone": WORDS, "referral": st.just({"root": "1.2", "extension": "3"})}
    )
)
def test_what_must_be_there_and_has_no_value_is_nil_texts_groups_and_attributes_alike(
    nils: Talk, values: dict[str, Any]
) -> None:
    written = nils.write(values)
    absent = {etree.QName(each).localname for each in written if each.get(NIL) == "true"}
    assert absent == {"cursor", "phone", "referral"} - set(values)
    assert nils.read(written) == values


OTHERS = seq(
    el("at", "xs:string") + el("paper", "xs:base64Binary") + el("local", "xs:dateTime")
    + of("id", '<xs:attribute name="extension" use="required"/><xs:attribute name="root" use="required"/>')
    + of("entry", seq(el("id")), 'maxOccurs="unbounded"')
)  # fmt: skip
OTHER_ROWS = [
    "both,at,at,instant,,1",
    "both,document,paper,base64,,1",
    "both,visit_at,local,warsaw-local,,1",
    "both,number.root,id/@root,oid-root,,1",
    "both,number.extension,id/@extension,oid-extension,,1",
    "both,entry.id,entry[1]/id,text,,1",
]


def test_instants_in_texts_pairs_in_attributes_bytes_and_the_only_one_of_a_list(tmp_path: Path) -> None:
    others = talk(tmp_path, OTHERS, OTHER_ROWS)
    values = {
        "at": datetime(2026, 12, 1, 8, 30, tzinfo=UTC),
        "document": b"\x00<x/>",
        "visit_at": datetime(2026, 7, 1, 8, tzinfo=UTC),
        "number": {"root": "1.2.3", "extension": "SK"},
        "entry": {"id": "e"},
    }
    written = others.write(values)
    assert others.read(written) == values
    written.append(etree.fromstring(f'<entry xmlns="{NS}"><id>f</id></entry>'))
    with pytest.raises(UnreadableReply, match="entry stands more than once"):
        others.read(written)


GROUPS = """<xs:group name="either"><xs:choice><xs:element name="a" type="xs:string"/>
<xs:element name="b" type="xs:int"/></xs:choice></xs:group><xs:attributeGroup name="marks">
<xs:attribute name="m" type="xs:date"/></xs:attributeGroup><xs:complexType name="Base"><xs:sequence>
<xs:group ref="t:either"/></xs:sequence><xs:attributeGroup ref="t:marks"/></xs:complexType>"""
EXTENDED = (
    '<xs:complexContent><xs:extension base="t:Base"><xs:sequence><xs:element name="c" type="xs:string"/>'
    '</xs:sequence><xs:attribute name="n" type="xs:string"/></xs:extension></xs:complexContent>'
)


def test_named_groups_and_types_that_extend_others(tmp_path: Path) -> None:
    extended = talk(
        tmp_path, EXTENDED,
        ["both,text,a,text,,0..1", "both,count,b,int,,0..1", "both,c,c,text,,1", "both,day,@m,date,,0..1",
         "both,n,@n,text,,0..1"],
        types=GROUPS,
    )  # fmt: skip
    for values in ({"text": "x", "c": "y"}, {"count": 3, "c": "y", "day": date(2026, 12, 1), "n": "z"}):
        assert extended.there_and_back(values) == values


def test_one_field_said_in_two_places_must_be_the_same(tmp_path: Path) -> None:
    twice = talk(
        tmp_path, seq(el("one") + el("other", more='minOccurs="0"')),
        ["request,id,one,text,,1", "reply,id,one,text,,1", "reply,id,other,text,,0..1"],
    )  # fmt: skip
    assert twice.read("<one>a</one><other>a</other>") == {"id": "a"}
    with pytest.raises(UnreadableReply, match="id is said twice, and differently"):
        twice.read("<one>a</one><other>b</other>")


def test_one_place_may_give_two_fields(tmp_path: Path) -> None:
    one = talk(tmp_path, seq(el("id")), ["both,id,id,text,,1", "reply,reference,id,text,,1"])
    assert one.there_and_back({"id": "a"}) == {"id": "a", "reference": "a"}


PLAIN = seq(
    of(
        "slot",
        seq(
            el("date", "xs:date") + el("hour", "xs:time") + el("shut", "xs:boolean") + el("state")
            + of("visit", seq(el("at", more='minOccurs="0"')) + '<xs:attribute name="id" use="required"/>',
                 'minOccurs="0" maxOccurs="unbounded"')
        )
        + '<xs:attribute name="v" use="required"/>',
        'minOccurs="0" maxOccurs="unbounded"',
    )
)  # fmt: skip
PLAIN_ROWS = [
    "both,slots[].starts,slot[]/date,local-date,,1",
    "both,slots[].starts,slot[]/hour,local-time,,1",
    "both,slots[].open,slot[]/shut,not-bool,,1",
    "both,slots[].state,slot[]/state,code,state,1",
    "both,slots[].visits[].id,slot[]/visit[]/@id,text,,1",
    "both,slots[].visits[].saved_at,slot[]/visit[]/at,instant,,0..1",
    "request,,slot[]/@v,text,,1,7",
]
# one more row for the same contract; whether it is still written, and read, the quick way; the reason
QUICK = [
    ("", True, True, "what the quick ways know"),
    ("request,,slot[]/@v,text,,1,7,slots[].state=open;request,,slot[]/@v,text,,1,8,slots[].state=taken", False, True,
     "a condition in what we send"),
    ("reply,slots[].kind,slot[]/@v,text,,1;reply,slots[].schedule,slot[]/@v,text,,1", True, False,
     "a place that gives two fields"),
    ("reply,slots[].kind,slot[]/@v,text,,1,,slots[].urgent=true", True, False, "a condition in what we read"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "writes", "reads"), [case[:3] for case in QUICK], ids=[case[3] for case in QUICK])
def test_the_quick_ways_are_taken_where_they_know_all_and_say_the_same(
    tmp_path: Path, more: str, *, writes: bool, reads: bool
) -> None:
    rows = PLAIN_ROWS[: -1 if not writes else None] + [row for row in more.split(";") if row]
    plain_talk = talk(tmp_path, PLAIN, rows)
    verb = plain_talk.verb
    assert (verb._template is not None, verb._lists is not None) == (writes, reads)
    visit = st.fixed_dictionaries({"id": WORDS}, optional={"saved_at": st.just(datetime(2026, 12, 1, 8, tzinfo=UTC))})
    slot = st.fixed_dictionaries(
        {
            "starts": st.builds(lambda hour: datetime(2026, 7, 1, hour, tzinfo=UTC), st.integers(4, 20)),
            "open": st.booleans(),
            "state": st.sampled_from(["open", "taken"]),
        },
        optional={"visits": st.lists(visit, min_size=1, max_size=2)},
    )

    @settings(max_examples=20, deadline=None)
    @given(st.lists(slot, min_size=1, max_size=4))
    def both_ways(slots: list[dict[str, Any]]) -> None:
        written = plain_talk.write({"slots": slots})
        slowly = write(verb._request, {"slots": slots}, DAY, verb._prefixes)
        assert etree.tostring(written, method="c14n") == etree.tostring(slowly, method="c14n")
        back = plain_talk.read(written)["slots"]
        told = {"kind", "schedule", "urgent"}
        assert [{name: each[name] for name in each if name not in told} for each in back] == slots
        verb._lists, quick = None, verb._lists
        try:
            assert plain_talk.read(written)["slots"] == back
        finally:
            verb._lists = quick

    both_ways()


def test_odd_shapes_are_left_to_the_long_way(person: Talk, flags: Talk, days: Talk, nils: Talk) -> None:
    for each in (person, flags, days, nils):
        assert each.verb._template is None
    for each in (person, flags, days):
        assert each.verb._lists is None
