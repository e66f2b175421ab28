"""ZIP archives (PKWARE APPNOTE 6.3.10): which entries there are, and the content of the few that are read.

Two readers may see different things in a ZIP that contradicts itself, so what is ambiguous is refused: names that
stand twice or lead out, entries that overlap or that the directory hides, headers that disagree. Only the entries
that are asked for are inflated, within bounds.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise

from sealmark.errors import why
from sealmark.media.errors import Damaged, EncryptedArchive, MediaError, MetadataOverLimit
from sealmark.media.limits import MOST_PARTS

LOCAL = struct.Struct("<4s5H3I2H")  # 4.3.7
RECORD = struct.Struct("<4s6H3I5H2I")  # 4.3.12
END = struct.Struct("<4s4H2IH")  # 4.3.16
END64 = struct.Struct("<4sQ2H2I4Q")  # 4.3.14
LOCATOR = struct.Struct("<4sIQI")  # 4.3.15
_DESCRIPTOR = struct.Struct("<4s3I")  # 4.3.9, with the signature that all writers of today put before it
STORED, DEFLATED = 0, 8  # 4.4.5
WIDE = 0xFFFFFFFF  # 4.4.1.4: the true number stands in the zip64 field
WIDE_FIELD = 0x0001  # 4.5.3
DESCRIBED = 0x0008  # 4.4.4, bit 3: check sum and sizes follow the data
_ENCRYPTED = 0x2041  # 4.4.4, bits 0, 6 and 13
_LONGEST_COMMENT = 0xFFFF
_SNIFFED = 1 << 16  # where a damaged file is looked into for what it was


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its numbers, where its local header and its data begin, and its record in the directory."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int
    body: int
    record: bytes = b""

    @property
    def stop(self) -> int:
        """Where its data ends."""
        return self.body + self.packed


@dataclass(frozen=True, slots=True)
class Archive:
    """The entries in the order of the directory, where that begins and ends, and where the archive itself does.

    `form` is what messages call the file. Between `end` and `tail` stand the records that close an archive.
    """

    form: str
    entries: tuple[Entry, ...]
    directory: int
    end: int
    tail: int

    def find(self, name: str) -> Entry | None:
        """The entry of that name; where none is written so, the one that differs by case alone.

        Packages hold part names equal that differ by case (ISO/IEC 29500-2, 6.2.2.3; EPUB 3.3, 4.2.2).
        """
        folded = [entry for entry in self.entries if entry.name.lower() == name.lower()]
        if len(folded) > 1:
            raise Damaged(format=self.form, **why("条目重名", "two entries of one name"))
        return folded[0] if folded else None


def is_archive(data: bytes) -> bool:
    """Whether the bytes begin with the local header of an entry."""
    return data[:4] == b"PK\x03\x04"


def parse(data: bytes, form: str) -> Archive:
    """The entries of a whole archive; raises `Damaged`, `EncryptedArchive`."""
    entries, directory, (end, tail) = _directory(data, form)
    archive = Archive(form, entries, directory, end, tail)
    _check_names(archive)
    _check_layout(data, archive)
    return archive


def remains(data: bytes, form: str) -> tuple[Archive, MediaError | None]:
    """As `parse`; of an archive that is damaged, the entries that stand whole one behind the other."""
    try:
        return parse(data, form), None
    except MediaError as damage:
        entries = () if isinstance(damage, EncryptedArchive) else tuple(_salvaged(data, form))
        return Archive(form, entries, len(data), len(data), len(data)), damage


def content(data: bytes, archive: Archive, entry: Entry, most: int) -> bytes:
    """What an entry holds, at most so many bytes; raises `Damaged` and `MetadataOverLimit`."""
    if entry.size > most:
        raise MetadataOverLimit(place=f"{archive.form} {entry.name}", **why("过大", "too large"))
    packed = data[entry.body : entry.stop]
    whole = packed if entry.method == STORED else _inflated(packed, archive.form, entry)
    if len(whole) != entry.size or zlib.crc32(whole) != entry.crc:
        raise Damaged(format=archive.form, **why(f"{entry.name} 的校验和不符", f"check sum of {entry.name}"))
    return whole


def peek(data: bytes, name: str, most: int) -> bytes:
    """What the entry of that name holds, or nothing; for sniffing, without a walk through all of an archive."""
    for entry in _named(data, name.encode()):
        with suppress(MediaError):
            return content(data, Archive("ZIP", (), 0, 0, 0), entry, most)
    return b""


def _named(data: bytes, name: bytes) -> Iterator[Entry]:
    """The entries of that name: as the directory says, else near the beginning of the file."""
    if not is_archive(data):
        return
    try:
        end, start, _, _ = _end(data, "ZIP")
    except MediaError:
        at = data.find(name, LOCAL.size, _SNIFFED)
        if at > 0:
            with suppress(MediaError):
                yield _sized(data, _local(data, at - LOCAL.size, "ZIP"))
        return
    at = start
    for _ in range(8):  # the name may be a part of others
        at = data.find(name, at + 1, end)
        if at < start + RECORD.size:
            return
        with suppress(MediaError):
            entry, _ = _record(data, at - RECORD.size, end, "ZIP")
            if entry.name.encode() == name:
                yield entry


def _inflated(packed: bytes, form: str, entry: Entry) -> bytes:
    if entry.method != DEFLATED:
        raise Damaged(format=form, **why(f"{entry.name} 的压缩方法", f"compression method of {entry.name}"))
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        whole = unpack.decompress(packed, entry.size + 1)
    except zlib.error:
        whole = b""
    if not unpack.eof or unpack.unused_data:
        raise Damaged(format=form, **why(f"{entry.name} 的压缩数据", f"compressed data of {entry.name}"))
    return whole


def _end(data: bytes, form: str) -> tuple[int, int, int, int]:
    """Where the directory ends and begins, how many entries it has, and where the archive ends."""
    low = max(0, len(data) - END.size - _LONGEST_COMMENT)
    at = data.rfind(b"PK\x05\x06", low)
    while at >= 0:
        if at + END.size <= len(data):
            _, disk, first, here, count, size, start, comment = END.unpack_from(data, at)
            if at + END.size + comment <= len(data):
                break
        at = data.rfind(b"PK\x05\x06", low, at)
    else:
        raise Damaged(format=form, **why("缺少 ZIP 目录", "no ZIP directory"))
    end = at
    if data[max(0, at - LOCATOR.size) : at][:4] == b"PK\x06\x07":
        end, disk, first, here, count, size, start = _end64(data, at, form)
    if disk or first or here != count or count > MOST_PARTS or start + size != end:
        raise Damaged(format=form, **why("ZIP 目录的位置或条目数", "place or length of the ZIP directory"))
    return end, start, count, at + END.size + comment


def _end64(data: bytes, end: int, form: str) -> tuple[int, int, int, int, int, int, int]:
    """Where the zip64 record stands, and its numbers instead of those that are too small."""
    _, disk, at, disks = LOCATOR.unpack_from(data, end - LOCATOR.size)
    if at + END64.size > end - LOCATOR.size or disk or disks > 1:
        raise Damaged(format=form, **why("zip64 目录", "zip64 directory"))
    kind, length, _, _, here, first, count, total, size, start = END64.unpack_from(data, at)
    # 4.3.14.1: the record's size leaves out its first twelve bytes.
    if kind != b"PK\x06\x06" or at + 12 + length != end - LOCATOR.size:
        raise Damaged(format=form, **why("zip64 目录", "zip64 directory"))
    return at, here, first, count, total, size, start


def _directory(data: bytes, form: str) -> tuple[tuple[Entry, ...], int, tuple[int, int]]:
    end, start, count, tail = _end(data, form)
    entries, at = [], start
    for _ in range(count):
        entry, at = _record(data, at, end, form)
        entries.append(entry)
    if at != end:
        raise Damaged(format=form, **why("ZIP 目录的长度", "length of the ZIP directory"))
    return tuple(entries), start, (end, tail)


def _record(data: bytes, at: int, end: int, form: str) -> tuple[Entry, int]:
    """The entry of one record of the directory, and where the next begins."""
    fixed = RECORD.unpack_from(data, at) if at + RECORD.size <= end else (b"",)
    stop = at + RECORD.size + sum(fixed[10:13]) if fixed[0] == b"PK\x01\x02" else end + 1
    if stop > end:
        raise Damaged(format=form, **why("ZIP 目录的条目", "an entry of the ZIP directory"))
    _, _, _, flags, method, _, _, crc, packed, size, name, extra, _, _, _, _, start = fixed
    after = at + RECORD.size + name
    size, packed, start = widened(data[after : after + extra], (size, packed, start))
    if flags & _ENCRYPTED:
        raise EncryptedArchive(format=form)
    local = _local(data, start, form)
    told = (size, packed, crc) if local.flags & DESCRIBED else (local.size, local.packed, local.crc)
    if (
        local.name != decoded(data[after - name : after])
        or local.method != method
        or told != (size, packed, crc)
        or local.body + packed > len(data)
    ):
        raise Damaged(format=form, **why("ZIP 条目的两处头部不一致", "two headers of a ZIP entry disagree"))
    entry = Entry(local.name, flags, method, crc, packed, size, start, local.body, data[at:stop])
    return entry, stop


def _local(data: bytes, at: int, form: str) -> Entry:
    """The entry of the local header at a place; of one whose sizes follow its data, as that descriptor says."""
    fixed = LOCAL.unpack_from(data, at) if 0 <= at <= len(data) - LOCAL.size else (b"",)
    if fixed[0] != b"PK\x03\x04":
        raise Damaged(format=form, **why("ZIP 条目的头部", "header of a ZIP entry"))
    _, _, flags, method, _, _, crc, packed, size, length, extra = fixed
    after = at + LOCAL.size + length
    size, packed = widened(data[after : after + extra], (size, packed))
    name = decoded(data[at + LOCAL.size : after])
    return Entry(name, flags, method, crc, packed, size, at, after + extra)


def decoded(name: bytes) -> str:
    """An entry's name: UTF-8, also where a writer forgot to say so, else code page 437 (appendix D)."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("cp437")


