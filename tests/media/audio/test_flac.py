"""FLAC blocks are found without reading the sound, and every lie in them is a domain error."""

import io
import time
from contextlib import suppress
from pathlib import Path

import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark import media
from sealmark.media.audio import flac, id3
from sealmark.media.errors import Damaged
from sealmark.media.pieces import joined
from tests.media import specimens

FLAC = specimens.EVERY["flac"]


def test_splitting_and_joining_gives_the_same_bytes() -> None:
    """`build` is the inverse of `parse`, with a tag before the stream and without."""
    tag = id3.build(id3.new_tag())
    for data in (FLAC, tag + FLAC, tag + tag + FLAC):
        container = flac.parse(data)
        leads = [lead.place for lead in container.leads]
        assert joined(data, flac.build(leads, container.blocks, container.sound)) == data


def test_truncation_at_every_boundary_is_noticed() -> None:
    """A stream cut anywhere, also inside its last frame, is damaged."""
    for cut in {*range(1, 700), *range(700, len(FLAC), 97), len(FLAC) - 1}:
        with pytest.raises(Damaged):
            flac.parse(FLAC[:cut])


@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (48000, 6), (11025, 1), (96000, 2)])
def test_whole_streams_of_every_kind_are_whole(subtype: str, rate: int, channels: int) -> None:
    """Every way to code rates and block sizes in the last frame's header is understood."""
    out = io.BytesIO()
    soundfile.write(out, specimens.tone(0.4, rate, channels), rate, format="FLAC", subtype=subtype)
    flac.parse(out.getvalue())
    with pytest.raises(Damaged):
        flac.parse(out.getvalue()[:-40])


def test_old_tag_behind_the_sound_is_no_damage() -> None:
    """Some taggers put ID3v1 behind the last frame."""
    flac.parse(FLAC + b"TAG" + bytes(125))
    with pytest.raises(Damaged):
        flac.parse(FLAC + bytes(128))


def test_stream_of_unknown_length_is_not_doubted() -> None:
    """A stream written through a pipe does not know its samples: its end cannot be checked."""
    data = bytearray(FLAC)
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    flac.parse(bytes(data[:-1]))


@pytest.mark.parametrize("size", [0, 10, 3000])
def test_flac_behind_a_tag_is_no_mp3(size: int) -> None:
    """An ID3v2 tag does not make a FLAC an MP3."""
    tag = id3.build(id3.Tag(3, 0, 0, b"", (), bytes(size)))
    assert media.sniff(tag + FLAC, "a.flac").name == "flac"
    assert media.sniff(tag + specimens.EVERY["mp3"]).name == "mp3"


def test_marked_file_beside_a_map(tmp_path: Path) -> None:
    """A file on disk comes as a map."""
    path = tmp_path / "a.flac"
    path.write_bytes(FLAC)
    with media.opened(path) as (data, name):
        assert not isinstance(data, bytes)
        assert (len(flac.parse(data).blocks), name) == (4, "a.flac")


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_flipped_bytes_give_a_container_or_a_domain_error(data: st.DataObject) -> None:
    """No damage raises anything but our own errors."""
    whole = bytearray(FLAC)
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, 600) | st.integers(0, len(FLAC) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Damaged):
        flac.parse(bytes(whole))


def _forged_end(filler: bytes) -> bytes:
    """A stream with frames of any length that ends in a megabyte of something."""
    head = FLAC[: flac.parse(FLAC).sound.start]
    return head[:15] + bytes(3) + head[18:] + filler * (1_000_000 // len(filler))


HOSTILE = {
    "millions of blocks": b"fLaC" + b"\x01\x00\x00\x00" * 300_000,
    "endless tags": (b"ID3\x04\x00\x00" + bytes(4)) * 300_000,
    "a tag larger than the file": b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(2_000_000),
    "frames without end": _forged_end(b"\xff\xf8"),
    "sync codes without end": _forged_end(b"\xff"),
    "no first block": b"fLaC\x84\x00\x00\x04" + bytes(4),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_stream_is_refused_soon(attack: str) -> None:
    """Files made of nothing but headers cost neither memory nor time."""
    began = time.process_time()
    with pytest.raises(Damaged):
        flac.parse(HOSTILE[attack])
    assert time.process_time() - began < 1
