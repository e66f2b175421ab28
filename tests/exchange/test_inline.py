"""No picture or sound travels inside a text answer, where nobody would review or mark it (Art. 16)."""

import base64
import time
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.exchange.errors import InlineMedium
from sealmark.exchange.inline import SHOWN, InlineWatch, require_none

PNG = "iVBORw0KGgo" + "AbC/" * 100
BEGINNINGS = {
    "png": b"\x89PNG\r\n\x1a\n",
    "gif": b"GIF89a",
    "jpeg": b"\xff\xd8\xff\xe0",
    "webp": b"RIFF\x10\x20\x00\x00WEBP",
    "mp3": b"\xff\xfb\x90\x64",
    "id3": b"ID3\x04\x00\x00",
    "ogg": b"OggS\x00\x02",
    "flac": b"fLaC\x00\x00",
    "webm": b"\x1a\x45\xdf\xa3\x9f",
    "avif": b"\x00\x00\x00\x20ftypavif",
}
TEXTS = [
    f"here: ![a](data:image/png;base64,{PNG}) there",
    f"DATA:Image/PNG; charset=x; Base64,{PNG}",
    f"data:;base64,{PNG}",
    f"data:application/octet-stream;base64,{PNG}",
    f"data&colon;image/png;base64,{PNG}",
    f'{{"src": "data:image\\/png;base64\\u002c{PNG}"}}',
    f"{PNG[:200]} {PNG[200:]}.",
    f"in lines\n{PNG[:76]}\n{PNG[76:152]}\r\n  {PNG[152:]}",
    f"data:audio/unheard-of;base64,{'Zm9v' * 80}",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_medium_in_a_text_is_found(text: str) -> None:
    """Whatever its address looks like: clients are lenient readers."""
    with pytest.raises(InlineMedium):
        require_none(text)


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_a_medium_is_known_by_its_beginning(kind: str) -> None:
    """Base64 of each kind of file is found without any address."""
    data = BEGINNINGS[kind] + bytes(range(256))
    with pytest.raises(InlineMedium):
        require_none(base64.b64encode(data).decode())


@pytest.mark.parametrize(
    "text",
    [
        "data:image/png;base64,iVBORw0KGgo=",
        "Zm9v" * 500,
        "a" * 5000,
        "see https://stackoverflow.com/questions/" + "a-long-title-" * 40,
        "// so this comment goes on and on without any full stop " * 20,
        "data:image/png;base64, and then the letters of the file follow as many as there are " * 20,
        '<svg xmlns="http://www.w3.org/2000/svg"><path d="M 0 0 L 10 10"/></svg>' * 20,
    ],
)
def test_what_shows_no_medium_passes(text: str) -> None:
    """An example too short to be a picture, encoded text, prose, code, and drawings in words."""
    require_none(text)


def cut(text: str, places: list[int]) -> list[str]:
    cuts = sorted({0, *(min(one, len(text)) for one in places), len(text)})
    return [text[start:end] for start, end in pairwise(cuts)]


@given(st.sampled_from(TEXTS), st.lists(st.integers(0, 1400), max_size=40), st.text("zA /,.中", max_size=900))
def test_the_cuts_mean_nothing(text: str, places: list[int], before: str) -> None:
    """However the text is cut, the watch stops it, before more than a few letters over `SHOWN` have passed."""
    watch, passed = InlineWatch(), ""
    with pytest.raises(InlineMedium):  # noqa: PT012  whichever piece it is
        for piece in cut(before + text, places):
            watch.feed(piece)
            passed += piece
        watch.finish()
    assert PNG[: SHOWN + 140] not in passed


@given(st.text("iVBORw0KGgo/9j ,.=中", max_size=700), st.lists(st.integers(0, 700), max_size=40))
def test_the_watch_says_what_the_whole_text_says(text: str, places: list[int]) -> None:
    """Whatever the text, in pieces it is refused exactly where it is refused whole."""
    watch = InlineWatch()
    try:
        require_none(text)
    except InlineMedium:
        with pytest.raises(InlineMedium):  # noqa: PT012  whichever piece it is
            for piece in cut(text, places):
                watch.feed(piece)
            watch.finish()
    else:
        for piece in cut(text, places):
            watch.feed(piece)
        watch.finish()


@pytest.mark.parametrize("text", ["a" * 255 + ".", "/9j/", "UklGR ", "data:image/", "//sa "])
def test_no_text_takes_long(text: str) -> None:
    """Eight megabytes made to be looked at again and again pass in seconds at worst, not in minutes."""
    began = time.process_time()
    with suppress(InlineMedium):
        require_none(text * (8_000_000 // len(text)))
    assert time.process_time() - began < 5
