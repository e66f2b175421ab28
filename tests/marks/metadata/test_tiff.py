"""The label in TIFF's tag 700: libtiff finds it and shows the same pages."""

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from PIL import Image

from sealmark.errors import SealmarkError
from sealmark.marks import metadata
from sealmark.marks.errors import DamagedMetadata, NoRoom
from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.media.image import tiff
from tests.media import specimens
from tests.media.image.test_tiff import COMMENT, TIFFS, Values, made, pixels

from ..test_label import LABELS
from .test_carriers import _element
from .test_comments import ONE, TWO, places

# What each of them holds is coded by another part of libtiff.
CODED = {
    name: specimens.tiff(2, mode=mode, compression=name)
    for name, mode in (
        ("tiff_lzw", "RGBA"),
        ("tiff_adobe_deflate", "L"),
        ("packbits", "CMYK"),
        ("group4", "1"),
        ("jpeg", "RGB"),
    )
}
EVERY = TIFFS | CODED
READABLE = [key for key in EVERY if key != "BigTIFF, big-endian"]  # Pillow takes it for a classic one


@pytest.mark.parametrize("key", READABLE)
def test_libtiff_finds_the_label_and_shows_the_same_pages(key: str) -> None:
    """Tag 700 of the first directory is UNDEFINED and holds the packet; pixels and other tags stay."""
    marked = metadata.write(EVERY[key], TWO)
    assert pixels(marked) == pixels(EVERY[key])
    with Image.open(io.BytesIO(EVERY[key])) as was, Image.open(io.BytesIO(marked)) as now:
        before, after = _tags(was), _tags(now)
        assert json.loads(_element(now.info["xmp"])) == TWO.as_dict()
        assert after.pop(tiff.XMP) == (now.info["xmp"],)
        assert (before, _tag_type(now)) == (after, tiff.UNDEFINED)


def _tags(opened: Any) -> dict[int, Any]:
    return dict(opened.tag_v2)


def _tag_type(opened: Any) -> int:
    return int(opened.tag_v2.tagtype[tiff.XMP])


@pytest.mark.parametrize("key", EVERY)
@settings(max_examples=15, deadline=None)
@given(first=LABELS, second=LABELS)
def test_writing_again_gives_the_file_of_one_writing(key: str, first: Label, second: Label) -> None:
    """GB 45438 6.1 c): one label a file, and no trace of an earlier one."""
    once = metadata.write(EVERY[key], second)
    assert metadata.write(metadata.write(EVERY[key], first), second) == once
    assert places(once) == [(second, True)]


def _tag(packet: bytes, kind: int = 7) -> Values:
    return {tiff.XMP: (kind, packet)}


def _words(label: Label) -> bytes:
    """A packet of another writer, with a property of its own."""
    return xmp.write(None, label, "here").replace(b"<rdf:Desc", "<!-- 题 -->\n<rdf:Desc".encode(), 1)


LAYOUTS = {"little": ("<", False), "big-endian": (">", False), "BigTIFF": ("<", True), "both": (">", True)}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", [1, 2, 7])
def test_packet_of_another_writer_keeps_its_words_and_leaves_no_old_label(layout: str, kind: int) -> None:
    """BYTE, ASCII or UNDEFINED: the packet is read and edited, and what stood in the old place says nothing more."""
    order, big = LAYOUTS[layout]
    data = made(COMMENT | _tag(_words(ONE), kind), {}, order=order, big=big)
    assert places(data) == [(ONE, True)]
    written = metadata.write(data, TWO)
    assert places(written) == [(TWO, True)]
    assert written.count(b"TC260:AIGC>") == 2
    assert written.count("<!-- 题 -->".encode()) == 2
    assert metadata.write(metadata.write(data, ONE), TWO) == written


@pytest.mark.parametrize("layout", LAYOUTS)
def test_labels_of_later_pages_are_superseded(layout: str) -> None:
    """A packet on each page, one shared by two: the first page's is the label, the others keep the rest of theirs."""
    order, big = LAYOUTS[layout]
    plain = xmp.without(_words(ONE), "here")
    data = made(_tag(_words(ONE)), _tag(_words(TWO)), _tag(plain), order=order, big=big)
    assert places(data) == [(ONE, True), (TWO, False)]
    written = metadata.write(data, TWO)
    assert places(written) == [(TWO, True)]
    was, now = tiff.parse(data).pages[1:], tiff.parse(written).pages[1:]
    assert was == now
    second = now[0].find(tiff.XMP)
    assert second is not None
    assert "<!-- 题 -->".encode() in written[second.value.start : second.value.stop]
    list(xmp.read(written[second.value.start : second.value.stop], "here"))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("code", [b"ASCII\x00\x00\x00", bytes(8), b"UNICODE\x00"])
