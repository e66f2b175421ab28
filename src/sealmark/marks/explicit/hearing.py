"""Finding the audible marks of GB 45438 5.3 again: the rhythm 短长短短 and our own announcement.

Both are matched filters over the stretches where a mark before, after or in the middle of the content must lie;
nothing else of a sound is listened to, however long it is. A trace is evidence for the tier *suspected*; that none is
found says nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sealmark.marks.explicit.audio import (
    Samples,
    check,
    check_rate,
    loudness,
    resample,
    rhythm,
    voice,
    wanted_loudness,
)
from sealmark.marks.explicit.trace import Kind, Place, Trace
from sealmark.marks.explicit.wording import table

Curve = NDArray[np.float64]
Span = tuple[int, int]
Heard = tuple[int, int, float]  # a span at the rate of listening, and the likeness
Matcher = Callable[[Samples], Heard | None]
Read = Callable[[int, int], Samples]

_SLACK_SECONDS = 2.0  # how far from the very start or end a mark may lie
_CODEC_SECONDS = 0.3  # by how much a coding may move it against the middle
_ENVELOPE_RATE = 200
_RATE = 8_000  # at which it is listened: telephony, which carries speech and the tone
_LEAST_RHYTHM = 0.85  # correlation of the envelope
_LEAST_TONE_SHARE = 0.5  # of the power while the tone sounds
_LEAST_VOICE = 0.5  # correlation of the wave form
# What spares a place another mark is more than a trace: hardly anything else sounds at once, and it is not hushed.
_SUREST_RHYTHM, _SUREST_VOICE = 0.9, 0.8
_LEAST_LEVEL = 0.5  # of the loudness that a new mark would have


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a mark at a place must lie, in frames."""

    place: Place
    start: int
    stop: int


