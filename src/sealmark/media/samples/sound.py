"""What sound is once it is decoded, and while it is being read."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sealmark.media.format import Format
from sealmark.media.pieces import Buffer

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sound:
    """Decoded audio: `samples` float32 of shape [frames, channels] within ±1, `rate` in Hz.

    `subtype` is how the samples were kept (`PCM_16`, `FLOAT`, `MPEG_LAYER_III`, `aac`); `source` the bytes it came
    from; `fresh` whether an encoding leaves their metadata behind.
    """

    samples: Samples
    rate: int
    subtype: str
    format: Format
    source: Buffer
    fresh: bool = False


class Reading(Protocol):
    """A sound that is open: `frames` of `channels` at `rate` Hz, and how its samples are kept."""

    @property
    def frames(self) -> int:
        """The length, by the header."""

    @property
    def channels(self) -> int:
        """How many samples a frame has."""

    @property
    def rate(self) -> int:
        """Frames a second."""

    @property
    def subtype(self) -> str:
        """How the samples are kept."""

    def read(self, start: int, stop: int) -> Samples:
        """The frames of `[start, stop)`, fewer where the sound ends before."""
