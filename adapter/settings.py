"""Environment and ``pomost.toml`` -> one frozen :class:`Settings`.

Every field can be given as ``POMOST_<NAME>`` or in the file named by ``POMOST_CONFIG`` (default
``pomost.toml`` in the working folder); the environment wins. ``DATABASE_URL`` is read without the
prefix as well. Passwords and keys are never shown. Each field is listed in
``docs/operations/install.md``.
"""

from __future__ import annotations

import os
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from adapter.domain.paper_referral import PostingChannel
from adapter.domain.register import Care
from adapter.domain.rules.settings import DEFAULT_SETTINGS
from adapter.errors import Misconfigured

CONFIG_VARIABLE = "POMOST_CONFIG"
CONFIG_FILE_DEFAULT = "pomost.toml"
WORKER_CONCURRENCY = 3
"""Jobs of a worker at a time: beside a first load and the comparison of a night there is room for a booking. More of
them hinder each other (B10)."""

CRON_FIELDS = 5
"""With a sixth one it would be asked for every second."""


def _cron(text: str) -> str:
    """What the job engine will read: a worker would stop at anything else."""
    from croniter import croniter  # noqa: PLC0415  # only a site that sets a time waits for it

    if len(text.split()) != CRON_FIELDS or not croniter.is_valid(text):
        raise ValueError("give a time in cron: minute hour day month weekday, like 17 1 * * *")
    return text


def _https(text: str) -> str:
    """The address of an authority."""
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.username:
        raise ValueError("give the address as https://host/..., without a user")
    return text


