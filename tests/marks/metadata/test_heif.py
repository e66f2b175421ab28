"""HEIF and AVIF: the label is XMP of the primary picture, pixels and other items stay bit for bit."""

import gzip
import io
import json
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import marker, metadata
from sealmark.marks.errors import DamagedMetadata, NoExplicitMark
from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.media.errors import Damaged, Immovable, MetadataOverLimit
from tests.media import movies, specimens

from ..test_label import LABELS

# The peer reader is untyped.
PEER: Any = pillow_heif

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1="""quoted "words" & <tags> it's 深印""")
EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{xmp.RDF}"></rdf:RDF></x:xmpmeta>'.encode()
_FRAMES = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=1")


def _avif(**options: Any) -> bytes:
    return specimens.saved(specimens.picture(mode=options.pop("mode", "RGB")), "AVIF", speed=10, **options)


def _heic(mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    PEER.from_pillow(specimens.picture(mode=mode)).save(out, **options)
    return out.getvalue()


def _two_pictures(second: bytes = EMPTY) -> bytes:
    """Two pictures in a file, each with XMP of its own."""
    out, heif = io.BytesIO(), PEER.from_pillow(specimens.picture())
    heif.info["xmp"] = EMPTY
    heif.add_from_pillow(specimens.picture(64, 32))
    heif[1].info["xmp"] = second
    heif.save(out)
    return out.getvalue()


def _sequence(**options: Any) -> bytes:
    return _avif(save_all=True, append_images=[specimens.picture().rotate(9)], **options)


MAKERS: dict[str, Callable[[], bytes]] = {
    "avif": _avif,
    "avif alpha with all": lambda: _avif(
        mode="RGBA", xmp=EMPTY, exif=specimens.exif(), icc_profile=specimens.exif().tobytes()
    ),
    "avif by ffmpeg": lambda: movies.ffmpeg("avif", "-c:v", "libsvtav1", "-frames:v", "1", inputs=_FRAMES),
    "avif sequence": _sequence,
    "avif sequence with packet": lambda: _sequence(xmp=EMPTY),
    "heif": _heic,
    "heif alpha with all": lambda: _heic("RGBA", xmp=EMPTY, exif=specimens.exif().tobytes()),
    "heif in idat": lambda: in_idat(_heic(), EMPTY),
    "heif two pictures": _two_pictures,
}


@cache
def made(key: str) -> bytes:
    """One picture of `MAKERS`."""
    return MAKERS[key]()


def _form(key: str) -> media.Format:
    return media.by_name(key.partition(" ")[0])


def _pixels(data: bytes) -> list[Any]:
    """Every frame or picture, as an independent decoder sees it."""
    if media.sniff(data).name == "heif":
        return [np.asarray(one) for one in PEER.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)]
    with Image.open(io.BytesIO(data)) as image:
        return [np.asarray(frame) for frame in ImageSequence.Iterator(image)]


def _info(data: bytes) -> dict[str, Any]:
    if media.sniff(data).name == "heif":
        return dict(PEER.open_heif(io.BytesIO(data)).info)
    with Image.open(io.BytesIO(data)) as image:
        return {str(name): value for name, value in image.info.items()}


def _only(data: bytes, label: Label) -> bool:
    return [(place.label, place.main) for place in metadata.read(data)] == [(label, True)]


@pytest.mark.parametrize("key", MAKERS)
def test_pixels_and_other_metadata_stay(key: str) -> None:
    """Independent decoders see the same pixels, EXIF and profile, in every frame."""
    data = made(key)
    assert media.sniff(data) is _form(key)
    assert metadata.read(data) == []
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    was, now = _pixels(data), _pixels(marked)
    assert len(was) == len(now)
    assert all(np.array_equal(before, after) for before, after in zip(was, now, strict=True))
    before, after = _info(data), _info(marked)
    assert {"xmp", "metadata"} >= {name for name in before | after if before.get(name) != after.get(name)}


@pytest.mark.parametrize("key", [key for key in MAKERS if key != "avif sequence"])
def test_independent_reader_finds_the_label(key: str) -> None:
    """Pillow's and pillow-heif's `info["xmp"]` hold the inner JSON under the guide's namespace."""
    packet = _info(metadata.write(made(key), TWO))["xmp"]
    found = ElementTree.fromstring(packet).find(".//{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC")
    assert found is not None
    assert json.loads(found.text or "") == TWO.as_dict()


@pytest.mark.parametrize("key", MAKERS)
def test_writing_again_replaces(key: str) -> None:
    """GB 45438 6.1 c): one label a file; a second writing gives the file that a single one gives, bit for bit."""
    data = made(key)
    for first, second in ((ONE, TWO), (TWO, ONE), (TWO, TWO)):
        assert metadata.write(metadata.write(data, first), second) == metadata.write(data, second)


