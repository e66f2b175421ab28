"""Item locations: where in the file the items of a `meta` box stand (ISO/IEC 14496-12, 8.11.3)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from sealmark.errors import why
from sealmark.media.containers.boxedit import Change, Shift, unsigned
from sealmark.media.containers.isobmff import Box, BoxReader
from sealmark.media.limits import MOST_PARTS

# 8.11.3.3: construction methods.
IN_FILE, IN_IDAT, IN_ITEM = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Extent:
    """One stretch of an item: `offset` counts from the item's base, `length` 0 means to the end of the source."""

    offset: int
    length: int
    index: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """Where one item stands; `reference` 0 means this very file."""

    number: int
    method: int
    reference: int
    base: int
    extents: tuple[Extent, ...]

    def origin(self, idat: int) -> int | None:
        """Where its positions count from: this file, or its box `idat`; nothing for those in other items or files."""
        if self.method == IN_IDAT:
            return idat
        return 0 if self.method == IN_FILE and self.reference == 0 else None


@dataclass(frozen=True, slots=True)
class Locations:
    """The whole box: its version and flags, the widths in bytes of its fields, and its items."""

    version: int
    flags: int
    offset_width: int
    length_width: int
    base_width: int
    index_width: int
    items: tuple[Item, ...]


NOTHING = Locations(0, 0, 4, 4, 0, 0, ())


class _Fields:
    """Numbers of a box, one after another; what is beyond its end is damage."""

    def __init__(self, reader: BoxReader, box: Box) -> None:
        self._reader, self._body = reader, reader.data[box.body : box.stop]
        self._at = 0

    def next(self, width: int) -> int:
        self._at += width
        if self._at > len(self._body):
            self._reader.wrong(why("条目位置表 iloc", "item locations, iloc"))
        return int.from_bytes(self._body[self._at - width : self._at], "big")


def parse(reader: BoxReader, box: Box) -> Locations:
    """The locations in an `iloc`; where they are broken, those before, and the reader's damage."""
    field = _Fields(reader, box)
    head, widths = field.next(4), field.next(2)
    version = head >> 24
    if version > 2 or any(widths >> bits & 15 not in {0, 4, 8} for bits in (12, 8, 4, 0 if version else 4)):
        reader.wrong(why("条目位置表 iloc", "item locations, iloc"))
        return Locations(version, head & 0xFFFFFF, 4, 4, 4, 0, ())
    index = widths & 15 if version else 0
    empty = Locations(version, head & 0xFFFFFF, widths >> 12, widths >> 8 & 15, widths >> 4 & 15, index, ())
    count, items = field.next(4 if version == 2 else 2), list[Item]()
    left = [MOST_PARTS]
    while len(items) < count and reader.damage is None:
        items.append(_item(reader, field, empty, left))
    return replace(empty, items=tuple(items))


def _item(reader: BoxReader, field: _Fields, box: Locations, left: list[int]) -> Item:
    number = field.next(4 if box.version == 2 else 2)
    method = field.next(2) & 15 if box.version else IN_FILE
    reference, base, count = field.next(2), field.next(box.base_width), field.next(2)
    left[0] -= count + 1
    if left[0] < 0:
        reader.wrong(why("条目位置过多", "too many item locations"))
        return Item(number, method, reference, base, ())
    return Item(number, method, reference, base, tuple(_extent(field, box) for _ in range(count)))


def _extent(field: _Fields, box: Locations) -> Extent:
    index = field.next(box.index_width)
    return Extent(field.next(box.offset_width), field.next(box.length_width), index)


def build(box: Locations, name: str) -> bytes:
    """The content of an `iloc`; raises `Immovable` where a number is wider than its field."""
    widths = box.offset_width << 12 | box.length_width << 8 | box.base_width << 4 | box.index_width
    out = [(box.version << 24 | box.flags).to_bytes(4, "big"), widths.to_bytes(2, "big")]
    out.append(unsigned(len(box.items), 4 if box.version == 2 else 2, name))
    for item in box.items:
        out += _built(item, box, name)
    return b"".join(out)


def _built(item: Item, box: Locations, name: str) -> Iterator[bytes]:
    yield unsigned(item.number, 4 if box.version == 2 else 2, name)
    if box.version:
        yield item.method.to_bytes(2, "big")
    yield item.reference.to_bytes(2, "big")
    yield unsigned(item.base, box.base_width, name)
    yield len(item.extents).to_bytes(2, "big")
    for extent in item.extents:
        yield unsigned(extent.index, box.index_width, name)
        yield unsigned(extent.offset, box.offset_width, name)
        yield unsigned(extent.length, box.length_width, name)


def shifted(box: Locations, shift: Shift, idat: int) -> Locations:
    """The same items where they stand after an edit; `idat` is where the content of that box begins."""
    return replace(box, items=tuple(_shifted(item, box, shift, item.origin(idat)) for item in box.items))


def _shifted(item: Item, box: Locations, shift: Shift, origin: int | None) -> Item:
    if origin is None or not item.extents:
        return item
    starts = [origin + item.base + extent.offset for extent in item.extents]
    moves = [shift.moved(start) - start - shift.moved(origin) + origin for start in starts]
    # Where there is a base, it moves, so that its extents keep their few bytes.
    by = max(min(moves), -item.base) if box.base_width else 0
    extents = (replace(one, offset=one.offset + move - by) for one, move in zip(item.extents, moves, strict=True))
    return replace(item, base=item.base + by, extents=tuple(extents))


def moved(reader: BoxReader, meta: Box) -> Iterator[Change]:
    """The `iloc` of a `meta` box, with the same items where they stand after an edit outside of them."""
    boxes = reader.meta_children(meta)
    idat = next((box.body for box in boxes if box.kind == b"idat"), meta.stop)
    for box in boxes:
        if box.kind == b"iloc":
            found = parse(reader, box)
            yield written(reader, box, found, partial(shifted, found, idat=idat))


def written(reader: BoxReader, box: Box, like: Locations, make: Callable[[Shift], Locations]) -> Change:
    """An `iloc` that becomes one with as many items and extents as `like` has."""
    size = len(build(like, reader.name)) if reader.damage is None else box.stop - box.body
    return Change(box.body, box.stop, size, lambda shift: build(make(shift), reader.name), box)
