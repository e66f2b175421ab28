"""Still pictures: decode to pixels under limits, encode back among the original's metadata."""

import io
import struct

from PIL import Image

from sealmark.errors import why
from sealmark.media.errors import Damaged, MovingImage, NotEncodable, TooManyPixels
from sealmark.media.format import Format
from sealmark.media.limits import STANDARD, Limits
from sealmark.media.pixels import transparency
from sealmark.media.pixels.codec import codec_of, known
from sealmark.media.pixels.picture import SHOWN, Picture
from sealmark.media.registry import sniff

# What the decoders raise on broken files.
BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    RuntimeError,
    struct.error,
)


def decode(data: bytes, limits: Limits = STANDARD) -> Picture:
    """The pixels of a still picture; fully transparent ones without their colour, which nobody sees.

    The size is checked from the header before anything is decoded. Raises `TooManyPixels`, `MovingImage`,
    `Damaged`, and what `sniff` raises.
    """
    form = sniff(data)
    codec, size = codec_of(form), check_size(data, form, limits)
    if codec.container.is_moving(data):
        raise MovingImage(format=form.name)
    pixels = _opened(codec.coded(data), form, size)
    turned = SHOWN.get(codec.orientation(data))
    hid = transparency.hides(pixels, lossy=not codec.container.is_lossless(data))
    deep, profile_of = codec.container.is_deep(data), codec.container.profile
    shown = transparency.cleared(pixels)
    return Picture(shown, form, data, turned, deep, unhidden=hid, profile_of=profile_of)


def is_moving(data: bytes) -> bool:
    """Whether a picture of a format that we decode has several frames, from its headers alone."""
    codec = known(sniff(data))
    return codec is not None and bool(codec.container.is_moving(data))


def is_see_through(data: bytes) -> bool:
    """Whether a still picture of a format that we decode can have transparent pixels, from its headers alone."""
    codec = known(sniff(data))
    return codec is not None and bool(codec.container.has_alpha(data)) and not codec.container.is_moving(data)


def check_size(data: bytes, form: Format, limits: Limits = STANDARD) -> tuple[int, int]:
    """Width and height in pixels, from the header alone; raises `TooManyPixels`, `Damaged`, `NotEncodable`."""
    width, height = codec_of(form).container.size(data)
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
        return _bare(_normalised(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels(width=size[0], height=size[1], limit=Image.MAX_IMAGE_PIXELS) from None
    except BROKEN:
        raise Damaged(format=form.name, **why("像素数据", "pixels")) from None


def _bare(image: Image.Image) -> Image.Image:
    """The image without an EXIF block, which AVIF's decoder hands out, and by which whoever gets it would turn it."""
    if "exif" not in image.info:
        return image
    bare = image.copy()
    bare.info = {}
    return bare


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
    codec = codec_of(picture.format)
    out = io.BytesIO()
    try:
        picture.pixels.save(out, **codec.settings(picture))
    except (OSError, ValueError, RuntimeError):
        raise NotEncodable(format=picture.format.name) from None
    joined = codec.container.renew if picture.fresh else codec.container.splice
    whole: bytes = joined(picture.source, out.getvalue())
    return whole
