"""Make the spoken announcements that the explicit mark of audio plays (GB 45438 5.3).

Renders each sentence of `data/announcement.toml` with espeak-ng (extra `demo`) at the pace that brings it nearest
to the wanted characters (Chinese) or words (English) a minute, and writes a small mono FLAC beside the table:

    python tools/announcement.py src/sealmark/marks/explicit/data

espeak-ng is GPL; what it speaks is the speaker's own.
"""

import sys
import tomllib
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from sealmark.demo.upstream.speech import speaker

PEAK = 0.7
PACES = np.arange(0.6, 1.2, 0.02)


def spoken(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples from the first to the last that can be heard."""
    heard = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[heard[0] : heard[-1] + 1]


def render(sentence: str, voice: str, units: int, wanted: float) -> NDArray[np.float32]:
    """The sentence at the pace that comes nearest to `wanted` units a minute."""
    tries = [spoken(speaker().speak(sentence, voice=voice, speed=float(pace)).samples) for pace in PACES]
    best = min(tries, key=lambda samples: abs(units * 60 * speaker().rate / len(samples) - wanted))
    return best * np.float32(PEAK / np.abs(best).max())


def main(folder: Path) -> None:
    """Write every announcement of the table."""
    table = tomllib.loads((folder / "announcement.toml").read_text("utf-8"))
    for entry in table["voice"].values():
        samples = render(entry["sentence"], entry["voice"], entry["units"], entry["units_a_minute"])
        soundfile.write(folder / entry["file"], samples, speaker().rate, format="FLAC", subtype="PCM_16")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
