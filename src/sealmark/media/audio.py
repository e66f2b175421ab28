"""Sound: decode to samples under limits, encode back among the original's metadata."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import soundfile
from numpy.typing import NDArray

from sealmark.errors import why
from sealmark.media import mp3, wav
from sealmark.media.errors import Damaged, EmptyItem, NotEncodable, TooManySamples
from sealmark.media.format import Format
from sealmark.media.limits import STANDARD, Limits
from sealmark.media.registry import sniff

Samples = NDArray[np.float32]
# Integer subtypes whose samples we scale ourselves, because the library's own scaling is not an identity.
_BITS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "ULAW": 16, "ALAW": 16}
# The range of bit rates in kbit/s of each generation of layer III, by the lowest sample rate of it.
_RANGES = ((32000, 32, 320), (16000, 8, 160), (0, 8, 64))


@dataclass(frozen=True, slots=True)
class Sound:
    """Decoded audio: `samples` float32 of shape [frames, channels] within ±1, `rate` in Hz.

    `subtype` is how the samples were kept (`PCM_16`, `FLOAT`, `MPEG_LAYER_III`); `source` the bytes it came from;
    `fresh` whether an encoding leaves their metadata behind.
    """

    samples: Samples
    rate: int
    subtype: str
    format: Format
    source: bytes
    fresh: bool = False


def decode(data: bytes, limits: Limits = STANDARD) -> Sound:
    """The samples of a WAV or MP3.

    The length is checked from the header before anything is decoded. Raises `TooManySamples`, `Damaged`,
    `EmptyItem` for a file without a single sample, and what `sniff` raises.
    """
    form = sniff(data)
    coded = _codec(form).coded(data)
    try:
        with soundfile.SoundFile(io.BytesIO(coded)) as file:
            _check_length(file.frames * file.channels, limits)
            samples = file.read(dtype="float32", always_2d=True)
            return Sound(samples, file.samplerate, file.subtype, form, data)
    except (soundfile.LibsndfileError, RuntimeError, ValueError, TypeError):
        raise Damaged(format=form.name, **why("采样数据", "samples")) from None


def _check_length(samples: int, limits: Limits) -> None:
    if samples > limits.samples:
        raise TooManySamples(samples=samples, limit=limits.samples)
    if samples <= 0:
        raise EmptyItem


def encode(sound: Sound) -> bytes:
    """The sound in the format it came in; unless it is fresh, with every other piece of metadata as it was.

    WAV keeps its subtype (integer samples up to 24 bits come back exactly); MP3 keeps about its bit rate.
    Raises `NotEncodable`.
    """
    try:
        return _codec(sound.format).encode(sound)
    except (soundfile.LibsndfileError, RuntimeError, ValueError, TypeError):
        raise NotEncodable(format=sound.format.name) from None


def _wav(sound: Sound) -> bytes:
    out = io.BytesIO()
    bits = _BITS.get(sound.subtype)
    samples = _integers(sound.samples, bits) if bits else sound.samples
    soundfile.write(out, samples, sound.rate, format="WAV", subtype=sound.subtype)
    return (wav.renew if sound.fresh else wav.splice)(sound.source, out.getvalue())


def _integers(samples: Samples, bits: int) -> NDArray[np.int32]:
    """Samples as integers in the upper bits of 32, the inverse of decoding."""
    scale = float(1 << (bits - 1))
    whole = np.clip(np.rint(samples.astype(np.float64) * scale), -scale, scale - 1)
    return whole.astype(np.int64).astype(np.int32) << np.int32(32 - bits)


def _mp3(sound: Sound) -> bytes:
    out = io.BytesIO()
    lowest, highest = next((low, high) for rate, low, high in _RANGES if sound.rate >= rate)
    # The encoder takes a level between 0 (highest bit rate) and 1 (lowest), linear in between.
    level = (highest - mp3.bitrate(sound.source)) / (highest - lowest)
    soundfile.write(
        out,
        sound.samples,
        sound.rate,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=min(max(level, 0.0), 0.99),
    )
    return (mp3.renew if sound.fresh else mp3.splice)(sound.source, out.getvalue())


@dataclass(frozen=True, slots=True)
class _Codec:
    """`coded` gives the decoder the sound alone, so that no parser but ours sees a hostile metadata block."""

    coded: Callable[[bytes], bytes]
    encode: Callable[[Sound], bytes]


_CODECS: Mapping[str, _Codec] = {"wav": _Codec(wav.coded, _wav), "mp3": _Codec(mp3.coded, _mp3)}


def _codec(form: Format) -> _Codec:
    try:
        return _CODECS[form.name]
    except KeyError:
        raise NotEncodable(format=form.name) from None
