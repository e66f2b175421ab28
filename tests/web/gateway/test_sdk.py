"""The official OpenAI SDK works with only `base_url` and `api_key` changed, errors and streams included."""

import base64
import io
from collections.abc import Iterator

import numpy as np
import openai
import pytest
import soundfile
from PIL import Image

import sealmark
from tests.deployment import CHAT, IMAGE, SPEECH, Deployment
from tests.upstream import HANG, ScriptedUpstream, piece, pieces


@pytest.fixture
def sdk(deployment: Deployment, key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{deployment.url}/v1", api_key=key, max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def term(deployment: Deployment) -> str:
    rows = (entry for entries in deployment.house.stages.library.entries for entry in entries)
    return next(entry.term for entry in rows if entry.severity == "block")


def picture(form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(out, form)
    return out.getvalue()


def sound() -> bytes:
    out = io.BytesIO()
    wave = np.sin(np.arange(16000) / 8).astype(np.float32) * 0.3
    soundfile.write(out, wave, 16000, format="WAV", subtype="PCM_16")
    return out.getvalue()


def test_a_chat(sdk: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    """A whole chat parses into the SDK's own types; the label rides along."""
    upstream.says("Good morning to you.")
    answer = sdk.chat.completions.create(model=CHAT, messages=[{"role": "user", "content": "hi"}])
    content = answer.choices[0].message.content
    assert content is not None
    assert content.endswith("Good morning to you.")
    assert answer.model_extra is not None
    assert answer.model_extra["aigc"]["Label"] == "1"


def test_a_stream(sdk: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    """A stream parses piece by piece."""
    upstream.streams(pieces(["Good ", "evening."]))
    stream = sdk.chat.completions.create(model=CHAT, messages=[{"role": "user", "content": "hi"}], stream=True)
    text = "".join(one.choices[0].delta.content or "" for one in stream if one.choices)
    assert text.endswith("Good evening.")


def test_a_blocked_stream_raises_the_sdks_error(sdk: openai.OpenAI, upstream: ScriptedUpstream, term: str) -> None:
    """A block in mid-stream is an APIError with our code, after what could be released."""
    upstream.streams(pieces(["so ", term[:2], term[2:]]))
    stream = sdk.chat.completions.create(model=CHAT, messages=[{"role": "user", "content": "hi"}], stream=True)
    text = ""
    with pytest.raises(openai.APIError) as caught:  # noqa: PT012 - the error comes after the pieces
        for one in stream:
            text += one.choices[0].delta.content or ""
    assert text.endswith("so ")
    assert caught.value.code == "review.output_blocked"


def test_the_models(sdk: openai.OpenAI) -> None:
    """The registered services are listed as models."""
    assert {CHAT, IMAGE, SPEECH} <= {model.id for model in sdk.models.list()}


def test_errors_are_the_sdks_own(
    sdk: openai.OpenAI, deployment: Deployment, upstream: ScriptedUpstream, term: str
) -> None:
    """Each status raises the SDK's own exception, with our code in it."""
    ask = sdk.chat.completions.create
    with pytest.raises(openai.BadRequestError) as bad:
        ask(model=CHAT, messages=[{"role": "user", "content": term}])
    assert bad.value.code == "review.input_blocked"
    with pytest.raises(openai.NotFoundError):
        ask(model="no-such", messages=[{"role": "user", "content": "hi"}])
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=f"{deployment.url}/v1", api_key="sk-no", max_retries=0).models.list()
    with pytest.raises(openai.PermissionDeniedError) as unknown:
        ask(model=CHAT, messages=[{"role": "user", "content": "hi"}], user="nobody")
    assert unknown.value.code == "admission.end_user_unknown"
    upstream.answers(b"{}", status=500)
    with pytest.raises(openai.InternalServerError):
        ask(model=CHAT, messages=[{"role": "user", "content": "hi"}])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_an_image(sdk: openai.OpenAI, deployment: Deployment, upstream: ScriptedUpstream, form: str) -> None:
    """A picture comes back marked, readable by our verifier, known to the ledger, unreviewed and saying so."""
    upstream.answers({"created": 1, "data": [{"b64_json": base64.b64encode(picture(form)).decode()}] * 2})
    answer = sdk.images.generate(model=IMAGE, prompt="a quiet lake", n=2)
    assert answer.data is not None
    numbers = set()
    for one in answer.data:
        assert one.b64_json is not None
        verdict = sealmark.verify(base64.b64decode(one.b64_json), registry=deployment.house.items)
        assert (verdict.tier, verdict.known and verdict.known.unchanged) == ("is", True)
        assert verdict.label is not None
        numbers.add(verdict.label.produce_id)
    assert len(numbers) == 2
    record = deployment.records("exchange.answer.closed")[-1]
    assert [review["result"] for review in record["reviews"]] == ["pass", "unreviewed", "pass"]


@pytest.mark.parametrize("form", ["wav", "mp3", "opus", "flac"])
def test_speech(sdk: openai.OpenAI, deployment: Deployment, upstream: ScriptedUpstream, form: str) -> None:
    """Speech comes back announced and labelled."""
    data = sound()
    if form != "wav":
        samples, rate = soundfile.read(io.BytesIO(data))
        out, subtype = io.BytesIO(), "OPUS" if form == "opus" else None
        soundfile.write(out, samples, rate, format="OGG" if form == "opus" else form, subtype=subtype)
        data = out.getvalue()
    upstream.answers(data, content_type="audio/mpeg")
    answer = sdk.audio.speech.create(model=SPEECH, input="good day", voice="alloy", response_format=form)  # type: ignore[arg-type]  # the parameter is one of the SDK's literals
    verdict = sealmark.verify(answer.content, registry=deployment.house.items)
    assert (verdict.tier, verdict.known and verdict.known.unchanged) == ("is", True)
    assert soundfile.info(io.BytesIO(answer.content)).duration > 2


def test_an_upstream_that_sends_no_picture(sdk: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    """A file that lies, a bomb, a remote address: none of them is released."""
    bomb = bytearray(picture())
    bomb[16:24] = (60000).to_bytes(4) * 2
    for row in (
        {"b64_json": base64.b64encode(b"GIF89a not a picture").decode()},
        {"b64_json": base64.b64encode(bytes(bomb)).decode()},
        {"b64_json": "%%%"},
        {"nothing": 1},
    ):
        upstream.answers({"data": [row]})
        with pytest.raises(openai.InternalServerError) as caught:
            sdk.images.generate(model=IMAGE, prompt="a lake")
        assert caught.value.code == "upstream.rubbish"
    upstream.answers({"data": [{"url": "http://example.com/picture.png"}]})
    with pytest.raises(openai.APIStatusError):
        sdk.images.generate(model=IMAGE, prompt="a lake")
    upstream.answers(picture(), content_type="audio/wav")
    with pytest.raises(openai.InternalServerError):
        sdk.audio.speech.create(model=SPEECH, input="good day", voice="alloy", response_format="wav")


def test_what_cannot_be_marked_is_refused_before_it_is_made(sdk: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    """A format without a mark of ours never reaches the upstream."""
    before = len(upstream.requests)
    for form in ("aac", "pcm"):
        with pytest.raises(openai.BadRequestError):
            sdk.audio.speech.create(model=SPEECH, input="good day", voice="alloy", response_format=form)
    with pytest.raises(openai.BadRequestError):
        sdk.images.generate(model=IMAGE, prompt="a lake", response_format="url")
    assert len(upstream.requests) == before


def test_the_client_may_wait_no_longer_than_the_upstream(sdk: openai.OpenAI, upstream: ScriptedUpstream) -> None:
    """A stream that stalls ends with an error, not with silence."""
    upstream.streams([piece({"content": "hello"}), HANG])
    with pytest.raises(openai.APIError) as caught:
        list(sdk.chat.completions.create(model=CHAT, messages=[{"role": "user", "content": "hi"}], stream=True))
    assert caught.value.code == "upstream.timeout"
