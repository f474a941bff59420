"""A channel that answers what a test tells it, and words of the contracts that tests need."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from adapter.ports import CallContext
from adapter.soap.wire import Answer, BoundOperation

NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
CONTEXT = CallContext("demo", "correlation-1", "message-1")
SUCCESS = "urn:csioz:p1:kod:major:Sukces"
CER = "urn:pomost:reconstruction:cer:v1"
WS = "http://csioz.gov.pl/p1/eskierowanie/ws/v20180509"
MT = "http://csioz.gov.pl/p1/eskierowanie/mt/v20180509"
WSP = "http://csioz.gov.pl/p1/wspolne/mt/v20180509"


@dataclass
class HeldClock:
    """Time that stands."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


@dataclass
class ToldChannel:
    """Keeps what it was given and answers with the XML it was told."""

    reply: str = ""
    sent: list[etree._Element] = field(default_factory=list)
    operations: list[BoundOperation] = field(default_factory=list)
    writes: list[bool] = field(default_factory=list)

    def exchange(
        self, context: CallContext, operation: BoundOperation, content: etree._Element, *, write: bool
    ) -> Answer:
        self.sent.append(content)
        self.operations.append(operation)
        self.writes.append(write)
        raw = self.reply.encode()
        return Answer(etree.fromstring(raw), raw)


def cer_reply(operation: str, inside: str = "", *, major: str = SUCCESS, minor: str = "") -> str:
    """A reply of CeR: ``operation`` with a capital, what stands before the result."""
    small = f"<minor>{minor}</minor>" if minor else ""
    return (
        f'<{operation}Response xmlns="{CER}"><czasSerwera>2026-11-21T11:00:01+01:00</czasSerwera>{inside}'
        f"<wynik><major>{major}</major>{small}</wynik></{operation}Response>"
    )


def p1_reply(operation: str, inside: str = "", *, major: str = SUCCESS, minor: str = "") -> str:
    """A reply of P1: ``operation`` with a capital, what stands before the result (prefixes ws, mt, wsp)."""
    return (
        f'<ws:{operation}Response xmlns:ws="{WS}" xmlns:mt="{MT}" xmlns:wsp="{WSP}">{inside}'
        f"<wynik><wsp:major>{major}</wsp:major><wsp:minor>{minor}</wsp:minor><wsp:komunikat>x</wsp:komunikat></wynik>"
        f"</ws:{operation}Response>"
    )
