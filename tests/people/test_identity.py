"""Kinds of identity number, their checksums, and the sandbox (Art. 9)."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.people.errors import NoSuchEndUser
from sealmark.people.identity import (
    ID_CHECKS,
    ID_WEIGHTS,
    USCC_ALPHABET,
    USCC_WEIGHTS,
    MalformedNumber,
    SandboxVerifier,
    UnknownDocument,
    documents,
    gb11643,
    gb32100,
    normal,
)

RESIDENT = "11010519491231002X"  # the example of GB 11643-1999
USCC = "91110102MAD55U9H0F"  # a code whose check is computed in labels.md 3.3


@given(st.text(string.digits, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(string.digits))
def test_a_changed_digit_is_noticed(body: str, place: int, other: str) -> None:
    """GB 11643 notices every single wrong digit."""
    number = body + ID_CHECKS[sum(int(d) * w for d, w in zip(body, ID_WEIGHTS, strict=True)) % 11]
    assert gb11643(number)
    if number[place] != other:
        assert not gb11643(number[:place] + other + number[place + 1 :])


@given(st.text(USCC_ALPHABET, min_size=17, max_size=17))
def test_a_credit_code_has_one_check_character(body: str) -> None:
    """GB 32100 allows exactly one check character for every body."""
    assert sum(gb32100(body + check) for check in USCC_ALPHABET) == 1
    assert len(USCC_WEIGHTS) == 17


@pytest.mark.parametrize(
    ("document", "number", "expected"),
    [
        ("mobile", "138 0013-8001", "13800138001"),
        ("resident_id", "11010519491231002x", RESIDENT),
        ("uscc", USCC.lower(), USCC),
        ("passport", "e12345678", "E12345678"),
        ("hk_macao_permit", "H12345678", "H12345678"),
    ],
)
def test_a_number_is_brought_to_its_normal_form(document: str, number: str, expected: str) -> None:
    """Blanks, hyphens and case do not matter."""
    assert normal(document, number)[1] == expected


@pytest.mark.parametrize(
    ("document", "number"),
    [
        ("mobile", "12800138001"),
        ("mobile", "138001380011"),
        ("mobile", "１３８００１３８００１"),
        ("resident_id", "110105194912310021"),
        ("resident_id", "11010519491231002"),
        ("uscc", "91110102MAD55U9H0G"),
        ("uscc", "91110102MAD55U9HIF"),
    ],
)
def test_a_malformed_number_is_refused(document: str, number: str) -> None:
    """A wrong form or check digit is an error that names the kind, never the number."""
    with pytest.raises(MalformedNumber) as caught:
        normal(document, number)
    assert number not in str(caught.value)


def test_an_unknown_kind_lists_the_known_ones() -> None:
    """The error tells which kinds there are."""
    with pytest.raises(UnknownDocument) as caught:
        normal("library_card", "1")
    assert all(name in caught.value.text("zh") for name in documents())


def test_the_sandbox_can_refuse() -> None:
    """A refusal can be rehearsed: numbers that end in 0000 do not match."""
    sandbox = SandboxVerifier()
    assert sandbox.verify(*normal("mobile", "13800138001")).matched
    assert not sandbox.verify(*normal("mobile", "13800130000")).matched
    assert NoSuchEndUser.article == 9
