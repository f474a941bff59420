"""The worker is killed between any two steps of delivery, hundreds of times; nothing is lost, nothing done twice."""

from __future__ import annotations

import json
import os
import socket
import time
from collections import Counter
from random import Random
from typing import Any

import pytest
from clinic_site import Site
from fakes.referral_document import ROOT
from integration.delivery.mortal_worker import Death, Life, Nursery
from integration.delivery.stories import Stories

from adapter.cli.demo.stage import FACILITY
from adapter.domain.appointment import VisitState
from adapter.domain.identifiers import ReferralNumber
from adapter.fhir import names
from adapter.ports.register import EntryStanding
from adapter.ports.store import Action, MessageState
from adapter.services.receive import receive
from adapter.services.synchronise import synchronise
from adapter.services.take_in import take_in
from adapter.settings import Settings, StaffSettings

KILLS = int(os.environ.get("POMOST_KILL_LIVES", "120"))
"""How many workers are killed: enough to meet every demand of :func:`check_deaths`; more when told."""
LIVES_MAX = 3 * KILLS
UNHARMED_EVERY = 14
"""One worker in so many finishes its pass, so that stories go on however slow the machine is."""
STEPS_MAX = 42
TURNS_MAX = 17
AIMED = 0.2
"""How many lives are aimed at what was seldom met so far."""
AIMED_STEPS_MAX = 6
UNFINISHED_MAX = 12
"""More is not exported while so many messages wait: the worker must keep up though it dies."""
QUIET_SECONDS_MAX = 20.0
SEED = int(os.environ.get("POMOST_KILL_SEED", "2611"))
OPEN_STATES = (MessageState.WAITING, MessageState.SENDING, MessageState.IN_DOUBT)


def until_nobody_calls(site: Site) -> None:
    """Wait until CeR and P1 have carried out whatever the dead worker had sent.

    Connections are taken in the order they came, so one of our own that was taken stands behind the worker's.
    """
    for endpoint in site.simulator.endpoints.values():
        with socket.create_connection((endpoint.host, endpoint.port), timeout=QUIET_SECONDS_MAX) as last:
            last.shutdown(socket.SHUT_WR)
            last.recv(1)
        deadline = time.monotonic() + QUIET_SECONDS_MAX
        while endpoint.callers:
            assert time.monotonic() < deadline, "the simulator does not come to rest"
            time.sleep(0.001)


