"""What the channels of one process share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter import resources
from adapter.bootstrap.national import build_national
from adapter.clock import SystemClock
from adapter.mapping.tables import load_tables
from adapter.settings import load_settings
from adapter.simulator.certificates import make_test_certificates

CALLER = (
    'caller = {podmiot="000000927722", user_root="1", user_extension="2", workplace_root="3", '
    'workplace_extension="001", role="X"}'
)


def test_all_channels_remember_one_anothers_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signed answer is believed once in a process, and as long as the most patient endpoint could believe it."""
    made = make_test_certificates(tmp_path / "certificates", now=datetime.now(UTC))
    endpoint = (
        f'url = "https://localhost:1/"\ntls_certificate = "{made.client_tls.p12}"\ntls_password = "{made.password}"\n'
        f'signing_certificate = "{made.client_wss.certificate}"\nsigning_key = "{made.client_wss.key}"\n'
        f'ca_bundle = "{made.ca}"\nsigner_subjects = ["Test CeR WSS"]\n'
    )
    path = tmp_path / "pomost.toml"
    path.write_text(
        f"[facilities.demo]\n{CALLER}\n[facilities.demo.cer]\n{endpoint}clock_skew_seconds = 90\n"
        f"[facilities.demo.p1]\n{endpoint}"
    )
    monkeypatch.setenv("POMOST_CONFIG", str(path))
    national = build_national(load_settings(), load_tables(resources.mappings()), SystemClock())
    cer, p1 = (each._channels["demo"]._verifier for each in national.channels)
    assert cer is not None
    assert p1 is not None
    assert cer.replays is p1.replays
    assert cer.replays._window.total_seconds() == 300 + 2 * 90
    for channels in national.channels:
        channels.close()
