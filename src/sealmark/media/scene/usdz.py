"""USDZ: a ZIP of uncompressed files that begin at multiples of 64 bytes; the first is the layer (USDZ 1.3)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer, Pieces, Span, checksum

ALIGNED = 64
LAYERS = (b".usd", b".usda", b".usdc")
# APPNOTE 4.3: signatures, and the fixed parts of a local header, a central record and the end record.
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LOCAL_FORM = struct.Struct("<4s5H3I2H")
_CENTRAL_FORM = struct.Struct("<4s6H3I5H2I")
_END_FORM = struct.Struct("<4s4H2IH")
# Fields that only move the data to its place: USD's own, and that of three.js.
_PADDINGS = frozenset((0x1986, 0x3039))
_ENCRYPTED, _DESCRIBED = 1, 8
_MOST_CENTRAL = 1 << 24


@dataclass(frozen=True, slots=True)
class File:
    """One file: its central record with its name, and where its local header and its content stand."""

    record: tuple[int, ...]
    name: bytes
    rest: bytes
    extra: bytes
    start: int
    stop: int

    @property
    def size(self) -> int:
        """The content's size in bytes."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Archive:
    """The files in the order of their content, in which order the directory has them, and the archive's comment."""

    files: tuple[File, ...]
    order: tuple[int, ...]
    comment: bytes

    @property
    def layer(self) -> File:
        """The file that a reader opens."""
        return self.files[0]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a file that is read as if it were one: slices are bytes."""

    data: Buffer
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, part: slice) -> bytes:
        first, last, _ = part.indices(len(self))
        return self.data[self.start + first : self.start + max(first, last)]


def is_usdz(data: bytes) -> bool:
    """Whether the bytes begin as a ZIP whose first file is a layer that is not compressed."""
    if data[:4] != _LOCAL or len(data) < _LOCAL_FORM.size or data[8:10] != b"\x00\x00":
        return False
    length = int.from_bytes(data[26:28], "little")
    return data[_LOCAL_FORM.size : _LOCAL_FORM.size + length].lower().endswith(LAYERS)


FORMAT = Format("usdz", "scene", ("model/vnd.usdz+zip",), ("usdz",), is_usdz, mapped=True)


def parse(data: Buffer) -> Archive:
    """The files; raises `Damaged` where records contradict each other, or a file is compressed or encrypted."""
    try:
        return _parse(data)
    except (struct.error, IndexError):
        raise _damaged(why("目录", "directory")) from None


def _parse(data: Buffer) -> Archive:
    end, comment = _end(data)
    count, size, start = end[4], end[5], end[6]
    if end[1] or end[2] or count != end[3] or not 0 < count <= MOST_PARTS or size > _MOST_CENTRAL or not size:
        raise _damaged(why("目录", "directory"))
    directory = data[start : start + size]
    files, at = list[File](), 0
    for _ in range(count):
        one, at = _file(data, directory, at)
        files.append(one)
    order = sorted(range(count), key=lambda number: files[number].start)
    placed = tuple(files[number] for number in order)
    _check(placed, start)
    return Archive(placed, tuple(order.index(number) for number in range(count)), comment)


def _end(data: Buffer) -> tuple[tuple[int, ...], bytes]:
    """The end record and the comment, which are the last bytes of the file."""
    tail = data[max(0, len(data) - _END_FORM.size - 0xFFFF) :]
    at = tail.rfind(_END)
    if at < 0:
        raise _damaged(why("结尾记录", "end record"))
    end = _END_FORM.unpack_from(tail, at)
    comment = tail[at + _END_FORM.size :]
    if len(comment) != end[7] or len(data) - len(tail) + at != end[5] + end[6]:
        raise _damaged(why("结尾记录", "end record"))
    return end, comment


def _file(data: Buffer, directory: bytes, at: int) -> tuple[File, int]:
    """The file of the central record at a place, and where the next record begins."""
    record = _CENTRAL_FORM.unpack_from(directory, at)
    lengths = record[10:13]
    begin = at + _CENTRAL_FORM.size
    stop = begin + sum(lengths)
    if record[0] != _CENTRAL or stop > len(directory):
        raise _damaged(why("目录", "directory"))
    if record[4] or record[3] & _ENCRYPTED or record[8] != record[9] or 0xFFFFFFFF in (record[9], record[16]):
        raise _damaged(why("内含文件被压缩或加密", "a file in it is compressed or encrypted"))
    name = directory[begin : begin + lengths[0]]
    local = _LOCAL_FORM.unpack(data[record[16] : record[16] + _LOCAL_FORM.size])
    start = record[16] + _LOCAL_FORM.size + local[9] + local[10]
    written = data[record[16] + _LOCAL_FORM.size : start]
    if local[0] != _LOCAL or written[: local[9]] != name:
        raise _damaged(why("文件头", "header of a file"))
    rest = directory[begin + lengths[0] : stop]
    return File(record[1:], name, rest, written[local[9] :], start, start + record[9]), stop


def _check(files: tuple[File, ...], directory: int) -> None:
    """That the files stand one behind another, and a layer first."""
    starts = [one.record[15] for one in files]
    if starts[0] or any(one.stop > behind for one, behind in zip(files, [*starts[1:], directory], strict=True)):
        raise _damaged(why("内含文件重叠", "files in it overlap"))
    if not files[0].name.lower().endswith(LAYERS):
        raise _damaged(why("首个文件不是 USD 层", "its first file is no layer"))


def check_layer(data: Buffer, archive: Archive) -> None:
    """Raise `Damaged` where the layer's check sum is not its own."""
    layer = archive.layer
    if checksum(data, (Span(layer.start, layer.stop),)) != layer.record[6]:
        raise _damaged(why("USD 层的校验和不符", "check sum of the layer"))


