"""What was asked and answered, as a person reads it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sealmark.web.portal.passages import Passage, answers, passages, pretty

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "messages", "message", "choices", "prompt", "text"]), below
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_record_can_be_shown(value: Any) -> None:
    """Whatever stands in a record, it is shown without an error and never as an empty passage."""
    assert all(one.text for one in passages(value))
    assert (pretty(value) is None) == (value is None)


def test_each_shape_reads_as_a_conversation() -> None:
    """Messages, choices, prompts, inputs and plain text all give their words."""
    said = {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}]}
    assert passages(said) == [Passage("user", "a\n[image_url]")]
    assert passages({"prompt": "c"}) == passages({"input": "c"}) == passages("c") == [Passage("", "c")]
    assert passages({"data": [1]}) == []


def test_an_answer_is_told_choice_by_choice() -> None:
    """The texts of each choice, as the record keeps them: content as the assistant's words, the rest by its place."""
    kept = [{"content": "a", "reasoning": "b"}, {"tool_calls.0.function.arguments": "{}"}, {"revised_prompt": ""}]
    assert answers(kept) == [
        Passage("assistant", "a"),
        Passage("reasoning", "b"),
        Passage("tool_calls.0.function.arguments", "{}"),
    ]
    assert answers(None) == answers("a") == []
