"""The label in the comment packet of Ogg: independent readers find it, and hear what they heard before."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mutagen.flac
import mutagen.oggflac
import mutagen.oggopus
import mutagen.oggspeex
import mutagen.oggvorbis
import pytest
from hypothesis import given, settings

from sealmark.marks import metadata
from sealmark.marks.label import Label
from sealmark.marks.marker import mark_file
from sealmark.media.audio import ogg, vorbis_comment
from sealmark.media.audio.vorbis_comment import Comment
from sealmark.media.errors import MetadataOverLimit, SeveralStreams
from sealmark.media.pieces import joined
from tests.media import specimens
from tests.media.audio.test_ogg import speex

from ..test_label import LABELS
from .test_comments import ONE, TWO, decoded, encoded, packets, places

# The peers are untyped.
PEER: Any = mutagen


def _tagged(data: bytes, peer: Any) -> bytes:
    """The file as mutagen leaves it: its own pages, a cover picture, and its padding."""
    cover = PEER.flac.Picture()
    cover.data, cover.mime = bytes(range(256)) * 400, "image/png"
    out = io.BytesIO(data)
    opened = peer(out)
    opened["metadata_block_picture"] = "".join(f"{byte:02x}" for byte in cover.write())
    out.seek(0)
    opened.save(out, padding=lambda _info: 700)
    return out.getvalue()


VORBIS, OPUS, FLAC = PEER.oggvorbis.OggVorbis, PEER.oggopus.OggOpus, PEER.oggflac.OggFLAC
FILES: dict[str, tuple[bytes, Callable[[io.BytesIO], Any]]] = {
    "libsndfile Vorbis": (specimens.ogg(), VORBIS),
    "libsndfile Opus": (specimens.ogg("OPUS", 48000), OPUS),
    "ffmpeg libvorbis": (encoded("-c:a", "libvorbis", form="ogg"), VORBIS),
    "ffmpeg libopus": (encoded("-c:a", "libopus", form="ogg"), OPUS),
    "ffmpeg FLAC": (encoded("-c:a", "flac", form="ogg"), FLAC),
    "mutagen Vorbis with a cover": (_tagged(encoded("-c:a", "libvorbis", form="ogg"), VORBIS), VORBIS),
    "mutagen Opus with a cover": (_tagged(specimens.ogg("OPUS"), OPUS), OPUS),
    "mutagen FLAC with a cover": (_tagged(encoded("-c:a", "flac", form="ogg"), FLAC), FLAC),
}
SPEEX = speex(Comment(b"me", (b"title=t",)))


@pytest.mark.parametrize("key", FILES)
def test_independent_readers_find_the_label_and_hear_the_same(key: str) -> None:
    """Mutagen reads it under AIGC beside the other comments; packets, their times and samples are the same."""
    data, peer = FILES[key]
    marked = metadata.write(data, TWO)
    was, now = peer(io.BytesIO(data)), peer(io.BytesIO(marked))
    assert json.loads(now["AIGC"][0]) == TWO.as_dict()
    assert [field for field in now.tags if field[0] != "AIGC"] == list(was.tags)
    assert now.info.length == was.info.length
    assert packets(marked) == packets(data) != []
    assert decoded(marked) == decoded(data) != b""


@pytest.mark.parametrize("key", FILES)
def test_padding_and_other_header_packets_stay(key: str) -> None:
    """Vendor, framing bit and padding behind the comment, and every other packet, are the same bytes."""
    data, _ = FILES[key]
    was, now = ogg.parse(data), ogg.parse(metadata.write(data, ONE))
    before, after = (vorbis_comment.parse(ogg.comment(one), "Ogg") for one in (was, now))
    assert (before.vendor, before.rest) == (after.vendor, after.rest)
    assert was.packets[1:] == now.packets[1:]
    assert len(was.pages) == len(now.pages)


@pytest.mark.parametrize("key", [*FILES, "speex"])
@settings(max_examples=10, deadline=None)
@given(first=LABELS, second=LABELS)
def test_writing_again_gives_the_file_of_one_writing(key: str, first: Label, second: Label) -> None:
    """GB 45438 6.1 c): one label a file, and no trace of an earlier one."""
    data = SPEEX if key == "speex" else FILES[key][0]
    once = metadata.write(data, second)
    assert metadata.write(metadata.write(data, first), second) == once
    assert places(once) == [(second, True)]


def test_speex_takes_the_label() -> None:
    """A Speex comment has neither mark nor framing bit."""
    marked = metadata.write(SPEEX, TWO)
    read = PEER.oggspeex.OggSpeex(io.BytesIO(marked))
    assert (json.loads(read["AIGC"][0]), read["title"]) == (TWO.as_dict(), ["t"])


def _commented(data: bytes, *fields: bytes, size: int = 0) -> bytes:
    container = ogg.parse(data)
    comment = vorbis_comment.parse(ogg.comment(container), "Ogg")
    filler = (b"filler=" + bytes(size),) if size else ()
    return joined(data, ogg.build(data, container, replace(comment, fields=(*filler, *fields)).encoded()))


@pytest.mark.parametrize("key", ["libsndfile Vorbis", "libsndfile Opus"])
def test_several_fields_become_one_label(key: str) -> None:
    """Fields in any case, inner and wrapped: all are read, one is left."""
    fields = (f"aigc={ONE.wrapped()}".encode(), b"title=t", f"AIGC={TWO.inner()}".encode(), b"Aigc=none")
    data = _commented(FILES[key][0], *fields)
    assert places(data) == [(ONE, True), (TWO, True), (None, True)]
    written = metadata.write(data, TWO)
    assert places(written) == [(TWO, True)]
    comment = vorbis_comment.parse(ogg.comment(ogg.parse(written)), "Ogg")
    assert comment.fields == (b"AIGC=" + TWO.inner().encode(), b"title=t")


@pytest.mark.parametrize("key", ["libsndfile Vorbis", "ffmpeg libopus", "ffmpeg FLAC"])
def test_full_header_page_gets_another_and_the_rest_is_numbered_anew(key: str) -> None:
    """Where not one segment is free, later pages keep all but their numbers; marking again changes nothing."""
    data = _commented(FILES[key][0], size=64_600)
    while len(ogg.parse(data).pages) == len(ogg.parse(metadata.write(data, ONE)).pages):
        size = len(ogg.comment(ogg.parse(data))) + 100
        data = _commented(FILES[key][0], size=size)
    marked = metadata.write(data, ONE)
    assert places(marked) == [(ONE, True)]
    assert packets(marked) == packets(data)
    assert json.loads(FILES[key][1](io.BytesIO(marked))["AIGC"][0]) == ONE.as_dict()
    assert metadata.write(marked, ONE) == marked


def test_chain_of_streams_is_never_called_unlabelled() -> None:
    """What one label cannot cover is refused, and what the first stream says is read all the same."""
    data = metadata.write(FILES["libsndfile Opus"][0], ONE) + FILES["libsndfile Vorbis"][0]
    left = metadata.remains(data, ogg.OPUS)
    assert ([place.label for place in left.places], len(left.damages)) == ([ONE], 1)
    for call in (lambda: metadata.read(data), lambda: metadata.write(data, ONE)):
        with pytest.raises(SeveralStreams):
            call()


def test_comment_that_outgrows_the_header_is_refused() -> None:
    """What is written can be read again: a comment near the bound is not made to pass it."""
    data = _commented(FILES["libsndfile Opus"][0], size=ogg.LONGEST - 80_000)
    assert places(metadata.write(data, ONE)) == [(ONE, True)]
    with pytest.raises(MetadataOverLimit):
        metadata.write(data, replace(ONE, reserved_code1="x" * 8192, reserved_code2="y" * 8192))


def test_file_on_disk_is_marked_through_a_map(tmp_path: Path) -> None:
    """From file to file only the header is in memory."""
    source, target = tmp_path / "voice.ogg", tmp_path / "标识.ogg"
    source.write_bytes(FILES["libsndfile Opus"][0])
    made = mark_file(source, target, ONE, layers=("metadata",))
    assert (made.format.name, target.read_bytes()) == ("opus", metadata.write(FILES["libsndfile Opus"][0], ONE))
