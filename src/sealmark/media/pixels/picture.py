"""A decoded picture: as it is stored, as a person sees it, and painted on."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import Image, ImageChops

from sealmark.media.format import Format
from sealmark.media.pixels import colour

Transpose = Image.Transpose
# EXIF 2.3 tag 0x0112: how stored pixels are turned for display, and how that is undone.
SHOWN = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
UNDONE = {Transpose.ROTATE_270: Transpose.ROTATE_90, Transpose.ROTATE_90: Transpose.ROTATE_270}


def _no_profile(_source: bytes) -> bytes:
    return b""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded still image.

    `pixels` is in one of the modes L, LA, RGB, RGBA, CMYK; `source` the bytes it came from, whose metadata and
    coding an encoding follows; `shallower` whether sixteen-bit samples were reduced to eight; `fresh` whether
    an encoding leaves that metadata behind; `unhidden` whether a picture under full transparency was cleared;
    `profile_of` finds what its numbers mean, where a profile in the source says so (ICC.1).
    """

    pixels: Image.Image
    format: Format
    source: bytes
    turned: Transpose | None = None
    shallower: bool = False
    fresh: bool = False
    unhidden: bool = False
    profile_of: Callable[[bytes], bytes] = _no_profile

    def rgb(self) -> Image.Image:
        """The picture as a person sees it: turned upright, without alpha, mode RGB."""
        shown = self.pixels if self.turned is None else self.pixels.transpose(self.turned)
        return shown.convert("RGB")

    def painted(self, shown: Image.Image) -> "Picture":
        """The picture with what was painted onto `rgb()`; pixels outside the painted box stay as they are.

        The box becomes opaque, so that a mark on a transparent ground is seen.
        """
        was, now = (self._stored(image) for image in (self.rgb(), shown))
        box = ImageChops.difference(was, now).getbbox()
        if box is None:
            return self
        pixels = self.pixels.copy()
        pixels.paste(now.crop(box).convert(pixels.mode, dither=Image.Dither.NONE), box)
        return replace(self, pixels=pixels)

    def freshened(self) -> "Picture":
        """The picture alone: turned upright and in sRGB, to be encoded with nothing of its source's metadata."""
        upright = self.pixels.copy() if self.turned is None else self.pixels.transpose(self.turned)
        shown = colour.in_srgb(upright, self.profile_of(self.source)) or upright
        shown.info = {}
        return replace(self, pixels=shown, turned=None, fresh=True)

    def _stored(self, shown: Image.Image) -> Image.Image:
        return shown if self.turned is None else shown.transpose(UNDONE.get(self.turned, self.turned))
