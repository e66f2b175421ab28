"""Texts of records: marks stay apart from the text, and together they are what was released."""

from hypothesis import given
from hypothesis import strategies as st

from sealmark.items import texts

TEXT = st.text(max_size=60)


@given(TEXT, TEXT.filter(bool), TEXT.filter(bool), TEXT)
def test_parts_join_to_what_was_released(lead: str, opening: str, rest: str, closing: str) -> None:
    """Whole, they are the released text to the letter; bare, its body, whatever the marks say."""
    released, body = lead + opening + rest + closing, lead + rest
    kept = texts.parted(released, body, len(lead), opening)
    assert list(kept) == [lead, opening, rest, closing]
    assert (texts.whole(kept), texts.bare(kept)) == (released, body)


@given(TEXT)
def test_a_text_without_marks_is_itself(text: str) -> None:
    """It is kept as it is, so nothing is stored twice."""
    assert texts.parted(text, text, 0, "[AI]") == text
    assert texts.whole(text) == texts.bare(text) == text


def test_an_output_is_read_as_it_was_released() -> None:
    """Every text of every choice whole; records of before, and other shapes, as they are."""
    output = [{"content": ["", "[AI] ", "hello", ""], "refusal": "no"}, {"content": "[AI] old"}, 7]
    assert texts.released(output) == [{"content": "[AI] hello", "refusal": "no"}, {"content": "[AI] old"}, 7]
    assert texts.released(None) is None
