"""P1's verbs: what is sent, what is made of the answer, and what a bad answer becomes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from fakes.told_channel import CONTEXT, MT, SUCCESS, ToldChannel, p1_reply

from adapter.domain.identifiers import AccessByCode, AccessCode, PersonDocument, Pesel, ReferralKey, ReferralNumber
from adapter.domain.referral import Payer, ReferralState
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
