"""Containers are split and joined without losing a bit, and every lie in them is a domain error."""

import struct
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.media.audio import id3, mp3, wav
from sealmark.media.containers import riff
from sealmark.media.errors import Damaged
from sealmark.media.image import jpeg, png, webp

from . import specimens

MODULES: dict[str, ModuleType] = {"png": png, "jpeg": jpeg, "webp": webp, "wav": wav, "mp3": mp3}
CONTAINERS = [key for key in specimens.EVERY if specimens.FORMAT_OF[key] in MODULES]


def _module(key: str) -> ModuleType:
    return MODULES[specimens.FORMAT_OF[key]]


@pytest.mark.parametrize("key", CONTAINERS)
def test_splitting_and_joining_gives_the_same_bytes(key: str) -> None:
    """`build` is the inverse of `parse`, also for bytes behind the end."""
    module = _module(key)
    for data in (specimens.EVERY[key], specimens.EVERY[key] + b"bytes behind the end"):
        assert module.build(module.parse(data)) == data


@pytest.mark.parametrize("key", [key for key in CONTAINERS if key != "mp3"])
def test_truncation_at_every_boundary_is_noticed(key: str) -> None:
    """A container cut anywhere before its end is damaged, and says so."""
    data = specimens.EVERY[key]
    # A RIFF form may lack its very last pad byte.
    spare = 1 if key.startswith(("webp", "wav")) else 0
    for cut in {*range(1, min(len(data), 700)), *range(700, len(data) - spare, 97), len(data) - spare - 1}:
        with pytest.raises(Damaged):
            _module(key).parse(data[:cut])


@pytest.mark.parametrize("key", CONTAINERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_flipped_bytes_give_a_container_or_a_domain_error(key: str, data: st.DataObject) -> None:
    """No damage raises anything but our own errors."""
    whole = bytearray(specimens.EVERY[key])
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, min(len(whole), 400) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Damaged):
        container = _module(key).parse(bytes(whole))
        assert _module(key).build(container)


def test_wrong_chunk_crc_is_noticed() -> None:
    """PNG's own check sums are checked."""
    data = bytearray(specimens.EVERY["png"])
    data[data.index(b"tEXt") + 8] ^= 1
    with pytest.raises(Damaged):
        png.parse(bytes(data))


@pytest.mark.parametrize("size", [0, 3, 0x7FFFFFFF, 0xFFFFFFFE])
def test_riff_size_lies_are_noticed(size: int) -> None:
    """A form or chunk that claims more than there is, or too little for its chunks, is damaged."""
    data = specimens.EVERY["wav"]
    with pytest.raises(Damaged):
        wav.parse(data[:4] + struct.pack("<I", size) + data[8:])
    if size > len(data):
        with pytest.raises(Damaged):
            wav.parse(data[:16] + struct.pack("<I", size) + data[20:])


def test_streamed_wav_without_sizes_is_read_to_its_end() -> None:
    """A generator that could not seek back leaves open sizes; the sound then runs to the end of the file."""
    data = specimens.EVERY["wav"]
    at = data.index(b"data")
    body = data[at + 8 : data.index(b"LIST")]
    streamed = data[:4] + b"\xff" * 4 + data[8:at] + b"data" + b"\xff" * 4 + body
    container = wav.parse(streamed)
    assert container.chunks[-1].body == body
    assert struct.unpack("<I", wav.build(container)[4:8]) == (len(streamed) - 8,)


def test_forgotten_last_pad_byte_is_forgiven() -> None:
    """A form that is one byte short of its even size still reads."""
    data = riff.build(riff.Container(b"WAVE", (riff.Chunk(b"fmt ", bytes(16)), riff.Chunk(b"data", bytes(3)))))
    assert wav.parse(data[:-1]).chunks[-1].body == bytes(3)


@pytest.mark.parametrize("size", [b"\x7f\x7f\x7f\x7f", b"\x00\x00\x7f\x7f", b"\x80\x00\x00\x00"])
def test_huge_id3_size_is_noticed(size: bytes) -> None:
    """A tag that claims more bytes than the file has is damaged, and nothing is allocated for it."""
    with pytest.raises(Damaged):
        mp3.parse(b"ID3\x04\x00\x00" + size + specimens.EVERY["mp3"][:2000])


@given(st.binary(max_size=300))
def test_unsynchronisation_is_undone(data: bytes) -> None:
    """What was made free of false sync marks reads back, and holds none."""
    safe = id3.unsynchronised(data)
    assert id3.desynchronised(safe) == data
    assert not any(a == 0xFF and b >= 0xE0 for a, b in pairwise(safe))


@given(st.integers(0, (1 << 28) - 1))
def test_synchsafe_numbers_round_trip(number: int) -> None:
    """Four bytes of seven bits hold any size below 2^28."""
    assert id3.from_synchsafe(id3.synchsafe(number)) == number


def _simple(mode: str, **options: object) -> Callable[[], bytes]:
    return lambda: specimens.webp(mode, **options)


@pytest.mark.parametrize("make", [_simple("RGB"), _simple("RGB", lossless=True), _simple("RGBA", lossless=True)])
def test_webp_header_tells_size_in_every_layout(make: Callable[[], bytes]) -> None:
    """Lossy, lossless and extended headers all tell the canvas."""
    data = make()
    assert webp.size(data) == (96, 64)
    assert webp.size(webp.build(webp.extended(webp.parse(data)))) == (96, 64)


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_header_tells_size(progressive: bool) -> None:
    """Sequential and progressive frame headers both tell the size."""
    assert jpeg.size(specimens.jpeg(progressive=progressive)) == (96, 64)


HOSTILE = {
    "millions of chunks": (png, b"\x89PNG\r\n\x1a\n" + png.Chunk(b"teSt", b"").encoded() * 300_000),
    "millions of RIFF chunks": (wav, riff.build(riff.Container(b"WAVE", (riff.Chunk(b"junk", b""),) * 300_000))),
    "millions of segments": (jpeg, b"\xff\xd8" + b"\xff\xe1\x00\x02" * 300_000),
    "millions of scans": (jpeg, b"\xff\xd8" + b"\xff\xda\x00\x02" * 300_000),
    "endless fill bytes": (jpeg, b"\xff\xd8" + b"\xff" * 4_000_000),
    "millions of tags": (mp3, b"ID3\x04\x00\x00\x00\x00\x00\x00" * 300_000),
    "endless zeros": (mp3, b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(4_000_000)),
    "millions of frames": (mp3, id3.build(id3.Tag(3, 0, 0, b"", (id3.make_frame(3, b"TXXX", b""),) * 300_000, b""))),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_container_of_endless_parts_is_refused_soon(attack: str) -> None:
    """Files made of nothing but headers cost neither memory nor time."""
    module, data = HOSTILE[attack]
    began = time.process_time()
    with pytest.raises(Damaged):
        module.parse(data)
    assert time.process_time() - began < 1
