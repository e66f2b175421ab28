"""Reading and writing sound with libsndfile: what WAV, MP3, FLAC, Vorbis and Opus have in common."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from sealmark.media.samples.sound import Samples, Sound

# Integer subtypes whose samples we scale ourselves, because the library's own scaling is not an identity.
_BITS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "ULAW": 16, "ALAW": 16}
# libsndfile up to 1.2.2 hands a block to Vorbis on the stack, which minutes at once overflow.
_BLOCK = 1 << 16
PRIMING = 8_192  # frames before a place from which a lossy decoder comes to it


@dataclass(frozen=True, slots=True)
class _File:
    """A file that libsndfile reads."""

    file: soundfile.SoundFile

    @property
    def frames(self) -> int:
        return int(self.file.frames)

    @property
    def channels(self) -> int:
        return int(self.file.channels)

    @property
    def rate(self) -> int:
        return int(self.file.samplerate)

    @property
    def subtype(self) -> str:
        return str(self.file.subtype)

    @property
    def is_lossy(self) -> bool:
        return self.subtype in {"VORBIS", "OPUS", "MPEG_LAYER_III"}

    def read(self, start: int, stop: int) -> Samples:
        first = max(0, start - PRIMING) if self.is_lossy else start
        if self.file.tell() != first:
            self.file.seek(first)
        samples: Samples = self.file.read(stop - first, dtype="float32", always_2d=True)
        return samples[start - first :]


@contextmanager
def reading(coded: BinaryIO) -> Iterator[_File]:
    """A file with nothing but sound in it, open."""
    with soundfile.SoundFile(coded) as file:
        yield _File(file)


def written(sound: Sound, form: str, **settings: Any) -> bytes:
    """The samples in a format by libsndfile's name of it; integer samples exactly as they were."""
    out, bits = io.BytesIO(), _BITS.get(sound.subtype)
    channels = sound.samples.shape[1]
    with soundfile.SoundFile(out, "w", sound.rate, channels, sound.subtype, format=form, **settings) as file:
        for at in range(0, len(sound.samples), _BLOCK):
            block = sound.samples[at : at + _BLOCK]
            file.write(integers(block, bits) if bits else block)
    return out.getvalue()


def integers(samples: Samples, bits: int) -> NDArray[np.int32]:
    """Samples as integers in the upper bits of 32, the inverse of decoding."""
    scale = float(1 << (bits - 1))
    whole = np.clip(np.rint(samples.astype(np.float64) * scale), -scale, scale - 1)
    return whole.astype(np.int64).astype(np.int32) << np.int32(32 - bits)
