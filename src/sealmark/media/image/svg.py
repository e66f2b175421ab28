"""SVG: an XML document whose root is `svg`, and the `metadata` elements in it (SVG 2, 5.8).

A document type with declarations of its own is refused, and with it every entity bomb; the plain one of SVG 1.1 is
common and does no harm.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat  # no declarations are let through, see _document_type

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.text.markup import TAG

NAMESPACE = "http://www.w3.org/2000/svg"
DEEPEST = 256
_HEAD = 65536  # bytes in which the root is looked for
_START = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s++|<\?(?:(?!\?>).)*\?>|<!--(?:(?!-->).)*-->"
    rb"|<!DOCTYPE\s(?:[^\"'\[>]++|\"[^\"]*+\"|'[^']*+'|\[[^\]]*+\])*>)*<(?:[\w.-]++:)?svg(?=[\s/>])",
    re.DOTALL,
)


def is_svg(data: bytes) -> bool:
    """Whether the bytes begin as an SVG document."""
    return _START.match(data[:_HEAD]) is not None


FORMAT = Format("svg", "image", ("image/svg+xml",), ("svg",), is_svg, textual=True)


@dataclass(frozen=True, slots=True)
class Metadata:
    """One `metadata` element: its span, the start tags it stands in, and whether it is a child of the root."""

    start: int
    stop: int
    around: tuple[bytes, ...]
    topmost: bool

    def standing(self, data: bytes) -> tuple[bytes, bytes, bytes]:
        """The element as a document of its own: the tags before it, itself, the tags behind it."""
        closing = (b"</" + tag[1:].split(None, 1)[0].rstrip(b"/>") + b">" for tag in reversed(self.around))
        return b"".join(self.around), data[self.start : self.stop], b"".join(closing)


@dataclass(frozen=True, slots=True)
class Document:
    """An SVG: its bytes, the span of the root's start tag, its metadata elements, and the root's attributes.

    `close` is where the root's end tag begins; of an empty tag, and of a document that is cut, there is none.
    """

    data: bytes
    root: tuple[int, int]
    metadata: tuple[Metadata, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)
    close: int | None = None

    def appended(self, element: bytes) -> bytes:
        """The SVG with an element as the last in its root, where it is painted above all others (SVG 2, 3.3)."""
        start, stop = self.root
        if self.close is not None:
            return self.data[: self.close] + element + self.data[self.close :]
        tag = self.data[start:stop]
        name = tag[1:].split(None, 1)[0].rstrip(b"/>")
        return self.data[:start] + tag[:-2] + b">" + element + b"</" + name + b">" + self.data[stop:]


@dataclass(slots=True)
class _Scan:
    data: bytes
    root: tuple[int, int] | None = None
    open: list[int] = field(default_factory=list)
    inside: list[int] = field(default_factory=list)
    metadata: list[Metadata] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    close: int | None = None


class _RefusedError(Exception):
    """The document holds what no picture needs: declarations of its own, elements without end."""


def remains(data: bytes) -> tuple[Document | None, Damaged | None]:
    """The metadata elements that stand whole, also of a document that is cut, and what is wrong with it."""
    scan, damage = _Scan(data), None
    parser = expat.ParserCreate("UTF-8", " ")
    parser.StartDoctypeDeclHandler = _document_type
    parser.XmlDeclHandler = _declaration
    parser.StartElementHandler = lambda name, found: _started(scan, parser, name, found)
    parser.EndElementHandler = lambda name: _ended(scan, parser, name)
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        damage = Damaged(format="SVG", **why("不是完整的 XML", "not whole XML"))
    except _RefusedError as error:
        damage = Damaged(format="SVG", **error.args[0])
    if scan.root is None:
        return None, damage
    return Document(data, scan.root, tuple(scan.metadata), scan.attributes, scan.close), damage


def parse(data: bytes) -> Document:
    """As `remains`; raises `Damaged`."""
    document, damage = remains(data)
    if damage is not None or document is None:
        raise damage or Damaged(format="SVG", **why("没有 svg 元素", "no element svg"))
    return document


def _document_type(_name: str, _system: str | None, _public: str | None, internal: int) -> None:
    if internal:
        raise _RefusedError(why("自带实体等声明", "declarations of its own, such as entities"))


def _declaration(_version: str, encoding: str | None, _standalone: int) -> None:
    if (encoding or "utf-8").lower() not in {"utf-8", "utf8", "us-ascii", "ascii"}:
        raise _RefusedError(why("不是 UTF-8", "not UTF-8"))


def _started(scan: _Scan, parser: expat.XMLParserType, name: str, found: dict[str, str]) -> None:
    at, local = parser.CurrentByteIndex, name.rpartition(" ")[2]
    if scan.root is None:
        if local != "svg":
            raise _RefusedError(why("根元素不是 svg", "a root other than svg"))
        scan.root, scan.attributes = (at, at + len(_tag(scan.data, at))), found
    if len(scan.open) >= DEEPEST or len(scan.metadata) > MOST_PARTS:
        raise _RefusedError(why("元素过深或过多", "elements without end"))
    scan.open.append(at)
    if local == "metadata":
        scan.inside.append(at)


def _ended(scan: _Scan, parser: expat.XMLParserType, name: str) -> None:
    scan.open.pop()
    if not scan.open and scan.root and not scan.data[: scan.root[1]].endswith(b"/>"):
        scan.close = parser.CurrentByteIndex
    if name.rpartition(" ")[2] != "metadata":
        return
    start, at = scan.inside.pop(), parser.CurrentByteIndex
    if not scan.inside:  # of one in another, the outer one holds both
        stop = at + len(_tag(scan.data, at))
        around = tuple(_tag(scan.data, outer) for outer in scan.open)
        scan.metadata.append(Metadata(start, stop, around, topmost=len(around) == 1))


def _tag(data: bytes, at: int) -> bytes:
    match = TAG.match(data, at)
    return match.group() if match else b""
