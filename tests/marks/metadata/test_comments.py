"""The label in Vorbis comments, in FLAC and in Ogg: where independent readers find it, and beside what stays."""

import io
import json
import struct
import subprocess
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import av
import mutagen.flac
import pytest
import soundfile
from hypothesis import given, settings

from sealmark.errors import SealmarkError
from sealmark.marks import metadata
from sealmark.marks.errors import NoRoom
from sealmark.marks.label import Label
from sealmark.marks.marker import mark_file
from sealmark.media.audio import flac, id3, vorbis_comment
from sealmark.media.audio.flac import Block
from sealmark.media.audio.vorbis_comment import Comment
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.pieces import Span, joined
from tests.media import specimens

from ..test_label import LABELS

# The peers are untyped.
PEER: Any = mutagen
AV: Any = av
FFMPEG: Any = import_module("imageio_ffmpeg")

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1="""quoted "words" = 'it's' 题""")


def places(data: bytes) -> list[tuple[Label | None, bool]]:
    """The labels of an item, and whether they stand in the main channel."""
    return [(place.label, place.main) for place in metadata.read(data)]


def encoded(*arguments: str, form: str) -> bytes:
    """A second of two tones from ffmpeg, with a title and a comment, in a container of its own making."""
    source = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=1")
    command = (FFMPEG.get_ffmpeg_exe(), "-v", "error", *source, *arguments)
    tags = ("-metadata", "title=题", "-metadata", f"comment={specimens.COMMENT}")
    done = subprocess.run([*command, *tags, "-f", form, "-"], capture_output=True, check=True)
    return done.stdout


def packets(data: bytes) -> list[tuple[bytes, int | None]]:
    """Every packet of the sound with its time, as an independent demuxer reads them."""
    with AV.open(io.BytesIO(data)) as opened:
        return [(bytes(packet), packet.pts) for packet in opened.demux(audio=0) if packet.size]


def decoded(data: bytes) -> bytes:
    """The samples, as an independent decoder hears them."""
    with AV.open(io.BytesIO(data)) as opened:
        return b"".join(frame.to_ndarray().tobytes() for frame in opened.decode(audio=0))


def _bare(subtype: str) -> bytes:
    """A stream that nobody has tagged."""
    out = io.BytesIO()
    soundfile.write(out, specimens.tone(0.5, 48000, 2), 48000, format="FLAC", subtype=subtype)
    return out.getvalue()


def _only_info() -> bytes:
    """A stream with nothing but its description before the sound."""
    data = specimens.flac()
    container = flac.parse(data)
    return joined(data, flac.build((), container.blocks[:1], container.sound))


FLACS = {
    "tagged by mutagen": specimens.flac(channels=2),
    "ffmpeg, padded, through a pipe": encoded("-c:a", "flac", "-ac", "2", form="flac"),
    "soundfile, 24 bits": _bare("PCM_24"),
    "only the description": _only_info(),
    "behind an ID3v2 tag": id3.build(replace(id3.new_tag(), rest=bytes(50))) + specimens.flac(),
}


@pytest.mark.parametrize("key", FLACS)
def test_independent_readers_find_the_label_of_a_flac(key: str) -> None:
    """Mutagen and ffmpeg read it under AIGC; samples and packets are the same."""
    data = FLACS[key]
    marked = metadata.write(data, TWO)
    assert json.loads(PEER.flac.FLAC(io.BytesIO(marked))["AIGC"][0]) == TWO.as_dict()
    with AV.open(io.BytesIO(marked)) as opened:
        assert json.loads(opened.metadata["AIGC"]) == TWO.as_dict()
    assert decoded(marked) == decoded(data) != b""
    assert packets(marked) == packets(data)


@pytest.mark.parametrize("key", FLACS)
def test_every_other_block_of_a_flac_stays(key: str) -> None:
    """Description, seek table, pictures and padding are the same bytes in the same order, and so are other comments."""
    data = FLACS[key]
    marked = metadata.write(data, ONE)
    was, now = _others(data), _others(marked)
    assert was == now
    before, after = ([one for one in _fields(file) if not one.startswith(b"AIGC=")] for file in (data, marked))
    assert before == after
    assert marked.endswith(data[flac.parse(data).sound.start :])
    assert marked.startswith(data[: data.index(b"fLaC") + 4])


def _others(data: bytes) -> list[tuple[int, bytes]]:
    blocks = flac.parse(data).blocks
    return [(block.kind, flac.body(data, block)) for block in blocks if block.kind != flac.VORBIS_COMMENT]


def _fields(data: bytes) -> list[bytes]:
    blocks = [block for block in flac.parse(data).blocks if block.kind == flac.VORBIS_COMMENT]
    return [field for one in blocks for field in vorbis_comment.parse(flac.body(data, one), "FLAC").fields]


@pytest.mark.parametrize("key", FLACS)
@settings(max_examples=10, deadline=None)
@given(first=LABELS, second=LABELS)
def test_writing_again_gives_the_file_of_one_writing(key: str, first: Label, second: Label) -> None:
    """GB 45438 6.1 c): one label a file, and no trace of an earlier one."""
    data = FLACS[key]
    once = metadata.write(data, second)
    assert metadata.write(metadata.write(data, first), second) == once
    assert places(once) == [(second, True)]


