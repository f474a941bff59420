"""CeR's operations as messages: names of ``wsdl/cer`` (a reconstruction, all but one invented) to :mod:`calendar`.

Only ``pobierzBazoweDaneListySlotow``, the four slot types and ``ZABLOKOWANY`` are public (cer.md 2.1, 1.3).
"""

from __future__ import annotations

from functools import partial

from lxml import etree

from adapter.simulator import calendar
from adapter.simulator.answers import MAJOR, MINOR, SUCCESS, Fault, Refusal
from adapter.simulator.calendar import ours
from adapter.simulator.caller import Caller
from adapter.simulator.registry import REFUSED, Change, Put, Slot, Visit, refuse
from adapter.simulator.state import State
from adapter.simulator.waiting import Entry
from adapter.simulator.world import Person
from adapter.simulator.xml import Texts, add, day, instant, maybe, need, written

NAMESPACE = "urn:pomost:reconstruction:cer:v1"
N = f"{{{NAMESPACE}}}"

SLOT_STATES = {"open": "WOLNY", "taken": "ZAJETY", "blocked": "ZABLOKOWANY"}
SLOT_KINDS = {
    "stable": "STABILNY",
    "urgent": "PILNY",
    "privileged": "UPRZYWILEJOWANY",
    "continuation": "KONTYNUACJA",
}
VISIT_STATES = {"saved": "ZAPISANA", "cancelled": "ODWOLANA", "served": "ZREALIZOWANA", "no-show": "NIEZGLOSZENIE"}
ORIGINS = {"facility": "PODMIOT", "patient": "PACJENT", "system": "SYSTEM"}
CRITERIA = {"stable": "STABILNY", "urgent": "PILNY"}

VERBS = {
    "list_slots": "pobierzBazoweDaneListySlotow",
    "put_slots": "przekazListeSlotow",
    "edit_slot": "edytujSlot",
    "delete_slot": "usunSlot",
    "save_visit": "zapiszWizyte",
    "move_visit": "przeniesWizyte",
    "cancel_visit": "odwolajWizyte",
    "record_attendance": "odnotujRealizacjeWizyty",
    "visit_changes": "pobierzZmianyWizyt",
    "join_waiting_room": "dopiszDoPoczekalni",
    "leave_waiting_room": "usunZPoczekalni",
    "read_waiting_room": "odczytajWpisPoczekalni",
}
"""Our verb, as the function below that fills the answer -> the operation's name."""

TAMPERED = (b"urn:csioz:p1:kod:major:Sukces", b"urn:csioz:p1:kod:major:Sukcez")
"""What an answer says of success, and what it is changed to on the way when asked for."""

_NSMAP = {"cer": NAMESPACE}


def start(response: str, state: State) -> etree._Element:
    """An answer with the authority's clock in it."""
    root = etree.Element(response, nsmap=_NSMAP)
    add(root, f"{N}czasSerwera", written(state.clock.now()))
    return root


def end(root: etree._Element, refusal: Refusal | None = None) -> etree._Element:
    """The result (WynikMT) closes an answer."""
    result = etree.SubElement(root, f"{N}wynik")
    add(result, f"{N}major", refusal.major if refusal else SUCCESS)
    if refusal:
        add(result, f"{N}minor", refusal.minor or None)
        add(result, f"{N}komunikat", refusal.message)
    return root


def fault(fault: Fault) -> etree._Element:
    """What stands in a fault's detail (BladMT)."""
    errors = etree.Element(f"{N}bledyOperacji", nsmap={"ws": NAMESPACE})
    error = etree.SubElement(errors, f"{N}blad")
    add(error, f"{N}kodBleduMajor", MAJOR + fault.major)
    add(error, f"{N}kodBleduMinor", MINOR + fault.minor if fault.minor else None)
    add(error, f"{N}opis", fault.message)
    return errors


