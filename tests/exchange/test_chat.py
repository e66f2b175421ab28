"""A chat answered whole: admitted, reviewed, marked, recorded, or not released."""

import hashlib
import json
import socket
from typing import Any

import pytest

from sealmark.ledger import check
from sealmark.marks.explicit import text as explicit
from tests.deployment import CHAT, Deployment, ask, wait_for
from tests.upstream import BREAK_OFF, HANG, Script, ScriptedUpstream, completion

PICTURE = "data:image/png;base64," + "A" * 300


@pytest.fixture(scope="module")
def term(deployment: Deployment) -> str:
    """A term of the library that blocks."""
    return next(
        entry.term
        for entries in deployment.house.stages.library.entries
        for entry in entries
        if entry.severity == "block"
    )


def post(deployment: Deployment, key: str, body: Any, language: str = "en") -> Any:
    with deployment.client(key, language) as client:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post("/v1/chat/completions", content=content)


def test_an_answer_is_marked_and_recorded(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """What is released carries the visible mark and the label, and its record commits to the very bytes."""
    upstream.says("The sky is blue today.")
    answer = post(deployment, key, ask("hello"))
    assert answer.status_code == 200
    content = answer.json()["choices"][0]["message"]["content"]
    assert content == explicit.opening("zh") + "The sky is blue today."
    label = answer.json()["aigc"]
    assert label["Label"] == "1"
    assert label["ProduceID"].startswith("R")
    record = deployment.records("exchange.answer.closed")[-1]
    assert record["exchange"] == answer.headers["x-sealmark-exchange"]
    assert record["outcome"] == "released"
    assert record["items"][0]["label"] == label
    assert [review["result"] for review in record["reviews"]] == ["pass", "pass"]


def test_a_receipt_proves_what_was_released(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """The receipt opens the digest of the released text and can be checked offline."""
    upstream.says("A quiet river runs past the old mill.")
    answer = post(deployment, key, ask("tell me"))
    content = answer.json()["choices"][0]["message"]["content"]
    text = deployment.house.items.receipt(answer.headers["x-sealmark-receipt"])
    assert text is not None
    checked = check(text, deployment.house.signer.vkey)
    assert checked.opened["items.0.digest"] == hashlib.sha256(content.encode()).hexdigest()
    opened = deployment.house.items.opened(answer.headers["x-sealmark-receipt"])
    assert opened is not None
    assert opened.asked["messages"][0]["content"] == "tell me"
    assert opened.source.startswith("127.0.0.1:")


def test_pasted_text_is_known(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """A released text is found again with its mark or without, in other spacing and case."""
    upstream.says("Seven herons waited on the frozen lake.")
    label = post(deployment, key, ask("herons")).json()["aigc"]
    for pasted in ("Seven herons waited on the frozen lake.", "seven  HERONS waited on the frozen lake"):
        known = deployment.house.items.by_text(pasted)
        assert known is not None
        assert known.produce_id == label["ProduceID"]
    assert deployment.house.items.by_text("Eight herons waited on the frozen lake.") is None


def test_the_upstream_never_learns_the_end_users_name(
    deployment: Deployment, key: str, upstream: ScriptedUpstream
) -> None:
    """The upstream gets its own model name and a pseudonym for the end user."""
    upstream.says("ok then")
    with deployment.client(key) as client:
        client.post("/api/end-users", json={"user": "alice@example.com"}).raise_for_status()
        client.post(
            "/api/end-users/identity", json={"user": "alice@example.com", "document": "mobile", "number": "13900000001"}
        ).raise_for_status()
        client.post(
            "/api/end-users/agreement", json={"user": "alice@example.com", "version": "2026-11"}
        ).raise_for_status()
    assert post(deployment, key, ask("hello", user="alice@example.com")).status_code == 200
    asked = upstream.requests[-1]
    assert asked["model"] == "upstream-model"
    assert "alice" not in json.dumps(asked)


def test_a_blocked_input_never_reaches_the_upstream(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """A blocking finding in any field of the request ends the exchange before the model sees it."""
    before = len(upstream.requests)
    disguised = "-".join(term)
    bodies = [
        ask(f"please say {disguised}"),
        ask("hi", tools=[{"type": "function", "function": {"name": "f", "description": term}}]),
        ask("hi", surprise={"nested": [term]}),
        ask("hi", surprise={term: 1}),
        {
            "model": CHAT,
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": f"a {term}"}]},
                {"role": "tool", "tool_call_id": "x", "content": "fine"},
            ],
        },
        {
            "model": CHAT,
            "messages": [
                {
                    "role": "assistant",
                    "tool_calls": [
                        {
                            "id": "1",
                            "type": "function",
                            "function": {"name": "f", "arguments": json.dumps({"q": term})},
                        }
                    ],
                }
            ],
        },
    ]
    for body in bodies:
        answer = post(deployment, key, body)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "review.input_blocked"
        assert answer.json()["error"]["article"] == 10
    assert len(upstream.requests) == before
    assert deployment.records("exchange.request.refused")[-1]["code"] == "review.input_blocked"


def test_a_blocked_output_is_not_released(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """A blocking finding in any field of the answer: nothing of it leaves, and the refusal is recorded."""
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"q": term})}}
    for answer_body in (
        completion(f"well, {term} it is"),
        completion(None, tool_calls=[call]),
        completion("fine", reasoning_content=term),
        completion("fine", refusal=term),
    ):
        upstream.answers(answer_body)
        answer = post(deployment, key, ask("hello"))
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "review.output_blocked"
        assert term not in answer.text
        assert deployment.records()[-1]["code"] == "review.output_blocked"


