"""The exact hold-back of streams (design §3): the property on which everything else about streams rests."""

import json
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sealmark.review import Entry, Library, StreamReviewer
from sealmark.review.errors import StreamFinished

from . import oracle

Terms = dict[str, tuple[str, bool]]

words = st.text(st.sampled_from("afils违国"), min_size=1, max_size=4)
term_sets = st.dictionaries(words, st.booleans(), min_size=1, max_size=6).map(
    lambda chosen: {f"e{number}": (term, blocks) for number, (term, blocks) in enumerate(sorted(chosen.items()))}
)
signs = st.one_of(
    st.sampled_from(sorted(oracle.LETTERS)),
    st.sampled_from("afils违国"),
    st.sampled_from(oracle.SKIPS),
    st.sampled_from(oracle.IGNORED),
    st.sampled_from(oracle.UNREADABLE),
)
skip_runs = st.integers(0, 10).flatmap(
    lambda count: st.text(st.sampled_from(oracle.SKIPS + oracle.IGNORED), min_size=count, max_size=count)
)
texts = st.lists(st.one_of(signs, signs, skip_runs), max_size=14).map("".join)
cuts = st.lists(st.integers(0, 200), max_size=12)


def library_of(terms: Terms) -> Library:
    return Library.compile(
        [
            Entry(name, term, "A1.1", "block" if blocks else "note", "illegal", "clause")
            for name, (term, blocks) in terms.items()
        ],
        "test",
    )


