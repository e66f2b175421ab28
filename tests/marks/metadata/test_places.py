"""Labels that others wrote elsewhere are read, and none of them is left standing beside ours."""

import io
import struct
import zlib
from typing import Any

import mutagen.id3
import pytest
from PIL.PngImagePlugin import PngInfo

from sealmark.marks import metadata
from sealmark.marks.errors import DamagedMetadata, NoRoom
from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.media.audio import id3, mp3
from sealmark.media.audio.id3 import Frame, Tag
from sealmark.media.errors import MetadataOverLimit
from sealmark.media.image import jpeg, png
from tests.media import specimens

# The peer reader is untyped.
PEER: Any = mutagen.id3

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2")


def _only(data: bytes, label: Label) -> bool:
    return [(place.label, place.main) for place in metadata.read(data)] == [(label, True)]


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt", "iTXt packed"])
def test_png_text_chunk_with_the_wrapped_label(kind: str) -> None:
    """Guide 20259A annex B: keyword AIGC, wrapped JSON; read, and superseded by a writing."""
    info = PngInfo()
    info.add_text("Comment", "stays")
    if kind.startswith("iTXt"):
        info.add_itxt("AIGC", ONE.wrapped(), zip=kind.endswith("packed"))
    else:
        info.add_text("AIGC", ONE.wrapped(), zip=kind == "zTXt")
    data = specimens.saved(specimens.picture(), "PNG", pnginfo=info)
    assert [(place.label, place.main) for place in metadata.read(data)] == [(ONE, False)]
    written = metadata.write(data, TWO)
    assert _only(written, TWO)
    assert b"Comment\x00stays" in written


def test_compressed_xmp_packet_of_a_png() -> None:
    """A packed packet is read and updated."""
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp.write(None, ONE, "here").decode(), zip=True)
    data = specimens.saved(specimens.picture(), "PNG", pnginfo=info)
    assert _only(data, ONE)
    assert _only(metadata.write(data, TWO), TWO)


@pytest.mark.parametrize("head", [b"AIGC\x00\x01\x00\x00\x00", b"XML:com.adobe.xmp\x00\x01\x00\x00\x00"])
def test_text_chunk_bomb_is_refused(head: bytes) -> None:
    """A compressed text that unfolds without end is stopped at the bound."""
    chunks = list(png.parse(specimens.png()).chunks)
    chunks.insert(1, png.Chunk(b"iTXt", head + zlib.compress(bytes(64 << 20), 9)))
    with pytest.raises(MetadataOverLimit):
        metadata.read(png.build(png.Container(tuple(chunks))))


@pytest.mark.parametrize(
    "body", [b"AIGC\x00", b"AIGC\x00\x01", b"AIGC\x00\x01\x00\x00\x00rubbish", b"XML:com.adobe.xmp\x00\x00\x00x"]
)
def test_broken_text_chunk_is_a_domain_error(body: bytes) -> None:
    """A text chunk that breaks off is damaged metadata."""
    chunks = list(png.parse(specimens.png()).chunks)
    chunks.insert(1, png.Chunk(b"iTXt", body))
    with pytest.raises(DamagedMetadata):
        metadata.read(png.build(png.Container(tuple(chunks))))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("code", [b"ASCII\x00\x00\x00", bytes(8), b"UNICODE\x00"])
def test_exif_user_comment_with_the_wrapped_label(form: str, code: bytes) -> None:
    """Guide 20259A annex B: EXIF UserComment; read, and emptied when the main channel takes the label over."""
    text = ONE.wrapped()
    comment = code + (text.encode("utf-16") if code.startswith(b"UNI") else text.encode())
    data = specimens.saved(specimens.picture(), form, exif=specimens.exif(6, comment))
    assert [(place.label, place.main) for place in metadata.read(data)] == [(ONE, False)]
    written = metadata.write(data, TWO)
    assert _only(written, TWO)
    assert specimens.COMMENT.encode() in written


def test_other_user_comment_is_no_label_and_stays() -> None:
    """What a photographer wrote is neither read as a label nor emptied."""
    data = specimens.saved(specimens.picture(), "JPEG", exif=specimens.exif(1, b"ASCII\x00\x00\x00by hand"))
    assert metadata.read(data) == []
    assert b"ASCII\x00\x00\x00by hand" in metadata.write(data, ONE)


def test_two_packets_of_a_jpeg_become_one_label() -> None:
    """Two XMP segments with a label each: the first is replaced, the second loses its own."""
    container = jpeg.parse(specimens.jpeg())
    packet = jpeg.Segment(jpeg.APP1, b"http://ns.adobe.com/xap/1.0/\x00" + xmp.write(None, ONE, "here"))
    data = jpeg.build(jpeg.Container((*container.segments, packet, packet), container.scans))
    assert len(metadata.read(data)) == 2
    assert _only(metadata.write(data, TWO), TWO)


