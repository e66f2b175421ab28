"""HEIF and AVIF: an XMP item that describes the primary picture (guide 20259A; ISO/IEC 23008-12, annex A).

Alternatives read: XMP of other pictures in the file, EXIF UserComment, and the places of MP4 in picture sequences.
"""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from sealmark.errors import why
from sealmark.marks.errors import DamagedMetadata
from sealmark.marks.label import Label
from sealmark.marks.metadata import comment, isobmff, xmp
from sealmark.marks.metadata.found import Carrier, Found, Remains, gathered, whole
from sealmark.media.containers.isobmff import BoxReader
from sealmark.media.containers.movie import Movie
from sealmark.media.errors import MetadataOverLimit
from sealmark.media.image import heif
from sealmark.media.image.heif import Heif, Info, Items, Spans
from sealmark.media.pieces import joined

_EITHER = zlib.MAX_WBITS + 32  # zlib tells its own header and gzip's apart


@dataclass(frozen=True, slots=True)
class _Place:
    """An item that may hold a label, and where its bytes stand, if they can be read."""

    items: Items
    info: Info
    spans: Spans | None

    @property
    def is_xmp(self) -> bool:
        return self.info.kind == b"mime"

    @property
    def is_main(self) -> bool:
        """Whether it is the XMP of the picture that the file shows first."""
        items, number = self.items, self.info.number
        return self.is_xmp and items.path == "meta" and items.primary in items.described.get(number, ())


def remains(name: str, data: bytes) -> Remains:
    """Every label in a picture, whole or not."""
    reader = BoxReader(data, name)
    found = heif.remains(reader)
    others = isobmff.readings(reader, isobmff.places_of(reader, Movie(found.top, found.moov)))
    readings: list[Callable[[], Iterator[Found]]] = [partial(_read, reader, place) for place in _places(reader, found)]
    readings += [partial(_beside, read) for _, read in sorted(others, key=lambda place: place[0])]
    return gathered(readings, lambda read: read(), reader.damage)


def write(name: str, data: bytes, label: Label) -> bytes:
    """The picture with this label as its one label; every other item stays bit for bit."""
    reader = BoxReader(data, name)
    found = heif.remains(reader)
    if reader.damage is not None:
        raise reader.damage
    places = list(_places(reader, found))
    main = next((place for place in places if place.is_main), None)
    replaced = dict(_replaced(reader, places, label, main))
    packet = None if main else xmp.write(None, label, name)
    others = isobmff.cleared(reader, isobmff.places_of(reader, Movie(found.top, found.moov)))
    return joined(data, heif.edited(reader, found, replaced, packet, others))


def _beside(read: Callable[[], Iterator[Found]]) -> Iterator[Found]:
    return (replace(one, main=False) for one in read())


def _places(reader: BoxReader, found: Heif) -> Iterator[_Place]:
    """The items that may hold a label; of those that share their bytes, as tracks do with a picture, the first."""
    seen = set[Spans]()
    for items in found.every:
        for info in items.infos:
            if info.kind == b"Exif" or (info.kind == b"mime" and info.content_type == heif.XMP_TYPE):
                item = items.located(info.number)
                where = heif.spans(reader, items, item) if item and not info.is_protected else None
                if where not in seen:
                    yield _Place(items, info, where)
                seen |= {where} if where else set()


def _words(reader: BoxReader, place: _Place) -> str:
    return f"{reader.name} {place.items.path} {'XMP' if place.is_xmp else 'Exif'}"


def _read(reader: BoxReader, place: _Place) -> Iterator[Found]:
    content = _content(reader, place)
    if place.is_xmp:
        yield from xmp.read(_packet(reader, place, content), _words(reader, place), main=place.is_main)
    else:
        yield from comment.read(content[_tiff(content) :])


def _tiff(content: bytes) -> int:
    """Where the TIFF structure of an EXIF item begins (ISO/IEC 23008-12, A.2.1)."""
    return 4 + int.from_bytes(content[:4], "big")


def _content(reader: BoxReader, place: _Place) -> bytes:
    """The bytes of an item, within bounds."""
    if not place.spans:
        raise DamagedMetadata(place=_words(reader, place), **why("没有可读的内容", "no content that can be read"))
    if sum(stop - start for start, stop in place.spans) > xmp.LONGEST:
        raise MetadataOverLimit(place=_words(reader, place), **why("过大", "too large"))
    return b"".join(reader.data[start:stop] for start, stop in place.spans)


def _packet(reader: BoxReader, place: _Place, content: bytes) -> bytes:
    """The packet, unpacked within bounds where its item is coded (ISO/IEC 14496-12, 8.11.6.3)."""
    if not place.info.coding:
        return content
    unpack, words = zlib.decompressobj(_EITHER), _words(reader, place)
    try:
        out = unpack.decompress(content, xmp.LONGEST)
    except zlib.error:
        raise DamagedMetadata(place=words, **why("压缩数据已损坏", "broken compression")) from None
    if len(out) >= xmp.LONGEST:
        raise MetadataOverLimit(place=words, **why("解压后过大", "too large when decompressed"))
    if not unpack.eof:
        raise DamagedMetadata(place=words, **why("不完整", "truncated"))
    return out


def _packed(info: Info, packet: bytes) -> bytes:
    if not info.coding:
        return packet
    return gzip.compress(packet, mtime=0) if info.coding == b"gzip" else zlib.compress(packet)


def _replaced(
    reader: BoxReader, places: Iterable[_Place], label: Label, main: _Place | None
) -> Iterator[tuple[Spans, bytes]]:
    """The new content of every item that holds the label, or held one."""
    for place in places:
        if place is main or list(_read(reader, place)):
            content = _content(reader, place)
            yield place.spans or (), _relabelled(reader, place, content, label if place is main else None)


def _relabelled(reader: BoxReader, place: _Place, content: bytes, label: Label | None) -> bytes:
    if not place.is_xmp:
        at = _tiff(content)
        return content[:at] + comment.superseded(content[at:])
    packet, words = _packet(reader, place, content), _words(reader, place)
    return _packed(place.info, xmp.write(packet, label, words) if label else xmp.without(packet, words))


def _carrier(name: str) -> Carrier:
    return whole(name, partial(remains, name.upper()), partial(write, name.upper()))


CARRIERS = tuple(_carrier(form.name) for form in (heif.AVIF, heif.HEIF))
