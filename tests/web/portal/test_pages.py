"""What holds for every page: headers, languages, nothing inline, nothing from elsewhere."""

import re

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from sealmark.web.design.languages import asked_for
from sealmark.web.design.pages import size
from sealmark.web.portal.app import portal
from tests.web.portal.conftest import client_of
from tests.web.portal.house import SmallHouse
from tests.web.portal.samples import CODE, marked, opened

ADDRESSES = ("/", "/verify", "/receipts", f"/receipts/{CODE}", "/receipts/unknown", "/nowhere", "/design/nothing.css")


def every_page(client: TestClient, house: SmallHouse) -> dict[str, str]:
    house.items.receipts[CODE] = (opened(), "{}")
    found = {path: client.get(path).text for path in ADDRESSES}
    found["verdict"] = client.post("/verify", files={"file": ("a.png", marked())}).text
    found["refused"] = client.post("/verify", files={"file": ("a.jpg", marked())}).text
    return found


def test_every_answer_is_guarded(client: TestClient, house: SmallHouse) -> None:
    """Pages, errors, assets, downloads and redirects all carry the policy and its companions."""
    house.items.receipts[CODE] = (opened(), "{}")
    answers = [client.get(path) for path in (*ADDRESSES, "/design/page.css", "/favicon.ico")]
    answers += [client.get(f"/receipts/{CODE}/receipt.json"), client.post("/receipts", data={"code": "a"})]
    answers += [client.delete("/verify"), client.post("/verify"), client.post("/verify/again")]
    for answer in answers:
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(client: TestClient, house: SmallHouse) -> None:
    """No inline script, style or handler, which the policy would block; no address of another host but the filing's."""
    for path, page in every_page(client, house).items():
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page), path
        addresses = re.findall(r'(?:src|href|action)="([^"]*)"', page)
        assert addresses, path
        assert all(address.startswith(("/", "#", "?")) and not address.startswith("//") for address in addresses), path


def test_every_page_can_be_walked(client: TestClient, house: SmallHouse) -> None:
    """One h1, a main that the skip link leads to, a language, a title, a name for every form field."""
    for path, page in every_page(client, house).items():
        assert page.count("<h1") == 1, path
        assert '<a class="skip" href="#main">' in page
        assert '<main id="main"' in page
        assert '<html lang="zh-Hans">' in page
        fields = re.findall(r'<(?:input|textarea)(?![^>]*type="hidden")[^>]*\bid="([\w-]+)"', page)
        assert all(f'for="{field}"' in page for field in fields), path
        identities = re.findall(r'\sid="([^"]+)"', page)
        assert len(identities) == len(set(identities)), path


def test_they_live_behind_another_application(house: SmallHouse) -> None:
    """Mounted at the root of a larger application, after its own routes, nothing changes."""
    whole = FastAPI()
    whole.mount("/", portal(house))
    with TestClient(whole, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        assert "portal.page_unknown" in client.get("/nowhere").text
        page = client.post("/verify", files={"file": ("a.png", marked())}).text
        assert 'aria-current="page"' in page
        assert client.get("/design/page.css").status_code == 200


def test_a_head_request_is_answered(client: TestClient) -> None:
    """HEAD gets what GET gets, without the body."""
    answer = client.head("/")
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_wrong_method_is_a_page(client: TestClient) -> None:
    """405 says what is allowed."""
    answer = client.put("/verify")
    assert answer.status_code == 405
    assert "portal.wrong_method" in answer.text
    assert "GET" in answer.headers["allow"] or "POST" in answer.headers["allow"]


def test_what_nobody_foresaw_is_a_calm_page(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours shows no traceback, and still carries the policy."""

    def fail(code: str) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(house.items, "opened", fail)
    with client_of(house) as client:
        answer = client.get(f"/receipts/{CODE}")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers


def test_a_chosen_language_stays(client: TestClient) -> None:
    """`?lang=` decides and is kept in a cookie that scripts cannot read; it outranks the browser's wish."""
    first = client.get("/?lang=en")
    assert '<html lang="en">' in first.text
    assert "httponly" in first.headers["set-cookie"].lower()
    assert '<html lang="en">' in client.get("/verify", headers={"Accept-Language": "zh"}).text
    assert '<html lang="zh-Hans">' in client.get("/?lang=zh").text


@pytest.mark.parametrize("value", ["fr", "", "en%0d%0aSet-Cookie: x=1", "<b>", "zh-Hans"])
def test_an_unknown_choice_changes_nothing(client: TestClient, value: str) -> None:
    """A language that we do not have is no choice, and reaches no header."""
    answer = client.get(f"/?lang={value}")
    assert '<html lang="zh-Hans">' in answer.text
    assert "x=1" not in str(answer.headers)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.2, zh;q=0.8", "zh"),
        ("fr,de;q=0.9", "zh"),
        ("fr, en;q=0.1", "en"),
        ("en;q=0", "zh"),
        ("ENGLISH", "zh"),
        ("en;q=nan", "zh"),
    ],
)
def test_the_browsers_wish(header: str, language: str) -> None:
    """Accept-Language is read with its weights; Chinese where it wants neither."""
    assert asked_for(header) == language


@given(st.text(max_size=80))
def test_any_wish_is_harmless(header: str) -> None:
    """Whatever the header holds, one of our languages comes out."""
    assert asked_for(header) in ("zh", "en")


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1 KB"), (1536, "1.5 KB"), (32 << 20, "32 MB")]
)
def test_sizes_as_a_person_writes_them(number: int, text: str) -> None:
    """Bytes in the largest unit below."""
    assert size(number) == text