def test_only_what_we_know_leaves(deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str) -> None:
    """Identifiers, fingerprints, labels of others, unknown fields: nothing of an answer is passed through."""
    body = completion("fine words", aigc={"Label": "2"}, surprise=term)
    body |= {"id": f"buy {term}", "system_fingerprint": term, "aigc": {"Label": "3"}, "surprise": [term], term: 1}
    body["choices"][0] |= {"finish_reason": term, "text": term, "aigc": {"Label": "2"}}
    body["usage"] |= {"note": term, term: 5}
    body["choices"][0]["logprobs"] = {"content": [{"token": "x", "logprob": -1, "bytes": list(term.encode())}]}
    upstream.answers(body)
    answer = post(deployment, key, ask("hello"))
    assert answer.status_code == 200
    assert term not in answer.text
    assert str(list(term.encode()))[1:-1].replace(" ", "") not in answer.text
    assert answer.json()["aigc"]["Label"] == "1"
    assert "aigc" not in answer.json()["choices"][0]["message"]
    assert answer.json()["choices"][0]["finish_reason"] == "stop"
    assert answer.json()["usage"]["total_tokens"] == 2


@pytest.mark.parametrize("content", [[{"type": "text", "text": "a"}], {"text": "a"}, 5, True])
def test_content_that_is_no_text_is_not_released(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, content: Any
) -> None:
    """What has another type than the interface's could not be marked."""
    upstream.answers(completion(content))
    assert post(deployment, key, ask("hello")).json()["error"]["code"] == "upstream.rubbish"


def test_prose_in_json_mode_is_marked(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """Asking for JSON is no way to get unmarked prose, and an unknown mode is refused."""
    upstream.says("Some prose instead.")
    answer = post(deployment, key, ask("json", response_format={"type": "json_object"})).json()
    assert answer["choices"][0]["message"]["content"] == explicit.opening("zh") + "Some prose instead."
    refused = post(deployment, key, ask("json", response_format={"type": "no_such_mode"}))
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "exchange.unusable_request")


def test_escapes_hide_nothing(deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str) -> None:
    """JSON escapes are undone for review, in JSON mode and in what tools answered."""
    hidden = "".join(f"\\u{ord(character):04x}" for character in term)
    upstream.says(f'{{"a": "{hidden}"}}')
    blocked = post(deployment, key, ask("json", response_format={"type": "json_object"}))
    assert blocked.json()["error"]["code"] == "review.output_blocked"
    tool = {"role": "tool", "tool_call_id": "1", "content": f'{{"a": "{hidden}"}}'}
    body = {"model": CHAT, "messages": [{"role": "user", "content": "hi"}, tool]}
    assert post(deployment, key, body).json()["error"]["code"] == "review.input_blocked"


