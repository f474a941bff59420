"""The wiretap beside a call: it hears every try to its end, and no call ever waits or fails for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from adapter.errors import AdapterError, BadInput, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.ports import CallContext
from adapter.ports.wiretap import Exchange, Outcome
from adapter.soap import wiretap as module
from adapter.soap.masking import Names, Place
from adapter.soap.places import Masks
from adapter.soap.wire import BoundOperation
from adapter.soap.wiretap import Heard, Wiretap, listening

OPERATION = BoundOperation("cer", "save_visit", "zapisz", "urn:zapisz")
CONTEXT = CallContext("demo", "correlation", "message", messages=(7,))
MASKS = Masks(Names({}, {}, {}), {"save_visit": Place()}, {"save_visit": Place()})
REQUEST, REPLY = b"<a>80611512345</a>", b"<b>80611512345</b>"


@dataclass
class Shelf:
    """Keeps exchanges; says no as often as it is told to."""

    kept: list[Exchange] = field(default_factory=list)
    refusals: list[AdapterError] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def keep(self, exchanges: Sequence[Exchange]) -> None:
        assert self.gate.wait(10)
        if self.refusals:
            raise self.refusals.pop()
        self.kept += exchanges


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.gate.set()
    return shelf


def heard_by(wiretap: Wiretap, request: bytes = REQUEST) -> Heard:
    return wiretap.hear(CONTEXT, OPERATION, request)


def open_wiretap(clock: object, shelf: Shelf, **limits: int) -> Wiretap:
    wiretap = Wiretap(lambda channel: MASKS, clock, **limits)  # type: ignore[arg-type]
    wiretap.start(shelf)
    return wiretap


def test_a_call_is_kept_with_its_ids_times_and_both_sides_masked(clock: object, shelf: Shelf) -> None:
    wiretap = open_wiretap(clock, shelf)
    heard = heard_by(wiretap)
    heard.answered(200, REPLY, "text/xml", clock.now())  # type: ignore[attr-defined]
    heard.end(Outcome.ANSWERED)
    wiretap.close()
    (kept,) = shelf.kept
    assert (kept.facility, kept.destination, kept.operation) == ("demo", "cer", "save_visit")
    assert (kept.correlation_id, kept.message_id, kept.messages) == ("correlation", "message", (7,))
    assert (kept.http_status, kept.outcome, kept.request_bytes, kept.reply_bytes) == (200, "answered", 18, 18)
    assert "80611512345" not in f"{kept.request}{kept.reply}{kept!r}"
    assert (kept.clear_request, kept.clear_reply) == (REQUEST, REPLY)


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (Rejected("no", result_code="urn:kod"), Outcome.REFUSED, "urn:kod"),
        (BadInput("no", code="REQUEST_INVALID"), Outcome.REFUSED, "REQUEST_INVALID"),
        (Unavailable("away", code="EXCHANGE_NOT_SENT"), Outcome.UNAVAILABLE, "EXCHANGE_NOT_SENT"),
        (InDoubt("lost", code="EXCHANGE_LOST"), Outcome.IN_DOUBT, "EXCHANGE_LOST"),
        (Misconfigured("wrong", code="CERTIFICATE_EXPIRED"), Outcome.MISCONFIGURED, "CERTIFICATE_EXPIRED"),
    ],
)
def test_a_try_that_fails_says_how_and_the_error_goes_on(
    clock: object, shelf: Shelf, error: AdapterError, outcome: Outcome, code: str
) -> None:
    wiretap = open_wiretap(clock, shelf)
    with pytest.raises(type(error)), listening(heard_by(wiretap)):
        raise error
    wiretap.close()
    (kept,) = shelf.kept
    assert (kept.outcome, kept.code, kept.reply, kept.answered_at, kept.http_status) == (
        outcome,
        code,
        None,
        None,
        None,
    )


def test_a_program_that_stops_in_the_middle_is_on_record(clock: object, shelf: Shelf) -> None:
    wiretap = open_wiretap(clock, shelf)
    with pytest.raises(KeyboardInterrupt), listening(heard_by(wiretap)):
        raise KeyboardInterrupt
    wiretap.close()
    assert [each.outcome for each in shelf.kept] == [Outcome.FAILED]


def test_only_the_first_word_on_an_outcome_counts(clock: object, shelf: Shelf) -> None:
    wiretap = open_wiretap(clock, shelf)
    heard = heard_by(wiretap)
    heard.end(Outcome.IN_DOUBT, "REPLY_UNREADABLE")
    heard.end(Outcome.ANSWERED)
    wiretap.close()
    assert [each.code for each in shelf.kept] == ["REPLY_UNREADABLE"]


def test_a_store_that_is_away_for_a_moment_loses_nothing(
    clock: object, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    shelf.refusals = [Unavailable("the database does not answer")] * (module.KEEP_ATTEMPTS - 1)
    wiretap = open_wiretap(clock, shelf)
    heard_by(wiretap).end(Outcome.ANSWERED)
    wiretap.close()
    assert (len(shelf.kept), wiretap.lost) == (1, 0)


def test_a_store_that_stays_away_is_counted_and_logged_and_no_call_hears_of_it(
    clock: object, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    shelf.refusals = [Unavailable("the database does not answer")] * module.KEEP_ATTEMPTS
    wiretap = open_wiretap(clock, shelf)
    heard_by(wiretap).end(Outcome.ANSWERED)
    wiretap.close()
    assert (shelf.kept, wiretap.lost) == ([], 1)
    assert "the wiretap lost 1 exchange(s): the database does not answer" in caplog.text


def test_a_full_line_loses_what_does_not_fit_and_makes_nobody_wait(clock: object, shelf: Shelf) -> None:
    shelf.gate.clear()
    wiretap = open_wiretap(clock, shelf, waiting_bytes_max=100)
    for _ in range(30):
        heard_by(wiretap, b"x" * 40).end(Outcome.ANSWERED)
    assert wiretap.lost >= 26
    shelf.gate.set()
    wiretap.close()
    assert len(shelf.kept) + wiretap.lost == 30


def test_a_mask_that_breaks_ends_no_call_and_the_next_one_is_heard(
    clock: object, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [LookupError("p1"), None]
    died = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda args: died.set())

    def masks(channel: str) -> Masks:
        error = broken.pop(0)
        if error is not None:
            raise error
        return MASKS

    wiretap = Wiretap(masks, clock)  # type: ignore[arg-type]
    wiretap.start(shelf)
    heard_by(wiretap).end(Outcome.ANSWERED)
    assert died.wait(10)
    assert wiretap._thread is not None
    wiretap._thread.join(10)
    heard_by(wiretap).end(Outcome.ANSWERED)
    wiretap.close()
    assert (len(shelf.kept), wiretap.lost) == (1, 1)


def test_more_than_the_limit_of_a_message_is_cut(clock: object, shelf: Shelf) -> None:
    wiretap = open_wiretap(clock, shelf, message_bytes_max=50)
    said = b"<a>" + b"<b>x</b>" * 100 + b"</a>"
    heard_by(wiretap, said).end(Outcome.ANSWERED)
    wiretap.close()
    (kept,) = shelf.kept
    assert f"cut; {len(said)} bytes in all" in kept.request
    assert (kept.request_bytes, len(kept.clear_request)) == (len(said), 50)


def test_nobody_listens_before_the_start_and_after_the_end(clock: object, shelf: Shelf) -> None:
    wiretap = Wiretap(lambda channel: MASKS, clock)  # type: ignore[arg-type]
    heard_by(wiretap).end(Outcome.ANSWERED)
    wiretap.start(shelf)
    wiretap.close()
    heard_by(wiretap).end(Outcome.ANSWERED)
    assert (shelf.kept, wiretap.lost) == ([], 0)
