"""Pictures: decode to pixels under limits, encode back among the original's metadata."""

import io
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from PIL import Image, ImageChops, JpegImagePlugin

from sealmark.errors import why
from sealmark.media import colour, exif, gif, jpeg, png, riff, transparency, webp
from sealmark.media.errors import Damaged, MovingImage, NotEncodable, TooManyPixels
from sealmark.media.format import Format
from sealmark.media.limits import STANDARD, Limits
from sealmark.media.registry import sniff

_Transpose = Image.Transpose
# EXIF 2.3 tag 0x0112: how stored pixels are turned for display, and how that is undone.
_SHOWN = {
    2: _Transpose.FLIP_LEFT_RIGHT,
    3: _Transpose.ROTATE_180,
    4: _Transpose.FLIP_TOP_BOTTOM,
    5: _Transpose.TRANSPOSE,
    6: _Transpose.ROTATE_270,
    7: _Transpose.TRANSVERSE,
    8: _Transpose.ROTATE_90,
}
_UNDONE = {_Transpose.ROTATE_270: _Transpose.ROTATE_90, _Transpose.ROTATE_90: _Transpose.ROTATE_270}
# What the decoders raise on broken files.
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, OverflowError, struct.error)
# A lossy WebP does not tell its quality; this one keeps second-generation loss invisible.
WEBP_QUALITY = 90
# Measured at 1 megapixel: a third and a half of the time of the defaults, at the same size.
PNG_EFFORT, WEBP_EFFORT = 3, 2


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded still image.

    `pixels` is in one of the modes L, LA, RGB, RGBA, CMYK; `source` the bytes it came from, whose metadata and
    coding an encoding follows; `shallower` whether sixteen-bit samples were reduced to eight; `fresh` whether
    an encoding leaves that metadata behind; `unhidden` whether a picture under full transparency was cleared.
    """

    pixels: Image.Image
    format: Format
    source: bytes
    turned: _Transpose | None = None
    shallower: bool = False
    fresh: bool = False
    unhidden: bool = False

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
        pixels.paste(now.crop(box).convert(pixels.mode), box)
        return replace(self, pixels=pixels)

    def freshened(self) -> "Picture":
        """The picture alone: turned upright and in sRGB, to be encoded with nothing of its source's metadata."""
        upright = self.pixels.copy() if self.turned is None else self.pixels.transpose(self.turned)
        shown = colour.in_srgb(upright, _codec(self.format).container.profile(self.source)) or upright
        shown.info = {}
        return replace(self, pixels=shown, turned=None, fresh=True)

    def _stored(self, shown: Image.Image) -> Image.Image:
        return shown if self.turned is None else shown.transpose(_UNDONE.get(self.turned, self.turned))


@dataclass(frozen=True, slots=True)
class _Codec:
    """What we need to know of one format beyond its container module.

    `coded` gives the decoder the coded picture alone, so that no parser but ours sees a hostile metadata block;
    `settings` says how to save pixels like an original.
    """

    container: ModuleType
    coded: Callable[[bytes], bytes]
    settings: Callable[[bytes], dict[str, Any]]


def _png_coded(source: bytes) -> bytes:
    chunks = (chunk for chunk in png.parse(source).chunks if chunk.kind in png.PIXEL_CHUNKS)
    return png.build(png.Container(tuple(chunks)))


def _jpeg_coded(source: bytes) -> bytes:
    container = jpeg.parse(source)
    # The JFIF header also says how colour is coded.
    segments = (segment for segment in container.segments if jpeg.is_jfif(segment) or not jpeg.is_metadata(segment))
    return jpeg.build(jpeg.Container(tuple(segments), container.scans))


def _webp_coded(source: bytes) -> bytes:
    chunks = tuple(chunk for chunk in webp.parse(source).chunks if chunk.kind in {*webp.PICTURE, b"VP8X"})
    container = riff.Container(b"WEBP", chunks)
    return webp.build(webp.extended(container) if chunks[0].kind == b"VP8X" else container)


def _png_settings(_source: bytes) -> dict[str, Any]:
    return {"format": "PNG", "compress_level": PNG_EFFORT}


def _jpeg_settings(source: bytes) -> dict[str, Any]:
    """The original's own quantisation tables and subsampling: nothing is lost twice that was lost once."""
    with Image.open(io.BytesIO(_jpeg_coded(source)), formats=("JPEG",)) as image:
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        settings: dict[str, Any] = {"format": "JPEG", "qtables": image.quantization}
        settings["progressive"] = bool(image.info.get("progressive"))
        sampling = JpegImagePlugin.get_sampling(image)
    return settings | ({"subsampling": sampling} if sampling >= 0 else {})


