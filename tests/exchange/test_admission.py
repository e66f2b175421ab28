"""Admission from memory: changes reach it within a second, and a worker that sees none admits nobody."""

import time
from pathlib import Path

import pytest

from sealmark.exchange import admission as module
from tests.deployment import AGREEMENT, SERVICE, Deployment, ask, deployed, wait_for
from tests.upstream import ScriptedUpstream

CHAT = "/v1/chat/completions"


def status(deployment: Deployment, key: str, **more: object) -> tuple[int, str]:
    with deployment.client(key) as client:
        answer = client.post(CHAT, json=ask("hello", **more))
        return answer.status_code, answer.json().get("error", {}).get("code", "")


def test_the_journey_of_an_end_user(deployment: Deployment, upstream: ScriptedUpstream) -> None:
    """Unknown, registered, agreed, identified: each refusal says what is missing, and each step counts at once."""
    upstream.says("welcome")
    key = deployment.new_key(ready=False)
    with deployment.client(key) as client:
        assert status(deployment, key, user="ann") == (403, "admission.end_user_unknown")
        client.post("/api/end-users", json={"user": "ann"}).raise_for_status()
        assert status(deployment, key, user="ann") == (403, "admission.agreement_required")
        client.post("/api/end-users/agreement", json={"user": "ann", "version": "2026-11"}).raise_for_status()
        assert status(deployment, key, user="ann") == (403, "admission.identity_required")
        number = {"user": "ann", "document": "mobile", "number": "13800138001"}
        assert client.post("/api/end-users/identity", json=number).json() == {"verified": True}
        assert status(deployment, key, user="ann") == (200, "")
        assert status(deployment, key, safety_identifier="ann") == (200, "")
        header = client.post(CHAT, json=ask("hello"), headers={"X-Sealmark-End-User": "ann"})
        assert header.status_code == 200


def test_a_sanction_reaches_the_worker_within_a_second(deployment: Deployment, upstream: ScriptedUpstream) -> None:
    """A suspended end user is stopped, and let in again when it is lifted."""
    upstream.says("welcome")
    key = deployment.new_key()
    application = deployment.house.people.applications()[-1].id
    assert status(deployment, key)[0] == 200
    sanction = deployment.house.people.sanction(application, module.APPLICATION_ITSELF, "suspend", "test")
    wait_for(lambda: status(deployment, key) == (403, "admission.sanctioned"), 1.0)
    deployment.house.people.lift_sanction(sanction)
    assert status(deployment, key)[0] == 200


def test_a_revoked_key_stops_within_a_second(deployment: Deployment, upstream: ScriptedUpstream) -> None:
    """Revoking reaches every worker by the next poll."""
    upstream.says("welcome")
    key = deployment.new_key()
    application = deployment.house.people.applications()[-1].id
    assert status(deployment, key)[0] == 200
    deployment.house.people.revoke_key(deployment.house.people.api_keys(application)[0].id)
    wait_for(lambda: status(deployment, key)[0] == 401, 1.0)


def test_a_disabled_application_stops_within_a_second(deployment: Deployment, upstream: ScriptedUpstream) -> None:
    """Disabling reaches keys that are cached, with nothing else happening beside it."""
    upstream.says("welcome")
    key = deployment.new_key()
    application = deployment.house.people.applications()[-1].id
    wait_for(lambda: status(deployment, key)[0] == 200, 1.0)
    time.sleep(2 * module.POLL)  # let the revisions of the new key pass
    assert status(deployment, key)[0] == 200
    deployment.house.people.disable_application(application)
    wait_for(lambda: status(deployment, key)[0] == 401, 1.0)


def test_a_worker_without_a_good_poll_admits_nobody(
    deployment: Deployment, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that might not know of an order answers 503 rather than admit."""
    upstream.says("welcome")
    key = deployment.new_key()
    assert status(deployment, key)[0] == 200
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    time.sleep(0.01)
    assert status(deployment, key) == (503, "admission.stale")
    monkeypatch.undo()
    assert status(deployment, key)[0] == 200


def test_an_unassessed_tool_is_refused(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """A biometric tool without its assessment is named with Article 15."""
    service = SERVICE.format(
        operation="chat",
        model="test-chat",
        url=upstream.url,
        marking="17(1)",
        reason="",
        flags='["biometric"]',
        assessment="",
        explicit="",
    )
    (tmp_path / "seed.toml").write_text(service + AGREEMENT, "utf-8")
    with deployed(tmp_path, upstream.url) as running, running.client(running.new_key()) as client:
        error = client.post(CHAT, json=ask("hello")).json()["error"]
    assert (error["code"], error["article"]) == ("admission.unassessed", 15)