def stretches(frames: int, rate: int) -> tuple[Stretch, ...]:
    """What has to be listened to of a sound of so many frames."""
    spoken, longest = len(voice("zh", rate)), max(len(voice("en", rate)), len(voice("zh", rate)))
    reach, ends = spoken + round(_SLACK_SECONDS * rate), frames // 2
    beside = round((table("announcement.toml")["middle"]["reach_seconds"] + _CODEC_SECONDS) * rate)
    # The mark stands about its own middle; of two languages the Chinese one comes first.
    return (
        Stretch("start", 0, min(reach, frames)),
        Stretch("end", max(0, frames - reach), frames),
        Stretch("middle", max(0, ends - beside - longest // 2 - 1), min(frames, ends + beside + spoken // 2 + 1)),
    )


def find(read: Read, frames: int, rate: int) -> list[Trace]:
    """The marks of either kind, at most one at each place, by start; `read` gives the samples of a stretch.

    Raises `UnusableSound`, for a rate that we do not know before anything is read.
    """
    return _found(read, frames, rate, {"voice": (_match_voice, _LEAST_VOICE), "rhythm": (_match_rhythm, _LEAST_RHYTHM)})


def find_rhythm(samples: Samples, rate: int) -> list[Trace]:
    """The rhythm 短长短短 in a sound, at most one at each place; spans in frames. Raises `UnusableSound`."""
    return _found(_slices(samples), len(samples), rate, {"rhythm": (_match_rhythm, _LEAST_RHYTHM)})


def find_voice(samples: Samples, rate: int) -> list[Trace]:
    """Our own Chinese announcement, also after lossy coding; spans in frames.

    Another speaker's announcement is not recognised. Raises `UnusableSound`.
    """
    return _found(_slices(samples), len(samples), rate, {"voice": (_match_voice, _LEAST_VOICE)})


def borne(samples: Samples, rate: int) -> set[Place]:
    """The places that surely bear a mark as we make it, and as loud, so that they need no second one."""
    traces = _found(_slices(samples), len(samples), rate, _SURELY)
    least = _LEAST_LEVEL * wanted_loudness(samples, rate)
    return {one.place for one in traces if loudness(samples[one.start : one.end], rate) >= least}


def _slices(samples: Samples) -> Read:
    return lambda start, stop: samples[start:stop]


def _found(read: Read, frames: int, rate: int, kinds: Mapping[Kind, tuple[Matcher, float]]) -> list[Trace]:
    check_rate(rate)
    traces: list[Trace] = []
    for stretch in stretches(frames, rate):
        samples = read(stretch.start, stretch.stop)
        check(samples, rate)
        # Samples of floats may be as loud as a float can be; nobody hears more than full scale.
        mono = np.clip(samples, -1, 1).mean(axis=1, dtype=np.float32)
        for one in traces:  # what was heard at another place is not heard here again
            mono[max(0, one.start - stretch.start) : max(0, one.end - stretch.start)] = 0
        traces += _in_stretch(mono, rate, stretch, kinds)
    return sorted(traces, key=lambda one: one.start)


def _in_stretch(
    mono: Samples, rate: int, stretch: Stretch, kinds: Mapping[Kind, tuple[Matcher, float]]
) -> Iterator[Trace]:
    sound = resample(mono, rate, _RATE)
    for kind, (match, least) in kinds.items():
        first, last = _reach(kind, stretch.place, len(sound))
        heard = match(sound[first:last])
        if heard is not None and heard[2] >= least:
            start, stop = (min(len(mono), round((first + at) * rate / _RATE)) for at in heard[:2])
            yield Trace(kind, stretch.start + start, stretch.start + stop, stretch.place)


def _reach(kind: Kind, place: Place, length: int) -> Span:
    """Within which part of a stretch a mark must lie, at the rate of listening."""
    mark = rhythm(_RATE) if kind == "rhythm" else voice("zh", _RATE)
    reach = len(mark) + round(_SLACK_SECONDS * _RATE)
    return (max(0, length - reach) if place == "end" else 0), (reach if place == "start" else length)


def _match_rhythm(mono: Samples) -> Heard | None:
    wanted, _ = _envelopes(rhythm(_RATE))
    tone, power = _envelopes(mono)
    if len(tone) < len(wanted):
        return None
    windows = np.lib.stride_tricks.sliding_window_view(tone, len(wanted))
    place, likeness = _best(windows, wanted)
    sounding = wanted > 0.5 * wanted.max()
    inside = slice(place, place + len(wanted))
    share = np.sum(tone[inside][sounding] ** 2) / max(np.sum(power[inside][sounding]), 1e-12)
    if share < _LEAST_TONE_SHARE:
        return None
    start = place * _RATE // _ENVELOPE_RATE
    return start, start + len(rhythm(_RATE)), likeness


def _best(windows: NDArray[np.float64], wanted: Curve) -> tuple[int, float]:
    """The window most like the wanted curve, and the correlation coefficient of the two."""
    shape = wanted - wanted.mean()
    varied = windows - windows.mean(axis=1, keepdims=True)
    strength = np.linalg.norm(varied, axis=1) * np.linalg.norm(shape)
    likeness = varied @ shape / np.maximum(strength, 1e-9)
    place = int(np.argmax(likeness))
    return place, float(likeness[place])


def _envelopes(mono: Samples) -> tuple[Curve, Curve]:
    """The root-mean-square envelope of the mark's tone and the power of all sound, 200 values a second."""
    time = np.arange(len(mono)) / _RATE
    turned = mono * np.exp(-2j * np.pi * table("announcement.toml")["rhythm"]["tone_hertz"] * time)
    return np.abs(_means(turned)) * np.sqrt(2), _means(mono.astype(np.float64) ** 2)


def _means(values: NDArray[np.generic]) -> Curve:
    """Means over 20 ms, 200 times a second."""
    half = _RATE // 100
    sums = np.concatenate([[0], np.cumsum(np.pad(values, half))])
    places = np.arange(0, len(values), _RATE // _ENVELOPE_RATE)
    return np.asarray((sums[places + 2 * half] - sums[places]) / (2 * half))


def _match_voice(mono: Samples) -> Heard | None:
    wanted, heard = _spoken(), mono.astype(np.float64)
    frames = len(heard) - len(wanted) + 1
    if frames < 1:
        return None
    size = 1 << (len(heard) + len(wanted)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    energy = np.concatenate([[0], np.cumsum(heard**2)])
    strength = np.sqrt((energy[len(wanted) :] - energy[:frames]) * np.sum(wanted**2))
    likeness = np.fft.irfft(product, size)[:frames] / np.maximum(strength, 1e-9)
    place = int(np.argmax(likeness))
    return place, place + len(wanted), float(likeness[place])


@cache
def _spoken() -> Curve:
    return voice("zh", _RATE).astype(np.float64)


_SURELY: Mapping[Kind, tuple[Matcher, float]] = {
    "voice": (_match_voice, _SUREST_VOICE),
    "rhythm": (_match_rhythm, _SUREST_RHYTHM),
}
