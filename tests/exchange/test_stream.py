"""Streams, end to end: exact hold-back on the wire, two records, and no upstream left behind."""

import hashlib
import json
import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from sealmark.ledger import check
from sealmark.marks.explicit import text as explicit
from tests.deployment import Deployment, ask, deployed, events, seed_text, streamed_text, wait_for
from tests.upstream import BREAK_OFF, HANG, ScriptedUpstream, piece, pieces

OPENING = explicit.opening("zh")
LAST_WORDS = re.compile(rb'(data: \{"error":[^\n]*\n\n)?data: \[DONE\]\n\n\Z')


@pytest.fixture(scope="module")
def term(deployment: Deployment) -> str:
    """The longest term of the library that blocks."""
    rows = (entry for entries in deployment.house.stages.library.entries for entry in entries)
    return max((entry.term for entry in rows if entry.severity == "block"), key=len)


def stream(deployment: Deployment, key: str, body: dict[str, Any] | None = None) -> tuple[Any, bytes]:
    """The answer and every byte of its body."""
    with (
        deployment.client(key) as client,
        client.stream("POST", "/v1/chat/completions", json=(body or ask("hello")) | {"stream": True}) as answer,
    ):
        return answer, answer.read()


def last_pair(deployment: Deployment) -> tuple[dict[str, Any], dict[str, Any]]:
    """The last two records of a stream: opened, closed."""
    opened, closed = deployment.records("exchange.stream.opened", "exchange.answer.closed")[-2:]
    assert (opened["kind"], closed["kind"]) == ("exchange.stream.opened", "exchange.answer.closed")
    assert opened["exchange"] == closed["exchange"]
    return opened, closed


def assert_sealed(deployment: Deployment, answer: Any, sent: bytes) -> None:
    """The closing record commits to every byte but our last words, an error and `[DONE]`."""
    text = deployment.house.items.receipt(answer.headers["x-sealmark-receipt"])
    assert text is not None
    opened = check(text, deployment.house.signer.vkey).opened
    assert opened["wire"] == hashlib.sha256(LAST_WORDS.sub(b"", sent)).hexdigest()


def test_a_stream_is_marked_at_its_start_and_closed_before_done(
    deployment: Deployment, key: str, upstream: ScriptedUpstream
) -> None:
    """Label in the first piece, visible mark before the first word, the closing record before `[DONE]`."""
    upstream.streams(pieces(["The ", "sky ", "is blue", "."]))
    answer, body = stream(deployment, key)
    found = events(body)
    assert found[0]["aigc"]["Label"] == "1"
    assert found[-1] == "[DONE]"
    assert streamed_text(found) == OPENING + "The sky is blue."
    opened, closed = last_pair(deployment)
    assert closed["outcome"] == "released"
    assert closed["items"][0]["label"] == found[0]["aigc"]
    assert {review["result"] for review in closed["reviews"]} == {"pass"}
    assert opened["stream"]
    assert_sealed(deployment, answer, body)


