"""The public pages in a real browser: Chromium, headless, driven by Playwright."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

import sealmark
from sealmark.web.portal.app import portal
from tests.media.packages import docx, epub3_parts, zipped
from tests.web.portal.house import SmallHouse, small_house
from tests.web.portal.samples import CODE, label, marked, opened, picture, relabelled
from tools.browser import find_or_install

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
# Drops files as a person does: the page sees the same events, with the same bytes.
DROP = """([name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name));
  const zone = document.querySelector(".drop");
  for (const kind of ["dragenter", "dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
  }
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Whatever is cut off sideways although nothing says that it scrolls.
CUT_OFF = """[...document.querySelectorAll("main *")].filter((one) =>
  one.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && one.checkVisibility()
).map((one) => one.outerHTML.slice(0, 80))"""


class Site:
    """The portal of a small house on a real socket."""

    def __init__(self, house: SmallHouse) -> None:
        self.house = house
        config = uvicorn.Config(portal(house), port=0, log_level="warning", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find_or_install(), args=FLAGS.split())
        yield running
        running.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    house = small_house(Path(tmp_path_factory.mktemp("site")))
    house.items.receipts[CODE] = (opened(), "{}")
    house.items.release(marked(), label())
    running = Site(house)
    yield running
    running.stop()


@contextmanager
def visit(browser: Browser, site: Site, **given: Any) -> Iterator[Page]:
    """A visitor's page; leaving it fails on any console error, page error, or request to another host."""
    context = browser.new_context(base_url=site.url, **({"locale": "zh-CN"} | given))
    page, wrong = context.new_page(), list[str]()
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    host = urlsplit(site.url).netloc
    page.on("request", lambda asked: wrong.append(asked.url) if urlsplit(asked.url).netloc != host else None)
    yield page
    context.close()
    assert wrong == []


def drop(page: Page, name: str, data: bytes) -> None:
    page.evaluate(DROP, [name, list(data)])


def test_a_dropped_picture_shows_its_verdict(browser: Browser, site: Site) -> None:
    """Drop a marked PNG: 属于, unchanged, five layers; then the same verdict in English without a second upload."""
    with visit(browser, site) as page:
        page.goto("/")
        page.get_by_role("link", name="核验一份内容").click()
        drop(page, "照片.png", marked())
        expect(page.locator("#file-chosen")).to_have_text("照片.png")
        page.keyboard.press("Enter")  # the drop leaves the focus on the button
        expect(page.locator(".stamp")).to_have_text("属于")
        expect(page.get_by_role("heading", name="未被改动")).to_be_visible()
        expect(page.locator(".layer")).to_have_count(5)
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Is AI-generated or synthesised")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_text("照片.png")).to_be_visible()


def test_an_altered_item_shows_what_was_changed(browser: Browser, site: Site) -> None:
    """One label value changed in a copy of an own item: the broken seal, and the released value beside it."""
    with visit(browser, site) as page:
        page.goto("/verify")
        drop(page, "copy.png", relabelled(marked()))
        page.get_by_role("button", name="核验", exact=True).click()
        expect(page.get_by_role("heading", name="放行后被改动")).to_be_visible()
        expect(page.locator(".field-changed")).to_have_count(2)


def test_pasted_text_and_the_language_in_the_middle_of_it(browser: Browser, site: Site) -> None:
    """Typing, changing the language, and verifying: nothing typed is lost."""
    with visit(browser, site) as page:
        page.goto("/verify")
        page.get_by_label("或者粘贴一段文本").fill("本内容由人工智能生成。\n今天天气很好，适合散步。")
        page.get_by_role("link", name="English").click()
        expect(page.get_by_label("Or paste a text")).to_have_value("本内容由人工智能生成。\n今天天气很好，适合散步。")
        page.get_by_role("button", name="Verify", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Suspected to be AI-generated or synthesised")


def test_everything_works_without_scripts(browser: Browser, site: Site) -> None:
    """With JavaScript off a file is still verified, its verdict still translated, a receipt still opened."""
    with visit(browser, site, java_script_enabled=False) as page:
        page.goto("/verify")
        page.locator("#file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": marked()})
        page.get_by_role("button", name="核验", exact=True).click()
        expect(page.locator(".stamp")).to_have_text("属于")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Is AI-generated or synthesised")
        page.get_by_role("link", name="Receipts").click()
        page.get_by_label("Receipt code").fill(CODE.upper())
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_text("reader-17")).to_be_visible()


