"""Finding the audible marks of GB 45438 5.3 again: the rhythm 短长短短 and our own announcement.

Both are matched filters over the stretch where a mark before or after the content must lie. A trace is evidence for
the tier *suspected*; that none is found says nothing.
"""

from collections.abc import Callable
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sealmark.marks.explicit.audio import Samples, check, resample, rhythm, voice
from sealmark.marks.explicit.trace import Trace
from sealmark.marks.explicit.wording import table

Curve = NDArray[np.float64]
Span = tuple[int, int]
Matcher = Callable[[Samples, int], Span | None]

_SLACK_SECONDS = 2.0  # how far from the very start or end a mark may lie
_ENVELOPE_RATE = 200
_VOICE_RATE = 8_000
_LEAST_RHYTHM = 0.85  # correlation of the envelope
_LEAST_TONE_SHARE = 0.5  # of the power while the tone sounds
_LEAST_VOICE = 0.5  # correlation of the wave form


def find_rhythm(samples: Samples, rate: int) -> list[Trace]:
    """The rhythm 短长短短 at start and end, at most one at each; spans in frames. Raises `UnusableSound`."""
    check(samples, rate)
    return _at_both_ends(samples, rate, "rhythm", _match_rhythm, len(rhythm(rate)))


def find_voice(samples: Samples, rate: int) -> list[Trace]:
    """Our own Chinese announcement at start and end, also after lossy coding; spans in frames.

    Another speaker's announcement is not recognised. Raises `UnusableSound`.
    """
    check(samples, rate)
    return _at_both_ends(samples, rate, "voice", _match_voice, len(voice("zh", rate)))


def _at_both_ends(
    samples: Samples, rate: int, kind: Literal["voice", "rhythm"], match: Matcher, length: int
) -> list[Trace]:
    # Samples of floats may be as loud as a float can be; nobody hears more than full scale.
    mono = np.clip(samples, -1, 1).mean(axis=1, dtype=np.float32)
    stretch = length + round(_SLACK_SECONDS * rate)
    offset = max(0, len(mono) - stretch)
    first, last = match(mono[:stretch], rate), match(mono[offset:], rate)
    separate = last is not None and (first is None or offset + last[0] >= first[1])
    return [
        *([Trace(kind, *first, "start")] if first else []),
        *([Trace(kind, offset + last[0], offset + last[1], "end")] if last and separate else []),
    ]


def _match_rhythm(mono: Samples, rate: int) -> Span | None:
    wanted, _ = _envelopes(rhythm(rate), rate)
    tone, power = _envelopes(mono, rate)
    if len(tone) < len(wanted):
        return None
    windows = np.lib.stride_tricks.sliding_window_view(tone, len(wanted))
    place, likeness = _best(windows, wanted)
    sounding = wanted > 0.5 * wanted.max()
    inside = slice(place, place + len(wanted))
    share = np.sum(tone[inside][sounding] ** 2) / max(np.sum(power[inside][sounding]), 1e-12)
    if likeness < _LEAST_RHYTHM or share < _LEAST_TONE_SHARE:
        return None
    start = place * rate // _ENVELOPE_RATE
    return start, min(len(mono), start + len(rhythm(rate)))


def _best(windows: NDArray[np.float64], wanted: Curve) -> tuple[int, float]:
    """The window most like the wanted curve, and the correlation coefficient of the two."""
    shape = wanted - wanted.mean()
    varied = windows - windows.mean(axis=1, keepdims=True)
    strength = np.linalg.norm(varied, axis=1) * np.linalg.norm(shape)
    likeness = varied @ shape / np.maximum(strength, 1e-9)
    place = int(np.argmax(likeness))
    return place, float(likeness[place])


def _envelopes(mono: Samples, rate: int) -> tuple[Curve, Curve]:
    """The root-mean-square envelope of the mark's tone and the power of all sound, 200 values a second."""
    time = np.arange(len(mono)) / rate
    turned = mono * np.exp(-2j * np.pi * table("announcement.toml")["rhythm"]["tone_hertz"] * time)
    return np.abs(_means(turned, rate)) * np.sqrt(2), _means(mono.astype(np.float64) ** 2, rate)


def _means(values: NDArray[np.generic], rate: int) -> Curve:
    """Means over 20 ms, 200 times a second."""
    half = rate // 100
    sums = np.concatenate([[0], np.cumsum(np.pad(values, half))])
    places = np.arange(0, len(values), rate / _ENVELOPE_RATE).astype(int)
    return np.asarray((sums[places + 2 * half] - sums[places]) / (2 * half))


def _match_voice(mono: Samples, rate: int) -> Span | None:
    wanted, heard = _spoken(), resample(mono, rate, _VOICE_RATE).astype(np.float64)
    frames = len(heard) - len(wanted) + 1
    if frames < 1:
        return None
    size = 1 << (len(heard) + len(wanted)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    energy = np.concatenate([[0], np.cumsum(heard**2)])
    strength = np.sqrt((energy[len(wanted) :] - energy[:frames]) * np.sum(wanted**2))
    likeness = np.fft.irfft(product, size)[:frames] / np.maximum(strength, 1e-9)
    place = int(np.argmax(likeness))
    if likeness[place] < _LEAST_VOICE:
        return None
    start = place * rate // _VOICE_RATE
    return start, min(len(mono), start + len(voice("zh", rate)))


@cache
def _spoken() -> Curve:
    return voice("zh", _VOICE_RATE).astype(np.float64)
