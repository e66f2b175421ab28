"""The compiled library: what it refuses, what it finds, and where."""

from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.errors import SealmarkError
from sealmark.review import Entry, Library, errors, lexicon, packed
from sealmark.review.fold import fold

from . import oracle
from .test_stream import Terms, library_of, term_sets, texts

ENTRY = Entry("e1", "噗噗果", "A1.1", "block", "illegal", "第六条")


@settings(max_examples=500, deadline=None)
@given(texts, term_sets)
def test_scan_finds_what_the_oracle_finds(text: str, terms: Terms) -> None:
    """All overlapping matches, with spans in the original, in a fixed order; short texts and long ones alike."""
    library = library_of(terms)
    expected = oracle.review(text, oracle.plain(text), terms, stop=False).found
    assert [(item.entry_id, item.start, item.end) for item in library.scan(text)] == expected
    padded = [item for item in library.scan("壹" * 60 + text) if item.start >= 60]
    assert [(item.entry_id, item.start - 60, item.end - 60) for item in padded] == expected


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["z", "Ｚ", "𝐳", "ⓩ"]), min_size=3, max_size=3),
    st.lists(st.sampled_from([*oracle.SKIPS, *oracle.IGNORED]), max_size=8).map("".join),
)
def test_a_span_cuts_the_disguised_term_out(written: list[str], between: str) -> None:
    """`text[start:end]` is the term as it was disguised."""
    term = between.join(written)
    text = f"before {term} after"
    (finding,) = library_of({"e": ("zzz", True)}).scan(text)
    assert text[finding.start : finding.end] == term


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("吃了噗噗果。", "噗噗果"),
        ("吃了噗 噗-果。", "噗 噗-果"),
        ("噗\u200b噗\u0301果", "噗\u200b噗\u0301果"),
        ("\ud800噗噗果\udfff", "噗噗果"),
        ("噗噗噗果", "噗噗果"),
    ],
)
def test_golden_spans(text: str, shown: str) -> None:
    """Where a person would mark the term."""
    (finding,) = Library.compile([ENTRY], "1").scan(text)
    assert text[finding.start : finding.end] == shown


def test_overlapping_and_nested_terms_are_all_found() -> None:
    """No match hides another; they come by end, then start, then entry id."""
    library = library_of({"a": ("afi", True), "b": ("fi", False), "c": ("fil", True), "d": ("i", False)})
    found = [(item.entry_id, item.start, item.end) for item in library.scan("afil")]
    assert found == [("a", 0, 3), ("b", 1, 3), ("d", 2, 3), ("c", 1, 4)]


def test_terms_that_fold_alike_share_a_pattern_and_all_report() -> None:
    """Traditional and simplified forms of a term may be entries of their own."""
    library = Library.compile(
        [replace(ENTRY, id="t", term="違國"), replace(ENTRY, id="s", term="违-国", severity="note")], "1"
    )
    assert len(library) == 2
    assert library.terms == ("违国",)
    assert [item.entry_id for item in library.scan("违國")] == ["s", "t"]


@settings(max_examples=200, deadline=None)
@given(texts, term_sets, st.integers(1, 5))
def test_a_cap_keeps_the_earliest_matches_and_the_first_block(text: str, terms: Terms, most: int) -> None:
    """Art. 10: however many matches there are, a blocked text stays blocked, and the rest is the beginning of all."""
    library = library_of(terms)
    whole = library.scan(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexicon, "MOST_MATCHES", most)
        capped = library.scan(text)
    assert set(capped) <= set(whole)
    assert list(capped) == [finding for finding in whole if finding in capped]
    if len(library.automaton.find_overlapping(fold(text))) <= most:
        assert capped == whole
    assert len(capped) <= (most + 1) * max(map(len, library.entries))
    blocks = [[item.end for item in found if item.severity == "block"] for found in (whole, capped)]
    assert bool(blocks[0]) == bool(blocks[1])
    if blocks[0]:
        assert min(blocks[0]) == min(blocks[1])


@pytest.mark.parametrize(("severity", "tail"), [("block", ""), ("note", ""), ("note", "啵啵果")])
def test_a_text_that_is_nothing_but_matches_costs_little(severity: str, tail: str) -> None:
    """A term repeated 450,000 times reports the first places only, and a block behind them all the same."""
    repeated = replace(ENTRY, term="abcdefgh", severity=severity)  # type: ignore[arg-type]  # both literals
    library = Library.compile([repeated, replace(ENTRY, id="e2", term="啵啵果")], "1")
    text = "abcdefgh" * 450_000 + tail
    begun = process_time()
    found = library.scan(text)
    # Measured 0.15 s, and 0.7 s where the place of the last match is needed; 14 s with every place.
    assert process_time() - begun < 3
    assert [item.start for item in found] == [8 * n for n in range(200)] + ([3_600_000] if tail else [])


