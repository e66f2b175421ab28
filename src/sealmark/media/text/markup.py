"""XML as a file holds it: its elements and where they stand, so that one is edited and every other byte stays.

A document type is refused, and with it every entity bomb (XML 1.0, 2.8); size, depth and number are bounded.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.parsers import expat  # no document type is let through, see _refuse

from sealmark.errors import why
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.limits import MOST_PARTS

# Larger than any honest part that describes a document.
LONGEST = 4 * 1024 * 1024
# A part that holds the content itself: a novel, or a sheet of a million cells.
LONGEST_BODY = 128 * 1024 * 1024
MOST_ELEMENTS = 8_000_000
DEEPEST = 200
Edit: TypeAlias = tuple[int, int, bytes]  # the bytes of [start, stop) become these

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_UNICODE = frozenset(("utf-8", "utf-16", "us-ascii"))
# One tag; a `>` inside quotes does not end it. Both patterns take linear time.
# A tag from "<" to ">", which may stand in quotes.
TAG = re.compile(rb"<(?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*>")
_ATTRIBUTE = re.compile(rb"(?<=\s)([^\s=/>\"']++)\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+')")


@dataclass(slots=True)
class Element:
    """One element: its name, and where its start tag and its end tag begin (an empty tag has no second place).

    Attributes with a prefix stand under `namespace name`, others under their name; `text` is its own, without
    its children's.
    """

    namespace: str
    name: str
    attributes: dict[str, str]
    start: int
    close: int = 0
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, namespace: str, name: str) -> Iterator["Element"]:
        """The children of that name, in order."""
        return (child for child in self.children if (child.namespace, child.name) == (namespace, name))

    def first(self, namespace: str, name: str) -> "Element | None":
        """The first child of that name."""
        return next(self.all(namespace, name), None)


@dataclass(frozen=True, slots=True)
class Document:
    """A part in UTF-8, its root element, and the coding in which the file holds it."""

    content: bytes
    root: Element
    coding: str = "utf-8"

    def tag(self, element: Element) -> bytes:
        """The start tag as it stands."""
        match = TAG.match(self.content, element.start)
        return match.group() if match else b""

    def prefix(self, element: Element) -> str:
        """The prefix with its colon, as the element is written with; or nothing."""
        head, colon, _ = self._written(element).partition(":")
        return head + colon if colon else ""

    def qualifier(self, element: Element) -> tuple[str, str]:
        """A prefix of the element's namespace with its colon, for what stands in the element, and how it is declared.

        It is the element's own, which needs no declaration there, or where that has none, one that does.
        """
        prefix = self.prefix(element)
        return (prefix, "") if prefix else ("m:", f' xmlns:m="{element.namespace}"')

    def declaration(self, prefix: str, namespace: str) -> str:
        """What an element written with this prefix must declare: nothing where the root declares it."""
        new = f' xmlns:{prefix}="{namespace}"'
        return "" if new.encode() in self.tag(self.root) else new

    def replaced(self, element: Element, new: str) -> Edit:
        """The element gives way to another text."""
        tag = self.tag(element)
        stop = element.start + len(tag) if tag.endswith(b"/>") else self.content.find(b">", element.close) + 1
        return element.start, stop, new.encode()

    def appended(self, element: Element, new: str) -> Edit:
        """The text becomes the last of the element's content; an empty tag is opened for it."""
        tag = self.tag(element)
        if not tag.endswith(b"/>"):
            return element.close, element.close, new.encode()
        at = element.start + len(tag) - len(b"/>")
        return at, at + len(b"/>"), f">{new}</{self._written(element)}>".encode()

    def prepended(self, element: Element, new: str) -> Edit:
        """The text becomes the first of the element's content; an empty tag is opened for it."""
        tag = self.tag(element)
        if tag.endswith(b"/>"):
            return self.appended(element, new)
        at = element.start + len(tag)
        return at, at, new.encode()

    def behind(self, element: Element, new: str) -> Edit:
        """The text stands behind the element."""
        _, stop, _ = self.replaced(element, "")
        return stop, stop, new.encode()

    def attribute(self, element: Element, name: str, value: str) -> Edit:
        """The attribute without a prefix gets this value, at the end of the tag where it was not there."""
        tag, new = self.tag(element), f'{name}="{escaped(value)}"'.encode()
        for match in _ATTRIBUTE.finditer(tag):
            if match.group(1) == name.encode():
                return element.start + match.start(), element.start + match.end(), new
        at = element.start + len(tag.rstrip(b"/>").rstrip())
        return at, at, b" " + new

    def edited(self, edits: Iterable[Edit]) -> bytes:
        """The part as the file shall hold it; the edits do not overlap, and those of one place stand in their order."""
        parts, at = [], 0
        for start, stop, new in sorted(edits, key=lambda edit: edit[:2]):
            parts += [self.content[at:start], new]
            at = stop
        content = b"".join((*parts, self.content[at:]))
        return content if self.coding == "utf-8" else content.decode().encode(self.coding)

    def _written(self, element: Element) -> str:
        return self.tag(element)[1:].split(None, 1)[0].rstrip(b"/>").decode()


