"""An edited ZIP archive: changed entries in their places, new ones behind, all others as their raw bytes."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sealmark.media.containers.archive import (
    DEFLATED,
    DESCRIBED,
    END,
    END64,
    LOCAL,
    LOCATOR,
    RECORD,
    STORED,
    WIDE,
    WIDE_FIELD,
    Archive,
    Entry,
    fields,
)
from sealmark.media.errors import TooLarge
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Pieces, Span

_VERSION = 20  # 4.4.3.2: deflated
_NEW_YEAR_1980 = 0x0021  # 4.4.6: the first day that a ZIP can say, so that one writing is like another
_UTF8 = 0x0800  # 4.4.4, bit 11
_DEFLATION = 0x0006  # 4.4.4, bits 1 and 2: how hard a writer tried
_PADDING_FIELD = 0x1986  # the extra field of USD's own writer, which aligns data so


@dataclass(frozen=True, slots=True)
class _Placed:
    """One entry of the new archive: what stands for it, and its record in the directory but for the place."""

    pieces: Pieces
    record: bytes
    start: int

    def located(self) -> bytes:
        """The record with the place; raises `TooLarge` where the place needs a zip64 field that is not there."""
        at, width = _offset_place(self.record)
        if self.start >= 1 << (8 * width):
            raise TooLarge(limit=WIDE)
        return self.record[:at] + self.start.to_bytes(width, "little") + self.record[at + width :]


def edit(data: bytes, archive: Archive, changes: Mapping[str, bytes], alignment: int = 1) -> Pieces:
    """The archive with these contents for the entries of these names; names that are new come last, in order.

    Data of stored entries begins at a multiple of `alignment` bytes (USDZ: 64). A changed entry keeps its method,
    date and attributes. Raises `TooLarge` beyond what an archive holds.
    """
    placed = list(_placed(data, archive, changes, alignment))
    # The directory keeps its own order, which need not be that of the data.
    ordered = sorted(archive.entries, key=lambda entry: entry.start)
    rank = {entry.start: number for number, entry in enumerate(ordered)}
    known = [placed[rank[entry.start]] for entry in archive.entries]
    records = [one.located() for one in (*known, *placed[len(known) :])]
    at = placed[-1].start + sum(map(len, placed[-1].pieces)) if placed else archive.directory
    if len(records) > MOST_PARTS:
        raise TooLarge(limit=MOST_PARTS)
    directory = b"".join(records)
    closing = _closing(data, archive, len(records), at, len(directory))
    body = (piece for one in placed for piece in one.pieces)
    return tuple(_merged((*body, directory, *closing)))


def _placed(data: bytes, archive: Archive, changes: Mapping[str, bytes], alignment: int) -> Iterator[_Placed]:
    at = 0
    ordered = sorted(archive.entries, key=lambda entry: entry.start)
    nexts = [*(entry.start for entry in ordered[1:]), archive.directory]
    for entry, stop in zip(ordered, nexts, strict=True):
        pieces: Pieces = (Span(entry.start, stop),)
        record = entry.record
        if entry.name in changes:
            head, record, packed = _changed(data, entry, changes[entry.name])
            pieces = (_aligned(head, at, alignment, entry.method), packed)
        elif alignment > 1 and entry.method == STORED and (at + entry.body - entry.start) % alignment:
            head = data[entry.start : entry.body]
            pieces = (_aligned(head, at, alignment, STORED), Span(entry.body, stop))
        yield _Placed(pieces, record, at)
        at += sum(map(len, pieces))
    method = DEFLATED if any(entry.method == DEFLATED for entry in ordered) else STORED
    names = {entry.name for entry in ordered}
    for name, content in changes.items():
        if name not in names:
            head, record, packed = _new(name, content, method)
            pieces = (_aligned(head, at, alignment, method), packed)
            yield _Placed(pieces, record, at)
            at += sum(map(len, pieces))


def _changed(data: bytes, entry: Entry, content: bytes) -> tuple[bytes, bytes, bytes]:
    """The local header, the record and the data of an entry with another content."""
    method = STORED if entry.method == STORED else DEFLATED
    packed = _packed(content, method)
    numbers = (zlib.crc32(content), len(packed), len(content))
    record = RECORD.unpack_from(entry.record)
    made, needed, _, _, time, date = record[1:7]
    name_size, extra_size, comment_size, _, *attributes = record[10:16]
    stamp = (entry.flags & ~(DESCRIBED | _DEFLATION), method, time, date)
    name_end = RECORD.size + name_size
    name = entry.record[RECORD.size : name_end]
    extra = _bare(entry.record[name_end : name_end + extra_size])
    head = _local(needed, stamp, numbers, name, _bare(data[entry.start + LOCAL.size + name_size : entry.body]))
    lengths = (name_size, len(extra), comment_size)
    fixed = RECORD.pack(b"PK\x01\x02", made, needed, *stamp, *numbers, *lengths, 0, *attributes, 0)
    return head, fixed + name + extra + entry.record[name_end + extra_size :], packed


def _new(name: str, content: bytes, method: int) -> tuple[bytes, bytes, bytes]:
    """The local header, the record and the data of an entry that was not there."""
    packed, written = _packed(content, method), name.encode()
    stamp = (0 if name.isascii() else _UTF8, method, 0, _NEW_YEAR_1980)
    numbers = (zlib.crc32(content), len(packed), len(content))
    head = _local(_VERSION, stamp, numbers, written, b"")
    fixed = RECORD.pack(b"PK\x01\x02", _VERSION, _VERSION, *stamp, *numbers, len(written), 0, 0, 0, 0, 0, 0)
    return head, fixed + written, packed


def _local(
    needed: int, stamp: tuple[int, int, int, int], numbers: tuple[int, int, int], name: bytes, extra: bytes
) -> bytes:
    return LOCAL.pack(b"PK\x03\x04", needed, *stamp, *numbers, len(name), len(extra)) + name + extra


def _packed(content: bytes, method: int) -> bytes:
    if method == STORED:
        return content
    pack = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return pack.compress(content) + pack.flush()


def _bare(extra: bytes, without: int = WIDE_FIELD) -> bytes:
    """The extra fields but one kind."""
    return b"".join(extra[start - 4 : stop] for kind, start, stop in fields(extra) if kind != without)


def _aligned(head: bytes, at: int, alignment: int, method: int) -> bytes:
    """A local header at a place, padded so that stored data behind it begins at a multiple of the alignment."""
    if alignment == 1 or method != STORED:
        return head
    *fixed, name_size, _ = LOCAL.unpack_from(head)
    name_end = LOCAL.size + name_size
    extra = _bare(head[name_end:], _PADDING_FIELD)
    missing = -(at + name_end + len(extra)) % alignment
    if missing:
        missing += alignment if missing < 4 else 0  # 4.5.1: a field's own head takes four bytes
        extra += struct.pack("<2H", _PADDING_FIELD, missing - 4) + bytes(missing - 4)
    return LOCAL.pack(*fixed, name_size, len(extra)) + head[LOCAL.size : name_end] + extra


def _offset_place(record: bytes) -> tuple[int, int]:
    """Where in a record the place of its entry stands, and in how many bytes."""
    packed, size, name_size, extra_size = (RECORD.unpack_from(record)[index] for index in (8, 9, 10, 11))
    if RECORD.unpack_from(record)[16] != WIDE:
        return RECORD.size - 4, 4
    base = RECORD.size + name_size
    for kind, start, stop in fields(record[base : base + extra_size]):
        at = start + 8 * ((size == WIDE) + (packed == WIDE))  # 4.5.3: only what is missing elsewhere, in this order
        if kind == WIDE_FIELD and at + 8 <= stop:
            return base + at, 8
    return RECORD.size - 4, 4


def _closing(data: bytes, archive: Archive, count: int, start: int, size: int) -> tuple[bytes, ...]:
    """The records behind the directory with the new numbers, and whatever stands behind the archive."""
    closing, tail = data[archive.end : archive.tail], data[archive.tail :]
    at = 0 if closing[:4] == b"PK\x05\x06" else END64.unpack_from(closing)[1] + 12 + LOCATOR.size
    wide = _wide_closing(closing[:at], count, start, size)
    old = END.unpack_from(closing, at)
    numbers = tuple(
        most if wide and number == most else min(new, most)
        for number, new, most in zip(old[3:7], (count, count, size, start), (0xFFFF, 0xFFFF, WIDE, WIDE), strict=True)
    )
    if not wide and (count > 0xFFFE or start + size >= WIDE):
        raise TooLarge(limit=WIDE)
    end = END.pack(b"PK\x05\x06", 0, 0, *numbers, old[7])
    return wide, end, closing[at + END.size :], tail


def _wide_closing(closing: bytes, count: int, start: int, size: int) -> bytes:
    """The zip64 record and its locator with the new numbers, or nothing where there are none."""
    if not closing:
        return b""
    old = END64.unpack_from(closing)
    record = END64.pack(*old[:6], count, count, size, start)
    extensible = closing[END64.size : len(closing) - LOCATOR.size]
    return record + extensible + LOCATOR.pack(b"PK\x06\x07", 0, start + size, 1)


def _merged(pieces: Iterator[bytes | Span] | tuple[bytes | Span, ...]) -> Iterator[bytes | Span]:
    """The pieces with spans that touch made one, and without empty ones."""
    last: Span | None = None
    for piece in pieces:
        if isinstance(piece, Span) and last is not None and piece.start == last.stop:
            last = Span(last.start, piece.stop)
            continue
        if last is not None:
            yield last
        last = piece if isinstance(piece, Span) else None
        if isinstance(piece, bytes) and piece:
            yield piece
    if last is not None:
        yield last
