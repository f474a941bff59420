"""One exchange with one authority: call context, signature, HTTPS, verification, judgement.

    content -> envelope + call context -> sign -> post -> read -> verify -> the Body that was signed

It keeps to :class:`adapter.soap.wire.Channel` and turns every failure beneath it into one of the four
kinds. It never tries twice: whether to repeat is for the outbox to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from lxml import etree

from adapter.errors import AdapterError, Misconfigured
from adapter.ports import CallContext, Clock
from adapter.soap import faults
from adapter.soap.broken import CONTENT_TYPE, SIGNER, UNVERIFIED, BrokenExchange, malformed
from adapter.soap.endpoint import EndpointConfig, RepliesSigned
from adapter.soap.envelope import Envelope, build_envelope, open_envelope
from adapter.soap.keys import check_expiry, load_identity
from adapter.soap.parsing import parse_untrusted
from adapter.soap.replay import ReplayMemory
from adapter.soap.rotation import Rotating
from adapter.soap.sign import Signer, sign
from adapter.soap.transport import HttpReply, Transport
from adapter.soap.trust import SignerTrust
from adapter.soap.verify import Verifier, is_signed
from adapter.soap.version import VERSIONS, SoapVersion
from adapter.soap.wire import Answer, BoundOperation, FaultReader
from adapter.soap.wiretap import Heard, Wiretap, listening, nobody_listens

_SOAP_STATUSES = (200, 500)
"""SOAP over HTTP: an answer is 200, a fault 500 (SOAP 1.2: or another error status)."""


@dataclass(frozen=True, slots=True)
class ServerTime:
    """What the authority's clock said, against ours at the same moment."""

    server_at: datetime
    our_at: datetime

    @property
    def offset(self) -> timedelta:
        """Theirs minus ours."""
        return self.server_at - self.our_at


