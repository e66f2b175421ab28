"""Pages of a TIFF written anew: other pixels among the fields that say something else (TIFF 6.0 section 2).

Nothing of the old pixels stays in the file, as it would behind an appended directory.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sealmark.media.errors import Damaged
from sealmark.media.image import tiff
from sealmark.media.image.tiff import Container, Directory, Entry, Layout

# What tells how pixels are coded, and nothing else: TIFF 6.0 sections 8, 10 to 22; JPEG's tables (Technical Note 2).
_STRIPS, _TILES = (0x0111, 0x0117), (0x0144, 0x0145)
_PLACES = frozenset((*_STRIPS, *_TILES))
CODING = _PLACES | frozenset(
    (
        *(0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0107, 0x010A, 0x0115, 0x0116, 0x0118, 0x0119, 0x011C),
        *(0x0120, 0x0121, 0x0122, 0x0123, 0x0124, 0x0125, 0x013D, 0x0140, 0x0142, 0x0143, 0x014C, 0x014D, 0x014E),
        *(0x0150, 0x0152, 0x0153, 0x0154, 0x0155, 0x015B, 0x0200, 0x0201, 0x0202, 0x0203, 0x0205, 0x0207, 0x0208),
        *(0x0209, 0x0211, 0x0212, 0x0213, 0x0214),
    )
)
# Directories within one: EXIF, GPS, and interoperability within EXIF (EXIF 2.3, 4.6.3).
_NESTED = frozenset((0x8769, 0x8825, 0xA005))
# Smaller pictures of a page (TIFF Technical Note 1), which would be unmarked copies of it.
_COPIES = frozenset((0x014A,))
_ORIENTATION = 0x0112
# TIFF 6.0 section 8: how many dots stand in which unit.
_DENSITY = frozenset((0x011A, 0x011B, 0x0128))
_LONG, _LONG8 = 4, 16
# Bytes of the numbers in a value, by type: they are turned where the order of bytes is.
_UNITS = {3: 2, 8: 2, 4: 4, 9: 4, 11: 4, 13: 4, 5: 4, 10: 4, 12: 8, 16: 8, 17: 8, 18: 8}


@dataclass(frozen=True, slots=True)
class _Field:
    """One field: tag, type, and its value in the order of bytes of the file, or the fields of its directory."""

    tag: int
    kind: int
    value: bytes
    nested: tuple["_Field", ...] = ()


def alone(data: bytes, container: Container, page: Directory) -> bytes:
    """One page as a file of its own, with nothing but what its pixels need."""
    fields = [one for one in _fields(data, container.layout, page) if one.tag in CODING - _PLACES]
    return _written(container.layout, [(fields, *_pixels(data, container.layout, page))])


def rebuilt(data: bytes, container: Container, pages: Sequence[tuple[Directory, bytes]], *, fresh: bool) -> bytes:
    """A file of these pages, each with the pixels of a file of one page; of a fresh one only the density stays."""
    layout = replace(container.layout, order="little")
    made = [(_merged(data, container.layout, page, new, fresh=fresh), *_new_pixels(new)) for page, new in pages]
    return _written(layout, made)


def _merged(data: bytes, layout: Layout, page: Directory, new: bytes, *, fresh: bool) -> list[_Field]:
    """The old page's words about the new one's pixels."""
    fields = [_little(one, layout) for one in _fields(data, layout, page)]
    kept = [one for one in fields if one.tag in _DENSITY or (not fresh and one.tag not in CODING)]
    other = tiff.parse(new)
    coding = [one for one in _fields(new, other.layout, other.pages[0]) if one.tag in CODING - _PLACES]
    return [*kept, *coding]


def _fields(data: bytes, layout: Layout, page: Directory, depth: int = 0) -> Iterator[_Field]:
    """The fields of a directory with those of the directories in it."""
    for entry in page.entries:
        kind, value = entry.kind, data[entry.value.start : entry.value.stop]
        if entry.tag in _NESTED and depth < 2 and value:
            nested = _directory(data, layout, layout.number(value, 0, len(value)))
            if nested is not None:
                yield _Field(entry.tag, kind, b"", tuple(_fields(data, layout, nested, depth + 1)))
        elif value and kind not in {13, 18} and entry.tag not in _COPIES | _NESTED:
            yield _Field(entry.tag, kind, value)


def _directory(data: bytes, layout: Layout, at: int) -> Directory | None:
    """A directory that another points at; nothing where it is not whole."""
    try:
        return tiff.directory(data, layout, at)
    except Damaged:
        return None


def _little(field: _Field, layout: Layout) -> _Field:
    """The field with its numbers in the order from the least byte."""
    unit = _UNITS.get(field.kind, 1) if layout.order == "big" else 1
    value = field.value
    if unit > 1:
        value = b"".join(value[at : at + unit][::-1] for at in range(0, len(value), unit))
    return replace(field, value=value, nested=tuple(_little(one, layout) for one in field.nested))


def _pixels(data: bytes, layout: Layout, page: Directory) -> tuple[tuple[int, int], list[bytes]]:
    """The strips or tiles of a page, and the tags that say where they are."""
    tags = _TILES if page.find(_TILES[0]) else _STRIPS
    starts, sizes = (tiff.numbers(data, layout, page.find(tag)) for tag in tags)
    return tags, [data[start : start + size] for start, size in zip(starts, sizes, strict=False)]


def _new_pixels(new: bytes) -> tuple[tuple[int, int], list[bytes]]:
    container = tiff.parse(new)
    return _pixels(new, container.layout, container.pages[0])


def upright(data: bytes, container: Container, page: Directory) -> int:
    """How a page is turned for display, in EXIF's numbers."""
    entry = page.find(_ORIENTATION)
    return number(data, container, entry) if entry else 1


