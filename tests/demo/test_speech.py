from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from sealmark.demo.upstream.errors import BadRequest
from sealmark.demo.upstream.speech import VOICES, speaker


@pytest.mark.parametrize("voice", sorted(VOICES))
def test_every_voice_speaks_both_languages(voice: str) -> None:
    """Each of the mapped names gives sound, in Chinese and in English."""
    assert speaker().speak("你好", voice=voice).samples.size > 4_000
    assert speaker().speak("Hello", voice=voice).samples.size > 4_000


def test_threads_do_not_mix_their_sounds() -> None:
    """espeak-ng is not thread-safe, the speaker is: many at once say what each says alone, as loud at each time."""
    sentences = [f"This is sentence number {number}." for number in range(12)]
    alone = [loudness(speaker().speak(sentence).samples) for sentence in sentences]
    with ThreadPoolExecutor(6) as many:
        together = list(many.map(lambda sentence: loudness(speaker().speak(sentence).samples), sentences))
    for one, other in zip(alone, together, strict=True):
        assert one.shape == other.shape
        assert np.corrcoef(one, other)[0, 1] > 0.95


def loudness(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Root mean square of each 20 ms; the noise in consonants is never the same twice."""
    blocks = samples[: len(samples) // 441 * 441].reshape(-1, 441)
    return np.asarray(np.sqrt(np.mean(np.square(blocks, dtype=np.float64), axis=1)))


@pytest.mark.parametrize("text", ["<speak><voice name='x'>hi</voice></speak>", "a\0b", "\ud800 hello", "[[h@'loU]]"])
def test_hostile_texts_are_read_as_text(text: str) -> None:
    """Markup, zero bytes, lone surrogates and phoneme codes are just text."""
    assert speaker().speak(text).samples.size > 2_000


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u200b"])
def test_nothing_to_say_is_a_bad_request(text: str) -> None:
    """Silence is not passed off as speech."""
    with pytest.raises(BadRequest):
        speaker().speak(text)
