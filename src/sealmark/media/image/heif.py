"""HEIF and AVIF pictures: items of a `meta` box, and where each of them stands (ISO/IEC 23008-12; 14496-12, 8.11)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeAlias

from sealmark.errors import why
from sealmark.media.containers import iloc, movie
from sealmark.media.containers.boxedit import Change, Shift, changed, unsigned
from sealmark.media.containers.iloc import Extent, Item, Locations
from sealmark.media.containers.isobmff import Box, BoxReader, encoded, is_avif, is_heif
from sealmark.media.errors import Immovable
from sealmark.media.format import Format
from sealmark.media.pieces import Buffer, Pieces

AVIF = Format("avif", "image", ("image/avif", "image/avif-sequence"), ("avif", "avifs"), is_avif)
HEIF = Format(
    "heif",
    "image",
    ("image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"),
    ("heic", "heif", "hif", "heics", "heifs"),
    is_heif,
)
XMP_TYPE = b"application/rdf+xml"  # ISO/IEC 23008-12, A.3
_DESCRIBES = b"cdsc"


@dataclass(frozen=True, slots=True)
class Info:
    """What one item is: its kind (`hvc1`, `Exif`, `mime`), and for `mime` the type and coding of its content."""

    number: int
    kind: bytes
    content_type: bytes
    coding: bytes
    is_protected: bool


@dataclass(frozen=True, slots=True)
class Items:
    """What one `meta` box says of its items: its boxes by kind, and by `described` which item describes which.

    `path` is where it stands: `meta`, or `moov.trak.meta` of a picture sequence.
    """

    path: str
    meta: Box
    boxes: Mapping[bytes, Box]
    primary: int
    infos: tuple[Info, ...]
    locations: Locations
    described: Mapping[int, frozenset[int]]

    @property
    def idat(self) -> int:
        """Where the content of `idat` begins, if there is one."""
        box = self.boxes.get(b"idat")
        return box.body if box else 0

    def located(self, number: int) -> Item | None:
        """Where an item stands."""
        return next((item for item in self.locations.items if item.number == number), None)


@dataclass(frozen=True, slots=True)
class Heif:
    """The boxes of a file, the items of the picture, and those of the tracks of a sequence."""

    top: tuple[Box, ...]
    moov: Box | None
    picture: Items | None
    tracks: tuple[Items, ...]

    @property
    def every(self) -> tuple[Items, ...]:
        """All items, the picture's first."""
        return (*((self.picture,) if self.picture else ()), *self.tracks)


# Where the bytes of an item stand: start and stop of each of its stretches.
Spans: TypeAlias = tuple[tuple[int, int], ...]


def remains(reader: BoxReader) -> Heif:
    """The items of a file, whole or not; what is wrong with it is the reader's damage."""
    top = reader.top()
    metas = [box for box in top if box.kind == b"meta"]
    moov = next((box for box in top if box.kind == b"moov"), None)
    pictures = [_items(reader, box, "meta") for box in metas]
    if len(metas) != 1 or b"iloc" not in pictures[0].boxes:
        reader.wrong(why("没有条目，或有多个 meta 盒子", "no items, or several meta boxes"))
    tracks = [_items(reader, box, "moov.trak.meta") for box in reader.within(moov, b"trak", b"meta")] if moov else []
    own = tuple(items for items in tracks if b"iloc" in items.boxes)
    found = Heif(top, moov, pictures[0] if pictures else None, own)
    _check_media(reader, found)
    return found


def _items(reader: BoxReader, meta: Box, path: str) -> Items:
    boxes = {box.kind: box for box in reversed(reader.meta_children(meta))}
    primary, infos, places, references = (boxes.get(kind) for kind in (b"pitm", b"iinf", b"iloc", b"iref"))
    return Items(
        path,
        meta,
        boxes,
        _full(reader, primary, 2, 4) if primary else 0,
        tuple(_infos(reader, infos)) if infos else (),
        iloc.parse(reader, places) if places else iloc.NOTHING,
        _described(reader, references) if references else {},
    )


def _full(reader: BoxReader, box: Box, narrow: int, wide: int) -> int:
    """The number behind version and flags, wider in versions above 0."""
    return reader.number(box.body + 4, wide if reader.number(box.body, 1) else narrow)


def _infos(reader: BoxReader, box: Box) -> Iterator[Info]:
    """The entries of `iinf` (ISO/IEC 14496-12, 8.11.6)."""
    for entry in reader.children(box, 8 if reader.number(box.body, 1) else 6):
        if entry.kind == b"infe":
            yield _info(reader, entry)


