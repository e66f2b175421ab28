"""Colour as numbers alone: what an embedded profile says is worked into the pixels (ICC.1)."""

import io
import zlib

from PIL import Image, ImageCms

# The largest profiles in use, of four inks in fine tables, are below this.
LARGEST_PROFILE = 8 << 20


def inflated(data: bytes) -> bytes:
    """A compressed profile; nothing where it is broken or larger than profiles are."""
    try:
        return zlib.decompressobj().decompress(data, LARGEST_PROFILE + 1)
    except zlib.error:
        return b""


def in_srgb(pixels: Image.Image, profile: bytes) -> Image.Image | None:
    """The pixels as sRGB shows them, alpha kept; nothing where the profile is none or is not for such pixels."""
    if not 128 < len(profile) <= LARGEST_PROFILE:
        return None
    alpha = pixels.getchannel("A") if pixels.mode in {"LA", "RGBA"} else None
    bare = pixels.convert({"LA": "L", "RGBA": "RGB"}.get(pixels.mode, pixels.mode))
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        shown = ImageCms.profileToProfile(bare, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if shown is not None and alpha is not None:
        shown.putalpha(alpha)
    return shown