def test_every_answer_is_an_item(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """A tool call has no text to mark, and is found by its number all the same."""
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"q": 2}'}}
    upstream.answers(completion(None, tool_calls=[call]))
    answer = post(deployment, key, ask("call it")).json()
    assert deployment.house.items.by_number(answer["aigc"]["ProduceID"]) is not None


@pytest.mark.parametrize("user", [5, {"a": 1}, "", ["x"], True])
def test_an_end_user_is_named_by_text(deployment: Deployment, key: str, user: Any) -> None:
    """A name of another type is an error, not nobody."""
    answer = post(deployment, key, ask("hello", user=user))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "exchange.unusable_request")


def test_json_mode_and_tool_calls_carry_the_label_in_the_envelope_only(
    deployment: Deployment, key: str, upstream: ScriptedUpstream
) -> None:
    """Inside JSON mode and tool calls a visible mark would break the caller; the envelope still tells."""
    upstream.says('{"a": 1}')
    answer = post(deployment, key, ask("json please", response_format={"type": "json_object"})).json()
    assert answer["choices"][0]["message"]["content"] == '{"a": 1}'
    assert answer["aigc"]["Label"] == "1"
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"q": 2}'}}
    upstream.answers(completion(None, tool_calls=[call]))
    answer = post(deployment, key, ask("call it")).json()
    assert answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == '{"q": 2}'
    assert answer["aigc"]["Label"] == "1"


def test_a_long_text_is_reviewed_to_its_end(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """What takes longer than the loop can wait is reviewed beside it, all the same."""
    upstream.says("long indeed. " * 20_000)
    assert post(deployment, key, ask("so long. " * 50_000)).status_code == 200
    assert post(deployment, key, ask("so long. " * 50_000 + term)).json()["error"]["code"] == "review.input_blocked"
    upstream.says("long indeed. " * 20_000 + term)
    assert post(deployment, key, ask("hello")).json()["error"]["code"] == "review.output_blocked"


def test_an_application_that_shows_the_label_gets_plain_text(
    deployment: Deployment, upstream: ScriptedUpstream
) -> None:
    """An application registered as showing the label gets it in the envelope only."""
    upstream.says("Plain words.")
    answer = post(deployment, deployment.new_key(shows_label=True), ask("hello")).json()
    assert answer["choices"][0]["message"]["content"] == "Plain words."
    assert answer["aigc"]["Label"] == "1"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"not json", 400, "exchange.not_json"),
        (b"[1, 2]", 400, "exchange.not_json"),
        (b"\xff\xfe{}", 400, "exchange.not_json"),
        (b'{"messages": []}', 400, "exchange.unusable_request"),
        (b'{"model": "no-such-model", "messages": []}', 404, "admission.unknown_model"),
        (b"[" * 100_000, 400, "exchange.not_json"),
        (b'{"model": "test-chat", "deep": ' + b"[" * 500 + b"]" * 500 + b"}", 400, "exchange.too_intricate"),
        (
            b'{"model": "test-chat", "messages": [{}], "wide": [' + b'"a",' * 30_000 + b'"b"]}',
            400,
            "exchange.too_intricate",
        ),
        (b'{"model": "test-chat", "pad": "' + b"x" * (5 * 1024 * 1024) + b'"}', 413, "exchange.body_too_large"),
        (
            json.dumps(
                ask("x")
                | {
                    "messages": [
                        {
                            "role": "user",
                            "content": [{"type": "image_url", "image_url": {"url": "http://example.com/a.png"}}],
                        }
                    ]
                }
            ).encode(),
            400,
            "review.remote_content",
        ),
        (json.dumps(ask("x", odd="data:image/png;base64,AAAA")).encode(), 400, "review.unknown_binary"),
        (b'{"model": "test-chat"}', 400, "exchange.unusable_request"),
        (b'{"model": "test-chat", "messages": []}', 400, "exchange.unusable_request"),
        (b'{"model": "test-chat", "messages": ["hello"]}', 400, "exchange.unusable_request"),
    ],
)
def test_bad_input_gets_a_clear_error(deployment: Deployment, key: str, body: bytes, status: int, code: str) -> None:
    """Bad input is answered with a stable code, in both languages, recorded, and leaves the process up."""
    chinese, english = post(deployment, key, body, "zh"), post(deployment, key, body, "en")
    assert (chinese.status_code, chinese.json()["error"]["code"]) == (status, code)
    assert chinese.json()["error"]["message"] != english.json()["error"]["message"]
    assert deployment.records()[-1]["code"] == code