def test_no_match_builds_no_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual case pays for the fold and the match only."""
    monkeypatch.setattr(lexicon, "spans", None)
    assert Library.compile([ENTRY], "1").scan("噗噗瓜" * 50) == ()


REFUSED = {
    "no term": (replace(ENTRY, term=""), errors.TermEmpty),
    "a term of skip symbols": (replace(ENTRY, term="。 ★\u200b"), errors.TermEmpty),
    "a term over the bound": (replace(ENTRY, term="噗" * 65), errors.TermTooLong),
    "a term that folds over the bound": (replace(ENTRY, term="ﬃ" * 22), errors.TermTooLong),
    "a lone surrogate": (replace(ENTRY, term="噗\ud800果"), errors.TermUnreadable),
    "a noncharacter": (replace(ENTRY, term="噗\uffff果"), errors.TermUnreadable),
    "the replacement character": (replace(ENTRY, term="噗\ufffd果"), errors.TermUnreadable),
    "no id": (replace(ENTRY, id=""), errors.EntryMalformed),
    "an id that is no name": (replace(ENTRY, id="a b\n"), errors.EntryMalformed),
    "no risk": (replace(ENTRY, risk=""), errors.EntryMalformed),
    "no clause": (replace(ENTRY, clause=""), errors.EntryMalformed),
    "a clause with a surrogate": (replace(ENTRY, clause="\ud800"), errors.EntryMalformed),
    "an unknown severity": (replace(ENTRY, severity="warn"), errors.EntryMalformed),  # type: ignore[arg-type]  # hostile
    "an unknown kind": (replace(ENTRY, kind="bad"), errors.EntryMalformed),  # type: ignore[arg-type]  # hostile
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_entries(case: str) -> None:
    """An entry that could not be matched as it is meant is refused by name, and its term is not repeated."""
    entry, error = REFUSED[case]
    with pytest.raises(error) as raised:
        Library.compile([entry], "1")
    for language in ("zh", "en"):
        text = raised.value.text("zh" if language == "zh" else "en")
        assert "{" not in text
        assert not entry.term or entry.term not in text


def test_the_longest_term_is_allowed_and_found() -> None:
    """The bound is inclusive."""
    term = "噗" * 64
    assert Library.compile([replace(ENTRY, term=term)], "1").scan("x" + term)[0].start == 1


def test_an_id_stands_for_one_entry() -> None:
    """Findings are traced by entry id, so an id cannot occur twice."""
    with pytest.raises(errors.EntryTwice):
        Library.compile([ENTRY, replace(ENTRY, term="另一个")], "1")


def test_a_library_without_entries_is_refused() -> None:
    """It would call everything reviewed."""
    with pytest.raises(errors.LibraryEmpty):
        Library.compile([], "1")


TOML = """
version = "1"
[[entry]]
id = "e1"
term = "噗噗果"
risk = "A1.1"
severity = "block"
kind = "illegal"
clause = "第六条"
"""


def test_toml_is_read_from_text_and_from_a_file(tmp_path: Path) -> None:
    """Both give the library that the entries give."""
    (tmp_path / "library.toml").write_text(TOML, encoding="utf-8")
    for source in (TOML, tmp_path / "library.toml"):
        assert Library.from_toml(source).digest == Library.compile([ENTRY], "1").digest


@pytest.mark.parametrize(
    "text",
    [
        "not = [toml",
        "version = 1",
        'version = "1"',
        'version = "1"\nentry = 3',
        'version = "1"\nentry = [3]',
        TOML.replace("clause", "cause"),
        TOML.replace('clause = "第六条"', ""),
        TOML.replace('"e1"', "7"),
        TOML.replace('"噗噗果"', "7"),
        TOML.replace('"block"', "[]"),
        TOML.replace('"第六条"', "{}"),
        TOML.replace('version = "1"', 'version = "一 \\n二"'),
        "a = " + "[" * 3000,
        "a = " + "{b=" * 3000,
    ],
)
def test_bad_toml_is_an_answer(text: str) -> None:
    """Whatever a library file holds, the error is ours."""
    with pytest.raises(SealmarkError):
        Library.from_toml(text)


def test_a_missing_or_binary_file_is_an_answer(tmp_path: Path) -> None:
    """A path that cannot be read as text is the caller's mistake, not a traceback."""
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for name in ("missing.toml", "binary.toml", "."):
        with pytest.raises(errors.LibraryUnreadable):
            Library.from_toml(tmp_path / name)


def test_the_digest_is_of_the_entries_alone() -> None:
    """Order and version don't change it; any field of any entry does."""
    other = replace(ENTRY, id="e2", term="啵啵果")
    digest = Library.compile([ENTRY, other], "1").digest
    assert Library.compile([other, ENTRY], "2").digest == digest
    changes: list[dict[str, Any]] = [
        {"id": "e3"},
        {"term": "啵-啵果"},
        {"risk": "A1.2"},
        {"severity": "note"},
        {"kind": "undesirable"},
        {"clause": "第七条"},
    ]
    for change in changes:
        assert Library.compile([ENTRY, replace(other, **change)], "1").digest != digest


@settings(max_examples=100, deadline=None)
@given(texts, term_sets)
def test_a_packed_library_is_the_same_library(text: str, terms: Terms) -> None:
    """Compiled there and loaded here, it finds the same and names the same version."""
    library = library_of(terms)
    loaded = Library.from_bytes(library.to_bytes())
    assert (loaded.version, loaded.digest, loaded.terms) == (library.version, library.digest, library.terms)
    assert tuple(loaded.entries) == tuple(loaded.entries[:]) == library.entries
    assert len(loaded) == len(library)
    assert loaded.to_bytes() == library.to_bytes()
    assert loaded.scan(text) == library.scan(text)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused(data: st.DataObject) -> None:
    """One changed byte anywhere, or a missing end, is noticed before anything is believed."""
    whole = Library.compile([ENTRY], "1").to_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    for damaged in (changed, whole[:place], whole + b"\0"):
        with pytest.raises(errors.LibraryUnreadable):
            Library.from_bytes(damaged)


def test_a_library_folded_by_another_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its terms would not be those that this fold makes."""
    whole = Library.compile([ENTRY], "1").to_bytes()
    monkeypatch.setattr(packed, "fold_version", lambda: "0" * 16)
    with pytest.raises(errors.LibraryOutdated):
        Library.from_bytes(whole)
