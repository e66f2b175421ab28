"""FLAC: Vorbis comment `AIGC` (guide 202510A); read besides: an ID3v2 tag that stands before the stream."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from sealmark.marks.errors import NoRoom
from sealmark.marks.label import Label
from sealmark.marks.metadata import comments, mp3
from sealmark.marks.metadata.found import Carrier, Found, Remains, gathered
from sealmark.media.audio import flac, id3, vorbis_comment
from sealmark.media.audio.flac import Block, Lead
from sealmark.media.audio.vorbis_comment import Comment
from sealmark.media.pieces import Buffer, Pieces, Span

_PLACE = "FLAC VORBIS_COMMENT"


def remains(data: Buffer) -> Remains:
    """Every label in a FLAC, whole or not."""
    container, damage = flac.remains(data)
    blocks = tuple(block for block in container.blocks if block.kind == flac.VORBIS_COMMENT)
    return gathered((*container.leads, *blocks), partial(_read, data), damage)


def _read(data: Buffer, part: Lead | Block) -> Iterator[Found]:
    if isinstance(part, Block):
        yield from comments.read(flac.body(data, part), "FLAC", _PLACE)
        return
    for frame in filter(mp3.is_place, part.tag.frames):
        for one in mp3.read_frame((part.tag, frame)):
            yield replace(one, main=False)


def edit(data: Buffer, label: Label) -> Pieces:
    """The FLAC with this label as its one label; every other block, padding too, and the sound stay bit for bit.

    Padding is not used up: whoever edits the file in place next finds it as it was.
    """
    container = flac.parse(data)
    blocks = list(_edited(data, container.blocks, label))
    if any(len(block.body) > flac.LONGEST for block in blocks):
        raise NoRoom(place=_PLACE)
    return flac.build([_lead(lead) for lead in container.leads], blocks, container.sound)


def _lead(lead: Lead) -> bytes | Span:
    kept = mp3.unlabelled(lead.tag)
    return lead.place if kept == lead.tag else id3.build(kept)


def _edited(data: Buffer, blocks: tuple[Block, ...], label: Label) -> Iterator[Block]:
    """The blocks with the label in the first comment, which comes second where there was none (as Ogg has it)."""
    first = next((block for block in blocks if block.kind == flac.VORBIS_COMMENT), None)
    for index, block in enumerate(blocks):
        if block.kind == flac.VORBIS_COMMENT:
            comment = vorbis_comment.parse(flac.body(data, block), "FLAC")
            edited = comments.labelled(comment, label) if block is first else comments.unlabelled(comment)
            yield Block(flac.VORBIS_COMMENT, edited.encoded())
        else:
            yield block
        if index == 0 and first is None:
            yield Block(flac.VORBIS_COMMENT, comments.labelled(Comment(), label).encoded())


CARRIER = Carrier("flac", remains, edit)
