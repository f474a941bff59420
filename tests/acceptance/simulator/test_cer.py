"""CeR over the wire: what one operation says, the next one shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from acceptance.simulator.wire import OTHER_PODMIOT, PESELS, PODMIOT, Answer, Client, patient_xml, visit_xml

from adapter.simulator.answers import Refusal
from adapter.simulator.app import Simulator


def edit(client: Client, slot: str, inner: str) -> str:
    return client.call("edytujSlot", f"<identyfikatorSlotu>{slot}</identyfikatorSlotu>{inner}").result


def change(client: Client, cursor: str = "") -> Answer:
    return client.call("pobierzZmianyWizyt", f"<kursor>{cursor}</kursor>" if cursor else "")


def join(
    client: Client, pesel: str, *, reference: str = "w-1", waived: str = "false", service: str = "1100"
) -> object:
    return client.call(
        "dopiszDoPoczekalni",
        f"<identyfikatorObcy>w-1</identyfikatorObcy><komorka><extension>{PODMIOT}-001</extension>"
        f"<root>2.16.840.1.113883.3.4424.2.3.3</root></komorka><usluga>1100</usluga>{patient_xml(pesel)}"
        f"<kryterium>STABILNY</kryterium><rezygnacjaZUprawnienia>{waived}</rezygnacjaZUprawnienia>",
    )


def test_slots_put_are_listed_with_our_references(client: Client) -> None:
    ids = client.put("a", "b", kind="PILNY", capacity=3)
    answer = client.list_slots()
    assert answer.texts("identyfikatorSlotu") == ids
    assert answer.texts("identyfikatorObcy") == ["a", "b"]
    assert set(answer.texts("typ") + answer.texts("status") + answer.texts("pojemnosc")) == {"PILNY", "WOLNY", "3"}
    assert answer.text("czasSerwera") == "2026-11-21T10:00:00.000Z"


def test_a_list_is_of_one_schedule_and_one_warsaw_day(client: Client) -> None:
    client.put("a", at="2026-12-01T23:30:00+00:00")
    assert client.list_slots("2026-12-01").texts("slot") == []
    assert client.list_slots("2026-12-02").texts("identyfikatorObcy") == ["a"]
    assert client.list_slots("2026-12-02", schedule="other").texts("identyfikatorObcy") == []


def test_putting_again_is_harmless(client: Client, simulator: Simulator) -> None:
    assert client.put("a", "b") == client.put("a", "b")
    assert len(simulator.admin.slots()) == 2


def test_one_bad_slot_of_a_batch_sinks_no_other(client: Client, simulator: Simulator) -> None:
    slot = (
        "<slot><identyfikatorObcy>{ref}</identyfikatorObcy><identyfikatorHarmonogramu>s</identyfikatorHarmonogramu>"
        "<komorka><extension>{podmiot}-001</extension><root>2.16.840.1.113883.3.4424.2.3.3</root></komorka>"
        "<usluga>1100</usluga><poczatek>2026-12-01T08:00:00Z</poczatek><koniec>{end}</koniec><typ>{typ}</typ>"
        "<status>WOLNY</status><pojemnosc>1</pojemnosc></slot>"
    )
    late, early = "2026-12-01T08:30:00Z", "2026-12-01T07:30:00Z"
    batch = (
        slot.format(ref="good", podmiot=PODMIOT, end=late, typ="STABILNY")
        + slot.format(ref="kind", podmiot=PODMIOT, end=late, typ="NIEZNANY")
        + slot.format(ref="times", podmiot=PODMIOT, end=early, typ="STABILNY")
        + slot.format(ref="theirs", podmiot=OTHER_PODMIOT, end=late, typ="STABILNY")
        + slot.format(ref="also-good", podmiot=PODMIOT, end=late, typ="PILNY")
    )
    answer = client.call("przekazListeSlotow", f"<listaSlotow>{batch}</listaSlotow>")
    assert answer.texts("identyfikatorObcy") == ["good", "kind", "times", "theirs", "also-good"]
    minors = [minor.rpartition(":")[2] for minor in answer.texts("minor")]
    assert minors == ["NieprawidloweDane", "NieprawidloweDane", "CudzyObiekt"]
    assert [slot["reference"] for slot in simulator.admin.slots()] == ["good", "also-good"]


def test_a_visit_takes_its_slot_and_a_cancellation_frees_it(client: Client) -> None:
    slot = client.put("a")[0]
    visit = client.save_visit(slot, "v-1").text("identyfikatorWizyty")
    listed = client.list_slots()
    assert (listed.text("status"), listed.texts("identyfikatorWizyty")) == ("ZAJETY", [visit])
    assert client.save_visit(slot, "v-2", PESELS[1]).result == "SlotZajety"
    cancelled = client.call(
        "odwolajWizyte", f"<identyfikatorWizyty>{visit}</identyfikatorWizyty><przyczyna>PACJENT</przyczyna>"
    )
    assert cancelled.result == "Sukces"
    assert client.list_slots().text("status") == "WOLNY"
    assert client.save_visit(slot, "v-3", PESELS[1]).result == "Sukces"


def test_a_block_holds_until_it_is_lifted(client: Client) -> None:
    slot = client.put("a")[0]
    assert edit(client, slot, "<status>ZABLOKOWANY</status>") == "Sukces"
    assert client.list_slots().text("status") == "ZABLOKOWANY"
    assert client.save_visit(slot).result == "SlotZablokowany"
    assert edit(client, slot, "<status>WOLNY</status>") == "Sukces"
    assert client.save_visit(slot).result == "Sukces"


def test_an_edit_moves_and_retypes(client: Client) -> None:
    slot = client.put("a")[0]
    times = "<poczatek>2026-12-02T08:00:00Z</poczatek><koniec>2026-12-02T08:30:00Z</koniec>"
    assert edit(client, slot, f"{times}<typ>KONTYNUACJA</typ>") == "Sukces"
    assert client.list_slots("2026-12-02").text("typ") == "KONTYNUACJA"
    assert edit(client, "CER-S-99999999", "<typ>PILNY</typ>") == "SlotNieZnaleziony"
    assert edit(client, slot, "<typ>INNY</typ>") == "NieprawidloweDane"


def test_a_slot_with_a_visit_is_not_deleted(client: Client) -> None:
    taken, free = client.put("a", "b")
    client.save_visit(taken)
    delete = "<identyfikatorSlotu>{}</identyfikatorSlotu>"
    assert client.call("usunSlot", delete.format(taken)).result == "SlotMaWizyte"
    assert client.call("usunSlot", delete.format(free)).result == "Sukces"
    assert client.list_slots().texts("identyfikatorSlotu") == [taken]


def test_the_same_reference_twice_is_two_visits_where_there_is_room(client: Client, simulator: Simulator) -> None:
    """Nobody saves a careless client from itself; only the capacity does."""
    slot = client.put("a", capacity=2, kind="KONTYNUACJA")[0]
    assert {client.save_visit(slot, "same").result for _ in range(2)} == {"Sukces"}
    assert client.save_visit(slot, "same").result == "SlotZajety"
    assert [visit["reference"] for visit in simulator.admin.visits()] == ["same", "same"]


def test_move_and_attendance(client: Client) -> None:
    first, second = client.put("a", "b")
    visit = client.save_visit(first).text("identyfikatorWizyty")
    ident = f"<identyfikatorWizyty>{visit}</identyfikatorWizyty>"
    assert (
        client.call("przeniesWizyte", f"{ident}<identyfikatorSlotu>{second}</identyfikatorSlotu>").result == "Sukces"
    )
    assert client.list_slots().texts("status") == ["WOLNY", "ZAJETY", "ZAPISANA"]
    attend = "odnotujRealizacjeWizyty"
    assert client.call(attend, f"{ident}<status>ODWOLANA</status>").result == "NieprawidloweDane"
    assert client.call(attend, f"{ident}<status>ZREALIZOWANA</status>").result == "Sukces"
    assert client.call(attend, f"{ident}<status>ZREALIZOWANA</status>").result == "WizytaNiewlasciwyStatus"


def test_the_feed_tells_of_both_sides_in_order(client: Client, simulator: Simulator) -> None:
    first, second = client.put("a", "b")
    ours = client.save_visit(first, "v-1").text("identyfikatorWizyty")
    theirs = simulator.admin.patient_books(
        "b", {"pesel": PESELS[1], "given": "Jan", "family": "Testowy"}, referral=("1.2.3", "9")
    )
    simulator.admin.patient_cancels(str(ours))
    answer = change(client)
    assert answer.texts("numerZmiany") == ["1", "2", "3"]
    assert answer.texts("identyfikatorWizyty") == [ours, theirs, ours]
    assert answer.texts("status") == ["ZAPISANA", "ZAPISANA", "ODWOLANA"]
    assert answer.texts("zrodlo") == ["PODMIOT", "PACJENT", "PACJENT"]
    assert answer.texts("identyfikatorObcy") == ["v-1", "v-1"], "a patient's own booking has no reference of ours"
    assert (answer.text("kursor"), answer.text("czyWiecej")) == ("3", "false")
    assert change(client, "3").texts("zmiana") == []
    assert change(client, "2").texts("numerZmiany") == ["3"]
    assert change(client, "x").result == "NieprawidloweDane"
    assert second


def test_the_feed_is_paged(client: Client) -> None:
    slot = client.put("a", kind="KONTYNUACJA", capacity=100)[0]
    for n in range(3):
        client.save_visit(slot, f"v-{n}")
    rules = client.simulator.state.registry.rules
    client.simulator.state.registry.rules = type(rules)(page_size=2)
    first = change(client)
    assert (first.texts("numerZmiany"), first.text("czyWiecej")) == (["1", "2"], "true")
    rest = change(client, str(first.text("kursor")))
    assert (rest.texts("numerZmiany"), rest.text("czyWiecej")) == (["3"], "false")


def test_the_waiting_room_over_the_wire(client: Client, simulator: Simulator) -> None:
    entry = join(client, PESELS[0])
    assert (entry.text("aktywny"), entry.text("poszukiwanieDo")) == ("true", "2026-12-31")
    assert join(client, PESELS[0]).result == "JuzWPoczekalni"
    read = "odczytajWpisPoczekalni"
    by_reference = client.call(read, "<identyfikatorObcy>w-1</identyfikatorObcy>")
    assert by_reference.text("identyfikatorWpisu") == entry.text("identyfikatorWpisu")
    assert client.call(read, "<identyfikatorObcy>none</identyfikatorObcy>").text("wpis") is None
    client.put("a")
    simulator.admin.advance_clock(timedelta(hours=1))
    booked = client.call(read, "<identyfikatorObcy>w-1</identyfikatorObcy>")
    assert booked.text("aktywny") == "false"
    assert booked.text("identyfikatorWizyty") == change(client).text("identyfikatorWizyty")
    assert change(client).text("zrodlo") == "SYSTEM"
    leave = (
        f"<identyfikatorWpisu>{entry.text('identyfikatorWpisu')}</identyfikatorWpisu><przyczyna>PACJENT</przyczyna>"
    )
    assert client.call("usunZPoczekalni", leave).result == "NieprawidloweDane", "it is closed already"


def test_a_privileged_patient_and_the_waiting_room(client: Client, simulator: Simulator) -> None:
    """V-04's other side: CeR refuses too, unless the privilege is waived."""
    (privileged,) = [p for p in simulator.state.world.people.values() if p.privileged]
    assert join(client, privileged.id_extension).result == "UprzywilejowanyWPoczekalni"
    assert join(client, privileged.id_extension, waived="true").result == "Sukces"


