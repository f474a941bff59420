"""The EHR changes a person and nothing else: register, letters and referrals have it, and CeR hears nothing.

Played with both kinds of EHR: a folder of exports, and a server that is polled.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import pytest
from clinic_site import FACILITY, Site

from adapter.domain.identifiers import AccessByCode, Pesel
from adapter.domain.register import Entry
from adapter.errors import Misconfigured
from adapter.hospital.config import HospitalConfig
from adapter.hospital.rest import RestHospital
from adapter.hospital.transport import Reply, Transport
from adapter.ports.store import InboxState
from adapter.services.clearance import Person, Role
from adapter.services.on_demand.write_letter import letter_of_notice
from adapter.services.rehearse import rehearse
from adapter.services.synchronise import Pass, synchronise
from adapter.simulator.contracts import FIRST

LIS0, LIS1 = ("dr-lis", 3, 0), ("dr-lis", 3, 1)
CONFIG = HospitalConfig("rest", url="https://ehr.example/fhir")


# What the EHR says does not depend on how CeR is spoken.
pytestmark = [pytest.mark.parametrize("contract", [FIRST]), pytest.mark.usefixtures("day_open")]


class Server(Transport):
    """A FHIR server in memory: read, search by _lastUpdated, change. Its clock goes on with each write."""

    def __init__(self, now: datetime) -> None:
        super().__init__(CONFIG)
        self.now = now
        self.held: dict[str, dict[str, Any]] = {}
        self.listed: list[list[str]] = []
        self.people_listed = True

    def put(self, resource: dict[str, Any], at: datetime | None = None) -> dict[str, Any]:
        self.now += timedelta(seconds=1)
        key = f"{resource['resourceType']}/{resource['id']}"
        number = int(self.held.get(key, {"meta": {"versionId": "0"}})["meta"]["versionId"]) + 1
        meta = {"versionId": str(number), "lastUpdated": (at or self.now).isoformat()}
        self.held[key] = {**resource, "meta": meta}
        return self.held[key]

    def call(self, method: Any, url: str, **more: Any) -> Reply:
        parts = urlsplit(url)
        path = parts.path.removeprefix("/fhir/")
        if method == "PUT":
            body = self.put(json.loads(more["body"]))
        elif "/" in path:
            if path not in self.held:
                return Reply(404, {}, b"{}")
            body = self.held[path]
        elif path == "Patient" and not self.people_listed:
            return Reply(403, {}, b"{}")
        else:
            body = self._list(path, parse_qs(parts.query))
        return Reply(200, {"ETag": f'W/"{body.get("meta", {}).get("versionId")}"'}, json.dumps(body).encode())

    def _list(self, kind: str, asked: dict[str, list[str]]) -> dict[str, Any]:
        since = (
            datetime.fromisoformat(asked["_lastUpdated"][0].removeprefix("ge")) if "_lastUpdated" in asked else None
        )
        found = [one for one in self.held.values() if one["resourceType"] == kind]
        found = [one for one in found if since is None or datetime.fromisoformat(one["meta"]["lastUpdated"]) >= since]
        found.sort(key=lambda one: str(one["meta"]["lastUpdated"]))
        if kind == "Patient":
            self.listed.append([one["id"] for one in found])
        return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in found]}


class Ehr(Protocol):
    """An EHR that says something, and a pass that follows."""

    def says(self, *resources: dict[str, Any]) -> Pass: ...


@dataclass
class Served:
    """The facility's EHR is a server; what its folder said is known already."""

    site: Site
    server: Server
    config: HospitalConfig = field(default=CONFIG)

    def says(self, *resources: dict[str, Any]) -> Pass:
        for one in resources:
            self.server.put(one)
        return self.sync()

    def sync(self) -> Pass:
        return synchronise(replace(self.site.eq, hospital=RestHospital(self.config, self.server)), FACILITY)


@pytest.fixture
def served(site: Site) -> Served:
    with site.eq.store.unit_of_work() as work:
        for kind in ("Schedule", "Slot", "ServiceRequest", "Appointment", "Patient"):
            work.cursors.set(FACILITY, f"ehr:{kind}", "")
        work.commit()
    server = Server(site.now())
    for one in (*site.clinic.schedules(), *(site.clinic.slot("dr-lis", 3, number) for number in range(2))):
        server.put(one)
    return Served(site, server)


@pytest.fixture(params=["folder", "server"])
def ehr(request: pytest.FixtureRequest, site: Site) -> Ehr:
    return site if request.param == "folder" else request.getfixturevalue("served")


def patient(site: Site, **more: Any) -> dict[str, Any]:
    return site.clinic.patient(0) | more


