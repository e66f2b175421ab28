"""The pages of a TIFF: each decoded by itself, and written again in the coding that it had."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL import Image

from sealmark.errors import why
from sealmark.media.errors import Damaged, NotEncodable, TooManyFrames
from sealmark.media.image import tiff as container_of
from sealmark.media.image import tiff_pages
from sealmark.media.image.tiff import Container, Directory
from sealmark.media.limits import STANDARD, Limits
from sealmark.media.pixels import colour, transparency
from sealmark.media.pixels.picture import SHOWN, UNDONE
from sealmark.media.pixels.still import BROKEN

# TIFF 6.0 sections 5, 9 to 11; Technical Note 2; libtiff's registry: Pillow's names of the codings.
_CODINGS = {
    1: None,
    2: "tiff_ccitt",
    3: "group3",
    4: "group4",
    5: "tiff_lzw",
    7: "jpeg",
    8: "tiff_adobe_deflate",
    32773: "packbits",
    32946: "tiff_deflate",
    34925: "lzma",
    50000: "zstd",
}
_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PREDICTOR = 0x00FE, 0x0100, 0x0101, 0x0102, 0x0103, 0x013D
_EXTRA, _PROFILE, _RAW = 0x0152, 0x8773, 0xC612  # extra samples; the ICC profile; DNG's version
_REDUCED = 1  # TIFF 6.0 section 8: this page is another one, smaller
_JPEG_QUALITY = 90
_DEEP = {"I", "I;16", "I;16B", "F"}
# Modes of which only bilevel coding is made, and into which nothing else goes.
_BILEVEL = {"tiff_ccitt", "group3", "group4"}


@dataclass(frozen=True, slots=True)
class Page:
    """One page as a person sees it, upright, in the mode it was stored in; what was lost, and what was hidden in it."""

    pixels: Image.Image
    directory: Directory
    turned: Image.Transpose | None
    shallower: bool
    unhidden: bool

    def drawn(self, pixels: Image.Image) -> "Page":
        """The page with other pixels of the same size."""
        return replace(self, pixels=pixels)


@dataclass(frozen=True, slots=True)
class Document:
    """The pages of a TIFF, without smaller copies of them; `fresh` whether an encoding leaves their metadata behind."""

    pages: tuple[Page, ...]
    source: bytes
    container: Container
    fresh: bool = False

    def freshened(self) -> "Document":
        """The pages alone, in sRGB, to be encoded with nothing of their metadata but the density."""
        return replace(self, pages=tuple(_in_srgb(self, page) for page in self.pages), fresh=True)


def decode(data: bytes, limits: Limits = STANDARD, *, most: int | None = None) -> Document:
    """The pages of a TIFF, or the first so many; all of them together count as one picture.

    Raises `TooManyFrames`, `Damaged`, and `NotEncodable` for raw photographs and codings that we cannot write.
    """
    container = container_of.parse(data)
    own = [page for page in container.pages if not _number(data, container, page, _SUBFILE) & _REDUCED]
    wanted = (own or list(container.pages))[:most]
    _check_size(data, container, wanted, limits)
    return Document(tuple(_page(data, container, page) for page in wanted), data, container)


def is_see_through(data: bytes) -> bool:
    """Whether a page that we decode can have transparent pixels (TIFF 6.0 section 18), from its fields alone."""
    container = container_of.parse(data)
    clear = [page for page in container.pages if page.find(_EXTRA)]
    return any(not page.find(_RAW) and _coding(data, container, page) in _CODINGS for page in clear)


def _number(data: bytes, container: Container, page: Directory, tag: int) -> int:
    return tiff_pages.number(data, container, page.find(tag))


def _check_size(data: bytes, container: Container, pages: list[Directory], limits: Limits) -> None:
    sides = [tuple(_number(data, container, page, tag) for tag in (_WIDTH, _HEIGHT)) for page in pages]
    if sum(width * height for width, height in sides) > limits.pixels:
        width, height = max(sides)
        raise TooManyFrames(width=width, height=height, frames=len(pages), limit=limits.pixels)


def _page(data: bytes, container: Container, page: Directory) -> Page:
    if page.find(_RAW) or _coding(data, container, page) not in _CODINGS:
        raise NotEncodable(format="DNG" if page.find(_RAW) else f"TIFF {_coding(data, container, page)}")
    turned = SHOWN.get(tiff_pages.upright(data, container, page))
    size = (_number(data, container, page, _WIDTH), _number(data, container, page, _HEIGHT))
    stored = _opened(tiff_pages.alone(data, container, page), size)
    shown = stored if turned is None else stored.transpose(turned)
    deep = _number(data, container, page, _BITS) > 8 and stored.mode not in _DEEP
    return Page(transparency.cleared(shown), page, turned, deep, transparency.hides(shown))


def _coding(data: bytes, container: Container, page: Directory) -> int:
    return _number(data, container, page, _COMPRESSION) or 1


def _opened(data: bytes, size: tuple[int, int]) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=("TIFF",)) as image:
            if image.size != size:
                raise Damaged(format="TIFF", **why("两处尺寸不一", "two different sizes"))
            image.load()
            # The order of bytes is the file's, and what is written is in the other.
            return image.convert("I").convert("I;16") if image.mode == "I;16B" else image.copy()
    except BROKEN:
        raise Damaged(format="TIFF", **why("像素数据", "pixels")) from None


def _in_srgb(document: Document, page: Page) -> Page:
    """The page upright for good, and its numbers as they are shown."""
    entry = page.directory.find(_PROFILE)
    profile = document.source[entry.value.start : entry.value.stop] if entry else b""
    shown = colour.in_srgb(page.pixels, profile) if page.pixels.mode in {"L", "LA", "RGB", "RGBA", "CMYK"} else None
    return replace(page, pixels=shown or page.pixels, turned=None)


def encode(document: Document) -> bytes:
    """The pages in the coding that each had, with every other field as it was; raises `NotEncodable`."""
    try:
        pages = [(page.directory, _saved(document, page)) for page in document.pages]
        return tiff_pages.rebuilt(document.source, document.container, pages, fresh=document.fresh)
    except (OSError, ValueError, OverflowError, RuntimeError):
        raise NotEncodable(format="TIFF") from None


def _saved(document: Document, page: Page) -> bytes:
    """A file of one page."""
    stored = page.pixels if page.turned is None else page.pixels.transpose(UNDONE.get(page.turned, page.turned))
    stored.info = {}
    coding = _CODINGS[_coding(document.source, document.container, page.directory)]
    if coding in _BILEVEL and stored.mode != "1":
        coding = "tiff_lzw"
    out = io.BytesIO()
    stored.save(out, "TIFF", compression=coding, **dict(_settings(document, page, coding)))
    return out.getvalue()


def _settings(document: Document, page: Page, coding: str | None) -> Iterator[tuple[str, object]]:
    predictor = _number(document.source, document.container, page.directory, _PREDICTOR)
    if predictor == 2 and coding in {"tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "zstd", "lzma"}:
        yield "tiffinfo", {_PREDICTOR: predictor}
    if coding == "jpeg":
        yield "quality", _JPEG_QUALITY
