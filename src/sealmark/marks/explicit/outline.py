"""The wording on its plate as outlines, for vector pictures (GB 45438 5.2): no font is needed to see it.

All lengths are the label font's own units, 1000 to the em, so that a glyph is placed by a move alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sealmark.marks.explicit.errors import PictureTooSmall, UnlawfulWording, UnprintableWording
from sealmark.marks.explicit.wording import cells, lawful, read, table

EM = 1000


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A character as `outlines.json` has it; see `tools/label_outlines.py`."""

    advance: int
    box: tuple[int, int, int, int]
    start: tuple[int, int]
    path: str


@dataclass(frozen=True, slots=True)
class Outline:
    """The mark apart from any picture: plate and ink as SVG path data from (0, 0) on, and the size of the plate.

    `picture` is the width and height of the picture in the same units, `margin` what stays free on either side.
    """

    plate: str
    ink: str
    size: tuple[int, int]
    margin: int
    picture: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Line:
    """Characters side by side, each with its place, and the box of their ink."""

    places: tuple[tuple[str, int], ...]
    box: tuple[int, int, int, int]


def outline(wording: str, shown: tuple[float, float]) -> Outline:
    """The mark for a picture that is shown at this width and height in pixels.

    Its ink is at least 5 % of the shortest side, and no smaller than what is legible where the picture has room for
    that. Raises `UnlawfulWording`, `UnprintableWording`, `PictureTooSmall`.
    """
    _check(wording)
    law = table("picture.toml")
    least = min(shown) * law["ink_share"] * law["safety"]
    for ink in dict.fromkeys((max(least, law["least_ink_pixels"]), least)):
        unit = ink / _least_ink(wording)  # what one unit of the font is in the picture's
        picture = (round(shown[0] / unit), round(shown[1] / unit))
        for layout in law["layouts"]:
            made = _laid(wording, picture, layout)
            if all(side + made.margin <= room for side, room in zip(made.size, picture, strict=True)):
                return made
    raise PictureTooSmall(width=round(shown[0]), height=round(shown[1]))


@cache
def _glyphs() -> dict[str, _Glyph]:
    return {character: _Glyph(**one) for character, one in json.loads(read("outlines.json")).items()}


def _check(wording: str) -> None:
    if not lawful(wording):
        raise UnlawfulWording(wording=wording)
    missing = sorted(set(wording) - _glyphs().keys())
    if missing:
        raise UnprintableWording(characters="".join(missing))


def _least_ink(wording: str) -> int:
    """The height of the lowest character that counts: a capital or a Chinese one."""
    counted = (one for one in wording if one.isupper() or "\u4e00" <= one <= "\u9fff")
    return min(_glyphs()[one].box[3] - _glyphs()[one].box[1] for one in counted)


def _laid(wording: str, picture: tuple[int, int], layout: dict[str, Any]) -> Outline:
    lines = [_line(cell) for cell in (cells(wording) if layout["stacked"] else [wording])]
    inset, tight = round(EM * layout["padding"]), layout["stacked"] or layout["padding"] < 0.25
    across = inset if tight else round(inset * 1.35)
    width = max(line.box[2] - line.box[0] for line in lines)
    ink, down = _stacked(lines, width, across, inset)
    size = (width + 2 * across, down + inset)
    return Outline(_plate(*size), ink, size, round(EM * layout["margin"]), picture)


def _stacked(lines: Sequence[_Line], width: int, left: int, top: int) -> tuple[str, int]:
    """The lines one below the other, centred, and where the last one ends."""
    parts, at = [], top
    for line in lines:
        across = left - line.box[0] + (width - line.box[2] + line.box[0]) // 2
        parts.append(_drawn(line, across, at - line.box[1]))
        at += line.box[3] - line.box[1] + round(EM * 0.12)
    return "".join(parts), at - round(EM * 0.12)


def _drawn(line: _Line, across: int, down: int) -> str:
    glyphs = ((_glyphs()[one], place) for one, place in line.places if one.strip())
    return "".join(f"M{one.start[0] + place + across} {one.start[1] + down}{one.path}" for one, place in glyphs)


def _line(text: str) -> _Line:
    places, at = [], 0
    for one in text:
        places.append((one, at))
        at += _glyphs()[one].advance
    boxes = [(_glyphs()[one].box, place) for one, place in places if one.strip()]
    left, right = min(box[0] + place for box, place in boxes), max(box[2] + place for box, place in boxes)
    return _Line(tuple(places), (left, min(box[1] for box, _ in boxes), right, max(box[3] for box, _ in boxes)))


def _plate(width: int, height: int) -> str:
    """A rounded plate."""
    radius = min(round(EM * 0.42), width // 2, height // 2)
    turn = f"a{radius} {radius} 0 0 1"
    across, down = width - 2 * radius, height - 2 * radius
    return (
        f"M{radius} 0h{across}{turn} {radius} {radius}v{down}{turn} -{radius} {radius}"
        f"h-{across}{turn} -{radius} -{radius}v-{down}{turn} {radius} -{radius}z"
    )