def escaped(text: str) -> str:
    """The text as element content or attribute value."""
    for raw, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&apos;")):
        text = text.replace(raw, entity)
    return text


def parse(content: bytes, form: str, part: str) -> Document:
    """The elements of one part of a file; raises `Damaged` and `MetadataOverLimit`."""
    place = f"{form} {part}"
    if len(content) > LONGEST:
        raise MetadataOverLimit(place=place, **why("过大", "too large"))
    return _document(content, form, part, _Scan(place))


@dataclass(frozen=True, slots=True)
class Sought:
    """The names of the elements that an excerpt keeps with all that is in them, of those in which none is looked for,
    and of those that are kept as places only.
    """

    kept: frozenset[str]
    closed: frozenset[str] = frozenset()
    outline: frozenset[str] = frozenset()


def excerpt(content: bytes, form: str, part: str, sought: Sought) -> Document:
    """The root, its children, and of all others the elements that are sought.

    So a part of any length is edited without its whole tree in memory. A kept element is a child of the root's child,
    or of the element of the outline, that it stands in, however deep. Raises as `parse` does.
    """
    place = f"{form} {part}"
    if len(content) > LONGEST_BODY:
        raise MetadataOverLimit(place=place, **why("过大", "too large"))
    return _document(content, form, part, _Sieve(place, sought))


def _document(content: bytes, form: str, part: str, scan: "_Scan") -> Document:
    coding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    try:
        text = content.decode(coding).encode()
        return Document(text, scan.root(text), coding)
    except (expat.ExpatError, UnicodeDecodeError, _RefusedError):
        raise Damaged(format=form, **why(f"{part} 不是普通的 XML", f"{part} is not plain XML")) from None


class _RefusedError(Exception):
    """What no part needs: a document type, another coding than Unicode's, elements without end."""


def _refuse(*_declaration: object) -> None:
    raise _RefusedError


def _declared(_version: str, encoding: str | None, _standalone: int) -> None:
    # Bytes are read as Unicode whatever is declared, so the declaration must say so too.
    if (encoding or "utf-8").lower() not in _UNICODE:
        raise _RefusedError


class _Scan:
    """One pass of the parser: the elements that are open, and how many there were."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._parser = expat.ParserCreate("UTF-8", " ")
        self._parser.namespace_prefixes = True
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.XmlDeclHandler = _declared
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._open: list[Element] = [Element("", "", {}, 0)]
        self._texts: list[list[str]] = [[]]
        self._count = 0

    def root(self, content: bytes) -> Element:
        """The root element of a whole document."""
        try:
            self._parser.Parse(content, True)
        finally:
            del self._parser  # it holds this object: without a circle, both go at once
        return self._open[0].children[0]

    def _characters(self, text: str) -> None:
        self._texts[-1].append(text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > DEEPEST:
            raise _RefusedError
        if self._count > MOST_PARTS:
            raise MetadataOverLimit(place=self._place, **why("元素过多", "too many elements"))
        namespace, local = _resolved(name)
        named = {" ".join(key.split(" ")[:2]): value for key, value in attributes.items()}
        element = Element(namespace, local, named, self._parser.CurrentByteIndex)
        self._open[-1].children.append(element)
        self._open.append(element)
        self._texts.append([])

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        element.close = self._parser.CurrentByteIndex
        element.text = "".join(self._texts.pop())


class _Sieve(_Scan):
    """One pass that keeps the root, its children and elements of some names, whole or only as places."""

    def __init__(self, place: str, sought: Sought) -> None:
        super().__init__(place)
        self._sought = sought
        self._depth = 0
        self._met = 0
        self._shut = 0  # the depth of the closed element that is open
        self._taken = 0  # the depth of the kept element that is open
        self._lined: list[int] = []  # the depths of the open elements whose content is sieved

    def _characters(self, text: str) -> None:
        if self._taken:
            super()._characters(text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._met += 1
        if self._depth > DEEPEST:
            raise _RefusedError
        if self._met > MOST_ELEMENTS:
            raise MetadataOverLimit(place=self._place, **why("元素过多", "too many elements"))
        if self._taken:
            super()._start(name, attributes)
        elif not self._shut:
            self._sieved(name, attributes)

    def _sieved(self, name: str, attributes: dict[str, str]) -> None:
        local = name.split(" ", 2)[1] if " " in name else name
        self._taken = self._depth if local in self._sought.kept else 0
        self._shut = self._depth if local in self._sought.closed else 0
        if not self._taken and (self._depth <= 2 or local in self._sought.outline):
            self._lined.append(self._depth)
            super()._start(name, attributes)
        elif self._taken:
            super()._start(name, attributes)

    def _end(self, name: str) -> None:
        if self._taken:
            super()._end(name)
            self._taken = 0 if self._taken == self._depth else self._taken
        elif self._lined and self._lined[-1] == self._depth:
            self._lined.pop()
            super()._end(name)
        self._shut = 0 if self._shut == self._depth else self._shut
        self._depth -= 1


def _resolved(name: str) -> tuple[str, str]:
    """Namespace and local name of what the parser calls `namespace name prefix`."""
    parts = name.split(" ")
    return (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])
