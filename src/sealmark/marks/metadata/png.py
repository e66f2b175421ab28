"""PNG: iTXt chunk `XML:com.adobe.xmp`; alternatives read: tEXt, zTXt or iTXt `AIGC`, EXIF (guide 20259A)."""

import zlib
from collections.abc import Iterator

from sealmark.errors import why
from sealmark.marks.errors import DamagedMetadata
from sealmark.marks.label import Label
from sealmark.marks.metadata import comment, xmp
from sealmark.marks.metadata.found import Found, Remains, found, gathered, whole
from sealmark.media.errors import MetadataOverLimit
from sealmark.media.image import png
from sealmark.media.image.png import Chunk, Container

XMP_KEYWORD = b"XML:com.adobe.xmp"
AIGC_KEYWORD = b"AIGC"
_PLACE = "PNG iTXt XML:com.adobe.xmp"
_TEXTS = frozenset((b"tEXt", b"zTXt", b"iTXt"))


def remains(data: bytes) -> Remains:
    """Every label in a PNG, whole or not."""
    container, damage = png.remains(data)
    return gathered(filter(_is_place, container.chunks), _read, damage, container.tail)


def _is_place(chunk: Chunk) -> bool:
    return _is_xmp(chunk) or _is_aigc(chunk) or chunk.kind == b"eXIf"


def _read(chunk: Chunk) -> Iterator[Found]:
    if _is_xmp(chunk):
        yield from xmp.read(_value(chunk), _PLACE)
    elif _is_aigc(chunk):
        coding = "utf-8" if chunk.kind == b"iTXt" else "latin-1"
        yield found(_value(chunk).decode(coding, "replace"), f"PNG {chunk.kind.decode()} AIGC", main=False)
    else:
        yield from comment.read(chunk.body)


def write(data: bytes, label: Label) -> bytes:
    """The PNG with this label as its one label; every other chunk stays bit for bit."""
    container = png.parse(data)
    chunks = [_superseded(chunk) for chunk in container.chunks if not _is_aigc(chunk)]
    packets = [index for index, chunk in enumerate(chunks) if _is_xmp(chunk)]
    for index in packets[1:]:
        chunks[index] = _packet(xmp.without(_value(chunks[index]), _PLACE))
    if packets:
        chunks[packets[0]] = _packet(xmp.write(_value(chunks[packets[0]]), label, _PLACE))
    else:
        chunks.insert(1, _packet(xmp.write(None, label, _PLACE)))
    return png.build(Container(tuple(chunks), container.tail))


def _superseded(chunk: Chunk) -> Chunk:
    return Chunk(chunk.kind, comment.superseded(chunk.body)) if chunk.kind == b"eXIf" else chunk


def _packet(packet: bytes) -> Chunk:
    # PNG 11.3.3.4: keyword, no compression, no language, no translated keyword.
    return Chunk(b"iTXt", XMP_KEYWORD + b"\x00\x00\x00\x00\x00" + packet)


def _is_xmp(chunk: Chunk) -> bool:
    return chunk.kind == b"iTXt" and chunk.body.startswith(XMP_KEYWORD + b"\x00")


def _is_aigc(chunk: Chunk) -> bool:
    return chunk.kind in _TEXTS and chunk.body.partition(b"\x00")[0] == AIGC_KEYWORD


def _value(chunk: Chunk) -> bytes:
    """The text of a text chunk, decompressed within bounds (PNG 11.3.3)."""
    _, _, rest = chunk.body.partition(b"\x00")
    if chunk.kind == b"tEXt":
        return rest
    if chunk.kind == b"zTXt":
        return _inflated(rest[1:])
    packed, text = rest[:1] == b"\x01", rest[2:].split(b"\x00", 2)
    if len(text) != 3:
        raise DamagedMetadata(place="PNG iTXt", **why("不完整", "truncated"))
    return _inflated(text[2]) if packed else text[2]


def _inflated(data: bytes) -> bytes:
    unpack = zlib.decompressobj()
    try:
        out = unpack.decompress(data, xmp.LONGEST)
    except zlib.error:
        raise DamagedMetadata(place="PNG zTXt", **why("压缩数据已损坏", "broken compression")) from None
    if len(out) >= xmp.LONGEST:
        raise MetadataOverLimit(place="PNG zTXt", **why("解压后过大", "too large when decompressed"))
    if not unpack.eof:
        raise DamagedMetadata(place="PNG zTXt", **why("不完整", "truncated"))
    return out


CARRIER = whole("png", remains, write)
