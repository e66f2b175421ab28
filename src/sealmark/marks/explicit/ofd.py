"""The mark of an OFD file: the plate with the wording in a corner of every page, in a layer above all others.

It looks as the plate of a PDF does (see `plate`); the letters are text, of the label font that goes into the file.
"""

from collections.abc import Iterator

from sealmark.errors import why
from sealmark.marks.errors import SignedPackage
from sealmark.marks.explicit import lines, plate
from sealmark.marks.explicit.errors import NothingToMark
from sealmark.marks.explicit.plate import Spot
from sealmark.marks.explicit.stamp import Corner
from sealmark.marks.explicit.typeface import FILE, typeface
from sealmark.marks.explicit.wording import lawful, read, table
from sealmark.media.containers.package import Package
from sealmark.media.document import ofd, ofd_pages
from sealmark.media.document.ofd import NAME, NAMESPACE
from sealmark.media.document.ofd_pages import Root, located, roots
from sealmark.media.text.markup import Document, Edit, Element, escaped

_MILLIMETRE = 72 / 25.4  # points
_BEFORE_RESOURCES = ("MaxUnitID", "PageArea", "PublicRes", "DocumentRes")  # 7.5, CommonData, in the schema's order
_SLACK = 0.01  # millimetres: numbers are rounded


def mark(package: Package, wording: str, corner: Corner) -> dict[str, bytes]:
    """The parts that put the plate on every page without one; none where each has it.

    Raises `SignedPackage`, `NothingToMark` and errors of `media`.
    """
    if ofd.is_signed(package.document(ofd.ENTRANCE)):
        raise SignedPackage(format=NAME)
    changes: dict[str, bytes] = {}
    count = 0
    for root in roots(package):
        count += len(root.pages())
        changes |= _document(package, root, wording, corner)
    if not count:
        raise NothingToMark(format=NAME, **why("没有页面", "no page"))
    return changes


def find(package: Package) -> Iterator[tuple[str, str]]:
    """The lines of the first and the last page that are a mark: ours, or in a usual wording anyone's."""
    for root in roots(package):
        every = root.pages()
        for part in dict.fromkeys((*every[:1], *every[-1:])):
            page = ofd_pages.page(package, part)
            ours = _own(root, page)
            if ours is not None:
                yield part, ours
            yield from ((part, line) for line in _lines(page.root) if line != ours and lines.is_mark(line))


def _document(package: Package, root: Root, wording: str, corner: Corner) -> dict[str, bytes]:
    """The pages of one document with the plate, the font they need, and the document that refers to it."""
    unmarked = {part: page for part in root.pages() if _own(root, page := ofd_pages.page(package, part)) is None}
    if not unmarked:
        return {}
    font = root.largest + 1
    changes: dict[str, bytes] = {}
    for number, (part, page) in enumerate(unmarked.items()):
        layer = _layer(wording, _spot(root, page, corner), font, font + 1 + 3 * number)
        changes[package.name(part) or part] = page.edited([_above(page, _named(page, layer))])
    return changes | _with_font(package, root, font, font + 3 * len(unmarked))


def _spot(root: Root, page: Document, corner: Corner) -> Spot:
    left, top, right, bottom = root.seen(page)
    return Spot((left, top, right, bottom), 0, _MILLIMETRE, corner)


def _placed(wording: str, spot: Spot) -> tuple[float, tuple[float, float, float, float]]:
    """The em, and left, top, width and height of the plate, in millimetres."""
    em, left, bottom = plate.placed(wording, spot)
    high = plate.HEIGHT * em
    return em, (spot.box[0] + left, spot.box[3] - bottom - high, plate.width(wording) * em, high)


def _layer(wording: str, spot: Spot, font: int, number: int) -> str:
    """The layer with the plate and, upon it, the text; it takes three identifiers from `number` on."""
    law = table("document.toml")["page"]
    em, (left, top, width, height) = _placed(wording, spot)
    boundary = f"{left:.3f} {top:.3f} {width:.3f} {height:.3f}"
    across = [typeface().widths[character] / 1000 * em for character in wording[:-1]]
    return (
        f'<s:Layer Type="Foreground" ID="{number}">'
        f'<s:PathObject ID="{number + 1}" Boundary="{boundary}" LineWidth="0.1" Stroke="true" Fill="true">'
        f'<s:StrokeColor Value="{_colour(law["edge"])}"/><s:FillColor Value="{_colour(law["plate"])}"/>'
        f"<s:AbbreviatedData>M 0 0 L {width:.3f} 0 L {width:.3f} {height:.3f} L 0 {height:.3f} C</s:AbbreviatedData>"
        f'</s:PathObject><s:TextObject ID="{number + 2}" Boundary="{boundary}" Font="{font}" Size="{em:.3f}">'
        f'<s:FillColor Value="{_colour(law["ink"])}"/><s:TextCode X="{law["padding"] * em:.3f}" '
        f'Y="{(plate.HEIGHT - plate.BASELINE) * em:.3f}" DeltaX="{" ".join(f"{one:.3f}" for one in across)}">'
        f"{escaped(wording)}</s:TextCode></s:TextObject></s:Layer>"
    )


