"""MP3: ID3v2 frame TXXX with the description `AIGC` (guide 202510A); TXX in version 2.2."""

from collections.abc import Iterator
from dataclasses import replace

from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Found, Remains, found, gathered, whole
from sealmark.media.audio import id3, mp3
from sealmark.media.audio.id3 import Frame, Tag
from sealmark.media.audio.mp3 import Container

DESCRIPTION = "AIGC"
_KINDS = frozenset((b"TXXX", b"TXX"))
# ID3v2.4 4: the encodings by their first byte, and the width of their terminator.
_CODINGS = {0: ("latin-1", 1), 1: ("utf-16", 2), 2: ("utf-16-be", 2), 3: ("utf-8", 1)}


def remains(data: bytes) -> Remains:
    """Every label in an MP3, whole or not."""
    container, damage = mp3.remains(data)
    frames = ((tag, frame) for tag in container.tags for frame in tag.frames if is_place(frame))
    return gathered(frames, read_frame, damage)


def is_place(frame: Frame) -> bool:
    """Whether a look into the frame is worth its time: it is transformed, or begins with the description."""
    begins = frame.body[:40].upper().replace(b"\x00", b"")
    return frame.kind in _KINDS and (any(frame.flags[1:]) or DESCRIPTION.encode() in begins)


def read_frame(place: tuple[Tag, Frame]) -> Iterator[Found]:
    """The label in a user text frame of a tag, where its description is AIGC."""
    tag, frame = place
    text = _text(tag, frame)
    if text is not None:
        yield found(text, f"ID3v2.{tag.version} {frame.kind.decode()} AIGC", main=True)


def write(data: bytes, label: Label) -> bytes:
    """The MP3 with this label as its one label; every other frame, the padding and the sound stay bit for bit."""
    container = mp3.parse(data)
    first, *others = container.tags or (id3.new_tag(),)
    tags = (_labelled(first, label), *(unlabelled(tag) for tag in others))
    return mp3.build(Container(tags, container.sound))


def unlabelled(tag: Tag) -> Tag:
    """A further tag, in which no second label stays."""
    return replace(tag, frames=tuple(frame for frame in tag.frames if _text(tag, frame) is None))


def _labelled(tag: Tag, label: Label) -> Tag:
    """The tag with the label where one stood, else behind its frames."""
    frames = list(tag.frames)
    at = next((i for i, frame in enumerate(frames) if _text(tag, frame) is not None), len(frames))
    kept = [frame for frame in frames[at:] if _text(tag, frame) is None]
    return replace(tag, frames=(*frames[:at], _frame(tag.version, label), *kept))


def _frame(version: int, label: Label) -> Frame:
    """Latin-1 where it suffices (labels are mainly ASCII), else UTF-16, the only other one of 2.2 and 2.3."""
    text = f"{DESCRIPTION}\x00{label.inner()}"
    if text.isascii():
        body = b"\x00" + text.encode("latin-1")
    else:
        head, _, value = text.partition("\x00")
        body = b"\x01" + head.encode("utf-16") + b"\x00\x00" + value.encode("utf-16")
    return id3.make_frame(version, b"TXX" if version == 2 else b"TXXX", body)


def _text(tag: Tag, frame: Frame) -> str | None:
    """The value of a user text frame whose description is AIGC."""
    if frame.kind not in _KINDS:
        return None
    body = id3.content(tag, frame)
    coding, width = _CODINGS.get(body[0], ("", 0)) if body else ("", 0)
    if not body or not coding:
        return None
    parts = _split(body[1:], width)
    texts = [part.decode(coding, "replace") for part in parts]
    return texts[1].rstrip("\x00") if texts[0].upper() == DESCRIPTION else None


def _split(data: bytes, width: int) -> tuple[bytes, bytes]:
    """Description and value, at the first terminator on a whole character."""
    for at in range(0, len(data) - width + 1, width):
        if not any(data[at : at + width]):
            return data[:at], data[at + width :]
    return data, b""


CARRIER = whole("mp3", remains, write)
