"""OBJ: a comment `# AIGC: {…}` in the head (our choice: no guide speaks of scenes); material files stay as they are."""

import re

from sealmark.errors import why
from sealmark.marks.label import Label
from sealmark.marks.metadata import lines
from sealmark.marks.metadata.found import Carrier, Remains, gathered
from sealmark.media.errors import Damaged
from sealmark.media.format import HEAD
from sealmark.media.pieces import Buffer, Pieces, Span
from sealmark.media.scene import obj

_LABEL = re.compile(rb"[ \t]*#+[ \t]*(?:(?P<key>AIGC)[ \t]*[:=]?[ \t]*(?=\{)|(?=\{[ \t]*\"AIGC\"))(?P<json>[^\r\n]*)")


def remains(data: Buffer) -> Remains:
    """Every label in the head of an OBJ, whole or not."""
    header, damage = obj.remains(data)
    return gathered(lines.labels(header.lines, _LABEL), lambda place: lines.read(place, "OBJ # AIGC"), damage)


def edit(data: Buffer, label: Label) -> Pieces:
    """The OBJ with this label as its one label, in its first line or where one stood; every other line stays."""
    header = obj.parse(data)
    new = b"# AIGC: " + lines.ascii_json(label).encode() + header.ending
    head = b"".join(lines.labelled(header.lines, lines.labels(header.lines, _LABEL), [new], 0))
    if not obj.is_obj((head + data[header.end : header.end + HEAD])[:HEAD]):  # a long label was all that one saw of it
        raise Damaged(format="OBJ", **why("有一行不是 OBJ 语句", "a line that is no statement"))
    return (head, Span(header.end, len(data)))


CARRIER = Carrier("obj", remains, edit)
