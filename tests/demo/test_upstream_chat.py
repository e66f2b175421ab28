import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest
from openai import OpenAI

MODEL = "smollm2-135m-instruct"
RAINBOW: list[Any] = [{"role": "user", "content": "Name three colors of the rainbow."}]
COLOURS = ("red", "orange", "yellow", "green", "blue", "indigo", "violet")
STORY: list[Any] = [{"role": "user", "content": "Tell me a very long story about a river, with many chapters."}]


def post(upstream: str, body: bytes, path: str = "/v1/chat/completions") -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=60)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def colours(text: str | None) -> int:
    return sum(colour in (text or "").casefold() for colour in COLOURS)


def test_a_real_model_answers(client: OpenAI) -> None:
    """Text comes from a language model: it knows something that the request did not say."""
    answer = client.chat.completions.create(model=MODEL, messages=RAINBOW, temperature=0, max_tokens=60)
    assert colours(answer.choices[0].message.content) >= 2
    assert answer.model == MODEL
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.role == "assistant"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 20


def test_a_stream_has_openais_shape(client: OpenAI) -> None:
    """Role first, then text, one reason at the end, then usage without choices; all of one id."""
    with client.chat.completions.create(
        model=MODEL, messages=RAINBOW, temperature=0, max_tokens=60, stream=True, stream_options={"include_usage": True}
    ) as stream:
        *chunks, last = list(stream)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert colours("".join(chunk.choices[0].delta.content or "" for chunk in chunks)) >= 2
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert len({chunk.id for chunk in [*chunks, last]}) == 1
    assert last.choices == []
    assert last.usage is not None
    assert all(chunk.usage is None for chunk in chunks)
    assert last.usage.completion_tokens > 3


def test_the_wire_ends_with_done(upstream: str) -> None:
    """Every event is a `data:` line of JSON, the last is `[DONE]`, and usage comes only when asked for."""
    body = json.dumps({"messages": RAINBOW, "stream": True, "max_tokens": 5}).encode()
    status, text = post(upstream, body)
    events = [event.removeprefix("data: ") for event in text.strip().split("\n\n")]
    assert status == 200
    assert events[-1] == "[DONE]"
    assert all("usage" not in json.loads(event) for event in events[:-1])
    assert json.loads(events[-2])["choices"][0]["finish_reason"] == "length"


def test_streamed_and_whole_answers_agree(client: OpenAI) -> None:
    """The same seed gives the same text, streamed or not."""
    wanted: dict[str, Any] = {"model": MODEL, "messages": STORY, "seed": 7, "max_tokens": 24}
    first = client.chat.completions.create(**wanted).choices[0].message.content
    second = client.chat.completions.create(**wanted).choices[0].message.content
    with client.chat.completions.create(**wanted, stream=True) as stream:
        third = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    other = client.chat.completions.create(**{**wanted, "seed": 8}).choices[0].message.content
    assert first == second == third != other


def test_limits_end_an_answer(client: OpenAI) -> None:
    """`max_completion_tokens` ends with `length` at exactly that many; a stop string ends with `stop` before itself."""
    short = client.chat.completions.create(model=MODEL, messages=STORY, max_completion_tokens=5)
    assert short.choices[0].finish_reason == "length"
    assert short.usage is not None
    assert short.usage.completion_tokens == 5
    stopped = client.chat.completions.create(model=MODEL, messages=STORY, temperature=0, stop=[" "], max_tokens=60)
    assert stopped.choices[0].finish_reason == "stop"
    assert " " not in (stopped.choices[0].message.content or " ")


def test_a_schema_is_kept(client: OpenAI) -> None:
    """JSON mode binds the model by a grammar: the answer is JSON of the schema."""
    schema = {"type": "object", "properties": {"colour": {"type": "string", "maxLength": 9}}, "required": ["colour"]}
    form: Any = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    answer = client.chat.completions.create(
        model=MODEL, messages=RAINBOW, response_format=form, max_tokens=120, temperature=0
    )
    assert list(json.loads(answer.choices[0].message.content or "")) == ["colour"]


def test_logprobs_come_with_their_text(client: OpenAI) -> None:
    """Log probabilities spell the very text of the answer."""
    answer = client.chat.completions.create(
        model=MODEL, messages=RAINBOW, temperature=0, max_tokens=8, logprobs=True, top_logprobs=2
    )
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert "".join(token.token for token in logprobs.content or []) == answer.choices[0].message.content


