"""TIFF directories in both byte orders and both widths, edited so that every offset stays true."""

import io
import struct
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sealmark import media
from sealmark.media.errors import Damaged, UnknownFormat
from sealmark.media.image import tiff
from tests.media import specimens

# What a value is packed as, by its type: BYTE, ASCII, SHORT, LONG, UNDEFINED, LONG8.
_LETTERS = {1: "B", 2: "B", 3: "H", 4: "I", 7: "B", 16: "Q"}
Values = dict[int, tuple[int, Sequence[int]]]
Pages = Mapping[int, tuple[int, Sequence[int]]]


def made(*pages: Pages, order: str = "<", big: bool = False, exif: Pages | None = None) -> bytes:
    """A grey TIFF of 8 × 4 pixels a page, by the letter of the specification, its directories before their values."""
    letter, width = ("Q", 8) if big else ("I", 4)
    head = struct.pack(order + "2sH", b"II" if order == "<" else b"MM", 43 if big else 42)
    out = bytearray(head + (struct.pack(order + "HH", 8, 0) if big else b"") + bytes(width))
    link = len(out) - width
    for number, extra in enumerate(pages):
        base: Values = {256: (3, (8,)), 257: (3, (4,)), 258: (3, (8,)), 259: (3, (1,)), 262: (3, (1,)), 277: (3, (1,))}
        base |= {273: (4, (len(out),)), 278: (3, (4,)), 279: (4, (32,))}
        out += bytes(range(number, number + 32))
        if exif and number == 0:
            at = _directory(out, exif, order, letter)
            base[0x8769] = (4, (at,))
        place = _directory(out, base | dict(extra), order, letter)
        out[link : link + width] = struct.pack(order + letter, place)
        link = place + (8 if big else 2) + len(base | dict(extra)) * (4 + 2 * width)
    return bytes(out)


def _directory(out: bytearray, values: Pages, order: str, letter: str) -> int:
    """Put a directory and its values behind what is there; where it begins."""
    width = struct.calcsize(letter)
    out += bytes(-len(out) % 8)
    place = len(out)
    behind = place + (8 if width == 8 else 2) + len(values) * (4 + 2 * width) + width
    rows, tail = [], b""
    for tag, (kind, value) in sorted(values.items()):
        packed = struct.pack(f"{order}{len(value)}{_LETTERS[kind]}", *value)
        field = (
            packed.ljust(width, b"\x00") if len(packed) <= width else struct.pack(order + letter, behind + len(tail))
        )
        rows.append(struct.pack(f"{order}HH{letter}", tag, kind, len(value)) + field)
        tail += packed if len(packed) > width else b""
    out += struct.pack(order + ("Q" if width == 8 else "H"), len(values)) + b"".join(rows) + bytes(width) + tail
    return place


COMMENT: Values = {270: (2, specimens.COMMENT.encode() + b"\x00")}
TIFFS = {
    "Pillow": specimens.EVERY["tiff"],
    "Pillow, three pages": specimens.EVERY["tiff pages"],
    "Pillow, big": specimens.tiff(2, big_tiff=True),
    "little": made(COMMENT),
    "big-endian": made(COMMENT, {}, order=">"),
    "BigTIFF": made(COMMENT, {}, big=True),
    "BigTIFF, big-endian": made(COMMENT, order=">", big=True),
}


def pixels(data: bytes) -> list[bytes]:
    """The pixels of each page, as an independent reader decodes them."""
    with Image.open(io.BytesIO(data)) as opened:
        pages = []
        for number in range(getattr(opened, "n_frames", 1)):
            opened.seek(number)
            pages.append(np.asarray(opened).tobytes())
        return pages


@pytest.mark.parametrize("key", TIFFS)
def test_new_packet_moves_nothing(key: str) -> None:
    """All bytes but the header's offset stay; pages, entries and pixels are the same; the tags are in order."""
    data = TIFFS[key]
    was = tiff.parse(data)
    edited = tiff.appended(data, was, b"a packet")
    now = tiff.parse(edited)
    end = was.layout.header + was.layout.width
    assert edited[end : len(data)] == data[end:]
    assert now.pages[1:] == was.pages[1:]
    assert [entry for entry in now.pages[0].entries if entry.tag != tiff.XMP and len(entry.value) > 8] == [
        entry for entry in was.pages[0].entries if len(entry.value) > 8
    ]
    tags = [entry.tag for entry in now.pages[0].entries]
    assert tags == sorted({*tags, tiff.XMP})
    if key != "BigTIFF, big-endian":  # Pillow takes it for a classic one
        assert pixels(edited) == pixels(data)
    assert now.pages[0].place.start % was.layout.header == 0


