"""The pieces of a stream, without a wire: what may be sent, what was sent, and what blocks."""

import copy
import itertools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sealmark.errors import SealmarkError
from sealmark.exchange.chat import Head, Marking, kept
from sealmark.exchange.pieces import Pieces, condensed
from sealmark.exchange.upstreams.errors import UpstreamRubbish
from sealmark.items import texts
from sealmark.review import Entry, Library

ENTRY = Entry("t-1", "greyplumu1", "invented", "block", "illegal", "Art. 6")
HEAD = Head("x", 1, "model", 2)


def begun() -> Pieces:
    return Pieces(Library.compile([ENTRY], "1"), HEAD, Marking("[AI]", "[/AI]"))


def row(delta: dict[str, Any], finish: str | None = None, index: int = 0) -> dict[str, Any]:
    return {"index": index, "delta": delta, "finish_reason": finish}


def arguments(text: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}


def test_an_end_may_block() -> None:
    """A term that shows only once its text is over, in an escape that was never completed, is withheld and refused."""
    pieces = begun()
    pieces.take({"choices": [row(arguments("greyplum\\u1"))]})
    assert pieces.blocked is None
    last = pieces.take({"choices": [row({"content": "more"}, "tool_calls")]})
    assert pieces.blocked is not None
    assert last is None or last["choices"][0]["finish_reason"] is None
    assert pieces.withheld() == [{"tool_calls.0.function.arguments": "greyplum\\u1", "content": "more"}]


def test_only_what_was_confirmed_has_left() -> None:
    """What was built and not sent is in no item, nor is the mark at its end."""
    pieces = begun()
    pieces.take({"choices": [row({"content": "one "})]})
    pieces.confirm()
    pieces.take({"choices": [row({"content": "two"}, "stop")]})
    released = pieces.choices[0].released
    assert (released.texts, released.body, released.ended) == ({"content": "[AI]one "}, "one ", False)
    pieces.confirm()
    released = pieces.choices[0].released
    assert (released.texts, released.body, released.ended) == ({"content": "[AI]one two[/AI]"}, "one two", True)


def test_the_mark_comes_after_white_space() -> None:
    """However much of it comes first, the mark stands before the first character that shows."""
    pieces = begun()
    for _ in range(5):
        pieces.take({"choices": [row({"content": " "})]})
    pieces.take({"choices": [row({"content": "a"}, "stop")]})
    pieces.confirm()
    assert pieces.choices[0].released.texts["content"] == "     [AI]a[/AI]"


def test_two_rows_of_one_choice_are_one_text() -> None:
    """Sent in the order in which they came, and recorded so."""
    pieces = begun()
    piece = pieces.take(
        {"choices": [row({"content": "one "}), row({"content": "two"}), row({"content": "b"}, index=1)]}
    )
    assert piece is not None
    assert [one["delta"]["content"] for one in piece["choices"]] == ["[AI]one ", "two", "[AI]b"]
    pieces.confirm()
    assert pieces.choices[0].released.body == "one two"


def probable(token: str) -> dict[str, Any]:
    return {"content": [{"token": token, "logprob": -0.5}]}


WORDS = st.sampled_from(["grey", "plum", "u1", "greyplumu1", "晴", " ", ""])
PLAIN = st.builds(lambda text, index: {"choices": [row({"content": text}, index=index)]}, WORDS, st.integers(0, 1))
OTHER = st.one_of(
    st.builds(lambda text: {"choices": [row({"content": text}) | {"logprobs": probable(text)}]}, WORDS),
    st.builds(lambda text: {"choices": [row({"content": text, "refusal": "no"})]}, WORDS),
    st.builds(lambda text: {"choices": [row(arguments(text))]}, WORDS),
    st.builds(lambda text: {"choices": [row({"content": text}), row({"content": text}, index=1)]}, WORDS),
    st.just({"choices": [], "usage": {"total_tokens": 3}}),
    st.just({"choices": [row({"role": "assistant", "content": None})]}),
)


def outcome(given: Iterable[dict[str, Any]]) -> tuple[Any, ...]:
    """What of some pieces may be sent: the texts of each choice, the tokens, and whether they were blocked."""
    pieces, tokens = begun(), []
    for piece in given:
        built = pieces.take(piece)
        tokens += [one["logprobs"]["content"] for one in (built or {}).get("choices", ()) if one["logprobs"]]
        if pieces.blocked is not None:
            break
    pieces.confirm()
    texts = {index: choice.released.texts for index, choice in pieces.choices.items()}
    return {index: text for index, text in texts.items() if text}, tokens, pieces.blocked is not None


@settings(max_examples=300, deadline=None)
@example(given_pieces=[{"choices": [row({"content": " "})]}, {"choices": [row({"content": "plum"})]}])
@given(given_pieces=st.lists(st.one_of(PLAIN, PLAIN, OTHER), max_size=12))
def test_condensing_changes_nothing_but_the_number_of_pieces(given_pieces: list[dict[str, Any]]) -> None:
    """The same text leaves of every choice, with the same tokens, and the same is blocked."""
    fewer = list(condensed(copy.deepcopy(given_pieces)))
    assert outcome(fewer) == outcome(given_pieces)
    assert not any(a and b and a["index"] == b["index"] for a, b in itertools.pairwise(map(plain, fewer)))


def plain(piece: dict[str, Any]) -> dict[str, Any] | None:
    """The choice of a piece that holds nothing but content."""
    one = piece["choices"][0] if len(piece["choices"]) == 1 else {}
    alone = one.keys() == {"index", "delta", "finish_reason"} and one["delta"].keys() == {"content"}
    return one if alone else None


def test_what_came_before_rubbish_is_given_before_its_error() -> None:
    """A piece that cannot be read takes none of its neighbours along."""

    def come() -> Iterator[dict[str, Any]]:
        yield {"choices": [row({"content": "one "})]}
        yield {"choices": [row({"content": "two"})]}
        raise UpstreamRubbish

    given_pieces = condensed(come())
    assert next(given_pieces)["choices"][0]["delta"] == {"content": "one two"}
    with pytest.raises(UpstreamRubbish):
        next(given_pieces)


@given(
    given_pieces=st.lists(st.one_of(PLAIN, OTHER), max_size=12),
    confirmed=st.lists(st.booleans(), min_size=12, max_size=12),
    ended=st.booleans(),
)
def test_the_record_keeps_marks_apart(given_pieces: list[dict[str, Any]], confirmed: list[bool], ended: bool) -> None:
    """Wherever a stream stopped, its parts join to what was sent, and without the marks they are its body."""
    pieces = begun()
    with suppress(SealmarkError):
        for piece, confirm in zip(given_pieces, confirmed, strict=False):
            pieces.take(copy.deepcopy(piece))
            if confirm:
                pieces.confirm()
        if ended:
            pieces.rest()
            pieces.confirm()
    for choice in pieces.choices.values():
        released = choice.released
        (row_kept,) = kept([released], Marking("[AI]", "[/AI]"))
        assert {place: texts.whole(text) for place, text in row_kept.items()} == released.texts
        assert texts.bare(row_kept.get("content", "")) == released.body
