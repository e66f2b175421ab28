"""However a part of a document is broken: a marked document that says so, or an error of ours; never anything else."""

import io
import random
from collections.abc import Callable

import openpyxl  # type: ignore[import-untyped]  # the peer has no stubs
import pptx
import pytest

from sealmark.errors import SealmarkError
from sealmark.marks import surfaces
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.surfaces import Asked
from sealmark.media import STANDARD, sniff
from tests.media import packages

ASKED = Asked(ExplicitOptions(), STANDARD, fresh=False, own=True)
TRIES = 60


def _docx() -> bytes:
    """With a header of its own, so that every part that marking reads is there."""
    once = packages.docx()
    marked, _ = _surface(once).mark(once, sniff(once), ASKED)
    return bytes(marked)


def _surface(data: bytes) -> surfaces.Surface:
    surface = surfaces.of(sniff(data))
    assert surface is not None
    return surface


def _pptx() -> bytes:
    show, out = pptx.Presentation(), io.BytesIO()
    show.slides.add_slide(show.slide_layouts[6])
    show.save(out)
    return out.getvalue()


def _xlsx() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append([1, 2])
    book.active.oddHeader.left.text = "x"
    book.save(out)
    data = out.getvalue()
    return bytes(_surface(data).mark(data, sniff(data), ASKED)[0])


# The parts that marking reads, of each kind; each is broken by itself.
KINDS: dict[str, tuple[Callable[[], bytes], tuple[str, ...]]] = {
    "docx": (_docx, ("word/document.xml", "word/_rels/document.xml.rels", "word/header1.xml", "_rels/.rels")),
    "pptx": (_pptx, ("ppt/presentation.xml", "ppt/_rels/presentation.xml.rels", "ppt/slides/slide1.xml")),
    "xlsx": (_xlsx, ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/drawings/drawing1.xml")),
    "odt": (lambda: packages.odf(packages.odf_parts()), ("content.xml", "META-INF/manifest.xml")),
    "ofd": (
        lambda: packages.zipped(packages.ofd_parts()),
        ("OFD.xml", "Doc_0/Document.xml", "Doc_0/Pages/Page_0/Content.xml"),
    ),
}


def _broken(content: bytes, chance: random.Random) -> bytes:
    """A digit, a quoted value or a stretch of the part is another, so that most results are still XML."""
    way, at = chance.randrange(3), chance.randrange(len(content))
    if way == 0:
        digits = [place for place, byte in enumerate(content) if chr(byte).isdigit()] or [at]
        place = chance.choice(digits)
        return content[:place] + chance.choice([b"", b"9" * 30, b"-1", b"x", b"1e9"]) + content[place + 1 :]
    if way == 1:
        parts = content.split(b'"')
        parts[chance.randrange(len(parts))] = chance.choice([b"", b"0", b"nowhere", "字".encode()])
        return b'"'.join(parts)
    start, stop = content.rfind(b"<", 0, at + 1), content.find(b">", at) + 1
    return content[: max(start, 0)] + content[stop:]


@pytest.mark.parametrize("kind", KINDS)
def test_broken_part_gives_a_marked_document_or_an_error_of_ours(kind: str) -> None:
    """What comes out as marked is found to be; looking itself never raises anything but what it may."""
    make, names = KINDS[kind]
    parts = packages.unzipped(make())
    chance = random.Random(kind)
    for number in range(TRIES):
        name = names[number % len(names)]
        data = packages.zipped(parts | {name: _broken(parts[name], chance)})
        _try(data)


def _try(data: bytes) -> None:
    try:
        form = sniff(data)
        surface = _surface(data)
        surface.find(data, form, STANDARD)
        marked, _ = surface.mark(data, form, ASKED)
    except SealmarkError:
        return
    assert surface.find(marked, form, STANDARD).state == "found"
    assert surface.mark(marked, form, ASKED)[0] == marked
