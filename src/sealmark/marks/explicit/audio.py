"""The audible mark: an announcement or the rhythm 短长短短 before, within or after the content (GB 45438 5.3; Art. 17).

Samples are float32 of shape [frames, channels] in -1..1, at 8 to 192 kHz. "Start" is before the content begins and
"end" after it ends; in the middle the content is parted at a quiet place. It is never covered, and stays bit for bit
what it was.
"""

import io
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

from sealmark.errors import Language, why
from sealmark.marks.explicit.errors import UnusableSound
from sealmark.marks.explicit.options import PLACES, Position
from sealmark.marks.explicit.trace import Place
from sealmark.marks.explicit.wording import read, table

Samples = NDArray[np.float32]
Form = Literal["voice", "rhythm"]

LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000
_BLOCK_SECONDS = 0.1
_AUDIBLE = 10 ** (-60 / 20)  # quieter blocks are silence
_PAUSE_SECONDS = 0.3  # between the sentences of two languages


def announce(
    samples: Samples,
    rate: int,
    *,
    form: Form = "voice",
    position: Position = "start",
    language: Language = "zh",
    spared: Collection[Place] = (),
) -> Samples:
    """The sound with its audible mark before it, in its middle, after it, or several (GB 45438 5.3; Art. 17(2)).

    `voice` says that the audio was made by artificial intelligence at 120 to 160 Chinese characters a minute; the
    standard knows Chinese wordings only, so `en` says it in Chinese and then in English. `rhythm` sounds 短长短短.
    The mark is as loud as the content within the limits of the data file. Places that bear a mark of ours already
    are `spared`; the same samples come back where that is all of them. Raises `UnusableSound`.
    """
    check(samples, rate)
    wanted = [place for place in PLACES[position] if place not in spared]
    if not wanted:
        return samples
    sound = voice(language, rate) if form == "voice" else rhythm(rate)
    mark = np.repeat((sound * _gain(samples, sound, rate))[:, None], samples.shape[1], axis=1)
    parting = np.zeros((round(_table()["parting"]["seconds"] * rate), samples.shape[1]), np.float32)
    middle = pause(samples, rate) if "middle" in wanted else 0
    parts = {"start": (mark, parting), "middle": (parting, mark, parting), "end": (parting, mark)}
    first, second, third = (parts[place] if place in wanted else () for place in ("start", "middle", "end"))
    return np.concatenate([*first, samples[:middle], *second, samples[middle:], *third])


