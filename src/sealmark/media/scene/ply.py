"""PLY: a header of lines, in text for text and for binary files, and the elements behind it (Turk 1994)."""

import re

from sealmark.errors import why
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer
from sealmark.media.text.lines import LINE, LONGEST, Header

_BEGIN = re.compile(rb"ply[ \t]*(?:\r\n|\n|\r)(?:(?:comment|obj_info)\b[^\r\n]*+(?:\r\n|\n|\r))*format[ \t]")
_FORMAT = re.compile(rb"format[ \t]+(?:ascii|binary_little_endian|binary_big_endian)[ \t]+1\.0\s*\Z")


def is_ply(data: bytes) -> bool:
    """Whether the bytes begin as a PLY does."""
    return _BEGIN.match(data) is not None


FORMAT = Format("ply", "scene", ("model/ply", "application/x-ply", "application/ply"), ("ply",), is_ply, mapped=True)


def parse(data: Buffer) -> Header:
    """The header; raises `Damaged` where it does not end, or names no format."""
    return intact(remains(data))


def remains(data: Buffer) -> tuple[Header, Damaged | None]:
    """The header's lines as far as they go, and the first thing that is wrong with them."""
    head, lines, at = data[:LONGEST], list[bytes](), 0
    while at < len(head) and len(lines) < MOST_PARTS:
        match = LINE.match(head, at)
        lines.append(match.group() if match else head[at:])
        at += len(lines[-1])
        if lines[-1].rstrip() == b"end_header":
            return Header(tuple(lines), at), _damage(lines)
    return Header(tuple(lines), at), Damaged(format="PLY", **why("文件头没有结束", "the header does not end"))


def _damage(lines: list[bytes]) -> Damaged | None:
    if lines[0].rstrip() == b"ply" and any(map(_FORMAT.match, lines)):
        return None
    return Damaged(format="PLY", **why("文件头", "header"))