@pytest.mark.parametrize("key", ["avif", "heif", "heif in idat"])
@settings(max_examples=15, deadline=None)
@given(label=LABELS)
def test_any_label_reads_back_and_is_the_only_one(key: str, label: Label) -> None:
    """What is written is read, whatever its characters."""
    assert _only(metadata.write(made(key), label), label)


def in_idat(data: bytes, packet: bytes, coding: bytes = b"", extra: bytes = b"between") -> bytes:
    """A picture of one item with a packet, and a second item behind it, in `idat` instead of the file.

    Its locations are of version 1, with a construction method.
    """
    start, stop = movies.span(data, b"meta")
    (old, old_stop), (info, info_stop) = (movies.span(data, kind, start) for kind in (b"iloc", b"iinf"))
    at, length = _first_location(data[old + 8 : old_stop])
    infos = (
        data[info + 14 : info_stop]
        + infe(7, b"mimeX\x00application/rdf+xml\x00" + coding)
        + infe(8, b"mimeY\x00text/plain\x00")
    )
    iinf = movies.box(b"iinf", bytes(4), struct.pack(">H", 3), infos)
    iref = movies.box(b"iref", bytes(4), movies.box(b"cdsc", struct.pack(">3H", 7, 1, 1)))
    idat = movies.box(b"idat", packet + extra)
    grown = len(iref) + len(idat) + len(iinf) - (info_stop - info)
    entries = [(1, 0, at, length), (7, 1, 0, len(packet)), (8, 1, len(packet), len(extra))]
    size = len(_locations(entries))
    entries[0] = (1, 0, at + grown + size - (old_stop - old), length)
    inside = (
        data[start + 12 : old] + _locations(entries) + data[old_stop:info] + iinf + data[info_stop:stop] + iref + idat
    )
    return data[:start] + movies.box(b"meta", bytes(4), inside) + data[stop:]


def infe(number: int, rest: bytes, version: int = 2) -> bytes:
    """One entry of `iinf`."""
    return movies.box(b"infe", bytes((version, 0, 0, 0)), struct.pack(">HH", number, 0), rest)


def _first_location(body: bytes) -> tuple[int, int]:
    """Position and length of the one item of an `iloc` as libheif writes it: version 0 or 1, a base of 4 bytes."""
    index = bool(body[0]) * 2
    base, _count, offset, length = struct.unpack_from(">IHII", body, 12 + index)
    return base + offset, length


def _locations(entries: list[tuple[int, int, int, int]]) -> bytes:
    items = (
        struct.pack(">4HHII", number, method, 0, 1, 0, at, size)[:8] + struct.pack(">II", at, size)
        for number, method, at, size in entries
    )
    return movies.box(b"iloc", b"\x01\x00\x00\x00\x44\x00", struct.pack(">H", len(entries)), *items)


def test_item_behind_the_packet_in_idat_stays() -> None:
    """Positions in `idat` move too: the item behind the packet is read as it was."""
    marked = metadata.write(made("heif in idat"), TWO)
    body = marked[slice(*movies.span(marked, b"iloc"))]
    at, length = struct.unpack(">II", body[-8:])
    start = marked.index(b"idat") + 4
    assert marked[start + at : start + at + length] == b"between"


def test_label_of_another_picture_is_superseded() -> None:
    """One label a file: XMP of the second picture loses its own, and its packet stays."""
    data = _two_pictures(xmp.write(None, ONE, "here"))
    assert [(place.label, place.main) for place in metadata.read(data)] == [(ONE, False)]
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    pictures = PEER.open_heif(io.BytesIO(marked))
    assert [b"</TC260:AIGC>" in one.info["xmp"] for one in pictures] == [True, False]


def test_packet_that_tracks_share_is_edited_once() -> None:
    """A sequence refers to the packet of its picture from its track too: both read the new label."""
    data = made("avif sequence with packet")
    assert data.count(b"application/rdf+xml") == 2
    marked = metadata.write(data, ONE)
    assert marked.count(b"</TC260:AIGC>") == 1
    assert ONE.produce_id.encode() in _info(marked)["xmp"]


def test_packet_is_put_behind_a_last_item_that_shrinks() -> None:
    """A label leaves the end of the file, and a packet comes behind it: its place counts what left."""
    packet = xmp.write(None, ONE, "here")
    data = _heic(xmp=packet)
    at = data.index(b"cdsc")
    assert data.endswith(packet)
    foreign = data[:at] + b"none" + data[at + 4 :]  # describes nothing: not the main channel
    assert [(place.label, place.main) for place in metadata.read(foreign)] == [(ONE, False)]
    marked = metadata.write(foreign, TWO)
    assert _only(marked, TWO)
    assert metadata.write(metadata.write(foreign, ONE), TWO) == marked


