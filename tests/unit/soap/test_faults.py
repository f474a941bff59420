"""What a refusal means: the table, its checks, and the judgement of every code in it."""

from __future__ import annotations

import pytest

from adapter import resources
from adapter.errors import AdapterError, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.soap import broken, faults
from adapter.soap.faults import Refusals, fault_error, http_error, judge_result, load_refusals, transport_error
from adapter.soap.wire import FaultDetail

SUCCESS = "urn:csioz:p1:kod:major:Sukces"
MAJOR, MINOR = "urn:csioz:p1:kodBleduMajor:", "urn:csioz:p1:kodBleduMinor:"
OURS = "urn:pomost:reconstruction:kod:"
KINDS = {"rejected": Rejected, "unavailable": Unavailable, "in_doubt": InDoubt, "misconfigured": Misconfigured}


@pytest.fixture(scope="module")
def table() -> Refusals:
    return load_refusals(resources.mappings())


def fault(table: Refusals, *, major: str = "", minor: str = "", write: bool, signed: bool = True) -> AdapterError:
    details = [FaultDetail(major, minor, "text")] if major else []
    return fault_error(
        table,
        channel="p1",
        fault_code="Server",
        details=details,
        write=write,
        authenticated=signed,
        correlation_id="c",
    )


def result(table: Refusals, major: str, minor: str = "", text: str = "", *, channel: str = "cer", write: bool) -> None:
    judge_result(table, channel=channel, major=major, minor=minor, text=text, write=write, correlation_id="c")


# ------------------------------------------------------------------ the national codes

CONFIRMED_MAJORS = [
    "bladPodpisuKomunikatu",
    "kontoZablokowane",
    "niepoprawnyKomunikat",
    "bladUwierzytelnienia",
    "bladAutoryzacji",
    "bladWewnetrzny",
    "bladPodpisuKomunikatuWSS",
    "bladUwierzytelnieniaWSS",
    "przekroczonyCzas",
]
CONFIRMED_MINORS = [
    "certyfikatNiewazny",
    "brakCertyfikatu",
    "bladKontekstu",
    "brakUprawnienPodmiotu",
    "brakUprawnienPracownikaMedycznego",
    "bladZapisu",
]
TRANSIENT = {"bladWewnetrzny", "przekroczonyCzas", "bladZapisu"}


@pytest.mark.parametrize("name", CONFIRMED_MAJORS)
def test_every_confirmed_major_has_a_row(table: Refusals, name: str) -> None:
    row = table.find("p1", "fault-major", MAJOR + name)
    assert row is not None
    assert row.status == "CONFIRMED"
    expected = ("unavailable", "in_doubt") if name in TRANSIENT else ("misconfigured", "misconfigured")
    assert (row.outcome_read, row.outcome_write) == expected


@pytest.mark.parametrize("name", CONFIRMED_MINORS)
def test_every_confirmed_minor_has_a_row(table: Refusals, name: str) -> None:
    row = table.find("p1", "fault-minor", MINOR + name)
    assert row is not None
    expected = ("unavailable", "in_doubt") if name in TRANSIENT else ("misconfigured", "misconfigured")
    assert (row.outcome_read, row.outcome_write, row.status) == (*expected, "CONFIRMED")


def test_what_is_invented_says_so(table: Refusals) -> None:
    ours = [row for row in table.rows if row.code.startswith(OURS)]
    assert ours
    assert {row.status for row in ours} == {"RECONSTRUCTION"}


def test_every_row_is_judged_as_it_says(table: Refusals) -> None:
    """No row is dead: each code, asked for, gives the kind in its row, for reads and for writes."""
    for row in table.rows:
        channel = "cer" if row.channel == "any" else row.channel
        for write, outcome in ((False, row.outcome_read), (True, row.outcome_write)):
            error = _judge(table, row, channel, write=write)
            expected = KINDS.get(outcome, type(None))
            assert type(error) is expected, row


def _judge(table: Refusals, row: faults.Refusal, channel: str, *, write: bool) -> AdapterError | None:
    major, minor = (MAJOR + "bladWewnetrzny", row.code) if "minor" in row.source else (row.code, "")
    if row.source.startswith("result"):
        try:
            judge_result(table, channel=channel, major=major, minor=minor, text="", write=write)
        except AdapterError as error:
            return error
        return None
    if row.source == "http":
        status = {"other": 700}.get(row.code) or int(row.code.replace("xx", "98"))
        return http_error(table, channel=channel, status=status, write=write)
    if row.source == "transport":
        return transport_error(table, channel=channel, code=row.code, reason="x", write=write)
    if row.source == "fault-code":
        return fault_error(table, channel=channel, fault_code=row.code, details=[], write=write, authenticated=True)
    details = [FaultDetail(major, minor)]
    return fault_error(table, channel=channel, fault_code="Client", details=details, write=write, authenticated=True)