Seconds = Annotated[float, Field(gt=0)]
Days = Annotated[int, Field(ge=0, le=400)]
Cron = Annotated[str, AfterValidator(_cron)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EndpointSettings(_Part):
    """One national service as one facility reaches it."""

    url: Annotated[str, AfterValidator(_https)]
    tls_certificate: Path
    """PKCS#12 or PEM, for mutual TLS."""
    tls_key: Path | None = None
    tls_password: SecretStr | None = None
    signing_certificate: Path
    """PKCS#12 or PEM, another one, for WS-Security."""
    signing_key: Path | None = None
    signing_password: SecretStr | None = None
    ca_bundle: Path
    """The authority's CA for TLS, PEM. The system's own list is never used."""
    signer_ca: Path | None = None
    """The authority's CA for signed replies, PEM; ``ca_bundle`` when absent."""
    signer_subjects: tuple[str, ...] = ()
    """Who may sign replies: common names or whole subjects (``CN=...,O=...,C=PL``)."""
    crl_files: tuple[Path, ...] = ()
    replies_signed: Literal["required", "optional"] = "required"
    connect_timeout_seconds: Seconds = 10
    read_timeout_seconds: Seconds = 60
    reply_bytes_max: int = Field(default=64 * 1024 * 1024, gt=0)
    clock_skew_seconds: Seconds = 60

    @model_validator(mode="after")
    def _somebody_signs(self) -> Self:
        if self.replies_signed == "required" and not (self.signer_subjects and all(self.signer_subjects)):
            raise ValueError("signer_subjects names nobody: say who signs the authority's answers")
        return self


class CellCallerSettings(_Part):
    """What differs in calls about one cell; an absent field is as for the whole facility."""

    user_root: str | None = None
    user_extension: str | None = None
    workplace_root: str | None = None
    workplace_extension: str | None = None
    role: str | None = None


class StaffSettings(_Part):
    """A member of staff in whose name a call may be made (``--as NAME``), perhaps by a medical assistant."""

    user_root: str
    user_extension: str
    role: str
    assistant_root: str = ""
    assistant_extension: str = ""


class CallerSettings(_Part):
    """Who calls, for kontekstWywolania (handbook p1.md 2)."""

    podmiot: str = Field(pattern=r"^[0-9]{12}$")
    """RPWDL number, 12 digits."""
    user_root: str
    user_extension: str
    workplace_root: str
    workplace_extension: str
    role: str
    workplace: Literal["cell", "fixed"] = "cell"
    """``cell``: a call about a cell names that cell as its place of work; ``fixed``: always the one above."""
    cells: dict[str, CellCallerSettings] = {}
    """By the cell's short code (resort part VII)."""
    staff: dict[str, StaffSettings] = {}


class HospitalSettings(_Part):
    """The facility's EHR."""

    kind: Literal["rest", "folder"] = "folder"
    url: str = ""
    folder: Path | None = None
    auth: Literal["none", "basic", "bearer"] = "none"
    user: str = ""
    password: SecretStr | None = None
    token: SecretStr | None = None
    ca_bundle: Path | None = None
    page_size: int = Field(default=200, gt=0, le=1000)
    connect_timeout_seconds: Seconds = 10
    read_timeout_seconds: Seconds = 60
    overlap_seconds: Annotated[float, Field(ge=0)] = 122
    """How far back of the cursor each poll looks again (fhir.md 1.7: 120 s + 2 s of drift)."""
    poll_people: bool = True
    """Whether the server is asked which patients changed; those whom nothing here refers to are passed over."""
    write_back: tuple[str, ...] = ("Appointment", "Slot", "ServiceRequest")
    """Resource types that may be changed in the EHR."""


class AdmissionsSettings(_Part):
    """What a facility says of its register (harmonogram przyjęć); in the file ``[facilities.ID.register]``."""

    provider: str = ""
    """Its id in the ids of registers and in the question for one list (U-01); ``podmiot`` when absent."""
    provider_name: str = ""
    """As certificates and notices name it; ``name`` when absent."""
    list_owner: str = ""
    """Who answers for the order of the list (G-05)."""
    contract_ends_on: dict[str, date] = {}
    """Id of a Schedule of the EHR -> the last day of its contract with the Fund (E-03)."""


class RulesSettings(_Part):
    """What a site decides where the law is silent; each field is explained in ``adapter/domain/rules/settings.py``."""

    extra_days_off: frozenset[date] = DEFAULT_SETTINGS.extra_days_off
    saturday_is_working: bool = DEFAULT_SETTINGS.saturday_is_working
    posting_channels: frozenset[PostingChannel] = DEFAULT_SETTINGS.posting_channels
    care_in_scope: frozenset[Care] = DEFAULT_SETTINGS.care_in_scope
    retention_years: int = Field(default=DEFAULT_SETTINGS.retention_years, ge=1, le=100)
    privilege_before_oncology: bool = DEFAULT_SETTINGS.privilege_before_oncology
    late_entry_hours: int = Field(default=DEFAULT_SETTINGS.late_entry_hours, ge=0, le=744)
    week_counts_from_sunday: bool = DEFAULT_SETTINGS.week_counts_from_sunday
    fix_task_before_days: Days = DEFAULT_SETTINGS.fix_task_before_days
    no_show_task_after_days: Days = DEFAULT_SETTINGS.no_show_task_after_days
    no_show_needs_confirmation: bool = DEFAULT_SETTINGS.no_show_needs_confirmation
    certificate_shows_oncology_criterion: bool = DEFAULT_SETTINGS.certificate_shows_oncology_criterion
    paper_task_on_working_day: int = Field(default=DEFAULT_SETTINGS.paper_task_on_working_day, ge=1, le=14)
    postal_grace_days: Days = DEFAULT_SETTINGS.postal_grace_days
    sync_late_after_minutes: int = Field(default=DEFAULT_SETTINGS.sync_late_after_minutes, ge=0, le=10_080)
    hospital_privileged_days: Days = DEFAULT_SETTINGS.hospital_privileged_days
    waiver_wait_days: Days = DEFAULT_SETTINGS.waiver_wait_days
    skin_cancer_codes: tuple[str, ...] = DEFAULT_SETTINGS.skin_cancer_codes
    offer_freed_dates_to_reserved: bool = DEFAULT_SETTINGS.offer_freed_dates_to_reserved
    first_free_date_reported: bool = DEFAULT_SETTINGS.first_free_date_reported
    first_free_date_build_at: time = DEFAULT_SETTINGS.first_free_date_build_at
    first_free_date_warn_at: time = DEFAULT_SETTINGS.first_free_date_warn_at
    first_free_date_due_at: time = DEFAULT_SETTINGS.first_free_date_due_at
    first_free_date_weekly: bool = DEFAULT_SETTINGS.first_free_date_weekly
    first_free_date_consent: str = DEFAULT_SETTINGS.first_free_date_consent
    first_free_date_weekday: int = Field(default=DEFAULT_SETTINGS.first_free_date_weekday, ge=0, le=6)
    monthly_report_for_cer: bool = DEFAULT_SETTINGS.monthly_report_for_cer
    average_decimals: int = Field(default=DEFAULT_SETTINGS.average_decimals, ge=0, le=6)


class FacilitySettings(_Part):
    """A podmiot with its own certificates, EHR and limits (D11)."""

    name: str = ""
    caller: CallerSettings
    cer: EndpointSettings
    p1: EndpointSettings
    hospital: HospitalSettings = HospitalSettings()
    admissions: AdmissionsSettings = Field(
        default=AdmissionsSettings(), validation_alias=AliasChoices("register", "admissions")
    )
    """Its register; ``register`` in the file."""


class Settings(BaseSettings):
    """Everything an installation can be told."""

    model_config = SettingsConfigDict(
        env_prefix="POMOST_", env_nested_delimiter="__", frozen=True, extra="forbid", populate_by_name=True
    )

    database_url: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("DATABASE_URL", "POMOST_DATABASE_URL", "database_url")
    )
    """PostgreSQL; embedded when absent (D1)."""
    data: Path | None = None
    """Folder of the embedded database; the user's data folder when absent."""
    sealing_key_file: Path | None = None
    """Keys that seal people's data (``pomost database make-key``); needed with DATABASE_URL."""
    sealing_keys: SecretStr | None = None
    """The same text given directly."""
    mappings: Path | None = None
    wsdl: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    put_batch_max: int = Field(default=500, gt=0, le=5000)
    """Slots in one message to CeR; the national limit is not public."""
    claim_batch_max: int = Field(default=500, gt=0, le=5000)
    """Outbox messages that one worker takes at once."""
    take_batch_max: int = Field(default=500, gt=0, le=5000)
    """Inbox entries handled in one transaction."""
    ask_after_seconds: Annotated[float, Field(ge=0)] = 120
    """How long after a lost answer the other side is asked; longer than the read timeout."""
    retry_first_seconds: Seconds = 5
    retry_growth: float = Field(default=2, ge=1)
    retry_most_seconds: Seconds = 900
    misconfigured_pause_seconds: Seconds = 300
    attempts_max: int = Field(default=100, gt=0, le=10_000)
    """Tries after which a message stops, when no row of mappings/refusals.csv says otherwise."""
    rest_most_seconds: Seconds = 86_400
    """Nothing rests longer at a time, whatever mappings/refusals.csv or the other side asks for."""
    feed_overlap_seconds: Annotated[float, Field(ge=0)] = 120
    """How far back of the cursor each pull looks again in CeR's feed of visit changes."""
    order_tolerance_seconds: Annotated[float, Field(ge=0)] = 2
    """Two instants of different clocks closer than this have no known order."""
    sync_cron: Cron = "* * * * *"
    """When a worker asks the EHRs and CeR for changes (cron, UTC)."""
    reconcile_cron: Cron = "17 1 * * *"
    """When a worker compares both calendars (cron, UTC)."""
    reconcile_days: int = Field(default=14, gt=0, le=400)
    """How many days ahead the nightly comparison looks."""
    register_day_cron: Cron = "23 3 * * *"
    """When a worker does the day's work on the register (cron, UTC)."""
    register_watch_cron: Cron = "*/10 * * * *"
    """When a worker looks for statuses that P1 still lacks (R-08; cron, UTC)."""
    worker_concurrency: int = Field(default=WORKER_CONCURRENCY, gt=0, le=64)
    feed_memory_days: int = Field(default=730, ge=90, le=36500)
    """How long the last change that CeR told of a visit is remembered, so that it is acted on once."""
    wiretap_days: int = Field(default=30, gt=0, le=3650)
    """How long what was said to the authorities and answered is kept, masked."""
    wiretap_unmasked_days: int = Field(default=7, gt=0, le=3650)
    """How long what was kept unmasked stays so; never longer than ``wiretap_days``."""
    wiretap_unmask_hours_max: int = Field(default=72, gt=0, le=744)
    """An engineer may open the wiretap for so long at most."""
    wiretap_message_bytes_max: int = Field(default=64 * 1024, ge=4096, le=64 * 1024 * 1024)
    """So much of one message is kept; the rest is cut off."""
    roles: dict[str, Literal["viewer", "operator", "engineer"]] = {}
    """Account on this machine -> what it may do (docs/operations/security.md)."""
    rules: RulesSettings = RulesSettings()
    """What the site decided where the law is silent."""
    facilities: dict[str, FacilitySettings] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        path = config_file()
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        if path is not None:
            sources += (TomlConfigSettingsSource(settings_cls, toml_file=path),)
        return sources


def config_file() -> Path | None:
    """The configuration file in force, None when there is none.

    Raises:
        Misconfigured: ``POMOST_CONFIG`` names a file that is not there.
    """
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise Misconfigured(f"the configuration file {named} does not exist", setting=CONFIG_VARIABLE)
        return Path(named)
    default = Path(CONFIG_FILE_DEFAULT)
    return default if default.is_file() else None


_SAID = {"extra_forbidden": "there is no such setting", "missing": "is missing"}
"""Our words for what pydantic finds."""


def load_settings(**given: object) -> Settings:
    """Read the settings; ``given`` wins over everything.

    Raises:
        Misconfigured: a setting is unknown or has a wrong value; all of them are named, no value shown.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks what it is given
    except ValidationError as wrong:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {_SAID.get(problem['type'], problem['msg'])}"
            for problem in wrong.errors()
        )
        raise Misconfigured(f"settings: {problems}", setting="pomost.toml") from wrong
    except ValueError as wrong:
        named = os.environ.get(CONFIG_VARIABLE) or CONFIG_FILE_DEFAULT
        raise Misconfigured(f"{named} cannot be read as TOML in UTF-8: {wrong}", setting=CONFIG_VARIABLE) from wrong