def _info(reader: BoxReader, box: Box) -> Info:
    version = reader.number(box.body, 1)
    width = 4 if version == 3 else 2
    at = box.body + 4 + width
    kind = reader.data[at + 2 : at + 6] if version > 1 else b"mime"
    text = reader.data[at + (6 if version > 1 else 2) : min(box.stop, at + 1024)]
    _name, content_type, coding, *_ = (*text.split(b"\x00"), b"", b"", b"")
    number, protection = reader.number(box.body + 4, width), reader.number(at, 2)
    return Info(number, kind, content_type, coding, protection > 0)


def _described(reader: BoxReader, box: Box) -> dict[int, frozenset[int]]:
    """What each item describes, by references `cdsc` (8.11.12)."""
    width = 4 if reader.number(box.body, 1) else 2
    out = dict[int, frozenset[int]]()
    for entry in reader.children(box, 4):
        targets = min(reader.number(entry.body + width, 2), (entry.stop - entry.body) // width)
        if entry.kind == _DESCRIBES:
            at = entry.body + width + 2
            found = frozenset(reader.number(at + width * index, width) for index in range(targets))
            number = reader.number(entry.body, width)
            out[number] = out.get(number, frozenset()) | found
    return out


def _check_media(reader: BoxReader, found: Heif) -> None:
    """Every item lies in the file, or the file was cut between two boxes."""
    if found.moov is not None:
        movie.check_media(reader, found.moov)
    for items in found.every:
        for item in items.locations.items:
            if any(not start <= stop <= len(reader.data) for start, stop in spans(reader, items, item) or ()):
                reader.wrong(why("缺少条目数据", "data of an item"))


def spans(reader: BoxReader, items: Items, item: Item) -> Spans | None:
    """Where the bytes of an item stand; nothing where they are in another file or built from another item."""
    origin = item.origin(items.idat)
    if origin is None:
        return None
    starts = [(origin + item.base + extent.offset, extent.length) for extent in item.extents]
    return tuple((start, start + length if length else len(reader.data)) for start, length in starts)


def contents(data: Buffer) -> tuple[bytes, ...]:
    """What every item holds, the picture's first, stretch by stretch, where it stands in this file; for comparing."""
    reader = BoxReader(data, "HEIF")
    stretches = (
        stretch
        for items in remains(reader).every
        for item in items.locations.items
        for stretch in spans(reader, items, item) or ()
    )
    return tuple(data[start:stop] for start, stop in stretches)


def edited(
    reader: BoxReader, found: Heif, replaced: Mapping[Spans, bytes], packet: bytes | None, others: Iterable[Change]
) -> Pieces:
    """The file with other content where items stand and, where given, a new XMP item that describes the primary one.

    Raises `Immovable`, and the reader's damage.
    """
    if reader.damage is not None:
        raise reader.damage
    _check_shared(reader, found, replaced)
    changes = [change for where, new in replaced.items() for change in _replaced(reader, found, where, new)]
    for items in found.every:
        number = 0
        if packet is not None and items is found.picture:
            number = _free_number(items)
            changes += _added(reader, found, items, number, packet)
        changes.append(_located(reader, items, replaced, number, len(packet or b"")))
    return movie.edited(reader, found.top, [*changes, *others])


def _located(reader: BoxReader, items: Items, replaced: Mapping[Spans, bytes], number: int, length: int) -> Change:
    """The `iloc` of items with their new places and lengths and, where numbered, of one more at the end of the file."""
    kept = (_resized(reader, items, item, replaced) for item in items.locations.items)
    like = replace(items.locations, items=tuple(kept))
    if not number:
        return iloc.written(reader, items.boxes[b"iloc"], like, lambda shift: _moved(items, like, shift))
    roomy = _with_room(like)
    new = Item(number, iloc.IN_FILE, 0, 0, (Extent(0, length),))

    def make(shift: Shift) -> Locations:
        box = _moved(items, roomy, shift)
        at = shift.placed(len(reader.data)) + 8
        return replace(box, items=(*box.items, _at(new, at, box)))

    return iloc.written(reader, items.boxes[b"iloc"], replace(roomy, items=(*roomy.items, new)), make)


def _moved(items: Items, box: Locations, shift: Shift) -> Locations:
    return iloc.shifted(box, shift, items.idat)


def _check_shared(reader: BoxReader, found: Heif, replaced: Mapping[Spans, bytes]) -> None:
    """Refuse to change bytes that something else shares in part; what shares them whole changes with them."""
    own = [span for where in replaced for span in where]
    every = (spans(reader, items, item) or () for items in found.every for item in items.locations.items)
    rest = {span for where in every if where not in replaced for span in where}
    if any(start < end and begin < stop for start, stop in own for begin, end in rest):
        raise Immovable(format=reader.name, **why("条目共用数据", "items that share bytes"))


def _replaced(reader: BoxReader, found: Heif, where: Spans, new: bytes) -> Iterator[Change]:
    """New content in the first stretch of an item, and nothing in its others."""
    for start, stop in where:
        yield changed(start, stop, new, _around(reader, found, start, stop))
        new = b""


def _around(reader: BoxReader, found: Heif, start: int, stop: int) -> Box:
    """The box of data that holds these bytes."""
    for box in (*found.top, *(box for items in found.every for box in items.boxes.values())):
        if box.kind in {b"mdat", b"idat"} and box.body <= start and stop <= box.stop:
            return box
    raise Immovable(format=reader.name, **why("元数据不在 mdat 或 idat 内", "metadata outside of mdat and idat"))


def _resized(reader: BoxReader, items: Items, item: Item, replaced: Mapping[Spans, bytes]) -> Item:
    """An item whose new content stands in its first stretch, as its only one."""
    new = replaced.get(spans(reader, items, item) or ())
    return item if new is None else replace(item, extents=(replace(item.extents[0], length=len(new)),))


def _free_number(items: Items) -> int:
    used = {info.number for info in items.infos} | {item.number for item in items.locations.items}
    return next(number for number in count(1) if number not in used | {items.primary})


def _with_room(box: Locations) -> Locations:
    """The locations with fields that can hold the position and the length of a further item."""
    offset = box.offset_width or (0 if box.base_width else 4)
    return replace(box, offset_width=offset, length_width=box.length_width or 4)


def _at(item: Item, at: int, box: Locations) -> Item:
    """The item at a position, which stands in its base where there is one: some tools move both, or a base of 0."""
    if box.base_width or not box.offset_width:
        return replace(item, base=at)
    return replace(item, extents=(replace(item.extents[0], offset=at),))


def _added(reader: BoxReader, found: Heif, items: Items, number: int, packet: bytes) -> Iterator[Change]:
    """A new item with what it is, what it describes and, in a box at the end of the file, its content."""
    if not items.primary or b"iinf" not in items.boxes:
        raise Immovable(format=reader.name, **why("没有主图像", "no primary picture"))
    every = (item for one in found.every for item in one.locations.items if item.method == iloc.IN_FILE)
    if any(not extent.length for item in every for extent in item.extents):
        raise Immovable(format=reader.name, **why("条目一直到文件末尾", "an item up to the end of the file"))
    yield from _new_info(reader, items.boxes[b"iinf"], number)
    yield _new_reference(reader, items, number)
    last = found.top[-1]
    if not last.width:  # a box up to the end of the file needs a size now
        yield changed(last.start, last.start + 4, unsigned(last.stop - last.start, 4, reader.name), None)
    end = len(reader.data)
    yield changed(end, end, encoded(b"mdat", packet), None)


def _new_info(reader: BoxReader, box: Box, number: int) -> Iterator[Change]:
    width = 4 if reader.number(box.body, 1) else 2
    entries = reader.children(box, 4 + width)
    at = entries[-1].stop if entries else box.body + 4 + width
    # 8.11.6.2, version 2: number, no protection, kind, name, content type.
    fields = (b"\x02\x00\x00\x00", unsigned(number, 2, reader.name), bytes(2), b"mimeXMP\x00", XMP_TYPE + b"\x00")
    total = reader.number(box.body + 4, width) + 1
    yield changed(box.body + 4, box.body + 4 + width, unsigned(total, width, reader.name), None)
    yield changed(at, at, encoded(b"infe", *fields), box)


def _new_reference(reader: BoxReader, items: Items, number: int) -> Change:
    box = items.boxes.get(b"iref")
    version = reader.number(box.body, 1) if box else int(items.primary > 0xFFFF)
    width = 4 if version else 2
    fields = (unsigned(number, width, reader.name), b"\x00\x01", unsigned(items.primary, width, reader.name))
    new = encoded(_DESCRIBES, *fields)
    if box is not None:
        return changed(box.stop, box.stop, new, box)
    at = max(one.stop for one in items.boxes.values())
    return changed(at, at, encoded(b"iref", bytes((version, 0, 0, 0)), new), items.meta)