def _with_packet(size: int) -> bytes:
    """A JPEG whose XMP segment has so many bytes, a part of them padding."""
    head, _, tail = xmp.write(None, ONE, "here").replace(b"AIGC>", b"other>").partition(b"</x:xmpmeta>")
    filler = b"<!--" + b"x" * (size - len(head) - len(tail) - 500) + b"-->"
    body = head + filler + b"</x:xmpmeta>" + b" " * 400 + tail
    container = jpeg.parse(specimens.jpeg())
    packet = jpeg.Segment(jpeg.APP1, b"http://ns.adobe.com/xap/1.0/\x00" + body)
    return jpeg.build(jpeg.Container((*container.segments, packet), container.scans))


def test_full_xmp_segment_gives_up_its_padding_and_then_refuses() -> None:
    """A segment holds 64 kB: padding makes room; where that is not enough, the item is not marked."""
    assert _only(metadata.write(_with_packet(65300), ONE), ONE)
    with pytest.raises(NoRoom):
        metadata.write(_with_packet(65540), ONE)


def _tagged(tag: Tag) -> bytes:
    return mp3.build(mp3.Container((tag,), specimens.mp3()))


def _frames(version: int) -> tuple[Frame, ...]:
    name = (b"TT2", b"TXX") if version == 2 else (b"TIT2", b"TXXX")
    title = id3.make_frame(version, name[0], b"\x00title")
    return (title, id3.make_frame(version, name[1], b"\x00AIGC\x00" + ONE.inner().encode()))


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("flags", [0, id3.UNSYNC])
@pytest.mark.parametrize("padding", [0, 1000])
def test_every_version_of_id3_takes_the_label(version: int, flags: int, padding: int) -> None:
    """2.2, 2.3 and 2.4, unsynchronised or not: the other frame and the padding stay, an independent reader agrees."""
    data = _tagged(Tag(version, 0, flags, b"", _frames(version), bytes(padding)))
    assert _only(data, ONE)
    written = metadata.write(data, TWO)
    assert _only(written, TWO)
    tag = mp3.parse(written).tags[0]
    assert (tag.version, tag.flags, len(tag.rest)) == (version, flags, padding)
    read = PEER.ID3(io.BytesIO(written))
    assert read["TIT2"].text == ["title"]
    assert Label.parse(read["TXXX:AIGC"].text[0]) == TWO


@pytest.mark.parametrize(
    ("version", "extra"),
    [
        (3, struct.pack(">IHI", 6, 0, 0)),
        (3, struct.pack(">IHII", 10, 0x8000, 0, 0)),
        (4, id3.synchsafe(6) + b"\x01\x00"),
        (4, id3.synchsafe(12) + b"\x01\x20\x05" + bytes(5)),
    ],
)
def test_extended_header_stays_and_its_check_sum_is_true(version: int, extra: bytes) -> None:
    """An extended header is kept; where it holds a CRC, that of the new frames is written."""
    written = metadata.write(_tagged(Tag(version, 0, id3.EXTENDED, extra, _frames(version), bytes(20))), TWO)
    assert _only(written, TWO)
    tag = mp3.parse(written).tags[0]
    assert len(tag.extra) == len(extra)
    frames = b"".join(frame.raw for frame in tag.frames)
    if len(extra) == 14:
        assert tag.extra[10:14] == zlib.crc32(frames).to_bytes(4, "big")
    elif len(extra) == 12:
        assert id3.from_synchsafe(tag.extra[7:12]) == zlib.crc32(frames + tag.rest)
    assert PEER.ID3(io.BytesIO(written))["TIT2"].text == ["title"]


def test_footer_is_kept_and_true() -> None:
    """A 2.4 footer repeats the new size."""
    written = metadata.write(_tagged(Tag(4, 0, id3.FOOTER, b"", _frames(4), b"")), TWO)
    assert _only(written, TWO)
    at = written.index(b"3DI")
    assert written[at + 3 : at + 10] == written[3:10]


def test_second_tag_of_an_mp3_keeps_no_label() -> None:
    """Two tags with a label each: one label is left, in the first."""
    tag = Tag(3, 0, 0, b"", _frames(3), b"")
    data = mp3.build(mp3.Container((tag, tag), specimens.mp3()))
    assert len(metadata.read(data)) == 2
    assert _only(metadata.write(data, TWO), TWO)


def test_plain_frame_sizes_in_a_2_4_tag_are_understood() -> None:
    """A known fault of older writers: the size of a long frame without the seven-bit form."""
    body = b"\x00" + b"long title " * 30
    title = Frame(b"TIT2", b"\x00\x00", body, b"TIT2" + len(body).to_bytes(4, "big") + b"\x00\x00" + body)
    written = metadata.write(_tagged(Tag(4, 0, 0, b"", (title, *_frames(4)[1:]), bytes(10))), TWO)
    assert _only(written, TWO)
    assert title.raw in written


