"""Every trouble that can be asked for, seen from the client's side, and what the authority did meanwhile."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from urllib.parse import urlsplit

import pytest
from acceptance.simulator.wire import DS, PESELS, Client
from lxml import etree

from adapter.errors import BadInput
from adapter.simulator.answers import FAULT_MAJORS, FAULT_MINORS, Refusal
from adapter.simulator.app import Simulator
from adapter.simulator.trouble import KINDS

NO_ANSWER = (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError, http.client.IncompleteRead)
ANNA = {"pesel": PESELS[0], "given": "Anna", "family": "Testowa"}
SEEN_HERE = {
    "refused",
    "unavailable",
    "slow",
    "request-lost",
    "reply-lost",
    "reply-twice",
    "processed-twice",
    "malformed-reply",
    "unsigned-reply",
    "tampered-reply",
    "fault",
    "fault-after",
    "block-not-applied",
    "block-ignored",
    "capacity-ignored",
}


def test_all_troubles_are_tested_here() -> None:
    assert set(KINDS) == SEEN_HERE


@pytest.fixture
def slot(client: Client) -> str:
    return client.put("a")[0]


@pytest.mark.parametrize("system", ["cer", "p1"])
def test_a_closed_port_refuses_until_it_is_opened(client: Client, simulator: Simulator, system: str) -> None:
    port = urlsplit(getattr(simulator.urls, system)).port
    simulator.admin.trouble("refused", system=system, count=None)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    other = "p1" if system == "cer" else "cer"
    assert client.post(b"x", "", system=other).status == 500, "the other one is up"
    simulator.admin.clear_troubles()
    assert client.post(b"x", "", system=system).status == 500


def test_a_number_of_connections_is_dropped_before_tls(client: Client, simulator: Simulator) -> None:
    simulator.admin.trouble("refused", count=2)
    for _ in range(2):
        with pytest.raises(NO_ANSWER):
            client.list_slots()
    assert client.list_slots().result == "Sukces"


def test_an_open_connection_is_closed_when_the_port_is(client: Client, simulator: Simulator) -> None:
    """So that a pooled connection cannot outlive an outage."""
    port = urlsplit(simulator.urls.cer).port
    with (
        socket.create_connection(("localhost", port), timeout=5) as raw,
        client.tls().wrap_socket(raw, server_hostname="localhost") as connection,
    ):
        connection.sendall(b"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(1000)
        simulator.admin.trouble("refused", count=None)
        try:
            closed = connection.recv(1000) == b""
        except OSError:
            closed = True
    simulator.admin.clear_troubles()
    assert closed


def test_unavailable_is_503_without_soap(client: Client, simulator: Simulator, slot: str) -> None:
    simulator.admin.trouble("unavailable")
    answer = client.save_visit(slot)
    assert (answer.status, b"Envelope" in answer.raw) == (503, False)
    assert simulator.admin.visits() == []
    assert client.save_visit(slot).result == "Sukces"


def test_slow_takes_its_time(client: Client, simulator: Simulator) -> None:
    simulator.admin.trouble("slow", seconds=0.3)
    begin = time.monotonic()
    assert client.list_slots().result == "Sukces"
    assert time.monotonic() - begin >= 0.3


@pytest.mark.parametrize(("kind", "visits"), [("request-lost", 0), ("reply-lost", 1)])
def test_no_answer_comes(client: Client, simulator: Simulator, slot: str, kind: str, visits: int) -> None:
    """Seen from outside the two are the same; only a read-back tells."""
    simulator.admin.trouble(kind, operation="save_visit")
    assert client.list_slots().result == "Sukces", "another operation is not hit"
    with pytest.raises(NO_ANSWER):
        client.save_visit(slot, "v-1")
    assert len(simulator.admin.visits()) == visits
    listed = client.list_slots().texts("identyfikatorObcy")
    assert ("v-1" in listed) is bool(visits)


def test_a_message_may_be_processed_twice(client: Client, simulator: Simulator) -> None:
    slot = client.put("a", kind="KONTYNUACJA", capacity=2)[0]
    simulator.admin.trouble("processed-twice")
    assert client.save_visit(slot).result == "Sukces"
    assert len(simulator.admin.visits()) == 2
    counters = simulator.admin.counters()
    assert (counters["received"]["zapiszWizyte"], counters["done"]["zapiszWizyte"]) == (1, 2)


def test_the_bytes_of_an_answer_may_come_twice(client: Client, simulator: Simulator) -> None:
    simulator.admin.trouble("reply-twice")
    raw = client.message("pobierzZmianyWizyt", "")
    url = urlsplit(simulator.urls.cer)
    with (
        socket.create_connection(("localhost", url.port), timeout=5) as bare,
        client.tls().wrap_socket(bare, server_hostname="localhost") as connection,
    ):
        head = (
            f"POST {url.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
            f"SOAPAction: urn:pobierzZmianyWizyt\r\nContent-Length: {len(raw)}\r\n\r\n"
        )
        connection.sendall(head.encode() + raw)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_a_malformed_answer(client: Client, simulator: Simulator, slot: str) -> None:
    simulator.admin.trouble("malformed-reply")
    answer = client.save_visit(slot)
    assert answer.status == 200
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(answer.raw)
    assert len(simulator.admin.visits()) == 1


def test_an_unsigned_answer(client: Client, simulator: Simulator, slot: str) -> None:
    simulator.admin.trouble("unsigned-reply")
    answer = client.save_visit(slot)
    assert (answer.result, answer.root.find(f".//{{{DS}}}Signature")) == ("Sukces", None)
    assert len(simulator.admin.visits()) == 1


def test_a_tampered_answer(client: Client, simulator: Simulator, slot: str) -> None:
    simulator.admin.trouble("tampered-reply")
    answer = client.save_visit(slot)
    assert answer.result == "Sukcez"
    assert answer.root.find(f".//{{{DS}}}Signature") is not None


@pytest.mark.parametrize("system", ["cer", "p1"])
@pytest.mark.parametrize("major", FAULT_MAJORS)
def test_a_fault_of_each_major_code(client: Client, simulator: Simulator, system: str, major: str) -> None:
    simulator.admin.trouble("fault", system=system, major=major)
    answer = client.post(b"whatever", "urn:x", system=system)
    assert answer.status == 500
    assert answer.text("kodBleduMajor") == f"urn:csioz:p1:kodBleduMajor:{major}"


@pytest.mark.parametrize("minor", FAULT_MINORS)
def test_a_fault_of_each_minor_code(client: Client, simulator: Simulator, slot: str, minor: str) -> None:
    simulator.admin.trouble("fault", minor=minor)
    assert client.save_visit(slot).result == minor
    assert simulator.admin.visits() == []


def test_a_fault_after_the_work_was_done(client: Client, simulator: Simulator, slot: str) -> None:
    simulator.admin.trouble("fault-after", major="przekroczonyCzas")
    assert client.save_visit(slot).result == "przekroczonyCzas"
    assert len(simulator.admin.visits()) == 1


def test_a_block_acknowledged_but_not_applied(client: Client, simulator: Simulator, slot: str) -> None:
    simulator.admin.trouble("block-not-applied")
    block = f"<identyfikatorSlotu>{slot}</identyfikatorSlotu><status>ZABLOKOWANY</status>"
    assert client.call("edytujSlot", block).result == "Sukces"
    assert client.list_slots().text("status") == "WOLNY", "only a read-back shows it"
    assert client.call("edytujSlot", block).result == "Sukces"
    assert client.list_slots().text("status") == "ZABLOKOWANY"


def test_a_visit_saved_on_a_blocked_slot(client: Client, simulator: Simulator) -> None:
    client.put("a", status="ZABLOKOWANY")
    with pytest.raises(Refusal):
        simulator.admin.patient_books("a", ANNA)
    simulator.admin.trouble("block-ignored", operation="ikp")
    assert simulator.admin.patient_books("a", ANNA)
    listed = client.list_slots()
    assert (listed.texts("status"), listed.text("zrodlo")) == (["ZABLOKOWANY", "ZAPISANA"], "PACJENT")
    with pytest.raises(Refusal):
        simulator.admin.patient_books("a", {**ANNA, "pesel": PESELS[1]})


def test_two_visits_on_one_slot(client: Client, simulator: Simulator, slot: str) -> None:
    client.save_visit(slot, "v-1", PESELS[1])
    simulator.admin.trouble("capacity-ignored", operation="ikp")
    assert simulator.admin.patient_books("a", ANNA)
    listed = client.list_slots()
    assert (listed.texts("status"), listed.text("pojemnosc")) == (["ZAJETY", "ZAPISANA", "ZAPISANA"], "1")


def test_what_cannot_be_asked_for(simulator: Simulator) -> None:
    for wrong in (
        {"kind": "flood"},
        {"kind": "slow", "system": "nfz"},
        {"kind": "slow", "operation": "no_such_verb"},
        {"kind": "slow", "count": 0},
    ):
        with pytest.raises(BadInput):
            simulator.admin.trouble(**wrong)  # type: ignore[arg-type]
    assert simulator.admin.troubles() == []
