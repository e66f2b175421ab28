"""Finding the visible mark on a picture again: our wordings, on our plate, where we put them (Measures Art. 6(3)).

The stamp's size follows the picture's shortest side, so it is found after any scaling and recoding; not after a crop
that moves it away from its corner, and not another's mark in another type. What is found is evidence of a mark, and
proves nothing about who made the picture.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import get_args

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image, ImageOps

from sealmark.errors import SealmarkError
from sealmark.marks.explicit.errors import PictureTooSmall
from sealmark.marks.explicit.stamp import Corner, Mask, Stamp, corner_of, stamp
from sealmark.marks.explicit.wording import table

SIDE = 320  # pixels of the shortest side at which pictures are looked at
CLOSE = 0.1  # of likeness
# What spares a picture another mark is more than a trace: hardly anything else looks so, and it is not faded. Ink on
# a plate over white is 150 brighter than it.
_SURE, _LEAST_STRENGTH, _INK, _NO_INK = 0.85, 100, 0.9, 0.05
SLACK = 3  # pixels, there, by which a stamp may lie beside its place
LEAST = 16  # pixels of the shortest side below which no letters of a picture scaled down can be read
END = 8  # shortest sides, and at least 256 pixels, of a slender picture's ends: more than the longest wording takes


_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sight:
    """A visible mark: its wording, its corner, and its box as shares of the picture's width and height.

    `likeness` is the correlation with the wording as we draw it, at most 1.
    """

    wording: str
    corner: Corner
    box: _Box
    likeness: float


def find(picture: Image.Image) -> list[Sight]:
    """The marks in the corners of a picture, one a corner, best first; the picture may be of any mode."""
    shown = ImageOps.exif_transpose(picture)
    shown = shown if shown.mode == "L" else shown.convert("RGB").convert("L")
    ends, law = _ends(shown), table("picture.toml")
    seen = [
        sight for scale in _scales(ends) for wording in law["found"] for sight in _of(wording, _scaled(ends, scale))
    ]
    seen = [replace(one, box=_back(one.box, ends.size, shown.size)) for one in seen]
    sure = [one for one in seen if one.likeness >= law["least_likeness"]]
    corners = {one.corner for one in sure}
    read = [_fullest([one for one in sure if one.corner == corner]) for corner in corners]
    return sorted(read, key=lambda one: -one.likeness)


def _scales(picture: Image.Image) -> list[float]:
    """A small picture's letters are larger than their share: drawn on as it is, or scaled down since."""
    least = min(picture.size)
    return [*([SIDE / least] if least >= LEAST else []), *([1.0] if least < SIDE else [])]


