"""A manifest store in a text is found byte by byte, and nothing else is taken for one (C2PA 2.4, A.8)."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from sealmark.media.text import text_wrapper

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS, st.binary(max_size=600), TEXTS)
def test_any_store_reads_back_anywhere(before: str, store: bytes, after: str) -> None:
    """Every byte, at any place of any text; what stands around it is given back as it was."""
    before, after = text_wrapper.parted(before)[0], text_wrapper.parted(after)[0].lstrip(_SELECTORS)
    run = text_wrapper.encode(store)
    whole = before + run + after
    assert [(one.start, one.end, one.manifest) for one in text_wrapper.find(whole)] == [
        (len(before), len(before) + len(run), store)
    ]
    assert text_wrapper.parted(whole) == (before + after, run)
    assert text_wrapper.holds(whole.encode())


@given(st.binary(max_size=300))
def test_a_run_is_normal_and_counted_in_bytes(store: bytes) -> None:
    """A.8.7.3: normalising a text leaves the run, so offsets before and in it are the same in both."""
    run = text_wrapper.encode(store)
    assert unicodedata.normalize("NFC", "e\u0301" + run) == "é" + run
    assert text_wrapper.size("e\u0301" + run) == 2 + len(run.encode())


@given(TEXTS)
def test_a_text_without_the_magic_number_has_none(text: str) -> None:
    """Emoji with selectors, byte order marks, and runs of other things are text."""
    for whole in (text, "\ufeff" + text, text + "\ufeff\ufe0f", "☺\ufe0f" * 20 + text):
        if not text_wrapper.holds(whole.encode()):
            assert text_wrapper.find(whole) == []
            assert text_wrapper.parted(whole) == (whole, "")


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_cut_run_is_malformed(store: bytes, data: st.DataObject) -> None:
    """A.8.7.1: behind the magic number a length that is not there is a damaged wrapper, no absent one."""
    run = text_wrapper.encode(store)
    cut = data.draw(st.integers(14, len(run) - 1))
    assert [one.manifest for one in text_wrapper.find(run[:cut])] == [None]


def test_another_version_is_malformed_and_padding_is_none_of_the_store() -> None:
    """A.8.2.3; selectors behind the store are padding, which the next edition of the specification has."""
    run = text_wrapper.encode(b"store")
    newer = run[:9] + chr(ord(run[9]) + 1) + run[10:]
    assert [one.manifest for one in text_wrapper.find(newer)] == [None]
    assert [one.manifest for one in text_wrapper.find(run + "\ufe00\U000e0100")] == [b"store"]


def test_the_published_example_reads() -> None:
    """A run by another's writer: the magic number, version 1, sixteen bytes from 0 to 15."""
    magic = "\U000e0133\U000e0122\U000e0140\U000e0131\U000e0144\U000e0148\U000e0144\ufe00"
    run = "\ufeff" + magic + "\ufe01\ufe00\ufe00\ufe00\U000e0100" + "".join(chr(0xFE00 + byte) for byte in range(16))
    assert [one.manifest for one in text_wrapper.find("hello " + run)] == [bytes(range(16))]


_SELECTORS = "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
