"""STL: in text, the JSON behind the solid's name; in binary, a short form in the eighty bytes (our choice).

The eighty bytes hold no JSON, and bytes behind the triangles are refused by many readers. The short form has the
seven fields in the order of Annex E, with bars between them: `AIGC=1|producer|number`. What repeats the producer's
fields, and empty reserved ones at the end, are left out. A label that does not fit, with what others wrote there,
is not written at all.
"""

import re

from sealmark.errors import why
from sealmark.marks.errors import BadLabel, NoRoom
from sealmark.marks.label import KEYS, Label
from sealmark.marks.metadata import lines
from sealmark.marks.metadata.found import Carrier, Found, Remains, found, gathered
from sealmark.media.pieces import Buffer, Pieces, Span
from sealmark.media.scene import stl
from sealmark.media.scene.stl import Head

_NAME = re.compile(rb"[ \t]AIGC[ \t]*[:=]?[ \t]*(?P<json>\{[^\r\n]*\}|\{[^\r\n]*)")
_SHORT = re.compile(rb"AIGC=(?P<short>[!-~]+) ?")
_FIT = re.compile(r"[!-{}~]*")
# Readers look for these words wherever they stand; in JSON a letter may be an escape.
_WORDS = re.compile("solid|facet|vertex|outer|loop|normal", re.IGNORECASE)
_PLACES = {False: "STL solid AIGC", True: "STL header AIGC"}
_LONGEST_TAIL = 1 << 20


def remains(data: Buffer) -> Remains:
    """Every label of an STL, whole or not."""
    head, damage = stl.remains(data)
    pattern = _SHORT if head.is_binary else _NAME
    tail = data[head.end : head.end + _LONGEST_TAIL]
    return gathered(pattern.finditer(head.text), lambda match: [_read(match, head)], damage, tail)


def _read(match: re.Match[bytes], head: Head) -> Found:
    place = _PLACES[head.is_binary]
    if not head.is_binary:
        return found(match["json"].decode("utf-8", "replace").rstrip(), place, main=True)
    raw = match["short"].decode("ascii")
    try:
        return Found(_long(raw), raw, place, main=True)
    except BadLabel as error:
        return Found(None, raw, place, main=True, error=error)


def edit(data: Buffer, label: Label) -> Pieces:
    """The STL with this label as its one label; every triangle stays bit for bit.

    Raises `NoRoom` where a binary file's header cannot hold it beside what is there.
    """
    head = stl.parse(data)
    new = _header(head.text, label) if head.is_binary else _named(head.text, label)
    return (new, Span(len(head.text), len(data)))


def _named(line: bytes, label: Label) -> bytes:
    text = _WORDS.sub(lambda match: f"\\u{ord(match.group()[0]):04x}{match.group()[1:]}", lines.ascii_json(label))
    name = _NAME.sub(lambda match: b"" if line[match.end() : match.end() + 1] in {b"", b" ", b"\t"} else b" ", line)
    return name + b" AIGC " + text.encode()


def _header(header: bytes, label: Label) -> bytes:
    """The label first, so that no binary file begins with `solid`; then what others wrote, such as `COLOR=`."""
    pad = header[-1:] if header[-1:] in {b"\x00", b" "} else b""
    others = _SHORT.sub(b"", header)
    others = others.rstrip(pad) if pad else others
    new = b"AIGC=" + _short(label) + (b" " + others if others else b"")
    if len(new) > stl.HEADER:
        raise NoRoom(place="STL header")
    return new.ljust(stl.HEADER, pad or b"\x00")


def _short(label: Label) -> bytes:
    values = list(label.as_dict().values())
    if not all(map(_FIT.fullmatch, values)):
        raise NoRoom(place="STL header")
    if not values[6]:
        values.pop()
        if values[4:] == values[1:3]:
            del values[4:]
            values = values if values[3] else values[:3]
    return "|".join(values).encode()


def _long(short: str) -> Label:
    """The label of a short form; raises `BadLabel`."""
    values = short.split("|")
    if len(values) not in {3, 4, 6, 7}:
        raise BadLabel(field="AIGC", **why("元素个数不符", "a wrong number of fields"))
    values += ["", *values[1:3], ""][len(values) - 3 :]
    return Label.of(dict(zip(KEYS, values, strict=True)))


CARRIER = Carrier("stl", remains, edit)