def number(data: bytes, container: Container, entry: Entry | None) -> int:
    """The first number of an entry; 0 where there is none."""
    return next(iter(tiff.numbers(data, container.layout, entry)), 0)


def _written(layout: Layout, pages: Iterable[tuple[list[_Field], tuple[int, int], list[bytes]]]) -> bytes:
    """A file of pages: strips, values, directory, each behind the other."""
    out = bytearray(_header(layout))
    link = layout.header
    for fields, tags, strips in pages:
        places = b"".join(layout.written(_put(out, layout, strip), layout.width) for strip in strips)
        sizes = b"".join(layout.written(len(strip), layout.width) for strip in strips)
        kind = _LONG if layout.width == 4 else _LONG8
        at = _put_directory(out, layout, [*fields, _Field(tags[0], kind, places), _Field(tags[1], kind, sizes)])
        out[link : link + layout.width] = layout.written(at, layout.width)
        link = len(out) - layout.width
    return bytes(out)


def _header(layout: Layout) -> bytes:
    """Order of bytes and version, and room for the place of the first directory."""
    order = b"II" if layout.order == "little" else b"MM"
    if layout.width == 4:
        return order + layout.written(42, 2) + bytes(4)
    return order + layout.written(43, 2) + layout.written(8, 2) + bytes(10)


def _put(out: bytearray, layout: Layout, value: bytes) -> int:
    """Write a value on a boundary of numbers; where it stands."""
    out += bytes(-len(out) % layout.header)
    out += value
    return len(out) - len(value)


def _put_directory(out: bytearray, layout: Layout, fields: list[_Field]) -> int:
    """Write a directory, the last thing so far, with no other behind it; where it stands."""
    entries = [_entry(out, layout, one) for one in sorted(fields, key=lambda one: one.tag)]
    count = layout.written(len(entries), layout.count)
    return _put(out, layout, b"".join((count, *entries, bytes(layout.width))))


def _entry(out: bytearray, layout: Layout, field: _Field) -> bytes:
    """An entry whose value is written, unless it has room in it."""
    value = field.value
    if field.nested:
        value = layout.written(_put_directory(out, layout, list(field.nested)), tiff.WIDTHS[field.kind])
    count = len(value) // tiff.WIDTHS[field.kind]
    head = layout.written(field.tag, 2) + layout.written(field.kind, 2) + layout.written(count, layout.width)
    if len(value) <= layout.width:
        return head + value.ljust(layout.width, b"\x00")
    return head + layout.written(_put(out, layout, value), layout.width)
