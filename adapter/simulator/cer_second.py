"""CeR's operations in the second contract (``fixtures/contracts/second``), invented to differ in everything.

Values in attributes, codes as numbers, an instant as Warsaw date and time, lists and feed paged by tokens that
mean nothing to whoever holds them, nil where there is nothing. What happens is in :mod:`adapter.simulator.calendar`.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import partial

from lxml import etree

from adapter.simulator import calendar
from adapter.simulator.answers import FAULT_MAJORS, FAULT_MINORS, SUCCESS, Fault, Refusal, malformed
from adapter.simulator.calendar import Oid, ours
from adapter.simulator.caller import Caller
from adapter.simulator.clock import WARSAW
from adapter.simulator.page_token import place_of, token_of
from adapter.simulator.referrals import TOO_MANY
from adapter.simulator.registry import REFUSED, Change, Put, Slot, Visit, refuse
from adapter.simulator.state import State
from adapter.simulator.waiting import Entry
from adapter.simulator.world import Person
from adapter.simulator.xml import add, day, instant, maybe, need, written

NAMESPACE = "urn:pomost:test:second:terminy:v7"
VERSION = "7"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
FAULTS = "urn:pomost:test:second:usterka:"

SLOT_STATES = {"open": "0", "taken": "1", "blocked": "9"}
SLOT_KINDS = {"stable": "1", "urgent": "2", "privileged": "3", "continuation": "4"}
VISIT_STATES = {"saved": "10", "cancelled": "20", "served": "30", "no-show": "40"}
ORIGINS = {"facility": "1", "patient": "2", "system": "3"}
CRITERIA = {"urgent": "1", "stable": "2"}
MAJORS = {SUCCESS: "0", REFUSED: "17", TOO_MANY: "18"}
OTHER_MAJOR = "99"
"""For a result that this contract has no number for."""
MINORS = {
    "NieZnaleziono": "200",
    "SlotNieZnaleziony": "201",
    "SlotZajety": "202",
    "SlotZablokowany": "203",
    "SlotMaWizyte": "204",
    "SlotNakladaSie": "205",
    "WizytaNieZnaleziona": "301",
    "WizytaNiewlasciwyStatus": "302",
    "UprzywilejowanyWPoczekalni": "401",
    "JuzWPoczekalni": "402",
    "NieprawidloweDane": "901",
    "ZaDuzaPaczka": "902",
    "CudzyObiekt": "903",
}
FAULT_CODES = {name: f"{FAULTS}{n}" for n, name in enumerate(FAULT_MAJORS, start=1)}
FAULT_SUBCODES = {
    name: f"{FAULTS}{n}"
    for n, name in enumerate(
        (*FAULT_MINORS, "kontoPodmiotuTymczasowoZablokowane", "kontoPracownikaMedycznegoTymczasowoZablokowane"),
        start=51,
    )
}

VERBS = {
    "list_slots": "podajTerminy",
    "put_slots": "zglosTerminy",
    "edit_slot": "zmienTermin",
    "delete_slot": "wycofajTermin",
    "save_visit": "umowWizyte",
    "move_visit": "przelozWizyte",
    "cancel_visit": "skreslWizyte",
    "record_attendance": "potwierdzWykonanie",
    "visit_changes": "podajZdarzenia",
    "join_waiting_room": "dodajDoKolejki",
    "leave_waiting_room": "skreslZKolejki",
    "read_waiting_room": "sprawdzKolejke",
}
"""Our verb, as the function below that fills the answer -> the operation's name."""
TAMPERED = (b' kod="0"', b' kod="1"')


def start(response: str, state: State) -> etree._Element:
    """An answer; its first element carries the authority's clock and, at the end, the result."""
    root = etree.Element(response, nsmap={"t": NAMESPACE})
    etree.SubElement(root, "naglowek").set("czas", written(state.clock.now()))
    return root


def end(root: etree._Element, refusal: Refusal | None = None) -> etree._Element:
    """The result, in the answer's first element."""
    _say(root[0], refusal)
    if refusal is not None:
        root[0].set("opis", refusal.message)
    return root


def _say(element: etree._Element, refusal: Refusal | None) -> None:
    element.set("kod", MAJORS.get(refusal.major if refusal else SUCCESS, OTHER_MAJOR))
    if refusal is not None and refusal.minor:
        word = refusal.minor.rpartition(":")[2]
        element.set("podkod", MINORS.get(word, word))


def fault(fault: Fault) -> etree._Element:
    """What stands in a fault's detail."""
    errors = etree.Element(f"{{{NAMESPACE}}}Usterki", nsmap={"t": NAMESPACE})
    error = etree.SubElement(errors, "usterka", kod=FAULT_CODES.get(fault.major, FAULTS + fault.major))
    if fault.minor:
        error.set("podkod", FAULT_SUBCODES.get(fault.minor, FAULTS + fault.minor))
    add(error, "opis", fault.message)
    return errors


