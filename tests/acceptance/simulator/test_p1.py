"""P1's twelve operations over the wire."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from acceptance.simulator.wire import OTHER_PODMIOT, PODMIOT, Answer, Client

from adapter.simulator import documents
from adapter.simulator.app import Simulator
from adapter.simulator.referrals import Referral

DOCTOR = "LEKARZ_LEK_DENTYSTA_FELCZER"
READ = "odczytDokumentuSkierowaniaDoRealizacji"
WHY = "<komentarz><mt:trescKomentarza>powód testowy</mt:trescKomentarza></komentarz>"


@pytest.fixture
def referral(simulator: Simulator) -> Referral:
    """An issued referral of the seed that this clinic did not issue."""
    every = simulator.state.referrals.by_number.values()
    return next(r for r in every if r.state == "issued" and r.issuer == OTHER_PODMIOT)


def key(referral: Referral) -> str:
    return f"<kluczSkierowania><mt:kluczSkierowania>{referral.key}</mt:kluczSkierowania></kluczSkierowania>"


def number(referral: Referral) -> str:
    return (
        f"<numerSkierowania><mt:numerSkierowania><wsp:extension>{referral.extension}</wsp:extension>"
        f"<wsp:root>{referral.root}</wsp:root></mt:numerSkierowania></numerSkierowania>"
    )


def accept(client: Client, referral: Referral, podmiot: str = PODMIOT) -> Answer:
    inner = f"{key(referral)}<trybRealizacji>REFUNDOWANE</trybRealizacji>"
    return client.call("przyjecieDoRealizacjiSkierowania", inner, podmiot=podmiot)


def criteria(**access: str) -> str:
    inner = "".join(f"<mt:{name}>{value}</mt:{name}>" for name, value in access.items())
    return f"<kryteriaOdczytuSkierowania>{inner}</kryteriaOdczytuSkierowania>"


def test_reading_with_the_key_gives_document_state_and_findings(client: Client, referral: Referral) -> None:
    answer = client.call(READ, criteria(kluczSkierowania=referral.key))
    facts = documents.read(base64.b64decode(answer.text("tresc") or ""))
    assert (facts.root, facts.extension) == referral.number
    assert (answer.text("statusSkierowania"), answer.texts("kluczSkierowania")[-1]) == ("WYSTAWIONE", referral.key)
    assert (answer.text("kodRegulyWeryfikacji"), answer.result) == ("REG.WER.213", "Sukces")


def test_reading_with_the_code_and_the_identifier_gives_the_key(client: Client, referral: Referral) -> None:
    answer = client.call(READ, criteria(kodSkierowania=referral.code + referral.person_extension))
    assert answer.texts("kluczSkierowania")[-1] == referral.key


def test_the_whole_life_of_a_referral(client: Client, simulator: Simulator, referral: Referral) -> None:
    visit = "<terminWizyty>2026-12-01T08:00:00+01:00</terminWizyty>"
    inner = f"{key(referral)}<trybRealizacji>REFUNDOWANE</trybRealizacji>{visit}"
    assert client.call("przyjecieDoRealizacjiSkierowania", inner).result == "Sukces"
    assert client.call(READ, criteria(kluczSkierowania=referral.key)).result == "NiewlasciwyStatus"
    assert accept(client, referral, OTHER_PODMIOT).result == "U_InnegoRealizatora"
    missing = "przekazanieInformacjiOBrakachDokumentacjiSkierowania"
    assert client.call(missing, number(referral) + WHY).result == "Sukces"
    give_back = "rezygnacjaZRealizacjiSkierowania"
    assert client.call(give_back, number(referral) + WHY, podmiot=OTHER_PODMIOT).result == "U_InnegoRealizatora"
    assert client.call(give_back, number(referral) + WHY).result == "Sukces"
    assert client.call("odmowaPrzyjeciaDoRealizacjiSkierowania", key(referral) + WHY).result == "Sukces"
    assert accept(client, referral).result == "Sukces"
    assert client.call("zakonczenieRealizacjiSkierowania", number(referral)).result == "Sukces"
    assert client.call("zakonczenieRealizacjiSkierowania", number(referral)).result == "NiewlasciwyStatus"
    read = client.call("odczytDokumentuSkierowania", number(referral))
    assert (read.text("statusSkierowania"), read.texts("kluczSkierowania")) == ("ZREALIZOWANE", [])
    assert len(read.texts("komentarze")) == 3
    (seen,) = [r for r in simulator.admin.referrals() if r["number"] == referral.extension]
    assert [step["what"] for step in seen["history"]] == [
        "accept",
        "report-missing",
        "give-back",
        "refuse",
        "accept",
        "finish",
    ]


def facts(simulator: Simulator, referral: Referral) -> documents.Facts:
    """A new document of our own clinic for the same person."""
    node = simulator.state.world.facilities[PODMIOT].node
    known = documents.read(referral.document)
    return replace(known, root=f"{node}.4.1", extension="9000000000000000000001", podmiot=PODMIOT)


def save(client: Client, document: bytes, operation: str = "zapisDokumentuSkierowania", role: str = DOCTOR) -> Answer:
    content = base64.b64encode(document).decode()
    inner = f"<dokumentSkierowania><mt:tresc>{content}</mt:tresc></dokumentSkierowania>"
    return client.call(operation, inner, role=role)


def test_a_saved_referral_can_be_opened_and_annulled(client: Client, simulator: Simulator, referral: Referral) -> None:
    document = documents.write(facts(simulator, referral))
    checked = save(client, document, "weryfikacjaDokumentuSkierowania")
    assert checked.texts("kodRegulyWeryfikacji") == ["REG.WER.3804"], "the person has another referral: a warning"
    saved = save(client, document)
    assert (len(saved.text("kluczSkierowania") or ""), len(saved.text("kodSkierowania") or "")) == (44, 4)
    assert client.call(READ, criteria(kluczSkierowania=str(saved.text("kluczSkierowania")))).result == "Sukces"
    assert save(client, document).result == "NieprawidloweDane", "the number is taken"
    made = simulator.state.referrals.by_number[facts(simulator, referral).root, "9000000000000000000001"]
    annul = f"<dokumentAnulowaniaSkierowania><mt:tresc>{{}}</mt:tresc></dokumentAnulowaniaSkierowania>{number(made)}"
    outcomes = [
        client.call(
            "zapisDokumentuAnulowaniaSkierowania", annul.format(base64.b64encode(each).decode()), role=DOCTOR
        ).result
        for each in (document, documents.write_annulment(facts(simulator, referral), "9000000000000000000002"))
    ]
    assert outcomes == ["NieprawidloweDane", "Sukces"], "a document that replaces no referral annuls none"
    assert made.state == "annulled"
    assert accept(client, made).result == "NiewlasciwyStatus"


BROKEN = [
    ({"extension": "1"}, "REG.WER.213"),
    ({"root": "1.2.3.4.1"}, "REG.WER.376"),
    ({"diagnosis": ""}, "REG.WER.1544"),
]


@pytest.mark.parametrize(("change", "rule"), BROKEN, ids=[row[1] for row in BROKEN])
def test_a_document_that_breaks_a_rule_is_not_saved(
    client: Client, simulator: Simulator, referral: Referral, change: dict[str, str], rule: str
) -> None:
    before = len(simulator.state.referrals.by_number)
    answer = save(client, documents.write(replace(facts(simulator, referral), **change)))
    assert answer.text("major") == "urn:csioz:p1:kod:major:BladWeryfikacjiDokumentu"
    assert rule in answer.texts("kodRegulyWeryfikacji")
    assert len(simulator.state.referrals.by_number) == before


def test_only_who_may_issue_saves(client: Client, simulator: Simulator, referral: Referral) -> None:
    answer = save(client, documents.write(facts(simulator, referral)), role="PRACOWNIK_ADMINISTRACYJNY")
    assert answer.result == "brakUprawnienPracownikaMedycznego"


def test_searches(client: Client, simulator: Simulator, referral: Referral) -> None:
    dates = (
        "<mt:dataWystawieniaSkierowaniaOd>{}</mt:dataWystawieniaSkierowaniaOd>"
        "<mt:dataWystawieniaSkierowaniaDo>2026-12-31</mt:dataWystawieniaSkierowaniaDo>"
    )
    name = "kryteriaWyszukiwaniaSkierowan"
    own = client.call("wyszukanieSkierowanWystawiajacego", f"<{name}>{dates.format('2026-01-01')}</{name}>")
    assert len(own.texts("wynikWyszukiwania")) == 10
    person = (
        f"<mt:idUslugobiorcy><wsp:extension>{referral.person_extension}</wsp:extension>"
        f"<wsp:root>{referral.person_root}</wsp:root></mt:idUslugobiorcy>"
    )
    search = "wyszukanieSkierowanUslugobiorcy"
    assert client.call(search, f"<{name}>{person}</{name}>").texts("wynikWyszukiwania") == []
    accept(client, referral)
    found = client.call(search, f"<{name}>{person}</{name}>")
    assert found.text("statusSkierowania") == "U_REALIZATORA"
    assert found.texts("kluczSkierowania") == [], "a search never gives the key"
    simulator.state.referrals.hits_max = 7
    many = client.call("wyszukanieSkierowanWystawiajacego", f"<{name}>{dates.format('2026-01-01')}</{name}>")
    assert (many.result, many.texts("wynikWyszukiwania")) == ("PrzekroczonaLiczbaWynikow", [])


def test_every_answer_is_as_the_contract_says(client: Client, simulator: Simulator, referral: Referral) -> None:
    contract = simulator.services["p1"].contract
    answers = [
        client.call(READ, criteria(kluczSkierowania=referral.key)),
        client.call(READ, criteria(kluczSkierowania="1003" + "0" * 40)),
        accept(client, referral),
        client.call("odczytDokumentuSkierowania", number(referral)),
        save(client, documents.write(facts(simulator, referral))),
        save(client, b"nonsense"),
    ]
    for answer in answers:
        contract.check(answer.content)
    fault = client.call("zakonczenieRealizacjiSkierowania", "")
    contract.check(fault.content.find("detail")[0])
