"""An OpenDocument while it is edited: its content and its styles, whatever their length."""

import re

from sealmark.media.containers.package import Package
from sealmark.media.document import odf
from sealmark.media.document.odf import NAME, OFFICE
from sealmark.media.pieces import Pieces
from sealmark.media.text import markup
from sealmark.media.text.markup import Document, Element, Sought

CONTENT, STYLES = "content.xml", "styles.xml"
STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
DRAW = "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
PRESENTATION = "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"
FO = "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
SVG = "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
# What this room writes names its own prefixes: the document may bind the usual ones to something else.
DECLARED = (
    "".join(
        f' xmlns:{prefix}="{space}"'
        for prefix, space in (("office", OFFICE), ("style", STYLE), ("text", TEXT), ("table", TABLE), ("draw", DRAW))
    )
    + f' xmlns:fo="{FO}" xmlns:svg="{SVG}"'
)
_LENGTH = re.compile(r"(-?\d{1,6}(?:\.\d{1,9})?)(cm|mm|in|pt|pc|px)")
_CENTIMETRES = {"cm": 1.0, "mm": 0.1, "in": 2.54, "pt": 2.54 / 72, "pc": 2.54 / 6, "px": 2.54 / 96}


class Draft:
    """The parts as they stand after what was changed so far; nothing is written before `pieces`."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._changes: dict[str, bytes] = {}

    def content(self, sought: Sought) -> Document:
        """The content without what is not sought; raises `Damaged` and `MetadataOverLimit`."""
        data = self._changes.get(CONTENT) or self.package.content(CONTENT, markup.LONGEST_BODY)
        return markup.excerpt(data, NAME, CONTENT, sought)

    def styles(self) -> Document:
        """The styles, or those of a document that has none; raises as `content` does."""
        if STYLES in self._changes:
            return markup.parse(self._changes[STYLES], NAME, STYLES)
        return self.package.document(STYLES) if self.package.name(STYLES) else _new_styles()

    def put(self, part: str, content: bytes) -> None:
        """Give a part another content, or add it."""
        self._changes[self.package.name(part) or part] = content

    def is_changed(self) -> bool:
        """Whether any part was changed or added."""
        return bool(self._changes)

    def pieces(self) -> Pieces:
        """The edited file, its manifest naming what is new."""
        changes = dict(self._changes)
        for part in self._changes:
            if self.package.name(part) is None:
                changes |= odf.registered(self.package, part)
        return self.package.edited(changes)


def _new_styles() -> Document:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    root = f'<office:document-styles xmlns:office="{OFFICE}" office:version="1.2">'
    inside = "<office:automatic-styles></office:automatic-styles><office:master-styles></office:master-styles>"
    return markup.parse(f"{head}{root}{inside}</office:document-styles>".encode(), NAME, STYLES)


def centimetres(written: str | None) -> float | None:
    """A length (ODF 1.3 part 3, 18.3.18), or nothing where there is none."""
    found = _LENGTH.fullmatch((written or "").strip())
    return float(found.group(1)) * _CENTIMETRES[found.group(2)] if found else None


def styles_of(document: Document) -> dict[str, Element]:
    """The automatic styles of a part by their names."""
    automatic = document.root.first(OFFICE, "automatic-styles")
    every = automatic.children if automatic else []
    return {one.attributes.get(f"{STYLE} name", ""): one for one in every if one.name in {"style", "page-layout"}}