def _webp_settings(source: bytes) -> dict[str, Any]:
    if webp.is_lossless(source):
        return {"format": "WEBP", "lossless": True, "exact": True, "quality": 60, "method": WEBP_EFFORT}
    return {"format": "WEBP", "quality": WEBP_QUALITY, "method": WEBP_EFFORT}


def _gif_settings(_source: bytes) -> dict[str, Any]:
    return {"format": "GIF"}


_CODECS: Mapping[str, _Codec] = {
    "png": _Codec(png, _png_coded, _png_settings),
    "jpeg": _Codec(jpeg, _jpeg_coded, _jpeg_settings),
    "webp": _Codec(webp, _webp_coded, _webp_settings),
    "gif": _Codec(gif, gif.coded, _gif_settings),
}


def decode(data: bytes, limits: Limits = STANDARD) -> Picture:
    """The pixels of a still PNG, JPEG, WebP or GIF, fully transparent ones without their colour, which nobody sees.

    The size is checked from the header before anything is decoded. Raises `TooManyPixels`, `MovingImage`,
    `Damaged`, and what `sniff` raises.
    """
    form = sniff(data)
    codec, size = _codec(form), check_size(data, form, limits)
    if codec.container.is_moving(data):
        raise MovingImage(format=form.name)
    turned = _SHOWN.get(exif.orientation(codec.container.exif_block(data)))
    pixels = _opened(codec.coded(data), form, size)
    hid = transparency.hides(pixels, lossy=not codec.container.is_lossless(data))
    return Picture(transparency.cleared(pixels), form, data, turned, codec.container.is_deep(data), unhidden=hid)


def is_see_through(data: bytes) -> bool:
    """Whether a still picture of a format that we decode can have transparent pixels, from its headers alone."""
    codec = _CODECS.get(sniff(data).name)
    return codec is not None and bool(codec.container.has_alpha(data)) and not codec.container.is_moving(data)


def _codec(form: Format) -> _Codec:
    try:
        return _CODECS[form.name]
    except KeyError:
        raise NotEncodable(format=form.name) from None


def check_size(data: bytes, form: Format, limits: Limits = STANDARD) -> tuple[int, int]:
    """Width and height in pixels, from the header alone; raises `TooManyPixels`, `Damaged`, `NotEncodable`."""
    width, height = _codec(form).container.size(data)
    if width * height > limits.pixels:
        raise TooManyPixels(width=width, height=height, limit=limits.pixels)
    return width, height


def _opened(data: bytes, form: Format, size: tuple[int, int]) -> Image.Image:
    """The image fully loaded, in one of our modes; only the decoder of its own format is tried."""
    try:
        image = Image.open(io.BytesIO(data), formats=(form.name.upper(),))
        if image.size != size:
            raise Damaged(format=form.name, **why("两处尺寸不一", "two different sizes"))
        image.load()
        return _normalised(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels(width=size[0], height=size[1], limit=Image.MAX_IMAGE_PIXELS) from None
    except _BROKEN:
        raise Damaged(format=form.name, **why("像素数据", "pixels")) from None


def _normalised(image: Image.Image) -> Image.Image:
    """The image in one of our five modes."""
    if image.mode in {"P", "PA", "La", "RGBa"} or "transparency" in image.info:
        transparent = image.mode != "P" or "transparency" in image.info
        return image.convert("RGBA" if transparent else "RGB")
    if image.mode in {"I", "I;16", "I;16B"}:
        return image.convert("I").point(lambda sample: sample * (1 / 256)).convert("L")
    if image.mode in {"L", "LA", "RGB", "RGBA", "CMYK"}:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def encode(picture: Picture) -> bytes:
    """The picture in the format it came in; unless it is fresh, with every other piece of metadata as it was.

    PNG and lossless WebP stay lossless; JPEG keeps its quantisation tables; the 256 colours at most of a GIF
    are chosen anew. Raises `NotEncodable`.
    """
    codec = _codec(picture.format)
    out = io.BytesIO()
    try:
        picture.pixels.save(out, **codec.settings(picture.source))
    except (OSError, ValueError):
        raise NotEncodable(format=picture.format.name) from None
    joined = codec.container.renew if picture.fresh else codec.container.splice
    whole: bytes = joined(picture.source, out.getvalue())
    return whole
