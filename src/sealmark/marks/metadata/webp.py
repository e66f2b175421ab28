"""WebP: RIFF chunk `XMP ` in the extended layout; alternative read: EXIF UserComment (guide 20259A)."""

from collections.abc import Iterator

from sealmark.marks.label import Label
from sealmark.marks.metadata import comment, xmp
from sealmark.marks.metadata.found import Found, Remains, gathered, whole
from sealmark.media.containers.riff import Chunk, Container
from sealmark.media.image import webp

KIND = b"XMP "
_PLACE = "WebP RIFF XMP"


def remains(data: bytes) -> Remains:
    """Every label in a WebP, whole or not."""
    container, damage = webp.remains(data)
    places = (chunk for chunk in container.chunks if chunk.kind in {KIND, b"EXIF"})
    return gathered(places, _read, damage, container.tail)


def _read(chunk: Chunk) -> Iterator[Found]:
    if chunk.kind == KIND:
        yield from xmp.read(chunk.body, _PLACE)
    else:
        yield from comment.read(chunk.body)


def write(data: bytes, label: Label) -> bytes:
    """The WebP with this label as its one label; every other chunk stays bit for bit."""
    container = webp.parse(data)
    chunks = [_superseded(chunk) for chunk in container.chunks]
    packets = [index for index, chunk in enumerate(chunks) if chunk.kind == KIND]
    for index in packets[1:]:
        chunks[index] = Chunk(KIND, xmp.without(chunks[index].body, _PLACE))
    if packets:
        chunks[packets[0]] = Chunk(KIND, xmp.write(chunks[packets[0]].body, label, _PLACE))
    else:
        chunks.append(Chunk(KIND, xmp.write(None, label, _PLACE)))
    return webp.build(webp.extended(Container(container.form, tuple(chunks), container.tail)))


def _superseded(chunk: Chunk) -> Chunk:
    return Chunk(chunk.kind, comment.superseded(chunk.body)) if chunk.kind == b"EXIF" else chunk


CARRIER = whole("webp", remains, write)