@pytest.mark.parametrize("key", TIFFS)
def test_packet_that_is_last_is_replaced(key: str) -> None:
    """Editing again leaves no earlier copy behind."""
    data = TIFFS[key]
    once = tiff.appended(data, tiff.parse(data), b"second")
    first = tiff.appended(data, tiff.parse(data), b"the first packet")
    assert tiff.appended(first, tiff.parse(first), b"second") == once


@pytest.mark.parametrize("key", TIFFS)
def test_truncation_is_noticed(key: str) -> None:
    """A file without some of its directories, values or pixels is damaged."""
    data = TIFFS[key]
    end = max(entry.value.stop for page in tiff.parse(data).pages for entry in page.entries)
    end = max(end, *(page.place.stop for page in tiff.parse(data).pages))
    for cut in {*range(1, min(len(data), 700)), *range(700, len(data), 97)}:
        if cut < end or "Pillow" in key:
            with pytest.raises(Damaged):
                tiff.parse(data[:cut])


@pytest.mark.parametrize("key", TIFFS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_flipped_bytes_give_a_container_or_a_domain_error(key: str, data: st.DataObject) -> None:
    """No damage raises anything but our own errors."""
    whole = bytearray(TIFFS[key])
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, 64) | st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Damaged):
        container = tiff.parse(bytes(whole))
        with suppress(OverflowError):
            assert tiff.appended(bytes(whole), container, b"packet")
        tiff.user_comment(bytes(whole), container)


def test_dng_is_a_tiff_and_canon_raw_is_not() -> None:
    """DNG keeps its metadata as TIFF does; a CR2 has offsets of its maker's own and is not edited."""
    dng = made(COMMENT | {50706: (1, bytes((1, 4, 0, 0))), 50708: (2, b"Camera\x00")})
    for name, kind in (("a.dng", None), (None, "image/x-adobe-dng"), ("a.tif", "image/tiff"), ("a.tiff", None)):
        assert media.sniff(dng, name, kind).name == "tiff"
    with pytest.raises(UnknownFormat):
        media.sniff(dng[:8] + b"CR\x02\x00" + dng[12:])


def _circle() -> bytes:
    data = bytearray(TIFFS["little"])
    page = tiff.parse(bytes(data)).pages[0].place
    data[page.stop - 4 : page.stop] = struct.pack("<I", page.start)
    return bytes(data)


def _overlapping() -> bytes:
    """Thousands of pages, each with a packet that is most of the file, none the same."""
    entries = 3000
    out = bytearray(b"II*\x00" + struct.pack("<I", 8))
    for number in range(entries):
        following = len(out) + 18 if number < entries - 1 else 0
        out += struct.pack("<HHHIII", 1, tiff.XMP, 7, 40_000 + number, 8, following)
    return bytes(out)


HOSTILE = {
    "a circle of directories": _circle(),
    "a directory without end": b"II*\x00\x08\x00\x00\x00\xff\xff" + bytes(1000),
    "directories without end": b"II*\x00"
    + b"".join(struct.pack("<IH", 8 + 6 * n, 0) for n in range(70_000))
    + bytes(4),
    "entries without end": b"II*\x00\x08\x00\x00\x00"
    + b"".join(struct.pack("<H", 60_000) + bytes(720_000) + struct.pack("<I", 8 + 720_006 * n) for n in range(1, 30)),
    "a number of 64 bits": b"II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00" + b"\xff" * 100,
    "overlapping packets": _overlapping(),
    "no directory": b"MM\x00*\x00\x00\x00\x00" + bytes(20),
    "a directory in the header": b"II*\x00\x02\x00\x00\x00" + bytes(20),
    "a strip beyond the file": made({273: (4, (1 << 30,))}),
    "strips without end": made(*[{273: (4, tuple([8] * 200_000)), 279: (4, (1,))}] * 6),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_file_is_refused_soon(attack: str) -> None:
    """Circles, lies and files made of nothing but headers cost neither memory nor time."""
    began = time.process_time()
    with pytest.raises(Damaged):
        tiff.parse(HOSTILE[attack])
    assert time.process_time() - began < 2