def pieces(text: str, places: list[int]) -> list[str]:
    edges = [0, *sorted(min(place, len(text)) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def stream(reviewer: StreamReviewer, parts: list[str]) -> str:
    return "".join([*map(reviewer.feed, parts), reviewer.finish()])


def found(reviewer: StreamReviewer) -> list[tuple[str, int, int]]:
    return [(item.entry_id, item.start, item.end) for item in reviewer.findings]


@st.composite
def escaped(draw: st.DrawFn) -> str:
    """Raw JSON string text: signs written as themselves or escaped, and broken escapes."""
    text = draw(texts)
    written = [draw(st.sampled_from([sign, json.dumps(sign)[1:-1]])) for sign in text]
    broken = st.sampled_from(["\\", "\\u", "\\u12", "\\x", "\\ud83d", "\\uD83D\\u0061", "\\\\", "\\ud83d\\", "\\u00g1"])
    for place in draw(st.lists(st.integers(0, len(written)), max_size=2)):
        written.insert(place, draw(broken))
    return "".join(written)


@settings(max_examples=1500, deadline=None)
@given(texts, term_sets, cuts)
def test_released_is_what_the_oracle_releases_for_any_cut(text: str, terms: Terms, places: list[int]) -> None:
    """However a text is cut, exactly the text before the earliest start at the earliest blocking end is released."""
    reviewer = StreamReviewer(library_of(terms))
    expected = oracle.review(text, oracle.plain(text), terms)
    assert stream(reviewer, pieces(text, places)) == expected.released
    assert found(reviewer) == expected.found
    assert (reviewer.blocked is not None) == expected.blocked
    assert reviewer.released == len(expected.released)


@settings(max_examples=1500, deadline=None)
@example("l\\违", {"e0": ("l违", False)}, [])
@given(escaped(), term_sets, cuts)
def test_escaped_arguments_are_reviewed_as_what_they_stand_for(raw: str, terms: Terms, places: list[int]) -> None:
    """Escapes, cut anywhere, hide nothing; what is released is the raw text, and spans are places in it."""
    reviewer = StreamReviewer(library_of(terms), json_escaped=True)
    expected = oracle.review(raw, oracle.unescaped(raw), terms)
    assert stream(reviewer, pieces(raw, places)) == expected.released
    assert found(reviewer) == expected.found
    assert reviewer.released == len(expected.released)


@settings(max_examples=600, deadline=None)
@given(texts, term_sets, cuts)
def test_nothing_is_held_but_from_the_earliest_live_prefix_on(text: str, terms: Terms, places: list[int]) -> None:
    """After every piece, what was released ends exactly where the earliest live prefix begins."""
    notes = {name: (term, False) for name, (term, _) in terms.items()}
    reviewer, seen, released = StreamReviewer(library_of(notes)), "", ""
    for piece in pieces(text, places):
        seen += piece
        released += reviewer.feed(piece)
        live = oracle.live_starts(oracle.letters(oracle.plain(seen)), notes)
        assert released == seen[: min(live, default=len(seen))]


@settings(max_examples=600, deadline=None)
@given(texts, term_sets, cuts)
def test_findings_are_those_of_a_scan_up_to_the_block(text: str, terms: Terms, places: list[int]) -> None:
    """Stream and scan find the same, up to where the stream stops."""
    library = library_of(terms)
    reviewer = StreamReviewer(library)
    stream(reviewer, pieces(text, places))
    end = reviewer.blocked.end if reviewer.blocked else len(text)
    assert reviewer.findings == [item for item in library.scan(text) if item.end <= end]


@pytest.mark.parametrize("place", range(1, 9))
def test_a_term_split_anywhere_is_withheld_whole(place: int) -> None:
    """Whichever way one cut splits a term, not a character of it is released."""
    library = library_of({"e": ("zorbifigs", True)})
    reviewer = StreamReviewer(library)
    text = "a tale of zorbifigs and more"
    assert stream(reviewer, [text[: 10 + place], text[10 + place :]]) == "a tale of "


def test_after_a_block_nothing_comes() -> None:
    """What follows a block is dropped, and so is what was held."""
    reviewer = StreamReviewer(library_of({"e": ("abc", True)}))
    assert [reviewer.feed("xab"), reviewer.feed("c"), reviewer.feed("more"), reviewer.finish()] == ["x", "", "", ""]
    assert reviewer.blocked is not None
    assert (reviewer.blocked.start, reviewer.blocked.end) == (1, 4)


def test_a_longer_live_prefix_keeps_what_stands_before_the_match() -> None:
    """The cut is at the earliest start of any live prefix, even if the match begins later."""
    reviewer = StreamReviewer(library_of({"short": ("cd", True), "long": ("abcde", True)}))
    assert stream(reviewer, ["xxabcd", "zz"]) == "xx"


def test_a_library_that_was_loaded_holds_back_the_same() -> None:
    """Workers load what another process compiled."""
    library = Library.from_bytes(library_of({"e": ("abc", True), "n": ("xa", False)}).to_bytes())
    reviewer = StreamReviewer(library)
    assert stream(reviewer, list("ixabcd")) == "ix"
    assert found(reviewer) == [("n", 1, 3), ("e", 2, 5)]


def test_notes_do_not_stop_a_stream() -> None:
    """A note-only finding is recorded, and everything is released."""
    reviewer = StreamReviewer(library_of({"e": ("abc", False)}))
    assert stream(reviewer, list("xabcabcx")) == "xabcabcx"
    assert found(reviewer) == [("e", 1, 4), ("e", 4, 7)]


def test_eight_skips_are_bridged_and_nine_are_not() -> None:
    """The bound on skip symbols bounds the hold: the ninth lets everything go."""
    library = library_of({"e": ("ab", True)})
    assert stream(StreamReviewer(library), ["a", *" " * 8, "b"]) == ""
    reviewer = StreamReviewer(library)
    assert reviewer.feed("a" + " " * 8) == ""
    assert reviewer.feed(" ") == "a" + " " * 9
    assert reviewer.feed("b") == "b"


def test_many_ignorables_are_held_in_linear_time() -> None:
    """A hundred thousand pieces of nothing behind a live prefix are held, and let go at the end."""
    reviewer = StreamReviewer(library_of({"e": ("ab", True)}))
    assert reviewer.feed("a") == ""
    assert not any(reviewer.feed("\u200b") for _ in range(100_000))
    assert reviewer.finish() == "a" + "\u200b" * 100_000


def test_a_broken_off_escape_is_reviewed_at_the_end() -> None:
    """An escape that never ends stands for its own characters, and these can complete a term."""
    reviewer = StreamReviewer(library_of({"e": ("xu12", True)}), json_escaped=True)
    assert reviewer.feed("ok x\\u12") == "ok "
    assert reviewer.finish() == ""
    assert reviewer.blocked is not None
    assert (reviewer.blocked.start, reviewer.blocked.end) == (3, 8)


def test_feeding_a_finished_review_is_an_error_and_releases_nothing() -> None:
    """What comes after the end was not part of what was decided on."""
    reviewer = StreamReviewer(library_of({"e": ("ab", True)}))
    assert reviewer.feed("xa") + reviewer.finish() == "xa"
    assert reviewer.finish() == ""
    with pytest.raises(StreamFinished):
        reviewer.feed("b")
