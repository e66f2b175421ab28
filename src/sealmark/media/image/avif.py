"""AVIF: what marking needs to know of a picture's container; Pillow's own codec writes it anew (AVIF 1.1; MIAF)."""

from collections.abc import Iterator

from sealmark.errors import why
from sealmark.media.containers.isobmff import Box, BoxReader
from sealmark.media.errors import Damaged
from sealmark.media.image import heif

_NAME = "AVIF"
# AV1 in ISOBMFF 2.3.3: a bit of the third byte of `av1C` says that samples have more than eight bits.
_DEEP = 0x40
_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00", b"urn:mpeg:hevc:2015:auxid:1\x00")


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of the largest picture (ISO/IEC 23008-12, 6.5.3)."""
    reader = BoxReader(data, _NAME)
    sizes = [(reader.number(box.body + 4), reader.number(box.body + 8)) for box in _properties(reader, b"ispe")]
    found = max(sizes, key=lambda sides: sides[0] * sides[1], default=(0, 0))
    if not found[0] or not found[1]:
        raise Damaged(format=_NAME, **why("图像尺寸 ispe", "size ispe"))
    return found


def _properties(reader: BoxReader, kind: bytes) -> Iterator[Box]:
    """The properties of one kind of all items (ISO/IEC 14496-12, 8.11.14)."""
    found = heif.remains(reader)
    if reader.damage is not None or found.picture is None:
        raise reader.damage or Damaged(format=_NAME, **why("没有图像", "no picture"))
    for box in reader.meta_children(found.picture.meta):
        if box.kind == b"iprp":
            yield from reader.within(box, b"ipco", kind)


def is_moving(data: bytes) -> bool:
    """Whether there are tracks of pictures beside the still one."""
    return heif.remains(BoxReader(data, _NAME)).moov is not None


def is_deep(data: bytes) -> bool:
    """Whether samples have ten or twelve bits."""
    reader = BoxReader(data, _NAME)
    return any(reader.number(box.body + 2, 1) & _DEEP for box in _properties(reader, b"av1C"))


def is_lossless(_data: bytes) -> bool:
    """AVIF is lossy but for settings that no header tells."""
    return False


def has_alpha(data: bytes) -> bool:
    """Whether an item is the alpha of another (ISO/IEC 23008-12, 6.5.8)."""
    reader = BoxReader(data, _NAME)
    return any(data[box.body + 4 : box.stop].startswith(_ALPHA) for box in _properties(reader, b"auxC"))


def profile(data: bytes) -> bytes:
    """The ICC profile, or nothing (ISO/IEC 14496-12, 12.1.5)."""
    reader = BoxReader(data, _NAME)
    colours = (data[box.body : box.stop] for box in _properties(reader, b"colr"))
    return next((one[4:] for one in colours if one[:4] in {b"prof", b"rICC"}), b"")


def splice(_original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` picture, which Pillow gave the metadata of the original."""
    return encoded


def renew(_original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` picture, which has no metadata."""
    return encoded
