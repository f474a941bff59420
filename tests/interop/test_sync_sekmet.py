"""``pomost sync --from FHIR`` as a process of its own, on sekmet-fhir, a FHIR server that nobody here wrote.

A relay stands between the two, so that the tests see every request and can let a clerk be quicker.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from installation import Installation, Ran, installation

from adapter.cli.demo.clinic import cancelled
from adapter.fhir import names

__all__ = ["installation"]

pytestmark = pytest.mark.interop

SLOTS = 8
HOP_BY_HOP = {"connection", "content-length", "transfer-encoding", "host", "keep-alive", "date", "server"}


@dataclass
class Relay:
    """Passes requests on to sekmet. ``before`` is called once, just before the first PUT to ``path`` goes on."""

    upstream: str
    url: str = ""
    path: str = ""
    before: Callable[[], object] | None = None
    writes: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Method, path, If-Match and the answer's status of every write, in order."""

    def passed_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> requests.Response:
        if method == "PUT" and self.before is not None and path == self.path:
            act, self.before = self.before, None
            act()
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, self.upstream + path, headers=headers, data=body, timeout=30)
        if method != "GET":
            self.writes.append((method, path, headers.get("If-Match", ""), answer.status_code))
        return answer


@pytest.fixture
def relay(sekmet: Any) -> Iterator[Relay]:
    made = Relay(sekmet.base_url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            given = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            answer = made.passed_on(self.command, self.path.removeprefix("/fhir"), given, body)
            here = answer.content.replace(made.upstream.encode(), made.url.encode())
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in HOP_BY_HOP | {"content-encoding"}:
                    self.send_header(name, value.replace(made.upstream, made.url))
            self.send_header("Content-Length", str(len(here)))
            self.end_headers()
            self.wfile.write(here)

        do_PUT = do_POST = do_GET  # noqa: N815  # the standard library's names

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/fhir"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


@dataclass
class Clerk:
    """The hospital: its clerk works on sekmet, its Pomost reads it."""

    sekmet: Any
    pomost: Installation
    relay: Relay

    def saves(self, *resources: dict[str, Any]) -> None:
        for resource in resources:
            self.sekmet.put(resource)

    def opens_a_day(self) -> None:
        clinic = self.pomost.clinic
        self.saves(*clinic.schedules(), *(clinic.slot("dr-lis", 3, number) for number in range(SLOTS)))

    def sync(self, code: int = 0, *, process: bool = False) -> Ran:
        """One pass; in this process unless told, for a process takes two seconds to begin."""
        command = self.pomost.run if process else self.pomost.call
        done = command("sync", "--from", "FHIR", "--json")
        assert done.code == code, done.out + done.err
        return done

    def now(self, reference: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sekmet.get(*reference.split("/"))
        return found

    def version(self, reference: str) -> int:
        return int(self.now(reference)["meta"]["versionId"])

    def visits(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.pomost.admin.visits()
        return found

    def in_cer(self) -> str:
        """The authorities' books, without their clock and counters."""
        state = self.pomost.admin.state()
        return json.dumps({name: state[name] for name in ("slots", "visits", "waiting_room", "referrals", "feed")})

    def in_ehr(self) -> str:
        """The EHR's books, with versions."""
        return json.dumps([self.sekmet.all(kind) for kind in ("Appointment", "Slot", "ServiceRequest", "Patient")])

    def referral(self, person: int) -> dict[str, Any]:
        pesel = self.pomost.person(person)["pesel"]
        return next(dict(one) for one in self.pomost.admin.referrals() if one["person"] == pesel)


@pytest.fixture
def clerk(sekmet: Any, relay: Relay, installation: Installation) -> Clerk:
    installation.facility["hospital"] = {"kind": "rest", "url": relay.url, "page_size": 5}
    installation.configure()
    return Clerk(sekmet, installation, relay)


def identifiers(resource: dict[str, Any]) -> dict[str, str]:
    return {one["system"]: one["value"] for one in resource.get("identifier", [])}


def test_slots_are_published_a_visit_is_booked_and_both_come_back_with_their_national_ids(clerk: Clerk) -> None:
    clerk.opens_a_day()
    versions = {f"Slot/{one['id']}": int(one["meta"]["versionId"]) for one in clerk.sekmet.all("Slot")}
    first = clerk.sync(process=True).json["demo"]
    assert first["received"] == 3 + SLOTS
    published = {one["reference"]: one for one in clerk.pomost.admin.slots()}
    assert set(published) == {f"dr-lis-d03-s{number}" for number in range(SLOTS)}
    for reference, slot in published.items():
        shown = clerk.now(f"Slot/{reference}")
        assert identifiers(shown)[names.NATIONAL_SLOT] == slot["id"]
        assert int(shown["meta"]["versionId"]) == versions[f"Slot/{reference}"] + 1

    clerk.saves(*clerk.pomost.booking("visit-1", 0, 0))
    saved = clerk.version("Appointment/visit-1")
    clerk.sync(process=True)
    (visit,) = clerk.visits()
    assert (visit["reference"], visit["state"]) == ("visit-1", "saved")
    assert clerk.referral(0)["state"] == "with-provider"
    appointment = clerk.now("Appointment/visit-1")
    assert appointment["status"] == "booked"
    assert identifiers(appointment)[names.NATIONAL_VISIT] == visit["id"]
    assert clerk.version("Appointment/visit-1") == saved + 1
    assert clerk.referral(0)["number"] in identifiers(clerk.now("ServiceRequest/referral-1")).values()
    puts = [write for write in clerk.relay.writes if write[0] == "PUT"]
    assert all(if_match and status == 200 for _, _, if_match, status in puts), puts


def test_a_second_pass_changes_nothing_on_any_side(clerk: Clerk) -> None:
    clerk.opens_a_day()
    clerk.saves(*clerk.pomost.booking("visit-1", 0, 0))
    clerk.sync()
    clerk.sync()  # takes our own write-backs in
    writes, in_cer, in_ehr = len(clerk.relay.writes), clerk.in_cer(), clerk.in_ehr()
    done = clerk.sync().json["demo"]
    assert (done["received"], [each["delivered"] for each in done["delivered"]]) == (0, [0, 0])
    assert len(clerk.relay.writes) == writes
    assert (clerk.in_cer(), clerk.in_ehr()) == (in_cer, in_ehr)


def test_a_clerk_who_is_quicker_than_our_put_loses_nothing_and_neither_do_we(clerk: Clerk) -> None:
    clerk.opens_a_day()
    clerk.sync()
    booking = clerk.pomost.booking("visit-1", 0, 0)
    clerk.saves(*booking)
    saved = clerk.version("Appointment/visit-1")
    clerk.relay.path = "/Appointment/visit-1"
    clerk.relay.before = lambda: clerk.saves(booking[2] | {"comment": "a note by the clerk"})
    clerk.sync(process=True)
    puts = [write[2:] for write in clerk.relay.writes if write[:2] == ("PUT", "/Appointment/visit-1")]
    assert [status for _, status in puts] == [412, 200]
    assert puts[0][0] != puts[1][0]
    appointment = clerk.now("Appointment/visit-1")
    (visit,) = clerk.visits()
    assert appointment["comment"] == "a note by the clerk"
    assert identifiers(appointment)[names.NATIONAL_VISIT] == visit["id"]
    assert clerk.version("Appointment/visit-1") == saved + 2
    clerk.sync()
    assert len(clerk.visits()) == 1


def test_a_booking_in_ikp_becomes_an_appointment_with_a_new_patient_and_a_cancellation_ends_it(clerk: Clerk) -> None:
    clerk.opens_a_day()
    clerk.sync()
    visit = clerk.pomost.admin.patient_books("dr-lis-d03-s1", clerk.pomost.person(4))
    clerk.sync()
    (appointment,) = clerk.sekmet.all("Appointment")
    (patient,) = clerk.sekmet.all("Patient")
    assert identifiers(appointment)[names.NATIONAL_VISIT] == visit
    assert (appointment["status"], appointment["slot"]) == ("booked", [{"reference": "Slot/dr-lis-d03-s1"}])
    assert appointment["participant"][0]["actor"]["reference"] == f"Patient/{patient['id']}"
    assert identifiers(patient)[names.PESEL] == clerk.pomost.person(4)["pesel"]
    assert clerk.now("Slot/dr-lis-d03-s1")["status"] == "busy"
    clerk.sync()
    assert [one["id"] for one in clerk.visits()] == [visit], "what we brought is not saved a second time"

    clerk.pomost.admin.patient_cancels(visit)
    clerk.sync()
    (appointment,) = clerk.sekmet.all("Appointment")
    assert appointment["status"] == "cancelled"
    assert clerk.now("Slot/dr-lis-d03-s1")["status"] == "free"
    clerk.sync()
    assert len(clerk.sekmet.all("Patient")) == 1


def test_a_cancellation_by_the_clerk_gives_the_referral_back(clerk: Clerk) -> None:
    clerk.opens_a_day()
    booking = clerk.pomost.booking("visit-1", 0, 0)
    clerk.saves(*booking)
    clerk.sync()
    known = clerk.now("Appointment/visit-1")
    clerk.saves(known | {"status": "cancelled"} | cancelled("pat"))
    clerk.sync()
    assert [visit["state"] for visit in clerk.visits()] == ["cancelled"]
    assert clerk.referral(0)["state"] == "issued"


def test_a_bad_status_that_sekmet_takes_is_quarantined_alone(clerk: Clerk) -> None:
    clerk.opens_a_day()
    clerk.saves(clerk.pomost.clinic.slot("dr-lis", 4, 0, "occupied"), clerk.pomost.clinic.slot("dr-lis", 4, 1))
    done = clerk.sync(code=1).json["demo"]
    assert (done["taken"]["taken"], done["taken"]["quarantined"]) == (3 + SLOTS + 1, 1)
    assert len(clerk.pomost.admin.slots()) == SLOTS + 1
    (entry,) = clerk.pomost.call("inbox", "list", "--state", "quarantined", "--json").json
    assert entry["received"]["resource_id"] == "dr-lis-d04-s0"
    assert [(one["path"], one["rule"]) for one in entry["problems"]] == [("Slot.status", "FHIR-SLOT-01")]
    clerk.saves(clerk.pomost.clinic.slot("dr-lis", 4, 0))
    clerk.sync()
    assert len(clerk.pomost.admin.slots()) == SLOTS + 2


def test_a_server_that_is_down_is_exit_4_and_cer_is_asked_all_the_same(clerk: Clerk) -> None:
    clerk.opens_a_day()
    clerk.sync()
    clerk.pomost.admin.patient_books("dr-lis-d03-s1", clerk.pomost.person(4))
    clerk.pomost.facility["hospital"]["url"] = "http://127.0.0.1:9/fhir"
    clerk.pomost.configure()
    done = clerk.sync(code=4).json["demo"]
    assert done["pulled"]["brought"] == 1
    assert done["waiting"] > 0
    assert "receive" in done["problems"]
    clerk.pomost.facility["hospital"]["url"] = clerk.relay.url
    clerk.pomost.configure()
    clerk.pomost.rows("UPDATE outbox_pause SET until = now()")
    clerk.sync()
    assert len(clerk.sekmet.all("Appointment")) == 1
