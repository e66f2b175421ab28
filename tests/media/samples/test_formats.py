"""FLAC, Ogg and M4A come in and go out with their samples or about their bit rate, and with every word about them."""

import io
import mmap
import re
import struct
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import hypothesis
import mutagen
import mutagen.flac
import mutagen.mp4
import numpy as np
import pytest
import soundfile
from hypothesis import strategies as st

from sealmark.media import Limits, samples
from sealmark.media.audio import flac, ogg
from sealmark.media.errors import Damaged, MediaError, NeedsExtra, NotEncodable, TooManySamples
from sealmark.media.samples import Samples, movie
from tests.media import movies, specimens

# The peers are untyped.
PEER: Any = mutagen
FFMPEG = import_module("imageio_ffmpeg").get_ffmpeg_exe()


def chirp(seconds: float, rate: int, channels: int = 1) -> Samples:
    """A sound that is like itself at no other place, each channel at its own level."""
    time = np.arange(round(seconds * rate)) / rate
    mono = 0.4 * np.sin(2 * np.pi * (200 + 300 * time / max(seconds, 1)) * time)
    return np.asarray(mono[:, None] * np.linspace(1, 0.4, channels)[None, :], np.float32)


def coded(form: str, subtype: str, rate: int, channels: int = 2, seconds: float = 2, **settings: Any) -> bytes:
    """The chirp as libsndfile writes it."""
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", rate, channels, subtype, format=form, **settings) as file:
        file.write(chirp(seconds, rate, channels))
    return out.getvalue()


@cache
def m4a(*arguments: str, seconds: float = 2, rate: int = 44100) -> bytes:
    """The chirp as ffmpeg writes it."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.wav"
        soundfile.write(source, chirp(seconds, rate, 2), rate, subtype="PCM_24")
        return movies.ffmpeg("m4a", *arguments, "-metadata", "title=题", inputs=("-i", str(source)))


AAC, ALAC16, ALAC24 = ("-c:a", "aac"), ("-c:a", "alac", "-sample_fmt", "s16p"), ("-c:a", "alac", "-sample_fmt", "s32p")
LOSSLESS = {
    "flac 8": (coded("FLAC", "PCM_S8", 8000), "PCM_S8"),
    "flac 16": (coded("FLAC", "PCM_16", 44100), "PCM_16"),
    "flac 24": (coded("FLAC", "PCM_24", 96000, 6), "PCM_24"),
    "alac 16": (m4a(*ALAC16), "alac 16"),
    "alac 24": (m4a(*ALAC24), "alac 24"),
}
LOSSY = {
    "vorbis": coded("OGG", "VORBIS", 44100),
    "vorbis fine": coded("OGG", "VORBIS", 48000, compression_level=0.2),
    "vorbis 5.1": coded("OGG", "VORBIS", 48000, 6),
    "opus": coded("OGG", "OPUS", 48000, compression_level=0.8),
    "opus voice": coded("OGG", "OPUS", 16000, 1, compression_level=0.93),
    "opus 5.1": coded("OGG", "OPUS", 48000, 6, compression_level=0.8),
    "aac": m4a(*AAC),
    "aac 48 kbit/s": m4a(*AAC, "-b:a", "48k", "-ar", "24000"),
}


def by_ffmpeg(data: bytes) -> Samples:
    """The samples as an independent reader plays them."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in", Path(folder) / "out.wav"
        source.write_bytes(data)
        subprocess.run([FFMPEG, "-v", "error", "-i", source, "-c:a", "pcm_s32le", target], check=True)
        played: Samples = soundfile.read(target, dtype="float32", always_2d=True)[0]
        return played


@pytest.mark.parametrize("key", LOSSLESS)
def test_lossless_samples_and_their_depth_come_back_exactly(key: str) -> None:
    """Encoding what was decoded gives the same samples in the same depth, as an independent reader plays them."""
    data, subtype = LOSSLESS[key]
    sound = samples.decode(data)
    again = samples.encode(sound)
    assert (sound.subtype, samples.decode(again).subtype) == (subtype, subtype)
    assert np.array_equal(by_ffmpeg(again), by_ffmpeg(data))
    assert np.array_equal(sound.samples, by_ffmpeg(data))


@pytest.mark.parametrize("key", LOSSY)
def test_lossy_sound_keeps_rate_channels_length_and_about_its_bit_rate(key: str) -> None:
    """Whoever streams it finds what he had: a quarter more or less, and not a frame shifted."""
    data = LOSSY[key]
    was = samples.decode(data)
    encoded = samples.encode(was)
    now = samples.decode(encoded)
    assert (now.rate, now.subtype, now.samples.shape) == (was.rate, was.subtype, was.samples.shape)
    assert len(encoded) == pytest.approx(len(data), rel=0.25)
    assert _likeness(was.samples, now.samples) > 0.97


