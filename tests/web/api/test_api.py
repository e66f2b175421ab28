"""The API: keys for the operator, end users for applications, publishing under Article 9, receipts for all."""

import json

from sealmark.ledger import check
from tests.deployment import Deployment, ask
from tests.upstream import ScriptedUpstream


def test_only_the_operator_manages_applications(deployment: Deployment, key: str) -> None:
    """No key, a wrong key, or an application's key opens nothing."""
    for wrong in ("", "nonsense", key):
        with deployment.client(wrong) as client:
            answer = client.post("/api/applications", json={"name": "x"})
            assert (answer.status_code, answer.json()["code"]) == (401, "api.not_operator")
            assert answer.headers["content-type"] == "application/problem+json"


def test_an_application_from_creation_to_its_end(deployment: Deployment, upstream: ScriptedUpstream) -> None:
    """Created, keyed, used, revoked, disabled; a key is shown once."""
    upstream.says("hello there")
    with deployment.client(deployment.house.operator_key) as operator:
        made = operator.post("/api/applications", json={"name": "小应用", "shows_label": False}).json()
        issued = operator.post(f"/api/applications/{made['id']}/keys").json()["key"]
        with deployment.client(issued) as client:
            assert client.post("/v1/chat/completions", json=ask("hi")).status_code == 200
        listed = operator.get(f"/api/applications/{made['id']}/keys")
        assert issued not in listed.text
        assert operator.delete(f"/api/keys/{listed.json()[0]['id']}").status_code == 204
        assert operator.delete(f"/api/applications/{made['id']}").status_code == 204
        shown = next(row for row in operator.get("/api/applications").json() if row["id"] == made["id"])
        assert shown["disabled_at"]
        assert operator.post("/api/applications/none/keys").json()["code"] == "people.no_such_application"


def test_problems_speak_the_callers_language(deployment: Deployment, key: str) -> None:
    """Problem documents carry code, article, and both sentences, in Chinese or English."""
    for language, word in (("zh-CN", "校验位"), ("en-GB", "check digit")):
        with deployment.client(key, language) as client:
            client.post("/api/end-users", json={"user": "lang"}).raise_for_status()
            body = {"user": "lang", "document": "resident_id", "number": "110105194912310021"}
            problem = client.post("/api/end-users/identity", json=body).json()
        assert word in problem["title"]
        assert (problem["code"], problem["article"], problem["status"]) == ("identity.malformed_number", 9, 400)
        assert problem["detail"]


def test_a_misspelled_field_is_refused(deployment: Deployment, key: str) -> None:
    """An unknown field is an error, not silence."""
    with deployment.client(key) as client:
        answer = client.post("/api/end-users", json={"user": "x", "usr": "y"})
    assert (answer.status_code, answer.json()["code"]) == (400, "exchange.unusable_request")


def test_publishing_asks_for_identity_by_article_9(deployment: Deployment, upstream: ScriptedUpstream) -> None:
    """Nobody publishes unidentified; the identified may publish what was released, and both are recorded."""
    upstream.says("a poem about herons")
    key = deployment.new_key()
    with deployment.client(key) as client:
        theirs = client.post("/v1/chat/completions", json=ask("a poem")).json()["aigc"]["ProduceID"]
        client.post("/api/end-users", json={"user": "eve"}).raise_for_status()
        client.post("/api/end-users/agreement", json={"user": "eve", "version": "2026-11"}).raise_for_status()
        refused = client.post("/api/publications", json={"user": "eve", "produce_id": theirs})
        assert (refused.status_code, refused.json()["article"]) == (403, 9)
        identity = {"user": "eve", "document": "uscc", "number": "91110102MAD55U9H0F"}
        client.post("/api/end-users/identity", json=identity).raise_for_status()
        hers = client.post("/v1/chat/completions", json=ask("a poem", user="eve")).json()["aigc"]["ProduceID"]
        assert client.post("/api/publications", json={"user": "eve", "produce_id": hers}).status_code == 201
        for other in ("R000000000000", theirs):
            unknown = client.post("/api/publications", json={"user": "eve", "produce_id": other})
            assert unknown.json()["code"] == "publish.unknown_item"
    kinds = [record["kind"] for record in deployment.records() if record["kind"].startswith("exchange.item")]
    refusal = "exchange.item.publishing_refused"
    assert kinds == [refusal, "exchange.item.published", refusal, refusal]


def test_a_receipt_can_be_fetched_and_checked(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """Whoever holds the code gets the receipt, and needs only the public key to check it."""
    upstream.says("the moon rose late")
    with deployment.client(key) as client:
        answer = client.post("/v1/chat/completions", json=ask("moon"))
        code = answer.headers["x-sealmark-receipt"]
        text = client.get(f"/api/receipts/{code}").text
        vkey = client.get("/api/ledger").json()["vkey"]
        assert client.get("/api/receipts/aaaaaaaaaaaaaaaaaaaaaaaaaa").status_code == 404
        assert client.get("/api/receipts/%00%ff").status_code == 404
    checked = check(text, vkey)
    assert checked.record["exchange"] == answer.headers["x-sealmark-exchange"]
    assert "moon" not in json.dumps(checked.record)


def test_an_unknown_address_is_a_problem_too(deployment: Deployment) -> None:
    """Also what is not there answers with a problem document."""
    with deployment.client() as client:
        for answer in (client.get("/api/nothing"), client.put("/api/agreement")):
            assert (answer.status_code, answer.json()["code"]) == (404, "exchange.no_such_endpoint")
            assert answer.headers["content-type"] == "application/problem+json"
