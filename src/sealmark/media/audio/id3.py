"""ID3v2 tags, versions 2.2, 2.3 and 2.4 (id3.org): a header, frames, padding.

Frames are kept as the bytes they are, so that editing one leaves the others bit for bit.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.limits import MOST_PARTS

UNSYNC, EXTENDED, FOOTER = 0x80, 0x40, 0x10
# Version 2.4 frame flags: grouping, compression, encryption, unsynchronisation, data length.
GROUPED, PACKED, SECRET, UNSYNCED, MEASURED = 0x40, 0x08, 0x04, 0x02, 0x01
_HEADER = 10
_FALSE_SYNC = re.compile(rb"\xff(?=[\x00\xe0-\xff]|\Z)")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its kind (`TXXX`), its two flag bytes (none in 2.2) and its body as stored."""

    kind: bytes
    flags: bytes
    body: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Tag:
    """One ID3v2 tag: `extra` is its extended header and `rest` the padding, both as stored."""

    version: int
    revision: int
    flags: int
    extra: bytes
    frames: tuple[Frame, ...]
    rest: bytes


def new_tag() -> Tag:
    """An empty tag of version 2.3: the one that every player and file manager reads."""
    return Tag(3, 0, 0, b"", (), b"")


def synchsafe(number: int) -> bytes:
    """Four bytes of seven bits each."""
    return bytes((number >> 21 & 127, number >> 14 & 127, number >> 7 & 127, number & 127))


def from_synchsafe(data: bytes) -> int:
    """The number in bytes of seven bits each; raises `Damaged` where an eighth bit is set."""
    if any(byte & 128 for byte in data):
        raise Damaged(format="MP3", **why("ID3 长度", "ID3 size"))
    number = 0
    for byte in data:
        number = number << 7 | byte
    return number


def desynchronised(data: bytes) -> bytes:
    """Undo unsynchronisation: FF 00 becomes FF."""
    return data.replace(b"\xff\x00", b"\xff")


def unsynchronised(data: bytes) -> bytes:
    """No FF is followed by 00 or by something above DF (ID3v2.3 section 5)."""
    return _FALSE_SYNC.sub(b"\xff\x00", data)


def parse(data: bytes, at: int = 0) -> tuple[Tag, int]:
    """The tag that begins at `at`, and the offset behind it; raises `Damaged` where sizes lie."""
    tag, end, damage = remains(data, at)
    if damage is not None:
        raise damage
    return tag, end


def remains(data: bytes, at: int = 0) -> tuple[Tag, int, Damaged | None]:
    """As `parse`, also of a damaged tag: its frames that stand whole, and the first thing that is wrong with it.

    Raises `Damaged` where not even the header can be read.
    """
    head = data[at : at + _HEADER]
    if len(head) < _HEADER or head[:3] != b"ID3" or head[3] not in {2, 3, 4}:
        raise Damaged(format="MP3", **why("ID3 标签头", "ID3 header"))
    version, flags, stop = head[3], head[5], at + _HEADER + from_synchsafe(head[6:10])
    if version == 2 and flags & 0x40:  # ID3v2.2 3.1: compressed in a way that was never defined
        raise Damaged(format="MP3", **why("ID3 标签头", "ID3 header"))
    end = stop + (_HEADER if flags & FOOTER and version == 4 else 0)
    damage = Damaged(format="MP3", **why("ID3 长度", "ID3 size")) if end > len(data) else None
    body = data[at + _HEADER : stop]
    if flags & UNSYNC and version < 4:
        body = desynchronised(body)
    extra, frames, used = b"", list[Frame](), 0
    try:
        extra = _extra(version, flags, body)
        used = len(extra)
        for frame in _frames(version, body, used):
            frames.append(frame)
            used += len(frame.raw)
    except Damaged as error:
        damage = damage or error
    return Tag(version, head[4], flags, extra, tuple(frames), body[used:]), min(end, len(data)), damage


def _extra(version: int, flags: int, body: bytes) -> bytes:
    """The extended header as stored; its size counts itself in 2.4 and does not in 2.3."""
    if not flags & EXTENDED or version == 2:
        return b""
    size = from_synchsafe(body[:4]) if version == 4 else int.from_bytes(body[:4], "big") + 4
    if not 6 <= size <= len(body):
        raise Damaged(format="MP3", **why("ID3 扩展头", "ID3 extended header"))
    return body[:size]


def _frames(version: int, body: bytes, at: int) -> Iterator[Frame]:
    """The frames from `at` to where padding begins."""
    for _ in range(MOST_PARTS):
        if at >= len(body) or not body[at]:
            return
        frame = _frame(version, body, at)
        yield frame
        at += len(frame.raw)
    raise Damaged(format="MP3", **why("ID3 帧太多", "too many ID3 frames"))


