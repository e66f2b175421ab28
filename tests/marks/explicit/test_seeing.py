"""The wording is found again on any picture that still has its corner, and never where there is none."""

import io
import tracemalloc
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sealmark.marks.explicit.image import draw
from sealmark.marks.explicit.seeing import find
from sealmark.marks.explicit.stamp import Corner, corner_of, stamp
from tests.media import specimens


def scene(width: int, height: int, seed: int = 3) -> Image.Image:
    """A picture with flat and busy parts: blurred noise of several sizes."""
    random = np.random.default_rng(seed)
    layers = [random.uniform(0, 90, (max(2, height // cell), max(2, width // cell), 3)) for cell in (64, 16, 3)]
    small = [Image.fromarray(layer.astype(np.uint8)) for layer in layers]
    grown = [np.asarray(one.resize((width, height), Image.Resampling.BICUBIC), np.uint16) for one in small]
    return Image.fromarray(np.sum(grown, axis=0).clip(0, 255).astype(np.uint8))


def recoded(picture: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(specimens.saved(picture, "JPEG", quality=quality)))


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(400, 900), st.integers(400, 900)),
    corner=st.sampled_from(get_args(Corner)),
    wording=st.sampled_from(["AI生成", "人工智能生成"]),
    quality=st.integers(40, 95),
    scale=st.floats(0.6, 1.5),
    seed=st.integers(0, 9),
)
def test_the_wording_is_found_after_scaling_and_recoding(
    size: tuple[int, int], corner: Corner, wording: str, quality: int, scale: float, seed: int
) -> None:
    """Its wording, its corner, and its box, whatever the size, the corner and the quality."""
    drawn = draw(scene(*size, seed), wording=wording, corner=corner)
    scaled = drawn.resize((round(size[0] * scale), round(size[1] * scale)), Image.Resampling.BICUBIC)
    best = find(recoded(scaled, quality))[0]
    assert (best.wording, best.corner) == (wording, corner)
    made = stamp(wording, size)
    left, top = corner_of(size, made, corner)
    assert best.box[0] * size[0] == pytest.approx(left, abs=0.02 * max(size))
    assert best.box[1] * size[1] == pytest.approx(top, abs=0.02 * max(size))


@settings(max_examples=30, deadline=None)
@given(size=st.tuples(st.integers(1, 900), st.integers(1, 900)), seed=st.integers(0, 99))
def test_nothing_is_found_where_nothing_was_drawn(size: tuple[int, int], seed: int) -> None:
    """Not on busy pictures, not on the smallest."""
    assert find(scene(*size, seed)) == []


@pytest.mark.parametrize("tone", ["white", "black", "grey"])
def test_flat_and_striped_pictures_bear_nothing(tone: str) -> None:
    """One tone correlates with nothing, and stripes are no letters."""
    flat = Image.new("RGB", (640, 400), tone)
    assert find(flat) == []
    stripes = np.asarray(flat).copy()
    stripes[:, ::4] = 120
    assert find(Image.fromarray(stripes)) == []


def test_a_picture_on_its_side_is_looked_at_as_it_is_shown() -> None:
    """The EXIF orientation is followed, as it was when the mark was drawn."""
    turned = Image.open(io.BytesIO(specimens.saved(scene(400, 300), "JPEG", exif=specimens.exif(orientation=6))))
    drawn = draw(turned)
    again = Image.open(io.BytesIO(specimens.saved(drawn, "JPEG", exif=specimens.exif(orientation=6))))
    assert [one.corner for one in find(again)] == ["bottom_right"]


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "CMYK", "I;16"])
def test_any_mode_can_be_looked_at(mode: str) -> None:
    """No kind of pixels is an error."""
    assert find(scene(300, 200).convert("L").convert(mode) if mode == "I;16" else scene(300, 200).convert(mode)) == []


@pytest.mark.parametrize("corner", ["top_left", "bottom_right"])
@pytest.mark.parametrize("size", [(9000, 120), (120, 9000)])
def test_mark_of_a_slender_picture_is_found_where_it_is(size: tuple[int, int], corner: Corner) -> None:
    """Its middle is not looked at, and the box is one of the whole picture."""
    drawn = draw(scene(*size, 3), corner=corner)
    best = find(drawn)[0]
    left, top = corner_of(size, stamp("AI生成", size), corner)
    assert (best.wording, best.corner) == ("AI生成", corner)
    assert (best.box[0] * size[0], best.box[1] * size[1]) == pytest.approx((left, top), abs=20)


def test_line_of_pixels_costs_no_memory() -> None:
    """A picture of few pixels, however long, is looked at in a few megabytes."""
    tracemalloc.start()
    found = find(Image.new("L", (20, 60_000), 90))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == []
    assert peak < 100e6
