"""The documents and pages of an OFD file (GB/T 33190-2016, 7.4 to 7.7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import join, normpath

from sealmark.errors import why
from sealmark.media.containers.package import Package
from sealmark.media.document import ofd
from sealmark.media.document.ofd import NAME, NAMESPACE
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.limits import MOST_PARTS
from sealmark.media.text.markup import Document, Element

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Root:
    """One document of a file: its part, its elements, and what all of its pages share."""

    part: str
    document: Document
    shared: Element

    @property
    def largest(self) -> int:
        """The largest identifier that the document says it uses."""
        one = self.shared.first(NAMESPACE, "MaxUnitID")
        text = one.text.strip() if one else ""
        if not text.isdecimal() or len(text) > 9:
            raise Damaged(format=NAME, **why(f"{self.part} 的 MaxUnitID", f"MaxUnitID of {self.part}"))
        return int(text)

    def pages(self) -> list[str]:
        """The parts of its pages, in order; raises `Damaged`."""
        listed = self.document.root.first(NAMESPACE, "Pages")
        pages = list(listed.all(NAMESPACE, "Page")) if listed else []
        if len(pages) > MOST_PARTS:
            raise MetadataOverLimit(place=NAME, **why("页面过多", "too many pages"))
        return [located(self.part, one.attributes.get("BaseLoc", "")) for one in pages]

    def seen(self, page: Document) -> Box:
        """What is seen of a page: left, top, right and bottom in millimetres, downwards; raises `Damaged`."""
        own, usual = page.root.first(NAMESPACE, "Area"), self.shared.first(NAMESPACE, "PageArea")
        area = own or usual
        whole = _box(area, "PhysicalBox") or _box(usual, "PhysicalBox")
        if whole is None:
            raise Damaged(format=NAME, **why("页面没有尺寸", "a page has no size"))
        shown = _box(area, "ApplicationBox") or whole
        common = (*map(max, whole[:2], shown[:2]), *map(min, whole[2:], shown[2:]))
        left, top, right, bottom = common
        return (left, top, right, bottom) if left + 0.1 < right and top + 0.1 < bottom else whole


def roots(package: Package) -> Iterator[Root]:
    """The documents of a file; raises `Damaged`."""
    for body in ofd.bodies(package.document(ofd.ENTRANCE)):
        told = body.first(NAMESPACE, "DocRoot")
        part = located(ofd.ENTRANCE, told.text.strip() if told else "")
        document = package.document(part)
        shared = document.root.first(NAMESPACE, "CommonData")
        if shared is None:
            raise Damaged(format=NAME, **why(f"{part} 没有 CommonData", f"no CommonData in {part}"))
        yield Root(package.name(part) or part, document, shared)


def page(package: Package, part: str) -> Document:
    """The elements of a page; raises `Damaged` where the part is none."""
    document = package.document(part)
    if (document.root.namespace, document.root.name) != (NAMESPACE, "Page"):
        raise Damaged(format=NAME, **why(f"{part} 不是页面", f"{part} is no page"))
    return document


def located(source: str, told: str) -> str:
    """The part that a location in another part leads to (7.3: from the root, or from that part's folder)."""
    return normpath(join("/" + source.rpartition("/")[0], told)).lstrip("/")


def _box(area: Element | None, name: str) -> Box | None:
    """A box of four numbers: left, top, width and height."""
    one = area.first(NAMESPACE, name) if area else None
    try:
        left, top, width, height = map(float, one.text.split() if one else ())
    except ValueError:
        return None
    sound = 0.1 < width < 1e5 and 0.1 < height < 1e5 and abs(left) < 1e5 and abs(top) < 1e5
    return (left, top, left + width, top + height) if sound else None