def _named(document: Document, new: str) -> str:
    """The elements with the prefix that the part itself uses, since some readers know no other by that name."""
    prefix = document.prefix(document.root)
    return new.replace("<s:", f"<{prefix}").replace("</s:", f"</{prefix}")


def _colour(parts: list[float]) -> str:
    return " ".join(str(round(one * 255)) for one in parts)


def _above(page: Document, layer: str) -> Edit:
    """Behind the other layers, which puts it above them; a page that shows nothing gets a content."""
    content = page.root.first(NAMESPACE, "Content")
    if content is not None:
        return page.appended(content, layer)
    whole = _named(page, f"<s:Content>{layer}</s:Content>")
    actions = page.root.first(NAMESPACE, "Actions")
    return (actions.start, actions.start, whole.encode()) if actions else page.appended(page.root, whole)


def _with_font(package: Package, root: Root, font: int, largest: int) -> dict[str, bytes]:
    """The font, the list of resources that names it, and the document that refers to the list."""
    names = (f"Sealmark{number}" for number in range(1, len(package.archive.entries) + 2))
    free = next(name for name in names if not package.under(located(root.part, f"{name}.").lower()))
    resources, file = located(root.part, f"{free}.xml"), located(root.part, f"{free}.otf")
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ofd:Res xmlns:ofd="{NAMESPACE}" BaseLoc=".">'
        f'<ofd:Fonts><ofd:Font ID="{font}" FontName="Sealmark Label" FamilyName="Sealmark Label" Bold="true">'
        f"<ofd:FontFile>{free}.otf</ofd:FontFile></ofd:Font></ofd:Fonts></ofd:Res>"
    )
    maximum = root.shared.first(NAMESPACE, "MaxUnitID")
    before = [one for one in root.shared.children if one.name in _BEFORE_RESOURCES]
    edits = [root.document.behind(before[-1], _named(root.document, f"<s:DocumentRes>{free}.xml</s:DocumentRes>"))]
    if maximum is not None:
        new = _named(root.document, f"<s:MaxUnitID>{largest}</s:MaxUnitID>")
        edits.append(root.document.replaced(maximum, new))
    edits.sort(key=lambda edit: edit[1] - edit[0], reverse=True)  # the number stands before what may stand behind it
    return {root.part: root.document.edited(edits), resources: content.encode(), file: read(FILE)}


def _own(root: Root, page: Document) -> str | None:
    """The wording of our plate in a layer of the page, where it stands as we would put it."""
    content = page.root.first(NAMESPACE, "Content")
    ink = _colour(table("document.toml")["page"]["ink"])
    for layer in content.all(NAMESPACE, "Layer") if content else ():
        for text in layer.all(NAMESPACE, "TextObject"):
            said = "".join(one.text for one in text.all(NAMESPACE, "TextCode"))
            colour = text.first(NAMESPACE, "FillColor")
            known = lawful(said) and set(said) <= typeface().identifiers.keys()
            if known and colour and colour.attributes.get("Value") == ink and _stands(root, page, text, said):
                return said
    return None


def _stands(root: Root, page: Document, text: Element, said: str) -> bool:
    """Whether a text is in one of the corners, of the size that it has there, and shown."""
    try:
        given = [float(one) for one in text.attributes.get("Boundary", "").split()]
        size = float(text.attributes.get("Size", "0"))
    except ValueError:
        return False
    changed = {"CTM", "Alpha"} & text.attributes.keys()
    hidden = changed or text.attributes.get("Visible", "true") != "true"
    corners: tuple[Corner, ...] = ("bottom_right", "bottom_left", "top_right", "top_left")
    for corner in corners:
        em, place = _placed(said, _spot(root, page, corner))
        near = len(given) == 4 and all(abs(one - other) < _SLACK for one, other in zip(given, place, strict=True))
        if near and size >= em - _SLACK and not hidden:
            return True
    return False


def _lines(root: Element) -> Iterator[str]:
    """The text of each text object of a page."""
    waiting = [root]
    while waiting:
        one = waiting.pop()
        waiting.extend(reversed(one.children))
        if one.name == "TextObject":
            yield "".join(code.text for code in one.all(NAMESPACE, "TextCode"))
