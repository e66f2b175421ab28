"""STL, text and binary: a line or eighty bytes about the solid, then its triangles (3D Systems 1989)."""

import math
import re
import struct
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import HEAD, Format
from sealmark.media.pieces import Buffer

# Longer than any honest name of a solid.
LONGEST = 1 << 20
HEADER = 80  # bytes of free text at the start of a binary file
_TRIANGLE = struct.Struct("<12fH")  # a normal, three corners, and two bytes of attributes
_TEXT = re.compile(rb"\s*+solid\b[^\r\n]*+[\r\n]\s*+(?:facet\s++normal|endsolid)", re.IGNORECASE)
_BEGIN = re.compile(rb"\s*+solid[ \t][^\r\n]*+\Z", re.IGNORECASE)
_LINE = re.compile(rb"\s*+[^\r\n]*+")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the triangles: a line without its end, or the eighty bytes; and where the file ends."""

    text: bytes
    is_binary: bool
    end: int


def is_stl(data: bytes) -> bool:
    """Whether the bytes begin as a text STL, or hold triangles where a binary one has them: it has no signature."""
    head = data[:HEAD]
    if _TEXT.match(head) or (len(head) == HEAD and _BEGIN.match(head) and b" AIGC {" in head):
        return True
    return _holds_triangles(head)


FORMAT = Format(
    "stl", "scene", ("model/stl", "application/sla", "application/vnd.ms-pki.stl"), ("stl",), is_stl, mapped=True
)


def parse(data: Buffer) -> Head:
    """What stands before the triangles; raises `Damaged` where these are missing or cut."""
    return intact(remains(data))


def remains(data: Buffer) -> tuple[Head, Damaged | None]:
    """As `parse`, also of a damaged file, with the first thing that is wrong with it."""
    line = _LINE.match(data[:LONGEST])
    text = line.group() if line else b""
    if text.lstrip()[:5].lower() == b"solid" and _TEXT.match(data[: len(text) + HEAD]):
        return Head(text, is_binary=False, end=len(data)), None
    if len(data) < HEADER + 4 or (_BEGIN.match(data[:HEADER]) and not _holds_triangles(data[:HEAD])):
        return Head(text, is_binary=False, end=len(data)), Damaged(format="STL", **why("文件头", "header"))
    end = HEADER + 4 + _TRIANGLE.size * int.from_bytes(data[HEADER : HEADER + 4], "little")
    damage = Damaged(format="STL", **why("三角形数目", "number of triangles")) if end > len(data) else None
    return Head(data[:HEADER], is_binary=True, end=end), damage


def _holds_triangles(head: bytes) -> bool:
    """Whether all that is seen of the triangles of a binary file may be such."""
    if len(head) < HEADER + 4 + _TRIANGLE.size:
        return False
    count = int.from_bytes(head[HEADER : HEADER + 4], "little")
    seen = min(count, (len(head) - HEADER - 4) // _TRIANGLE.size)
    rows = head[HEADER + 4 : HEADER + 4 + seen * _TRIANGLE.size]
    return count > 0 and all(_is_triangle(*row[:12]) for row in _TRIANGLE.iter_unpack(rows)) and any(rows)


def _is_triangle(*numbers: float) -> bool:
    """Whether these may be a normal, which has the length one or none, and three corners."""
    square = sum(number * number for number in numbers[:3])
    # What is read of text or of compressed data as numbers lies far outside of these.
    return (square == 0 or 0.8 < square < 1.25) and all(
        number == 0 or (math.isfinite(number) and 1e-25 < abs(number) < 1e15) for number in numbers
    )
