"""A small house, and its public pages behind a client that follows no redirect."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sealmark.web.portal.app import portal
from tests.web.portal.house import SmallHouse, small_house


@pytest.fixture
def house(tmp_path: Path) -> SmallHouse:
    return small_house(tmp_path)


@pytest.fixture
def client(house: SmallHouse) -> Iterator[TestClient]:
    with client_of(house) as opened:
        yield opened


def client_of(house: SmallHouse) -> TestClient:
    return TestClient(
        portal(house),
        base_url="http://127.0.0.1",
        client=("192.0.2.1", 50000),
        follow_redirects=False,
        raise_server_exceptions=False,
        headers={"Accept-Language": "zh-CN,zh;q=0.9"},
    )