def a_life(rng: Random, deaths: list[Death]) -> Life:
    """Most die at a step among all; some at a turning point, some while taking in, some by the clock.

    Some are aimed: at what an answer brings about, which is short, or at one of the actions that were hit least.
    """
    kind = rng.random()
    if rng.random() < AIMED:
        hit = Counter(death.action for death in deaths)
        seldom = sorted(Action, key=lambda action: (hit[action], rng.random()))[: len(Action) // 3]
        return Life(step=rng.randint(1, AIMED_STEPS_MAX), aim=rng.choice(["effects", *seldom]))
    if kind < 0.12:
        return Life(after_seconds=rng.uniform(0.0, 0.15))
    if kind < 0.55:
        return Life(step=rng.randint(1, TURNS_MAX), turning=True)
    return Life(step=rng.randint(1, STEPS_MAX), whole=kind > 0.9)


def kill_again_and_again(site: Site, stories: Stories, nursery: Nursery, rng: Random) -> list[Death]:
    deaths: list[Death] = []
    for number in range(1, LIVES_MAX + 1):
        if len(site.messages(*OPEN_STATES)) < UNFINISHED_MAX:
            stories.go_on(people=3)
        life = a_life(rng, deaths) if number % UNHARMED_EVERY else Life()
        if not life.whole:
            receive(site.eq, FACILITY)
            take_in(site.eq, FACILITY)
        death = nursery.live(life)
        until_nobody_calls(site)
        deaths += [death] if death.killed else []
        if len(deaths) >= KILLS:
            break
    return deaths


@pytest.fixture
def site_settings(site_settings: Settings) -> Settings:
    """Small batches, so that a worker commits often; lost answers are asked about at once; there is a doctor."""
    facility = site_settings.facilities[FACILITY]
    doctor = StaffSettings(
        user_root="2.16.840.1.113883.3.4424.1.6.2", user_extension="5425740", role="LEKARZ_LEK_DENTYSTA_FELCZER"
    )
    caller = facility.caller.model_copy(update={"staff": {"doctor": doctor}})
    return site_settings.model_copy(
        update={
            "facilities": {FACILITY: facility.model_copy(update={"caller": caller})},
            "claim_batch_max": 2,
            "put_batch_max": 3,
            "ask_after_seconds": 0.0,
        }
    )


def histogram(deaths: list[Death]) -> str:
    """Where workers died, for whoever reads a failure."""
    kinds = Counter(f"{death.kind:17} {death.place}" for death in deaths)
    actions = Counter(death.action for death in deaths if death.action)
    return "\n".join([*(f"{count:4} {kind}" for kind, count in sorted(kinds.items())), repr(dict(actions))])


def changes_in_cer(site: Site) -> dict[str, list[tuple[str, str]]]:
    """CeR's visit id -> its changes as published: (state, slot's reference)."""
    state = site.admin.state()
    references = {slot["id"]: slot["reference"] for slot in state["slots"]}
    changes: dict[str, list[tuple[str, str]]] = {}
    for change in state["feed"]:
        changes.setdefault(change["visit"], []).append((change["state"], references[change["slot"]]))
    return changes


def check_visits(site: Site, stories: Stories) -> None:
    """Each visit was saved once; every change of it was made once, in order; links and EHR agree."""
    expected, published = stories.expected, changes_in_cer(site)
    ids: dict[str, list[str]] = {}
    for visit in site.visits():
        ids.setdefault(visit["reference"] or "", []).append(visit["id"])
    assert sorted(ids.pop("", [])) == sorted(expected.patients_visits)
    assert {visit: len(found) for visit, found in ids.items()} == dict.fromkeys(expected.visits, 1)
    assert {visit: published[found[0]] for visit, found in ids.items()} == dict(expected.visits)
    with site.eq.store.unit_of_work() as work:
        links = {visit: work.links.theirs(FACILITY, "visit", visit) for visit in expected.visits}
    assert links == {
        visit: None if changes[-1][0] == "cancelled" else ids[visit][0] for visit, changes in expected.visits.items()
    }
    for visit, (national,) in ids.items():
        assert national in identifiers(one_written(site, "Appointment", visit)), visit
    for visit in expected.cancelled_by_patient:
        assert site.ehr("Appointment", visit)["status"] == "cancelled"


def check_referrals(site: Site, stories: Stories) -> None:
    """Each acceptance, refusal, report, giving back and finishing was done once, in order; so was each comment."""
    expected = stories.expected.referrals
    assert {person: site.referral_history(person) for person in expected} == dict(expected)
    people = {site.person(person)["pesel"]: person for person in stories.expected.comments}
    with site.simulator.state.lock:
        comments = {
            people[one.person_extension]: [comment.text for comment in one.comments]
            for one in site.simulator.state.referrals.by_number.values()
            if one.person_extension in people
        }
    assert comments == dict(stories.expected.comments)


def check_documents(site: Site, stories: Stories) -> None:
    """Each document was saved once (P1 refuses a number twice) and annulled once; our book says what P1 says."""
    with site.simulator.state.lock:
        referrals = site.simulator.state.referrals.by_number.values()
        saved = {one.extension: one for one in referrals if one.root == ROOT and one.extension[0] == "9"}
    history = {number: [what for what, _ in one.history] for number, one in saved.items()}
    assert history == stories.expected.documents
    with site.eq.store.unit_of_work() as work:
        for number, one in saved.items():
            issued = work.referrals.issued(FACILITY, ReferralNumber(ROOT, number))
            assert issued is not None, number
            assert (issued.annulled_at is not None) == (one.state == "annulled"), number
            kept = (issued.key.reveal(), issued.code.reveal()) if issued.key and issued.code else None
            lost = [None] if one.state == "annulled" else [(one.key, one.code), None]
            assert kept in lost, number


def check_entries(site: Site, stories: Stories) -> None:
    """Each entry was made once in the waiting room, and left when it had to be."""
    entries = sorted((entry["reference"], entry["open"]) for entry in site.admin.state()["waiting_room"])
    assert entries == sorted(stories.expected.entries.items())


def check_slots(site: Site, stories: Stories) -> None:
    """Every slot stands in CeR as the EHR says; blocks are proven; the EHR has CeR's ids."""
    in_cer = {slot["reference"]: slot for slot in site.admin.slots()}
    yard = stories.expected.slots
    assert {slot: in_cer[slot]["state"] if slot in in_cer else "deleted" for slot in yard} == yard
    with site.eq.store.unit_of_work() as work:
        links = {slot: work.links.theirs(FACILITY, "slot", slot) for slot in in_cer | yard}
        proofs = {slot: work.calendar.block(FACILITY, slot) for slot in yard}
    assert links == {slot: in_cer[slot]["id"] if slot in in_cer else None for slot in in_cer | yard}
    assert {slot for slot, proof in proofs.items() if proof is not None and proof.proven_at is not None} == {
        slot for slot, state in yard.items() if state == "blocked"
    }
    assert not [slot for slot, proof in proofs.items() if proof is not None and proof.proven_at is None]
    for slot, known in in_cer.items():
        assert known["id"] in identifiers(one_written(site, "Slot", slot)), slot


def check_patients_visits(site: Site, stories: Stories) -> None:
    """What a patient booked is one Appointment in the EHR, of one Patient; or none, when it was over too soon."""
    expected, published = stories.expected.patients_visits, changes_in_cer(site)
    assert {visit: published[visit] for visit in expected} == dict(expected)
    made = [
        (identifier["value"], appointment["status"])
        for appointment in written(site, "Appointment")
        for identifier in appointment.get("identifier", [])
        if identifier["system"] == names.NATIONAL_VISIT and identifier["value"] in expected
    ]
    assert len(dict(made)) == len(made), "an Appointment was made twice"
    shown = dict(made)
    for visit, changes in expected.items():
        assert (visit, shown.get(visit)) in [
            (visit, "booked" if changes[-1][0] == "saved" else "cancelled"),
            *([(visit, None)] if changes[-1][0] == "cancelled" else []),
        ]
    people = [patient["identifier"][0]["value"] for patient in written(site, "Patient")]
    assert len(set(people)) == len(people), "a Patient was made twice"


def written(site: Site, resource_type: str) -> list[dict[str, Any]]:
    """What was written into the EHR's folder, of one type."""
    folder = site.clinic.folder / "outgoing"
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob(f"{resource_type}-*.json"))]


