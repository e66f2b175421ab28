"""No picture or sound travels inside a text answer, where nobody would review or mark it (Art. 16)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.exchange.errors import InlineMedium
from sealmark.exchange.inline import SHOWN, InlineWatch, require_none

FILE = "iVBORw0KGgo" * 40
TEXTS = [
    f"here: ![a](data:image/png;base64,{FILE}) there",
    f"DATA:Image/PNG;Base64,{FILE}",
    f"data:audio/mpeg;codecs=x;charset=y;base64,{FILE}",
    f'<img src="data:image\\/webp;base64,{FILE}">',
    f"x base64, y data:video/mp4;base64,{FILE[:200]}\n{FILE[200:]}",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_medium_in_a_text_is_found(text: str) -> None:
    """Whatever its type, letters and escapes."""
    with pytest.raises(InlineMedium):
        require_none(text)


@pytest.mark.parametrize(
    "text",
    [
        "data:image/png;base64,iVBORw0KGgo=",
        f"data:text/plain;base64,{FILE}",
        FILE,
        "An address begins with data:image/png;base64, and then the bytes follow. " * 20,
    ],
)
def test_what_shows_no_medium_passes(text: str) -> None:
    """An example too short to be a picture, encoded text, and talk about addresses."""
    require_none(text)


@given(st.sampled_from(TEXTS), st.lists(st.integers(0, 600), max_size=12), st.integers(0, 700))
def test_the_cuts_mean_nothing(text: str, places: list[int], lead: int) -> None:
    """However the text is cut, the watch stops it before `SHOWN` characters and one piece of the file have passed."""
    whole = "z" * lead + text
    cuts = sorted({0, *(min(one, len(whole)) for one in places), len(whole)})
    watch, passed = InlineWatch(), list[str]()
    with pytest.raises(InlineMedium):  # noqa: PT012  whichever piece it is
        for start, end in pairwise(cuts):
            watch.feed(whole[start:end], passed)
            passed.append(whole[start:end])
    assert "".join(passed).count(FILE[:SHOWN]) == 0


@given(st.text(alphabet="base64,;dt:i/mg A中", max_size=300), st.lists(st.integers(0, 300), max_size=30))
def test_other_text_passes_however_it_is_cut(text: str, places: list[int]) -> None:
    """Signs without a file stop nothing."""
    cuts = sorted({0, *(min(one, len(text)) for one in places), len(text)})
    watch, passed = InlineWatch(), list[str]()
    for start, end in pairwise(cuts):
        watch.feed(text[start:end], passed)
        passed.append(text[start:end])
    assert "".join(passed) == text
