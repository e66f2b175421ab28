"""Lines for Chinese and English."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from sealmark.cli.wrapping import fitted, wrapped

_TEXT = st.text(alphabet="ab cd。，中文核验（）(): \n…", max_size=120)


@given(_TEXT, st.integers(8, 40))
def test_nothing_is_lost(text: str, width: int) -> None:
    """Only blanks at a break disappear."""
    assert "".join(wrapped(text, width).split()) == "".join(text.split())


@given(st.text(alphabet="中文核验标识凭证", min_size=1, max_size=120), st.integers(4, 40))
def test_chinese_fills_the_width(text: str, width: int) -> None:
    """A Chinese text breaks between any two characters: no line is too wide, and only the last is short."""
    lines = wrapped(text, width).split("\n")
    assert all(cell_len(line) <= width for line in lines)
    assert all(cell_len(line) >= width - 1 for line in lines[:-1])


def test_closing_marks_begin_no_line() -> None:
    """A comma or a full stop stays with what it closes."""
    lines = wrapped("中文，中文。中文，中文。", 6).split("\n")
    assert not any(line.startswith(("，", "。")) for line in lines)
    assert lines == ["中文，", "中文。", "中文，", "中文。"]


def test_english_breaks_at_blanks() -> None:
    """Words are not cut; one wider than the line stands alone."""
    assert wrapped("a word and a-very-long-word here", 10) == "a word and\na-very-long-word\nhere"


@given(_TEXT, _TEXT, st.integers(8, 40))
def test_styles_stay_where_they_were(first: str, second: str, width: int) -> None:
    """A broken text reads as the plain one would, and each character keeps its style."""
    whole = fitted(Text.assemble((first, "red"), (second, "bold")), width)
    assert whole.plain == wrapped(first + second, width)
    red = "".join(whole.plain[span.start : span.end] for span in whole.spans if span.style == "red")
    assert "".join(red.split()) == "".join(first.split())


def test_a_list_keeps_its_indent() -> None:
    """Blanks at the start of a paragraph are meant; at the start of a continuation they are not."""
    assert wrapped("  · one two\n  · three", 9) == "  · one\ntwo\n  · three"
