"""Sound comes in under limits, and goes out with its samples and metadata as they were."""

import io
import struct
from contextlib import suppress
from dataclasses import replace
from typing import Any

import hypothesis
import mutagen.id3
import numpy as np
import pytest
import soundfile
from hypothesis import strategies as st

from sealmark.media import Limits, samples
from sealmark.media.audio import id3, mp3, wav
from sealmark.media.containers import riff
from sealmark.media.errors import Damaged, EmptyItem, MediaError, NotEncodable, TooManySamples
from tests.media import specimens

# The peer reader is untyped.
PEER: Any = mutagen.id3


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "ULAW", "ALAW"])
@pytest.mark.parametrize("channels", [1, 2])
def test_wav_samples_and_subtype_come_back_exactly(subtype: str, channels: int) -> None:
    """Encoding what was decoded gives the same file: marking adds and never re-quantises."""
    source = specimens.wav(subtype, channels=channels)
    sound = samples.decode(source)
    assert (sound.samples.shape, sound.rate, sound.subtype) == ((8000, channels), 16000, subtype)
    again = samples.decode(samples.encode(sound))
    assert again.subtype == subtype
    assert np.array_equal(again.samples, sound.samples)


def test_full_scale_samples_do_not_wrap() -> None:
    """A sample at or beyond full scale stays at full scale."""
    loud = replace(samples.decode(specimens.wav()), samples=np.array([[1.0], [-1.0], [3.0], [-3.0]], np.float32))
    again = samples.decode(samples.encode(loud)).samples[:, 0]
    assert again.min() == -1
    assert again.max() > 0.999


def test_wav_metadata_stays_bit_for_bit() -> None:
    """Chunks that are not sound come out as they went in."""
    source = specimens.wav()
    longer = replace(samples.decode(source), samples=specimens.tone(1.0))
    kept = [[c for c in wav.parse(d).chunks if c.kind in {b"fmt ", b"LIST"}] for d in (source, samples.encode(longer))]
    assert kept[0] == kept[1]
    assert len(kept[0]) == 2
    assert soundfile.info(io.BytesIO(samples.encode(longer))).frames == 16000


@pytest.mark.parametrize("rate", [8000, 24000, 44100])
def test_mp3_keeps_rate_channels_and_about_its_bit_rate(rate: int) -> None:
    """A re-encoded MP3 stays within one step of the original's mean bit rate."""
    source = specimens.mp3(rate, channels=2)
    again = samples.encode(samples.decode(source))
    assert samples.decode(again).samples.shape[1] == 2
    assert samples.decode(again).rate == rate
    assert abs(mp3.bitrate(again) - mp3.bitrate(source)) <= 32


def test_mp3_tags_stay_bit_for_bit() -> None:
    """Tags at the start and the old one at the end come out as they went in."""
    tag = PEER.ID3()
    tag.add(PEER.TIT2(encoding=3, text="题"))
    out = io.BytesIO(specimens.mp3())
    tag.save(out)
    old = b"TAG" + bytes(125)
    source = out.getvalue() + old
    again = samples.encode(samples.decode(source))
    head = len(source) - len(mp3.parse(source).sound)
    assert again[:head] == source[:head]
    assert again.endswith(old)


def test_length_is_limited_by_the_header() -> None:
    """Frames times channels over the limit are never decoded."""
    assert samples.decode(specimens.EVERY["wav"], Limits(samples=8000)).samples.shape == (8000, 1)
    with pytest.raises(TooManySamples):
        samples.decode(specimens.EVERY["wav"], Limits(samples=7999))
    with pytest.raises(TooManySamples):
        samples.decode(specimens.EVERY["mp3"], Limits(samples=100))


def test_wav_without_a_single_sample_is_empty() -> None:
    """A sound of no length cannot be marked audibly."""
    data = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16) + b"data" + bytes(4)
    with pytest.raises(EmptyItem):
        samples.decode(b"RIFF" + struct.pack("<I", len(data)) + data)


def test_wav_of_an_unknown_coding_is_refused() -> None:
    """Sound that the decoder does not know is an answer, not a traceback."""
    data = bytearray(specimens.EVERY["wav"])
    data[20:22] = b"\x34\x12"
    with pytest.raises(Damaged):
        samples.decode(bytes(data))


def test_picture_is_no_sound() -> None:
    """A format without samples is refused by name."""
    with pytest.raises(NotEncodable):
        samples.decode(specimens.EVERY["png"])


@pytest.mark.parametrize("key", ["wav", "mp3"])
@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(data=st.data())
def test_flipped_bytes_give_a_sound_or_a_domain_error(key: str, data: st.DataObject) -> None:
    """No damage brings the decoder down, or makes it say anything but our own errors."""
    whole = bytearray(specimens.EVERY[key])
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, min(len(whole), 300) - 1))] = data.draw(st.integers(0, 255))
    with suppress(MediaError):
        assert samples.encode(samples.decode(bytes(whole), Limits(samples=200_000)))


@pytest.mark.parametrize("key", ["wav", "mp3"])
def test_the_decoder_sees_the_sound_alone(key: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Hostile metadata meets no parser but ours: another's may fall over, and writes into our log."""
    source = specimens.EVERY[key]
    if key == "mp3":
        hostile = (
            id3.build(replace(id3.new_tag(), version=4, frames=(id3.make_frame(3, b"TXXX", bytes(300)),))) + source
        )
    else:
        container = wav.parse(source)
        hostile = wav.build(
            replace(container, chunks=(*container.chunks, riff.Chunk(b"LIST", b"INFO\xff\xff\xff\xff")))
        )
    assert np.array_equal(samples.decode(hostile).samples, samples.decode(source).samples)
    assert "id3" not in capfd.readouterr().err
    module = {"wav": wav, "mp3": mp3}[key]
    assert b"LIST" not in module.coded(hostile)
    assert not module.coded(hostile).startswith(b"ID3")
