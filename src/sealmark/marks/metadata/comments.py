"""The label in a Vorbis comment: field `AIGC` with the inner JSON (guide 202510A)."""

from collections.abc import Iterator
from dataclasses import replace

from sealmark.errors import why
from sealmark.marks.label import Label
from sealmark.marks.metadata.found import MOST_PARTS, Found, found
from sealmark.media.audio import vorbis_comment
from sealmark.media.audio.vorbis_comment import Comment
from sealmark.media.errors import MetadataOverLimit

NAME = b"AIGC"


def read(data: bytes, form: str, place: str) -> Iterator[Found]:
    """Every AIGC field of a comment; raises `Damaged` after what stands before the damage."""
    comment, damage = vorbis_comment.remains(data, form)
    fields = [field for field in comment.fields if vorbis_comment.is_named(field, NAME)]
    for field in fields[:MOST_PARTS]:
        yield found(vorbis_comment.value(field), f"{place} AIGC", main=True)
    if len(fields) > MOST_PARTS:
        raise MetadataOverLimit(place=place, **why("AIGC 字段过多", "too many AIGC fields"))
    if damage is not None:
        raise damage


def labelled(comment: Comment, label: Label) -> Comment:
    """The comment with the label where one stood, else behind its fields; no other AIGC field stays."""
    fields = list(comment.fields)
    at = next((i for i, field in enumerate(fields) if vorbis_comment.is_named(field, NAME)), len(fields))
    new = NAME + b"=" + label.inner().encode()
    return replace(comment, fields=(*fields[:at], new, *_others(fields[at:])))


def unlabelled(comment: Comment) -> Comment:
    """A further comment of a file whose label stands in its first (GB 45438 6.1 c)."""
    return replace(comment, fields=_others(comment.fields))


def _others(fields: list[bytes] | tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(field for field in fields if not vorbis_comment.is_named(field, NAME))
