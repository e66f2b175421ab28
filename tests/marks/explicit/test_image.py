import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from sealmark.errors import SealmarkError
from sealmark.marks.explicit.errors import (
    PictureTooSmall,
    UnknownPictureMode,
    UnlawfulWording,
    UnprintableWording,
)
from sealmark.marks.explicit.image import draw
from sealmark.marks.explicit.stamp import Corner

GREY_OR_COLOUR = (
    "1",
    "L",
    "LA",
    "RGB",
    "RGBA",
    "RGBX",
    "CMYK",
    "YCbCr",
    "HSV",
    "La",
    "RGBa",
    "I;16",
    "I;16B",
    "I",
    "F",
)
CORNERS: tuple[Corner, ...] = ("bottom_right", "bottom_left", "top_right", "top_left")
Array = NDArray[np.float64]


def grounds(width: int, height: int) -> dict[str, Image.Image]:
    """The backgrounds on which a mark is hardest to read."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0:height, 0:width]
    sky = np.stack([255 - 90 * y / height, 240 - 60 * y / height, 200 + 55 * x / width], axis=2)
    dusk = np.stack([180 * x / width, 90 * y / height, 60 + 120 * (x + y) / (width + height)], axis=2)
    noise = random.integers(0, 256, (height, width, 3))
    stripes = np.where((x // 3 % 2)[..., None] > 0, 255, 0) * np.ones(3)
    arrays = {"sky": sky, "dusk": dusk, "noise": noise, "stripes": stripes}
    plain = {name: Image.new("RGB", (width, height), name) for name in ("white", "black", "grey", "yellow", "cyan")}
    return plain | {name: Image.fromarray(array.astype("uint8")) for name, array in arrays.items()}


def luminance(picture: Image.Image) -> Array:
    """Relative luminance of WCAG 2.2 in 0..1, [height, width]."""
    values = np.asarray(picture.convert("RGB"), np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


def ink(width: int, height: int, corner: Corner = "bottom_right", wording: str = "AI生成") -> Array:
    """Where the glyphs are: the same mark on a black picture, where nothing else is bright (0..255)."""
    drawn = draw(Image.new("L", (width, height), 0), wording=wording, corner=corner)
    return np.asarray(drawn, np.float64)


def ink_box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def last_glyph_height(bright: Array) -> int:
    """The rows of ink of the rightmost character of a row, split at empty columns of a third of the height."""
    _, top, right, bottom = ink_box(bright >= 128)
    em = bottom - top
    glyph = bright[top:bottom, right - em + max(1, em // 8) : right] >= 128
    rows = np.flatnonzero(glyph.any(axis=1))
    return int(rows[-1] - rows[0] + 1)


def spread(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    grown = mask.copy()
    for axis, step in [(0, 1), (0, -1), (1, 1), (1, -1)] * by:
        grown |= np.roll(grown, step, axis)
    return grown


@settings(deadline=None, max_examples=40)
@given(st.integers(48, 900), st.integers(48, 900), st.sampled_from(CORNERS))
def test_the_ink_is_at_least_a_twentieth_of_the_shortest_side(width: int, height: int, corner: Corner) -> None:
    """GB 45438 5.2 a, read strictly: a Chinese character has ink of ≥ 5 % of the shortest side."""
    assert last_glyph_height(ink(width, height, corner=corner)) >= 0.05 * min(width, height)


@pytest.mark.parametrize("size", [(1024, 1024), (2048, 1152), (4096, 4096)])
def test_capitals_too_keep_the_height(size: tuple[int, int]) -> None:
    """Even on the reading by cap height: the letters A and I alone reach 5 %."""
    bright = ink(*size)
    left, _top, right, _bottom = ink_box(bright >= 128)
    letters = bright[:, left : left + (right - left) // 4] >= 128
    _, top, _, bottom = ink_box(letters)
    assert bottom - top >= 0.05 * min(size)


@pytest.mark.parametrize("size", [(128, 128), (480, 360), (1024, 768)])
@pytest.mark.parametrize("corner", ["bottom_right", "top_left"])
def test_ink_stands_out_on_any_ground(size: tuple[int, int], corner: Corner) -> None:
    """Legible on any background: the dimmest core of the ink against the brightest pixel around it is ≥ 4.5:1."""
    bright = ink(*size, corner=corner)
    core, around = bright >= 250, spread(bright > 12, 2) & ~(bright > 12)
    for name, ground in grounds(*size).items():
        light = luminance(draw(ground, corner=corner))
        contrast = (light[core].min() + 0.05) / (light[around].max() + 0.05)
        assert contrast >= 4.5, (name, contrast)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(GREY_OR_COLOUR), st.integers(48, 300), st.integers(48, 300), st.sampled_from(CORNERS))
def test_mode_and_size_stay_and_only_the_corner_changes(mode: str, width: int, height: int, corner: Corner) -> None:
    """A mark adds to the corner and leaves every other pixel as it was, in every usual mode."""
    y, x = np.mgrid[0:height, 0:width]
    grey = Image.fromarray(((x + y) % 200).astype("uint8"))
    picture = as_mode(grey, mode)
    before = picture.tobytes()
    drawn = draw(picture, corner=corner)
    assert (drawn.mode, drawn.size) == (mode, (width, height))
    assert picture.tobytes() == before != drawn.tobytes()
    far = quarter_away(corner, width, height)
    assert drawn.crop(far).tobytes() == picture.crop(far).tobytes()


def as_mode(grey: Image.Image, mode: str) -> Image.Image:
    if mode.startswith("I;16"):
        values = np.asarray(grey).astype(">u2" if mode.endswith("B") else "<u2") * 257
        return Image.frombytes(mode, grey.size, values.astype(">u2" if mode.endswith("B") else "<u2").tobytes())
    through = {"YCbCr": "RGB", "HSV": "RGB", "RGBX": "RGB", "CMYK": "RGB", "La": "LA", "RGBa": "RGBA"}.get(mode, mode)
    return grey.convert(through).convert(mode)


def quarter_away(corner: str, width: int, height: int) -> tuple[int, int, int, int]:
    """The quarter of a picture that lies opposite its corner; the smallest pictures give up less."""
    top, left = corner.startswith("bottom"), corner.endswith("right")
    rows = (0, height // 4) if top else (height - height // 4, height)
    columns = (0, width // 4) if left else (width - width // 4, width)
    return columns[0], rows[0], columns[1], rows[1]


@pytest.mark.parametrize("mode", GREY_OR_COLOUR)
@pytest.mark.parametrize("white", [True, False])
def test_every_mode_shows_the_ink(mode: str, white: bool) -> None:
    """In each mode, on white and on black, ink and plate lie far apart when the picture is shown."""
    drawn = draw(as_mode(Image.new("L", (160, 120), 255 if white else 0), mode))
    shown = np.asarray(shown_as_grey(drawn), np.float64)
    bright = ink(160, 120)
    core, around = bright >= 250, spread(bright > 12, 1) & ~(bright > 12)
    assert shown[core].mean() > 250
    assert shown[around].mean() < 115


def shown_as_grey(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        order = ">u2" if picture.mode.endswith("B") else "<i4" if picture.mode == "I" else "<u2"
        raw = np.frombuffer(picture.tobytes(), order).reshape(picture.size[::-1])
        return Image.fromarray((raw / (257 if raw.max() > 255 else 1)).astype("uint8"))
    if picture.mode == "F":
        values = np.asarray(picture)
        return Image.fromarray((values * (255 if values.max() <= 1 else 1)).astype("uint8"))
    return picture.convert({"La": "LA", "RGBa": "RGBA"}.get(picture.mode, "RGB")).convert("L")


def test_palettes_become_full_colour() -> None:
    """A palette need not hold white and black, so such a picture comes back as RGB, or RGBA with transparency."""
    palette = Image.new("RGB", (100, 100), (200, 40, 40)).quantize(4)
    assert draw(palette).mode == "RGB"
    palette.info["transparency"] = 0
    assert draw(palette).mode == "RGBA"


def test_a_transparent_picture_carries_an_opaque_mark() -> None:
    """On a fully transparent ground the ink is opaque white and the plate dark enough for any page under it."""
    drawn = np.asarray(draw(Image.new("RGBA", (200, 200), (255, 255, 255, 0))))
    bright = ink(200, 200)
    core, around = bright >= 250, spread(bright > 12, 1) & ~(bright > 12)
    assert drawn[core][:, 3].min() >= 253
    over_white = drawn[around][:, :3] * (drawn[around][:, 3:] / 255) + 255 - drawn[around][:, 3:]
    assert over_white.max() < 118


@pytest.mark.parametrize(("mode", "key"), [("L", 255), ("RGB", (255, 255, 255))])
def test_a_transparent_colour_does_not_swallow_the_ink(mode: str, key: object) -> None:
    """Hostile: a picture whose transparent colour is the ink's white still shows its mark."""
    picture = Image.new(mode, (120, 120), "grey")
    picture.info["transparency"] = key
    alpha = np.asarray(draw(picture).convert("RGBA"))[..., 3]
    assert (alpha == 255).all()


