"""TIFF and BigTIFF: directories of entries, anywhere in the file (TIFF 6.0 section 2; BigTIFF).

A file is edited by a new first directory behind its end: every offset in it stays true.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format
from sealmark.media.image.exif import EXIF_POINTER, USER_COMMENT, Order
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Span

_ORDERS: dict[bytes, Order] = {b"II": "little", b"MM": "big"}
_CLASSIC, _BIG = 42, 43
# XMP specification part 3, 1.1.8; TIFF 6.0 section 8 and 15: where strips or tiles lie, and how long they are.
XMP = 0x02BC
_PICTURE = ((0x0111, 0x0117), (0x0144, 0x0145))
# TIFF 6.0 section 2: bytes of one value, by type (13 and above: supplements, BigTIFF).
UNDEFINED = 7
WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
# Entries of all directories together.
_MOST_ENTRIES = 1 << 17
# Strips and tiles of all directories together: those of an honest file are thousands.
_MOST_STRIPS = 1 << 20
# Canon's raw files have a second signature behind the header, and offsets that only their maker knows.
_CANON = b"CR"


@dataclass(frozen=True, slots=True)
class Layout:
    """How numbers are written: `order` of bytes, and the `width` in bytes of offsets, 4 or 8."""

    order: Order
    width: int

    @property
    def count(self) -> int:
        """Bytes of a directory's number of entries."""
        return 2 if self.width == 4 else 8

    @property
    def entry(self) -> int:
        """Bytes of an entry: tag, type, count, and the value or where it is."""
        return 4 + 2 * self.width

    @property
    def fields(self) -> str:
        """An entry's four fields, for `struct`: the last one as bytes."""
        return ("<" if self.order == "little" else ">") + ("HHI4s" if self.width == 4 else "HHQ8s")

    @property
    def header(self) -> int:
        """Where the header keeps the offset of the first directory."""
        return 4 if self.width == 4 else 8

    def number(self, data: bytes, at: int, width: int) -> int:
        """The number at an offset."""
        return int.from_bytes(data[at : at + width], self.order)

    def written(self, number: int, width: int) -> bytes:
        """A number's bytes."""
        return number.to_bytes(width, self.order)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its tag, its type, where its value lies in the file, and its bytes."""

    tag: int
    kind: int
    value: Span
    raw: bytes


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: its span in the file, its entries, and the offset of the next one (0: none)."""

    place: Span
    entries: tuple[Entry, ...]
    following: int

    def find(self, tag: int) -> Entry | None:
        """The first entry with a tag."""
        return next((entry for entry in self.entries if entry.tag == tag), None)


@dataclass(frozen=True, slots=True)
class Container:
    """How the file is written, and its directories, of which each is a page or a smaller picture of one."""

    layout: Layout
    pages: tuple[Directory, ...]


def _layout(data: bytes) -> Layout | None:
    order = _ORDERS.get(data[:2])
    version = int.from_bytes(data[2:4], order) if order else 0
    if order and version == _CLASSIC:
        return Layout(order, 4)
    # BigTIFF: the width of offsets, then zero.
    if order and version == _BIG and int.from_bytes(data[4:8], order) == 8 << (16 if order == "big" else 0):
        return Layout(order, 8)
    return None


def is_tiff(data: bytes) -> bool:
    """Whether the bytes begin with a TIFF header, and not with that of a Canon raw file."""
    return _layout(data) is not None and data[8:10] != _CANON


FORMAT = Format("tiff", "image", ("image/tiff", "image/x-adobe-dng"), ("tif", "tiff", "dng"), is_tiff)


def parse(data: bytes) -> Container:
    """The directories of a TIFF; raises `Damaged` where an offset leads out of the file or round in a circle."""
    return intact(remains(data))


def remains(data: bytes) -> tuple[Container, Damaged | None]:
    """The directories that stand whole, also of a damaged file, and the first thing that is wrong with it."""
    layout = _layout(data)
    if layout is None or not is_tiff(data):
        return Container(Layout("little", 4), ()), Damaged(format="TIFF", **why("文件头", "header"))
    pages: list[Directory] = []
    damage = None
    try:
        for page in _pages(data, layout):
            pages.append(page)
        if not pages:
            raise Damaged(format="TIFF", **why("没有图像目录", "no directory"))
        _check_packets(data, pages)
        _check_pictures(data, layout, pages)
    except Damaged as error:
        damage = error
    return Container(layout, tuple(pages)), damage


def _pages(data: bytes, layout: Layout) -> Iterator[Directory]:
    """The chain of directories."""
    at, seen, entries = layout.number(data, layout.header, layout.width), set[int](), 0
    while at:
        if at in seen or len(seen) > MOST_PARTS:
            raise Damaged(format="TIFF", **why("目录循环", "directories in a circle"))
        seen.add(at)
        page = directory(data, layout, at)
        entries += len(page.entries)
        if entries > _MOST_ENTRIES:
            raise Damaged(format="TIFF", **why("目录项太多", "too many entries"))
        yield page
        at = page.following