def test_every_split_of_a_term_is_held_back(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """However a term is cut, what leaves is exactly the text before it, then an error that says why, then the end."""
    text = f"ab {term} cd"
    for first in range(4, 3 + len(term)):
        for second in range(first, 3 + len(term)):
            upstream.streams(pieces([text[:first], text[first:second], text[second:]]))
            answer, body = stream(deployment, key)
            found = events(body)
            assert streamed_text(found) == OPENING + "ab "
            error = found[-2]["error"]
            assert (error["code"], error["article"]) == ("review.output_blocked", 10)
            assert error["exchange"] == answer.headers["x-sealmark-exchange"]
            assert found[-1] == "[DONE]"
            assert term[1:] not in body.decode()
    _, closed = last_pair(deployment)
    assert (closed["outcome"], closed["code"]) == ("refused", "review.output_blocked")
    assert_sealed(deployment, answer, body)
    assert upstream.open_calls == 0


def test_a_blocked_stream_lets_its_upstream_go(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """After a block nobody goes on generating: the connection to the upstream is closed at once."""
    upstream.streams([piece({"content": f"x {term} y"}), HANG])
    before, began = upstream.abandoned, time.monotonic()
    _, body = stream(deployment, key)
    assert events(body)[-1] == "[DONE]"
    wait_for(lambda: upstream.abandoned == before + 1, 2)
    assert time.monotonic() - began < 0.9  # the stall timeout is 1 s: it was not needed


def test_a_live_prefix_is_released_when_it_dies(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """What only began like a term is released, at the latest with the end of the answer."""
    upstream.streams(pieces([f"so {term[:-1]}", "", " and on", f" {term[:-1]}"]))
    _, body = stream(deployment, key)
    assert streamed_text(events(body)) == f"{OPENING}so {term[:-1]} and on {term[:-1]}"


def test_a_stream_without_a_finish_reason_still_ends(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """`[DONE]` ends what no finish reason ended: what is held is reviewed as complete and released."""
    upstream.streams([piece({"content": f"so {term[:-1]}"}), b"data: [DONE]\n\n"])
    _, body = stream(deployment, key)
    assert streamed_text(events(body)) == f"{OPENING}so {term[:-1]}"


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ([BREAK_OFF], "upstream.broken"),
        ([], "upstream.broken"),
        ([HANG], "upstream.timeout"),
        ([b"data: {not json\n\n"], "upstream.rubbish"),
        ([b'data: {"choices": [{"delta": "no"}]}\n\n'], "upstream.rubbish"),
        ([b'data: {"error": {"message": "secret words"}}\n\n'], "upstream.broken"),
        ([piece({"content": "data:image/png;base64," + "A" * 300})], "exchange.inline_medium"),
    ],
)
def test_an_upstream_that_breaks_in_mid_stream(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str, ending: list[Any], code: str
) -> None:
    """What was reviewed was released; what was held is dropped; the error is told and the record says broken."""
    upstream.streams([piece({"content": f"so far {term[:-1]}"}), 0.05, *ending])
    answer, body = stream(deployment, key)
    found = events(body)
    assert streamed_text(found) == OPENING + "so far "
    assert found[-2]["error"]["code"] == code
    assert found[-1] == "[DONE]"
    assert b"secret words" not in body
    _, closed = last_pair(deployment)
    outcome = "refused" if code == "exchange.inline_medium" else "broken"
    assert (closed["outcome"], closed["code"]) == (outcome, code)
    assert_sealed(deployment, answer, body)
    wait_for(lambda: upstream.open_calls == 0, 3)


def test_an_upstream_that_fails_before_the_first_byte(
    deployment: Deployment, key: str, upstream: ScriptedUpstream
) -> None:
    """Before the first byte an error is an HTTP status, and the opened record is closed all the same."""
    upstream.answers(b"{}", status=500)
    answer, body = stream(deployment, key)
    assert (answer.status_code, json.loads(body)["error"]["code"]) == (502, "upstream.failed")
    _, closed = last_pair(deployment)
    assert closed["outcome"] == "broken"


def test_a_client_that_leaves(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """When the client leaves, the upstream is let go, and the closing record says what had left."""
    upstream.streams([piece({"content": "first and foremost"}), HANG])
    before = upstream.abandoned
    body = json.dumps(ask("hello", stream=True)).encode()
    with socket.create_connection(("127.0.0.1", deployment.port), timeout=5) as connection:
        connection.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
            % (key.encode(), len(body), body)
        )
        received = b""
        while b"first" not in received:
            part = connection.recv(65536)
            assert part
            received += part
    wait_for(lambda: upstream.abandoned == before + 1, 3)
    wait_for(lambda: deployment.records()[-1].get("code") == "exchange.client_left", 3)
    _, closed = last_pair(deployment)
    assert closed["outcome"] == "broken"
    assert closed["items"][0]["medium"] == "text"


def test_tool_arguments_are_reviewed_unescaped(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """A term written in JSON escapes, split anywhere, inside tool arguments: nothing of it leaves."""
    escaped = json.dumps({"q": f"ok {term}"}) if not term.isascii() else '{"q": "ok ' + _escaped(term) + '"}'
    for cut in range(1, len(escaped)):
        upstream.streams(
            [
                piece({"role": "assistant", "content": None}),
                piece(_call(escaped[:cut], id="c1", type="function", name="f")),
                piece(_call(escaped[cut:])),
                piece({}, "tool_calls"),
                b"data: [DONE]\n\n",
            ]
        )
        _, body = stream(deployment, key)
        found = events(body)
        assert found[-2]["error"]["code"] == "review.output_blocked"
        calls = [
            call["function"].get("arguments", "")
            for one in found
            if isinstance(one, dict) and "choices" in one
            for choice in one["choices"]
            for call in choice["delta"].get("tool_calls", [])
        ]
        assert "".join(calls) == '{"q": "ok '


def test_harmless_tool_arguments_pass_unchanged(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """Arguments that pass review arrive as they were sent, escapes and all."""
    arguments = '{"q": "caf\\u00e9 \\ud83d\\ude00 \\"x\\""}'
    upstream.streams(
        [
            *(piece(_call(part, id="c1", type="function", name="f")) for part in (arguments[:9], arguments[9:23])),
            piece(_call(arguments[23:])),
            piece({}, "tool_calls"),
            b"data: [DONE]\n\n",
        ]
    )
    _, body = stream(deployment, key)
    parts = [
        call["function"].get("arguments", "")
        for one in events(body)
        if isinstance(one, dict) and "choices" in one
        for choice in one["choices"]
        for call in choice["delta"].get("tool_calls", [])
    ]
    assert "".join(parts) == arguments


def test_log_probabilities_wait_with_their_text(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """Log-probabilities spell the text out: they leave when it leaves, and not when it is blocked."""
    token = {"token": term[:-1], "logprob": -0.1, "bytes": list(term[:-1].encode()), "top_logprobs": []}
    held = piece({"content": term[:-1]}, logprobs={"content": [token], "refusal": None})
    upstream.streams([held, piece({"content": "!!!! fine"}), piece({}, "stop"), b"data: [DONE]\n\n"])
    _, body = stream(deployment, key)
    shown = [one for one in events(body) if isinstance(one, dict) and one["choices"][0].get("logprobs")]
    assert shown[0]["choices"][0]["logprobs"]["content"][0]["token"] == term[:-1]
    upstream.streams([held, piece({"content": term[-1]}), piece({}, "stop"), b"data: [DONE]\n\n"])
    _, body = stream(deployment, key)
    assert term[:-1].encode() not in body


def test_choices_are_reviewed_apart(deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str) -> None:
    """Two choices whose pieces alternate spell no term together; one that spells it alone is blocked."""
    half = len(term) // 2
    upstream.streams(
        [
            piece({"content": term[:half]}, index=0),
            piece({"content": term[half:]}, index=1),
            piece({}, "stop", index=0),
            piece({}, "stop", index=1),
            b"data: [DONE]\n\n",
        ]
    )
    _, body = stream(deployment, key, ask("hello", n=2))
    assert events(body)[-1] == "[DONE]"
    assert len(last_pair(deployment)[1]["items"]) == 2


def test_reasoning_is_held_back_too(deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str) -> None:
    """What a model thinks aloud is held back like any other text."""
    upstream.streams(
        [
            piece({"reasoning": f"hm {term[:2]}"}),
            piece({"reasoning": f"{term[2:]} so"}),
            piece({"content": "fine"}),
            piece({}, "stop"),
            b"data: [DONE]\n\n",
        ]
    )
    _, body = stream(deployment, key)
    found = events(body)
    assert found[-2]["error"]["code"] == "review.output_blocked"
    assert found[0]["choices"][0]["delta"]["reasoning"] == "hm "


def test_only_what_we_know_leaves_a_stream(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """No field that is not reviewed as a stream carries anything out, whole or in halves."""
    half = len(term) // 2
    halves = [term[:half], term[half:]]
    body = {"id": term, "system_fingerprint": term, "note": term, "aigc": {"Label": "3"}, "object": term}
    for part in (term, *halves):
        upstream.streams(
            [
                piece({"content": "fine ", "note": part, "aigc": {"Label": "2"}}, text=part, message={"content": part}),
                b"data: "
                + json.dumps(body | {"choices": [], "usage": {"x": part, "total_tokens": 3}}).encode()
                + b"\n\n",
                piece({"content": "words", part: ""}, logprobs={"content": [{"token": part, "logprob": 0}]}),
                piece({"role": part}, part),
                b"data: [DONE]\n\n",
            ]
        )
        _, sent = stream(deployment, key)
        assert streamed_text(events(sent)) == OPENING + "fine words"
        assert part.encode() not in sent
        assert sent.count(b'"aigc"') == 1


@pytest.mark.parametrize(
    "delta", [{"content": ["a"]}, {"content": {"a": 1}}, {"tool_calls": [{"index": "0"}]}, {"tool_calls": {}}]
)
def test_a_delta_of_another_shape_ends_the_stream(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, delta: dict[str, Any]
) -> None:
    """What has another shape than the interface's is not guessed at."""
    upstream.streams([piece({"content": "so far"}), piece(delta), *pieces(["on"])[2:]])
    _, body = stream(deployment, key)
    assert events(body)[-2]["error"]["code"] == "upstream.rubbish"


def test_more_choices_than_asked_end_the_stream(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """One record holds all choices of an answer: their number is bounded before anything leaves."""
    upstream.streams([piece({"content": "a"}, index=index) for index in range(100)])
    _, body = stream(deployment, key)
    assert events(body)[-2]["error"]["code"] == "upstream.rubbish"
    assert last_pair(deployment)[1]["outcome"] == "broken"
    answer, _ = stream(deployment, key, ask("hello", n=128))
    assert answer.status_code == 400


def test_a_block_in_the_first_piece_is_a_refusal(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str
) -> None:
    """Blocked before the first byte: an HTTP error, and a record that says refused, with what was found."""
    upstream.streams([piece({"content": term}), *pieces(["x"])[2:]])
    answer, body = stream(deployment, key)
    closed = deployment.records("exchange.answer.closed")[-1]
    if answer.status_code != 200:
        assert json.loads(body)["error"]["code"] == "review.output_blocked"
    assert (closed["outcome"], closed["code"]) == ("refused", "review.output_blocked")
    assert closed["findings"][0]["risk"]


def test_events_that_arrive_in_odd_pieces(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """Line ends of either kind, comments, and events cut anywhere are one stream."""
    whole = b": ping\r\n\r\n" + b"".join(pieces(["one ", "two"])).replace(b"\n\n", b"\r\n\r\n")
    for size in (1, 7, 64):
        upstream.streams([whole[at : at + size] for at in range(0, len(whole), size)])
        _, body = stream(deployment, key)
        assert streamed_text(events(body)) == OPENING + "one two"


def _call(arguments: str, **more: Any) -> dict[str, Any]:
    name = {"name": more.pop("name")} if "name" in more else {}
    return {"tool_calls": [{"index": 0, **more, "function": {**name, "arguments": arguments}}]}


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def test_a_stream_has_its_bounds(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """More text than a record can hold ends the stream before it leaves, and what left is recorded."""
    upstream.streams([piece({"content": "长" * 150_000}) for _ in range(14)])
    _, body = stream(deployment, key)
    found = events(body)
    assert found[-2]["error"]["code"] == "upstream.rubbish"
    assert found[-1] == "[DONE]"
    closed = last_pair(deployment)[1]
    assert closed["outcome"] == "broken"
    assert closed["items"][0]["bytes"] == len(streamed_text(found).encode())


def test_fragments_of_one_call_in_one_piece(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """What comes in two fragments at once leaves whole, and the item says so."""
    calls = [
        {"index": 0, "function": {"name": "0", "arguments": '{"amount":"1'}},
        {"index": 0, "function": {"arguments": '000"}'}},
    ]
    upstream.streams([piece({"tool_calls": calls}), piece({}, "tool_calls"), b"data: [DONE]\n\n"])
    answer, body = stream(deployment, key)
    delta = events(body)[0]["choices"][0]["delta"]["tool_calls"][0]["function"]
    assert delta == {"name": "0", "arguments": '{"amount":"1000"}'}
    assert_sealed(deployment, answer, body)


def test_a_picture_over_two_rows_of_one_piece(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """The rows of one piece are one text."""
    first, second = (piece({"content": text}) for text in ("![a](data:image/png;base64", "," + "iVBORw0KGgo" * 40))
    rows = [json.loads(one[6:])["choices"][0] for one in (first, second)]
    upstream.streams([b"data: " + json.dumps({"choices": rows}).encode() + b"\n\n"])
    _, body = stream(deployment, key)
    assert json.loads(body)["error"]["code"] == "exchange.inline_medium"


def test_the_closing_mark_is_recorded_only_where_it_was_sent(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """An answer that breaks off has its opening mark alone."""
    (tmp_path / "seed.toml").write_text(seed_text(upstream.url, explicit='position = "start_end"'), "utf-8")
    with deployed(tmp_path, upstream.url) as running:
        key = running.new_key()
        upstream.streams([piece({"content": "so far "}), BREAK_OFF])
        stream(running, key)
        upstream.streams([piece({"content": "so far "}), piece({}, "stop"), b"data: [DONE]\n\n"])
        stream(running, key)
        broken, whole = (one["items"][0]["marks"] for one in running.records("exchange.answer.closed"))
    assert broken == ["explicit:start", "metadata:envelope"]
    assert whole == ["explicit:start", "explicit:end", "metadata:envelope"]


def test_white_space_and_log_probabilities_cost_what_they_are(
    deployment: Deployment, key: str, upstream: ScriptedUpstream
) -> None:
    """Thousands of pieces of either take time in proportion, not with the square of their number."""
    spaces = [piece({"content": " "})] * 6000
    token = {"token": "a", "logprob": -0.1}
    told = [piece({"content": "a"}, logprobs={"content": [token], "refusal": None})] * 3000
    upstream.streams([b"".join(spaces), b"".join(told), piece({}, "stop")])
    began = time.process_time()
    _, body = stream(deployment, key)
    assert streamed_text(events(body)).endswith("a" * 3000)
    assert time.process_time() - began < 6