class SoapChannel:
    """A :class:`~adapter.soap.wire.Channel` for one facility and one authority. Threads may share one."""

    def __init__(
        self,
        config: EndpointConfig,
        *,
        clock: Clock,
        refusals: faults.Refusals,
        context_block: Callable[[CallContext], etree._Element | None],
        read_fault: FaultReader,
        replays: ReplayMemory | None = None,
        wiretap: Wiretap | None = None,
    ) -> None:
        """Load certificates and open nothing yet.

        ``context_block`` makes the header block of a call (kontekstWywolania), ``read_fault`` reads the
        errors inside a Fault's detail. ``replays`` is the memory that all channels of a process share, so that
        an answer to one facility is believed in no other; without it the channel has its own. ``wiretap`` hears
        all that is said; without one nobody does.

        Raises:
            Misconfigured: a certificate file, a password, a CA bundle or a CRL is wrong; named.
        """
        if config.replies_signed is RepliesSigned.REQUIRED and config.signer is None:
            raise Misconfigured("replies must be signed, but nobody is pinned as their signer", setting="signer")
        now = clock.now()
        self.config = config
        self.last_server_time: ServerTime | None = None
        self._clock = clock
        self._wiretap = wiretap or Wiretap(nobody_listens, clock)
        self._refusals = refusals
        self._context_block = context_block
        self._read_fault = read_fault
        self._signing = Rotating(config.signing.paths, self._load_signer, now=now)
        tls_paths = config.tls.paths if config.tls is not None else ()
        self._tls = Rotating(
            (*tls_paths, config.transport.ca_bundle), self._load_transport, now=now, discard=Transport.retire
        )
        self._verifier = (
            Verifier(
                SignerTrust(config.signer),
                config.limits,
                replays if replays is not None else ReplayMemory(window_seconds=config.limits.window_seconds),
            )
            if config.signer is not None
            else None
        )

    def close(self) -> None:
        """Close kept-alive connections."""
        self._tls.latest.close()

    def _load_signer(self, now: datetime) -> Signer:
        identity = load_identity(self.config.signing, now=now)
        return Signer(identity.certificate, identity.key)

    def _load_transport(self, now: datetime) -> Transport:
        tls = self.config.tls
        return Transport(self.config.transport, load_identity(tls, now=now) if tls is not None else None)

    def exchange(
        self, context: CallContext, operation: BoundOperation, content: etree._Element, *, write: bool
    ) -> Answer:
        """Send ``content`` and return the verified answer; see :class:`adapter.soap.wire.Channel`."""
        soap = VERSIONS.get(operation.soap_version)
        if soap is None:
            raise Misconfigured(
                f"{operation.verb}: SOAP {' and '.join(VERSIONS)} are spoken here, not {operation.soap_version}",
                setting="soap_version",
            )
        if self._verifier is not None:
            self._verifier.trust.ready(self._clock.now())
        message = self._signed(context, content, soap)
        transport = self._connected()
        heard = self._wiretap.hear(context, operation, message)
        with listening(heard):
            return self._exchange(transport, heard, soap, write=write)

    def _exchange(self, transport: Transport, heard: Heard, soap: SoapVersion, *, write: bool) -> Answer:
        context = heard.context
        try:
            reply = transport.post(heard.request, heard.operation.soap_action, soap)
            self._hear(heard, reply)
            return self._answer(reply, heard, soap, write=write)
        except BrokenExchange as broken:
            self._hear(heard, broken.partial)
            raise faults.transport_error(
                self._refusals,
                channel=self.config.channel,
                code=broken.code,
                reason=broken.reason,
                write=write,
                setting=broken.setting,
                correlation_id=context.correlation_id,
            ) from broken

    def _hear(self, heard: Heard, reply: HttpReply | None) -> None:
        if reply is not None and heard.answered_at is None:
            heard.answered(reply.status, reply.content, reply.media_type, self._clock.now())

    def _signed(self, context: CallContext, content: etree._Element, soap: SoapVersion) -> bytes:
        now = self._clock.now()
        signer = self._signing.current(now)
        check_expiry(signer.certificate, str(self.config.signing.path), now, problem=self._signing.problem)
        envelope = build_envelope(self._context_block(context), content, soap)
        return sign(envelope, signer, now=now, nonce=uuid4().hex, lifetime_seconds=self.config.limits.lifetime_seconds)

    def _connected(self) -> Transport:
        now = self._clock.now()
        transport = self._tls.current(now)
        if self.config.tls is not None and transport.identity is not None:
            check_expiry(transport.identity.certificate, str(self.config.tls.path), now, problem=self._tls.problem)
        return transport

    def _answer(self, reply: HttpReply, heard: Heard, soap: SoapVersion, *, write: bool) -> Answer:
        context, now = heard.context, self._clock.now()
        if reply.server_date is not None:
            self.last_server_time = ServerTime(reply.server_date, now)
        envelope = self._envelope(reply, soap)
        if envelope is None:
            raise faults.http_error(
                self._refusals,
                channel=self.config.channel,
                status=reply.status,
                write=write,
                retry_after_seconds=reply.retry_after_seconds,
                correlation_id=context.correlation_id,
            )
        authenticated = self._authenticate(envelope, now, reply.content)
        if envelope.fault is not None:
            raise self._fault(envelope.fault, context, soap, write=write, authenticated=authenticated)
        if reply.status != 200:
            raise malformed(f"HTTP {reply.status} came with an answer that is no Fault")
        if envelope.content is None:
            raise malformed("the Body is empty")
        return Answer(content=envelope.content, raw=reply.content, heard=heard)

    def _envelope(self, reply: HttpReply, soap: SoapVersion) -> Envelope | None:
        """The SOAP message in the reply; None when the HTTP status is all that it says.

        A Fault counts under any error status: a service that speaks for itself knows more than a status.
        """
        if not reply.is_soap:
            if reply.status != 200:
                return None
            raise BrokenExchange(CONTENT_TYPE, f"the answer is not a SOAP {soap.number} message (content type)")
        if reply.status in _SOAP_STATUSES:
            return open_envelope(parse_untrusted(reply.content), soap)
        if reply.status < 400:
            return None
        try:
            envelope = open_envelope(parse_untrusted(reply.content), soap)
        except BrokenExchange:
            return None
        return envelope if envelope.fault is not None else None

    def _authenticate(self, envelope: Envelope, now: datetime, message: bytes) -> bool:
        """Whether ``message``, taken apart as ``envelope``, proved itself.

        False only for a fault, or where signatures are optional.
        """
        if is_signed(envelope):
            if self._verifier is None:
                raise BrokenExchange(
                    SIGNER, "the answer is signed, but nobody is pinned as its signer", setting="signer"
                )
            try:
                verified = self._verifier.verify_envelope(envelope, now, message)
            except Misconfigured as error:  # our files, but the message was sent: not a reason to send it again
                raise BrokenExchange(SIGNER, error.message, setting=error.setting) from error
            self.last_server_time = ServerTime(verified.created, now)
            return True
        if self.config.replies_signed is RepliesSigned.REQUIRED and envelope.fault is None:
            raise BrokenExchange(UNVERIFIED, "the answer is not signed")
        return False

    def _fault(
        self, fault: etree._Element, context: CallContext, soap: SoapVersion, *, write: bool, authenticated: bool
    ) -> AdapterError:
        details = [each for child in soap.fault_details(fault) for each in self._read_fault(child)]
        return faults.fault_error(
            self._refusals,
            channel=self.config.channel,
            fault_code=soap.fault_code(fault),
            details=details,
            write=write,
            authenticated=authenticated or self.config.replies_signed is RepliesSigned.OPTIONAL,
            correlation_id=context.correlation_id,
        )


class FacilityChannels:
    """A :class:`~adapter.soap.wire.Channel` that picks the facility's own (D11)."""

    def __init__(self, channels: Mapping[str, SoapChannel]) -> None:
        self._channels = dict(channels)

    def exchange(
        self, context: CallContext, operation: BoundOperation, content: etree._Element, *, write: bool
    ) -> Answer:
        """As the facility's channel does.

        Raises:
            Misconfigured: the facility has no channel to this authority.
        """
        channel = self._channels.get(context.facility)
        if channel is None:
            raise Misconfigured(
                f"facility {context.facility} has no {operation.channel} endpoint",
                setting=f"facilities.{context.facility}.{operation.channel}",
                correlation_id=context.correlation_id,
            )
        return channel.exchange(context, operation, content, write=write)

    def close(self) -> None:
        """Close what the channels keep open."""
        for channel in self._channels.values():
            channel.close()
