"""Article 9: real identity; nobody publishes who is not identified."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment import Deployment, ask, deployed, seed_text
from tests.upstream import ScriptedUpstream

WAYS = {"mobile": "13800138001", "resident_id": "11010519491231002X", "uscc": "91110102MAD55U9H0F"}


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory, upstream: ScriptedUpstream) -> Iterator[Deployment]:
    """A deployment whose policy asks for identity only where the article does: for publishing."""
    folder = tmp_path_factory.mktemp("lenient")
    policy = '[switches]\n"identity.required_for" = "publish"\n'
    Path(folder, "seed.toml").write_text(seed_text(upstream.url, switches=policy), "utf-8")
    with deployed(Path(folder), upstream.url) as running:
        yield running


@pytest.mark.parametrize("way", WAYS)
def test_the_ways_to_be_identified(deployment: Deployment, way: str) -> None:
    """Mobile number, identity document and unified social credit code identify; the attempt is recorded."""
    with deployment.client(deployment.new_key(ready=False)) as client:
        client.post("/api/end-users", json={"user": "u"}).raise_for_status()
        body = {"user": "u", "document": way, "number": WAYS[way]}
        assert client.post("/api/end-users/identity", json=body).json() == {"verified": True}
    deployment.house.drain.once()
    record = deployment.records("people.identity.checked")[-1]
    assert (record["document"], record["matched"], record["sandbox"]) == (way, True, True)


def test_publishing_without_identity_is_refused_by_name_of_the_article(
    lenient: Deployment, upstream: ScriptedUpstream
) -> None:
    """Where the policy lets the unidentified generate, publishing still names Article 9 and what to do."""
    upstream.says("a fable about an otter")
    with lenient.client(lenient.new_key(ready=False), "zh") as client:
        client.post("/api/end-users", json={"user": "u"}).raise_for_status()
        client.post("/api/end-users/agreement", json={"user": "u", "version": "2026-11"}).raise_for_status()
        answer = client.post("/v1/chat/completions", json=ask("a fable", user="u"))
        assert answer.status_code == 200
        item = {"user": "u", "produce_id": answer.json()["aigc"]["ProduceID"]}
        refused = client.post("/api/publications", json=item)
        assert (refused.status_code, refused.json()["article"]) == (403, 9)
        assert "第九条" in refused.json()["title"]
        assert "/api/end-users/identity" in refused.json()["detail"]
        identity = {"user": "u", "document": "mobile", "number": "13800138001"}
        client.post("/api/end-users/identity", json=identity).raise_for_status()
        assert client.post("/api/publications", json=item).status_code == 201


def test_by_default_generating_asks_for_identity_too(deployment: Deployment, upstream: ScriptedUpstream) -> None:
    """The default policy is stricter than the article, and does not claim that the article says so."""
    upstream.says("hello")
    with deployment.client(deployment.new_key(ready=False)) as client:
        client.post("/api/end-users", json={"user": "u"}).raise_for_status()
        client.post("/api/end-users/agreement", json={"user": "u", "version": "2026-11"}).raise_for_status()
        error = client.post("/v1/chat/completions", json=ask("hi", user="u")).json()["error"]
    assert (error["code"], error["article"]) == ("admission.identity_required", None)
