# ruff: noqa: E501 -- a table of cases is read by columns
"""RestHospital on scripted answers: what real servers do wrong, and what we make of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from adapter.errors import AdapterError, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.fhir import names
from adapter.hospital.config import HospitalConfig
from adapter.hospital.rest import RestHospital
from adapter.hospital.transport import Reply, Transport
from adapter.ports import WriteBack

BASE = "https://ehr.example/fhir"
ID = names.NATIONAL_SLOT


class Scripted(Transport):
    """Answers from a function of (method, url); keeps what was asked."""

    def __init__(self, config: HospitalConfig, answer: Callable[[str, str], Reply]) -> None:
        super().__init__(config)
        self.answer = answer
        self.asked: list[tuple[str, str, dict[str, str], bytes | None]] = []

    def call(self, method: Any, url: str, **more: Any) -> Reply:
        self.asked.append((method, url, dict(more.get("headers") or {}), more.get("body")))
        return self.answer(method, url)


def hospital(answer: Callable[[str, str], Reply], **more: Any) -> tuple[RestHospital, Scripted]:
    config = HospitalConfig("rest", url=f"{BASE}/", **more)
    http = Scripted(config, answer)
    return RestHospital(config, http), http


def reply(body: object, status: int = 200, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, headers, raw)


def slot(identity: str, version: str, at: str | None = None, **more: Any) -> dict[str, Any]:
    meta = {"versionId": version, **({"lastUpdated": at} if at else {})}
    return {"resourceType": "Slot", "id": identity, "meta": meta, "status": "free", **more}


def page(*resources: object, following: str | None = None) -> dict[str, Any]:
    links = [{"relation": "next", "url": following}] if following else []
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": links,
        "entry": [{"resource": r} for r in resources],
    }


# --- reading --------------------------------------------------------------------------------------
def test_pages_are_followed_by_absolute_and_relative_links() -> None:
    pages = {
        "Slot?": page(slot("a", "1", "2026-11-21T10:00:00Z"), following=f"{BASE}/Slot?page=2"),
        "page=2": page(slot("b", "1", "2026-11-21T10:00:01Z"), following="?page=3"),
        "page=3": page(slot("c", "1", "2026-11-21T10:00:02Z")),
    }
    made, _ = hospital(lambda _, url: reply(next(pages[key] for key in ("page=2", "page=3", "Slot?") if key in url)))
    found = list(made.changes("demo", "Slot", ""))
    assert [[one.resource_id for one in each.resources] for each in found] == [["a"], ["b"], ["c"]]
    assert [each.more for each in found] == [True, True, False]


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/fhir/Slot?page=2", "http://ehr.example/fhir/Slot", "https://ehr.example:8443/x", "file:///etc/passwd", "//evil.example/x"],
)  # fmt: skip
def test_a_next_link_to_another_server_is_never_called(elsewhere: str) -> None:
    made, http = hospital(lambda _, __: reply(page(slot("a", "1"), following=elsewhere)))
    with pytest.raises(Misconfigured):
        list(made.changes("demo", "Slot", ""))
    assert len(http.asked) == 1


def test_pages_that_go_in_a_circle_are_stopped() -> None:
    made, http = hospital(lambda _, __: reply(page(slot("a", "1"), following=f"{BASE}/Slot?page=2")))
    with pytest.raises(Misconfigured):
        list(made.changes("demo", "Slot", ""))
    assert len(http.asked) == 2


def test_pages_without_an_end_are_stopped() -> None:
    numbers = iter(range(1000))
    made, http = hospital(
        lambda _, __: reply(page(slot("a", "1"), following=f"{BASE}/Slot?page={next(numbers)}")), pages_max=7
    )
    with pytest.raises(Misconfigured):
        list(made.changes("demo", "Slot", ""))
    assert len(http.asked) == 7


def test_the_next_poll_looks_back_and_hands_over_new_versions_only() -> None:
    listed = [slot("a", "1", "2026-11-21T10:00:00Z"), slot("b", "1", "2026-11-21T10:05:00.123Z")]
    made, http = hospital(lambda _, __: reply(page(*listed)), overlap_seconds=600)
    cursor = list(made.changes("demo", "Slot", ""))[-1].cursor
    assert "_lastUpdated=" not in http.asked[0][1]

    # a transaction that began earlier becomes visible with an older time stamp, and "a" goes back in time
    listed[:] = [slot("a", "2", "2026-11-21T09:59:59Z"), slot("late", "1", "2026-11-21T10:01:00Z"), listed[1]]
    found = list(made.changes("demo", "Slot", cursor))
    assert [one.resource_id for one in found[0].resources] == ["a", "late"]
    assert "_lastUpdated=ge2026-11-21T09%3A55%3A00Z" in http.asked[1][1]


def test_more_than_a_page_with_one_time_stamp_loses_nothing() -> None:
    same = "2026-11-21T10:00:00Z"
    pages = {
        "p=2": page(slot("c", "1", same)),
        "Slot?": page(slot("a", "1", same), slot("b", "1", same), following="?p=2"),
    }
    made, _ = hospital(lambda _, url: reply(pages["p=2" if "p=2" in url else "Slot?"]))
    first = next(iter(made.changes("demo", "Slot", "")))
    rest = [one.resource_id for each in made.changes("demo", "Slot", first.cursor) for one in each.resources]
    assert rest == ["c"]


def test_a_server_that_ignores_the_order_loses_nothing_in_the_middle() -> None:
    pages = {
        "p=2": page(slot("old", "1", "2020-01-01T00:00:00Z")),
        "Slot?": page(
            slot("new", "1", "2026-11-21T10:00:00Z"), slot("mid", "1", "2026-01-01T00:00:00Z"), following="?p=2"
        ),
    }
    made, http = hospital(lambda _, url: reply(pages["p=2" if "p=2" in url else "Slot?"]))
    first = next(iter(made.changes("demo", "Slot", "")))
    rest = {one.resource_id for each in made.changes("demo", "Slot", first.cursor) for one in each.resources}
    assert "old" in rest
    assert "_lastUpdated=" not in http.asked[-2][1]


def test_a_server_that_says_that_it_did_not_sort_is_believed() -> None:
    unsorted = page(slot("new", "1", "2026-11-21T10:00:00Z"), following="?p=2")
    unsorted["link"].append({"relation": "self", "url": f"{BASE}/Slot?_count=200"})
    made, _ = hospital(lambda _, url: reply(unsorted))
    assert json.loads(next(iter(made.changes("demo", "Slot", ""))).cursor)["since"] is None


def test_long_after_the_newest_change_the_look_back_ends() -> None:
    made, http = hospital(
        lambda _, __: reply(page(slot("a", "1", "2026-11-21T10:00:00Z")), Date="Sat, 21 Nov 2026 12:00:00 GMT")
    )
    cursor = list(made.changes("demo", "Slot", ""))[-1].cursor
    list(made.changes("demo", "Slot", cursor))
    assert "_lastUpdated=ge2026-11-21T10%3A00%3A00Z" in http.asked[1][1]


def test_a_first_poll_may_begin_at_a_moment_and_stays_there_while_nothing_comes() -> None:
    listed: list[object] = []
    made, http = hospital(lambda _, __: reply(page(*listed)), overlap_seconds=120)
    since = datetime(2026, 11, 21, 10, 0, 30, tzinfo=UTC)
    cursor = list(made.changes("demo", "Patient", "", since))[-1].cursor
    cursor = list(made.changes("demo", "Patient", cursor, datetime.now(UTC)))[-1].cursor
    assert all("_lastUpdated=ge2026-11-21T09%3A58%3A30Z" in asked[1] for asked in http.asked)
    listed.append({"resourceType": "Patient", "id": "p", "meta": {"lastUpdated": "2026-11-21T12:00:00Z"}})
    list(made.changes("demo", "Patient", list(made.changes("demo", "Patient", cursor))[-1].cursor))
    assert "_lastUpdated=ge2026-11-21T11%3A58%3A00Z" in http.asked[-1][1]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_server_that_does_not_list_people_is_told_from_one_that_lists_nothing(status: int) -> None:
    made, http = hospital(lambda _, __: reply({}, status))
    with pytest.raises(Misconfigured) as refused:
        list(made.changes("demo", "Patient", ""))
    assert refused.value.setting == "hospital.poll_people"
    with pytest.raises((Misconfigured, Rejected)) as other:
        list(made.changes("demo", "Slot", ""))
    assert "patients" not in other.value.message
    asked = len(http.asked)
    made, http = hospital(lambda _, __: reply({}, status), poll_people=False)
    assert list(made.changes("demo", "Patient", "")) == []
    assert (asked, http.asked) == (2, [])


def test_a_clock_that_runs_ahead_never_skips_what_comes() -> None:
    made, _ = hospital(
        lambda _, __: reply(page(slot("a", "1", "2026-11-21T10:00:00Z")), Date="Sat, 21 Nov 2099 12:00:00 GMT")
    )
    cursor = json.loads(list(made.changes("demo", "Slot", ""))[-1].cursor)
    assert cursor["since"] <= "2026-11-21T10:00:00+00:00"


def test_a_bad_entry_comes_along_to_be_refused_by_its_reader() -> None:
    made, _ = hospital(
        lambda _, __: reply(page(slot("a", "1"), {"hello": "world"}, 5, {"resourceType": "Patient", "id": "p"}))
    )
    found = next(iter(made.changes("demo", "Slot", ""))).resources
    assert [(one.resource_type, one.resource_id) for one in found] == [("Slot", "a"), ("", ""), ("", "")]
    assert found[0].source == f"{BASE}/Slot?#entry[0]"


def test_a_resource_without_version_or_time_is_versioned_by_its_bytes() -> None:
    made, _ = hospital(lambda _, __: reply(page({"resourceType": "Slot", "id": "a"})))
    pages = list(made.changes("demo", "Slot", ""))
    assert pages[0].resources[0].version.startswith("sha256:")
    again = [one for each in made.changes("demo", "Slot", pages[-1].cursor) for one in each.resources]
    assert again == []


def test_a_stored_cursor_that_is_none_is_named() -> None:
    made, _ = hospital(lambda _, __: reply(page()))
    for cursor in ("x", "{}", '{"at": "2026-01-01T00:00:00", "id": "", "since": null, "seen": {}}'):
        with pytest.raises(Misconfigured):
            list(made.changes("demo", "Slot", cursor))


# status or body                             reading raises   writing raises    why
ANSWERS: list[tuple[Reply, type[AdapterError], type[AdapterError], str]] = [
    (reply({}, 400), Rejected, Rejected, "bad request"),
    (reply({}, 401), Misconfigured, Misconfigured, "not let in"),
    (reply({}, 403), Misconfigured, Misconfigured, "not allowed"),
    (reply({}, 404), Misconfigured, Rejected, "unknown type"),
    (reply({}, 422), Rejected, Rejected, "refused"),
    (reply({}, 429), Unavailable, Unavailable, "too many requests"),
    (reply({}, 500), Unavailable, InDoubt, "failed, perhaps after the commit"),
    (reply({}, 502), Unavailable, InDoubt, "the proxy lost the server"),
    (reply({}, 503), Unavailable, Unavailable, "not taken"),
    (reply({}, 504), Unavailable, InDoubt, "the proxy waited too long"),
    (reply({}, 302, Location="https://login.example"), Misconfigured, Misconfigured, "a redirect"),
]


@pytest.mark.parametrize("case", ANSWERS, ids=[row[3] for row in ANSWERS])
def test_statuses_are_sorted_by_what_should_happen_next(
    case: tuple[Reply, type[AdapterError], type[AdapterError], str],
) -> None:
    answer, on_read, on_write, _ = case
    reading, _ = hospital(lambda _, __: answer)
    with pytest.raises(on_read):
        list(reading.changes("demo", "Slot", ""))
    writing, _ = hospital(lambda method, _: reply(slot("a", "1"), ETag='W/"1"') if method == "GET" else answer)
    with pytest.raises(on_write):
        writing.write_back("demo", WriteBack("Slot", "a", status="busy"))


BODIES = [
    (b"<html>log in</html>", Misconfigured, "a web page"),
    (b'{"resourceType": "Bundle", "entry": [', Unavailable, "cut short"),
    (b'{"resourceType": "OperationOutcome"}', Misconfigured, "no Bundle"),
    (b"", Unavailable, "nothing"),
]


@pytest.mark.parametrize(("body", "error", "why"), BODIES, ids=[row[2] for row in BODIES])
def test_an_answer_that_is_no_list_is_an_error(body: bytes, error: type[AdapterError], why: str) -> None:
    made, _ = hospital(lambda _, __: reply(body))
    with pytest.raises(error):
        list(made.changes("demo", "Slot", ""))


def test_reading_one_checks_that_it_is_the_one() -> None:
    made, _ = hospital(lambda _, __: reply(slot("b", "1")))
    with pytest.raises(Unavailable):
        made.read("demo", "Slot", "a")
    gone, _ = hospital(lambda _, __: reply({}, 410))
    assert gone.read("demo", "Slot", "a") is None


def test_a_search_that_ignores_identifier_finds_nothing_wrong() -> None:
    other = slot("x", "1", identifier=[{"system": ID, "value": "other"}])
    right = slot("y", "1", identifier=[{"system": ID, "value": "S-1"}])
    made, http = hospital(lambda _, __: reply(page(other, right)))
    found = made.find("demo", "Slot", ID, "S-1")
    assert found is not None
    assert found.resource_id == "y"
    assert made.find("demo", "Slot", ID, "a,b|c$") is None
    assert http.asked[1][1].endswith("%7Ca%5C%2Cb%5C%7Cc%5C%24")


def test_two_resources_with_one_identifier_are_refused() -> None:
    both = [slot(name, "1", identifier=[{"system": ID, "value": "S-1"}]) for name in ("x", "y")]
    made, _ = hospital(lambda _, __: reply(page(*both)))
    with pytest.raises(Rejected):
        made.find("demo", "Slot", ID, "S-1")


# --- writing --------------------------------------------------------------------------------------
def test_an_etag_is_sent_back_as_it_came() -> None:
    made, http = hospital(lambda method, _: reply(slot("a", "1"), ETag='W/"7f9c-uuid"'))
    made.write_back("demo", WriteBack("Slot", "a", status="busy"))
    assert http.asked[1][2]["If-Match"] == 'W/"7f9c-uuid"'


def test_without_etag_the_version_stands_in_and_without_both_nothing_is_written() -> None:
    made, http = hospital(lambda method, _: reply(slot("a", "3")))
    made.write_back("demo", WriteBack("Slot", "a", status="busy"))
    assert http.asked[1][2]["If-Match"] == 'W/"3"'
    bare, quiet = hospital(lambda method, _: reply({"resourceType": "Slot", "id": "a"}))
    with pytest.raises(Misconfigured):
        bare.write_back("demo", WriteBack("Slot", "a", status="busy"))
    assert [one[0] for one in quiet.asked] == ["GET"]


@pytest.mark.parametrize(("status", "error"), [(412, Unavailable), (409, Rejected)])
def test_a_conflict_is_tried_again_so_many_times(status: int, error: type[AdapterError]) -> None:
    made, http = hospital(
        lambda method, _: reply(slot("a", "1"), ETag="x") if method == "GET" else reply({}, status),
        conflict_attempts_max=4,
    )
    with pytest.raises(error):
        made.write_back("demo", WriteBack("Slot", "a", status="busy"))
    assert [one[0] for one in http.asked] == ["GET", "PUT"] * 4


def test_only_what_was_asked_for_changes_and_decimals_keep_their_digits() -> None:
    raw = b'{"resourceType":"Slot","id":"a","meta":{"versionId":"1"},"extension":[{"url":"x","valueDecimal":1.50}],"status":"free","comment":"z\xc5\x82"}'
    made, http = hospital(lambda method, _: reply(raw, ETag="x"))
    change = WriteBack(
        "Slot", "a", identifiers=((ID, "S-1"),), status="busy", elements={"comment": None, "overbooked": True}
    )
    made.write_back("demo", change)
    sent = http.asked[1][3] or b""
    assert b'"valueDecimal":1.50' in sent
    expected = {
        **json.loads(raw),
        "status": "busy",
        "overbooked": True,
        "identifier": [{"system": ID, "value": "S-1"}],
    }
    expected.pop("comment")
    assert json.loads(sent) == expected


def test_our_identifier_replaces_the_older_one_and_leaves_the_hospitals() -> None:
    theirs = {"system": "http://his.example/slot", "value": "17"}
    made, http = hospital(lambda _, __: reply(slot("a", "1", identifier=[theirs, {"system": ID, "value": "old"}])))
    made.write_back("demo", WriteBack("Slot", "a", identifiers=((ID, "new"),)))
    assert json.loads(http.asked[1][3] or b"")["identifier"] == [theirs, {"system": ID, "value": "new"}]


def test_a_create_without_a_body_in_the_answer_is_read_by_its_location() -> None:
    def answer(method: str, url: str) -> Reply:
        if method == "POST":
            return reply(b"", 201, Location=f"{BASE}/Appointment/77/_history/1")
        if "identifier=" in url:
            return reply(page())
        return reply({"resourceType": "Appointment", "id": "77", "meta": {"versionId": "1"}})

    made, http = hospital(answer)
    done = made.write_back(
        "demo", WriteBack("Appointment", None, body={"status": "booked"}, if_none_exist=f"{names.NATIONAL_VISIT}|V-1")
    )
    assert done.resource_id == "77"
    assert [one[0] for one in http.asked] == ["GET", "POST", "GET"]
    assert http.asked[1][2]["If-None-Exist"].startswith("identifier=https%3A%2F%2Fpomost.example")


def test_a_create_whose_answer_names_nothing_is_in_doubt() -> None:
    made, _ = hospital(lambda method, url: reply(b"<html/>", 201) if method == "POST" else reply(page()))
    with pytest.raises(InDoubt):
        made.write_back("demo", WriteBack("Appointment", None, body={"status": "booked"}))


def test_a_change_whose_answer_is_no_resource_is_read_again() -> None:
    made, http = hospital(lambda method, _: reply(b"ok") if method == "PUT" else reply(slot("a", "1"), ETag="x"))
    assert made.write_back("demo", WriteBack("Slot", "a", status="busy")).resource_id == "a"
    assert [one[0] for one in http.asked] == ["GET", "PUT", "GET"]


@pytest.mark.parametrize("identity", ["../admin", "a/b", "", "a?b", "x" * 65])
def test_an_id_that_is_none_never_reaches_an_address(identity: str) -> None:
    made, http = hospital(lambda _, __: reply({}))
    with pytest.raises(Rejected):
        made.read("demo", "Slot", identity)
    assert http.asked == []
