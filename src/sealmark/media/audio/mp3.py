"""MP3: ID3v2 tags, then MPEG audio frames (and older tags at the end, which stay as they are)."""

import re
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.audio import id3, mpeg
from sealmark.media.audio.id3 import Tag
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format

MOST_TAGS = 16
_ZEROS = re.compile(rb"\x00*+")


@dataclass(frozen=True, slots=True)
class Container:
    """The tags at the start, and everything behind them as it is."""

    tags: tuple[Tag, ...]
    sound: bytes


def is_mp3(data: bytes) -> bool:
    """Whether the bytes begin with an ID3v2 tag or with two layer III frames."""
    return data[:3] == b"ID3" or mpeg.begins(data)


FORMAT = Format("mp3", "audio", ("audio/mpeg", "audio/mp3"), ("mp3",), is_mp3)


def parse(data: bytes) -> Container:
    """Split an MP3 into tags and sound; raises `Damaged` where a size lies or no sound follows."""
    return intact(remains(data))


def remains(data: bytes) -> tuple[Container, Damaged | None]:
    """The tags with the frames that stand whole, also of a damaged file, and the first thing that is wrong with it."""
    tags: list[Tag] = []
    damage, at = None, 0
    try:
        while data[at : at + 3] == b"ID3":
            tag, at, wrong = id3.remains(data, at)
            tags.append(tag)
            damage = damage or wrong
            if len(tags) > MOST_TAGS:
                raise Damaged(format="MP3", **why("标签太多", "too many tags"))
        _check_sound(data, at)
    except Damaged as error:
        damage = damage or error
    return Container(tuple(tags), data[at:]), damage


def _check_sound(data: bytes, at: int) -> None:
    # Some writers leave zeros between tag and sound.
    zeros = _ZEROS.match(data, at)
    if not mpeg.begins(data, zeros.end() if zeros else at):
        raise Damaged(format="MP3", **why("声音数据", "sound"))


def build(container: Container) -> bytes:
    """The bytes of an MP3."""
    return b"".join((*(id3.build(tag) for tag in container.tags), container.sound))


def coded(data: bytes) -> bytes:
    """The sound without the tags before it."""
    return parse(data).sound


def bitrate(data: bytes) -> int:
    """The mean bit rate in kbit/s."""
    sound = parse(data).sound
    return mpeg.bitrate(sound.lstrip(b"\x00"))


def splice(original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` sound between the tags of the `original`, which stay bit for bit."""
    sound = parse(original).sound
    head = original[: len(original) - len(sound)]
    # ID3v1: the last 128 bytes, when they begin with TAG.
    tail = sound[-128:] if sound[-128:-125] == b"TAG" else b""
    return b"".join((head, parse(encoded).sound, tail))


def renew(_original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` sound alone, without any tag."""
    return parse(encoded).sound