@pytest.mark.parametrize("make", [_avif, _heic])
def test_exif_user_comment_is_read_and_emptied(make: Callable[..., bytes]) -> None:
    """Guide 20259A annex B: the wrapped label in EXIF; superseded by the main channel."""
    comment = b"ASCII\x00\x00\x00" + ONE.wrapped().encode()
    data = make(exif=specimens.exif(1, comment).tobytes())
    assert [(place.label, place.main) for place in metadata.read(data)] == [(ONE, False)]
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert specimens.COMMENT.encode() in marked


@pytest.mark.parametrize("coding", [b"deflate", b"gzip"])
def test_coded_packet_is_read_and_written_in_its_coding(coding: bytes) -> None:
    """ISO/IEC 14496-12, 8.11.6.3: content of a `mime` item may be compressed."""
    packet = xmp.write(None, ONE, "here")
    packed = zlib.compress(packet) if coding == b"deflate" else gzip.compress(packet)
    data = in_idat(_heic(), packed, coding + b"\x00")
    assert _only(data, ONE)
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert b"AIGC" not in marked


def test_packet_bomb_is_not_unfolded() -> None:
    """A compressed packet without end is stopped at the bound."""
    data = in_idat(_heic(), zlib.compress(bytes(64 << 20), 9), b"deflate\x00")
    for call in (lambda: metadata.read(data), lambda: metadata.write(data, ONE)):
        with pytest.raises(MetadataOverLimit):
            call()


@pytest.mark.parametrize(
    ("offset", "base", "length"), [(4, 0, 4), (8, 8, 8), (0, 4, 4), (8, 0, 8), (4, 4, 8), (0, 8, 8)]
)
@pytest.mark.parametrize("version", [0, 1, 2])
def test_locations_of_every_version_and_width(version: int, offset: int, base: int, length: int) -> None:
    """ISO/IEC 14496-12, 8.11.3: versions 0 to 2, positions in bases or extents of 0, 4 or 8 bytes."""
    data = _relocated(_heic(), version, offset, base, length)
    assert np.array_equal(_pixels(data)[0], _pixels(_heic())[0])
    marked = metadata.write(data, ONE)
    assert _only(marked, ONE)
    assert np.array_equal(_pixels(marked)[0], _pixels(data)[0])
    assert b"AIGC" in _info(marked)["xmp"]
    assert metadata.write(metadata.write(data, TWO), ONE) == marked


def _relocated(data: bytes, version: int, offset: int, base: int, length: int) -> bytes:
    """A picture of one item with its locations written in another version and in other widths."""
    start, stop = movies.span(data, b"iloc")
    at, size = _first_location(data[start + 8 : stop])
    number = struct.pack(">I" if version == 2 else ">H", 1)
    many = struct.pack(">I" if version == 2 else ">H", 1)
    method = b"\x00\x00" if version else b""
    head = bytes((version, 0, 0, 0, offset << 4 | length, base << 4))
    total = 8 + len(head) + len(many) + len(number) + len(method) + 4 + base + offset + length
    at += total - (stop - start)
    inner = at if not base else 0
    place = (
        (at - inner).to_bytes(base, "big") + b"\x00\x01" + inner.to_bytes(offset, "big") + size.to_bytes(length, "big")
    )
    new = movies.box(b"iloc", head, many, number, method, b"\x00\x00", place)
    assert len(new) == total
    meta = int.from_bytes(data[slice(*_size_field(data))], "big") + len(new) - (stop - start)
    field = _size_field(data)
    return data[: field[0]] + struct.pack(">I", meta) + data[field[1] : start] + new + data[stop:]


def _size_field(data: bytes) -> tuple[int, int]:
    at = data.index(b"meta") - 4
    return at, at + 4


def test_data_up_to_the_end_of_the_file_get_a_size() -> None:
    """A last box without a size is closed before another is put behind it."""
    data = _heic()
    at = data.index(b"mdat") - 4
    marked = metadata.write(data[:at] + bytes(4) + data[at + 4 :], ONE)
    assert _only(marked, ONE)
    assert np.array_equal(_pixels(marked)[0], _pixels(data)[0])


