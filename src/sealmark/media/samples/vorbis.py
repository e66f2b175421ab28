"""The levels at which libsndfile's Vorbis and Opus come to the bit rate that a sound had."""

from dataclasses import replace

import numpy as np

from sealmark.media.audio import ogg
from sealmark.media.pieces import reader
from sealmark.media.samples import sndfile
from sealmark.media.samples.sound import Sound

_STEPS = 7  # of halving: within a hundredth of the range
# libsndfile: bits a second and channel of Opus at its lowest level, and how many more at its highest.
_OPUS_LEAST, _OPUS_MORE = 6_000, 250_000


def vorbis_level(sound: Sound) -> float:
    """The level whose encodings announce the nominal bit rate of the source, or its mean where it announces none."""
    wanted = ogg.nominal_rate(sound.source) or _mean_rate(sound)
    nothing = replace(sound, samples=np.zeros((64, sound.samples.shape[1]), np.float32))
    finest, coarsest = 0.0, 1.0
    for _ in range(_STEPS):
        level = (finest + coarsest) / 2
        rate = ogg.nominal_rate(sndfile.written(nothing, "OGG", compression_level=level))
        finest, coarsest = (level, coarsest) if rate > wanted else (finest, level)
    return (finest + coarsest) / 2


def opus_level(sound: Sound) -> float:
    """The level of the source's mean bit rate."""
    channels: int = sound.samples.shape[1]
    channel = _mean_rate(sound) / channels
    return min(max(1 - (channel - _OPUS_LEAST) / _OPUS_MORE, 0.0), 1.0)


def _mean_rate(sound: Sound) -> float:
    """Bits a second of the pages with sound."""
    with sndfile.reading(reader(sound.source, ogg.coded(sound.source, ogg.parse(sound.source)))) as found:
        return ogg.sound_size(sound.source) * 8 * found.rate / max(1, found.frames)