def _with(*comments: Comment) -> bytes:
    data = specimens.flac()
    container = flac.parse(data)
    others = [block for block in container.blocks if block.kind != flac.VORBIS_COMMENT]
    new = [Block(flac.VORBIS_COMMENT, comment.encoded()) for comment in comments]
    return joined(data, flac.build((), [others[0], *new, *others[1:]], container.sound))


def _field(name: bytes, label: Label = ONE, *, wrapped: bool = False) -> bytes:
    return name + b"=" + (label.wrapped() if wrapped else label.inner()).encode()


@pytest.mark.parametrize("name", [b"AIGC", b"aigc", b"Aigc"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_field_names_have_no_case_and_both_forms_read(name: bytes, wrapped: bool) -> None:
    """Vorbis I, 5.2.2: names are compared without case; the label's place among the fields stays."""
    data = _with(Comment(b"me", (b"title=t", _field(name, wrapped=wrapped), b"artist=a")))
    assert places(data) == [(ONE, True)]
    written = metadata.write(data, TWO)
    assert places(written) == [(TWO, True)]
    assert _fields(written) == [b"title=t", _field(b"AIGC", TWO), b"artist=a"]


def test_several_fields_and_blocks_become_one_label() -> None:
    """Two fields, and two comment blocks, with a label each: one is left."""
    fields = (_field(b"AIGC"), b"AIGCX=other", _field(b"aigc"))
    data = _with(Comment(b"me", fields), Comment(b"you", (*fields, b"AIGC")))
    assert len(places(data)) == 5
    written = metadata.write(data, TWO)
    assert places(written) == [(TWO, True)]
    assert _fields(written) == [_field(b"AIGC", TWO), b"AIGCX=other", b"AIGCX=other"]


def test_label_in_a_tag_before_the_stream_is_superseded() -> None:
    """An ID3v2 tag is no channel of FLAC: its label is read, and gone once the comment has one; its rest stays."""
    title = id3.make_frame(3, b"TIT2", b"\x00title")
    frame = id3.make_frame(3, b"TXXX", b"\x00AIGC\x00" + ONE.inner().encode())
    data = id3.build(replace(id3.new_tag(), frames=(title, frame), rest=bytes(20))) + specimens.flac()
    assert places(data) == [(ONE, False)]
    written = metadata.write(data, TWO)
    assert places(written) == [(TWO, True)]
    assert written.startswith(id3.build(replace(id3.new_tag(), frames=(title,), rest=bytes(20))))


def test_comment_that_lies_is_damaged_and_what_stands_before_is_read() -> None:
    """A length beyond the block, or fields without number, hide no label that stands before them."""
    whole = Comment(b"me", (_field(b"AIGC"), b"title=t")).encoded()
    cut = whole[:-3]
    endless = whole[:6] + b"\xff\xff\xff\x7f" + whole[10:]
    for body, labels in ((cut, [ONE]), (endless, []), (b"", [])):
        container = flac.parse(specimens.flac())
        blocks = [container.blocks[0], Block(flac.VORBIS_COMMENT, body)]
        data = joined(specimens.flac(), flac.build((), blocks, container.sound))
        left = metadata.remains(data, flac.FORMAT)
        assert [place.label for place in left.places] == labels
        with pytest.raises(Damaged):
            metadata.read(data)
        with pytest.raises(Damaged):
            metadata.write(data, TWO)


def test_label_repeated_without_end_is_refused() -> None:
    """Thousands of AIGC fields are no honest file."""
    with pytest.raises(MetadataOverLimit):
        metadata.read(_with(Comment(b"me", (_field(b"AIGC"),) * 10_000)))


def test_full_comment_block_has_no_room() -> None:
    """A block's length has 24 bits."""
    with pytest.raises(NoRoom):
        metadata.write(_with(Comment(b"me", (b"lyrics=" + bytes(flac.LONGEST - 100),))), ONE)


def test_large_flac_is_marked_in_pieces(tmp_path: Path) -> None:
    """Of a large file nothing but its head is held: the sound is one span of the source."""
    pieces = metadata.edit(FLACS["tagged by mutagen"], ONE)
    spans = [piece for piece in pieces if isinstance(piece, Span)]
    assert spans[-1] == flac.parse(FLACS["tagged by mutagen"]).sound
    source, target = tmp_path / "source.flac", tmp_path / "标识.flac"
    source.write_bytes(FLACS["tagged by mutagen"])
    mark_file(source, target, ONE, layers=("metadata",))
    assert target.read_bytes() == metadata.write(FLACS["tagged by mutagen"], ONE)


def test_damage_to_flac_never_reads_as_unlabelled() -> None:
    """A marked file cut anywhere says that it is damaged."""
    marked = metadata.write(FLACS["tagged by mutagen"], ONE)
    for cut in range(5, len(marked), 301):
        with pytest.raises(SealmarkError):
            metadata.read(marked[:cut], flac.FORMAT)
    assert struct.unpack(">I", b"\x00" + marked[5:8]) == (34,)
