import base64
import io
from typing import Any

import numpy as np
import openai
import pytest
import soundfile
from numpy.typing import NDArray
from openai import OpenAI
from PIL import Image


def say(client: OpenAI, **how: Any) -> bytes:
    wanted = {"model": "espeak-ng", "voice": "alloy", "input": "Good morning.", **how}
    return client.audio.speech.create(**wanted).content


@pytest.mark.parametrize(
    "words", ["The river runs to the sea.", "山高水长,江流入海。", "今天学习 deep synthesis 的规定。"]
)
@pytest.mark.parametrize("form", ["wav", "mp3"])
def test_speech_is_sound_of_a_plausible_length(client: OpenAI, words: str, form: str) -> None:
    """Both file kinds hold audible speech, English, Chinese and mixed."""
    samples, rate = soundfile.read(io.BytesIO(say(client, input=words, response_format=form)), dtype="float32")
    assert rate == 22_050
    assert 1 < len(samples) / rate < 8
    assert 0.02 < np.sqrt(np.mean(samples**2)) < 0.5


def test_speech_is_mp3_unless_asked_otherwise(client: OpenAI) -> None:
    """As OpenAI's endpoint: without `response_format` comes MP3, and the content type says so."""
    answer = client.audio.speech.create(model="espeak-ng", voice="nova", input="Hello.")
    assert answer.response.headers["content-type"] == "audio/mpeg"
    assert soundfile.info(io.BytesIO(answer.content)).format == "MP3"


def pitch(samples: NDArray[np.float32], rate: int) -> float:
    """Hertz: the median over frames of the lag at which a voiced frame is most like itself."""
    shortest, longest, found = rate // 400, rate // 70, []
    for frame in np.lib.stride_tricks.sliding_window_view(samples, 2048)[::1024]:
        echo = np.fft.irfft(np.abs(np.fft.rfft(frame, 4096)) ** 2)
        lag = shortest + int(np.argmax(echo[shortest:longest]))
        if np.sqrt(np.mean(frame**2)) > 0.05 and echo[lag] > 0.4 * echo[0]:
            found.append(rate / lag)
    return float(np.median(found))


def test_speed_and_voice_are_heard(client: OpenAI) -> None:
    """Twice the speed is shorter by far; a man's voice lies lower than a woman's."""

    def heard(**how: Any) -> tuple[NDArray[np.float32], int]:
        sound: tuple[NDArray[np.float32], int] = soundfile.read(
            io.BytesIO(say(client, response_format="wav", **how)), dtype="float32"
        )
        return sound

    usual, fast, low = heard(), heard(speed=2.0), heard(voice="onyx")
    assert len(fast[0]) < 0.7 * len(usual[0])
    assert pitch(*low) < 0.7 * pitch(*usual)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": "x" * 5000}, "input"),
        ({"input": "\u200b"}, "input"),
        ({"voice": "nobody"}, "voice"),
        ({"speed": 9}, "speed"),
        ({"response_format": "aiff"}, "response_format"),
    ],
)
def test_bad_speech_is_a_bad_request(client: OpenAI, change: dict[str, Any], param: str) -> None:
    """The SDK's own error names the field."""
    with pytest.raises(openai.BadRequestError) as caught:
        say(client, **change)
    assert caught.value.param == param


def paint(client: OpenAI, prompt: str, **how: Any) -> bytes:
    answer = client.images.generate(model="ink-painter", prompt=prompt, **{"size": "256x256", **how})
    assert answer.data is not None
    return base64.b64decode(answer.data[0].b64_json or "")


@pytest.mark.parametrize(("form", "kind"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
def test_pictures_come_in_the_asked_format(client: OpenAI, form: str, kind: str) -> None:
    """Each output format decodes, at the asked size."""
    with Image.open(io.BytesIO(paint(client, "a lake", output_format=form))) as picture:
        assert (picture.format, picture.size, picture.mode) == (kind, (256, 256), "RGB")


def test_a_prompt_and_seed_fix_the_picture(client: OpenAI) -> None:
    """The same request paints the same picture; another prompt or seed paints another."""
    first = paint(client, "a lake at dawn")
    assert paint(client, "a lake at dawn") == first
    assert paint(client, "a lake at night") != first
    assert paint(client, "a lake at dawn", extra_body={"seed": 1}) != first


def test_several_pictures_differ(client: OpenAI) -> None:
    """`n` pictures are `n` different ones, and the answer names the painter."""
    answer = client.images.generate(model="ink-painter", prompt="misty hills", n=3, size="256x256")
    assert answer.data is not None
    assert len({picture.b64_json for picture in answer.data}) == 3
    assert answer.model_extra == {"model": "ink-painter"}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"prompt": " "}, "prompt"),
        ({"size": "9x9"}, "size"),
        ({"n": 0}, "n"),
        ({"output_format": "gif"}, "output_format"),
        ({"response_format": "url"}, "response_format"),
    ],
)
def test_bad_pictures_are_bad_requests(client: OpenAI, change: dict[str, Any], param: str) -> None:
    """The SDK's own error names the field."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(**{"model": "ink-painter", "prompt": "hills", "size": "256x256", **change})
    assert caught.value.param == param


def test_the_models_are_listed(client: OpenAI) -> None:
    """Three generators, by the names that their answers carry."""
    assert [model.id for model in client.models.list()] == ["smollm2-135m-instruct", "espeak-ng", "ink-painter"]
