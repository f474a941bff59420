"""The TLS side of a session: one explicit CA bundle, our client certificate, nothing from the machine.

Python can load a client key into TLS only from a file. On Linux that file lives in memory
(``memfd``) and has no name; elsewhere it is a temporary file with mode 0600 that is removed at once.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapter.errors import Misconfigured
from adapter.soap.keys import Identity


def client_context(ca_bundle: Path, identity: Identity | None) -> ssl.SSLContext:
    """TLS 1.2 or newer; the server must prove itself against ``ca_bundle`` and no other authority.

    Raises:
        Misconfigured: the bundle cannot be read; the message names it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=str(ca_bundle))
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"the CA bundle {ca_bundle} cannot be read or holds no PEM certificate", setting=str(ca_bundle)
        ) from error
    if identity is not None:
        _load(context, identity)
    return context


def _load(context: ssl.SSLContext, identity: Identity) -> None:
    pem = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem += b"".join(each.public_bytes(Encoding.PEM) for each in (identity.certificate, *identity.chain))
    memfd_create = getattr(os, "memfd_create", None)
    if memfd_create is not None and Path("/proc/self/fd").is_dir():
        with os.fdopen(memfd_create("pomost-tls"), "wb") as file:
            file.write(pem)
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
        return
    with tempfile.TemporaryDirectory(prefix="pomost-") as folder:
        path = Path(folder) / "client.pem"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
        context.load_cert_chain(str(path))
