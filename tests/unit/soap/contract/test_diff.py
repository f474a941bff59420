"""What a new version of a contract asks of our rows: breaks, needs, changes, adds, drops, guesses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes.shaped_contract import STATES, contract_in, legend_of, write_rows, write_wsdl

from adapter import resources
from adapter.cli.main import main
from adapter.mapping.tables import load_tables
from adapter.soap.contract import load_contract
from adapter.soap.diff import Change, compare
from adapter.soap.rows import load_rows


def spoil(folder: Path, *changes: tuple[str, str]) -> None:
    """Change the files of a contract; each change must hit."""
    for old, new in changes:
        hit = False
        for file in folder.iterdir():
            content = file.read_text("utf-8")
            if old in content:
                hit = True
                file.write_text(content.replace(old, new), "utf-8")
        assert hit, old


def changes(own_wsdl: Path, channel: str = "cer") -> list[Change]:
    rows, tables = load_rows(resources.mappings(), channel), load_tables(resources.mappings())
    return compare(load_contract(resources.wsdl(), channel), load_contract(own_wsdl, channel), rows, tables)


@pytest.mark.parametrize("channel", ["p1", "cer"])
def test_the_same_contract_asks_for_nothing(channel: str) -> None:
    assert changes(resources.wsdl(), channel) == []


def test_a_renamed_operation_is_guessed_and_its_rows_still_fit(own_wsdl: Path) -> None:
    spoil(own_wsdl / "cer", ("usunSlot", "skasujSlot"), ("UsunSlot", "SkasujSlot"))
    broken, *others = changes(own_wsdl)
    assert (broken.kind, broken.verb, broken.subject, broken.guess) == (
        "breaks", "delete_slot", "usunSlot", "skasujSlot",
    )  # fmt: skip
    assert broken.row == next(row.number for row in load_rows(resources.mappings(), "cer") if row.path == "usunSlot")
    assert 0.55 <= broken.likeness < 1
    assert {each.kind for each in others} == {"changes"}


def test_an_operation_without_a_likeness_takes_its_verb_with_it(own_wsdl: Path) -> None:
    spoil(own_wsdl / "cer", ('<wsdl:operation name="usunSlot">', '<wsdl:operation name="xyz">'))
    spoil(own_wsdl / "cer", ('name="UsunSlotRequest"', 'name="Q"'), ('"ws:UsunSlotRequest"', '"ws:Q"'))
    other = '<xs:element name="Q" type="SlotDoZapisuMT"/><xs:element name="UsunSlotRequest">'
    spoil(own_wsdl / "cer", ('<xs:element name="Q">', other))
    found = changes(own_wsdl)
    assert [(each.kind, each.subject) for each in found] == [("breaks", "usunSlot"), ("adds", "xyz")]
    assert found[0].likeness < 0.55
    assert "all 2 rows of delete_slot must be written anew" in found[0].message


def test_a_renamed_field_breaks_each_row_and_names_its_likeliest_successor(own_wsdl: Path) -> None:
    spoil(own_wsdl / "cer", ('name="poczatek"', 'name="poczatekSlotu"'))
    found = changes(own_wsdl)
    broken = [each for each in found if each.kind == "breaks"]
    assert [(each.verb, each.subject) for each in broken] == [
        ("list_slots", "slots[].starts"),
        ("put_slots", "slots[].starts"),
        ("edit_slot", "starts"),
    ]
    assert {each.guess.rpartition("/")[2] for each in broken} == {"poczatekSlotu"}
    assert [each.subject for each in found if each.kind == "needs"] == ["listaSlotow/slot/poczatekSlotu"]
    assert not [each for each in found if each.kind in ("adds", "drops")]


def test_a_new_required_element_is_needed_and_a_new_optional_one_is_news(own_wsdl: Path) -> None:
    usual = '<xs:element name="usluga" type="TekstMT"/>'
    spoil(
        own_wsdl / "cer",
        (usual, f'{usual}<xs:element name="waga" type="xs:int"/><xs:element name="x" type="xs:int" minOccurs="0"/>'),
    )
    found = changes(own_wsdl)
    assert [(each.kind, each.verb, each.subject) for each in found if each.kind == "needs"] == [
        ("needs", "put_slots", "listaSlotow/slot/waga"),
        ("needs", "join_waiting_room", "waga"),
    ]
    assert [each.subject for each in found if each.kind == "adds"] == ["listaSlotow/slot[]/x", "x"]


def test_types_and_duties_that_change_are_told(own_wsdl: Path) -> None:
    spoil(
        own_wsdl / "cer",
        ('name="nieWczesniejNiz" type="xs:date" minOccurs="0"', 'name="nieWczesniejNiz" type="xs:date"'),
        ('name="rezygnacjaZUprawnienia" type="xs:boolean"', 'name="rezygnacjaZUprawnienia" type="xs:int"'),
    )
    found = changes(own_wsdl)
    assert [(each.kind, each.subject) for each in found] == [
        ("breaks", "privilege_waived"),
        ("breaks", "not_before"),
        ("changes", "rezygnacjaZUprawnienia"),
        ("changes", "nieWczesniejNiz"),
    ]
    assert "was bool, is number" in found[2].message
    assert "now required" in found[3].message


def test_what_never_fitted_is_not_blamed_on_the_new_version(own_wsdl: Path, own_mappings: Path) -> None:
    table = own_mappings / "bindings" / "cer.csv"
    table.write_text(
        table.read_text("utf-8").replace(",telefon,", ",komorkowy,").replace("/telefon,", "/tel,"), "utf-8"
    )
    rows, tables = load_rows(own_mappings, "cer"), load_tables(own_mappings)
    assert compare(load_contract(resources.wsdl(), "cer"), load_contract(own_wsdl, "cer"), rows, tables) == []


STATE = '<xs:sequence><xs:element name="state" type="t:S"{more}/></xs:sequence>'
CODE = ("both,state,state,code,state,1",)


def typed(*values: str, facets: str = "") -> str:
    listed = "".join(f'<xs:enumeration value="{value}"/>' for value in values)
    return (
        f'<xs:simpleType name="S"><xs:restriction base="xs:string">{listed}{facets}</xs:restriction></xs:simpleType>'
    )


LENGTH = '<xs:maxLength value="{}"/>'
# the type before and after, what the element says more after, kinds and messages, the reason
SHAPES = [
    (typed("O", "T"), typed("O", "T", "X"), "", {
        ("needs", "said/state may say X; state.csv has no row for that"),
        ("changes", "operation talk: request: state may now be X"),
        ("changes", "operation talk: reply: said/state may now be X"),
    }, "a new value of an enumeration"),
    (typed("O", "T"), typed("O"), "", {
        ("breaks", "state does not allow T of state.csv; it is one of O"),
        ("breaks", "state.csv has T, which said/state does not allow; it is one of O"),
        ("changes", "operation talk: request: state may no longer be T"),
        ("changes", "operation talk: reply: said/state may no longer be T"),
    }, "a value of an enumeration that is gone"),
    (typed(), typed("O", "T"), "", {
        ("changes", "operation talk: request: state is now one of O, T"),
        ("changes", "operation talk: reply: said/state is now one of O, T"),
    }, "a text that is enumerated now"),
    (typed(facets=LENGTH.format(9)), typed(facets=LENGTH.format(1)), "", {
        ("changes", "operation talk: request: state was at most 9 characters, is at most 1 characters"),
        ("changes", "operation talk: reply: said/state was at most 9 characters, is at most 1 characters"),
    }, "a shorter text"),
    (typed(), typed(), ' nillable="true" minOccurs="0"', {
        ("changes", "operation talk: request: state is no longer required"),
        ("changes", "operation talk: request: state may now be nil"),
        ("changes", "operation talk: reply: said/state is no longer required"),
        ("changes", "operation talk: reply: said/state may now be nil"),
    }, "an element that may be nil or absent"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "more", "told"), [case[:4] for case in SHAPES], ids=[case[4] for case in SHAPES]
)
def test_values_and_duties_that_change(
    tmp_path: Path, before: str, after: str, more: str, told: set[tuple[str, str]]
) -> None:
    rows = write_rows(tmp_path, CODE)
    write_wsdl(tmp_path / "old", STATE.format(more=""), types=before)
    write_wsdl(tmp_path / "new", STATE.format(more=more), types=after)
    old, new = contract_in(tmp_path / "old"), contract_in(tmp_path / "new")
    found = compare(old, new, rows, STATES, legend=legend_of(rows))  # type: ignore[arg-type]
    assert {(each.kind, each.message) for each in found} == told
    assert [each.row for each in found if each.kind in ("breaks", "needs")] == sorted(
        each.row for each in found if each.row
    )


def test_another_action_and_address_are_told(tmp_path: Path) -> None:
    rows = write_rows(tmp_path, CODE)
    write_wsdl(tmp_path / "old", STATE.format(more=""), types=typed())
    write_wsdl(
        tmp_path / "new", STATE.format(more=""), types=typed(), action="urn:say", address="https://two.example/talk"
    )
    old, new = contract_in(tmp_path / "old"), contract_in(tmp_path / "new")
    found = compare(old, new, rows, STATES, legend=legend_of(rows))  # type: ignore[arg-type]
    assert [each.message for each in found] == [
        "the address in the WSDL was https://one.example/talk, is https://two.example/talk",
        "operation talk: SOAP action was urn:talk, is urn:say",
    ]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["contract", "diff", *arguments])
    return int(ended.value.code or 0), capsys.readouterr().out


def test_the_command_reads_like_a_work_list(own_wsdl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shipped = str(resources.wsdl())
    assert run(capsys, shipped, shipped) == (0, "p1, cer: 0 to do, 0 to know\n")
    spoil(own_wsdl / "cer", ("usunSlot", "skasujSlot"), ("UsunSlot", "SkasujSlot"))
    code, said = run(capsys, shipped, str(own_wsdl))
    assert code == 1
    assert "Breaks: rows of ours that fit no longer (1)" in said
    assert "delete_slot: operation usunSlot is gone; perhaps skasujSlot (a guess, 0." in said
    code, said = run(capsys, shipped, str(own_wsdl), "--json")
    assert code == 1
    report = json.loads(said)
    assert (report["to_do"], report["changes"][0]["guess"]) == (1, "skasujSlot")


def test_one_channel_is_enough_and_none_is_wrong_use(
    own_wsdl: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only = tmp_path / "only"
    only.mkdir()
    (own_wsdl / "cer").rename(only / "cer")
    assert run(capsys, str(resources.wsdl()), str(only)) == (0, "cer: 0 to do, 0 to know\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(capsys, str(resources.wsdl()), str(empty))[0] == 2
