"""Vorbis comments: a vendor and named texts, in FLAC and in every codec of Ogg (Vorbis I, section 5)."""

from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.limits import MOST_PARTS

# Who wrote a comment that was not there before.
VENDOR = b"Sealmark"


@dataclass(frozen=True, slots=True)
class Comment:
    """The vendor, the fields as `NAME=value` in UTF-8, and what stands behind them (framing bit, padding)."""

    vendor: bytes = VENDOR
    fields: tuple[bytes, ...] = ()
    rest: bytes = b""

    def encoded(self) -> bytes:
        """The comment's bytes; `parse(comment.encoded())` is the comment."""
        texts = (_counted(self.vendor), len(self.fields).to_bytes(4, "little"), *map(_counted, self.fields))
        return b"".join((*texts, self.rest))


def is_named(field: bytes, name: bytes) -> bool:
    """Whether a field has this name, which is compared without case (Vorbis I, 5.2.2)."""
    return field.partition(b"=")[0].upper() == name.upper()


def value(field: bytes) -> str:
    """The text of a field."""
    return field.partition(b"=")[2].decode("utf-8", "replace")


def parse(data: bytes, form: str) -> Comment:
    """The comment in these bytes; raises `Damaged`, in the name of a format, where a length lies."""
    comment, damage = remains(data, form)
    if damage is not None:
        raise damage
    return comment


def remains(data: bytes, form: str) -> tuple[Comment, Damaged | None]:
    """The fields that stand whole, also of a damaged comment, and the first thing that is wrong with it."""
    vendor, fields, damage, at = b"", list[bytes](), None, 0
    try:
        vendor, at = _text(data, 0, form)
        count = int.from_bytes(data[at : at + 4], "little")
        # Each field takes four bytes at least.
        if at + 4 + 4 * count > len(data) or count > MOST_PARTS:
            raise Damaged(format=form, **why("注释项数", "number of comments"))
        at += 4
        for _ in range(count):
            field, at = _text(data, at, form)
            fields.append(field)
    except Damaged as error:
        damage = error
    return Comment(vendor, tuple(fields), data[at:]), damage


def _counted(text: bytes) -> bytes:
    return len(text).to_bytes(4, "little") + text


def _text(data: bytes, at: int, form: str) -> tuple[bytes, int]:
    """The text at `at`, and where the next begins."""
    stop = at + 4 + int.from_bytes(data[at : at + 4], "little")
    if at + 4 > len(data) or stop > len(data):
        raise Damaged(format=form, **why("注释长度", "length of a comment"))
    return data[at + 4 : stop], stop
