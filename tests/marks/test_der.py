"""A value has one encoding, and whatever is not exactly that is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.marks import der


@given(st.integers(0, 1 << 300))
def test_numbers_read_back(number: int) -> None:
    """X.690 8.3: what is written is read, in as few bytes as hold it."""
    content = der.only(der.integer(number), der.INTEGER)
    assert der.natural(content) == number
    assert len(content) == number.bit_length() // 8 + 1


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=16))
def test_sequences_read_back(contents: list[bytes]) -> None:
    """Values of every length form come back in their order."""
    inner = b"".join(der.encode(der.OCTET_STRING, content) for content in contents)
    assert der.parts(der.encode(der.SEQUENCE, inner)) == [(der.OCTET_STRING, content) for content in contents]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30",
        "3080",
        "30800201010000",  # the indefinite length of BER
        "3003020101ff",  # something behind the value
        "30020201",  # longer than what is there
        "308103020101",  # the long form where the short one is due
        "30820003020101",
        "30830000030201010",
        "308103",
        "3005020101",
        "31030201013003020101",
    ],
)
def test_what_is_no_der_is_refused(text: str) -> None:
    """Another length, an end that is missing, or something behind the end: never a value."""
    with pytest.raises(ValueError):  # noqa: PT011  # odd digits are a plain ValueError
        der.parts(bytes.fromhex(text))


@pytest.mark.parametrize("content", ["", "80", "ff01", "0001", "0000"])
def test_negative_and_padded_numbers_are_refused(content: str) -> None:
    """X.690 8.3.2: no number has two encodings."""
    with pytest.raises(der.NotDer):
        der.natural(bytes.fromhex(content))


@given(st.binary(max_size=60))
def test_any_bytes_give_values_or_the_error(data: bytes) -> None:
    """No bytes bring the reader down, and what it reads encodes to the same bytes."""
    try:
        found = list(der.values(data))
    except der.NotDer:
        return
    assert b"".join(der.encode(tag, content) for tag, content in found) == data
