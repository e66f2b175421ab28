"""The label board of a virtual scene, drawn apart from any scene (GB 45438 5.5).

A board is a plate with two faces, so that its text is read from behind as well.
"""

import io
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sealmark.marks.explicit.errors import PictureTooSmall, WordingTooLong
from sealmark.marks.explicit.stamp import stamp
from sealmark.marks.explicit.wording import table
from sealmark.media.scene.space import Box

PLATE, INK = (14, 16, 20), (255, 255, 255)  # sRGB; they stand at 19:1


@dataclass(frozen=True, slots=True)
class Board:
    """A board drawn apart from any scene, its height being 1.

    `mask` is the coverage of the ink, [height, width]; `ink` the height of the text as a share of the board's.
    """

    wording: str
    mask: NDArray[np.float32]
    ink: float

    @property
    def width(self) -> float:
        """Its width, its height being 1."""
        return float(self.mask.shape[1] / self.mask.shape[0])

    @property
    def box(self) -> Box:
        """Its own box, around the origin."""
        half = np.array((self.width, 1.0, table("scene.toml")["thickness"])) / 2
        return Box(-half, half)


@lru_cache(maxsize=32)
def board(wording: str) -> Board:
    """The board of a wording; raises `UnlawfulWording`, `UnprintableWording`, `WordingTooLong`."""
    law, letters = table("scene.toml"), table("picture.toml")
    side = law["picture_side"]
    try:
        made = stamp(wording, (side * 4, side))
    except PictureTooSmall:
        raise WordingTooLong(wording=wording) from None
    ink = side * letters["ink_share"] * letters["safety"] / made.ink.shape[0]
    one = Board(wording, made.ink, ink)
    if one.width * law["ink_of_diagonal"] / ink > law["longest_of_diagonal"]:
        raise WordingTooLong(wording=wording)
    return one


@lru_cache(maxsize=32)
def drawing(wording: str) -> bytes:
    """The board's face as a PNG, both sides powers of two as every graphics chip takes them."""
    mask = board(wording).mask
    size = (_power(mask.shape[1]), _power(mask.shape[0]))
    # Sixteen tones are enough for smooth edges, and take a third of the room.
    tones = (np.rint(mask * 15) * 17).astype(np.uint8)
    ink = Image.fromarray(tones).resize(size, Image.Resampling.LANCZOS).point(lambda tone: round(tone / 17) * 17)
    face = Image.composite(Image.new("RGB", size, INK), Image.new("RGB", size, PLATE), ink)
    out = io.BytesIO()
    face.save(out, "PNG", optimize=True)
    return out.getvalue()


def _power(length: int) -> int:
    """The power of two that is nearest."""
    return 1 << round(math.log2(length))


def likeness(wording: str, face: Image.Image) -> float:
    """How alike a board's face is to the wording as we draw it: the correlation of their tones, at most 1."""
    ours = np.asarray(Image.open(io.BytesIO(drawing(wording))).convert("L").resize((256, 128)), np.float64)
    theirs = np.asarray(face.convert("RGB").convert("L").resize((256, 128)), np.float64)
    if theirs.std() < 1:
        return 0.0
    return float(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1])
