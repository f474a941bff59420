"""Every reader of answers, with real answers after anything happened to them: a value or one of the four kinds."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date

import pytest
from fuzz.conftest import Exchange, looks
from fuzz.mutations import CHANGES, STRANGE_TEXTS, Change, changed
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapter import resources
from adapter.errors import AdapterError, InDoubt, Rejected, Unavailable
from adapter.soap.binding import BoundContract, BoundVerb, result_of
from adapter.soap.dialogue import unreadable
from adapter.soap.envelope import open_envelope
from adapter.soap.faults import fault_error, judge_result, load_refusals
from adapter.soap.parsing import parse_untrusted
from adapter.soap.reading import Reading, UnreadableReply
from adapter.soap.version import SOAP_11, SOAP_12, SoapVersion

REFUSALS = load_refusals(resources.mappings())
SUCCESS = "urn:csioz:p1:kod:major:Sukces"
ON = date(2026, 11, 21)
Spoken = list[tuple[str, BoundVerb, etree._Element]]


@pytest.fixture(scope="session")
def spoken(bound: Mapping[str, BoundContract], exchanges: Mapping[str, Exchange]) -> Spoken:
    """(channel, verb, content of a good answer) for every verb that was said."""
    found = []
    for channel, contract in bound.items():
        for verb in contract.verbs.values():
            if verb.operation.name in exchanges:
                body = open_envelope(parse_untrusted(exchanges[verb.operation.name].reply))
                assert body.content is not None
                found.append((channel, verb, body.content))
    assert len(found) >= 14
    return found


def told(channel: str, verb: BoundVerb, content: etree._Element) -> Reading | AdapterError:
    """What the dialogue makes of an answer (adapter.soap.dialogue.Dialogue)."""
    try:
        try:
            reading = verb.read(content, ON)
            result = result_of(reading)
        except (UnreadableReply, Rejected) as problem:
            raise unreadable(verb.operation.verb, problem, write=verb.writes) from problem
        judge_result(
            REFUSALS, channel=channel, major=result.major, minor=result.minor, text=result.text, write=verb.writes
        )
    except AdapterError as error:
        return error
    return reading


def test_the_answers_are_good_before_anything_happens_to_them(spoken: Spoken) -> None:
    """So that what is refused below is refused for what happened."""
    for channel, verb, content in spoken:
        assert isinstance(told(channel, verb, content), Reading), verb.operation.verb


@looks(150)
@given(data=st.data())
def test_an_answer_to_which_anything_happened(spoken: Spoken, data: st.DataObject) -> None:
    """Never a crash; a write is done only by an answer of its operation whose result says so."""
    channel, verb, content = data.draw(st.sampled_from(spoken))
    happened: list[Change] = data.draw(st.lists(CHANGES, min_size=1, max_size=4))
    answer = changed(content, happened)
    outcome = told(channel, verb, answer)
    if isinstance(outcome, AdapterError):
        kinds = (Rejected, InDoubt) if verb.writes else (Rejected, Unavailable)
        assert isinstance(outcome, kinds), outcome
    else:
        assert answer.tag == content.tag
        majors = [each.text for each in answer.iter() if etree.QName(each).localname == "major"]
        assert SUCCESS in majors


@pytest.mark.parametrize("text", STRANGE_TEXTS, ids=lambda text: ascii(text[:12]))
def test_an_answer_with_a_strange_value(spoken: Spoken, text: str) -> None:
    """In every place of every answer, one after the other."""
    for channel, verb, content in spoken:
        places = sum(1 for each in content.iter() if len(each) == 0)
        for place in range(min(places, 40)):
            answer = copy.deepcopy(content)
            [each for each in answer.iter() if len(each) == 0][place].text = text
            assert isinstance(told(channel, verb, answer), Reading | Rejected | Unavailable | InDoubt)


FAULTS = {
    SOAP_11: (
        "<s:Fault xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><faultcode>s:Client</faultcode>"
        "<faultstring>x</faultstring><detail>{}</detail></s:Fault>"
    ),
    SOAP_12: (
        "<s:Fault xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Code><s:Value>s:Sender</s:Value></s:Code>"
        "<s:Reason><s:Text xml:lang='pl'>x</s:Text></s:Reason><s:Detail>{}</s:Detail></s:Fault>"
    ),
}


@looks(100)
@given(
    soap=st.sampled_from([SOAP_11, SOAP_12]),
    channel=st.sampled_from(["cer", "p1"]),
    happened=st.lists(CHANGES, max_size=4),
    write=st.booleans(),
)
def test_a_fault_to_which_anything_happened(
    bound: Mapping[str, BoundContract], soap: SoapVersion, channel: str, happened: list[Change], write: bool
) -> None:
    """Whatever a fault says, it is one of the four kinds, and nobody's words are in its message."""
    contract = bound[channel]
    detail = (
        f"<w:bledyOperacji xmlns:w='{_namespace(contract)}'><blad><kodBleduMajor>urn:x</kodBleduMajor>"
        "<opis>90010112345 Anna</opis></blad></w:bledyOperacji>"
    )
    fault = changed(etree.fromstring(FAULTS[soap].format(detail)), happened)
    details = [each for child in soap.fault_details(fault) for each in contract.read_fault(child)]
    error = fault_error(
        REFUSALS,
        channel=channel,
        fault_code=soap.fault_code(fault),
        details=details,
        write=write,
        authenticated=False,
    )
    assert isinstance(error, AdapterError)
    assert "90010112345" not in error.message
    assert "Anna" not in error.message


def _namespace(contract: BoundContract) -> str:
    return str(etree.QName(next(iter(contract.faults))).namespace)