def test_a_privileged_patient_who_cancels_loses_the_privilege(client: Client, simulator: Simulator) -> None:
    """cer.md 1.7, 6: into the waiting room, and the right is gone."""
    slot = client.put("a", kind="UPRZYWILEJOWANY")[0]
    answer = client.call("zapiszWizyte", visit_xml(slot, "v", PESELS[3], category=4))
    entry = simulator.admin.patient_cancels(str(answer.text("identyfikatorWizyty")))
    (waiting,) = simulator.admin.state()["waiting_room"]
    assert (waiting["id"], waiting["open"], waiting["person"]) == (entry, True, PESELS[3])


@pytest.mark.parametrize("kind", ["UPRZYWILEJOWANY", "KONTYNUACJA"])
def test_patients_cannot_book_on_the_facilitys_kinds(client: Client, simulator: Simulator, kind: str) -> None:
    client.put("a", kind=kind)
    with pytest.raises(Refusal):
        simulator.admin.patient_books("a", {"pesel": PESELS[0], "given": "Anna", "family": "Testowa"})
    assert simulator.admin.visits() == []


def test_another_facility_sees_none_of_it(client: Client) -> None:
    slot = client.put("a")[0]
    visit = client.save_visit(slot).text("identyfikatorWizyty")
    assert client.save_visit(slot, podmiot=OTHER_PODMIOT).result == "CudzyObiekt"
    cancel = f"<identyfikatorWizyty>{visit}</identyfikatorWizyty><przyczyna>PACJENT</przyczyna>"
    assert client.call("odwolajWizyte", cancel, podmiot=OTHER_PODMIOT).result == "CudzyObiekt"
    assert client.call("pobierzZmianyWizyt", "", podmiot=OTHER_PODMIOT).texts("numerZmiany") == []
