"""Article 17: what may confuse the public is marked conspicuously, at a reasonable place."""

from pathlib import Path

import pytest

from sealmark.marks.explicit import text as explicit
from tests.deployment import Deployment, ask, deployed, events, seed_text, streamed_text
from tests.upstream import ScriptedUpstream, pieces


def content(deployment: Deployment, key: str) -> str:
    with deployment.client(key) as client:
        answer = client.post("/v1/chat/completions", json=ask("hello")).json()
    return str(answer["choices"][0]["message"]["content"])


def test_a_conversation_is_marked_at_its_start(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """Both elements of GB 45438 5.1 stand before the first word, in answers and in streams."""
    upstream.says("Good day.")
    whole = content(deployment, key)
    upstream.streams(pieces(["Good ", "day."]))
    with deployment.client(key) as client:
        stream = client.post("/v1/chat/completions", json=ask("hello", stream=True))
    assert whole == streamed_text(events(stream.content)) == explicit.opening("zh") + "Good day."
    assert "AI" in explicit.opening("zh")
    assert "生成" in explicit.opening("zh")
    assert [trace.place for trace in explicit.find(whole)] == ["start"]


def test_start_and_end(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """A service can have its texts marked at start and end, whole and streamed alike."""
    (tmp_path / "seed.toml").write_text(seed_text(upstream.url, explicit='position = "start_end"'), "utf-8")
    with deployed(tmp_path, upstream.url) as running:
        key = running.new_key()
        upstream.says("Good day.")
        whole = content(running, key)
        upstream.streams(pieces(["Good ", "day."]))
        with running.client(key) as client:
            stream = client.post("/v1/chat/completions", json=ask("hello", stream=True))
    assert whole == streamed_text(events(stream.content))
    assert [trace.place for trace in explicit.find(whole)] == ["start", "end"]


@pytest.mark.parametrize("mode", ["json_object", "json_schema"])
def test_structured_answers_stay_parseable(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, mode: str
) -> None:
    """Inside JSON mode the mark would break the answer: the label rides in the envelope alone."""
    upstream.says('{"colour": "blue"}')
    with deployment.client(key) as client:
        answer = client.post("/v1/chat/completions", json=ask("colour", response_format={"type": mode})).json()
    assert answer["choices"][0]["message"]["content"] == '{"colour": "blue"}'
    assert answer["aigc"]["Label"] == "1"