@pytest.mark.parametrize("key", ["avif", "avif alpha with all", "heif", "avif sequence with packet"])
def test_marked_file_cut_anywhere_is_damaged(key: str) -> None:
    """A cut file never reads as one without a label."""
    marked = metadata.write(made(key), ONE)
    for cut in {*range(20, 900, 7), *range(900, len(marked) - 2, 211), len(marked) - 2}:
        if cut < len(marked):
            with pytest.raises(SealmarkError):
                metadata.read(marked[:cut], _form(key))


@pytest.mark.parametrize("key", ["avif", "heif in idat", "avif sequence with packet", "heif alpha with all"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_flipped_bytes_read_or_say_why_not(key: str, data: st.DataObject) -> None:
    """No damage raises anything but our own errors, in reading or in writing."""
    whole = bytearray(metadata.write(made(key), ONE))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, min(len(whole), 900) - 1))
        whole[at] = data.draw(st.sampled_from((0, 1, 2, 8, 64, 127, 128, 255)))
    for call in (
        lambda: metadata.read(bytes(whole), _form(key)),
        lambda: metadata.write(bytes(whole), TWO, _form(key)),
    ):
        try:
            call()
        except SealmarkError as error:
            assert error.happened("zh")  # noqa: PT017  # both outcomes are lawful


FTYP = movies.box(b"ftyp", b"heic", bytes(4), b"mif1heic")
_HANDLER = movies.box(b"hdlr", bytes(8), b"pict", bytes(13))


def _meta(*boxes: bytes) -> bytes:
    return FTYP + movies.box(b"meta", bytes(4), _HANDLER, *boxes)


HOSTILE: dict[str, bytes] = {
    "no items": FTYP,
    "no locations": _meta(),
    "locations of an unknown version": _meta(movies.box(b"iloc", b"\x03", bytes(20))),
    "millions of locations": _meta(movies.box(b"iloc", b"\x02\x00\x00\x00\x00\x00", b"\xff" * 4, bytes(5_000_000))),
    "millions of extents": _meta(movies.box(b"iloc", bytes(6), b"\xff\xff", (bytes(4) + b"\xff\xff") * 65_535)),
    "millions of entries": _meta(
        movies.box(b"iloc", bytes(8)), movies.box(b"iinf", bytes(6), movies.box(b"infe") * 300_000)
    ),
    "an item beyond the file": _meta(
        movies.box(b"iloc", bytes(4), b"\x44\x00\x00\x01\x00\x01\x00\x00\x00\x01", b"\xff" * 8)
    ),
    "two meta boxes": _meta(movies.box(b"iloc", bytes(8))) + movies.box(b"meta", bytes(4)),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_file_is_refused_soon(attack: str) -> None:
    """Lying counts and endless lists cost neither memory nor time."""
    began = time.process_time()
    with pytest.raises(Damaged):
        metadata.read(HOSTILE[attack])
    assert time.process_time() - began < 3


def test_file_without_a_primary_picture_is_refused() -> None:
    """A label describes a picture; where none is primary nothing is guessed."""
    with pytest.raises(Immovable):
        metadata.write(_meta(movies.box(b"iloc", bytes(8)), movies.box(b"iinf", bytes(6))), ONE)


def test_packet_that_shares_its_bytes_is_refused() -> None:
    """A packet whose bytes are part of another item cannot change alone."""
    data = in_idat(_heic(), EMPTY)
    start, stop = movies.span(data, b"iloc")
    shared = data[: stop - 8] + struct.pack(">II", 3, 9) + data[stop:]
    assert start < stop
    with pytest.raises(Immovable):
        metadata.write(shared, ONE)


def test_protected_packet_is_never_overwritten() -> None:
    """An encrypted packet cannot be read, so nothing is written beside it."""
    data = made("heif in idat")
    at = data.index(b"mimeX") - 2
    with pytest.raises(DamagedMetadata):
        metadata.write(data[:at] + b"\x00\x01" + data[at + 2 :], ONE)


def test_explicit_mark_is_refused_clearly() -> None:
    """No library of ours encodes HEVC: the explicit layer says so, the metadata layer works."""
    with pytest.raises(NoExplicitMark) as refusal:
        marker.mark(made("heif"), ONE)
    assert refusal.value.details["format"] == "heif"
    made_item = marker.mark(made("heif"), ONE, layers=("metadata",))
    assert _only(made_item.data, ONE)


def test_exotic_names_are_told_apart() -> None:
    """Brands decide, extensions follow: each picture is sniffed under every one of its names."""
    for key, names in (("heif", ("a.heic", "a.heif", "a.hif")), ("avif", ("a.avif",))):
        assert {media.sniff(made(key), name).name for name in _each(names)} == {key}


def _each(names: tuple[str, ...]) -> Iterator[str]:
    yield from names
