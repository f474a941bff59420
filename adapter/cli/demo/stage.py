"""The demo's stage: a simulator, an embedded store of its own, and a clinic whose EHR is a folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapter import resources
from adapter.bootstrap import Adapter, open_adapter
from adapter.cli.demo.clinic import PODMIOT, Clinic, clinic_mappings
from adapter.clock import SystemClock
from adapter.domain.moments import warsaw_day
from adapter.settings import (
    CallerSettings,
    EndpointSettings,
    FacilitySettings,
    HospitalSettings,
    Settings,
    load_settings,
)
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates, make_test_certificates

FACILITY = "demo"
MARKER = ".pomost-demo"
"""A folder with this file in it was made by the demo and may be made anew."""

RETRY_SECONDS = 0.2
"""The demo does not wait as long as a hospital would before it asks P1 again."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything the story is played on."""

    adapter: Adapter
    simulator: Simulator
    clinic: Clinic
    folder: Path


def fresh_folder(folder: Path) -> Path:
    """An empty folder for the demo's output; one that the demo did not make is never touched.

    Raises:
        BadInput: the folder has something else in it.
    """
    from adapter.errors import BadInput

    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARKER).is_file():
            raise BadInput(f"{folder} is not empty and was not made by the demo; choose another --out", field="--out")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARKER).write_text("made by pomost demo; may be deleted\n", encoding="utf-8")
    return folder


def demo_settings(simulator: Simulator, certificates: TestCertificates, ehr: Path) -> Settings:
    """The settings of an installation with one facility, as pomost.toml would say them."""

    def endpoint(url: str, signer: str) -> EndpointSettings:
        return EndpointSettings.model_validate(
            {
                "url": url,
                "tls_certificate": certificates.client_tls.p12,
                "tls_password": certificates.password,
                "signing_certificate": certificates.client_wss.p12,
                "signing_password": certificates.password,
                "ca_bundle": certificates.ca,
                "signer_subjects": (signer,),
                "crl_files": (certificates.crl,),
            }
        )

    caller = CallerSettings(
        podmiot=PODMIOT,
        user_root="2.16.840.1.113883.3.4424.1.6.2",
        user_extension="5425740",
        workplace_root="2.16.840.1.113883.3.4424.2.3.3",
        workplace_extension="001",
        role="PRACOWNIK_ADMINISTRACYJNY",
    )
    facility = FacilitySettings(
        name="Poradnia Kardiologiczna (invented)",
        caller=caller,
        cer=endpoint(simulator.urls.cer, certificates.cer_wss.subject),
        p1=endpoint(simulator.urls.p1, certificates.p1_wss.subject),
        hospital=HospitalSettings(kind="folder", folder=ehr),
    )
    return load_settings(
        facilities={FACILITY: facility},
        mappings=clinic_mappings(certificates.folder / "mappings"),
        log_level="ERROR",
        ask_after_seconds=0,
        retry_first_seconds=RETRY_SECONDS,
        retry_most_seconds=1,
        rest_most_seconds=1,
        database_url=None,
    )


@contextmanager
def open_stage(out: Path) -> Iterator[Stage]:
    """Make certificates, start the simulator and a temporary store, and hand out the stage."""
    clock = SystemClock()
    folder = fresh_folder(out)
    certificates = make_test_certificates(folder / "certificates", now=clock.now())
    world = json.loads((resources.fixtures() / "world" / "clinic.json").read_text(encoding="utf-8"))
    clinic = Clinic(folder / "ehr", world, warsaw_day(clock.now()))
    with (
        Simulator(SimulatorConfig(certificates=certificates.folder)) as simulator,
        open_adapter(
            demo_settings(simulator, certificates, clinic.folder), clock=clock, temporary=True, defer_jobs=False
        ) as adapter,
    ):
        yield Stage(adapter, simulator, clinic, folder)