def books(site: Site, ehr: Ehr, *, by_code: bool = False) -> None:
    done = ehr.says(
        site.clinic.patient(0),
        site.clinic.referral(0, by_code=by_code),
        site.clinic.appointment("visit-1", 0, site.now(), place=LIS0),
    )
    assert not done.problems
    assert entry(site).open


def entry(site: Site, entry_id: str = "visit-1") -> Entry:
    with site.eq.store.unit_of_work() as work:
        found = work.register.entry(FACILITY, entry_id)
    assert found is not None
    return found.entry


def steps(site: Site) -> list[str]:
    with site.eq.store.unit_of_work() as work:
        return [one.what for one in work.register.steps(FACILITY, "visit-1")]


def tasks(site: Site) -> list[str]:
    with site.eq.store.unit_of_work() as work:
        return sorted(one.task.code for one in work.tasks.listed(FACILITY))


def letter(site: Site) -> str:
    """To whom the first letter about the entry goes."""
    with site.eq.store.unit_of_work() as work:
        notice = work.notices.listed(FACILITY)[0]
    return " ".join(letter_of_notice(site.eq, FACILITY, notice.id, Person("jan", Role.OPERATOR)).addressee)


def test_a_corrected_person_reaches_the_entry_and_the_letters_once(site: Site, ehr: Ehr) -> None:
    books(site, ehr)
    sent = len(site.messages())
    named = patient(
        site,
        name=[{"use": "official", "family": "Nowowymyślona", "given": ["Zofia"]}],
        address=[{"use": "home", "text": "ul. Inna 7, 00-998 Przykładowo"}],
        telecom=[{"system": "phone", "use": "mobile", "value": "+48600999888"}],
    )
    for _ in range(2):
        assert not ehr.says(named).problems
    person = entry(site).person
    assert (person.given, person.family, person.phone) == ("Zofia", "Nowowymyślona", "+48600999888")
    assert person.address == "ul. Inna 7, 00-998 Przykładowo"
    assert steps(site) == ["entered", "final", "corrected"]
    assert letter(site) == "Zofia Nowowymyślona ul. Inna 7 00-998 Przykładowo"
    assert len(site.messages()) == sent, "CeR and P1 know nothing of names"
    assert tasks(site) == ["TASK-N-CER-PHONE"], "but CeR sends its reminders to the former phone"


def test_what_a_person_lacks_is_a_task_until_it_is_told(site: Site) -> None:
    books(site, site)
    site.says(patient(site, address=[], telecom=[]))
    assert tasks(site) == ["E-D-ADDR", "E-D-CONTACT"]
    site.says(patient(site, telecom=[]))
    assert tasks(site) == ["E-D-CONTACT"]
    site.says(site.clinic.patient(0))
    assert tasks(site) == ["TASK-N-CER-PHONE"], "what CeR has now is not known here"


def test_a_patient_who_booked_in_ikp_and_is_completed_in_the_ehr_is_asked_for_no_more(site: Site) -> None:
    site.admin.patient_books("dr-lis-d03-s1", site.person(3))
    site.sync()
    (visit,) = site.visits(state="saved")
    made = site.ehr_appointment_of(visit["id"])
    assert made is not None
    who = next(one["actor"]["reference"] for one in made["participant"] if "Patient" in one["actor"]["reference"])
    assert "E-D-ADDR" in tasks(site)
    site.says(site.ehr("Patient", who.removeprefix("Patient/")) | {"address": site.clinic.patient(3)["address"]})
    assert "E-D-ADDR" not in tasks(site)
    assert "E-D-AUTHOR" in tasks(site), "that is not told by the person"


def test_a_death_told_of_the_person_alone_ends_the_entry_and_the_visit(site: Site, ehr: Ehr) -> None:
    books(site, ehr)
    ehr.says(patient(site, deceasedDateTime=site.now().date().isoformat()))
    site.until_quiet()
    end = entry(site).removal
    assert end is not None
    assert end.reason == "DECEASED"
    assert [one["state"] for one in site.visits("visit-1")] == ["cancelled"]
    assert site.referral_state(0) == "with-provider", "X-02: a death gives nothing back"


def test_a_mended_number_is_in_the_register_and_opens_the_referral(site: Site, ehr: Ehr) -> None:
    """The EHR had another person's PESEL, and P1 did not open the referral by its code."""
    right = site.clinic.patient(0)
    wrong = right | {"identifier": site.clinic.patient(1)["identifier"]}
    ehr.says(wrong, site.clinic.referral(0, by_code=True))
    ehr.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS0))
    assert site.referral_state(0) == "issued"
    ehr.says(right)
    number = Pesel(site.clinic.world["people"][0]["pesel"])
    with site.eq.store.unit_of_work() as work:
        record = work.calendar.referral(FACILITY, "referral-1")
    assert record is not None
    assert isinstance(record.referral.access, AccessByCode)
    assert record.referral.access.person == number
    ehr.says(site.clinic.appointment("visit-2", 0, site.now(), place=LIS1))
    assert site.referral_state(0) == "with-provider"
    assert entry(site, "visit-2").person.identifier == number


