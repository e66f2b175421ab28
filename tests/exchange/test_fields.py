"""The table of content-bearing fields: what it names it names rightly, and what it does not is reviewed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.exchange.errors import RemoteContent, UnknownBinary
from sealmark.exchange.fields import CHAT, IMAGES, SPEECH, Kind, contents, joined

WORDS = st.text("ab!？词 ", min_size=1, max_size=8)
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(WORDS, below, max_size=3),
    max_leaves=12,
)


def strings(value: Any) -> list[str]:
    """Every string of a body, names included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for name, below in value.items() for text in (name, *strings(below))]
    if isinstance(value, list):
        return [text for below in value for text in strings(below)]
    return []


@given(BODIES, st.sampled_from([CHAT, IMAGES, SPEECH]))
def test_no_string_is_missed(body: Any, table: Any) -> None:
    """In a body that no table knows, every string and every name is reviewed."""
    found = {one.value for one in contents({"unknown field": body}, table)}
    assert {text for text in strings({"unknown field": body}) if text} <= found


@given(WORDS)
def test_nothing_is_exempt_but_what_we_replace(value: str) -> None:
    """A role or an id is reviewed like any text; the model and the end user never reach the upstream as they came."""
    body = {"model": value, "user": value, "messages": [{"role": value, "tool_call_id": value}]}
    assert [one.value for one in contents(body, CHAT)] == [value, value]


def test_the_parts_of_a_message_are_read_as_one() -> None:
    """A term split over the parts of one message is one text to the model, and to the review."""
    parts = [{"type": "text", "text": "zor"}, {"type": "text", "text": "bifig"}]
    found = list(contents({"messages": [{"role": "user", "content": parts}]}, CHAT))
    assert [one.value for one in joined(found)] == ["zorbifig"]


def test_every_named_field_is_found() -> None:
    """Messages, parts, tools, tool calls and their arguments, names, stops: each with its kind."""
    body = {
        "model": "m",
        "stop": ["Ende"],
        "messages": [
            {"role": "user", "name": "Ann", "content": "text one"},
            {"role": "user", "content": [{"type": "text", "text": "text two"}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "result"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "does", "parameters": {"type": "object"}}}
        ],
    }
    found = {one.value: one.kind for one in contents(body, CHAT)}
    assert set(found.values()) == {Kind.TEXT}
    assert {"Ende", "Ann", "text one", "text two", "result", "does", "object", "{}", "user", "tool"} <= found.keys()


def test_inline_files_are_binary_and_remote_ones_refused() -> None:
    """An inline picture is for a reviewer of pictures; a remote one nobody here would have seen."""

    def body(url: str) -> dict[str, Any]:
        return {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]}

    found = list(contents(body("data:image/png;base64,AAAA"), CHAT))
    assert [one.kind for one in found if one.path.endswith("url")] == [Kind.BINARY]
    for url in ("https://example.com/a.png", "file:///etc/passwd", "HTTPS://x", " https://x", "plain prose, no file"):
        with pytest.raises(RemoteContent):
            list(contents(body(url), CHAT))
    with pytest.raises(RemoteContent):
        list(contents({"messages": [{"content": [{"image_url": "https://example.com/a.png"}]}]}, CHAT))
    with pytest.raises(RemoteContent):
        list(contents({"messages": [{"content": [{"clip": {"address": "https://example.com/a.mp4"}}]}]}, CHAT))


@pytest.mark.parametrize("value", ["data:text/plain,hello", "QUJD" * 300, "QUJDREVG\n" * 200])
def test_binary_where_none_is_expected_is_refused(value: str) -> None:
    """A field that nobody knows cannot carry a file past review; a message that quotes base64 is text."""
    with pytest.raises(UnknownBinary):
        list(contents({"surprise": value}, CHAT))
    assert list(contents({"messages": [{"role": "user", "content": value}]}, CHAT))
