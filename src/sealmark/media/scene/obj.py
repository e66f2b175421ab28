"""Wavefront OBJ: statements a line each; what stands before the first vertex is the head (Object Files, B1)."""

import re

from sealmark.errors import why
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import HEAD, Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer
from sealmark.media.text.lines import LINE, LONGEST, Header

_VERTEX = re.compile(rb"[ \t]*v[ \t]+[-+.0-9]\S*[ \t]+[-+.0-9]\S*[ \t]+[-+.0-9]")
_STATEMENT = re.compile(
    rb"[ \t]*(?:#|\s*\Z|(?:v|vt|vn|vp|p|l|f|g|s|mg|o|cstype|deg|bmat|step|curv|curv2|surf|parm|trim|hole|scrv|sp"
    rb"|end|con|bevel|c_interp|d_interp|lod|usemtl|mtllib|usemap|maplib|shadow_obj|trace_obj|ctech|stech|call|csh)"
    rb"(?:[ \t]|\s*\Z))"
)
_LABELLED = re.compile(rb"# AIGC: \{[^\r\n]*\Z")


def is_obj(data: bytes) -> bool:
    """Whether every line that these bytes hold whole is a statement of OBJ, and one of them a vertex.

    OBJ has no signature. Our own label's comment in the first line is one: it may be so long that no vertex is seen.
    """
    head = data[:HEAD]
    if len(head) == HEAD and _LABELLED.match(head):
        return True
    cut = max(head.rfind(b"\n"), head.rfind(b"\r")) + 1 if len(head) == HEAD else len(head)
    lines = head[:cut].splitlines()
    known = any(map(_VERTEX.match, lines)) or (lines and _LABELLED.match(lines[0]))
    return bool(known) and all(map(_STATEMENT.match, lines)) and b"\x00" not in head


FORMAT = Format("obj", "scene", ("model/obj", "text/prs.wavefront-obj"), ("obj",), is_obj, mapped=True)


def parse(data: Buffer) -> Header:
    """The head; raises `Damaged` where no vertex follows it."""
    return intact(remains(data))


def remains(data: Buffer) -> tuple[Header, Damaged | None]:
    """The head's lines as far as they go, and what is wrong with them."""
    head, lines, at = data[:LONGEST], list[bytes](), 0
    while at < len(head) and len(lines) < MOST_PARTS:
        match = LINE.match(head, at)
        line = match.group() if match else head[at:]
        if _VERTEX.match(line):
            return Header(tuple(lines) or (), at), None
        lines.append(line)
        at += len(line)
    return Header(tuple(lines), at), Damaged(format="OBJ", **why("没有顶点", "no vertex"))
