"""A worksheet without its cells: what stands before and behind them, edited as the small document that it is.

The cells may be a hundred megabytes, and nothing of a mark stands in them; they are set aside as bytes, and come back
as the same bytes.
"""

import re
from dataclasses import dataclass

from sealmark.media.document.ooxml import NAME
from sealmark.media.text import markup
from sealmark.media.text.markup import Document, Edit, Element, Sought

_OPEN = re.compile(rb"<((?:[A-Za-z_][\w.-]{0,30}:)?sheetData)(?=[\s/>])[^<>]{0,4096}>")
_CELL = re.compile(rb"\br=[\"']\$?([A-Z]{1,3})\$?\d")
_FIRST_ROWS = 1 << 16  # bytes of cells that are looked into for how far the first rows reach
HEADERS = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")  # 18.3.1.46, in order
_SOUGHT = Sought(frozenset(("sheetView", "col", *HEADERS)), frozenset(("sheetData",)))
# ISO/IEC 29500-1, 18.3.1.99: the order of a worksheet's children; what is not named here stands before the drawing.
_HEADER_AFTER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection"),
    *("protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells"),
    *("phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks"),
    *("printOptions", "pageMargins", "pageSetup"),
)
DRAWING_AFTER = (
    *(*_HEADER_AFTER, "headerFooter", "rowBreaks", "colBreaks"),
    *("customProperties", "cellWatches", "ignoredErrors", "smartTags"),
)


@dataclass(frozen=True, slots=True)
class Worksheet:
    """The document around the cells, the place in it where they belong, and the cells as bytes."""

    document: Document
    place: int
    cells: bytes

    def edited(self, edits: list[Edit]) -> bytes:
        """The whole part with these edits."""
        if not self.cells:
            return self.document.edited(edits)
        return self.document.edited([*edits, (self.place, self.place, self.cells)])

    def header_edit(self, new: str) -> Edit:
        """A header where there is none, at its place in the order."""
        return self._behind(_HEADER_AFTER, new)

    def drawing_edit(self, new: str) -> Edit:
        """A reference to a drawing where there is none, at its place in the order."""
        return self._behind(DRAWING_AFTER, new)

    def child(self, name: str) -> Element | None:
        """The first child of that name."""
        return self.document.root.first(self.document.root.namespace, name)

    def last_column(self) -> int:
        """The number of the last column that the sheet says it uses, or that its first cells reach; 0 for none."""
        dimension = self.child("dimension")
        told = dimension.attributes.get("ref", "").rpartition(":")[2] if dimension else ""
        written = [match.group(1) for match in _CELL.finditer(self.cells[:_FIRST_ROWS])]
        letters = re.match(r"\$?([A-Z]{1,3})\$?\d", told)
        return max([column(one.decode()) for one in set(written)] + ([column(letters.group(1))] if letters else [0]))

    def _behind(self, names: tuple[str, ...], new: str) -> Edit:
        space = self.document.root.namespace
        before = [one for one in self.document.root.children if one.namespace == space and one.name in names]
        if not before:
            return self.document.prepended(self.document.root, new)
        return self.document.behind(before[-1], new)


def parse(content: bytes, part: str) -> Worksheet:
    """A worksheet; raises `Damaged` and `MetadataOverLimit`."""
    opening, stop = _OPEN.search(content), content.rfind(b"sheetData>")
    stop = content.rfind(b"</", 0, stop) if stop >= 0 else -1
    plain = b"<!--" not in content and b"<![CDATA[" not in content and not content.startswith((b"\xff", b"\xfe"))
    if not plain or opening is None or opening.group().endswith(b"/>") or stop < opening.end():
        # A comment might hold what looks like cells: the parser, which is slower, knows.
        return Worksheet(markup.excerpt(content, NAME, part, _SOUGHT), 0, b"")
    cells = content[opening.end() : stop]
    return Worksheet(markup.parse(content[: opening.end()] + content[stop:], NAME, part), opening.end(), cells)


def column(letters: str) -> int:
    """The number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