def fields(extra: bytes) -> Iterator[tuple[int, int, int]]:
    """The kind of each extra field (4.5.1) and where its data begins and ends; padding at the end is none."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if at + 4 + length > len(extra):
            return
        yield kind, at + 4, at + 4 + length
        at += 4 + length


def widened(extra: bytes, numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers of a header, with the true ones in place of those that say to look into the zip64 field."""
    if WIDE not in numbers:
        return numbers
    start, stop = next((field[1:] for field in fields(extra) if field[0] == WIDE_FIELD), (0, 0))
    true = (number for (number,) in struct.iter_unpack("<Q", extra[start : stop - (stop - start) % 8]))
    return tuple(next(true, number) if number == WIDE else number for number in numbers)


def _check_names(archive: Archive) -> None:
    names = [entry.name for entry in archive.entries]
    if len(set(names)) != len(names):
        raise Damaged(format=archive.form, **why("条目重名", "two entries of one name"))
    for name in names:
        if "\x00" in name or ".." in name.replace("\\", "/").split("/"):
            raise Damaged(format=archive.form, **why("条目名称不合法", "an entry's name leads out of the archive"))


def _check_layout(data: bytes, archive: Archive) -> None:
    """Raise where entries overlap, or where one stands that the directory does not name."""
    spans = sorted((entry.start, entry.stop) for entry in archive.entries)
    edges = [(0, 0), *spans, (archive.directory, archive.directory)]
    for (_, stop), (start, _) in pairwise(edges):
        if stop > start:
            raise Damaged(format=archive.form, **why("ZIP 条目重叠", "ZIP entries overlap"))
        if data.find(b"PK\x03\x04", stop, start) >= 0:
            raise Damaged(format=archive.form, **why("目录之外还有 ZIP 条目", "a ZIP entry that the directory hides"))


def _salvaged(data: bytes, form: str) -> Iterator[Entry]:
    """The entries of an archive whose directory is lost, as their local headers tell."""
    at = 0
    for _ in range(MOST_PARTS):
        try:
            entry = _local(data, at, form)
        except MediaError:
            return
        entry = _sized(data, entry)
        if entry.stop > len(data) or entry.flags & _ENCRYPTED:
            return
        yield entry
        at = entry.stop
        if entry.flags & DESCRIBED:
            at = max(at, data.find(b"PK\x03\x04", at, at + 2 * _DESCRIPTOR.size))


def _sized(data: bytes, entry: Entry) -> Entry:
    """The entry with the sizes of its descriptor, where it has one."""
    if not entry.flags & DESCRIBED or entry.packed:
        return entry
    at = data.find(b"PK\x07\x08", entry.body)
    if at < 0 or at + _DESCRIPTOR.size > len(data):
        return replace(entry, packed=len(data))
    _, crc, _, size = _DESCRIPTOR.unpack_from(data, at)
    return replace(entry, crc=crc, packed=at - entry.body, size=size)
