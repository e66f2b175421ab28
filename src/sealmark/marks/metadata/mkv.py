"""Matroska: `Segment.Tags.Tag.SimpleTag` of the name `AIGC` about the whole file (guide 20257A).

The label stands before the first cluster, in the file's head (Measures Art. 5), also where the other tags stand at
the file's end: it is read without seeking, and by readers that know no SeekHead.
"""

from collections.abc import Iterator

from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Carrier, Found, Remains, found, gathered
from sealmark.media.containers import ebml
from sealmark.media.containers.ebml import Element
from sealmark.media.pieces import Buffer, Pieces, Span
from sealmark.media.video import matroska, matroska_layout, matroska_tags
from sealmark.media.video.matroska import Segment
from sealmark.media.video.matroska_layout import Edit

NAME = "AIGC"
_PLACE = "Matroska Segment.Tags.Tag.SimpleTag AIGC"


def remains(data: Buffer) -> Remains:
    """Every label in a Matroska or WebM file, whole or not."""
    container, damage = matroska.remains(data)
    tags = [one for segment in container.segments for one in segment.elements if one.kind == matroska.TAGS]
    places = [one for one in tags if _may_hold(data, one)]
    return gathered(places, lambda one: _read(data, one), damage, container.tail)


def _may_hold(data: Buffer, tags: Element) -> bool:
    """Whether a look into the tags is worth its time."""
    return NAME.encode() in data[tags.body : min(tags.stop, tags.body + matroska_tags.LONGEST)].upper()


def _read(data: Buffer, tags: Element) -> Iterator[Found]:
    for tag in matroska_tags.read(matroska_tags.body(data, tags)):
        if _is_label(tag.name):
            yield found(tag.value, _PLACE, main=tag.is_global)


def _is_label(name: str) -> bool:
    """RFC 9559 22: names are upper case; readers do not insist."""
    return name.upper() == NAME


def edit(data: Buffer, label: Label) -> Pieces:
    """The file with this label as its one label; every other tag and every block stays bit for bit."""
    container = matroska.parse(data)
    pieces: list[bytes | Span] = []
    at = 0
    for number, segment in enumerate(container.segments):
        change = _edit(data, segment, matroska_tags.encoded(NAME, label.inner()) if number == 0 else b"")
        pieces += [Span(at, segment.head.start), *matroska_layout.edited(data, segment, change)]
        at = segment.head.stop
    return matroska_layout.merged((*pieces, Span(at, len(data))))


def _edit(data: Buffer, segment: Segment, tag: bytes) -> Edit:
    """What becomes of the tags of a segment that gets a label's tag, or none."""
    first = next((one.start for one in segment.elements if one.kind == matroska.CLUSTER), -1)
    tags = [one for one in segment.elements if one.kind == matroska.TAGS]
    home = next((one for one in tags if tag and (one.start < first or first < 0)), None)
    bodies = {one: matroska_tags.body(data, one) for one in tags if one is home or _may_hold(data, one)}
    kept = {one: matroska_tags.without(body, _is_label) for one, body in bodies.items()}
    replaced = {one.start: _master(body, tag if one is home else b"") for one, body in kept.items()}
    added = ebml.encoded(matroska.TAGS, tag) if tag and home is None else b""
    return Edit(replaced, added, first)


def _master(body: bytes, tag: bytes) -> bytes:
    """A Tags element, unless nothing is left in it."""
    return b"" if not tag and matroska_tags.is_empty(body) else ebml.master(matroska.TAGS, body + tag)


CARRIER = Carrier("mkv", remains, edit)