def _ends(picture: Image.Image) -> Image.Image:
    """A slender picture without its middle, where no mark stands: a line of pixels may be as long as it likes."""
    width, height = picture.size
    most = max(2 * END * min(width, height), 512)
    if max(width, height) <= most:
        return picture
    box = (0, 0, width, most // 2) if height > width else (0, 0, most // 2, height)
    away = (width - box[2], height - box[3])
    ends = Image.new("L", (min(width, most), min(height, most)))
    ends.paste(picture.crop(box))
    ends.paste(picture.crop((*away, width, height)), (ends.width - box[2], ends.height - box[3]))
    return ends


def _back(box: _Box, ends: tuple[int, int], whole: tuple[int, int]) -> _Box:
    """A box on the ends, as shares of the whole picture."""
    left, right = (_moved(box[0], box[place], ends[0], whole[0]) for place in (0, 2))
    top, bottom = (_moved(box[1], box[place], ends[1], whole[1]) for place in (1, 3))
    return left, top, right, bottom


def _moved(begin: float, share: float, ends: int, whole: int) -> float:
    """A share of the ends as one of the whole; what begins in the second end lies behind what was left out."""
    left_out = whole - ends if begin >= 0.5 else 0
    return share if ends == whole else (share * ends + left_out) / whole


def borne(picture: Image.Image, wording: str) -> bool:
    """Whether an upright picture surely bears this wording in a corner, as we draw it at its size, and as legible.

    Raises what `stamp` raises for a wording.
    """
    try:
        made = stamp(wording, picture.size)
    except PictureTooSmall:  # it has no room for one
        return False
    height, width = made.ink.shape
    corners = (corner_of(picture.size, made, corner) for corner in get_args(Corner))
    patches = (picture.crop((x, y, x + width, y + height)).convert("L") for x, y in corners)
    return any(_is_mark(np.asarray(patch, np.float32), made) for patch in patches)


def _is_mark(patch: NDArray[np.float32], made: Stamp) -> bool:
    """Whether the very place of a mark looks like it: like its letters, and these much brighter than its plate."""
    ground = (made.ink < _NO_INK) & (made.plate > _INK)
    if patch[made.ink > _INK].mean() - patch[ground].mean() < _LEAST_STRENGTH:
        return False
    return float(np.corrcoef(patch[made.plate > _INK], made.ink[made.plate > _INK])[0, 1]) >= _SURE


def _fullest(sights: list[Sight]) -> Sight:
    """The longest wording of those that read about as well as the best: a short one may be the end of a long one."""
    best = max(one.likeness for one in sights)
    return max((one for one in sights if one.likeness > best - CLOSE), key=lambda one: (len(one.wording), one.likeness))


def _scaled(picture: Image.Image, scale: float) -> NDArray[np.float32]:
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    if size == picture.size:
        return np.asarray(picture, np.float32)
    way = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    return np.asarray(picture.resize(size, way), np.float32)


def _of(wording: str, grey: NDArray[np.float32]) -> list[Sight]:
    height, width = grey.shape
    try:
        made = stamp(wording, (width, height))
    except SealmarkError:  # so small a picture has no room for it
        return []
    template = _template(wording, (width, height))
    return [
        _at(wording, corner, grey, template, corner_of((width, height), made, corner)) for corner in get_args(Corner)
    ]


@lru_cache(maxsize=64)
def _template(wording: str, size: tuple[int, int]) -> Mask:
    """The ink less its mean, of length one."""
    ink = stamp(wording, size).ink
    centred = ink - ink.mean()
    return np.asarray(centred / np.sqrt((centred**2).sum()), np.float32)


def _at(wording: str, corner: Corner, grey: NDArray[np.float32], template: Mask, place: tuple[int, int]) -> Sight:
    """How much the picture at a corner looks like the wording, at the best of the near places."""
    height, width = template.shape
    left, top = max(0, place[0] - SLACK), max(0, place[1] - SLACK)
    around = grey[top : place[1] + height + SLACK, left : place[0] + width + SLACK]
    likeness = _correlations(around, template)
    down, across = divmod(int(likeness.argmax()), likeness.shape[1])
    x, y = left + across, top + down
    rows, columns = grey.shape
    box = (x / columns, y / rows, (x + width) / columns, (y + height) / rows)
    return Sight(wording, corner, box, float(likeness[down, across]))


def _correlations(around: NDArray[np.float32], template: Mask) -> NDArray[np.float32]:
    """The correlation coefficient with the template at every place of it; 0 where all is of one tone."""
    windows = sliding_window_view(around, template.shape)
    alike = np.einsum("ijkl,kl->ij", windows, template)
    count = template.size
    sums, squares = _box_sums(around, template.shape), _box_sums(around**2, template.shape)
    strength = np.sqrt(np.maximum(squares - sums**2 / count, 0))
    return np.asarray(np.divide(alike, strength, out=np.zeros(alike.shape), where=strength > 1), np.float32)


def _box_sums(values: NDArray[np.float32], box: tuple[int, ...]) -> NDArray[np.float64]:
    """The sum in every box of that shape."""
    sums = np.pad(values.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    height, width = box
    return np.asarray(sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width])
