"""The label in GIF's XMP extension: others find it, and the animation is the one that it was."""

import io
import json
import subprocess
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from PIL import GifImagePlugin, Image, ImageSequence

from sealmark.errors import SealmarkError
from sealmark.marks import metadata
from sealmark.marks.errors import DamagedMetadata
from sealmark.marks.label import Label
from sealmark.marks.metadata import gif as carrier
from sealmark.marks.metadata import xmp
from sealmark.media.image import gif
from tests.media import specimens
from tests.media.image.test_gif import HEAD, IMAGE

from ..test_label import LABELS
from .test_carriers import _element
from .test_comments import ONE, TWO, places

# The peer is untyped.
FFMPEG: Any = import_module("imageio_ffmpeg")


def _ffmpeg() -> bytes:
    """A moving GIF with a palette a frame, from ffmpeg."""
    source = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1")
    command = (FFMPEG.get_ffmpeg_exe(), "-v", "error", *source, "-f", "gif", "-")
    return subprocess.run(command, capture_output=True, check=True).stdout


GIFS = {
    "still": specimens.EVERY["gif"],
    "moving": specimens.EVERY["gif moving"],
    "ffmpeg": _ffmpeg(),
    "interlaced, transparent": specimens.gif(interlace=1, transparency=3),
    "version 87a": b"GIF87a" + HEAD[6:] + IMAGE + b";",
    "bytes behind the end": specimens.EVERY["gif"] + b"more",
}


def _frames(data: bytes) -> list[tuple[bytes, Any]]:
    """Every frame as a viewer shows it, and how long."""
    with Image.open(io.BytesIO(data)) as opened:
        frames = ImageSequence.Iterator(opened)
        return [(frame.convert("RGBA").tobytes(), frame.info.get("duration")) for frame in frames]


def _applications(data: bytes) -> dict[bytes, bytes]:
    """What a strict reader of sub-blocks sees, written from appendix B of the specification alone."""
    at, found = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0), dict[bytes, bytes]()
    while data[at] != 0x3B:
        start = at + 2
        if data[at] == 0x2C:
            start = at + 11 + (3 << (data[at + 9] & 7) + 1 if data[at + 9] & 0x80 else 0)
        else:
            assert data[at] == 0x21
        stop = start
        while data[stop]:
            stop += 1 + data[stop]
        if data[at : at + 3] == b"!\xff\x0b":
            found[data[at + 3 : at + 14]] = data[at + 14 : stop + 1]
        at = stop + 1
    return found


@pytest.mark.parametrize("key", GIFS)
def test_strict_readers_find_the_packet(key: str) -> None:
    """Reading sub-blocks as the specification says leads over the packet; cut off the trailer, it is XMP."""
    raw = _applications(metadata.write(GIFS[key], TWO))[b"XMP DataXMP"]
    trailer = bytes((1, *range(255, 0, -1), 0, 0))
    assert raw.endswith(trailer)
    assert json.loads(_element(raw.removesuffix(trailer))) == TWO.as_dict()


@pytest.mark.parametrize("key", GIFS)
def test_pillow_finds_the_packet_and_the_same_frames(key: str) -> None:
    """An independent reader shows the same frames for the same time, and names the extension."""
    marked = metadata.write(GIFS[key], TWO)
    assert _frames(marked) == _frames(GIFS[key])
    with Image.open(io.BytesIO(GIFS[key])) as was, Image.open(io.BytesIO(marked)) as now:
        assert isinstance(now, GifImagePlugin.GifImageFile)
        name, at = now.info.pop("extension")
        assert (name, now.n_frames) == (b"XMP DataXMP", getattr(was, "n_frames", 1))
        packet = marked[at : marked.index(b"\x01\xff\xfe", at)]
        ours = {"extension", "version"}
        assert {k: v for k, v in was.info.items() if k not in ours} == {
            k: v for k, v in now.info.items() if k not in ours
        }
    assert json.loads(_element(packet)) == TWO.as_dict()


@pytest.mark.parametrize("key", GIFS)
def test_every_other_block_stays_bit_for_bit(key: str) -> None:
    """The loop stays first, controls stay at their images, and nothing of the picture changes but the version."""
    was, now = gif.parse(GIFS[key]), gif.parse(metadata.write(GIFS[key], ONE))
    assert [block for block in now.blocks if not block.is_application(carrier.NAME)] == list(was.blocks)
    assert (now.head[:6], now.head[6:], now.tail) == (b"GIF89a", was.head[6:], was.tail)
    at = next(index for index, block in enumerate(now.blocks) if block.is_application(carrier.NAME))
    assert now.blocks[at + 1].kind in gif.PICTURE
    assert not any(block.kind in gif.PICTURE for block in now.blocks[:at])


@pytest.mark.parametrize("key", GIFS)
@settings(max_examples=15, deadline=None)
@given(first=LABELS, second=LABELS)
def test_writing_again_gives_the_file_of_one_writing(key: str, first: Label, second: Label) -> None:
    """GB 45438 6.1 c): one label a file, and no trace of an earlier one."""
    once = metadata.write(GIFS[key], second)
    assert metadata.write(metadata.write(GIFS[key], first), second) == once
    assert places(once) == [(second, True)]


def _with(*extensions: bytes) -> bytes:
    container = gif.parse(specimens.gif(2))
    blocks = [gif.Block(gif.APPLICATION, b"!\xff\x0bXMP DataXMP" + extension) for extension in extensions]
    return gif.build(gif.Container(container.head, (*blocks, *container.blocks)))


def _whole(packet: bytes) -> bytes:
    return packet + bytes((1, *range(255, 0, -1), 0, 0))


def _cut(packet: bytes) -> bytes:
    """As a writer does it that cuts every application's data into sub-blocks."""
    parts = [packet[at : at + 255] for at in range(0, len(packet), 255)]
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\x00"


@pytest.mark.parametrize("form", [_whole, _cut])
def test_packet_of_another_writer_keeps_its_words(form: Any) -> None:
    """Whole or in sub-blocks: the packet is read and edited, its other properties stay."""
    packet = xmp.write(None, ONE, "here").replace(b"<rdf:Desc", "<!-- 题 -->\n<rdf:Desc".encode(), 1)
    data = _with(form(packet))
    assert places(data) == [(ONE, True)]
    written = metadata.write(data, TWO)
    assert places(written) == [(TWO, True)]
    assert "<!-- 题 -->".encode() in written


def test_second_packet_keeps_no_label() -> None:
    """Two extensions with a label each: the first is replaced, the second loses its own."""
    data = _with(_whole(xmp.write(None, ONE, "here")), _cut(xmp.write(None, TWO, "here")))
    assert len(places(data)) == 2
    assert places(metadata.write(data, TWO)) == [(TWO, True)]


@pytest.mark.parametrize("packet", [b"not XML", b"<x/>", b"<!DOCTYPE x><x/>"])
def test_packet_that_cannot_be_read_is_never_overwritten(packet: bytes) -> None:
    """Another's damaged packet is no place to write over."""
    with pytest.raises(DamagedMetadata):
        metadata.write(_with(_whole(packet)), ONE)


def test_cut_file_says_so_and_keeps_what_its_head_says() -> None:
    """The label of an intact head counts; without it, a cut file is not one without a label."""
    marked = metadata.write(GIFS["moving"], ONE)
    left = metadata.remains(marked[:-20], gif.FORMAT)
    assert ([place.label for place in left.places], len(left.damages)) == ([ONE], 1)
    for cut in range(10, len(marked), 101):
        with pytest.raises(SealmarkError):
            metadata.read(marked[:cut], gif.FORMAT)
