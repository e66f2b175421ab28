"""Article 10: inputs and outputs are reviewed, a feature library is kept, findings are handled and recorded."""

import json

import pytest

from tests.deployment import Deployment, ask, events, streamed_text
from tests.upstream import ScriptedUpstream, pieces


@pytest.fixture(scope="module")
def term(deployment: Deployment) -> str:
    """A term of the library that blocks."""
    rows = (entry for entries in deployment.house.stages.library.entries for entry in entries)
    return next(entry.term for entry in rows if entry.severity == "block")


def test_inputs_and_outputs_are_reviewed(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """Every released answer's record names two reviews: who reviewed, by which version, how much, with what result."""
    upstream.says("a calm answer")
    with deployment.client(key) as client:
        client.post("/v1/chat/completions", json=ask("a calm question")).raise_for_status()
    reviews = deployment.records("exchange.answer.closed")[-1]["reviews"]
    assert len(reviews) == 2
    library = deployment.house.stages.library
    for review in reviews:
        assert review["reviewer"] == "lexicon"
        assert review["version"] == f"{library.version}@sha256:{library.digest}"
        assert review["coverage"]["characters"] > 0
        assert review["result"] == "pass"


@pytest.mark.parametrize("disguise", ["{}", "full width", "with-hyphens", "ZERO WIDTH", "upper"])
def test_a_disguise_does_not_help(deployment: Deployment, key: str, term: str, disguise: str) -> None:
    """Width, case, separators and invisible characters change nothing."""
    disguises = {
        "{}": term,
        "full width": "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in term),
        "with-hyphens": "-".join(term),
        "ZERO WIDTH": "\u200b".join(term),
        "upper": term.upper(),
    }
    with deployment.client(key) as client:
        answer = client.post("/v1/chat/completions", json=ask(f"about {disguises[disguise]} please"))
    assert answer.json()["error"]["code"] == "review.input_blocked"


def test_what_was_found_is_kept_without_its_words(deployment: Deployment, key: str, term: str) -> None:
    """A refusal leaves a record that names entry and article, and not what was written."""
    with deployment.client(key) as client:
        answer = client.post("/v1/chat/completions", json=ask(f"the secret of {term}"))
    record = deployment.records("exchange.request.refused")[-1]
    assert record["exchange"] == answer.headers["x-sealmark-exchange"]
    assert (record["code"], record["article"]) == ("review.input_blocked", 10)
    assert term not in json.dumps(record, ensure_ascii=False)
    assert record["findings"][0]["risk"]


def test_a_stream_cannot_leak(deployment: Deployment, key: str, upstream: ScriptedUpstream, term: str) -> None:
    """Cut into single characters, a term never reaches the wire; the reader learns why and how to appeal."""
    upstream.streams(pieces(f"see: {term}!"))
    with deployment.client(key, "zh") as client:
        answer = client.post("/v1/chat/completions", json=ask("hi", stream=True))
    found = events(answer.content)
    assert streamed_text(found).endswith("see: ")
    assert "申诉" in found[-2]["error"]["message"]


def test_a_medium_that_nobody_sees_is_called_unreviewed(
    deployment: Deployment, key: str, upstream: ScriptedUpstream
) -> None:
    """Pictures have no content-seeing reviewer yet: the record says so and calls nothing reviewed that was not."""
    upstream.answers({"data": []})
    with deployment.client(key) as client:
        client.post("/v1/images/generations", json={"model": "test-image", "prompt": "a lake"})
    results = [review["result"] for review in deployment.records()[-1]["reviews"]]
    assert results == ["pass", "unreviewed"]
