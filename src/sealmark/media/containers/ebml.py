"""EBML: elements of an identifier, a size and a body, the language of Matroska and WebM (RFC 8794)."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.pieces import Buffer

NAME = "Matroska"
# RFC 8794 11.3: elements that may stand in every master. A check sum is the first child and covers its siblings.
VOID, CRC = 0xEC, 0xBF
_CRC_HEAD = b"\xbf\x84"
# RFC 8794 5 and 6.1: Matroska's identifiers have up to four bytes, sizes up to eight.
_LONGEST_HEAD = 12
WIDEST = 8


@dataclass(frozen=True, slots=True)
class Element:
    """Where an element stands: its identifier (with the marker bits), and its first byte, body and end.

    An element of unknown size (RFC 8794 6.2) `is_open`, and ends for us where its parent does.
    """

    kind: int
    start: int
    body: int
    stop: int
    is_open: bool = False


def head(data: Buffer, at: int) -> tuple[int, int, int]:
    """The element's identifier, where its body begins, and the body's size, -1 where it is unknown.

    Raises `Damaged` where no element begins.
    """
    if at + 1 < len(data) and data[at] >= 0x80 and 0x80 <= data[at + 1] < 0xFF:  # most: one byte and one byte
        return data[at], at + 2, data[at + 1] & 0x7F
    raw = data[at : at + _LONGEST_HEAD]
    width = 9 - raw[0].bit_length() if raw else 9
    if width > 4 or len(raw) <= width or not raw[width]:
        raise Damaged(format=NAME, **why("元素头", "element header"))
    size_width = 9 - raw[width].bit_length()
    body = width + size_width
    if body > len(raw):
        raise Damaged(format=NAME, **why("元素头", "element header"))
    mask = (1 << 7 * size_width) - 1
    size = int.from_bytes(raw[width:body], "big") & mask
    return int.from_bytes(raw[:width], "big"), at + body, -1 if size == mask else size


def element(data: Buffer, at: int, end: int) -> Element:
    """The element at `at`; whether it ends before its parent's `end` is the caller's to check."""
    kind, body, size = head(data, at)
    return Element(kind, at, body, end if size < 0 else body + size, size < 0)


def children(data: Buffer, start: int, stop: int) -> Iterator[Element]:
    """The elements of a master's body; raises `Damaged` where they leave it, or one has no size."""
    while start < stop:
        child = element(data, start, stop)
        if child.stop > stop or child.is_open:
            raise Damaged(format=NAME, **why("元素长度", "element size"))
        yield child
        start = child.stop


def size(number: int, width: int = 0) -> bytes:
    """A size (RFC 8794 6), in so many bytes, or in as few as can hold it."""
    width = width or ((number + 1).bit_length() + 6) // 7  # all bits set would mean an unknown size
    return (1 << 7 * width | number).to_bytes(width, "big")


def identifier(kind: int) -> bytes:
    """The identifier as it is written."""
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big")


def encoded(kind: int, body: bytes) -> bytes:
    """One element."""
    return b"".join((identifier(kind), size(len(body)), body))


def is_checked(body: object) -> bool:
    """Whether a master's body begins with a check sum."""
    return isinstance(body, bytes) and body.startswith(_CRC_HEAD)


def with_checksum(body: bytes) -> bytes:
    """A master's body; where its first child is a check sum, one that is true (RFC 8794 11.3.1)."""
    return b"".join((_CRC_HEAD, checksum(zlib.crc32(body[6:])), body[6:])) if is_checked(body) else body


def master(kind: int, body: bytes) -> bytes:
    """A master of these children, with a check sum that is true where they have one."""
    return encoded(kind, with_checksum(body))


def checksum(crc: int) -> bytes:
    """A CRC-32 as its element holds it: little-endian."""
    return crc.to_bytes(4, "little")


def number(body: bytes) -> int:
    """An unsigned integer; no bytes are 0 (RFC 8794 7.2)."""
    return int.from_bytes(body, "big")


def text(body: bytes) -> str:
    """A string up to its terminator, if it has one (RFC 8794 7.4, 7.5)."""
    return body.partition(b"\x00")[0].decode("utf-8", "replace")