def list_slots(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """All slots of a schedule on a day."""
    schedule, on = need(request, f"{N}identyfikatorHarmonogramu"), day(need(request, f"{N}dzien"))
    listed = etree.SubElement(answer, f"{N}listaSlotow")
    for slot in calendar.list_slots(state, caller, schedule, on):
        _slot(state, listed, slot)


def _slot(state: State, parent: etree._Element, slot: Slot) -> None:
    item = etree.SubElement(parent, f"{N}slot")
    add(item, f"{N}identyfikatorSlotu", slot.id)
    add(item, f"{N}identyfikatorObcy", slot.reference)
    add(item, f"{N}identyfikatorHarmonogramu", slot.schedule)
    add(item, f"{N}poczatek", written(slot.starts))
    add(item, f"{N}koniec", written(slot.ends))
    add(item, f"{N}typ", SLOT_KINDS[slot.kind])
    add(item, f"{N}status", SLOT_STATES[state.registry.state_of(slot)])
    add(item, f"{N}pojemnosc", str(slot.capacity))
    add(item, f"{N}czasZmiany", written(slot.changed_at))
    for visit in state.registry.visits_on(slot.id):
        row = etree.SubElement(item, f"{N}wizyta")
        add(row, f"{N}identyfikatorWizyty", visit.id)
        add(row, f"{N}identyfikatorObcy", visit.reference)
        add(row, f"{N}status", VISIT_STATES[visit.state])
        add(row, f"{N}czasZapisu", written(visit.saved_at))
        add(row, f"{N}zrodlo", ORIGINS[visit.origin])


_REFERENCE, _SCHEDULE, _SERVICE = f"{N}identyfikatorObcy", f"{N}identyfikatorHarmonogramu", f"{N}usluga"
_STARTS, _ENDS, _KIND, _STATE, _CAPACITY = f"{N}poczatek", f"{N}koniec", f"{N}typ", f"{N}status", f"{N}pojemnosc"


def put_slots(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Make slots known; one result for each."""
    offered = request.findall(f"{N}listaSlotow/{N}slot")
    references = [need(offer, f"{N}identyfikatorObcy") for offer in offered]
    read = _Oids()
    done = calendar.put_slots(state, caller, references, [partial(_put, caller, read, offer) for offer in offered])
    results = etree.SubElement(answer, f"{N}wynikiSlotow")
    for each in done:
        row = etree.SubElement(results, f"{N}wynikSlotu")
        add(row, f"{N}identyfikatorObcy", each.reference)
        add(row, f"{N}identyfikatorSlotu", each.slot.id if each.slot else None)
        end(row, each.refusal)


class _Oids(dict[tuple[object, ...], tuple[str, str]]):
    """Identifiers of one message by the texts they are made of: a batch says the same few many times."""

    def of(self, element: etree._Element | None) -> tuple[str, str]:
        """Root and extension. Raises Refusal when there is none."""
        if element is None:
            return _oid(None)
        texts = tuple([(child.tag, child.text) for child in element])
        known = self.get(texts)
        if known is None:
            known = self[texts] = _oid(element)
        return known


def _put(caller: Caller, read: _Oids, offer: etree._Element) -> Put:
    told, personnel = Texts(offer), next(offer.iterchildren(f"{N}personel"), None)
    return Put(
        reference=told[_REFERENCE],
        schedule=told[_SCHEDULE],
        cell=calendar.cell_code(caller, read.of(next(offer.iterchildren(f"{N}komorka"), None))),
        service=told[_SERVICE],
        starts=instant(told[_STARTS]),
        ends=instant(told[_ENDS]),
        kind=ours(SLOT_KINDS, told[_KIND]),
        state=ours(SLOT_STATES, told[_STATE]),
        capacity=int(told[_CAPACITY]),
        practitioner=None if personnel is None else read.of(personnel),
    )


def edit_slot(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Change state, kind or times."""
    status, kind = maybe(request, f"{N}status"), maybe(request, f"{N}typ")
    starts, ends = maybe(request, f"{N}poczatek"), maybe(request, f"{N}koniec")
    calendar.edit_slot(
        state,
        caller,
        VERBS["edit_slot"],
        need(request, f"{N}identyfikatorSlotu"),
        wanted=None if status is None else ours(SLOT_STATES, status),
        kind=None if kind is None else ours(SLOT_KINDS, kind),
        starts=None if starts is None else instant(starts),
        ends=None if ends is None else instant(ends),
    )


def delete_slot(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Delete a slot without visits."""
    calendar.delete_slot(state, caller, need(request, f"{N}identyfikatorSlotu"))


def save_visit(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Save a visit on a slot."""
    visit = calendar.save_visit(
        state,
        caller,
        VERBS["save_visit"],
        need(request, f"{N}identyfikatorSlotu"),
        _person(request),
        reference=need(request, f"{N}identyfikatorObcy"),
        referral=_referral(request),
        category=int(need(request, f"{N}kategoria")),
    )
    _receipt(answer, visit)


def move_visit(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Move a visit to another slot."""
    visit_id, slot_id = need(request, f"{N}identyfikatorWizyty"), need(request, f"{N}identyfikatorSlotu")
    _receipt(answer, calendar.move_visit(state, caller, visit_id, slot_id))


def cancel_visit(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Cancel a visit."""
    visit_id, reason = need(request, f"{N}identyfikatorWizyty"), need(request, f"{N}przyczyna")
    _receipt(answer, calendar.cancel_visit(state, caller, visit_id, reason))


def record_attendance(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Say that the patient was served or did not come."""
    visit_id, outcome = need(request, f"{N}identyfikatorWizyty"), ours(VISIT_STATES, need(request, f"{N}status"))
    _receipt(answer, calendar.record_attendance(state, caller, visit_id, outcome))


def visit_changes(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """A page of the change feed; the cursor is the last sequence number seen."""
    cursor = maybe(request, f"{N}kursor") or "0"
    if not cursor.isdecimal():
        raise refuse("NieprawidloweDane", "the cursor is not one that was given out")
    page = calendar.visit_changes(state, caller, int(cursor))
    listed = etree.SubElement(answer, f"{N}listaZmian")
    for change in page.changes:
        _change(listed, change)
    add(answer, f"{N}kursor", str(page.after))
    add(answer, f"{N}czyWiecej", "true" if page.more else "false")


def _change(parent: etree._Element, change: Change) -> None:
    item = etree.SubElement(parent, f"{N}zmiana")
    add(item, f"{N}numerZmiany", str(change.sequence))
    add(item, f"{N}identyfikatorWizyty", change.visit_id)
    add(item, f"{N}identyfikatorSlotu", change.slot_id)
    add(item, f"{N}identyfikatorObcy", change.reference)
    add(item, f"{N}status", VISIT_STATES[change.state])
    add(item, f"{N}zrodlo", ORIGINS[change.origin])
    add(item, f"{N}czasZmiany", written(change.changed_at))
    person = etree.SubElement(item, f"{N}pacjent")
    _write_oid(person, "identyfikator", change.person.key)
    add(person, f"{N}imie", change.person.given)
    add(person, f"{N}nazwisko", change.person.family)
    add(person, f"{N}telefon", change.person.phone)
    if change.referral is not None:
        _write_oid(item, "numerSkierowania", change.referral)


def join_waiting_room(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Put a person in the waiting room."""
    not_before = maybe(request, f"{N}nieWczesniejNiz")
    entry = calendar.join_waiting_room(
        state,
        caller,
        _cell(caller, request),
        need(request, f"{N}usluga"),
        _person(request),
        criterion=ours(CRITERIA, need(request, f"{N}kryterium")),
        waived=need(request, f"{N}rezygnacjaZUprawnienia") in {"true", "1"},
        reference=need(request, f"{N}identyfikatorObcy"),
        referral=_referral(request),
        not_before=None if not_before is None else day(not_before),
    )
    _entry(answer, entry)


def leave_waiting_room(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """Take an entry out."""
    entry_id, reason = need(request, f"{N}identyfikatorWpisu"), need(request, f"{N}przyczyna")
    _entry(answer, calendar.leave_waiting_room(state, caller, entry_id, reason))


def read_waiting_room(state: State, caller: Caller, request: etree._Element, answer: etree._Element) -> None:
    """The entry under a reference (absent when there is none), or by its id."""
    reference, entry_id = maybe(request, f"{N}identyfikatorObcy"), maybe(request, f"{N}identyfikatorWpisu")
    if entry := calendar.read_waiting_room(state, caller, reference=reference, entry_id=entry_id):
        _entry(answer, entry)


def _entry(answer: etree._Element, entry: Entry) -> None:
    item = etree.SubElement(answer, f"{N}wpis")
    add(item, f"{N}identyfikatorWpisu", entry.id)
    add(item, f"{N}identyfikatorObcy", entry.reference)
    add(item, f"{N}aktywny", "true" if entry.open else "false")
    add(item, f"{N}poszukiwanieDo", entry.searched_until.isoformat())
    add(item, f"{N}identyfikatorWizyty", entry.visit_id)


def _receipt(answer: etree._Element, visit: Visit) -> None:
    item = etree.SubElement(answer, f"{N}potwierdzenie")
    add(item, f"{N}identyfikatorWizyty", visit.id)
    add(item, f"{N}czasZapisu", written(visit.saved_at))


def _person(request: etree._Element) -> Person:
    root, extension = _oid(request.find(f"{N}pacjent/{N}identyfikator"))
    return Person(
        id_root=root,
        id_extension=extension,
        given=need(request, f"{N}pacjent/{N}imie"),
        family=need(request, f"{N}pacjent/{N}nazwisko"),
        phone=maybe(request, f"{N}pacjent/{N}telefon"),
    )


def _referral(request: etree._Element) -> tuple[str, str] | None:
    element = request.find(f"{N}numerSkierowania")
    return None if element is None else _oid(element)


def _cell(caller: Caller, element: etree._Element) -> str:
    return calendar.cell_code(caller, _oid(next(element.iterchildren(f"{N}komorka"), None)))


def _oid(element: etree._Element | None) -> tuple[str, str]:
    if element is None:
        raise Refusal(REFUSED, "an identifier is missing")
    told = Texts(element)
    return told[f"{N}root"], told[f"{N}extension"]


def _write_oid(parent: etree._Element, name: str, pair: tuple[str, str]) -> None:
    item = etree.SubElement(parent, f"{N}{name}")
    add(item, f"{N}extension", pair[1])
    add(item, f"{N}root", pair[0])