def test_who_never_came_here_is_passed_over(site: Site, ehr: Ehr) -> None:
    books(site, ehr)
    assert not ehr.says(site.clinic.patient(5), site.clinic.patient(6)).problems
    with site.eq.store.unit_of_work() as work:
        assert {one.received.resource_id for one in work.inbox.find() if one.received.resource_type == "Patient"} == {
            "patient-1"
        }


def test_a_person_who_could_not_be_read_is_heard_when_mended(site: Site, ehr: Ehr) -> None:
    nobody = patient(site, identifier=[])
    done = ehr.says(nobody, site.clinic.referral(0), site.clinic.appointment("visit-1", 0, site.now(), place=LIS0))
    assert done.taken.quarantined > 1
    assert ehr.says(site.clinic.patient(0)).taken.taken == 3, "with the person the referral and the appointment"
    assert entry(site).open


def test_who_comes_after_the_appointment_brings_it_by_himself(site: Site, ehr: Ehr) -> None:
    """The EHR tells of an appointment, and of its patient and referral in later passes."""
    appointment = site.clinic.appointment("visit-1", 0, site.now(), place=LIS0)
    assert ehr.says(appointment).taken.quarantined == 1
    assert ehr.says(site.clinic.patient(0), site.clinic.patient(5)).taken.quarantined == 1, "the referral is not there"
    with site.eq.store.unit_of_work() as work:
        assert work.calendar.patient(FACILITY, "patient-6") is None, "nobody waits for that one"
    assert not ehr.says(site.clinic.referral(0)).taken.quarantined
    assert entry(site).open
    site.until_quiet()
    assert [one["state"] for one in site.visits("visit-1")] == ["saved"]


def test_an_older_version_that_comes_late_changes_nothing(site: Site) -> None:
    books(site, site)
    early = site.now() - timedelta(hours=1)
    older = patient(site, name=[{"use": "official", "family": "Panieńska", "given": ["Zofia"]}])
    site.clinic.export("9000", [older], early)
    assert site.sync().taken.superseded == 1
    assert entry(site).person.family == site.clinic.world["people"][0]["family"]
    assert steps(site) == ["entered", "final"]


def test_a_rehearsal_hears_of_the_same_people(site: Site) -> None:
    books(site, site)
    site.export(site.clinic.patient(5), patient(site, name=[{"family": "Nowowymyślona", "given": ["Zofia"]}]))
    assert rehearse(site.eq, FACILITY).taken == 1
    assert entry(site).person.family != "Nowowymyślona"


def test_a_server_is_asked_from_when_the_first_person_came(site: Site, served: Served) -> None:
    long_ago = site.now().astimezone(UTC) - timedelta(days=400)
    served.server.put(site.clinic.patient(6), at=long_ago)
    books(site, served)
    assert served.server.listed
    assert {one for listed in served.server.listed for one in listed} == {"patient-1"}, "nobody is read in bulk"


def test_a_server_that_lists_no_people_holds_nothing_else_back(site: Site, served: Served) -> None:
    served.server.people_listed = False
    done = served.says(
        site.clinic.patient(0),
        site.clinic.referral(0),
        site.clinic.appointment("visit-1", 0, site.now(), place=LIS0),
    )
    error = done.problems["receive"]
    assert isinstance(error, Misconfigured)
    assert (error.setting, "poll_people" in error.text) == ("hospital.poll_people", True)
    assert entry(site).open
    served.config = replace(CONFIG, poll_people=False)
    assert not served.sync().problems


def test_an_older_version_is_not_replayed_over_a_newer_one(site: Site) -> None:
    books(site, site)
    with site.eq.store.unit_of_work() as work:
        first = next(one.id for one in work.inbox.find() if one.received.resource_type == "Patient")
    site.says(patient(site, name=[{"use": "official", "family": "Nowowymyślona", "given": ["Zofia"]}]))
    with site.eq.store.unit_of_work() as work, pytest.raises(Exception, match="newer version") as refused:
        work.inbox.replay(first)
    assert refused.value.code == "OVERTAKEN"  # type: ignore[attr-defined]
    with site.eq.store.unit_of_work() as work:
        assert work.inbox.find(states=[InboxState.NEW]) == []
