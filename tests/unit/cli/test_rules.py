"""``pomost rules``: the list is whole; a file reaches each refusal of the book, which tells a registrar what to do."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from unit.cli.fhir_refusals import BY_FHIR, NOT_BY_FHIR, TODAY, World, bundle, spoilt
from unit.cli.refusal_cases import EXAMPLE, REFUSALS, Refusal, document

from adapter import resources
from adapter.cli.demo.clinic import add_stage
from adapter.cli.main import main
from adapter.domain.rules.catalogue import CATALOGUE
from adapter.domain.rules.rule import Action

COMMAND = re.compile(
    r"\b(podaj|wpisz|wybierz|popraw|uzupełnij|usuń|dopisz|sprawdź|poproś|zablokuj|skreśl|zostaw|przyjmij|odczytaj|ustal"
    r"|zapisz|zaznacz|oznacz|użyj|wyznacz|dołącz|przełóż)\b"
)
"""What a registrar is told to do."""


def refusing() -> set[tuple[str, str]]:
    """(rule, code) of everything in the book that refuses."""
    return {
        (rule.id, code)
        for rule in CATALOGUE.values()
        if Action.ERROR in rule.actions
        for code in rule.codes
        if code.startswith("E-") or code == "P-FIX-OVERDUE"
    }


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["rules", *arguments])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped tables with the rows that a site would add: stages of the oncology card, a right of point 13."""
    folder = tmp_path_factory.mktemp("site") / "mappings"
    shutil.copytree(resources.mappings(), folder)
    with (folder / "dilo_stages.csv").open("a", encoding="utf-8") as stages:
        stages.write("1,etap,stage,CONFIRMED,a test's own,,\n")
    add_stage(folder)
    with (folder / "entitlements.csv").open("a", encoding="utf-8") as rights:
        rights.write(
            "DEFENCE,13,https://pomost.example/fhir/CodeSystem/entitlement,DEFENCE,x,CONFIRMED,a test's own,,\n"
        )
    return folder


def ask(capsys: pytest.CaptureFixture[str], file: Path, tables: Path, content: Any, *more: str) -> tuple[int, Any]:
    file.write_text(json.dumps(content), "utf-8")
    code, out, _ = run(capsys, "check", str(file), "--mappings", str(tables), "--json", *more)
    return code, json.loads(out)


def issues(answer: Any) -> dict[tuple[str, str], Any]:
    """Issues by (rule, code)."""
    return {
        (issue["details"]["coding"][0]["code"], issue["details"]["coding"][1]["code"]): issue
        for result in answer["results"]
        for issue in result["outcome"]["issue"]
        if "details" in issue
    }


def test_the_published_register_is_lawful_but_for_the_stage_that_a_site_fills_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = run(capsys, "check", str(resources.fixtures() / "fhir" / "register.json"), "--json")
    found = [
        (result["subject"], *key, issue["severity"])
        for result in json.loads(out)["results"]
        for key, issue in issues({"results": [result]}).items()
        if issue["severity"] != "information"
    ]
    assert found == [("Appointment/oncology", "D-02", "E-D-DILO", "error")]


def test_every_refusal_of_the_book_has_a_case() -> None:
    assert {(one.rule, one.code) for one in REFUSALS} == refusing()


