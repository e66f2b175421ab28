"""Article 8: rules and the service agreement are published; users accept them before they use the service."""

from tests.deployment import Deployment, ask
from tests.upstream import ScriptedUpstream


def test_the_agreement_is_public(deployment: Deployment) -> None:
    """Anyone can read the agreement in force, with its version and digest."""
    with deployment.client() as public:
        agreement = public.get("/api/agreement").json()
    assert agreement["version"] == "2026-11"
    assert agreement["zh"]
    assert len(agreement["digest"]) == 64


def test_nobody_generates_without_accepting_it(deployment: Deployment, upstream: ScriptedUpstream) -> None:
    """An identified user who has not accepted is refused, with the article; after accepting, served."""
    upstream.says("of course")
    with deployment.client(deployment.new_key(ready=False)) as client:
        client.post("/api/end-users", json={"user": "u"}).raise_for_status()
        identity = {"user": "u", "document": "mobile", "number": "13800138001"}
        client.post("/api/end-users/identity", json=identity).raise_for_status()
        refused = client.post("/v1/chat/completions", json=ask("hello", user="u"))
        assert (refused.status_code, refused.json()["error"]["article"]) == (403, 8)
        client.post("/api/end-users/agreement", json={"user": "u", "version": "2026-11"}).raise_for_status()
        assert client.post("/v1/chat/completions", json=ask("hello", user="u")).status_code == 200


def test_acceptance_is_recorded(deployment: Deployment) -> None:
    """Publishing and accepting the agreement leave records."""
    with deployment.client(deployment.new_key(ready=False)) as client:
        client.post("/api/end-users", json={"user": "u"}).raise_for_status()
        client.post("/api/end-users/agreement", json={"user": "u", "version": "2026-11"}).raise_for_status()
    deployment.house.drain.once()
    kinds = {record["kind"] for record in deployment.records()}
    assert {"people.agreement.published", "people.agreement.accepted"} <= kinds
