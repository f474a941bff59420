"""What the check says of rows that do not fit a contract's shape: each kind of finding, on the smallest contract."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.shaped_contract import STATES, contract_in, findings, write_rows, write_wsdl

from adapter.errors import Misconfigured
from adapter.soap import findings as kinds
from adapter.soap.check import check
from adapter.soap.rows import When, read_when
from adapter.soap.verbs import Verb


def el(name: str, kind: str = "xs:string", more: str = "") -> str:
    return f'<xs:element name="{name}" type="{kind}" {more}/>'


def of(name: str, inside: str, more: str = "") -> str:
    return f'<xs:element name="{name}" {more}><xs:complexType>{inside}</xs:complexType></xs:element>'


def seq(*inside: str) -> str:
    return f"<xs:sequence>{''.join(inside)}</xs:sequence>"


def choice(*inside: str, more: str = "") -> str:
    return f"<xs:choice {more}>{''.join(inside)}</xs:choice>"


ID = "request,id,id,text,,1"
PAIR = seq(el("code"), el("owner"))
BOTH_WAYS = choice(el("key"), PAIR)
SHARED = choice(seq(el("a"), el("b")), seq(el("c"), el("a")))
SOME, MANY = 'minOccurs="0"', 'minOccurs="0" maxOccurs="unbounded"'

# content of the request, its rows, the finding, words of its message, the reason
REQUESTS = [
    (BOTH_WAYS, ["request,key,key,text,,1"], "", "", "one branch of a choice is enough"),
    (BOTH_WAYS, ["request,code,code,text,,0..1", "request,owner,owner,text,,0..1"], "", "", "the other one, too"),
    (BOTH_WAYS, [], kinds.UNFILLED, "requires one of key | code + owner; no row fills it", "no branch at all"),
    (BOTH_WAYS, ["request,code,code,text,,0..1"], kinds.UNFILLED, "requires owner", "half a branch"),
    (SHARED, ["request,a,a,text,,0..1", "request,c,c,text,,0..1"], "", "", "branches that share an element"),
    (BOTH_WAYS, ["request,key,key,text,,1", "request,code,code,text,,1", "request,owner,owner,text,,1"],
     kinds.WRONG_MULTIPLICITY, "takes key or code; row 5", "two branches in every message"),
    (choice(el("key"), el("code"), more=SOME), [], "", "", "a choice that may be absent"),
    (choice(el("key"), el("code", more=SOME)), [], "", "", "a choice of something that may be absent"),
    (seq(of("who", BOTH_WAYS)), [], kinds.UNFILLED, "who/key | code + owner", "a choice inside a required element"),
    (seq(of("who", BOTH_WAYS, SOME)), [], "", "", "a choice inside an element that nothing begins"),
    (seq(of("who", seq(el("id"), BOTH_WAYS), SOME)), ["request,id,who/id,text,,0..1"], kinds.UNFILLED,
     "who/key | code + owner", "a choice inside an element that a row begins"),
    (seq(f"<xs:sequence {SOME}>{el('a')}{el('b')}</xs:sequence>"), ["request,a,a,text,,0..1"], kinds.UNFILLED,
     "requires b", "half of what goes together"),
    (seq(of("empty", "")), [], kinds.UNFILLED, "requires empty", "an element that only has to be there"),
    (seq(of("empty", "")), ["request,,empty,empty,,1,there"], "", "", "and a row that puts it there"),
    (seq(of("list", seq(el("id")), MANY)), ["request,slots[].id,list[]/id,text,,1"], "", "", "a list"),
    (seq(el("id")), ["request,slots[].id,id[],text,,1"], kinds.WRONG_MULTIPLICITY, "id does not repeat", "no list"),
    (seq(el("id")), ["request,id,id,text,,1,,kind=urgent", "request,id,id,text,,1,,kind!=urgent"], "", "",
     "conditions that leave nothing out"),
    (seq(el("id")), ["request,id,id,text,,1,,phone", "request,,id,text,,1,none,!phone"], "", "", "with and without"),
    (seq(el("id")), ["request,id,id,text,,1,,kind=urgent"], kinds.WRONG_MULTIPLICITY,
     "no row fills it when none of the conditions holds", "a condition that leaves it out"),
    (seq(el("id")), ["request,id,id,text,,0..1,,kind=urgent", "request,,id,text,,1,x,phone"],
     kinds.WRONG_MULTIPLICITY, "none of the conditions", "conditions on different fields"),
    (seq(el("id", more='nillable="true"')), ["request,id,id,text,,1,,kind=urgent"], "", "", "nil when none holds"),
    (seq(el("id")), [ID, "request,name,id,text,,1"], kinds.DOUBLE, "row 5 fills id already", "two in one place"),
    (seq(el("id")), [ID, ID], kinds.DOUBLE, "says the same as row 5", "a row twice"),
    (seq(el("id")), ["request,,id,text,,1,x,kind=slow", "request,kind,id,code,kind,1"], kinds.UNUSED,
     "kind is never slow: not in kind.csv", "a condition on a code that there is not"),
    (seq(el("id"), el("more", "xs:boolean")), ["request,,id,text,,1,x,more=yes", "request,id,id,text,,1",
     "request,more,more,bool,,1"], kinds.UNUSED, "more is true or false, never yes", "a condition on a truth"),
    (seq(el("id", "xs:date")), ["request,id,id,instant,,1"], kinds.WRONG_TYPE, "id is date, not instant", "a type"),
    (seq(of("id", PAIR)), ["request,,id,empty,,1,there"], kinds.UNFILLED, "requires id/code", "empty and yet not"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "rows", "kind", "message"), [case[:4] for case in REQUESTS], ids=[case[4] for case in REQUESTS]
)
def test_a_request(tmp_path: Path, content: str, rows: list[str], kind: str, message: str) -> None:
    found = findings(tmp_path, content, rows, told=seq(el("x", more=SOME)))
    if not kind:
        assert found == []
        return
    assert any(each.kind == kind and message in each.message for each in found), found
    assert all(each.advice for each in found)


REPLIES = [
    (seq(el("id", more=MANY)), ["reply,id,id,text,,1"], kinds.WRONG_MULTIPLICITY, "id[] if each is an item of ours",
     "an element that may repeat"),
    (seq(el("id", more=MANY)), ["reply,id,id[1],text,,1"], "", "", "and a row that says there is only one"),
    (seq(el("id")), ["reply,id,id,text,,1,,phone=1"], "", "", "a condition that works backwards"),
    (seq(el("id")), ["reply,id,id,text,,1,,phone=1", "reply,id,id,text,,1,,phone=2"], kinds.DOUBLE,
     "row 5 says otherwise (phone=1)", "conditions that contradict each other"),
    (seq(el("at")), ["reply,starts,at,local-date,,1"], kinds.UNBOUND, "starts has a local-date and no local-time",
     "half an instant"),
    (seq(el("id")), ["reply,id,nr,text,,1"], kinds.MISSING_FIELD, "said has no element nr", "a field that is gone"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "rows", "kind", "message"), [case[:4] for case in REPLIES], ids=[case[4] for case in REPLIES]
)
def test_a_reply(tmp_path: Path, content: str, rows: list[str], kind: str, message: str) -> None:
    found = findings(tmp_path, seq(el("x", more=SOME)), rows, told=content)
    if not kind:
        assert found == []
        return
    (only,) = found
    assert (only.kind, only.advice) == (kind, kinds.ADVICE[kind])
    assert message in only.message


def test_a_field_that_only_conditions_name_is_bound(tmp_path: Path) -> None:
    write_wsdl(tmp_path, choice(of("open", ""), of("taken", "")))
    rows = write_rows(tmp_path, [f"both,,{state},empty,,0..1,there,state={state}" for state in ("open", "taken")])
    legend = {"talk": Verb(True, frozenset({"state"}), frozenset({"state"}), frozenset({"state"}))}
    found = check(contract_in(tmp_path), rows, STATES, legend=legend)  # type: ignore[arg-type]
    assert [each for each in found if not each.satisfied] == []


def test_every_kind_says_what_to_do() -> None:
    named = {value for name, value in vars(kinds).items() if name.isupper() and isinstance(value, str)}
    assert set(kinds.ADVICE) == named - {kinds.SATISFIED}


CELLS = [
    ("request,id,id,text,,1,,kind==x=", "", "a value may hold anything"),
    ("request,id,id,text,,1,,=x", "column when: a condition is", "no field"),
    ("request,id,id,text,,1,,!kind=x", "column when: a condition is", "not and equal"),
    ("reply,id,id,text,,1,,kind!=x", "column when: in a reply it is field=value", "not in a reply"),
    ("request,slots[].id,a[]/id,text,,1,,kind=x", "column when: its field stands in another list", "another list"),
    ("request,slots[].id,a/id,text,,1", "column path: field and path must repeat", "a list in the field only"),
    ("request,slots[].id,a[2]/id,text,,1", "column path: names with / between", "another mark"),
    ("request,id,@a/id,text,,1", "column path: names with / between", "an attribute in between"),
    ("request,id,a//id,text,,1", "column path: names with / between", "a step without a name"),
    ("request,slots[].id,a[*]/@id,text,,1", "", "a list that is spread"),
    ("request,,id,code,kind,1,x", "column type: a constant is not looked up", "a constant code"),
    ("request,,id,empty,,1,x", "column constant: an empty element has the constant there", "an empty element"),
    ("reply,,id,text,,1,x", "column constant: a constant can only be sent", "a constant that says nothing"),
    ("request,id,id,code,kind,1,,,X", "column refuses: only a code in a reply", "refusing what we send"),
]


@pytest.mark.parametrize(("row", "message"), [case[:2] for case in CELLS], ids=[case[2] for case in CELLS])
def test_a_cell_that_is_wrong_is_named_with_file_row_and_column(tmp_path: Path, row: str, message: str) -> None:
    if not message:
        assert write_rows(tmp_path, [row])
        return
    with pytest.raises(Misconfigured, match=r"cer\.csv, row 5, " + message):
        write_rows(tmp_path, [row])


def test_a_condition_is_read_in_all_its_forms() -> None:
    assert read_when("slots[].person.root!=1.2") == When("slots[].person.root", "!=", "1.2")
    assert read_when("slots[].person.root!=1.2").keys == ("person", "root")
    assert [read_when(text).value for text in ("more=true", "more=false", "more=TRUE")] == [True, False, "TRUE"]
    assert [read_when(text).how for text in ("phone", "!phone")] == ["?", "!"]


def test_rows_may_leave_the_last_columns_out_and_no_others(tmp_path: Path) -> None:
    rows = write_rows(tmp_path, ["request,id,id,text,,1"])
    file = tmp_path / "bindings" / "cer.csv"
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join(line.removesuffix(",,") for line in lines), "utf-8")
    from adapter.soap.rows import load_rows

    assert load_rows(tmp_path, "cer") == rows
    file.write_text("\n".join([lines[0].replace("when,refuses", "refuses,when"), *lines[1:]]), "utf-8")
    with pytest.raises(Misconfigured, match=r"must have the columns verb, .*, and may have when, refuses"):
        load_rows(tmp_path, "cer")