def test_the_keyboard_goes_everywhere(browser: Browser, site: Site) -> None:
    """From the top of the page by Tab alone: skip link, navigation, file, text, declaration, button; focus is seen."""
    with visit(browser, site) as page:
        page.goto("/verify")
        reached = []
        for _ in range(10):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        wanted = ["跳到正文", "核验", "凭证", "English", "file", "text", "declared", "核验"]
        assert [one for one in reached if one in wanted] == wanted
        page.locator("#text").focus()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_an_identifier_is_copied_by_one_click(browser: Browser, site: Site) -> None:
    """The copy button puts the production number on the clipboard, and says so."""
    with visit(browser, site, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto("/verify")
        drop(page, "a.png", marked())
        page.get_by_role("button", name="核验", exact=True).click()
        button = page.locator(".ledger-number .copy")
        button.click()
        expect(button).to_have_text("已复制")
        assert page.evaluate("navigator.clipboard.readText()") == label().produce_id


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_at_360_pixels(browser: Browser, site: Site, language: str, scheme: str) -> None:
    """No horizontal scroll and nothing outside the window on any page, in both languages and both schemes."""
    size = {"width": 360, "height": 740}
    with visit(browser, site, locale=language, color_scheme=scheme, viewport=size) as page:
        for address in ("/", "/verify", "/receipts", f"/receipts/{CODE}", "altered", "plain"):
            if address.startswith("/"):
                page.goto(address)
            else:
                page.goto("/verify")
                drop(page, "x" * 60 + ".png", relabelled(marked()) if address == "altered" else picture())
                page.locator(".ask .button").click()
                page.wait_for_selector(".verdict")
            assert page.evaluate(OVERFLOW) == 0, address
            assert page.evaluate(CUT_OFF) == [], address


EVERY_PLACE = {
    "sign.svg": (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 500"/>', ("explicit", "metadata")),
    "page.html": (b"<!doctype html><title>x</title><p>x", ("explicit", "metadata")),
    "book.epub": (zipped(epub3_parts(), stored="mimetype"), ("explicit", "metadata")),
    "film.srt": (b"1\n00:00:05,000 --> 00:00:07,000\nx\n", ("explicit", "metadata")),
    "text.txt": ("今天天气很好。".encode(), ("explicit", "metadata")),
    "paper.docx": (docx(), ("metadata",)),
}


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_place_of_every_mark_is_drawn(browser: Browser, site: Site, language: str, width: int) -> None:
    """Each kind of item shows drawings or trees of its places, of a size to be seen, and nothing is cut off."""
    with visit(browser, site, locale=language, viewport={"width": width, "height": 740}) as page:
        for name, (data, layers) in EVERY_PLACE.items():
            item = sealmark.mark(data, label(), name=name, layers=layers).data
            page.goto("/verify")
            drop(page, name, item)
            page.locator(".ask .button").click()
            page.wait_for_selector(".verdict")
            assert page.locator("svg.sketch").count() == ("explicit" in layers), name
            assert page.locator(".tree").count() == (name != "text.txt"), name
            for drawn in page.locator("svg.sketch, .tree").all():
                box = drawn.bounding_box()
                assert box is not None
                assert box["width"] > 40
                assert box["height"] > 30
            assert page.evaluate(OVERFLOW) == 0, name
            assert page.evaluate(CUT_OFF) == [], name


def test_a_printed_receipt_is_the_slip_alone(browser: Browser, site: Site) -> None:
    """In print the navigation and the buttons are gone, and the slip is there."""
    with visit(browser, site) as page:
        page.goto(f"/receipts/{CODE}")
        page.emulate_media(media="print")
        expect(page.locator(".slip")).to_be_visible()
        expect(page.get_by_role("navigation")).to_be_hidden()
        expect(page.locator(".slip-acts .button")).to_be_hidden()
