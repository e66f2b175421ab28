"""The fold: one table, the same for whole texts and for pieces of them."""

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.review.fold import fold, fold_piece, fold_plain, origins, spans
from sealmark.review.table import BARRIER, SKIP, TABLE, fold_version

from . import oracle

anything = st.text(st.characters(exclude_categories=[]), max_size=120)
signs = st.sampled_from(sorted(oracle.MEANING))
disguised = st.lists(signs, max_size=120).map("".join)
letters = st.lists(st.sampled_from(oracle.ALL_LETTERS), max_size=100).map("".join)
texts = st.one_of(anything, disguised)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ＡＢＣ", "abc"),
        ("Straße", "strasse"),
        ("繁體字與簡體字", "繁体字与简体字"),
        ("薴", "苎"),  # OpenCC maps it to 苧, and that to 苎
        ("①②③", "123"),
        ("ﬁne", "fine"),
        ("c\u0327a\u0301", "ca"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag\U000e0041", "tag"),
        ("a b。c★d", "abcd"),
        ("a\tb\nc\x00d\x01e", "abcde"),
        ("½", "12"),
        ("⒈", "1"),
        ("a\ud800b", f"a{BARRIER}b"),
        ("a\ufffeb", f"a{BARRIER}b"),
        ("a" + " " * 8 + "b", "ab"),
        ("a" + " " * 9 + "b", f"a{BARRIER}b"),
        ("a" + " \u200b" * 9 + "b", f"a{BARRIER}b"),
        (" " * 30, BARRIER),
        ("", ""),
    ],
)
def test_ways_of_writing(written: str, meant: str) -> None:
    """Each way of writing folds to what a reader sees in it."""
    assert fold(written) == meant
    assert fold(written + "国" * 60) == meant + "国" * 60  # long texts take the array


def test_every_code_point_folds_to_what_folds_to_itself() -> None:
    """The table is closed: no folded character has another folding, none is a surrogate or a skip symbol."""
    assigned = [*range(0x34000), *range(0xE0000, 0xE1000)]  # what lies above is private or has no meaning yet
    ends = [plane * 0x10000 + last for plane in range(17) for last in (0xFFFD, 0xFFFE, 0xFFFF)]
    foldings = {TABLE[code] for code in assigned + ends} - {SKIP}
    for character in {character for folded in foldings for character in folded}:
        assert TABLE[ord(character)] == character
        assert not 0xD800 <= ord(character) <= 0xDFFF


@settings(deadline=None)
@given(texts)
def test_folding_twice_changes_nothing(text: str) -> None:
    """Both folds are idempotent, and any string whatever can be folded and encoded."""
    for fold_one in (fold, fold_plain):
        folded = fold_one(text)
        assert fold_one(folded) == folded
        folded.encode()


@settings(deadline=None)
@given(disguised)
def test_fold_is_what_the_oracle_reads(text: str) -> None:
    """The compact text, and where each of its characters came from, are what the signs were made to mean."""
    read = oracle.letters(oracle.plain(text))
    assert fold(text) == "".join(BARRIER if letter == oracle.BARRIER else letter for letter, _ in read)
    assert origins(text) == [unit for _, unit in read]


@settings(deadline=None)
@given(letters, st.lists(st.sampled_from([*oracle.SKIPS, *oracle.IGNORED]), max_size=8))
def test_disguise_between_letters_changes_nothing(text: str, between: list[str]) -> None:
    """Up to eight skip symbols, and any ignorables, between the letters leave the compact text as it is."""
    assert fold("".join(between).join(text)) == fold(text)


@settings(deadline=None)
@given(disguised)
def test_the_plain_fold_drops_every_skip_symbol(text: str) -> None:
    """Digests of pasted text don't depend on how lines were broken or spaced."""
    meaning = [meant for sign in text for meant in oracle.MEANING[sign]]
    expected = "".join(BARRIER if meant == oracle.BARRIER else meant for meant in meaning if meant != oracle.SKIP)
    assert fold_plain(text) == expected


@settings(max_examples=400, deadline=None)
@given(texts, st.lists(st.integers(0, 200), max_size=20))
def test_pieces_add_up(text: str, places: list[int]) -> None:
    """Folding the pieces of a text, each after the skip symbols before it, gives the folded text."""
    edges = [0, *sorted(min(place, len(text)) for place in places), len(text)]
    skips, folded = 0, ""
    for start, end in pairwise(edges):
        piece, skips = fold_piece(text[start:end], skips)
        folded += piece
    assert folded == fold(text)


def test_spans_stand_in_the_original() -> None:
    """A range of the compact text is the original from the first code point's start to the last one's end."""
    text = "x ﬁ\u0301-９ y"
    assert fold(text) == "xfi9y"
    assert spans(text, [(0, 1), (1, 2), (2, 4), (1, 5)]) == ((0, 1), (2, 3), (2, 6), (2, 8))
    assert spans(text, []) == ()


def test_importing_the_room_is_cheap() -> None:
    """Neither NumPy nor any data file is loaded before a text needs it."""
    code = (
        "import sys, sealmark.review.fold, sealmark.review; from sealmark.review.table import TABLE;"
        "sys.exit('numpy' in sys.modules or 'tomllib' in sys.modules or len(TABLE))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_fold_has_a_version() -> None:
    """Compiled libraries name the table that folded them."""
    assert len(fold_version()) == 16
    int(fold_version(), 16)