def _frame(version: int, body: bytes, at: int) -> Frame:
    name, head = (3, 6) if version == 2 else (4, 10)
    kind = body[at : at + name]
    if at + head > len(body) or not _is_kind(kind):
        raise Damaged(format="MP3", **why("ID3 帧", "ID3 frame"))
    size = _frame_size(version, body, at)
    stop = at + head + size
    if stop > len(body):
        raise Damaged(format="MP3", **why("ID3 帧长度", "ID3 frame size"))
    return Frame(kind, body[at + 8 : at + 10] if name == 4 else b"", body[at + head : stop], body[at:stop])


def _is_kind(kind: bytes) -> bool:
    return kind.isalnum() and kind.upper() == kind


def _frame_size(version: int, body: bytes, at: int) -> int:
    if version == 2:
        return int.from_bytes(body[at + 3 : at + 6], "big")
    field = body[at + 4 : at + 8]
    plain = int.from_bytes(field, "big")
    if version == 3:
        return plain
    # Some writers put plain sizes into 2.4 tags: believe whichever ends where a frame or padding begins.
    if any(byte & 128 for byte in field):
        return plain
    safe = from_synchsafe(field)
    return safe if _fits(body, at + 10 + safe) or not _fits(body, at + 10 + plain) else plain


def _fits(body: bytes, at: int) -> bool:
    return at == len(body) or (at < len(body) and (body[at] == 0 or _is_kind(body[at : at + 4])))


def build(tag: Tag) -> bytes:
    """The bytes of a tag; check sums in its extended header are made anew."""
    frames = b"".join(frame.raw for frame in tag.frames)
    body = _checked(tag, frames) + frames + tag.rest
    if tag.flags & UNSYNC and tag.version < 4:
        body = unsynchronised(body)
    if len(body) >= 1 << 28:
        raise Damaged(format="MP3", **why("ID3 长度", "ID3 size"))
    rest = bytes((tag.version, tag.revision, tag.flags)) + synchsafe(len(body))
    footer = b"3DI" + rest if tag.flags & FOOTER and tag.version == 4 else b""
    return b"".join((b"ID3", rest, body, footer))


def _checked(tag: Tag, frames: bytes) -> bytes:
    """The extended header with its CRC, if it holds one, made true again."""
    extra = tag.extra
    # ID3v2.3 3.2: flag in the fifth byte, CRC of the frames in the last four bytes.
    if tag.version == 3 and len(extra) >= 14 and extra[4] & 0x80:
        return extra[:10] + zlib.crc32(frames).to_bytes(4, "big") + extra[14:]
    # ID3v2.4 3.2: flag 0x20 in the sixth byte; its five data bytes stand behind those of flag 0x40.
    if tag.version == 4 and len(extra) >= 12 and extra[5] & 0x20:
        at = 7 + (1 if extra[5] & 0x40 else 0)
        crc = zlib.crc32(frames + tag.rest)
        return extra[:at] + bytes((crc >> 28 & 15,)) + synchsafe(crc & 0xFFFFFFF) + extra[at + 5 :]
    return extra


def make_frame(version: int, kind: bytes, body: bytes) -> Frame:
    """A frame without flags, in the layout of that version."""
    if version == 2:
        return Frame(kind, b"", body, kind + len(body).to_bytes(3, "big") + body)
    size = synchsafe(len(body)) if version == 4 else len(body).to_bytes(4, "big")
    return Frame(kind, b"\x00\x00", body, kind + size + b"\x00\x00" + body)


def content(tag: Tag, frame: Frame, limit: int = 1 << 20) -> bytes | None:
    """A frame's body with its transformations undone, or nothing if it is encrypted.

    Raises `Damaged` where its compression is broken, and `MetadataOverLimit` beyond `limit` bytes.
    """
    if tag.version == 4:
        return _content_4(tag, frame, limit)
    flags = frame.flags[1] if frame.flags else 0
    # ID3v2.3 3.3.1: compression 0x80 (with four bytes of size), encryption 0x40, grouping 0x20.
    if flags & 0x40:
        return None
    skip = (4 if flags & 0x80 else 0) + (1 if flags & 0x20 else 0)
    return _inflated(frame.body[skip:], limit) if flags & 0x80 else frame.body[skip:]


def _content_4(tag: Tag, frame: Frame, limit: int) -> bytes | None:
    flags = frame.flags[1]
    if flags & SECRET:
        return None
    body = frame.body[(1 if flags & GROUPED else 0) + (4 if flags & MEASURED else 0) :]
    if flags & UNSYNCED or tag.flags & UNSYNC:
        body = desynchronised(body)
    return _inflated(body, limit) if flags & PACKED else body


def _inflated(data: bytes, limit: int) -> bytes:
    """The whole of a zlib stream; raises `Damaged` where it is broken, and `MetadataOverLimit`."""
    unpack = zlib.decompressobj()
    try:
        out = unpack.decompress(data, limit)
    except zlib.error:
        raise Damaged(format="MP3", **why("ID3 帧的压缩数据", "compression of an ID3 frame")) from None
    if len(out) >= limit:
        raise MetadataOverLimit(place="ID3", **why("解压后过大", "too large when decompressed"))
    if not unpack.eof:
        raise Damaged(format="MP3", **why("ID3 帧的压缩数据", "compression of an ID3 frame"))
    return out
