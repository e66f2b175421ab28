"""The visible mark of a picture: a wording on a calm plate in a corner (GB 45438 5.2; Art. 17).

Contrast: the plate darkens whatever lies under it until white ink stands at 4.5:1 or more.

One frame at a time. The mark stands upright as the picture is *shown*: an EXIF orientation is followed, the stored
pixels keep theirs.
"""

from PIL import Image

from sealmark.marks.explicit.pixels import blend, drawable
from sealmark.marks.explicit.stamp import Corner, corner_of, stamp

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


def draw(picture: Image.Image, *, wording: str = "AI生成", corner: Corner = "bottom_right") -> Image.Image:
    """A copy of the picture that bears the wording in a corner (GB 45438 5.2).

    Size and mode stay, except that a palette picture becomes RGB, or RGBA where it has transparency (a palette
    need not hold the colours that the contrast asks for), and a bilevel one with a transparent colour becomes LA.
    Raises `UnlawfulWording`, `UnprintableWording`, `PictureTooSmall` (any picture of at least 48 pixels on both
    sides has room for the default wording) and `UnknownPictureMode`.
    """
    turn = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
    canvas = drawable(picture)
    shown = canvas if turn is None else canvas.transpose(turn)
    made = stamp(wording, shown.size)
    blend(shown, corner_of(shown.size, made, corner), made.plate, made.ink)
    if turn is not None:
        canvas.paste(shown.transpose(_BACK.get(turn, turn)))
    return canvas
