"""TIFF: a wording in a corner of every page, in the page's own mode and coding (GB 45438 5.2; Art. 17(3))."""

from dataclasses import replace

from PIL import Image

from sealmark.marks import note
from sealmark.marks.explicit import image as drawing
from sealmark.marks.explicit import seeing
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.finding import LayerFinding
from sealmark.marks.note import Note
from sealmark.marks.surfaces.image import sighted
from sealmark.marks.surfaces.surface import UNPERCEIVED, Asked, Shown, Surface
from sealmark.media import Format, Limits
from sealmark.media.errors import NotEncodable
from sealmark.media.pieces import Buffer
from sealmark.media.pixels import tiff
from sealmark.media.pixels.tiff import Document, Page


def _mark(data: Buffer, _form: Format, asked: Asked) -> Shown:
    came = tiff.decode(bytes(data), asked.limits)
    document = came.freshened() if asked.fresh else came
    pages = tuple(_drawn(page, asked.explicit) for page in document.pages)
    whole = len(came.pages) == len(came.container.pages)  # smaller copies of a page bear no mark, and go
    if whole and all(drawn is page and not page.unhidden for drawn, page in zip(pages, came.pages, strict=True)):
        return data, ()
    return tiff.encode(replace(document, pages=pages)), _losses(document)


def _drawn(page: Page, chosen: ExplicitOptions) -> Page:
    if seeing.borne(_shown(page.pixels), chosen.wording):
        return page
    return page.drawn(drawing.draw(page.pixels, wording=chosen.wording, corner=chosen.corner))


def _shown(pixels: Image.Image) -> Image.Image:
    """The pixels with eight bits a sample, as a screen shows them."""
    if pixels.mode.startswith("I"):
        return pixels.convert("I").point(lambda sample: sample * (1 / 256)).convert("L")
    return pixels.convert("RGB")


def _plain(data: Buffer, _form: Format, asked: Asked) -> Shown:
    if not asked.fresh and not (asked.own and tiff.is_see_through(bytes(data))):
        return data, ()
    document = tiff.decode(bytes(data), asked.limits)
    if not asked.fresh and not any(page.unhidden for page in document.pages):
        return data, ()
    document = document.freshened() if asked.fresh else document
    return tiff.encode(document), _losses(document)


def _losses(document: Document) -> tuple[Note, ...]:
    pages = document.pages
    said = ((any(one.shallower for one in pages), note.SHALLOWER), (any(one.unhidden for one in pages), note.UNHIDDEN))
    return tuple(loss for holds, loss in said if holds)


def _find(data: Buffer, _form: Format, limits: Limits) -> LayerFinding:
    try:
        return sighted(_shown(tiff.decode(bytes(data), limits, most=1).pages[0].pixels))
    except NotEncodable:
        return UNPERCEIVED


SURFACE = Surface(_mark, _plain, _find)
