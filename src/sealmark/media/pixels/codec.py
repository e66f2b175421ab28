"""The codings of still pictures that we decode and encode, by the names of their formats."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from PIL import Image, JpegImagePlugin

from sealmark.media.containers import riff
from sealmark.media.errors import NotEncodable
from sealmark.media.format import Format
from sealmark.media.image import avif, exif, gif, jpeg, png, webp
from sealmark.media.pixels.picture import Picture

# A lossy WebP does not tell its quality; this one keeps second-generation loss invisible.
WEBP_QUALITY = 90
# No more does an AVIF, at whose 80 nothing is seen; the fastest speed but one costs a tenth of the default's time.
AVIF_QUALITY, AVIF_SPEED = 80, 9
# Measured at 1 megapixel: a third and a half of the time of the defaults, at the same size.
PNG_EFFORT, WEBP_EFFORT = 3, 2


@dataclass(frozen=True, slots=True)
class Codec:
    """What we need to know of one format beyond its container module.

    `coded` gives the decoder the coded picture alone, so that no parser but ours sees a hostile metadata block;
    `settings` says how to save a picture like its original; `orientation` how that is turned for display (EXIF 2.3,
    tag 0x0112).
    """

    container: ModuleType
    coded: Callable[[bytes], bytes]
    settings: Callable[[Picture], dict[str, Any]]
    turned: Callable[[bytes], int] | None = None

    def orientation(self, source: bytes) -> int:
        """How the stored pixels are turned for display."""
        return self.turned(source) if self.turned else exif.orientation(self.container.exif_block(source))


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


def _png_settings(_picture: Picture) -> dict[str, Any]:
    return {"format": "PNG", "compress_level": PNG_EFFORT}


def _jpeg_settings(picture: Picture) -> dict[str, Any]:
    """The original's own quantisation tables and subsampling: nothing is lost twice that was lost once."""
    with Image.open(io.BytesIO(_jpeg_coded(picture.source)), formats=("JPEG",)) as image:
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        settings: dict[str, Any] = {"format": "JPEG", "qtables": image.quantization}
        settings["progressive"] = bool(image.info.get("progressive"))
        sampling = JpegImagePlugin.get_sampling(image)
    return settings | ({"subsampling": sampling} if sampling >= 0 else {})


def _webp_settings(picture: Picture) -> dict[str, Any]:
    if webp.is_lossless(picture.source):
        return {"format": "WEBP", "lossless": True, "exact": True, "quality": 60, "method": WEBP_EFFORT}
    return {"format": "WEBP", "quality": WEBP_QUALITY, "method": WEBP_EFFORT}


def _gif_settings(_picture: Picture) -> dict[str, Any]:
    return {"format": "GIF"}


def _avif_coded(source: bytes) -> bytes:
    return source


def _avif_settings(picture: Picture) -> dict[str, Any]:
    """The metadata go along, since Pillow writes the container too; of a new generation none do."""
    settings: dict[str, Any] = {"format": "AVIF", "quality": AVIF_QUALITY, "speed": AVIF_SPEED}
    if picture.fresh:
        return settings | {"exif": b"", "xmp": b"", "icc_profile": b""}
    with Image.open(io.BytesIO(picture.source), formats=("AVIF",)) as image:
        kept = {name: image.info.get(name) or b"" for name in ("exif", "xmp", "icc_profile")}
    return settings | kept


def _avif_orientation(source: bytes) -> int:
    """What the properties `irot` and `imir` say, in EXIF's numbers."""
    with Image.open(io.BytesIO(source), formats=("AVIF",)) as image:
        return int(image.getexif().get(0x0112, 1))


_CODECS: Mapping[str, Codec] = {
    "png": Codec(png, _png_coded, _png_settings),
    "jpeg": Codec(jpeg, _jpeg_coded, _jpeg_settings),
    "webp": Codec(webp, _webp_coded, _webp_settings),
    "gif": Codec(gif, gif.coded, _gif_settings),
    "avif": Codec(avif, _avif_coded, _avif_settings, _avif_orientation),
}


def codec_of(form: Format) -> Codec:
    """How pictures of a format are coded; raises `NotEncodable` where we do not know."""
    try:
        return _CODECS[form.name]
    except KeyError:
        raise NotEncodable(format=form.name) from None


def known(form: Format) -> Codec | None:
    """How pictures of a format are coded, if we know."""
    return _CODECS.get(form.name)