def test_a_lone_surrogate_is_no_way_around(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """A body that strict parsers refuse is read, its lone surrogates replaced, and reviewed like any other."""
    upstream.says("fine then")
    body = json.dumps(ask("broken \ud800 half")).encode()
    assert post(deployment, key, body).status_code == 200
    blocked = json.dumps(ask(f"broken \ud800 {term}")).encode()
    assert post(deployment, key, blocked).json()["error"]["code"] == "review.input_blocked"


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        (Script([b"<html>not json</html>"]), 502, "upstream.rubbish"),
        (Script([b'{"choices": []}']), 502, "upstream.rubbish"),
        (Script([b'{"choices": [{"text": "no message"}]}']), 502, "upstream.rubbish"),
        (Script([b'{"choices": [{"message": {"content": "a"}, "index": 7}]}']), 502, "upstream.rubbish"),
        (Script([b"{}"], status=500), 502, "upstream.failed"),
        (Script([b'{"error": {"message": "bad temperature"}}'], status=400), 400, "upstream.refused"),
        (Script([b"{}"], status=429), 503, "upstream.busy"),
        (Script([b'{"choices"', BREAK_OFF]), 502, "upstream.broken"),
        (Script([HANG]), 504, "upstream.timeout"),
        (Script([json.dumps(completion(f"![a]({PICTURE})")).encode()]), 502, "exchange.inline_medium"),
    ],
)
def test_an_upstream_that_misbehaves(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, script: Script, status: int, code: str
) -> None:
    """Whatever the upstream does, the caller gets a clear error, nothing is released, and it is recorded."""
    upstream.script = script
    answer = post(deployment, key, ask("hello"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "bad temperature" not in answer.text
    record = deployment.records()[-1]
    assert record["code"] == code
    assert not record.get("items")


def test_requests_without_a_key_are_counted_not_recorded(deployment: Deployment) -> None:
    """Nobody fills the ledger with wrong keys."""
    before = deployment.house.sequencer.size
    for wrong in ("", "sk-wrong", "x" * 5000):
        answer = post(deployment, wrong, ask("hello"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "admission.unknown_key")
        assert "x-sealmark-receipt" not in answer.headers
    assert deployment.house.sequencer.size == before


def test_nothing_personal_stands_in_the_ledger(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """No prompt, answer, name or address: not in a record, nor anywhere in the database's files."""
    upstream.says("A most peculiar zeppelin landed.")
    with deployment.client(key) as client:
        client.post("/api/end-users", json={"user": "bob.the.builder"}).raise_for_status()
        client.post(
            "/api/end-users/identity",
            json={"user": "bob.the.builder", "document": "resident_id", "number": "11010519491231002X"},
        ).raise_for_status()
        client.post(
            "/api/end-users/agreement", json={"user": "bob.the.builder", "version": "2026-11"}
        ).raise_for_status()
    assert post(deployment, key, ask("describe the wandering xylophone", user="bob.the.builder")).status_code == 200
    deployment.house.drain.once()
    secrets = [b"peculiar zeppelin", b"wandering xylophone", b"bob.the.builder", b"11010519491231002X", b"127.0.0.1"]
    for file in deployment.settings.data_dir.iterdir():
        if file.name.startswith(("ledger", "sealmark.db")):
            data = file.read_bytes()
            found = [
                secret for secret in secrets if secret in data and (secret, file.stem) != (b"127.0.0.1", "sealmark")
            ]
            assert not found, (file, found)


def test_a_client_that_leaves_a_whole_answer(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """Nobody generates for nobody: the upstream is let go, and it is recorded."""
    upstream.script = Script([HANG])
    before = upstream.abandoned
    body = json.dumps(ask("hello")).encode()
    with socket.create_connection(("127.0.0.1", deployment.port), timeout=5) as connection:
        head = (
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
        )
        connection.sendall(head % (key.encode(), len(body)) + body)
        wait_for(lambda: upstream.open_calls > 0, 3)
    wait_for(lambda: upstream.abandoned == before + 1, 1.5)
    wait_for(lambda: deployment.records()[-1].get("code") == "exchange.client_left", 2)