def test_transformed_frames_are_read() -> None:
    """A compressed or unsynchronised TXXX frame of 2.4 is a label like any other, and is replaced."""
    body = b"\x00AIGC\x00" + ONE.inner().encode()
    packed = id3.synchsafe(len(body)) + zlib.compress(body)
    raw = b"TXXX" + id3.synchsafe(len(packed)) + bytes((0, id3.PACKED | id3.MEASURED)) + packed
    data = _tagged(Tag(4, 0, 0, b"", (Frame(b"TXXX", raw[8:10], packed, raw),), b""))
    assert _only(data, ONE)
    assert _only(metadata.write(data, TWO), TWO)


@pytest.mark.parametrize("kind", ["label", "nothing"])
def test_frame_bomb_is_not_unfolded(kind: str) -> None:
    """A compressed frame without end is stopped at the bound; what was not read is never called unlabelled."""
    packed = bytes(4) + zlib.compress((b"\x00AIGC\x00" if kind == "label" else b"") + bytes(64 << 20), 9)
    raw = b"TXXX" + len(packed).to_bytes(4, "big") + b"\x00\x80" + packed
    tag = Tag(3, 0, 0, b"", (Frame(b"TXXX", b"\x00\x80", packed, raw),), b"")
    for call in (lambda: metadata.read(_tagged(tag)), lambda: metadata.write(_tagged(tag), ONE)):
        with pytest.raises(MetadataOverLimit):
            call()


NAMED = '{"Label":"1","ContentProducer":"p","ProduceID":"7"}'
MAPS = {
    "block": "AIGC:\n  Label: '1'\n  ContentProducer: p\n  ProduceID: \"7\"\n",
    "unquoted number": "AIGC:\n  Label: 1\n  ContentProducer: p # who\n\n  # comment\n  ProduceID: 7\n",
    "flow": f"AIGC: {NAMED}\n",
    "flow over lines": 'AIGC: {\n  "Label": "1",\n  "ContentProducer": "p",\n"ProduceID": "7"\n}\n'.replace(
        '\n"P', '\n "P'
    ),
    "JSON in a string": f"AIGC: '{NAMED}'\n",
    "quoted key": f'"AIGC": {NAMED}\n',
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("form", MAPS)
def test_ways_to_write_the_map_in_front_matter(form: str, ending: str) -> None:
    """Block or flow map, quoted or not, in a string: all read, all replaced, no other line touched."""
    data = f"---\ntitle: a\n{MAPS[form]}tags: [b]\n---\nbody\n".replace("\n", ending).encode()
    found = metadata.read(data)
    assert [place.label for place in found] == [Label.parse(NAMED)]
    written = metadata.write(data, TWO)
    assert _only(written, TWO)
    head, tail = f"---{ending}title: a{ending}AIGC:", f"tags: [b]{ending}---{ending}body{ending}"
    assert written.startswith(head.encode())
    assert written.endswith(tail.encode())


@pytest.mark.parametrize(
    "entries",
    [
        "AIGC: &a {}\n",
        "AIGC: *a\n",
        "AIGC: !!python/object x\n",
        "AIGC:\n  Label: *a\n",
        "AIGC:\n  Label: |\n    1\n",
        "AIGC:\n  - 1\n",
        "AIGC:\n  Label: '1\n",
        'AIGC:\n  Label: "1" x\n',
        "AIGC:\n  Label: '1'\n  Label: '3'\n",
        "AIGC:\n",
        "AIGC: AIGC\n",
    ],
)
def test_yaml_that_is_no_map_of_scalars_is_an_unreadable_label(entries: str) -> None:
    """Anchors, aliases, tags and other YAML find no interpreter here; the field is shown as unreadable."""
    found = metadata.read(f"---\n{entries}---\nbody\n".encode())
    assert [(place.label, place.error is not None) for place in found] == [(None, True)]


@pytest.mark.parametrize(
    "body", ["# title\n", "---\nno front matter, a rule\n---\n", "\ufeff# title", "---\nopen: end\n"]
)
def test_markdown_without_front_matter_gets_one(body: str) -> None:
    """The front matter is put before the text, which stays; a byte order mark stays in front."""
    from sealmark import media

    form = media.by_name("markdown")
    written = metadata.write(body.encode(), ONE, form).decode()
    assert [place.label for place in metadata.read(written.encode(), form)] == [ONE]
    assert written.endswith(body.removeprefix("\ufeff"))
    assert written.startswith("\ufeff") == body.startswith("\ufeff")
