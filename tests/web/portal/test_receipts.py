"""Receipts: what their code opens, and for nobody else."""

from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sealmark.errors import SealmarkError
from tests.web.portal.conftest import client_of
from tests.web.portal.house import SmallHouse, small_house
from tests.web.portal.samples import CODE, NUMBER, opened


def test_the_code_opens_who_when_and_what(client: TestClient, house: SmallHouse) -> None:
    """Who holds the code sees account, moment with its zone, address, request, answer and production number."""
    house.items.receipts[CODE] = (opened(), "{}")
    answer = client.get(f"/receipts/{CODE}")
    page = unescape(answer.text)
    assert answer.status_code == 200
    expected = (
        "ex-k3v5q7mn2b4c6d8e",
        "2026年11月23日 16:29:05 北京时间（UTC+8）",
        "reader-17",
        "eu-5f2k",
        "192.0.2.7:50512",
        "写一句话介绍城墙",
        "城墙很长",
        NUMBER,
        "已放行",
    )
    assert [text for text in expected if text not in page] == []
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert 'content="noindex"' in page
    assert f"sealmark ledger check receipt.json --vkey '{house.signer.vkey}'" in page


def test_a_refusal_says_why(client: TestClient, house: SmallHouse) -> None:
    """The receipt of a refused request carries the stable code of the refusal, and says that nothing was answered."""
    house.items.receipts[CODE] = (
        opened(outcome="refused", code="review.input_blocked", answered=None, items=(), named=None),
        "{}",
    )
    page = unescape(client.get(f"/receipts/{CODE}").text)
    assert "已拒绝" in page
    assert "review.input_blocked" in page
    assert "没有记录。" in page


def test_what_was_said_is_text_never_markup(client: TestClient, house: SmallHouse) -> None:
    """A prompt with markup, a percent sign and an unheard-of role is shown as it was written."""
    asked = {"messages": [{"role": "100%s<b>", "content": [{"type": "text", "text": "<script>alert(1)</script>%d"}]}]}
    house.items.receipts[CODE] = (opened(asked=asked, operation="%s", outcome="new%"), "{}")
    answer = client.get(f"/receipts/{CODE}?lang=en")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<script>alert(1)</script>%d" in unescape(answer.text)


def test_the_proof_can_be_taken_along(client: TestClient, house: SmallHouse) -> None:
    """The download is the receipt's own text, byte by byte, as a file."""
    house.items.receipts[CODE] = (opened(), '{"type": "sealmark-receipt@v1"}\n')
    answer = client.get(f"/receipts/{CODE}/receipt.json")
    assert answer.text == '{"type": "sealmark-receipt@v1"}\n'
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/receipts/nosuchcode", "/receipts/nosuchcode/receipt.json", "/receipts/%00%ff"])
def test_an_unknown_code_is_a_calm_page(client: TestClient, path: str) -> None:
    """No record answers: 404 with what to do, and the typed code is kept."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert "items.unknown_receipt" in answer.text


def test_the_form_leads_to_the_receipt(client: TestClient) -> None:
    """Spaces, line ends and capitals of a copied code do no harm; an empty code stays on the form."""
    answer = client.post("/receipts", data={"code": f" {CODE[:13].upper()} {CODE[13:]}\n"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/receipts/{CODE}")
    assert client.post("/receipts", data={"code": "../x"}).headers["location"] == "/receipts/..%2Fx"
    assert client.post("/receipts", data={}).headers["location"] == "/receipts"


@pytest.mark.parametrize("path", ["/receipts/nosuchcode", "/receipts/nosuchcode/receipt.json"])
def test_codes_cannot_be_tried_without_end(tmp_path: Path, path: str) -> None:
    """Looking a code up and taking its proof along spend an allowance of its own, found or not."""
    with client_of(small_house(tmp_path, verify_per_minute=2)) as client:
        assert [client.get(path).status_code for _ in range(3)] == [404, 404, 429]
        assert client.post("/verify", data={"text": "x"}).status_code == 200
        assert int(client.get(path).headers["retry-after"]) >= 1


def test_an_unopenable_record_is_answered(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the registry refuses (its key is gone, say), the page says what the error says."""

    class KeyGone(SealmarkError):
        code = "test.key_gone"
        status = 410
        en = "The key is gone."

    def refuse(code: str) -> None:
        raise KeyGone

    monkeypatch.setattr(house.items, "opened", refuse)
    with client_of(house) as client:
        answer = client.get(f"/receipts/{CODE}?lang=en")
    assert answer.status_code == 410
    assert "The key is gone." in answer.text
