"""What was said to an authority and answered, as lines for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from adapter.ports.wiretap import StoredExchange

INDENT = "    "
NO_ANSWER = "no answer came"


def pretty(text: str) -> str:
    """XML with one element a line; anything else as it is."""
    from lxml import etree

    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        return text
    etree.indent(root)
    return str(etree.tostring(root, encoding="unicode"))


def as_json(stored: StoredExchange) -> dict[str, Any]:
    """An exchange as an object; ``request`` and ``reply`` are masked XML."""
    heard = stored.exchange
    return {
        "id": stored.id,
        "facility": heard.facility,
        "destination": heard.destination,
        "operation": heard.operation,
        "correlation_id": heard.correlation_id,
        "message_id": heard.message_id,
        "messages": list(heard.messages),
        "asked_at": heard.asked_at.isoformat(),
        "answered_at": heard.answered_at.isoformat() if heard.answered_at else None,
        "http_status": heard.http_status,
        "outcome": heard.outcome.value,
        "code": heard.code,
        "request_bytes": heard.request_bytes,
        "reply_bytes": heard.reply_bytes,
        "unmasked": stored.has_clear,
        "request": heard.request,
        "reply": heard.reply,
    }


def headline(stored: StoredExchange) -> str:
    """One line: when, to whom, what, how it ended."""
    heard = stored.exchange
    status = f"HTTP {heard.http_status}" if heard.http_status is not None else NO_ANSWER
    code = f" ({heard.code})" if heard.code else ""
    return (
        f"{_moment(heard.asked_at)}  {heard.destination:<3}  {heard.operation:<22} {heard.outcome.value}{code}, "
        f"{status}{_took(stored)}"
    )


def lines(
    stored: StoredExchange, number: int, request: str | None = None, reply: str | None = None, *, about: int = 0
) -> Iterator[str]:
    """An exchange as people read it; ``request`` and ``reply`` in place of the masked ones.

    ``about`` is the outbox message that the reader came from: it is not named again.
    """
    heard = stored.exchange
    mark = "  [kept unmasked]" if stored.has_clear and request is None else ""
    yield f"--- {number}. {headline(stored)}{mark}"
    yield f"    facility {heard.facility}, correlation id {heard.correlation_id}, message id {heard.message_id}"
    if heard.messages not in ((), (about,)):
        yield f"    outbox {_messages(heard.messages)}"
    yield f"  said ({heard.request_bytes} bytes):"
    yield from _indented(request if request is not None else heard.request)
    if heard.reply is None:
        yield f"  {NO_ANSWER}"
        return
    yield f"  answered {_moment(heard.answered_at)} ({heard.reply_bytes} bytes):"
    yield from _indented(reply if reply is not None else heard.reply)


def _indented(text: str) -> Iterator[str]:
    for line in pretty(text).splitlines():
        yield f"{INDENT}{line}"


def _messages(messages: tuple[int, ...]) -> str:
    if len(messages) == 1:
        return f"message {messages[0]}"
    return f"{len(messages)} messages, {min(messages)} to {max(messages)}"


def _moment(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z" if at is not None else "-"


def _took(stored: StoredExchange) -> str:
    heard = stored.exchange
    if heard.answered_at is None:
        return ""
    return f", {round((heard.answered_at - heard.asked_at).total_seconds() * 1000)} ms"
