"""The pieces of a stream, without a wire: what may be sent, what was sent, and what blocks."""

from typing import Any

from sealmark.exchange.chat import Head, Marking
from sealmark.exchange.pieces import Pieces
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
