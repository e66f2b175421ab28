"""Article 17: what may confuse the public is marked conspicuously, at a reasonable place."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sealmark
from sealmark.marks.explicit import text as explicit
from tests.deployment import IMAGE, ITEM, Deployment, ask, deployed, events, seed_text, streamed_text, wait_for
from tests.media import specimens
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


def test_what_was_made_elsewhere_shows_its_mark(deployment: Deployment, key: str) -> None:
    """A submitted text begins with the words, a submitted picture shows them in a corner."""
    with deployment.client(key) as client:
        text = client.post("/api/items", files={"file": ("a.txt", "墨与纸。".encode())}, data={"model": ITEM}).content
        picture = client.post("/api/items", files={"file": ("a.png", specimens.png())}, data={"model": ITEM}).content
    assert text.decode().startswith(explicit.opening("zh"))
    assert sealmark.verify(picture).layers["explicit"].state == "found"


REASON = "converts a text to braille, which nobody takes for a person"


@pytest.fixture
def outside(tmp_path: Path, upstream: ScriptedUpstream) -> Iterator[Deployment]:
    """Services registered as `other`, with a reason that waits for its approval."""
    (tmp_path / "seed.toml").write_text(seed_text(upstream.url, reason=REASON), "utf-8")
    upstream.says("Good day.")
    with deployed(tmp_path, upstream.url) as running:
        yield running


def closed(deployment: Deployment) -> dict[str, Any]:
    """The newest closing record."""
    return deployment.records("exchange.answer.closed")[-1]


def test_other_counts_only_once_its_reason_is_approved(outside: Deployment) -> None:
    """Until the compliance officer approves the written reason, the service is marked as 17(5)."""
    key = outside.new_key()
    assert explicit.find(content(outside, key))
    assert closed(outside)["marking"] == "17(5)"
    outside.house.workplace.registers.approve_marking("chat", "officer 7")
    wait_for(lambda: content(outside, key) == "Good day.")
    assert (closed(outside)["marking"], closed(outside)["offered"]) == ("other", True)


def test_who_is_outside_is_told_that_a_mark_can_be_had(outside: Deployment) -> None:
    """Second paragraph: the function is there, and every answer says so; the record keeps that it did."""
    outside.house.workplace.registers.approve_marking("chat", "officer 7")
    key = outside.new_key()
    wait_for(lambda: content(outside, key) == "Good day.")
    with outside.client(key) as client:
        plain = client.post("/v1/chat/completions", json=ask("hello"))
        wished = client.post("/v1/chat/completions", json=ask("hello"), headers={"X-Sealmark-Explicit": "yes"})
    assert plain.headers["x-sealmark-explicit"] == "offered"
    assert plain.json()["aigc"]["Label"] == "1"  # Article 16 knows no such choice
    assert "x-sealmark-explicit" not in wished.headers
    assert explicit.find(wished.json()["choices"][0]["message"]["content"])
    assert (closed(outside)["marking"], closed(outside)["offered"]) == ("other", False)


def test_a_picture_outside_keeps_its_metadata_mark(outside: Deployment, upstream: ScriptedUpstream) -> None:
    """What is offered is the visible mark alone."""
    outside.house.workplace.registers.approve_marking("image", "officer 7")
    upstream.answers({"created": 1, "data": [{"b64_json": base64.b64encode(specimens.png()).decode()}]})
    key = outside.new_key()

    def marks() -> object:
        with outside.client(key) as client:
            client.post("/v1/images/generations", json={"model": IMAGE, "prompt": "a hill"}).raise_for_status()
        return closed(outside)["items"][0]["marks"]

    wait_for(lambda: marks() == ["metadata", "credential"])


def test_the_officers_name_stays_out_of_the_ledger(outside: Deployment) -> None:
    """The record says what was approved, by its digest, and not by whom."""
    outside.house.workplace.registers.approve_marking("chat", "officer 7")
    wait_for(lambda: bool(outside.records("registers.marking.approved")))
    assert "officer" not in str(outside.records())