@pytest.mark.parametrize("key", ["aac", "aac 48 kbit/s", "vorbis", "opus"])
def test_the_end_is_where_it_was_for_other_players(key: str) -> None:
    """No silence of the coding before the sound or behind it: pre-skip, edit list and the last page are right."""
    data = LOSSY[key]
    played, again = by_ffmpeg(data), by_ffmpeg(samples.encode(samples.decode(data)))
    frames = len(samples.decode(data).samples)
    assert len(again) == frames
    assert _likeness(played[:frames], again) > 0.97


def _likeness(one: Samples, other: Samples) -> float:
    """The correlation of two sounds without any shift; also with one would be less."""
    left, right = one.ravel().astype(float), other.ravel().astype(float)
    return float(left @ right / np.sqrt((left @ left) * (right @ right)))


@pytest.mark.parametrize("key", [*LOSSLESS, *LOSSY])
def test_a_stretch_is_what_stands_there_in_the_whole(key: str) -> None:
    """A reader that jumps hears the same as one that plays all, to the last frame and not beyond."""
    data = LOSSLESS[key][0] if key in LOSSLESS else LOSSY[key]
    whole = samples.decode(data).samples
    with samples.reading(data) as sound:
        assert (sound.frames, sound.channels) == whole.shape
        spans = [(0, 5000), (len(whole) // 2, len(whole) // 2 + 7000), (len(whole) - 4000, len(whole)), (100, 4100)]
        for start, stop in spans:
            part = sound.read(start, stop)
            assert part.shape == (stop - start, whole.shape[1])
            assert _likeness(part, whole[start:stop]) > 0.98
        assert len(sound.read(len(whole) - 10, len(whole) + 10)) == 10


def _tagged_flac() -> bytes:
    source = io.BytesIO(coded("FLAC", "PCM_16", 44100))
    tagged = PEER.flac.FLAC(source)
    tagged.update({"title": "题", "replaygain_track_gain": "-3 dB"})
    for kind in (3, 4):
        picture = PEER.flac.Picture()
        picture.type, picture.mime, picture.data = kind, "image/png", specimens.png_header(8, 8) * 40
        tagged.add_picture(picture)
    tagged.cuesheet = PEER.flac.CueSheet(None)
    tagged.metadata_blocks.append(tagged.cuesheet)
    table = PEER.flac.SeekTable(None)
    table.seekpoints.append(PEER.flac.SeekPoint(0, 0, 4096))
    tagged.metadata_blocks.append(table)
    source.seek(0)
    tagged.save(source, padding=lambda _info: 777)
    return b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + source.getvalue() + b"TAG" + bytes(125)


def test_every_block_of_a_flac_stays_bit_for_bit() -> None:
    """Comments, pictures, cue sheet and padding stay, and older tags around the stream; the seek table does not fit."""
    source = _tagged_flac()
    encoded = samples.encode(replace(samples.decode(source), samples=chirp(3, 44100, 2)))
    was, now = ([(one.kind, flac.body(data, one)) for one in flac.parse(data).blocks] for data in (source, encoded))
    assert {kind for kind, _ in was} == {0, 1, 3, 4, 5, 6}
    assert now[1:] == [one for one in was[1:] if one[0] != flac.SEEKTABLE]
    assert encoded[:20] == source[:20]
    assert encoded[-128:] == source[-128:]
    assert PEER.flac.FLAC(io.BytesIO(encoded)).info.total_samples == 3 * 44100


def test_the_digest_of_a_flac_is_that_of_its_new_samples() -> None:
    """STREAMINFO says what is there: whoever tests the file with its own digest (RFC 9639 8.2) finds it sound."""
    encoded = samples.encode(replace(samples.decode(coded("FLAC", "PCM_16", 44100)), samples=chirp(1, 44100, 2)))
    line = [FFMPEG, "-v", "error", "-i", "-", "-f", "md5", "-c:a", "pcm_s16le", "-"]
    shown = subprocess.run(line, input=encoded, capture_output=True, check=True).stdout.decode()
    assert (
        shown.strip().removeprefix("MD5=")
        == PEER.flac.FLAC(io.BytesIO(encoded)).info.md5_signature.to_bytes(16, "big").hex()
    )


def test_a_flac_that_does_not_know_its_length_is_read_whole() -> None:
    """A stream that was written without seeking back tells its length by its last frame."""
    source = bytearray(coded("FLAC", "PCM_16", 44100))
    at = source.index(b"fLaC") + 8 + 13
    source[at] &= 0xF0
    source[at + 1 : at + 5] = bytes(4)
    assert soundfile.info(io.BytesIO(bytes(source))).frames > 1 << 40
    assert np.array_equal(samples.decode(bytes(source)).samples, samples.decode(LOSSLESS["flac 16"][0]).samples)
    with pytest.raises(Damaged):
        samples.decode(bytes(source[:-50]))


@pytest.mark.parametrize("bits", [12, 20])
def test_a_flac_of_a_rare_depth_is_refused_by_name(bits: int) -> None:
    """What the encoder cannot keep is not quietly made something else."""
    source = bytearray(coded("FLAC", "PCM_16", 44100))
    at = source.index(b"fLaC") + 8 + 12
    source[at] = source[at] & 0xFE | (bits - 1) >> 4
    source[at + 1] = source[at + 1] & 0x0F | (bits - 1 & 15) << 4
    with pytest.raises(NotEncodable, match=f"{bits} bit"):
        samples.decode(bytes(source))


@pytest.mark.parametrize("key", ["ogg", "opus"])
@pytest.mark.parametrize("size", [0, 90_000])
def test_the_comment_of_an_ogg_stays_bit_for_bit(key: str, size: int) -> None:
    """Fields, a cover picture over many pages, and padding."""
    module = import_module(f"mutagen.ogg{'vorbis' if key == 'ogg' else 'opus'}")
    source = io.BytesIO(specimens.EVERY[key])
    tagged = getattr(module, "OggVorbis" if key == "ogg" else "OggOpus")(source)
    tagged["metadata_block_picture"] = "A" * size
    source.seek(0)
    tagged.save(source, padding=lambda _info: 500)
    data = source.getvalue()
    encoded = samples.encode(samples.decode(data))
    assert ogg.comment(ogg.parse(encoded)) == ogg.comment(ogg.parse(data))
    assert by_ffmpeg(encoded).shape == by_ffmpeg(data).shape


def test_an_opus_gain_is_worked_into_the_samples() -> None:
    """RFC 7845 5.1: a player turns the sound by the header's gain; the new header has none, and it is as loud."""
    source = bytearray(coded("OGG", "OPUS", 48000, compression_level=0.8))
    at = source.index(b"OpusHead") + 16
    source[at : at + 2] = struct.pack("<h", -6 * 256)
    page = source[:47]
    page[22:26] = bytes(4)
    from sealmark.media.audio import ogg_page

    quiet = ogg_page.sealed(bytes(page)) + bytes(source[47:])
    was, now = (float(np.std(by_ffmpeg(data))) for data in (quiet, samples.encode(samples.decode(quiet))))
    assert now == pytest.approx(was, rel=0.05)
    assert was < 0.6 * float(np.std(by_ffmpeg(coded("OGG", "OPUS", 48000, compression_level=0.8))))


def _tagged_m4a() -> bytes:
    source = io.BytesIO(m4a(*AAC))
    tagged = PEER.mp4.MP4(source)
    tagged["covr"] = [PEER.mp4.MP4Cover(specimens.png_header(8, 8) * 30, PEER.mp4.MP4Cover.FORMAT_PNG)]
    tagged["----:com.apple.iTunes:iTunSMPB"] = b" 00000000 00000840 000001C0 0000000000012345 00000000"
    tagged["----:com.apple.iTunes:MOOD"] = "静".encode()
    source.seek(0)
    tagged.save(source)
    return source.getvalue()


def test_the_metadata_of_an_m4a_stay() -> None:
    """Names, cover and free fields stay bit for bit, and iTunes' gapless numbers are those of the new encoding."""
    source = _tagged_m4a()
    encoded = samples.encode(replace(samples.decode(source), samples=chirp(3, 44100, 2)))
    was, now = (dict(PEER.mp4.MP4(io.BytesIO(data)).tags) for data in (source, encoded))
    gaps = bytes(now.pop("----:com.apple.iTunes:iTunSMPB")[0]).decode()
    was.pop("----:com.apple.iTunes:iTunSMPB")
    assert now == was
    assert {"covr", "\xa9nam", "----:com.apple.iTunes:MOOD"} <= set(now)
    assert re.fullmatch(r" 00000000 00000400 00000000 00000000000204CC 00000000", gaps)
    assert encoded[:28] == source[:28]
    assert len(by_ffmpeg(encoded)) == 3 * 44100


def test_the_chapters_of_an_m4a_stay() -> None:
    """A book keeps its chapters."""
    with tempfile.TemporaryDirectory() as folder:
        words, source = Path(folder) / "words", Path(folder) / "in.m4a"
        words.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/10\nSTART=0\nEND=9\ntitle=one\n", "utf-8")
        source.write_bytes(m4a(*AAC))
        book = movies.ffmpeg("m4a", "-c", "copy", "-map_metadata", "1", inputs=("-i", str(source), "-i", str(words)))
    was, now = (movies.PEER.open(io.BytesIO(data)) for data in (book, samples.encode(samples.decode(book))))
    assert [one["metadata"] for one in was.chapters()] == [one["metadata"] for one in now.chapters()] != []


def test_without_the_extra_an_m4a_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named; every other format is decoded as before."""
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(NeedsExtra, match="video"):
        samples.decode(LOSSY["aac"])
    assert samples.decode(specimens.EVERY["flac"]).rate == 16000


def test_a_film_is_no_sound() -> None:
    """What has pictures is not marked as sound; sound in a file of a plain brand is."""
    with pytest.raises(NotEncodable):
        samples.decode(movies.made("mp4"))
    bare = movies.ffmpeg("mp4", "-map", "1:a", "-c:a", "aac")
    again = samples.encode(samples.decode(bare))
    assert again[:12] == bare[:12]


@pytest.mark.parametrize("key", ["flac", "ogg", "opus", "m4a"])
def test_a_map_of_hours_is_refused_by_its_header(key: str, tmp_path: Path) -> None:
    """The length is checked before anything is decoded, of bytes and of a map that is never read as a whole."""
    data = LOSSY["aac"] if key == "m4a" else specimens.EVERY[key]
    path = tmp_path / "sound"
    path.write_bytes(data)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert np.array_equal(samples.decode(mapped).samples, samples.decode(data).samples)
        with pytest.raises(TooManySamples):
            samples.decode(mapped, Limits(samples=100))


@pytest.mark.parametrize("key", ["flac", "ogg", "opus"])
def test_the_decoder_sees_the_sound_alone(key: str) -> None:
    """No comment, no picture and no name reaches another's parser."""
    from sealmark.media.pieces import joined

    data = specimens.EVERY[key]
    assert specimens.COMMENT.encode() in data
    seen = joined(data, flac.coded(data) if key == "flac" else ogg.coded(data, ogg.parse(data)))
    assert specimens.COMMENT.encode() not in seen
    assert np.array_equal(soundfile.read(io.BytesIO(seen))[0], soundfile.read(io.BytesIO(data))[0])


@pytest.mark.parametrize("key", ["FLAC", "Speex"])
def test_what_libsndfile_does_not_write_is_refused_by_name(key: str) -> None:
    """FLAC and Speex in Ogg are answers, not tracebacks."""
    if key == "FLAC":
        source = movies.ffmpeg("oga", "-map", "1:a", "-c:a", "flac")
    else:
        head = b"Speex   " + bytes(72)
        source = _ogg_of(head, b"\x00" * 8)
    with pytest.raises(NotEncodable, match=key):
        samples.decode(source)


def _ogg_of(first: bytes, comment: bytes) -> bytes:
    from sealmark.media.audio import ogg_page

    def page(flags: int, number: int, packet: bytes) -> bytes:
        head = b"OggS\x00" + bytes((flags,)) + bytes(8) + b"abcd" + struct.pack("<I", number) + bytes(4)
        return ogg_page.sealed(head + bytes((1, len(packet))) + packet)

    return page(2, 0, first) + page(0, 1, comment) + page(4, 2, bytes(20))


@pytest.mark.parametrize("key", ["flac", "ogg", "opus", "m4a"])
@hypothesis.settings(max_examples=40, deadline=None)
@hypothesis.given(data=st.data())
def test_flipped_bytes_give_a_sound_or_a_domain_error(key: str, data: st.DataObject) -> None:
    """No damage brings the decoder down, or makes it say anything but our own errors."""
    source = m4a(*AAC, seconds=0.3) if key == "m4a" else specimens.EVERY[key]
    whole = bytearray(source)
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(MediaError):
        assert samples.encode(samples.decode(bytes(whole), Limits(samples=200_000)))


def test_planes_of_the_encoder_are_inverse_to_decoding() -> None:
    """ALAC's integers hold every sample at every depth, at full scale too."""
    scale = np.array([[-1, 1], [0.5, -0.25]], np.float32)
    assert movie.planes(scale, "alac 16").tolist() == [[-32768, 16384], [32767, -8192]]
    assert movie.planes(scale, "alac 24").tolist() == [[-(2**31), 2**30], [(2**23 - 1) << 8, -(2**29)]]
