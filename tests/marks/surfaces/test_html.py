"""A page bears its label where its reader sees it, whatever the page's own styles and scripts say."""

import contextlib
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

from sealmark.errors import SealmarkError
from sealmark.marks import surfaces
from sealmark.marks.explicit.errors import UnlawfulWording
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media import STANDARD
from sealmark.media.errors import Damaged
from sealmark.media.text import html, html_body
from tests.marks.surfaces.browsing import contrast, shown

OURS = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
HEAD = '<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>城墙</title>{}</head>'
HOSTILE = (
    "<style>*{display:none!important;opacity:0!important;visibility:hidden!important;font-size:0!important;"
    "animation:x 1s infinite!important;transform:scale(0)!important;clip-path:circle(0)!important;color:red!important}"
    "html,body{display:block!important;opacity:1!important;transform:none!important;clip-path:none!important}"
    "[class]{left:-9999px!important;z-index:-1!important;height:0!important;overflow:hidden!important}"
    "@layer a{div,.aigc-mark{display:none!important}}@keyframes x{to{opacity:0}}</style>"
)
PAGES = {
    "plain": HEAD.format("") + "<body><h1>城墙</h1><p>" + "很长。" * 999 + "</p></body></html>",
    "hostile styles": HEAD.format(HOSTILE) + '<body class="x"><h1>城墙</h1></body></html>',
    "covered": HEAD.format("")
    + '<body><div style="position:fixed;inset:0;background:#fff;z-index:99999"></div></body></html>',
    "nothing said": "<!doctype html>\n<title>城墙</title>\n<!-- c --><p>你好",
    "text at once": "<!doctype html>你好",
    "no content": "<!doctype html><html><head><title>x</title></head></html>",
    "hidden in the head": "<!doctype html><head><noscript><img src=x></noscript><template><template></template><p>q</p>"
    "</template><script>'<body>'</script></head> <link rel=x> <p>你好",
    "attributes": "<!doctype html><html><head></head><body data-x='a>b' onload=\"x='<body>'\"><p>你好</body></html>",
}
FRAGMENT = "<h2>城墙</h2><p>很长。</p>"


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("key", PAGES)
def test_the_label_is_seen_in_its_corner(key: str, scripts: bool, browser: Browser, tmp_path: Path) -> None:
    """Art. 17: in its corner of the window, legible at 4.5:1, without scripts and in spite of styles."""
    file = tmp_path / "a.html"
    file.write_bytes(mark(PAGES[key].encode(), OURS, name="a.html").data)
    picture = shown(browser, file, (360, 300), scripts=scripts)
    label = picture.crop((290, 264, 344, 284))
    assert contrast(label) >= 4.5
    dark = np.asarray(label.convert("L"), float) < 90
    assert 0.5 < dark.mean() < 0.95  # plate with letters on it


@pytest.mark.parametrize("corner", ["top_left", "top_right", "bottom_left", "bottom_right"])
def test_the_label_stays_when_the_page_is_scrolled(corner: str, browser: Browser, tmp_path: Path) -> None:
    """GB 45438 5.6: shown continuously, of a readable size, inside the window, and out of the way of clicks."""
    file = tmp_path / "a.html"
    options = ExplicitOptions(corner=corner, language="en")  # type: ignore[arg-type]  # one of the four above
    file.write_bytes(mark(PAGES["plain"].encode(), OURS, name="a.html", explicit=options).data)
    page = browser.new_page(viewport={"width": 360, "height": 300})
    page.goto(file.as_uri())
    page.evaluate("window.scrollTo(0, 900)")
    label = page.get_by_role("note")
    box = label.bounding_box()
    assert label.inner_text() == "AI生成 · AI-generated"
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert (box["x"] > 90, box["y"] > 150) == (corner.endswith("right"), corner.startswith("bottom"))
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('[role=note]')).fontSize)") >= 14
    under = page.evaluate("([x, y]) => document.elementFromPoint(x, y).tagName", [box["x"] + 9, box["y"] + 9])
    assert under in ("P", "H1", "BODY", "HTML")
    page.close()


def test_the_label_is_printed(browser: Browser, tmp_path: Path) -> None:
    """On paper the label stands on every sheet."""
    import pikepdf

    file = tmp_path / "a.html"
    file.write_bytes(mark(PAGES["plain"].encode(), OURS, name="a.html").data)
    page = browser.new_page()
    page.goto(file.as_uri())
    page.pdf(path=tmp_path / "a.pdf")
    page.close()
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        assert len(pdf.pages) > 1
        drawn = [b".0549" in one.Contents.read_bytes() for one in pdf.pages]  # 14 of 255, the plate's red
        assert all(drawn)


def test_a_fragment_begins_with_the_label(browser: Browser, tmp_path: Path) -> None:
    """What is put into another's page takes no corner of its window: the label is its first line."""
    marked = mark(FRAGMENT.encode(), OURS, name="a.html").data.decode()
    assert marked.endswith(FRAGMENT)
    file = tmp_path / "a.html"
    file.write_text(f'<!doctype html><meta charset="utf-8"><h1>主页</h1><p>别人的话</p><div>{marked}</div>', "utf-8")
    page = browser.new_page(viewport={"width": 360, "height": 300})
    page.goto(file.as_uri())
    label, heading = page.get_by_role("note").bounding_box(), page.get_by_role("heading", level=2).bounding_box()
    before = page.get_by_text("别人的话").bounding_box()
    assert label is not None
    assert heading is not None
    assert before is not None
    assert before["y"] < label["y"] < heading["y"]
    assert label["height"] > 20
    page.close()


