"""Sound: read in whole or in stretches under limits, encoded back among the original's metadata."""

from collections.abc import Iterator
from contextlib import contextmanager

import soundfile

from sealmark.errors import why
from sealmark.media.errors import Damaged, EmptyItem, NotEncodable, TooManySamples
from sealmark.media.limits import STANDARD, Limits
from sealmark.media.pieces import Buffer
from sealmark.media.registry import sniff
from sealmark.media.samples.codec import codec_of
from sealmark.media.samples.sound import Reading, Samples, Sound

__all__ = ["Reading", "Samples", "Sound", "decode", "encode", "reading"]

_BROKEN = (soundfile.LibsndfileError, RuntimeError, ValueError, TypeError)


@contextmanager
def reading(data: Buffer) -> Iterator[Reading]:
    """A sound of which stretches can be read; no other stretch is decoded.

    Raises `Damaged`, also for a failure while reading, `NotEncodable` for sound that we cannot decode, `NeedsExtra`,
    and what `sniff` raises.
    """
    form = sniff(data)
    try:
        with codec_of(form).reading(data) as found:
            yield found
    except _BROKEN:
        raise Damaged(format=form.name, **why("采样数据", "samples")) from None


def decode(data: Buffer, limits: Limits = STANDARD) -> Sound:
    """All samples of a sound.

    The length is checked from the header before anything is decoded. Raises `TooManySamples`, `EmptyItem` for a file
    without a single sample, and what `reading` raises.
    """
    with reading(data) as found:
        _check_length(found.frames * found.channels, limits)
        samples = found.read(0, found.frames)
        return Sound(samples, found.rate, found.subtype, sniff(data), data)


def _check_length(samples: int, limits: Limits) -> None:
    if samples > limits.samples:
        raise TooManySamples(samples=samples, limit=limits.samples)
    if samples <= 0:
        raise EmptyItem


def encode(sound: Sound) -> bytes:
    """The sound in the format it came in; unless it is fresh, with every other piece of metadata as it was.

    WAV keeps its subtype, FLAC and ALAC their depth, and integer samples up to 24 bits come back exactly; MP3, Vorbis,
    Opus and AAC keep about their bit rate. Raises `NotEncodable`.
    """
    try:
        return codec_of(sound.format).encode(sound)
    except _BROKEN:
        raise NotEncodable(format=sound.format.name) from None