def test_every_way_an_exchange_can_break_has_a_row(table: Refusals) -> None:
    codes = {value for name, value in vars(broken).items() if name.isupper() and isinstance(value, str)}
    assert codes == {row.code for row in table.rows if row.source == "transport"}


# ------------------------------------------------------------------ results


@pytest.mark.parametrize("write", [False, True])
def test_success_is_silent(table: Refusals, write: bool) -> None:
    result(table, SUCCESS, write=write)
    result(table, SUCCESS, "urn:anything", write=write)


@pytest.mark.parametrize(
    "major", ["", "Sukces", SUCCESS + " ", SUCCESS.lower(), "urn:csioz:p1:kod:major:SukcesCzesciowy", "urn:unknown"]
)
def test_only_the_exact_code_is_success(table: Refusals, major: str) -> None:
    """Nothing is guessed: whatever has no row is a refusal."""
    for write in (False, True):
        with pytest.raises(Rejected) as caught:
            result(table, major, write=write)
        assert caught.value.code == "NATIONAL_RESULT"


def test_the_minor_code_decides_and_is_handed_on(table: Refusals) -> None:
    with pytest.raises(Rejected, match="The slot is blocked") as caught:
        result(table, OURS + "major:Odmowa", OURS + "minor:SlotZablokowany", write=True)
    assert caught.value.result_code == OURS + "minor:SlotZablokowany"
    assert caught.value.correlation_id == "c"


def test_an_unknown_minor_falls_back_to_its_major(table: Refusals) -> None:
    with pytest.raises(Rejected, match="considered it and said no"):
        result(table, OURS + "major:Odmowa", "urn:new", write=True)


def test_a_code_of_one_channel_is_unknown_on_the_other(table: Refusals) -> None:
    with pytest.raises(Rejected, match="The slot is taken"):
        result(table, "urn:x", OURS + "minor:SlotZajety", channel="cer", write=True)
    with pytest.raises(Rejected, match=r"not in mappings/refusals\.csv"):
        result(table, "urn:x", OURS + "minor:SlotZajety", channel="p1", write=True)


# ------------------------------------------------------------------ faults


def test_the_minor_of_a_fault_decides(table: Refusals) -> None:
    error = fault(
        table, major=MAJOR + "bladAutoryzacji", minor=MINOR + "kontoPodmiotuTymczasowoZablokowane", write=True
    )
    assert type(error) is Unavailable
    error = fault(table, major=MAJOR + "bladWewnetrzny", minor=MINOR + "neverHeardOf", write=True)
    assert type(error) is InDoubt


def test_an_unknown_fault_is_rejected_on_a_read_and_in_doubt_on_a_write(table: Refusals) -> None:
    assert type(fault(table, major="urn:new", write=False)) is Rejected
    assert type(fault(table, major="urn:new", write=True)) is InDoubt


def test_a_fault_with_an_unknown_major_is_not_softened_by_soaps_own_code(table: Refusals) -> None:
    """Client would be Rejected; the authority's own code is unknown, so on a write nobody knows."""
    details = [FaultDetail("urn:new")]
    error = fault_error(table, channel="p1", fault_code="Client", details=details, write=True, authenticated=True)
    assert type(error) is InDoubt


# ------------------------------------------------------------------ what a message may hold

TEXTS = [
    ("PESEL 90010112345, Jan Kowalski", "", "a person"),
    ("klucz 01234567890123456789012345678901234567890123", "", "a referral key"),
    ("kod 1234", "", "an access code"),
    (
        "uuidZdarzeniaInicjujacego: 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "event",
    ),
    ("REG.WER.3804: podobne skierowanie 1234567890123456789012", "REG.WER.3804", "rule id"),
]


@pytest.mark.parametrize(("text", "kept", "why"), TEXTS, ids=[row[2] for row in TEXTS])
def test_of_the_authoritys_text_only_ids_for_its_support_are_kept(
    table: Refusals, text: str, kept: str, why: str
) -> None:
    with pytest.raises(Rejected) as caught:
        result(table, OURS + "major:Odmowa", "", text, write=True)
    expected = f" [{kept}]" if kept else ""
    assert caught.value.message == f"The authority considered it and said no ({OURS}major:Odmowa){expected}", why


@pytest.mark.parametrize("code", ["90010112345", "urn:x:90010112345", "Jan Kowalski", "<xml/>", "x" * 500])
def test_a_code_of_a_strange_form_is_not_repeated(table: Refusals, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        result(table, code, write=True)
    assert code not in caught.value.message
    assert code != caught.value.result_code
