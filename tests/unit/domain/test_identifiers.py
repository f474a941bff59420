"""Identifiers parse once, and secrets never show."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.identifiers import (
    AccessByCode,
    AccessCode,
    CellCode,
    IdentifierError,
    OidPair,
    PersonDocument,
    Pesel,
    ReferralKey,
    ReferralNumber,
)

PESEL = "00690100011"
NODE = "2.16.840.1.113883.3.4424.2.7.999.4.1"
WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)


@settings(deadline=None)  # the machine may be busy
@given(st.integers(0, 99), st.integers(1, 12), st.integers(1, 28), st.integers(0, 9999))
def test_d_04_any_invented_pesel_with_its_check_digit_is_valid_and_with_another_never(
    year: int, month: int, on: int, serial: int
) -> None:
    body = f"{year:02d}{month + 60:02d}{on:02d}{serial:04d}"
    check = -sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 10
    assert Pesel(f"{body}{check}").reveal() == f"{body}{check}"
    for wrong in range(10):
        if wrong != check:
            with pytest.raises(IdentifierError):
                Pesel(f"{body}{wrong}")


# text                 why
NO_PESEL = [
    ("", "empty"),
    ("0069010001", "ten digits"),
    ("006901000110", "twelve digits"),
    (" 00690100011", "a blank"),
    ("0069010001a", "a letter"),
    ("00733200011", "no such day"),
    ("٠٠٦٩٠١٠٠٠١١", "digits of another script"),
]


@pytest.mark.parametrize(("text", "why"), NO_PESEL, ids=[row[1] for row in NO_PESEL])
def test_what_is_no_pesel_is_refused_without_being_repeated(text: str, why: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        Pesel(text)
    assert not text.strip() or text.strip() not in str(refused.value), why


SECRETS = [
    Pesel(PESEL),
    PersonDocument("AA1234567"),
    ReferralKey("1003" + "4" * 40),
    AccessCode("0042"),
    AccessByCode(AccessCode("0042"), Pesel(PESEL)),
]


@pytest.mark.parametrize("secret", SECRETS, ids=[type(one).__name__ for one in SECRETS])
def test_a_secret_never_shows(secret: object) -> None:
    shown = f"{secret} {secret!r} {[secret]}"
    assert not any(value in shown for value in (PESEL, "AA1234567", "1003", "0042"))


@pytest.mark.parametrize("secret", SECRETS[:4], ids=[type(one).__name__ for one in SECRETS[:4]])
def test_a_secret_survives_being_copied_between_processes(secret: object) -> None:
    assert pickle.loads(pickle.dumps(secret)) == secret


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=60))
def test_r_09_a_number_a_key_and_a_code_are_never_taken_for_each_other(text: str) -> None:
    """At most one of the three types accepts a text."""

    def takes(make: object) -> bool:
        try:
            make()  # type: ignore[operator]
        except IdentifierError:
            return False
        return True

    accepted = [
        takes(lambda: ReferralKey(text)),
        takes(lambda: AccessCode(text)),
        takes(lambda: ReferralNumber(NODE, text)),
    ]
    assert sum(accepted) <= 1


@pytest.mark.parametrize(
    ("extension", "good"),
    [
        ("0000000000SK1607436862", True),
        ("1" * 22, True),
        ("1" * 21, False),
        ("1" * 23, False),
        ("1" * 21 + "-", False),
    ],
)
def test_a_referral_number_has_22_letters_and_digits(extension: str, good: bool) -> None:
    if good:
        assert ReferralNumber(NODE, extension).extension == extension
    else:
        with pytest.raises(IdentifierError):
            ReferralNumber(NODE, extension)


def test_a_cell_is_written_podmiot_dash_cell() -> None:
    cell = CellCode.parse("000000927722-001")
    assert (cell.facility, cell.cell, str(cell)) == ("000000927722", "001", "000000927722-001")
    for wrong in ("000000927722", "00000092772-001", "000000927722-", "000000927722-00001", "000000927722-A"):
        with pytest.raises(IdentifierError):
            CellCode.parse(wrong)


@pytest.mark.parametrize("root", ["", "3.1", "1", "1.02", "1.2.", "urn:oid:1.2"])
def test_a_root_that_is_no_oid_is_refused(root: str) -> None:
    with pytest.raises(IdentifierError):
        OidPair(root, "1")


@pytest.mark.parametrize("extension", ["", " 1", "1 "])
def test_an_empty_or_padded_extension_is_refused(extension: str) -> None:
    with pytest.raises(IdentifierError):
        OidPair("1.2", extension)