def build(data: Buffer, archive: Archive, layer: Pieces) -> Pieces:
    """The archive with other bytes as its layer, every file at a multiple of 64 bytes; other files stay."""
    moved = tuple(
        piece if isinstance(piece, bytes) else Span(piece.start + archive.layer.start, piece.stop + archive.layer.start)
        for piece in layer
    )
    parts: list[bytes | Span] = []
    records: list[bytes] = []
    at = 0
    for number, one in enumerate(archive.files):
        content = moved if number == 0 else (Span(one.start, one.stop),)
        record = _renewed(one, at, sum(map(len, content)), checksum(data, content) if number == 0 else one.record[6])
        head = _local(record, one, at)
        parts += [head, *content]
        records.append(_CENTRAL_FORM.pack(_CENTRAL, *record) + one.name + one.rest)
        at += len(head) + record[7]
    directory = b"".join(records[number] for number in archive.order)
    if at + len(directory) >= 0xFFFFFFFF:
        raise _damaged(why("文件超过 4 GiB", "larger than 4 GiB"))
    count = len(records)
    end = _END_FORM.pack(_END, 0, 0, count, count, len(directory), at, len(archive.comment))
    return (*parts, directory + end + archive.comment)


def _renewed(one: File, at: int, size: int, crc: int) -> tuple[int, ...]:
    """The record with its new place, size and check sum, which now stand in the local header as well."""
    old = one.record
    return (*old[:2], old[2] & ~_DESCRIBED, *old[3:6], crc, size, size, *old[9:15], at)


def _local(record: tuple[int, ...], one: File, at: int) -> bytes:
    """A local header that is as long as leads the content to its place."""
    extra = b"".join(_fields(one.extra))
    missing = -(at + _LOCAL_FORM.size + len(one.name) + len(extra)) % ALIGNED
    if missing:
        missing += ALIGNED if missing < 4 else 0
        extra += struct.pack("<HH", 0x1986, missing - 4) + bytes(missing - 4)
    form = _LOCAL_FORM.pack(_LOCAL, *record[1:9], len(one.name), len(extra))
    return form + one.name + extra


def _fields(extra: bytes) -> Iterator[bytes]:
    """The fields behind a name that say something."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind not in _PADDINGS and any(extra[at : at + 4 + size]):
            yield extra[at : at + 4 + size]
        at += 4 + size


def _damaged(reason: dict[str, str]) -> Damaged:
    return Damaged(format="USDZ", **reason)
