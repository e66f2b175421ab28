"""An SVG bears its mark in a corner, as large as the standard asks, whatever the picture's own styles say."""

import contextlib
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from playwright.sync_api import Browser

from sealmark.errors import SealmarkError
from sealmark.marks import surfaces
from sealmark.marks.explicit import outline, stamp
from sealmark.marks.explicit.errors import PictureTooSmall, UnlawfulWording, UnprintableWording
from sealmark.marks.explicit.options import Corner, ExplicitOptions
from sealmark.marks.explicit.wording import table
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media import STANDARD
from sealmark.media.errors import Immovable
from sealmark.media.image import svg
from tests.marks.surfaces.browsing import Pixels, box_of, contrast, grey, shown

OURS = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
NS = 'xmlns="http://www.w3.org/2000/svg"'
SMALLEST = table("picture.toml")["ink_share"]
HOSTILE = (
    "<style>svg *{opacity:0!important;fill:none!important;transform:scale(.1)!important;clip-path:circle()!important}"
    "svg svg{display:none!important;x:9000px!important;width:1px!important}"
    "path{d:none!important;visibility:hidden!important;animation:a 1s infinite!important;stroke:red!important}"
    "@layer first{path,svg svg{display:none!important;opacity:0!important}}@keyframes a{to{opacity:0}}</style>"
)
# Roots: how the window, the view box and the fit are given, and the size of the window that they are shown in.
ROOTS = {
    "plain": ('viewBox="0 0 800 600" width="400" height="300"', (400, 300)),
    "view box alone": ('viewBox="0 0 640 360"', (640, 360)),
    "offset": ('viewBox="-50 -300 100 200" width="150" height="300"', (150, 300)),
    "units": ('width="8cm" height="5cm"', (302, 189)),
    "nothing": ("", (500, 300)),
    "shares": ('width="100%" height="100%"', (300, 500)),
    "letterbox": ('viewBox="0 0 100 100" width="400" height="200"', (400, 200)),
    "pushed": ('viewBox="0 0 100 100" width="200" height="400" preserveAspectRatio="xMaxYMin meet"', (200, 400)),
    "slice": ('viewBox="0 0 100 100" width="400" height="200" preserveAspectRatio="xMinYMid slice"', (400, 200)),
    "stretched": ('viewBox="0 0 100 100" width="400" height="200" preserveAspectRatio="none"', (400, 200)),
    "unusable box": ('viewBox="0 0 -5 0" width="300" height="200"', (300, 200)),
    "hostile styles": ('viewBox="0 0 300 200"', (300, 200)),
}
CORNERS: tuple[Corner, ...] = ("bottom_right", "bottom_left", "top_right", "top_left")


def drawing(key: str, ground: str = "#000") -> bytes:
    """A picture all of one tone, whatever part of it is seen."""
    style = HOSTILE if key == "hostile styles" else ""
    rest = (
        '<rect x="-9000" y="-9000" width="20000" height="20000" style="all:initial!important;x:-9000px!important;'
        f'y:-9000px!important;width:20000px!important;height:20000px!important;fill:{ground}!important"/>'
    )
    return f'<?xml version="1.0"?>\n<svg {NS} {ROOTS[key][0]}>{style}{rest}</svg>'.encode()


def ink_of(pixels: Pixels) -> tuple[int, int, int, int]:
    return box_of(pixels > 128)


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("key", ROOTS)
def test_ink_is_as_large_as_the_standard_asks(key: str, corner: Corner, browser: Browser, tmp_path: Path) -> None:
    """GB 45438 5.2: the rendered ink is at least 5 % of the shortest side, upright, in its corner, in every window."""
    size = ROOTS[key][1]
    file = tmp_path / "a.svg"
    file.write_bytes(mark(drawing(key), OURS, explicit=ExplicitOptions(corner=corner)).data)
    left, top, right, bottom = ink_of(grey(shown(browser, file, size)))
    middle = ((left + right) / 2 / size[0], (top + bottom) / 2 / size[1])
    assert bottom - top >= SMALLEST * min(size)
    assert bottom - top <= 0.1 * min(size)
    assert 2.5 < (right - left) / (bottom - top) < 3.6  # of four letters in a row, neither squeezed nor turned
    assert (middle[0] > 0.5, middle[1] > 0.5) == (corner.endswith("right"), corner.startswith("bottom"))
    assert min(left, size[0] - right) < 0.12 * min(size)
    assert min(top, size[1] - bottom) < 0.12 * min(size)


@pytest.mark.parametrize("ground", ["#fff", "#000", "#888", "#ff0"])
def test_contrast_is_kept_on_any_ground(ground: str, browser: Browser, tmp_path: Path) -> None:
    """White ink on its plate stands at 4.5:1 or more on whatever lies under it."""
    file = tmp_path / "a.svg"
    file.write_bytes(mark(drawing("plain", ground), OURS).data)
    picture = shown(browser, file, (400, 300))
    made = outline.outline("AI生成", (400, 300))
    unit = 400 / made.picture[0]
    width, height, margin = (round(length * unit) for length in (*made.size, made.margin))
    # The plate without its rounded corners.
    plate = picture.crop((402 - margin - width + 4, 300 - margin - height + 7, 400 - margin - 6, 300 - margin - 7))
    assert contrast(plate) >= 4.5


