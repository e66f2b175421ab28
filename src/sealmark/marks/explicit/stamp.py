"""The wording on its plate, drawn apart from any picture, as large as the picture asks for (GB 45438 5.2, 5.4).

Height: every Chinese character and every capital of the wording has an *ink* box of at least 5 % of the picture's
shortest side, with margin; whether the standard means the em, the capital or the ink is open, so the smallest of
them keeps the rule.
"""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sealmark.marks.explicit.errors import PictureTooSmall, UnlawfulWording, UnprintableWording
from sealmark.marks.explicit.options import Corner
from sealmark.marks.explicit.wording import cells, lawful, read, table

__all__ = ["Corner", "Mask", "Stamp", "corner_of", "stamp"]

Mask = NDArray[np.float32]


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


def stamp(wording: str, size: tuple[int, int]) -> Stamp:
    """The stamp for a picture of this width and height.

    Raises `UnlawfulWording`, `UnprintableWording`, `PictureTooSmall` (any picture of at least 48 pixels on both
    sides has room for the default wording).
    """
    _check(wording)
    return _roomiest(wording, size)


def corner_of(size: tuple[int, int], made: Stamp, corner: Corner) -> tuple[int, int]:
    """Left and top of the plate in a picture of this size."""
    right, bottom = size[0] - made.size[0], size[1] - made.size[1]
    left = right if corner.endswith("right") else made.margin
    return left, bottom if corner.startswith("bottom") else made.margin


def _check(wording: str) -> None:
    if not lawful(wording):
        raise UnlawfulWording(wording=wording)
    missing = sorted({character for character in wording if not _has_glyph(character)})
    if missing:
        raise UnprintableWording(characters="".join(missing))


def _roomiest(wording: str, size: tuple[int, int]) -> Stamp:
    """The roomiest stamp that the picture holds: in a row, else tight, else stacked; never smaller letters."""
    law = table("picture.toml")
    ink = max(law["least_ink_pixels"], min(size) * law["ink_share"] * law["safety"])
    em = _em(wording, ink)
    for layout in law["layouts"]:
        made = _render(wording, em, layout["stacked"], layout["padding"], layout["margin"])
        if made.size[0] <= size[0] and made.size[1] <= size[1]:
            return made
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
    ink = _stack([_letters(cell, em) for cell in cells(wording)], em) if stacked else _letters(wording, em)
    inset = max(2, round(em * padding))
    across, down = (inset, inset) if stacked or padding < 0.25 else (round(inset * 1.35), inset)
    framed = np.pad(ink, ((down, down), (across, across)))
    return Stamp(_plate(framed.shape[1], framed.shape[0], em), framed, round(em * margin))


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
