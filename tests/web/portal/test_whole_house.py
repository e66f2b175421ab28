"""The portal on a real house: what left through the gateway is recognised, and its receipt opens and checks."""

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from sealmark.ledger import check
from sealmark.web.portal.app import portal
from tests.deployment import CHAT, Deployment
from tests.upstream import ScriptedUpstream


@pytest.fixture
def visitor(deployment: Deployment) -> TestClient:
    return TestClient(portal(deployment.house), base_url="http://127.0.0.1", follow_redirects=False)


def ask(deployment: Deployment, key: str, upstream: ScriptedUpstream, words: str) -> tuple[str, str]:
    """Ask the gateway; the answer's text and its receipt's code."""
    upstream.says("The wall is long and old, and people walk on it in the evening.")
    body = {"model": CHAT, "messages": [{"role": "user", "content": words}]}
    with deployment.client(key) as client:
        answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"], answer.headers["x-sealmark-receipt"]


def test_a_released_text_is_recognised(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, visitor: TestClient
) -> None:
    """A chat's answer, pasted: a visible mark makes it suspected; the ledger knows it unchanged, by its number."""
    text, code = ask(deployment, key, upstream, "hello there")
    page = unescape(visitor.post("/verify", data={"text": text}).text)
    assert re.search(r'class="stamp"[^>]*><span>疑似<', page)
    assert "未被改动" in page
    assert re.search(r"R[0-9A-F]{12}", page)
    assert code not in page


def test_its_receipt_opens_and_checks_offline(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, visitor: TestClient
) -> None:
    """The receipt's page says what was asked and answered; the file it gives proves the record to anyone."""
    text, code = ask(deployment, key, upstream, "a question of mine")
    page = unescape(visitor.get(f"/receipts/{code}").text)
    said = re.findall(r'<p class="passage-text">(.*?)</p>', page, re.DOTALL)
    assert said == ["a question of mine", text]
    exchange = re.search(r"ex-[a-z2-7]{26}", page)
    proof = visitor.get(f"/receipts/{code}/receipt.json")
    assert exchange
    assert check(proof.content, deployment.house.signer.vkey).record["exchange"] == exchange[0]


def test_the_services_of_the_register_stand_on_the_home_page(deployment: Deployment, visitor: TestClient) -> None:
    """What admission knows is what the public sees."""
    page = unescape(visitor.get("/?lang=en").text)
    assert page.count("test-") == 4
    assert "Text that simulates a person" in page
    assert deployment.house.signer.vkey in page