def directory(data: bytes, layout: Layout, at: int) -> Directory:
    """The directory at an offset; raises `Damaged` where it or a value of it leaves the file."""
    number = layout.number(data, at, layout.count)
    start = at + layout.count
    stop = start + number * layout.entry
    if at < 8 or number > MOST_PARTS or stop + layout.width > len(data):
        raise Damaged(format="TIFF", **why("图像目录", "directory"))
    following = layout.number(data, stop, layout.width)
    return Directory(Span(at, stop + layout.width), tuple(_entries(data, layout, Span(start, stop))), following)


def _entries(data: bytes, layout: Layout, place: Span) -> Iterator[Entry]:
    """The entries in a span; a value of a type that we do not know has no extent."""
    at, width = place.start, layout.width
    for tag, kind, count, field in struct.iter_unpack(layout.fields, data[place.start : place.stop]):
        length = WIDTHS.get(kind, 0) * count
        start = at + layout.entry - width if length <= width else int.from_bytes(field, layout.order)
        if start + length > len(data):
            raise Damaged(format="TIFF", **why("目录项超出文件", "entry beyond the file"))
        yield Entry(tag, kind, Span(start, start + length), data[at : at + layout.entry])
        at += layout.entry


def _check_packets(data: bytes, pages: list[Directory]) -> None:
    """Whether the packets of all pages can lie in the file beside each other."""
    spans = {entry.value for page in pages for entry in page.entries if entry.tag == XMP}
    if sum(map(len, spans)) > len(data):
        pages.clear()  # whoever reads them all would read the file over and over
        raise Damaged(format="TIFF", **why("XMP 数据重叠", "overlapping XMP packets"))


def _check_pictures(data: bytes, layout: Layout, pages: list[Directory]) -> None:
    """Whether all strips and tiles lie in the file."""
    left = _MOST_STRIPS
    for page in pages:
        for tags in _PICTURE:
            starts, sizes = (numbers(data, layout, page.find(tag), left) for tag in tags)
            left -= len(starts)
            if any(start + size > len(data) for start, size in zip(starts, sizes, strict=False)):
                raise Damaged(format="TIFF", **why("图像数据", "picture"))


def numbers(data: bytes, layout: Layout, entry: Entry | None, most: int = _MOST_STRIPS) -> list[int]:
    """The numbers of an entry, whose type is SHORT, LONG, IFD or one of BigTIFF's."""
    if entry is None or entry.kind not in {3, 4, 13, 16, 18}:
        return []
    width, place = WIDTHS[entry.kind], entry.value
    if len(place) > most * width:
        raise Damaged(format="TIFF", **why("图像数据块太多", "too many strips"))
    return [layout.number(data, at, width) for at in range(place.start, place.stop, width)]


def user_comment(data: bytes, container: Container) -> Span | None:
    """Where the EXIF user comment of the first page lies; a malformed EXIF directory has none."""
    pointer = container.pages[0].find(EXIF_POINTER) if container.pages else None
    if pointer is None:
        return None
    try:
        at = container.layout.number(data, pointer.value.start, len(pointer.value))
        comment = directory(data, container.layout, at).find(USER_COMMENT)
    except Damaged:
        return None
    return comment.value if comment else None


def appended(data: bytes, container: Container, packet: bytes) -> bytes:
    """The file with an XMP packet in its first directory, a copy of which stands with it behind everything else.

    Raises `OverflowError` where an offset has no room in the file's width of numbers.
    """
    layout, first = container.layout, container.pages[0]
    data = data[: first.place.start] if _is_last(data, container) else data
    # TIFF 6.0 section 2: a directory begins on a word boundary; of BigTIFF, on eight bytes.
    start = -(-len(data) // layout.header) * layout.header
    others = [entry.raw for entry in first.entries if entry.tag != XMP]
    at = next((i for i, raw in enumerate(others) if layout.number(raw, 0, 2) > XMP), len(others))
    length = layout.count + (len(others) + 1) * layout.entry + layout.width
    numbers = ((XMP, 2), (UNDEFINED, 2), (len(packet), layout.width), (start + length, layout.width))
    entry = b"".join(layout.written(*number) for number in numbers)
    count = layout.written(len(others) + 1, layout.count)
    copy = (count, *others[:at], entry, *others[at:], layout.written(first.following, layout.width))
    header = data[: layout.header] + layout.written(start, layout.width)
    return b"".join((header, memoryview(data)[len(header) :], bytes(start - len(data)), *copy, packet))


def _is_last(data: bytes, container: Container) -> bool:
    """Whether the file already ends with its first directory and the packet behind it, and nothing else lies there."""
    first, *others = container.pages
    packet = first.find(XMP)
    if packet is None or packet.value != Span(first.place.stop, len(data)):
        return False
    entries = (entry for page in container.pages for entry in page.entries if entry is not packet)
    outside = all(entry.value.stop <= first.place.stop for entry in entries)
    return outside and all(page.place.stop <= first.place.start for page in others)
