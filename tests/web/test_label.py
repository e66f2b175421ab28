"""The label that providers put beside what they generate: as the documents show it, on a page of another host."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from sealmark.marks.explicit.wording import lawful
from sealmark.web.design import assets
from tests.docs.pages import DOCS, blocks
from tests.marks.surfaces.browsing import chromium, contrast
from tests.web.portal.conftest import client_of
from tests.web.portal.house import small_house

SHEET = Path(assets.__file__).parent / "label" / "aigc-label.css"
# What an ordinary host page says, and what a careless one does.
HOST = (
    "span,p,figure,figcaption{display:none;visibility:hidden;opacity:0;font-size:0;color:#fff;background:#fff;width:0;height:0;"
    "position:absolute;left:-9999px;overflow:hidden;clip-path:circle(0);transform:scale(0);z-index:-1}"
    "*{letter-spacing:-1em;line-height:0} .message *{display:none!important} figure>*{margin:-99px}"
    "video,audio{position:static}"
)
LABEL = ".aigc-label"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def snippets(language: str) -> list[str]:
    """The component's HTML in the documents, but for the link of the style sheet."""
    return [block.text for block in blocks(DOCS / language / "label.md", "html") if "<link" not in block.text]


def host_page(snippet: str, host: str = "") -> str:
    style = f"<style>{host}</style><style>{SHEET.read_text('utf-8')}</style>"
    return f'<!doctype html><meta charset="utf-8">{style}<body style="margin:12px;background:#fff">{snippet}</body>'


def opened(browser: Browser, content: str, scheme: str) -> Page:
    size = {"width": 360, "height": 300}
    page = browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=True).new_page()  # type: ignore[arg-type]  # light or dark
    page.set_content(content)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("host", ["", HOST])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_form_is_seen_at_360_pixels(
    language: str, host: str, scheme: str, browser: Browser, tmp_path: Path
) -> None:
    """GB 45438 5.6: shown, legible at 4.5:1, inside the window, in both schemes, whatever ordinary rules a host has."""
    assert len(snippets(language)) == 4
    for snippet in snippets(language):
        page = opened(browser, host_page(snippet, host), scheme)
        label = page.locator(LABEL)
        box = label.bounding_box()
        assert box is not None, snippet
        assert box["height"] >= 18
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert label.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)") >= 13
        label.screenshot(path=tmp_path / "a.png")
        picture = (
            Image.open(tmp_path / "a.png").convert("RGB").crop((20, 4, int(box["width"]) - 10, int(box["height"]) - 4))
        )
        assert contrast(picture) >= 4.5, snippet
        assert np.asarray(picture.convert("L"), float).std() > 5  # letters, not a bare plate
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.context.close()


def test_the_label_of_a_conversation_stays_while_it_is_scrolled(browser: Browser) -> None:
    """GB 45438 5.6: continuously shown at the top."""
    bar = next(snippet for snippet in snippets("zh") if "aigc-label-bar" in snippet)
    page = opened(browser, host_page(bar + "<p>话</p>" * 200), "light")
    page.evaluate("window.scrollTo(0, 2000)")
    box = page.locator(LABEL).bounding_box()
    assert box is not None
    assert box["y"] == pytest.approx(0, abs=1)
    page.context.close()


def test_a_player_is_framed_and_described(browser: Browser) -> None:
    """Measures Art. 4(4): the label stands above the player, outside it, and is said with it."""
    for snippet in (one for one in snippets("zh") if "aigc-frame" in one):
        page = opened(browser, host_page(snippet), "light")
        label, player = page.locator(LABEL).bounding_box(), page.locator("video, audio").bounding_box()
        assert label is not None
        assert player is not None
        assert label["y"] + label["height"] <= player["y"]
        assert page.locator("video, audio").evaluate(
            "(one) => !!document.getElementById(one.getAttribute('aria-describedby'))"
        )
        assert page.get_by_role("note").count() == 1
        page.context.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_words_hold_both_elements(language: str) -> None:
    """GB 45438 5.6: in every language an AI element and a generation element stand in the label."""
    said = [re.search(r"aigc-label[^>]*>([^<]+)<", snippet) for snippet in snippets(language)]
    assert all(one and lawful(one[1]) for one in said)


def test_the_sheet_is_linked_from_another_host(tmp_path: Path) -> None:
    """At its fixed address, without a version, the style sheet may be used by pages of another origin; no other may."""
    with client_of(small_house(tmp_path / "house")) as client:
        served = client.get("/design/aigc-label.css")
        assert served.text == SHEET.read_text("utf-8")
        assert served.headers["cross-origin-resource-policy"] == "cross-origin"
        assert client.get("/design/page.css").headers["cross-origin-resource-policy"] == "same-origin"


def test_the_sheet_needs_nothing_else() -> None:
    """No import, no address, no variable of ours: what is copied is whole."""
    text = SHEET.read_text("utf-8")
    assert not re.search(r"@import|url\(|var\(", text)
    assert len(text.encode()) < 4096