def pause(samples: Samples, rate: int) -> int:
    """The quietest place near the middle of [frames, channels], as a frame; of equally quiet ones the most central."""
    law = _table()["middle"]
    middle = len(samples) // 2
    reach: int = round(min(law["reach_seconds"] * rate, law["reach_share"] * len(samples)))
    power = np.mean(np.square(samples[middle - reach : middle + reach + 1], dtype=np.float64), axis=1)
    window = min(len(power), round(law["pause_seconds"] * rate))
    if not window:
        return middle
    sums = np.concatenate([[0.0], np.cumsum(power)])
    levels = (sums[window:] - sums[:-window]) / window
    quiet = np.flatnonzero(levels <= max(2 * levels.min(), _AUDIBLE**2))
    start = int(quiet[np.argmin(np.abs(quiet + window // 2 - reach))])
    return middle - reach + start + _calmest(power[start : start + window])


def _calmest(power: NDArray[np.float64]) -> int:
    """Of the frames with the least power the most central: a cut there makes no click."""
    calm = np.flatnonzero(power <= power.min())
    return int(calm[np.argmin(np.abs(calm - len(power) // 2))])


def check(samples: Samples, rate: int) -> None:
    """Raise `UnusableSound` unless the samples are finite [frames, channels] at a rate that we know."""
    if samples.ndim != 2 or samples.shape[1] == 0 or samples.dtype != np.float32:
        raise UnusableSound(
            **why("采样须为 [帧, 声道] 形状的 32 位浮点数", "samples must be float32 of shape [frames, channels]")
        )
    check_rate(rate)
    if not np.isfinite(samples).all():
        raise UnusableSound(**why("有采样不是有限的数", "a sample is not a finite number"))


def check_rate(rate: int) -> None:
    """Raise `UnusableSound` unless marks can be made at a rate."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise UnusableSound(
            **why(f"采样率 {rate} Hz 不在 8 至 192 kHz 之内", f"a rate of {rate} Hz is outside 8 to 192 kHz")
        )


@lru_cache(maxsize=8)  # rates are the caller's: bounded
def voice(language: Language, rate: int) -> Samples:
    """The spoken announcement, one channel, at a rate; read-only."""
    pause = np.zeros(round(_PAUSE_SECONDS * rate), np.float32)
    languages: list[Language] = ["zh"] if language == "zh" else ["zh", "en"]
    spoken = [resample(*_asset(each), rate) for each in languages]
    return _frozen(np.concatenate([part for sound in spoken for part in (pause, sound)][1:]))


@lru_cache(maxsize=8)  # rates are the caller's: bounded
def rhythm(rate: int) -> Samples:
    """短长短短 at a rate: tones with soft edges, one channel, peak 1; read-only."""
    law = _table()["rhythm"]
    unit = law["unit_seconds"]
    gaps = [*law["gaps"], 0]
    parts = [
        part
        for length, gap in zip(law["elements"], gaps, strict=True)
        for part in (_tone(length * unit, rate), np.zeros(round(gap * unit * rate), np.float32))
    ]
    return _frozen(np.concatenate(parts))


def resample(samples: Samples, rate: int, wanted: int) -> Samples:
    """One channel at another rate, band-limited: the spectrum is cut or lengthened, and nothing folds back.

    A second of silence on either side keeps the ends, which a spectrum joins, from ringing into each other; whole
    seconds have whole frames at both rates, so that nothing shifts.
    """
    if rate == wanted:
        return samples
    padded = np.pad(samples, (rate, rate - len(samples) % rate))
    frames = len(padded) // rate * wanted
    spectrum = np.fft.rfft(padded)
    kept = np.zeros(frames // 2 + 1, spectrum.dtype)
    shared = min(len(spectrum), len(kept) - 1)
    kept[:shared] = spectrum[:shared]
    whole = np.fft.irfft(kept, frames) * (frames / len(padded))
    return np.asarray(whole[wanted : wanted + round(len(samples) * wanted / rate)], np.float32)


def loudness(samples: Samples, rate: int) -> float:
    """Root mean square of the sounding blocks of [frames, channels], 0 for silence; pauses make no speaker quieter."""
    block = round(rate * _BLOCK_SECONDS)
    power = np.mean(np.square(samples, dtype=np.float64), axis=1)
    levels = np.sqrt(np.mean(np.pad(power, (0, -len(power) % block)).reshape(-1, block), axis=1))
    heard = levels[levels > _AUDIBLE]
    return float(np.sqrt(np.mean(heard**2))) if heard.size else 0.0


def wanted_loudness(content: Samples, rate: int) -> float:
    """How loud a mark beside this content is to be, as a root mean square."""
    level, measured = _table()["level"], loudness(content, rate)
    decibels = 20 * np.log10(measured) if measured else level["in_silence"]
    return float(10 ** (min(max(decibels, level["quietest"]), level["loudest"]) / 20))


def _gain(content: Samples, mark: Samples, rate: int) -> np.float32:
    """What brings the mark to the content's loudness, within the limits and below the peak."""
    wanted = wanted_loudness(content, rate) / loudness(mark[:, None], rate)
    return np.float32(min(wanted, _table()["level"]["peak"] / np.abs(mark).max()))


def _tone(seconds: float, rate: int) -> Samples:
    law = _table()["rhythm"]
    time = np.arange(round(seconds * rate)) / rate
    edge = np.clip(np.minimum(time, seconds - time) / law["edge_seconds"], 0, 1)
    tone = np.sin(2 * np.pi * law["tone_hertz"] * time) * np.sin(edge * np.pi / 2) ** 2
    return np.asarray(tone, np.float32)


def _asset(language: Language) -> tuple[Samples, int]:
    samples, rate = soundfile.read(io.BytesIO(read(_table()["voice"][language]["file"])), dtype="float32")
    return samples, rate


def _frozen(samples: Samples) -> Samples:
    samples.flags.writeable = False
    return samples


def _table() -> dict[str, Any]:
    return table("announcement.toml")