def test_the_mark_is_upright_as_the_picture_is_shown() -> None:
    """An EXIF orientation is followed: shown upright, the picture bears the mark in the asked corner."""
    for orientation in range(1, 9):
        picture = Image.new("L", (300, 180), 0)
        picture.getexif()[0x0112] = orientation
        drawn = draw(picture)
        assert drawn.size == (300, 180)
        drawn.getexif()[0x0112] = orientation
        shown = ImageOps.exif_transpose(drawn)
        assert np.array_equal(np.asarray(shown), ink(*shown.size)), orientation


@pytest.mark.parametrize("size", [(48, 48), (20, 60), (60, 18), (24, 4000), (4000, 24), (31, 90), (3000, 200)])
def test_small_and_narrow_pictures_hold_the_whole_wording(size: tuple[int, int]) -> None:
    """Down to the documented minimum, and in any proportion, the mark fits with nine rows of ink, none cut off."""
    bright = ink(*size)
    left, top, right, bottom = ink_box(bright >= 128)
    assert left >= 1 and top >= 1 and right <= size[0] - 1 and bottom <= size[1] - 1  # noqa: PT018 - one law about four edges
    assert bottom - top >= max(9, 0.05 * min(size))
    assert (bright >= 128).sum() >= 60


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (16, 16), (47, 10), (10, 400), (400, 10)])
def test_too_small_a_picture_fails_closed(size: tuple[int, int]) -> None:
    """Where no legible mark fits there is an error that says so, never an unmarked picture."""
    with pytest.raises(PictureTooSmall) as caught:
        draw(Image.new("RGB", size))
    assert str(size[0]) in caught.value.happened("en")


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 120), st.integers(1, 120))
def test_any_size_is_marked_or_refused(width: int, height: int) -> None:
    """There is no third way: a picture comes back marked, or `PictureTooSmall` is raised."""
    black = Image.new("L", (width, height), 0)
    try:
        drawn = draw(black)
    except PictureTooSmall:
        assert min(width, height) < 48
    else:
        assert (np.asarray(drawn) > 250).sum() >= 20


