"""Settings of a facility that is not: what every facility must say of itself and of a national service."""

from __future__ import annotations

CALLER = {
    "podmiot": "000000927722",
    "user_root": "1.2",
    "user_extension": "1",
    "workplace_root": "1.3",
    "workplace_extension": "001",
    "role": "SOMEBODY",
}
ENDPOINT = {
    "url": "https://cer.example/",
    "tls_certificate": "tls.p12",
    "signing_certificate": "wss.p12",
    "ca_bundle": "ca.pem",
    "signer_subjects": ["authority"],
}