def test_outlines_are_those_of_the_font(browser: Browser, tmp_path: Path) -> None:
    """The letters drawn from the table of outlines are the ones that the font draws: they look alike to 90 %."""
    file = tmp_path / "a.svg"
    wording = "由大模型AI辅助合成Qgy"
    file.write_bytes(mark(drawing("shares"), OURS, explicit=ExplicitOptions(wording=wording)).data)
    drawn = grey(shown(browser, file, (1000, 1000)))
    left, top, right, bottom = ink_of(drawn)
    ink = stamp.stamp(wording, (1000, 1000)).ink
    rows, columns = np.nonzero(ink > 0.5)
    font = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    resized = Image.fromarray((font * 255).astype("uint8")).resize((right - left, bottom - top))
    there = drawn[top:bottom, left:right]
    assert np.corrcoef(there.ravel(), np.asarray(resized, float).ravel())[0, 1] > 0.9


@pytest.mark.parametrize("key", ROOTS)
def test_marking_twice_changes_nothing(key: str) -> None:
    """A picture that bears the mark as we would draw it now gets no second one."""
    once = mark(drawing(key), OURS)
    again = mark(once.data, OURS, own_edit=True, explicit=ExplicitOptions(corner="top_left"))
    assert again.data == once.data


def test_a_mark_that_fits_no_more_is_drawn_anew() -> None:
    """Where the view box was changed behind the mark, a mark that fits is added; the old one is left alone."""
    once = mark(drawing("view box alone"), OURS).data
    grown = once.replace(b'viewBox="0 0 640 360"', b'viewBox="0 0 9640 9360"', 1)
    assert mark(grown, OURS, own_edit=True).data.count(b'data-aigc="') == 2


@pytest.mark.parametrize(
    "source",
    [
        f'<svg {NS} viewBox="0 0 30 20"/>',
        f'<svg {NS} viewBox="0 0 30 20"></svg>\n<!-- end -->\n',
        f'<svg {NS} viewBox="0 0 30 20"><svg viewBox="0 0 1 1"><g/></svg><defs><path id="a" d="M0 0"/></defs></svg>',
        '<s:svg xmlns:s="http://www.w3.org/2000/svg" viewBox="0 0 30 20"><s:g/></s:svg>',
    ],
)
def test_everything_else_stays(source: str) -> None:
    """But for two elements of ours every byte is what it was, and a strict parser reads the picture."""
    marked = mark(source.encode(), OURS).data
    root = ElementTree.fromstring(marked)
    assert root[-1].get("data-aigc") == "AI生成"
    bare = re.sub(rb"<(\w+:)?metadata>.*?</(\w+:)?metadata>", b"", marked, flags=re.DOTALL)
    bare = re.sub(rb'<svg xmlns="[^"]+" data-aigc=.*?</svg>', b"", bare, flags=re.DOTALL)
    assert bare == source.encode().replace(b'20"/>', b'20"></svg>')


def test_marks_are_found() -> None:
    """Ours by its corner; another's by a text that is a wording with both elements; a story about AI is none."""
    whole = verify(mark(drawing("plain"), OURS, explicit=ExplicitOptions(corner="top_left")).data).layers["explicit"]
    assert (whole.state, whole.place) == ("found", "top_left")
    assert "AI生成" in whole.zh
    for text, state in (
        ("本图片由<tspan>AI</tspan>生成", "found"),
        ("AI播客", "none"),
        ("AI生成的图像越来越多", "none"),
    ):
        picture = f'<svg {NS} viewBox="0 0 9 9"><text x="1" y="2">{text}</text></svg>'
        assert verify(picture.encode()).layers["explicit"].state == state, text
    assert verify(drawing("plain")).layers["explicit"].state == "none"


def test_what_cannot_carry_a_mark_is_refused() -> None:
    """A window of unknown shape that crops, an unlawful wording, a glyph that is not there, a sentence too long."""
    cropped = f'<svg {NS} viewBox="0 0 9 9" preserveAspectRatio="xMidYMid slice"/>'.encode()
    with pytest.raises(Immovable):
        mark(cropped, OURS)
    for wording, error in (
        ("AI播客", UnlawfulWording),
        ("AI生成龘", UnprintableWording),
        ("AI生成" * 60, PictureTooSmall),
    ):
        with pytest.raises(error):
            mark(drawing("plain"), OURS, explicit=ExplicitOptions(wording=wording))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.text("<>/=\"' svgtexaiAI生成:0;%.-&#", max_size=80))
def test_hostile_pictures_raise_our_errors_alone(raw: bytes, text: str) -> None:
    """Whatever stands in a picture, marking and looking end with a result or one of our errors."""
    surface = surfaces.of(svg.FORMAT)
    assert surface is not None
    for data in (raw, text.encode(), f'<svg {NS} viewBox="{text}">{text}'.encode(), drawing("plain")[:200] + raw):
        asked = surfaces.Asked(ExplicitOptions(), STANDARD, fresh=False, own=True)
        with contextlib.suppress(SealmarkError):
            surface.mark(data, svg.FORMAT, asked)
        with contextlib.suppress(SealmarkError):
            surface.find(data, svg.FORMAT, STANDARD)


def test_looking_is_cheap_where_texts_never_end() -> None:
    """A megabyte of openings without an end costs no more than reading it."""
    import time

    data = f"<svg {NS}>".encode() + b"<text>" * 170_000
    start = time.process_time()
    surfaces.of(svg.FORMAT).find(data, svg.FORMAT, STANDARD)  # type: ignore[union-attr]  # SVG has one
    assert time.process_time() - start < 0.2
