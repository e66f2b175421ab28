"""A book bears its label at the head of every document that a reader may open."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from sealmark.marks.errors import NoExplicitMark, SignedPackage
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media import Limits
from sealmark.media.errors import Damaged, Encrypted, TooLarge
from tests.marks.surfaces.browsing import contrast, shown
from tests.media.packages import epub2_parts, epub3_parts, unzipped, zipped

OURS = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
Parts = dict[str, str | bytes]
_XHTML = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>章</title>{}</head><body>{}</body></html>'
DRAWN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 80"><rect width="60" height="80" fill="#cde"/></svg>'


def novel() -> Parts:
    """A book with a cover drawn in SVG, a document type, a coding of 16 bits, a name to be decoded, and a nav."""
    parts = epub3_parts()
    items = {
        "cover": ("cover.svg", "image/svg+xml", DRAWN),
        "one": (
            "text/%E4%B8%80.xhtml",
            "application/xhtml+xml",
            "<!DOCTYPE html>\n" + _XHTML.format('<script src="x.js"/>', "<p>一</p>"),
        ),
        "wide": ("text/two.xhtml", "application/xhtml+xml", "\ufeff" + _XHTML.format("", "<p>二</p>")),
        "prefixed": (
            "three.xhtml",
            "application/xhtml+xml",
            '<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>x</h:title></h:head><h:body><h:p>三</h:p></h:body></h:html>',
        ),
    }
    opf = str(parts["OEBPS/content.opf"])
    manifest = "".join(
        f'<item id="{name}" href="{href}" media-type="{kind}"/>' for name, (href, kind, _) in items.items()
    )
    opf = opf.replace("</manifest>", f"{manifest}</manifest>")
    order = "".join(f'<itemref idref="{name}"/>' for name in ("cover", "page", "one", "wide", "prefixed", "one"))
    parts["OEBPS/content.opf"] = opf.replace('<itemref idref="page"/>', order)
    for name, (href, _, content) in items.items():
        coded = content.encode("utf-16-le") if name == "wide" else content.encode()
        parts["OEBPS/" + href.replace("%E4%B8%80", "一")] = coded
    return parts


BOOKS = {"epub 3": epub3_parts, "epub 2": epub2_parts, "novel": novel}
SPINES = {
    "epub 3": ["OEBPS/page.xhtml"],
    "epub 2": ["page.xhtml"],
    "novel": [
        "OEBPS/cover.svg",
        "OEBPS/page.xhtml",
        "OEBPS/text/一.xhtml",
        "OEBPS/text/two.xhtml",
        "OEBPS/three.xhtml",
    ],
}


def book(key: str) -> bytes:
    return zipped(BOOKS[key](), stored="mimetype")


@pytest.mark.parametrize("key", BOOKS)
def test_every_document_of_the_spine_bears_the_label(key: str) -> None:
    """GB 45438 5.1: first in each body, in the document's own names; every other entry is what it was."""
    before, after = unzipped(book(key)), unzipped(mark(book(key), OURS).data)
    changed = {name for name in before if before[name] != after[name]}
    assert changed - {name for name in changed if name.endswith(".opf")} == set(SPINES[key])
    for name in SPINES[key]:
        root = ElementTree.fromstring(after[name])
        last = root.tag.endswith("svg")
        first = root[-1] if last else root[-1][0]
        assert (first.get("aria-label") if last else first.text) == "AI生成"
        assert first.tag.rpartition("}")[0] == root.tag.rpartition("}")[0]


@pytest.mark.parametrize("key", BOOKS)
def test_marking_twice_changes_nothing(key: str) -> None:
    """The second time each label is found and left alone; the book says where it is."""
    once = mark(book(key), OURS).data
    assert mark(once, OURS, own_edit=True, explicit=ExplicitOptions(corner="top_left")).data == once
    found = verify(once).layers["explicit"]
    assert (found.state, found.place) == ("found", "start")
    assert verify(book(key)).layers["explicit"].state == "none"


def test_all_else_of_a_document_stays() -> None:
    """Without the label each document is what it was, in the coding that it had."""
    before, after = novel(), unzipped(mark(book("novel"), OURS).data)
    for name in SPINES["novel"][1:]:
        coding = "utf-16-le" if name.endswith("two.xhtml") else "utf-8"
        bare = re.sub(r'<(h:)?div class="aigc-mark"[^>]+>[^<]+</(h:)?div>', "", after[name].decode(coding))
        old = before[name]
        assert bare == (old.decode(coding) if isinstance(old, bytes) else old)


def test_epub_2_gets_nothing_that_its_schema_lacks() -> None:
    """OPS 2.0.1 is XHTML 1.1: no role, no data attribute, no lang without its prefix."""
    page = unzipped(mark(book("epub 2"), OURS).data)["page.xhtml"].decode()
    names = re.findall(r'([\w:-]+)="', re.findall(r"<div[^>]+>", page)[0])
    assert names == ["class", "xml:lang", "style"]


def test_a_reader_shows_the_label_first(browser: Browser, tmp_path: Path) -> None:
    """In a browser engine, which reading systems are, the label is legible and stands above the text."""
    file = tmp_path / "page.xhtml"
    file.write_bytes(unzipped(mark(book("epub 3"), OURS).data)["OEBPS/page.xhtml"])
    picture = shown(browser, file, (360, 200))
    label = picture.crop((14, 12, 60, 28))
    assert contrast(label) >= 4.5
    assert (np.asarray(label.convert("L"), float) < 90).mean() > 0.5


def test_what_cannot_carry_a_label_is_refused() -> None:
    """A signature, encrypted text, a spine that leads nowhere, a book without documents, one that would unfold."""
    cipher = (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><e:EncryptedData '
        'xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:CipherData><e:CipherReference URI="OEBPS/{}"/></e:CipherData>'
        "</e:EncryptedData></encryption>"
    )
    opf = str(epub3_parts()["OEBPS/content.opf"])
    cases: list[tuple[Parts, type[Exception]]] = [
        ({"META-INF/signatures.xml": "<signatures/>"}, SignedPackage),
        ({"META-INF/encryption.xml": cipher.format("page.xhtml")}, Encrypted),
        ({"OEBPS/content.opf": opf.replace('href="page.xhtml"', 'href="gone.xhtml"')}, Damaged),
        ({"OEBPS/content.opf": opf.replace('<itemref idref="page"/>', "")}, Damaged),
        ({"OEBPS/page.xhtml": "<html><head><title>x</title></head></html>"}, Damaged),
    ]
    for change, error in cases:
        with pytest.raises(error):
            mark(zipped(epub3_parts() | change, stored="mimetype"), OURS)
    fonts: Parts = {"META-INF/encryption.xml": cipher.format("font.otf"), "OEBPS/font.otf": b"x"}
    assert mark(zipped(epub3_parts() | fonts, stored="mimetype"), OURS).layers == ("explicit", "metadata")
    large: Parts = epub3_parts() | {"OEBPS/page.xhtml": _XHTML.format("", "<p>" + "长" * 500_000 + "</p>")}
    with pytest.raises(TooLarge):
        mark(zipped(large, stored="mimetype"), OURS, limits=Limits(size=100_000))


def test_json_bears_no_visible_mark() -> None:
    """JSON is read by programs: its label stands in the envelope, and nothing is written where syntax would break."""
    with pytest.raises(NoExplicitMark):
        mark(b'{"answer": 1}', OURS, name="a.json")
    marked = mark(b'{"answer": 1}', OURS, name="a.json", layers=("metadata",))
    assert marked.layers == ("metadata",)
    assert marked.data.endswith(b'"answer": 1}')
