"""Tables of positions in an ISO base media file, written anew where the bytes that they point at have moved."""

import struct
from dataclasses import dataclass, replace

from sealmark.errors import why
from sealmark.media.containers.boxedit import Change, Shift
from sealmark.media.containers.isobmff import Box, BoxReader, encoded
from sealmark.media.errors import Immovable

# Entries of one table: the chunks of a film of days. Larger ones are not read.
_MOST_ENTRIES = 1 << 23
_AT_ONCE = 1 << 16
_CODES = {4: "I", 8: "Q"}


class TooNarrowError(Exception):
    """A table of 32-bit chunk offsets has to become one of 64 bits."""

    def __init__(self, box: Box) -> None:
        super().__init__()
        self.box = box


@dataclass(frozen=True, slots=True)
class Fields:
    """Positions in a box: `count` numbers of `width` bytes, one every `stride` bytes from `at` on."""

    box: Box
    at: int
    count: int
    width: int
    stride: int


def checked(reader: BoxReader, rows: Fields) -> Fields:
    """The fields of a table; none, and the reader's damage, where they leave their box."""
    if rows.at <= rows.box.stop and rows.count <= min((rows.box.stop - rows.at) // rows.stride, _MOST_ENTRIES):
        return rows
    reader.wrong(why("位置表", "table of positions"))
    return replace(rows, count=0)


def chunk_offsets(reader: BoxReader, box: Box) -> Fields:
    """The entries of `stco` or `co64` (ISO/IEC 14496-12, 8.7.5)."""
    width = 4 if box.kind == b"stco" else 8
    return checked(reader, Fields(box, box.body + 8, reader.number(box.body + 4), width, width))


def auxiliary_offsets(reader: BoxReader, box: Box) -> Fields:
    """The entries of a `saio` in a sample table: version and flags, then a type where flag 1 is set (8.7.9)."""
    head = reader.number(box.body)
    at, width = box.body + (12 if head & 1 else 4), 8 if head >> 24 else 4
    return checked(reader, Fields(box, at + 4, reader.number(at), width, width))


def base_offset(reader: BoxReader, box: Box) -> Fields:
    """The base data offset of a `tfhd`, behind flags and track, where flag 1 announces it (8.8.7)."""
    return checked(reader, Fields(box, box.body + 8, reader.number(box.body) & 1, 8, 8))


def random_access(reader: BoxReader, box: Box) -> Fields:
    """The offsets of fragments in a `tfra`, each between a time and three short numbers (8.8.10)."""
    width = 8 if reader.number(box.body, 1) else 4
    lengths = reader.number(box.body + 8)
    stride = 2 * width + sum((lengths >> bits & 3) + 1 for bits in (0, 2, 4))
    count = reader.number(box.body + 12)
    whole = checked(reader, Fields(box, box.body + 16, count, width, stride))
    return replace(whole, at=whole.at + width)


def moved(reader: BoxReader, rows: Fields, *, may_widen: bool = False) -> Change:
    """Every position moved along; raises `Immovable`, or `TooNarrowError` for what may be widened."""
    stop = rows.at + rows.count * rows.stride - (rows.stride - rows.width) * (rows.count > 0)

    def make(shift: Shift) -> bytes:
        try:
            return _written(reader, rows, stop, shift, rows.width)
        except (OverflowError, struct.error):
            if may_widen:
                raise TooNarrowError(rows.box) from None
            reason = why("位置超出字段范围", "a position leaves its field")
            raise Immovable(format=reader.name, **reason) from None

    return Change(rows.at, stop, stop - rows.at, make, rows.box)


def widened(reader: BoxReader, rows: Fields) -> Change:
    """An `stco` that becomes a `co64`."""
    box, stop = rows.box, rows.at + 4 * rows.count
    head = reader.data[box.body : rows.at]

    def make(shift: Shift) -> bytes:
        return encoded(b"co64", head, _written(reader, rows, stop, shift, 8))

    return Change(box.start, box.stop, 16 + 8 * rows.count, make, box.parent)


def index(reader: BoxReader, box: Box) -> Change:
    """A segment index: distances from its own end, and the sizes that follow on each other (8.16.3)."""
    wide = reader.number(box.body, 1) > 0
    width, at = 8 if wide else 4, box.body + 12 + (8 if wide else 4)
    rows = checked(reader, Fields(box, at + width + 4, reader.number(at + width + 2, 2), 4, 12))
    stop = rows.at + 12 * rows.count

    def make(shift: Shift) -> bytes:
        start = box.stop + reader.number(at, width)
        new = [_fitted(shift.moved(start) - shift.placed(box.stop), 8 * width, reader.name).to_bytes(width, "big")]
        new.append(reader.data[at + width : rows.at])
        for entry in range(rows.at, stop, 12):
            word = reader.number(entry)
            end = start + (word & 0x7FFFFFFF)  # the highest bit tells what is referred to
            size = _fitted(shift.moved(end) - shift.moved(start), 31, reader.name)
            new += [(word & 1 << 31 | size).to_bytes(4, "big"), reader.data[entry + 4 : entry + 12]]
            start = end
        return b"".join(new)

    return Change(at, stop, stop - at, make, box)


def _fitted(number: int, bits: int, name: str) -> int:
    if not 0 <= number < 1 << bits:
        raise Immovable(format=name, **why("位置超出字段范围", "a position leaves its field"))
    return number


def _written(reader: BoxReader, rows: Fields, stop: int, shift: Shift, width: int) -> bytes:
    """The moved fields in so many bytes each; raises `OverflowError` or `struct.error` where one is too large."""
    step = rows.stride * _AT_ONCE
    blocks = (reader.data[at : min(at + step, stop)] for at in range(rows.at, stop, step))
    if rows.stride == rows.width:
        return b"".join(_plain(block, rows.width, shift, width) for block in blocks)
    return b"".join(_strided(block, rows, shift) for block in blocks)


def _plain(block: bytes, width: int, shift: Shift, new: int) -> bytes:
    count = len(block) // width
    offsets = struct.unpack(f">{count}{_CODES[width]}", block)
    return struct.pack(f">{count}{_CODES[new]}", *map(shift.moved, offsets))


def _strided(block: bytes, rows: Fields, shift: Shift) -> bytes:
    out = bytearray(block)
    for at in range(0, len(block), rows.stride):
        offset = int.from_bytes(block[at : at + rows.width], "big")
        out[at : at + rows.width] = shift.moved(offset).to_bytes(rows.width, "big")
    return bytes(out)