def test_user_comment_is_read_and_emptied(layout: str, code: bytes) -> None:
    """Guide 20259A annex B: EXIF UserComment with the wrapped label, superseded by the main channel."""
    order, big = LAYOUTS[layout]
    coding = ("utf-16-le" if order == "<" else "utf-16-be") if code.startswith(b"UNI") else "utf-8"
    comment = code + ONE.wrapped().encode(coding)
    data = made(COMMENT, order=order, big=big, exif={0x9286: (7, comment), 0x9000: (7, b"0230")})
    assert places(data) == [(ONE, False)]
    written = metadata.write(data, TWO)
    assert places(written) == [(TWO, True)]
    assert comment[8:] not in written
    assert (
        metadata.write(made({}, order=order, big=big, exif={0x9286: (7, code + b"by hand")}), ONE).count(b"by hand")
        == 1
    )


def test_pillow_reads_exif_and_description_after_marking() -> None:
    """The EXIF directory is found where it was."""
    data = made(COMMENT, exif={0x9286: (7, b"ASCII\x00\x00\x00by hand")})
    with Image.open(io.BytesIO(metadata.write(data, ONE))) as opened:
        assert opened.getexif().get_ifd(0x8769)[0x9286] == b"ASCII\x00\x00\x00by hand"


def test_packet_in_another_coding_that_has_no_room_is_refused() -> None:
    """An old packet in UTF-16 that would be longer in UTF-8 is not overwritten by half."""
    words = "标" * 20_000
    packet = _words(ONE).replace(b"<!-- ", f"<!-- {words}".encode(), 1).decode().encode("utf-16")
    with pytest.raises(NoRoom):
        metadata.write(made(_tag(packet)), TWO)
    short = _words(ONE).decode().encode("utf-16")
    assert places(metadata.write(made(_tag(short)), TWO)) == [(TWO, True)]


@pytest.mark.parametrize("packet", [b"not XML at all", b"<!DOCTYPE x><x/>   ", b"<x>AIGC</x>   "])
def test_packet_that_cannot_be_read_is_never_overwritten(packet: bytes) -> None:
    """Another's damaged packet is no place to write over."""
    with pytest.raises(DamagedMetadata):
        metadata.write(made(_tag(packet)), ONE)


def test_later_page_with_a_broken_label_is_not_called_unlabelled() -> None:
    """A packet that names AIGC and cannot be read is an error, on whatever page."""
    data = made({}, _tag(b"<AIGC><broken"))
    for call in (lambda: metadata.read(data), lambda: metadata.write(data, ONE)):
        with pytest.raises(DamagedMetadata):
            call()
    assert metadata.read(made({}, _tag(b"something else"))) == []


def test_dng_takes_the_label() -> None:
    """DNG keeps XMP where TIFF does, and its further pictures in directories of their own stay."""
    sub = {254: (4, (1,)), 330: (4, (8,)), 50706: (1, bytes((1, 4, 0, 0)))}
    data = made(COMMENT | sub)
    written = metadata.write(data, ONE)
    assert places(written) == [(ONE, True)]
    assert [tiff.parse(one).pages[0].find(330) is not None for one in (data, written)] == [True, True]


def test_cut_file_is_never_unlabelled() -> None:
    """The directory stands at the end, so that a cut marked file has none."""
    marked = metadata.write(EVERY["Pillow, three pages"], ONE)
    for cut in range(10, len(marked), 301):
        with pytest.raises(SealmarkError):
            metadata.read(marked[:cut], tiff.FORMAT)


def test_large_picture_costs_little() -> None:
    """Fifty megabytes of pixels are copied, not parsed."""
    data = made({273: (4, (8,)), 279: (4, (32,))}) + bytes(50_000_000)
    began = time.process_time()
    metadata.write(data, ONE)
    assert time.process_time() - began < 0.5