def test_a_client_that_leaves_a_stream_frees_the_model(client: OpenAI) -> None:
    """Who stops reading stops the generation: the next answer does not wait for the long one."""
    with client.chat.completions.create(model=MODEL, messages=STORY, max_tokens=3500, stream=True, seed=1) as stream:
        next(iter(stream))
    started = time.monotonic()
    client.chat.completions.create(model=MODEL, messages=RAINBOW, max_tokens=4)
    assert time.monotonic() - started < 3


def test_a_client_that_leaves_a_whole_answer_frees_the_model(client: OpenAI, upstream: str) -> None:
    """The same without streaming: a closed connection ends the generation."""
    connection = http.client.HTTPConnection(urlsplit(upstream).netloc)
    long = {"messages": STORY, "max_tokens": 3500, "stop": ["no such words"]}
    connection.request("POST", "/v1/chat/completions", json.dumps(long))
    time.sleep(0.3)
    connection.close()
    started = time.monotonic()
    client.chat.completions.create(model=MODEL, messages=RAINBOW, max_tokens=4)
    assert time.monotonic() - started < 3


def test_others_are_answered_while_the_model_works(client: OpenAI, upstream: str) -> None:
    """Generation runs off the event loop: health answers at once in the midst of a stream."""
    with client.chat.completions.create(model=MODEL, messages=STORY, max_tokens=400, stream=True) as stream:
        next(iter(stream))
        started = time.monotonic()
        connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=5)
        connection.request("GET", "/health")
        assert json.loads(connection.getresponse().read()) == {"status": "ok"}
        connection.close()
        assert time.monotonic() - started < 1


def test_many_wait_in_line_and_too_many_are_told(client: OpenAI) -> None:
    """A queue of 32, one at a time: beyond it 503 with a code at once, and every other request is answered."""

    def ask(number: int) -> tuple[int, str]:
        asked = client.chat.completions.with_raw_response
        try:
            return asked.create(model=MODEL, messages=RAINBOW, max_tokens=1, temperature=number / 40).status_code, ""
        except openai.InternalServerError as refusal:
            return refusal.status_code, str(refusal.code)

    with client.chat.completions.create(model=MODEL, messages=STORY, max_tokens=300, stream=True) as stream:
        next(iter(stream))
        with ThreadPoolExecutor(40) as many:
            outcomes = list(many.map(ask, range(40)))
    assert set(outcomes) == {(200, ""), (503, "demo.busy")}
    assert outcomes.count((200, "")) >= 31


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": "word " * 8000}]}, "messages"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 2.5}, "max_tokens"),
        ({"n": 2}, "n"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": [""]}, "stop"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": [], "stream": True}, "stream_options"),
        ({"response_format": {"type": "poem"}}, "type"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"seed": 2**80}, "seed"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_bad_fields_are_bad_requests(client: OpenAI, change: dict[str, Any], param: str, streamed: bool) -> None:
    """The SDK's own `BadRequestError` is raised, and it names the field; a stream fails before it begins."""
    body = {"model": MODEL, "messages": RAINBOW, "max_tokens": 4, "stream": streamed, **change}
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/chat/completions", body=body, cast_to=object)
    assert caught.value.param == param
    assert caught.value.code == "demo.bad_request"


def test_an_unknown_model_is_not_found(client: OpenAI) -> None:
    """The SDK's own `NotFoundError`, with the model that there is."""
    with pytest.raises(openai.NotFoundError, match=MODEL):
        client.chat.completions.create(model="gpt-9", messages=RAINBOW)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 200_000, b'{"messages": "' + b"x" * 2_000_000 + b'"}', b"NaN"]
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/audio/speech", "/v1/images/generations"])
def test_hostile_bodies_get_an_error_object(upstream: str, body: bytes, path: str) -> None:
    """What is no JSON object, or too deep, or too large, is answered in OpenAI's shape."""
    status, text = post(upstream, body, path)
    assert status == 400
    assert json.loads(text)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/chat/completions", 405), ("POST", "/v2", 404)])
def test_wrong_ways_are_told_in_the_same_shape(upstream: str, method: str, path: str, status: int) -> None:
    """The router's refusals have OpenAI's shape too."""
    connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=5)
    connection.request(method, path)
    answer = connection.getresponse()
    assert answer.status == status
    assert json.loads(answer.read())["error"]["code"] == f"demo.http_{status}"
    connection.close()