@pytest.mark.parametrize("wording", ["虚拟主播", "AI播客", "生成", "AI", ""])
def test_an_unlawful_wording_is_refused(wording: str) -> None:
    """Both elements or nothing (GB 45438 5.2)."""
    with pytest.raises(UnlawfulWording):
        draw(Image.new("RGB", (100, 100)), wording=wording)


def test_a_wording_without_glyphs_is_refused() -> None:
    """A character the font cannot draw would be an empty box: refused by name."""
    with pytest.raises(UnprintableWording) as caught:
        draw(Image.new("RGB", (300, 300)), wording="AI生成龘")
    assert "龘" in caught.value.happened()


@pytest.mark.parametrize("wording", ["人工智能生成", "本图片由人工智能生成", "AI合成", "AI生成 · AI-generated"])
def test_other_wordings_fit_as_well(wording: str) -> None:
    """Longer wordings keep the height; a square picture has room for ten characters."""
    assert last_glyph_height(ink(512, 512, wording="AI生成")) >= 26
    left, top, right, bottom = ink_box(ink(512, 512, wording=wording) >= 128)
    assert bottom - top >= 26
    assert left > 0 and right < 512 and top > 0  # noqa: PT018 - one law about four edges


@pytest.mark.parametrize(
    "picture", [Image.new("LAB", (99, 99)), Image.new("F", (99, 99), 1e9), Image.new("I", (99, 99), -5)]
)
def test_pixels_of_no_known_white_are_refused(picture: Image.Image) -> None:
    """Where nobody can say which value is white, no contrast can be promised."""
    with pytest.raises(UnknownPictureMode) as caught:
        draw(picture)
    assert isinstance(caught.value, SealmarkError)
    assert caught.value.article == 17