@pytest.mark.parametrize("case", REFUSALS, ids=[one.id for one in REFUSALS])
def test_each_refusal_is_told_with_rule_code_article_and_what_to_do(
    case: Refusal, tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ("--on", "2026-07-01") if case.rule == "I-02" else ()
    code, answer = ask(capsys, tmp_path / "f.json", tables, document(case.changes), *more)
    issue = issues(answer).get((case.rule, case.code))
    assert code == 1
    assert issue is not None, sorted(issues(answer))
    assert issue["severity"] == "error"
    assert issue["extension"][0]["valueString"] == CATALOGUE[case.rule].article
    assert case.names in issue["details"]["text"]
    assert COMMAND.search(issue["details"]["text"]), issue["details"]["text"]


def test_every_refusal_is_reached_by_fhir_or_says_why_not() -> None:
    assert set(BY_FHIR) | set(NOT_BY_FHIR) == refusing()
    assert not set(BY_FHIR) & set(NOT_BY_FHIR)
    assert all(NOT_BY_FHIR.values())


def test_what_the_ehr_says_wrong_is_refused_by_its_rule(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One Bundle with everything that is wrong: each resource is refused for its own reason."""
    worlds = {pair: spoilt(number, pair) for number, pair in enumerate(BY_FHIR)}
    content = bundle(*worlds.values())
    code, answer = ask(capsys, tmp_path / "f.json", tables, content, "--on", TODAY.isoformat())
    told: dict[str, set[tuple[str, str]]] = {}
    for one in answer["results"]:
        for issue in one["outcome"]["issue"]:
            if issue["severity"] == "error":
                codings = issue["details"]["coding"]
                told.setdefault(one["subject"], set()).add((codings[0]["code"], codings[-1]["code"]))
    missed = {}
    for pair, world in worlds.items():
        names = {f"{one['resourceType']}/{one['id']}" for one in world.resources()}
        found = set().union(*(told.get(name, set()) for name in names))
        check = BY_FHIR[pair][0]
        if ((check, check) if check.startswith("POMOST-") else pair) not in found:
            missed[pair] = found
    assert code == 1
    assert not missed


def test_a_good_bundle_is_allowed_and_a_bad_neighbour_is_named(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, other = World(900), World(901)
    on = ("--on", TODAY.isoformat())
    code, answer = ask(capsys, tmp_path / "f.json", tables, bundle(good), *on)
    assert (code, [one["subject"] for one in answer["results"]]) == (0, ["Appointment/a900"])
    content = bundle(good, other)
    content["entry"][5]["resource"]["birthDate"] = "yesterday"
    code, answer = ask(capsys, tmp_path / "f.json", tables, content, *on)
    told = {one["subject"]: len(one["verdicts"]) for one in answer["results"]}
    assert code == 1
    assert told["Appointment/a900"] > 25, "the neighbour goes on"
    assert [name for name, verdicts in told.items() if not verdicts] == [
        "Patient/p901",
        "ServiceRequest/r901",
        "Appointment/a901",
    ]


def test_who_is_overtaken_and_who_waits_already_is_seen_inside_one_bundle(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = World(902), World(903)
    second.schedule = first.schedule
    for one in second.visits[0]["extension"]:
        if "valueReference" in one:
            one["valueReference"] = {"reference": "Schedule/s902"}
    second.visits[0]["requestedPeriod"] = [{"start": "2026-05-04", "end": "2026-05-04"}]
    code, answer = ask(
        capsys, tmp_path / "f.json", tables, bundle(first, second), "--on", TODAY.isoformat(), "--strict"
    )
    assert code == 1
    assert ("G-05", "W-ORDER") in issues(answer)


def test_the_example_is_allowed_and_every_rule_that_was_asked_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", str(EXAMPLE), "--all")
    assert code == 0
    assert out.splitlines()[-1] == "32 rules asked, 0 refused, 0 warned or for a person"
    assert re.search(r"^    D-01 allowed \(art\. 19a", out, re.MULTILINE)


def test_all_that_is_missing_is_told_at_once_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "f.json"
    file.write_text(json.dumps(document({"entry.person.phone": "", "entry.criterion": None, "entry.entered_by": ""})))
    code, out, _ = run(capsys, "check", str(file))
    assert code == 1
    assert [word for word in ("E-CRIT-MISSING", "E-D-CONTACT", "E-D-AUTHOR") if word in out] == [
        "E-CRIT-MISSING",
        "E-D-CONTACT",
        "E-D-AUTHOR",
    ]
    assert "podaj telefon albo inny sposób kontaktu z pacjentem lub opiekunem / give a phone" in out


def test_a_warning_alone_is_no_refusal_unless_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "f.json"
    file.write_text(json.dumps(document({"entry.schedule.care": "hospital"})))
    assert run(capsys, "check", str(file))[0] == 0
    assert run(capsys, "check", str(file), "--strict")[0] == 1


# what is put in                         named                       why
UNREADABLE = [
    ({"entry.person.telefon": "1"}, ["$.entry.person.telefon"], "a strange field"),
    ({"entry.number": "3", "entry.reserved": "tak"}, ["$.entry.number", "$.entry.reserved"], "both wrong values"),
    ({"entry.reported_at": "2026-03-02T12:00"}, ["$.entry.reported_at"], "an instant without a zone"),
    ({"entry.schedule": {"id": "1-1-1"}}, ["$.entry.schedule.care", "$.entry.schedule.service"], "missing fields"),
    ({"context.known": [{"id": "X"}]}, ["$.context.known[0].provider"], "inside a list"),
    ({"entry": None, "removal": {"on": "2026-03-02"}}, ["$.removal.reason"], "an act without its parts"),
]


@pytest.mark.parametrize(("changes", "named", "why"), UNREADABLE, ids=[row[2] for row in UNREADABLE])
def test_what_cannot_be_read_is_named_field_by_field_and_never_repeated(
    changes: dict[str, Any], named: list[str], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "f.json"
    file.write_text(json.dumps(document(changes)))
    code, out, err = run(capsys, "check", str(file))
    assert code == 1
    assert [path for path in named if f"{path}: POMOST-DOC-" in out] == named, why
    assert "Wzorcowa" not in out + err
    assert "00690100011" not in out + err


def test_no_value_of_a_person_is_printed(tmp_path: Path, tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for changes in ({"entry.person.identifier": {"pesel": "00690100012"}}, {"access.key": "7" * 45}, {}):
        file = tmp_path / "f.json"
        file.write_text(json.dumps(document(changes)))
        for more in ((), ("--json",), ("--all",)):
            _, out, err = run(capsys, "check", str(file), *more)
            for secret in ("Wzorcowa", "006901000", "77777", "Prosta", "+48"):
                assert secret not in out + err


@pytest.mark.parametrize(
    ("content", "rule"), [("[]", "FHIR-READ-07"), ("{", "FHIR-READ-01"), ("<a/>", "FHIR-READ-02")]
)
def test_a_file_that_is_no_document_is_one_clear_refusal(
    content: str, rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f.json").write_text(content)
    code, out, _ = run(capsys, "check", str(tmp_path / "f.json"))
    assert (code, rule in out) == (1, True)


def test_a_document_that_asks_nothing_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "f.json").write_text("{}")
    code, _, err = run(capsys, "check", str(tmp_path / "f.json"))
    assert (code, "NOTHING_ASKED" in err) == (1, True)


@pytest.mark.parametrize("option", [("--on", "tomorrow"), ("--facility", "nowhere")])
def test_a_wrong_option_is_wrong_use(option: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", str(EXAMPLE), *option)[0] == 2


def test_the_list_has_all_133_rules_and_says_why_some_need_no_software(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "list", "--json")
    listed = json.loads(out)
    assert code == 0
    assert len(listed) == len({one["id"] for one in listed}) == 133
    assert all({"id", "title", "article", "action", "module"} <= set(one) for one in listed)
    silent = {one["id"]: one["no_code"] for one in listed if one["module"] is None}
    assert sorted(silent) == ["E-04", "I-08", "I-09", "V-13"]
    assert all(silent.values())
    by_id = {one["id"]: one for one in listed}
    assert by_id["V-03"]["action"] == ["error", "warn"]
    assert by_id["V-03"]["module"] == "adapter.domain.rules.privileged"


def test_the_list_for_people_names_each_rule_with_its_article(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "list")
    assert code == 0
    assert all(
        f"{rule.id}  {rule.title} / {rule.title_en}\n      {rule.article}\n" in out for rule in CATALOGUE.values()
    )