def list_slots(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """A page of a schedule's slots on a day; the token of the next one, if there is one."""
    schedule, on = need(request, "kalendarz"), day(_attribute(request, "zakres", "dzien"))
    page = request.find("strona")
    after = None if page is None else place_of(str(page.get("token")), "L").split("/", 1)
    place = None if after is None else (instant(after[0]), after[1])
    slots, more = calendar.slot_page(state, caller, schedule, on, place)
    if more:
        last = slots[-1]
        etree.SubElement(answer, "nastepnaStrona", token=token_of("L", f"{last.starts.isoformat()}/{last.id}"))
    listed = etree.SubElement(etree.SubElement(answer, "kalendarze"), "terminy")
    for slot in slots:
        _slot(state, listed, slot)


def _slot(state: State, parent: etree._Element, slot: Slot) -> None:
    item = etree.SubElement(parent, "termin", id=slot.id)
    if slot.reference is not None:
        item.set("nasz", slot.reference)
    add(item, "kalendarz", slot.schedule)
    _write_moment(item, "poczatek", slot.starts)
    _write_moment(item, "koniec", slot.ends)
    kinds = etree.SubElement(item, "klasa")
    add(kinds, "rodzaj", SLOT_KINDS[slot.kind])
    add(kinds, "stan", SLOT_STATES[state.registry.state_of(slot)])
    places = etree.SubElement(item, "miejsca")
    if slot.capacity == 1:
        places.set(NIL, "true")
    else:
        places.text = str(slot.capacity)
    add(item, "zmieniono", written(slot.changed_at))
    if visits := state.registry.visits_on(slot.id):
        held = etree.SubElement(item, "rezerwacje")
        for visit in visits:
            row = etree.SubElement(held, "rezerwacja", id=visit.id)
            if visit.reference is not None:
                row.set("nasz", visit.reference)
            add(row, "stan", VISIT_STATES[visit.state])
            _write_moment(row, "zapisano", visit.saved_at)
            add(row, "kto", ORIGINS[visit.origin])


def put_slots(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Make slots known; one result for each."""
    if _attribute(request, "paczka", "wersja") != VERSION:
        raise refuse("NieprawidloweDane", f"the batch is not of version {VERSION}")
    offered = request.findall("paczka/termin")
    references = [str(offer.get("nasz")) for offer in offered]
    done = calendar.put_slots(state, caller, references, [partial(_put, caller, offer) for offer in offered])
    results = etree.SubElement(answer, "wyniki")
    for each in done:
        row = etree.SubElement(results, "wynik", nasz=each.reference)
        if each.slot is not None:
            row.set("id", each.slot.id)
        _say(row, each.refusal)
        add(row, "opis", each.refusal.message if each.refusal else None)


def _put(caller: Caller, offer: etree._Element) -> Put:
    return Put(
        reference=str(offer.get("nasz")),
        schedule=need(offer, "kalendarz"),
        cell=_cell(caller, offer),
        service=need(offer, "swiadczenie"),
        starts=_moment(offer, "poczatek"),
        ends=_moment(offer, "koniec"),
        kind=ours(SLOT_KINDS, _code(need(offer, "klasa/rodzaj"))),
        state=ours(SLOT_STATES, _code(need(offer, "klasa/stan"))),
        capacity=int(need(offer, "miejsca")),
        practitioner=_maybe_place(offer, "personel"),
    )


def edit_slot(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Change state, kind or times."""
    status, kind = maybe(request, "klasa/stan"), maybe(request, "klasa/rodzaj")
    calendar.edit_slot(
        state,
        caller,
        VERBS["edit_slot"],
        _attribute(request, "termin", "id"),
        wanted=None if status is None else ours(SLOT_STATES, _code(status)),
        kind=None if kind is None else ours(SLOT_KINDS, _code(kind)),
        starts=None if request.find("poczatek") is None else _moment(request, "poczatek"),
        ends=None if request.find("koniec") is None else _moment(request, "koniec"),
    )


def delete_slot(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Delete a slot without visits."""
    calendar.delete_slot(state, caller, _attribute(request, "termin", "id"))


def save_visit(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Save a visit on a slot."""
    visit = calendar.save_visit(
        state,
        caller,
        VERBS["save_visit"],
        _attribute(request, "termin", "id"),
        _person(request),
        reference=_attribute(request, "rezerwacja", "nasz"),
        referral=_maybe_place(request, "skierowanie"),
        category=int(need(request, "tryb")),
    )
    _receipt(answer, visit)


def move_visit(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Move a visit to another slot."""
    visit_id, slot_id = _attribute(request, "rezerwacja", "id"), _attribute(request, "termin", "id")
    _receipt(answer, calendar.move_visit(state, caller, visit_id, slot_id))


def cancel_visit(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Cancel a visit."""
    visit_id, reason = _attribute(request, "rezerwacja", "id"), _attribute(request, "rezerwacja", "powod")
    _receipt(answer, calendar.cancel_visit(state, caller, visit_id, reason))


def record_attendance(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Say that the patient was served or did not come."""
    outcome = ours(VISIT_STATES, _code(need(request, "stan")))
    visit = calendar.record_attendance(state, caller, _attribute(request, "rezerwacja", "id"), outcome)
    _receipt(answer, visit)


def visit_changes(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """A page of the change feed and the token of the one after it."""
    token = maybe(request, "token")
    after = place_of(token, "Z") if token else "0"
    page = calendar.visit_changes(state, caller, int(after))
    more = "true" if page.more else "false"
    etree.SubElement(answer, "strona", token=token_of("Z", str(page.after)), jestNastepna=more)
    listed = etree.SubElement(answer, "zdarzenia")
    for change in page.changes:
        _change(listed, change)


def _change(parent: etree._Element, change: Change) -> None:
    item = etree.SubElement(parent, "zdarzenie", numer=str(change.sequence))
    visit = etree.SubElement(item, "rezerwacja", id=change.visit_id)
    if change.reference is not None:
        visit.set("nasz", change.reference)
    etree.SubElement(item, "termin", id=change.slot_id)
    add(item, "stan", VISIT_STATES[change.state])
    add(item, "kto", ORIGINS[change.origin])
    _write_moment(item, "kiedy", change.changed_at)
    root, extension = change.person.key
    person = etree.SubElement(item, "osoba", rejestr=root, numer=extension)
    add(person, "nazwisko", change.person.family)
    add(person, "imie", change.person.given)
    if change.person.phone:
        add(etree.SubElement(person, "kontakt"), "telefon", change.person.phone)
    if change.referral is not None:
        etree.SubElement(item, "skierowanie", wezel=change.referral[0], numer=change.referral[1])


def join_waiting_room(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Put a person in the waiting room."""
    not_before = maybe(request, "niePrzed")
    entry = calendar.join_waiting_room(
        state,
        caller,
        _cell(caller, request),
        need(request, "swiadczenie"),
        _person(request),
        criterion=ours(CRITERIA, _code(need(request, "pilnosc"))),
        waived=need(request, "rezygnacja") in {"true", "1"},
        reference=_attribute(request, "pozycja", "nasz"),
        referral=_maybe_place(request, "skierowanie"),
        not_before=day(not_before) if not_before else None,
    )
    _entry(answer, entry)


def leave_waiting_room(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Take an entry out."""
    entry_id, reason = _attribute(request, "pozycja", "id"), _attribute(request, "pozycja", "powod")
    _entry(answer, calendar.leave_waiting_room(state, caller, entry_id, reason))


def read_waiting_room(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """The entry under a reference (absent when there is none), or by its id."""
    reference, entry_id = maybe(request, "nasz"), maybe(request, "id")
    if entry := calendar.read_waiting_room(state, caller, reference=reference, entry_id=entry_id):
        _entry(answer, entry)


def _entry(answer: etree._Element, entry: Entry) -> None:
    item = etree.SubElement(answer, "pozycja", id=entry.id, otwarta="true" if entry.open else "false")
    if entry.reference is not None:
        item.set("nasz", entry.reference)
    add(item, "szukamyDo", entry.searched_until.isoformat())
    if entry.visit_id is not None:
        etree.SubElement(item, "rezerwacja", id=entry.visit_id)


def _receipt(answer: etree._Element, visit: Visit) -> None:
    _write_moment(etree.SubElement(answer, "rezerwacja", id=visit.id), "zapisano", visit.saved_at)


def _person(request: etree._Element) -> Person:
    return Person(
        id_root=_attribute(request, "osoba", "rejestr"),
        id_extension=_attribute(request, "osoba", "numer"),
        given=need(request, "osoba/imie"),
        family=need(request, "osoba/nazwisko"),
        phone=maybe(request, "osoba/kontakt/telefon"),
    )


def _cell(caller: Caller, element: etree._Element) -> str:
    return calendar.cell_code(caller, _maybe_place(element, "miejsceUdzielania") or ("", ""))


def _maybe_place(element: etree._Element, name: str) -> Oid | None:
    found = element.find(name)
    return None if found is None else (str(found.get("wezel")), str(found.get("numer")))


def _attribute(element: etree._Element, path: str, name: str) -> str:
    found = element.find(path)
    value = None if found is None else found.get(name)
    if value is None:
        raise malformed("a required attribute is missing")
    return str(value).strip()


def _code(text: str) -> str:
    """A number as its table has it: ``+09`` is ``9``."""
    return str(int(text))


def _moment(element: etree._Element, name: str) -> datetime:
    """Warsaw date and time as an instant; the hour that the clocks skip or show twice is refused."""
    on, at = day(need(element, f"{name}/data")), need(element, f"{name}/godzina")
    try:
        clock = time.fromisoformat(at)
    except ValueError as wrong:
        raise malformed("a time cannot be read") from wrong
    if clock.tzinfo is not None:
        raise refuse("NieprawidloweDane", "a time is Warsaw's and carries no zone")
    local = datetime.combine(on, clock, WARSAW)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise refuse("NieprawidloweDane", "the clocks change in this hour: it is none, or two")
    return local


def _write_moment(parent: etree._Element, name: str, moment: datetime) -> None:
    local = moment.astimezone(WARSAW)
    item = etree.SubElement(parent, name)
    add(item, "data", date.isoformat(local.date()))
    add(item, "godzina", local.time().isoformat(timespec="milliseconds"))
