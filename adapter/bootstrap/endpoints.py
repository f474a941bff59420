"""From the settings of an endpoint to the configuration that the SOAP edge takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr

from adapter.settings import EndpointSettings, Settings
from adapter.soap.endpoint import EndpointConfig, RepliesSigned
from adapter.soap.keys import IdentityFile
from adapter.soap.timestamp import TimeLimits
from adapter.soap.transport import TransportConfig
from adapter.soap.trust import SignerPin

CER, P1 = "cer", "p1"


def endpoint_config(channel: str, settings: EndpointSettings) -> EndpointConfig:
    """One endpoint. ``channel`` is ``cer`` or ``p1``.

    Raises:
        Misconfigured: the address is not https, or nobody is pinned as the signer of replies.
    """
    pinned = settings.signer_subjects or settings.replies_signed == "required"
    return EndpointConfig(
        channel=channel,
        transport=TransportConfig(
            url=settings.url,
            ca_bundle=settings.ca_bundle,
            connect_timeout_seconds=settings.connect_timeout_seconds,
            read_timeout_seconds=settings.read_timeout_seconds,
            reply_bytes_max=settings.reply_bytes_max,
        ),
        tls=_identity(settings.tls_certificate, settings.tls_key, settings.tls_password),
        signing=_identity(settings.signing_certificate, settings.signing_key, settings.signing_password),
        signer=SignerPin(settings.signer_ca or settings.ca_bundle, settings.signer_subjects, settings.crl_files)
        if pinned
        else None,
        replies_signed=RepliesSigned(settings.replies_signed),
        limits=TimeLimits(skew_seconds=round(settings.clock_skew_seconds)),
    )


def all_endpoints(settings: Settings) -> Iterator[tuple[str, EndpointConfig]]:
    """(``facility/channel``, configuration) of every endpoint of every facility."""
    for facility, each in settings.facilities.items():
        yield f"{facility}/{CER}", endpoint_config(CER, each.cer)
        yield f"{facility}/{P1}", endpoint_config(P1, each.p1)


def _identity(path: Path, key: Path | None, password: SecretStr | None) -> IdentityFile:
    return IdentityFile(path, key, password.get_secret_value() if password is not None else None)