def one_written(site: Site, resource_type: str, resource_id: str) -> dict[str, Any]:
    path = site.clinic.folder / "outgoing" / f"{resource_type}-{resource_id}.json"
    return dict(json.loads(path.read_bytes()))


def identifiers(resource: dict[str, Any]) -> set[str]:
    return {identifier["value"] for identifier in resource.get("identifier", [])}


def check_messages(site: Site) -> None:
    """Nothing was refused at the door, every message was delivered, and the audit of it all is whole."""
    with site.eq.store.unit_of_work() as work:
        known = work.inbox.find(facility=FACILITY, limit=1000)
        assert not [one for entry in known for one in entry.problems if one.severity == "error"]
    left = [
        (message.id, message.action.value, message.subjects, message.state.value, message.problem)
        for message in site.messages()
        if message.state is not MessageState.DELIVERED
    ]
    subjects = {subject for one in left for subject in one[2] if subject.startswith("visit:")}
    told = [
        (one.id, one.action.value, one.state.value, one.attempts, one.sent_at, one.answered_at, one.after, one.payload)
        for one in site.messages()
        if subjects & set(one.subjects)
    ]
    assert not left, "\n".join(map(repr, [*told, *site.admin.state()["waiting_room"]]))
    with site.eq.store.unit_of_work() as work:
        assert work.audit.verify() is None


def check_register(site: Site) -> None:
    """Every visit has its entry, entered once and removed once; no number was given twice, none awaits P1."""
    with site.eq.store.unit_of_work() as work:
        entries = list(work.register.listed(FACILITY, open_only=False))
        steps = {one.entry.id: [step.what for step in work.register.steps(FACILITY, one.entry.id)] for one in entries}
        visits = {one.entry.id: work.calendar.visit(FACILITY, one.visit_id) for one in entries}
    assert entries
    numbers = [one.entry.number for one in entries if one.entry.number is not None]
    assert len(numbers) == len(set(numbers))
    for one in entries:
        visit = visits[one.entry.id]
        assert visit is not None
        assert one.standing is EntryStanding.FINAL, one.entry.id
        assert steps[one.entry.id].count("entered") == 1
        assert steps[one.entry.id].count("removed") == (0 if one.entry.open else 1)
        stands = visit.active or visit.state is VisitState.WAITING
        assert one.entry.open is (stands and visit.state is not VisitState.SERVED), one.entry.id


def check_deaths(deaths: list[Death], site: Site) -> None:
    """Workers really died everywhere: before, while and after sending, in settling, in asking, in proving."""
    kinds = Counter(death.kind for death in deaths)
    assert set(kinds) >= {
        "before statement",
        "after statement",
        "before commit",
        "after commit",
        "before sending",
        "sent, unread",
        "answer read",
        "by the clock",
    }
    assert {death.place.partition(".")[0] for death in deaths} >= {"deliver", "settle_doubts", "read_back", "effects"}
    assert {message.action for message in site.messages()} == set(Action)
    assert len({death.action for death in deaths if death.action}) >= 10


def test_a_worker_killed_at_any_step_loses_nothing_and_does_nothing_twice(site: Site, site_settings: Settings) -> None:
    print(f"POMOST_KILL_SEED={SEED}")
    rng = Random(SEED)
    stories = Stories(site, rng)
    site.export(*stories.open())
    with Nursery(site_settings) as nursery:
        assert not nursery.live(Life(whole=True)).killed
        deaths = kill_again_and_again(site, stories, nursery, rng)
        print(histogram(deaths))
    assert len(deaths) == KILLS
    for _ in range(3):
        synchronise(site.eq, FACILITY)
        site.until_quiet()
    check_messages(site)
    check_register(site)
    check_visits(site, stories)
    check_referrals(site, stories)
    check_documents(site, stories)
    check_entries(site, stories)
    check_slots(site, stories)
    check_patients_visits(site, stories)
    check_deaths(deaths, site)
