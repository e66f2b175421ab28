import io
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.marks.explicit import audio, hearing
from sealmark.marks.explicit.audio import Samples, announce
from sealmark.marks.explicit.errors import UnusableSound
from sealmark.marks.explicit.options import Position
from sealmark.marks.explicit.wording import lawful, read, table

LAW = table("announcement.toml")
UNIT = LAW["rhythm"]["unit_seconds"]


def music(seconds: float, rate: int, channels: int = 1, level: float = 0.2) -> Samples:
    """A chord with noise: content in which a mark must not be found."""
    random = np.random.default_rng(3)
    time = np.arange(round(seconds * rate)) / rate
    chord = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220.0, 277.2, 329.6)) / 3
    mono = (chord + 0.1 * random.normal(size=time.size)) * level
    return np.repeat(mono[:, None], channels, axis=1).astype(np.float32)


def sounding_spans(mono: Samples, rate: int) -> list[tuple[float, float]]:
    """Seconds from and to where there is sound: the spectrogram's tone row, thresholded at half its peak."""
    step = rate // 200
    rows = np.lib.stride_tricks.sliding_window_view(mono, 2 * step)[::step]
    row = round(LAW["rhythm"]["tone_hertz"] * 2 * step / rate)
    strength = np.abs(np.fft.rfft(rows * np.hanning(2 * step), axis=1))[:, max(0, row - 1) : row + 2].max(axis=1)
    on = np.concatenate([[False], strength > strength.max() / 2, [False]])
    edges = np.flatnonzero(on[1:] != on[:-1]) * step / rate
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def test_the_announcement_is_spoken_at_normal_speed() -> None:
    """GB 45438 5.3 note 4: 120 to 160 Chinese characters a minute, measured on the asset without its silence."""
    samples, rate = soundfile.read(io.BytesIO(read(LAW["voice"]["zh"]["file"])), dtype="float32")
    heard = np.flatnonzero(np.abs(samples) > 0.01)
    minutes = (heard[-1] - heard[0] + 1) / rate / 60
    assert 120 <= len(LAW["voice"]["zh"]["sentence"]) / minutes <= 160


def test_the_announced_sentence_is_lawful() -> None:
    """GB 45438 5.3: what is said holds both elements, and the table counts its characters right."""
    assert lawful(LAW["voice"]["zh"]["sentence"])
    assert LAW["voice"]["zh"]["units"] == len(LAW["voice"]["zh"]["sentence"])


def test_english_listeners_hear_the_chinese_wording_too() -> None:
    """The standard knows Chinese wordings only: the English announcement follows the Chinese one."""
    both, chinese = audio.voice("en", 16_000), audio.voice("zh", 16_000)
    assert np.array_equal(both[: len(chinese)], chinese)
    assert len(both) > 1.5 * len(chinese)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000, 192_000])
def test_the_rhythm_is_short_long_short_short(rate: int) -> None:
    """GB 45438 5.3 note 1: four tones, short long short short, at the tone of the table, the second gap longer."""
    spans = sounding_spans(audio.rhythm(rate), rate)
    lengths = [end - start for start, end in spans]
    gaps = [after[0] - before[1] for before, after in pairwise(spans)]
    assert lengths == pytest.approx([UNIT, 3 * UNIT, UNIT, UNIT], abs=0.02)
    assert gaps == pytest.approx([UNIT, 2 * UNIT, UNIT], abs=0.02)
    assert min(gaps) > 0.08
    assert gaps[1] > max(gaps[0], gaps[2]) + 0.05


