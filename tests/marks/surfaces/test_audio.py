"""Whatever a sound is coded as, its mark is heard where it was asked for, once, and nothing else of it changes."""

import io
import mmap
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.marks.explicit import audio as speaking
from sealmark.marks.explicit import hearing
from sealmark.marks.explicit.audio import Samples
from sealmark.marks.explicit.options import PLACES, ExplicitOptions, Position
from sealmark.marks.label import Label
from sealmark.marks.marker import Options, mark_bytes, mark_file
from sealmark.marks.verifier import verify
from sealmark.media import samples
from tests.marks.explicit.test_audio import music
from tests.media import movies
from tests.media.samples.test_formats import _tagged_flac, _tagged_m4a

OURS = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
RATE = 24_000


def _coded(form: str, subtype: str) -> bytes:
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", RATE, 2, subtype, format=form) as file:
        file.write(music(7, RATE, 2))
    return out.getvalue()


def _movie(codec: str) -> bytes:
    return movies.ffmpeg("m4a", "-c:a", codec, inputs=("-f", "lavfi", "-i", "aevalsrc=0.2*sin(1500*t)*sin(3*t):d=7"))


FILES = {
    "wav": _coded("WAV", "PCM_16"),
    "mp3": _coded("MP3", "MPEG_LAYER_III"),
    "flac": _coded("FLAC", "PCM_24"),
    "ogg": _coded("OGG", "VORBIS"),
    "opus": _coded("OGG", "OPUS"),
    "m4a": _movie("aac"),
    "m4a alac": _movie("alac"),
}


def _marked(data: bytes, position: Position, form: str = "voice") -> bytes:
    explicit = ExplicitOptions(position=position, form=form)  # type: ignore[arg-type]  # one of the two forms
    return mark_bytes(data, OURS, Options(explicit=explicit)).data


@pytest.mark.parametrize("key", FILES)
@pytest.mark.parametrize(("position", "form"), [("start_middle_end", "voice"), ("middle", "rhythm"), ("end", "voice")])
def test_the_mark_is_heard_in_every_format_where_it_was_asked_for(key: str, position: Position, form: str) -> None:
    """GB 45438 5.3: at start, middle and end, and at no other place; and a second marking changes nothing."""
    marked = _marked(FILES[key], position, form)
    heard = verify(marked).layers["explicit"]
    assert heard.state == "found"
    assert [one.split()[0] for one in (heard.place or "").split(", ")] == list(PLACES[position])
    assert _marked(marked, position, form) == marked


@pytest.mark.parametrize("key", ["flac", "opus"])
def test_a_mark_is_added_where_none_stands_yet(key: str) -> None:
    """What bears one at its start gets one in its middle, and no second one at the start."""
    both = _marked(_marked(FILES[key], "start"), "start_middle_end")
    places = hearing.find_voice(samples.decode(both).samples, RATE)
    assert [one.place for one in places] == ["start", "middle", "end"]
    spoken = len(speaking.voice("zh", RATE)) + round(0.35 * RATE)
    assert len(samples.decode(both).samples) - 7 * RATE == pytest.approx(3 * spoken + 0.35 * RATE, abs=RATE // 5)


def test_a_hushed_mark_spares_no_new_one() -> None:
    """Whoever turned the mark down until nobody hears it gets another (Art. 18)."""
    sound = samples.decode(_marked(FILES["wav"], "start"))
    spoken = len(speaking.voice("zh", RATE))
    hushed = np.concatenate([sound.samples[:spoken] * np.float32(0.05), sound.samples[spoken:]])
    assert hearing.find_voice(hushed, RATE) != []
    assert hearing.borne(hushed, RATE) == set()
    assert hearing.borne(sound.samples, RATE) == {"start"}


def _speech(pauses: list[float]) -> tuple[Samples, list[tuple[float, float]]]:
    """Bursts of noise with pauses of these lengths between; where the pauses are, in seconds."""
    random, parts, at, spans = np.random.default_rng(7), [], 0.0, []
    for length in pauses:
        parts += [random.normal(size=8_000) * 0.2, random.normal(size=round(length * 8_000)) * 0.0005]
        spans.append((at + 1, at + 1 + length))
        at += 1 + length
    return np.concatenate(parts).astype(np.float32)[:, None], spans


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.25, 0.8), min_size=3, max_size=12))
def test_no_word_is_cut(pauses: list[float]) -> None:
    """The middle is a pause, no farther from it than the table says."""
    samples, spans = _speech(pauses)
    cut = speaking.pause(samples, 8_000) / 8_000
    assert any(start - 0.01 <= cut <= stop + 0.01 for start, stop in spans)
    assert abs(cut - len(samples) / 16_000) <= 3.01


@pytest.mark.parametrize("frames", [0, 1, 2, 100, 4_000])
def test_the_shortest_sounds_have_a_middle(frames: int) -> None:
    """A fraction of a second is parted too, and stays whole."""
    content = music(1, 8_000)[:frames]
    marked = speaking.announce(content, 8_000, position="middle")
    cut = speaking.pause(content, 8_000)
    assert np.array_equal(marked[:cut], content[:cut])
    assert np.array_equal(marked[len(marked) - frames + cut :], content[cut:])


@pytest.mark.parametrize("key", ["flac", "ogg", "opus", "m4a"])
def test_a_mapped_file_is_marked_like_its_bytes(key: str, tmp_path: Path) -> None:
    """The command marks files through maps; the same label and the same mark stand in them."""
    source, target = tmp_path / f"in.{key}", tmp_path / f"out.{key}"
    source.write_bytes(FILES[key])
    made = mark_file(source, target, OURS)
    assert (made.layers, made.format.name) == (("explicit", "metadata"), key)
    assert verify(target).layers["explicit"].state == "found"
    with target.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert len(samples.decode(mapped).samples) > 7 * RATE


@pytest.mark.parametrize("key", ["flac", "ogg", "opus", "m4a"])
def test_nothing_travels_with_a_new_generation(key: str) -> None:
    """Art. 10, 16: a new generation leaves with its sound, its mark and its label, and without a word of before."""
    stowaway = {"flac": _tagged_flac, "m4a": _tagged_m4a}.get(key, lambda: FILES[key])()
    if key in {"ogg", "opus"}:
        from sealmark.media.audio import ogg
        from sealmark.media.audio.vorbis_comment import Comment
        from sealmark.media.pieces import joined

        comment = Comment(b"v", ("TITLE=题".encode(),), b"\x01").encoded()
        stowaway = joined(stowaway, ogg.build(stowaway, ogg.parse(stowaway), comment))
    assert "题".encode() in stowaway
    for layers in (("explicit", "metadata"), ("metadata",)):
        fresh = mark_bytes(stowaway, OURS, Options(layers, own_edit=True, fresh=True)).data
        assert "题".encode() not in fresh
        assert b"ID3" not in fresh[:3]
        assert b"iTunSMPB" not in fresh
        assert verify(fresh).label == OURS
