"""The visible mark of a picture: a wording on a calm plate in a corner (GB 45438 5.2; Art. 17).

Height: every Chinese character and every capital of the wording has an *ink* box of at least 5 % of the picture's
shortest side, with margin; whether the standard means the em, the capital or the ink is open, so the smallest of
them keeps the rule. Contrast: the plate darkens whatever lies under it until white ink stands at 4.5:1 or more.

One frame at a time. The mark stands upright as the picture is *shown*: an EXIF orientation is followed, the stored
pixels keep theirs.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sealmark.marks.explicit.errors import PictureTooSmall, UnlawfulWording, UnprintableWording
from sealmark.marks.explicit.pixels import blend, drawable
from sealmark.marks.explicit.wording import lawful, read, table

Corner = Literal["bottom_right", "bottom_left", "top_right", "top_left"]
Mask = NDArray[np.float32]

_ORIENTATION = 0x0112  # EXIF 2.32, table 4
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BACK = {Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270}


@dataclass(frozen=True, slots=True)
class Stamp:
    """The mark drawn apart from any picture: coverage from 0 to 1 of plate and ink, [height, width]."""

    plate: Mask
    ink: Mask
    margin: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height with the margin on one side."""
        return self.plate.shape[1] + self.margin, self.plate.shape[0] + self.margin


def draw(picture: Image.Image, *, wording: str = "AI生成", corner: Corner = "bottom_right") -> Image.Image:
    """A copy of the picture that bears the wording in a corner (GB 45438 5.2).

    Size and mode stay, except that a palette picture becomes RGB, or RGBA where it has transparency (a palette
    need not hold the colours that the contrast asks for), and a bilevel one with a transparent colour becomes LA.
    Raises `UnlawfulWording`, `UnprintableWording`, `PictureTooSmall` (any picture of at least 48 pixels on both
    sides has room for the default wording) and `UnknownPictureMode`.
    """
    _check(wording)
    turn = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
    canvas = drawable(picture)
    shown = canvas if turn is None else canvas.transpose(turn)
    stamp = _stamp(wording, shown.size)
    blend(shown, _corner(shown.size, stamp, corner), stamp.plate, stamp.ink)
    if turn is not None:
        canvas.paste(shown.transpose(_BACK.get(turn, turn)))
    return canvas


def _check(wording: str) -> None:
    if not lawful(wording):
        raise UnlawfulWording(wording=wording)
    missing = sorted({character for character in wording if not _has_glyph(character)})
    if missing:
        raise UnprintableWording(characters="".join(missing))


def _corner(size: tuple[int, int], stamp: Stamp, corner: Corner) -> tuple[int, int]:
    """Left and top of the plate."""
    right, bottom = size[0] - stamp.size[0], size[1] - stamp.size[1]
    left = right if corner.endswith("right") else stamp.margin
    return left, bottom if corner.startswith("bottom") else stamp.margin


def _stamp(wording: str, size: tuple[int, int]) -> Stamp:
    """The roomiest stamp that the picture holds: in a row, else tight, else stacked; never smaller letters."""
    law = table("picture.toml")
    ink = max(law["least_ink_pixels"], min(size) * law["ink_share"] * law["safety"])
    em = _em(wording, ink)
    for layout in law["layouts"]:
        stamp = _render(wording, em, layout["stacked"], layout["padding"], layout["margin"])
        if stamp.size[0] <= size[0] and stamp.size[1] <= size[1]:
            return stamp
    raise PictureTooSmall(width=size[0], height=size[1])


@lru_cache(maxsize=256)
def _em(wording: str, ink: float) -> int:
    """The smallest font size at which each full-height character of the wording has the ink height."""
    em = int(ink)
    while min(_ink_height(character, em) for character in wording if _full_height(character)) < ink:
        em += 1
    return em


def _full_height(character: str) -> bool:
    return character.isupper() or "\u4e00" <= character <= "\u9fff"


@lru_cache(maxsize=16)
def _font(em: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(read("SealmarkLabel.otf")), em, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def _ink_height(character: str, em: int) -> int:
    """Rows of which the character covers at least one pixel by half."""
    covered = _letters(character, em) >= 0.5
    rows = np.flatnonzero(covered.any(axis=1))
    return int(rows[-1] - rows[0] + 1) if rows.size else 0


@lru_cache(maxsize=1024)
def _has_glyph(character: str) -> bool:
    drawn, missing = _letters(character, 40), _letters("\uffff", 40)
    return character == " " or not np.array_equal(drawn, missing)


def _letters(text: str, em: int) -> Mask:
    """Coverage of a text in one row, cropped to its ink."""
    left, top, right, bottom = (int(edge) for edge in _font(em).getbbox(text))
    sheet = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(sheet).text((-left, -top), text, fill=255, font=_font(em))
    return np.asarray(sheet, np.float32) / np.float32(255)


@lru_cache(maxsize=32)
def _render(wording: str, em: int, stacked: bool, padding: float, margin: float) -> Stamp:
    ink = _stack([_letters(cell, em) for cell in _cells(wording)], em) if stacked else _letters(wording, em)
    inset = max(2, round(em * padding))
    across, down = (inset, inset) if stacked or padding < 0.25 else (round(inset * 1.35), inset)
    framed = np.pad(ink, ((down, down), (across, across)))
    return Stamp(_plate(framed.shape[1], framed.shape[0], em), framed, round(em * margin))


def _cells(wording: str) -> list[str]:
    """The cells of an upright column: each Chinese character, and each Latin word whole."""
    cells: list[str] = []
    for character in wording:
        joins = cells and character.isascii() and cells[-1].isascii() and character != " "
        cells[-1:] = [cells[-1] + character] if joins else [*cells[-1:], character]
    return [cell.strip() for cell in cells if cell.strip()]


def _stack(cells: list[Mask], em: int) -> Mask:
    """The cells one below the other, centred."""
    gap, width = max(1, round(em * 0.12)), max(cell.shape[1] for cell in cells)
    rows = [_centred(cell, width, gap) for cell in cells]
    return np.concatenate(rows)[:-gap]


def _centred(cell: Mask, width: int, gap: int) -> Mask:
    spare = width - cell.shape[1]
    return np.pad(cell, ((0, gap), (spare // 2, spare - spare // 2)))


def _plate(width: int, height: int, em: int) -> Mask:
    """Coverage of a rounded plate, its edge smoothed by drawing it four times as large."""
    sheet = Image.new("L", (width * 4, height * 4))
    radius = min(round(em * 0.42 * 4), min(width, height) * 2)
    ImageDraw.Draw(sheet).rounded_rectangle((0, 0, width * 4 - 1, height * 4 - 1), radius, fill=255)
    return np.asarray(sheet.resize((width, height), Image.Resampling.BOX), np.float32) / np.float32(255)
