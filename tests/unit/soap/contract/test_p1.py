"""P1's verbs: what is sent, what is made of the answer, and what a bad answer becomes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from fakes.told_channel import CONTEXT, MT, SUCCESS, ToldChannel, p1_reply

from adapter.domain.identifiers import AccessByCode, AccessCode, PersonDocument, Pesel, ReferralKey, ReferralNumber
from adapter.domain.referral import DateWindow, Payer, ReferralState, Severity
from adapter.errors import BadInput, InDoubt, Rejected, Unavailable
from adapter.soap.p1 import P1Referrals

KEY = ReferralKey("1003" + "7" * 40)
NUMBER = ReferralNumber("2.16.840.1.113883.3.4424.2.7.999.4.1", "0000000000SK0000000001")
PESEL = Pesel("00610100013")
RULE = "urn:csioz:p1:kodWynikuWeryfikacji:"
CDA = (
    '<?xml version="1.0"?><?xml-stylesheet href="x.xsl" type="text/xsl"?>'
    f'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="{NUMBER.root}" extension="{NUMBER.extension}"/>'
    "</ClinicalDocument>"
)


def reading(
    operation: str = "OdczytDokumentuSkierowaniaDoRealizacji",
    wrapper: str = "skierowanieIWynikWeryfikacjiDoRealizacji",
    *,
    document: str = CDA,
    state: str = "WYSTAWIONE",
    severity: str = "ostrzezenie",
    key: bool = True,
) -> str:
    content = base64.b64encode(document.encode()).decode()
    keys = f"<mt:kluczSkierowania><mt:kluczSkierowania>{KEY.reveal()}</mt:kluczSkierowania></mt:kluczSkierowania>"
    return p1_reply(
        operation,
        f"<{wrapper}><mt:dokumentSkierowania><mt:tresc>{content}</mt:tresc></mt:dokumentSkierowania>"
        f"<mt:statusSkierowania>{state}</mt:statusSkierowania><mt:wynikWeryfikacjiSkierowania>"
        f"<mt:wynikWeryfikacji>{RULE}pozytywny</mt:wynikWeryfikacji><mt:wynikWeryfikacjiReguly>"
        f"<mt:kodRegulyWeryfikacji>REG.WER.3804</mt:kodRegulyWeryfikacji>"
        f"<mt:wynikWeryfikacji>{RULE}{severity}</mt:wynikWeryfikacji><mt:opisProblemu>podobne</mt:opisProblemu>"
        f"</mt:wynikWeryfikacjiReguly></mt:wynikWeryfikacjiSkierowania>{keys if key else ''}</{wrapper}>",
    )


def texts(channel: ToldChannel, name: str) -> list[str]:
    """Texts of the elements of that local name in the message sent last."""
    return [each.text or "" for each in channel.sent[-1].iterfind(f".//{{*}}{name}") if len(each) == 0]


def test_a_referral_is_read_with_its_key(referrals: P1Referrals, channel: ToldChannel) -> None:
    channel.reply = reading()
    found = referrals.read_to_accept(CONTEXT, KEY)
    assert texts(channel, "kluczSkierowania") == [KEY.reveal()]
    assert (found.state, found.number, found.key) == (ReferralState.ISSUED, NUMBER, KEY)
    assert found.document == CDA.encode()
    assert [(each.code, each.severity, each.text) for each in found.findings] == [
        ("REG.WER.3804", "warning", "podobne")
    ]
    assert channel.writes == [False]


@pytest.mark.parametrize(
    "person", [PESEL, PersonDocument("AC3456789", "urn:example:passport")], ids=["PESEL", "a document"]
)
def test_a_code_goes_out_in_one_word_with_the_identifier(
    referrals: P1Referrals, channel: ToldChannel, person: Pesel | PersonDocument
) -> None:
    channel.reply = reading()
    referrals.read_to_accept(CONTEXT, AccessByCode(AccessCode("0042"), person))
    assert texts(channel, "kodSkierowania") == ["0042" + person.reveal()]
    assert texts(channel, "kluczSkierowania") == []


def test_a_referral_read_by_number_has_no_key(referrals: P1Referrals, channel: ToldChannel) -> None:
    channel.reply = reading(
        "OdczytDokumentuSkierowania",
        "skierowanieIWynikWeryfikacjiDoOdczytu",
        state="U_REALIZATORA",
        key=False,
    )
    found = referrals.read_by_number(CONTEXT, NUMBER)
    assert (found.state, found.key) == (ReferralState.WITH_PROVIDER, None)
    assert [child.tag for child in channel.sent[0][0][0]] == [
        "{http://csioz.gov.pl/p1/wspolne/mt/v20180509}extension",
        "{http://csioz.gov.pl/p1/wspolne/mt/v20180509}root",
    ]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (reading(state="W_DRODZE"), Rejected),
        (reading(severity="uwaga"), Rejected),
        (reading(document="<ClinicalDocument/>"), Unavailable),
        (reading(document="no XML"), Unavailable),
        (reading(document='<!DOCTYPE a><ClinicalDocument xmlns="urn:hl7-org:v3"/>'), Unavailable),
        (reading(document=CDA.replace(NUMBER.extension, KEY.reveal())), Unavailable),
        (reading().replace(KEY.reveal(), "123"), Unavailable),
        (p1_reply("OdczytDokumentuSkierowaniaDoRealizacji"), Unavailable),
    ],
    ids=[
        "an unknown state is shown as the refusal it is",
        "an unknown result of a rule is shown, too",
        "a document without HL7's namespace",
        "a document that is no XML",
        "a document with a DTD",
        "a key where the number should be",
        "a key that is none",
        "success, but no referral",
    ],
)
def test_an_answer_that_cannot_be_trusted_is_no_reading(
    referrals: P1Referrals, channel: ToldChannel, reply: str, error: type[Exception]
) -> None:
    channel.reply = reply
    with pytest.raises(error) as caught:
        referrals.read_to_accept(CONTEXT, KEY)
    assert KEY.reveal() not in str(caught.value)


def test_an_acceptance_says_who_pays_and_when_the_visit_is(referrals: P1Referrals, channel: ToldChannel) -> None:
    channel.reply = p1_reply("PrzyjecieDoRealizacjiSkierowania")
    at = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    assert referrals.accept(CONTEXT, KEY, Payer.REIMBURSED, visit_at=at) == SUCCESS
    assert texts(channel, "trybRealizacji") == ["REFUNDOWANE"]
    assert texts(channel, "terminWizyty") == ["2026-12-01T08:30:00Z"]
    assert texts(channel, "trescKomentarza") == []
    assert [child.tag for child in channel.sent[0]] == ["kluczSkierowania", "trybRealizacji", "terminWizyty"]
    assert channel.sent[0][0][0].tag == f"{{{MT}}}kluczSkierowania"
    assert channel.writes == [True]


def test_a_finished_referral_names_its_payer_only_when_there_is_one(
    referrals: P1Referrals, channel: ToldChannel
) -> None:
    channel.reply = p1_reply("ZakonczenieRealizacjiSkierowania")
    referrals.finish(CONTEXT, NUMBER)
    assert [child.tag for child in channel.sent[-1]] == ["numerSkierowania"]
    referrals.finish(CONTEXT, NUMBER, payer_id="07", comment="wykonano")
    assert texts(channel, "extension") == [NUMBER.extension, "07"]
    assert texts(channel, "root") == [NUMBER.root, "2.16.840.1.113883.3.4424.3.1"]


@pytest.mark.parametrize("comment", ["", "ok", "    x "], ids=["none", "too short", "padded"])
def test_a_comment_that_must_be_there_has_five_characters(
    referrals: P1Referrals, channel: ToldChannel, comment: str
) -> None:
    for send in (referrals.give_back, referrals.report_missing_documents):
        with pytest.raises(BadInput):
            send(CONTEXT, NUMBER, comment)
    with pytest.raises(BadInput):
        referrals.refuse(CONTEXT, KEY, comment)
    assert channel.sent == []


def test_a_refused_write_says_why_and_a_strange_answer_is_in_doubt(
    referrals: P1Referrals, channel: ToldChannel
) -> None:
    channel.reply = p1_reply("RezygnacjaZRealizacjiSkierowania", major="urn:csioz:p1:kod:major:Inny")
    with pytest.raises(Rejected) as refused:
        referrals.give_back(CONTEXT, NUMBER, "pacjent zrezygnował")
    assert refused.value.correlation_id == "correlation-1"
    channel.reply = p1_reply("PrzyjecieDoRealizacjiSkierowania")
    with pytest.raises(InDoubt):
        referrals.give_back(CONTEXT, NUMBER, "pacjent zrezygnował")


def test_a_comment_inside_a_text_cuts_nothing_off(referrals: P1Referrals, channel: ToldChannel) -> None:
    channel.reply = reading().replace("REG.WER.3804", "REG.<!-- hidden -->WER.3804")
    assert referrals.read_to_accept(CONTEXT, KEY).findings[0].code == "REG.WER.3804"


KEYS = f"<mt:kluczSkierowania>{KEY.reveal()}</mt:kluczSkierowania><mt:kodSkierowania>0042</mt:kodSkierowania>"
SAVED = f"<potwierdzenieOperacjiZapisu>{KEYS}</potwierdzenieOperacjiZapisu>"
REFUSED = {
    "major": "urn:csioz:p1:kod:major:BladWeryfikacjiDokumentu",
    "minor": "urn:csioz:p1:kod:minor:BladWeryfikacjiRegul",
}


def rules(*each: tuple[str, str], at: str = "2026-11-21T11:00:00+01:00") -> str:
    """A verification with one finding for each (code, result)."""
    rows = "".join(
        f"<mt:wynikWeryfikacjiReguly><mt:kodRegulyWeryfikacji>{code}</mt:kodRegulyWeryfikacji>"
        f"<mt:wynikWeryfikacji>{RULE}{result}</mt:wynikWeryfikacji><mt:opisProblemu>Jan Testowy</mt:opisProblemu>"
        f"<mt:miejsceWystapieniaBledu>/ClinicalDocument/id</mt:miejsceWystapieniaBledu></mt:wynikWeryfikacjiReguly>"
        for code, result in each
    )
    return (
        "<potwierdzenieOperacjiWeryfikacji><mt:wynikWeryfikacjiSkierowania>"
        f"<mt:dataWeryfikacji>{at}</mt:dataWeryfikacji><mt:identyfikatorZbioruRegul>0.1</mt:identyfikatorZbioruRegul>"
        f"<mt:wynikWeryfikacji>{RULE}pozytywny</mt:wynikWeryfikacji>{rows}"
        "</mt:wynikWeryfikacjiSkierowania></potwierdzenieOperacjiWeryfikacji>"
    )


def test_a_verification_is_read_whole(referrals: P1Referrals, channel: ToldChannel) -> None:
    inside = rules(("REG.WER.671", "ostrzezenie"), ("REG.WER.213", "pozytywny"))
    channel.reply = p1_reply("WeryfikacjaDokumentuSkierowania", inside)
    said = referrals.verify(CONTEXT, CDA.encode())
    assert (said.accepted, said.rule_set, said.verified_at) == (True, "0.1", datetime(2026, 11, 21, 10, tzinfo=UTC))
    assert [(one.code, one.severity, one.place) for one in said.findings] == [
        ("REG.WER.671", Severity.WARNING, "/ClinicalDocument/id"),
        ("REG.WER.213", Severity.POSITIVE, "/ClinicalDocument/id"),
    ]
    assert "Testowy" not in repr(said), "a description may name people"
    assert channel.writes == [False]


def test_a_refused_document_is_told_with_its_rules_and_a_plain_refusal_is_raised(
    referrals: P1Referrals, channel: ToldChannel
) -> None:
    channel.reply = p1_reply("ZapisDokumentuSkierowania", rules(("REG.WER.1544", "blad")), **REFUSED)
    receipt = referrals.save(CONTEXT, CDA.encode())
    assert (receipt.verification.accepted, receipt.key, receipt.code) == (False, None, None)
    assert receipt.verification.result_code == REFUSED["minor"]
    for inside in ("", rules(("REG.WER.671", "ostrzezenie"))):
        channel.reply = p1_reply("ZapisDokumentuSkierowania", inside, **REFUSED)
        with pytest.raises(Rejected):
            referrals.save(CONTEXT, CDA.encode())


@pytest.mark.parametrize(
    "inside",
    [
        "",
        SAVED.replace("0042", "42"),
        SAVED.replace(KEY.reveal(), NUMBER.extension),
        SAVED + rules(("REG.WER.671", "uwaga")),
        SAVED + rules(at="wczoraj"),
    ],
    ids=["no key and code", "no code", "a number in place of the key", "an unknown result of a rule", "no date"],
)
def test_a_saved_document_whose_answer_cannot_be_read_is_in_doubt(
    referrals: P1Referrals, channel: ToldChannel, inside: str
) -> None:
    channel.reply = p1_reply("ZapisDokumentuSkierowania", inside)
    with pytest.raises(InDoubt) as doubt:
        referrals.save(CONTEXT, CDA.encode())
    assert KEY.reveal() not in str(doubt.value)
    assert doubt.value.correlation_id == "correlation-1"


def hit(extension: str, state: str = "WYSTAWIONE") -> str:
    number = f"<wsp:extension>{extension}</wsp:extension><wsp:root>{NUMBER.root}</wsp:root>"
    return (
        "<mt:wynikWyszukiwania><mt:dataWystawieniaSkierowania>2026-11-03</mt:dataWystawieniaSkierowania>"
        f"<mt:numerSkierowania>{number}</mt:numerSkierowania><mt:statusSkierowania>{state}</mt:statusSkierowania>"
        "</mt:wynikWyszukiwania>"
    )


def test_a_hit_that_cannot_be_read_sinks_none_of_its_neighbours(referrals: P1Referrals, channel: ToldChannel) -> None:
    hits = hit(NUMBER.extension) + hit("short") + hit(NUMBER.extension, "W_DRODZE")
    channel.reply = p1_reply(
        "WyszukanieSkierowanWystawiajacego", f"<wynikiWyszukiwaniaSkierowan>{hits}</wynikiWyszukiwaniaSkierowan>"
    )
    answer = referrals.search_issued(CONTEXT, DateWindow(date(2026, 11, 1), date(2026, 11, 30)), ReferralState.ISSUED)
    assert [one.number for one in answer.found] == [NUMBER]
    assert (len(answer.unreadable), answer.too_many) == (2, False)
    assert texts(channel, "statusSkierowania") == ["WYSTAWIONE"]


@pytest.mark.parametrize("where", ["major", "minor"])
def test_too_many_hits_are_told_and_other_refusals_raised(
    referrals: P1Referrals, channel: ToldChannel, where: str
) -> None:
    window = DateWindow(date(2026, 11, 1), date(2026, 11, 30))
    codes = {"major": "urn:csioz:p1:kod:major:Inny", where: "urn:csioz:p1:kod:major:PrzekroczonaLiczbaWynikow"}
    channel.reply = p1_reply("WyszukanieSkierowanUslugobiorcy", **codes)
    assert referrals.search_person(CONTEXT, PESEL, window).too_many
    channel.reply = p1_reply("WyszukanieSkierowanUslugobiorcy", major="urn:csioz:p1:kod:major:Inny")
    with pytest.raises(Rejected):
        referrals.search_person(CONTEXT, PESEL, window)


def test_key_and_number_cannot_stand_for_each_other(referrals: P1Referrals, channel: ToldChannel) -> None:
    """The types say so to mypy (tests/unit/soap/contract/mistaken_identity.py); this is for who does not ask mypy."""
    calls: list[Callable[[], object]] = [
        lambda: referrals.finish(CONTEXT, KEY),  # type: ignore[arg-type]
        lambda: referrals.give_back(CONTEXT, KEY, "pomyłka"),  # type: ignore[arg-type]
        lambda: referrals.report_missing_documents(CONTEXT, KEY, "pomyłka"),  # type: ignore[arg-type]
        lambda: referrals.read_by_number(CONTEXT, KEY),  # type: ignore[arg-type]
        lambda: referrals.annul(CONTEXT, KEY, CDA.encode()),  # type: ignore[arg-type]
        lambda: referrals.accept(CONTEXT, NUMBER, Payer.REIMBURSED),  # type: ignore[arg-type]
        lambda: referrals.refuse(CONTEXT, NUMBER, "pomyłka"),  # type: ignore[arg-type]
        lambda: referrals.read_to_accept(CONTEXT, NUMBER),  # type: ignore[arg-type]
        lambda: referrals.save(CONTEXT, b""),
    ]
    for call in calls:
        with pytest.raises(BadInput) as mistaken:
            call()
        assert KEY.reveal() not in str(mistaken.value)
    assert channel.sent == []