def test_the_rhythm_is_a_soft_tone() -> None:
    """The tone begins and ends without a click: no sample jumps, and the power lies about its frequency."""
    tone = audio.rhythm(48_000)
    assert abs(float(tone[0])) < 1e-3
    spectrum = np.abs(np.fft.rfft(tone)) ** 2
    pitches = np.fft.rfftfreq(len(tone), 1 / 48_000)
    near = abs(pitches - LAW["rhythm"]["tone_hertz"]) < 60
    assert spectrum[near].sum() / spectrum.sum() > 0.99


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from([8_000, 11_025, 16_000, 24_000, 44_100, 96_000]),
    st.integers(1, 6),
    st.integers(0, 5_000),
    st.sampled_from(["voice", "rhythm"]),
    st.sampled_from(["start", "end", "start_end"]),
)
def test_the_content_stays_bit_for_bit(
    rate: int, channels: int, frames: int, form: audio.Form, position: Position
) -> None:
    """The mark stands before and after the content, on every channel, and touches none of its samples."""
    content = music(1, rate, channels)[:frames]
    marked = announce(content, rate, form=form, position=position)
    added = len(marked) - len(content)
    place = {"start": added, "end": 0, "start_end": added // 2}[position]
    assert marked.dtype == np.float32
    assert marked.shape[1] == channels
    assert np.array_equal(marked[place : place + len(content)], content)
    assert np.array_equal(marked[:place, 0], marked[:place, -1])
    assert np.abs(marked).max() <= 1


@pytest.mark.parametrize("rate", [8_000, 12_345, 44_100, 192_000])
@pytest.mark.parametrize("form", ["voice", "rhythm"])
def test_the_mark_lasts_as_long_at_every_rate(rate: int, form: audio.Form) -> None:
    """Resampled, not replayed faster: seconds stay the same to a hundredth."""
    marked = announce(music(0.5, rate), rate, form=form)
    reference = announce(music(0.5, 22_050), 22_050, form=form)
    assert len(marked) / rate == pytest.approx(len(reference) / 22_050, abs=0.01)


def test_resampling_keeps_the_band_and_folds_nothing_back() -> None:
    """A tone below the new limit comes through at its level; one above it vanishes instead of folding back."""

    def tone(pitch: float, rate: int) -> Samples:
        time = np.arange(rate) / rate
        return np.asarray(np.sin(2 * np.pi * pitch * time) * np.sin(np.pi * time) ** 2, np.float32)

    for rate in (8_000, 16_001, 48_000):
        assert np.abs(audio.resample(tone(1_000, 22_050), 22_050, rate) - tone(1_000, rate)).max() < 1e-3
    assert np.abs(audio.resample(tone(9_000, 22_050), 22_050, 8_000)).max() < 1e-3


@settings(deadline=None, max_examples=20)
@given(st.floats(-55, -1), st.sampled_from(["voice", "rhythm"]))
def test_the_mark_is_as_loud_as_the_content_within_limits(decibels: float, form: audio.Form) -> None:
    """Neither drowned nor startling: between the table's limits, within 1 dB of the content where the peak allows."""
    rate, level = 16_000, 10 ** (decibels / 20)
    content = music(2, rate)
    content *= np.float32(level / audio.loudness(content, rate))
    content = np.clip(content, -1, 1)
    mark = announce(content, rate, form=form)[
        : len(audio.rhythm(rate) if form == "rhythm" else audio.voice("zh", rate))
    ]
    measured = 20 * np.log10(audio.loudness(mark, rate))
    wanted = np.clip(20 * np.log10(audio.loudness(content, rate)), LAW["level"]["quietest"], LAW["level"]["loudest"])
    assert np.abs(mark).max() <= LAW["level"]["peak"] + 1e-3
    assert measured <= wanted + 1
    assert measured >= wanted - 1 or np.abs(mark).max() > LAW["level"]["peak"] - 1e-3


def test_silence_and_nothing_get_an_audible_mark() -> None:
    """Silent content and no content at all still carry a mark that is heard."""
    for content in (np.zeros((0, 2), np.float32), np.zeros((8_000, 2), np.float32)):
        assert audio.loudness(announce(content, 8_000)[:8_000], 8_000) > 10 ** (-26 / 20)


@pytest.mark.parametrize(
    ("samples", "rate"),
    [
        (np.zeros(100, np.float32), 16_000),
        (np.zeros((100, 0), np.float32), 16_000),
        (np.zeros((100, 1), np.float64), 16_000),
        (np.zeros((100, 1), np.float32), 7_999),
        (np.zeros((100, 1), np.float32), 192_001),
        (np.full((100, 1), np.nan, np.float32), 16_000),
        (np.full((100, 1), np.inf, np.float32), 16_000),
    ],
)
def test_unusable_sound_is_refused(samples: Samples, rate: int) -> None:
    """Bad samples get a reason, never a traceback and never unmarked sound."""
    with pytest.raises(UnusableSound):
        announce(samples, rate)


@pytest.mark.parametrize("rate", [8_000, 44_100])
@pytest.mark.parametrize("position", ["start", "end", "start_end"])
@pytest.mark.parametrize("form", ["voice", "rhythm"])
def test_the_audible_mark_is_found_where_it_was_put(rate: int, position: Position, form: audio.Form) -> None:
    """Both forms are found at the places they stand, spans within 50 ms, and nowhere else."""
    marked = announce(music(4, rate), rate, form=form, position=position)
    find, other = hearing.find_rhythm, hearing.find_voice
    find, other = (find, other) if form == "rhythm" else (other, find)
    traces = find(marked, rate)
    assert [trace.place for trace in traces] == {"start_end": ["start", "end"]}.get(position, [position])
    assert all(trace.kind == form for trace in traces)
    edges = [trace.start if trace.place == "start" else len(marked) - trace.end for trace in traces]
    assert max(edges) <= 0.05 * rate
    assert other(marked, rate) == []


@pytest.mark.parametrize("form", ["voice", "rhythm"])
def test_the_audible_mark_survives_mp3(form: audio.Form) -> None:
    """Lossy coding with its padding does not hide the mark."""
    target = io.BytesIO()
    soundfile.write(target, announce(music(3, 32_000, 2), 32_000, form=form), 32_000, format="MP3")
    samples, rate = soundfile.read(io.BytesIO(target.getvalue()), dtype="float32", always_2d=True)
    find = hearing.find_voice if form == "voice" else hearing.find_rhythm
    assert [trace.place for trace in find(samples, rate)] == ["start"]


def test_content_alone_has_no_audible_mark() -> None:
    """Chords, noise, silence, the tone held, other rhythms and speech are no mark."""
    rate = 16_000
    random = np.random.default_rng(5)
    time = np.arange(5 * rate) / rate
    held = np.sin(2 * np.pi * LAW["rhythm"]["tone_hertz"] * time)
    beats = held * ((time % 0.5) < 0.12)
    english, _ = soundfile.read(io.BytesIO(read(LAW["voice"]["en"]["file"])), dtype="float32")
    sounds = [held, beats, random.normal(size=time.size) * 0.2, np.zeros(5 * rate), english, np.zeros(0), np.zeros(10)]
    for sound in [*sounds, music(5, rate)[:, 0]]:
        samples = np.asarray(sound, np.float32)[:, None]
        assert hearing.find_rhythm(samples, rate) == []
        assert hearing.find_voice(samples, rate) == []
