"""How much a hostile item may ask of us."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds that are checked from headers, before anything is decoded.

    `size` is in bytes, `pixels` in width × height, `samples` in frames × channels of audio.
    """

    size: int = 256 * 1024 * 1024
    pixels: int = 64_000_000
    samples: int = 100_000_000


STANDARD = Limits()
# Chunks, segments, frames or tags of one container: an honest file has thousands at most.
MOST_PARTS = 1 << 16
