"""Ogg with Vorbis, Opus, FLAC or Speex: Vorbis comment `AIGC` (guide 202510A)."""

from collections.abc import Iterator

from sealmark.marks.label import Label
from sealmark.marks.metadata import comments
from sealmark.marks.metadata.found import Carrier, Found, Remains, gathered
from sealmark.media.audio import ogg, vorbis_comment
from sealmark.media.audio.ogg import Container
from sealmark.media.pieces import Buffer, Pieces


def remains(data: Buffer) -> Remains:
    """Every label in an Ogg file, whole or not."""
    container, damage = ogg.remains(data)
    return gathered((container,) if container.pages or not damage else (), _read, damage)


def _read(container: Container) -> Iterator[Found]:
    yield from comments.read(ogg.comment(container), "Ogg", f"Ogg {container.codec.name} comment")


def edit(data: Buffer, label: Label) -> Pieces:
    """The Ogg file with this label as its one label; other packets, padding and positions stay as they are."""
    container = ogg.parse(data)
    comment = vorbis_comment.parse(ogg.comment(container), "Ogg")
    return ogg.build(data, container, comments.labelled(comment, label).encoded())


CARRIER = Carrier("ogg", remains, edit)
