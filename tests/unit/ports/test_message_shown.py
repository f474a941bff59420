"""What a message shows of itself where somebody logs it or an error quotes it: never what it says of a person."""

from __future__ import annotations

from datetime import UTC, datetime

from adapter.ports.store import Action, Destination, Message, MessageState, NewMessage, Settlement

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
SAID = {"comment": "Zdzisława Wymyślona"}
SEALED = {"pesel": "00610100006"}


def test_neither_payload_nor_what_is_sealed_is_shown() -> None:
    new = NewMessage("demo", Destination.CER, Action.SAVE_VISIT, ("visit:A1",), "C1", SAID, SEALED)
    kept = Message(
        *(7, "demo", Destination.CER, Action.SAVE_VISIT, ("visit:A1",), "C1", "M1", SAID, SEALED),
        state=MessageState.WAITING,
        attempts=0,
        created_at=NOW,
    )
    for shown in (repr(new), f"{new}", repr(kept), f"{kept}", repr([kept]), repr(Settlement(kept, kept.state, NOW))):
        assert "Message(" in shown
        assert "visit:A1" in shown
        assert not any(secret in shown for secret in (*SAID.values(), *SEALED.values())), shown
