"""PLY: header comment `AIGC` with the JSON (our choice: no guide speaks of scenes).

Readers built on RPly refuse lines of 1,024 bytes: a long label goes on in comments `AIGC+`.
"""

import re
from textwrap import wrap

from sealmark.marks.label import Label
from sealmark.marks.metadata import lines
from sealmark.marks.metadata.found import Carrier, Remains, gathered
from sealmark.media.pieces import Buffer, Pieces, Span
from sealmark.media.scene import ply

_LABEL = re.compile(
    rb"(?:comment|obj_info)[ \t]+(?:(?P<key>AIGC)[ \t]*[:=]?[ \t]*(?=\{)|(?=\{[ \t]*\"AIGC\"))(?P<json>[^\r\n]*)"
)
_MORE = re.compile(rb"comment[ \t]AIGC\+[ \t](?P<json>[^\r\n]*)")
_MOST = 1000  # bytes of JSON a line


def remains(data: Buffer) -> Remains:
    """Every label in the header of a PLY, whole or not."""
    header, damage = ply.remains(data)
    return gathered(
        lines.labels(header.lines, _LABEL, _MORE), lambda place: lines.read(place, "PLY comment AIGC"), damage
    )


def edit(data: Buffer, label: Label) -> Pieces:
    """The PLY with this label as its one label; every other line and every element stays bit for bit."""
    header = ply.parse(data)
    places = lines.labels(header.lines, _LABEL, _MORE)
    at = next(number for number, line in enumerate(header.lines) if line.startswith(b"format")) + 1
    new = [line + header.ending for line in _comments(label)]
    return (b"".join(lines.labelled(header.lines, places, new, at)), Span(header.end, len(data)))


def _comments(label: Label) -> list[bytes]:
    # A blank within a value is written as an escape, so that none stands where a line is cut.
    text = lines.ascii_json(label).replace(" ", "\\u0020")
    first, *others = wrap(text, _MOST, break_on_hyphens=False)
    return [b"comment AIGC " + first.encode(), *(b"comment AIGC+ " + other.encode() for other in others)]


CARRIER = Carrier("ply", remains, edit)
