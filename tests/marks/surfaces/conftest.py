"""One browser for all surfaces that a browser shows."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.marks.surfaces.browsing import chromium


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running
