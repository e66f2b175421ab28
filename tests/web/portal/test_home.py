"""The home page: services, filing, rehearsal."""

from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.portal.conftest import client_of
from tests.web.portal.house import Registers, SmallHouse, small_house

FILED = {"mode": "live", "filing_number": "网信算备110000000000000230011号", "provider_name": "某某科技"}
LINK = "https://example.test/filing"
PAGES = ("/", "/verify", "/receipts", "/receipts/unknown", "/nowhere")


def test_services_stand_with_their_classes(client: TestClient) -> None:
    """Each service is named with its Article 23 technology and its Article 17 marking class."""
    page = unescape(client.get("/").text)
    for said in ("演练对话", "文本内容的生成或编辑", "17(1)", "模拟自然人的文本", "程序绘图", "17(5)"):
        assert said in page


def test_the_ledgers_key_is_public(client: TestClient, house: SmallHouse) -> None:
    """What receipts are checked against stands on the home page."""
    assert house.signer.vkey in unescape(client.get("/").text)


def test_no_service_teaches(house: SmallHouse) -> None:
    """An empty register is said in words."""
    house.admission = Registers({})
    with client_of(house) as client:
        assert "还没有登记任何服务" in client.get("/").text


@pytest.mark.parametrize("path", PAGES)
def test_a_rehearsal_says_so_on_every_page(client: TestClient, path: str) -> None:
    """The banner and the header stand on every page of a rehearsal, errors included."""
    answer = client.get(path)
    assert 'class="rehearsal"' in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_the_filing_stands_on_every_page(tmp_path: Path, path: str) -> None:
    """Article 19: number and public link, in a conspicuous place at home and at the foot of every page; no banner."""
    with client_of(small_house(tmp_path, **FILED, filing_link=LINK)) as client:
        page = client.get(path).text
    assert page.count(FILED["filing_number"]) == (3 if path == "/" else 1)
    assert f'href="{LINK}"' in page
    assert 'class="rehearsal"' not in page


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "not a link", "//other.test"])
def test_a_filing_link_that_is_no_web_address_is_not_linked(tmp_path: Path, link: str) -> None:
    """Whatever stands in the settings, only http and https become a link."""
    with client_of(small_house(tmp_path, **FILED, filing_link=link)) as client:
        page = client.get("/").text
    assert link not in page
    assert FILED["filing_number"] in page


def test_the_provider_is_named_as_text(tmp_path: Path) -> None:
    """A provider's name with markup stays a name."""
    with client_of(small_house(tmp_path, provider_name="<b>甲&乙</b>")) as client:
        page = client.get("/").text
    assert "<b>甲" not in page
    assert "&lt;b&gt;甲&amp;乙&lt;/b&gt;" in page