@pytest.mark.parametrize("key", [*PAGES, "fragment", "gbk", "bom", "xhtml"])
def test_marking_twice_changes_nothing_and_all_else_stays(key: str) -> None:
    """The second time the label is found and left alone; without our two elements every byte is what it was."""
    special = {
        "fragment": FRAGMENT.encode(),
        "gbk": "<!doctype html><meta charset=gbk><title>字</title><p>你好".encode("gbk"),
        "bom": b"\xef\xbb\xbf" + PAGES["plain"].encode(),
        "xhtml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title>'
        b'<script src="x"/>'
        b"</head><body><p>y</p></body></html>",
    }
    source = special.get(key) or PAGES[key].encode()
    name = "a.xhtml" if key == "xhtml" else "a.html"
    once = mark(source, OURS, name=name)
    again = mark(once.data, OURS, name=name, own_edit=True, explicit=ExplicitOptions(corner="top_left"))
    assert again.data == once.data
    bare = re.sub(rb'<meta name="AIGC" [^>]+>|<div class="aigc-mark"[^>]+>[^<]+</div>', b"", once.data)
    assert bare == source
    found = verify(once.data, name=name).layers["explicit"]
    assert (found.state, found.place) == ("found", "start" if key == "fragment" else "bottom_right")


class Outline(HTMLParser):
    """What an independent parser sees: the names of the elements, in order."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(dict(attrs).get("class") or tag)


@pytest.mark.parametrize("key", ["plain", "attributes", "no content", "nothing said"])
def test_the_label_is_the_first_of_the_body(key: str) -> None:
    """In the order of the document the label stands before all content: who hears the page hears it first."""
    names = Outline(mark(PAGES[key].encode(), OURS, name="a.html").data.decode()).names
    assert "aigc-mark" in names
    behind = names[names.index("aigc-mark") + 1 :]
    assert not {"html", "head", "title", "meta", "body"} & set(behind)


@pytest.mark.parametrize(
    ("markup", "place"),
    [
        ("<!doctype html><body><p>本内容由<b>AI</b>生成</p><p>正文</p>", "start"),
        ("<!doctype html><body><p>正文。</p><footer>内容由AI生成，仅供参考</footer><script>1</script>", "end"),
        ("<!doctype html><body><p>正文</p>" + "<p>长</p>" * 20_000 + "<p>AI生成</p></body>", "end"),
        ("<!doctype html><body><script>AI生成</script><p>AI播客</p>", None),
        ("<!doctype html><title>AI生成</title><p>人工智能生成的内容越来越多", None),
    ],
)
def test_anothers_wording_is_found(markup: str, place: str | None) -> None:
    """Measures Art. 6(3): a wording that anyone put where it is seen first or last; titles and scripts are not seen."""
    assert verify(markup.encode()).layers["explicit"].place == place


def test_what_cannot_carry_a_label_is_refused() -> None:
    """Frames, a head that does not end, XHTML without a body or with prefixes, an unlawful wording."""
    frames = b"<!doctype html><html><head></head><frameset><frame></frameset></html>"
    endless = b"<!doctype html><template><p>x"
    bodiless = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head/></html>'
    hollow = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head/><body/></html>'
    prefixed = b'<?xml version="1.0"?><!DOCTYPE html><h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:body/></h:html>'
    for data in (frames, endless, bodiless, hollow, prefixed):
        with pytest.raises(Damaged):
            mark(data, OURS, name="a.xhtml" if b"xml" in data else "a.html")
    with pytest.raises(UnlawfulWording):
        mark(PAGES["plain"].encode(), OURS, name="a.html", explicit=ExplicitOptions(wording="虚拟主播"))


@settings(max_examples=200, deadline=None)
@given(st.text("<>/=\"' !-?ahtmlbodyscriptemplatenosr[]&;:AI生成", max_size=120))
def test_hostile_pages_raise_our_errors_alone(markup: str) -> None:
    """Whatever stands in a page, marking and looking end with a result or one of our errors."""
    surface = surfaces.of(html.FORMAT)
    assert surface is not None
    asked = surfaces.Asked(ExplicitOptions(), STANDARD, fresh=False, own=True)
    for data in (markup.encode(), b"<!doctype html><html><head>" + markup.encode(), b"<?xml ?>" + markup.encode()):
        with contextlib.suppress(SealmarkError):
            surface.mark(data, html.FORMAT, asked)
        with contextlib.suppress(SealmarkError):
            surface.find(data, html.FORMAT, STANDARD)


@pytest.mark.parametrize("unit", [b"<", b"<script ", b"<!--", b"<a b='", b"</script ", b"&amp;", b"<template>", b" "])
def test_looking_is_cheap(unit: bytes) -> None:
    """A megabyte of beginnings without an end costs less than a tenth of a second."""
    import time

    data = b"<!doctype html><body>" + unit * ((1 << 20) // len(unit))
    start = time.process_time()
    with contextlib.suppress(SealmarkError):
        surfaces.of(html.FORMAT).find(data, html.FORMAT, STANDARD)  # type: ignore[union-attr]  # HTML has one
    assert time.process_time() - start < 0.1


def test_words_are_those_that_are_seen() -> None:
    """Tags, comments, scripts and references are no words; lines stay lines."""
    first, last = html_body.words(b"<h1>A &amp; <i>B</i></h1><!-- x --><style>p{}</style><p>C</p>", 0)
    assert first == last == "A & B\n\nC"
