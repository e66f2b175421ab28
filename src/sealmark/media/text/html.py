"""HTML: its markup as the standard's tokenizer cuts it, read as bytes (HTML Living Standard, 13.2.5).

Only encodings in which every byte of the markup is that ASCII character are read, so that a tag is a tag in all.
"""

import codecs
import html as references
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from html.entities import html5

from sealmark.errors import why
from sealmark.media.errors import Damaged, NotUtf8, intact
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.text import text

BOM = b"\xef\xbb\xbf"
# Where no tag but a closing one counts (13.2.5: the states of raw text and of escapable raw text).
_RAW = frozenset(("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"))
# What may stand in or before a head, and does not end it (13.2.6.4.1 to 13.2.6.4.4).
OF_HEAD = frozenset(
    ("base", "basefont", "bgsound", "link", "meta", "script", "style", "title", "noframes", "noscript", "template")
)
_BEFORE_HEAD = frozenset(("!doctype", "?", "html", "head"))
_ATTRIBUTES = rb"(?:[\s/]++|=?[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s\"'>][^\s>]*+)?)?|=)*"
_TAG = re.compile(rb"<(/?)([A-Za-z][^\s/>]*+)" + _ATTRIBUTES + rb"(>|\Z)")
_ATTRIBUTE = re.compile(rb"(=?[^\s/>=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>][^\s>]*+))?)?|=")
# Text, tags, comments and elements of raw text that are nothing to us, at the speed of the pattern. No group is
# captured within a possessive one: Python 3.11 may then raise SystemError.
_QUIET = b"|".join(
    b"<%b(?=[\\s>])%b(?<!/)>(?:[^<]++|<(?!!--|/%b))*</%b\\s*+>" % (name, _ATTRIBUTES, name, name)
    for name in (b"script", b"style", b"title")
)
_PLAIN = re.compile(
    rb"(?:[^<]++|<!--(?!-?>)(?:[^-]++|-(?!-!?>))*--!?>|"
    + _QUIET
    + rb"|<(?!/?(?:meta|plaintext|"
    + "|".join(sorted(_RAW)).encode()
    + rb")(?:[\s/>]|\Z))/?[A-Za-z][^\s/>]*+"
    + _ATTRIBUTES
    + rb">)*",
    re.IGNORECASE,
)
MARKUP = re.compile(rb"<[A-Za-z/!?]")
_DOCTYPE = re.compile(rb"<!doctype(\s++html(?=[\s>]))?", re.IGNORECASE)
_SCRIPT = re.compile(rb"<!--|-->|<(/?)script(?=[\s/>])", re.IGNORECASE)
_COMMENT_END = re.compile(rb"--!?>")
_REFERENCE = re.compile(r"&(?:#[xX]?[0-9A-Fa-f]++;?|[0-9A-Za-z]++(?:;|(?!=)))")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s\"';]+)", re.IGNORECASE)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml(?=\s)(?:[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]+))?[^>]*>")
_OPENS = re.compile(rb"(?:\xef\xbb\xbf)?\s*+<")
_HEAD = 65536  # bytes in which a beginning is looked for
# Encodings in all of whose characters the bytes of < > " ' = / and - stand for nothing else (Encoding Standard).
_ASCII_COMPATIBLE = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp125\d|cp874|cp866|koi8-[ru]|mac-\w+|gbk|gb2312|gb18030|big5|big5hkscs|euc_jp|euc_kr"
    r"|cp949|shift_jis|cp932|tis-620"
)


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag with its span; of an element of raw text the span is that of the element, text and all.

    `name` is in lower case; that of a comment begins with an exclamation mark, that of an instruction is `?`.
    """

    name: str
    start: int
    stop: int
    closing: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its bytes, its encoding, its `meta` tags, where the head ends, and where a first one may stand.

    `begin` is behind the declaration of the encoding, which must come early (4.2.5.4), else as early as can be.
    """

    data: bytes
    encoding: str
    metas: tuple[Tag, ...]
    begin: int
    head_end: int


def is_html(data: bytes) -> bool:
    """Whether the bytes begin as an HTML document, or as a fragment that bears a label."""
    beginning = data[:_HEAD]
    if b"\x00" in beginning or not _OPENS.match(beginning):
        return False
    head = _Head(beginning)
    with suppress(Damaged):
        for tag in _tags(beginning, head):
            if head.end is not None:
                return False
            if _shows(beginning, tag):
                return True
    return False


def _shows(data: bytes, tag: Tag) -> bool:
    """Whether this tag stands in HTML alone."""
    if tag.name == "!doctype":
        match = _DOCTYPE.match(data, tag.start)
        return match is not None and match.group(1) is not None
    return tag.name in {"html", "head"} or (tag.name == "meta" and is_named(attributes(data, tag), "aigc"))


FORMAT = Format(
    "html", "document", ("text/html", "application/xhtml+xml"), ("html", "htm", "xhtml", "xht"), is_html, textual=True
)


def remains(data: bytes) -> tuple[Document, Damaged | None]:
    """What can be told of a document, also of one that is cut, and what is wrong with it."""
    metas: list[Tag] = []
    head, damage = _Head(data), None
    try:
        for tag in _tags(data, head):
            if tag.name == "meta" and not tag.closing:
                metas.append(tag)
            if len(metas) > MOST_PARTS:
                raise _damaged(**why("meta 过多", "meta elements without end"))
    except Damaged as error:
        damage = error
    encoding = "utf-8" if data.startswith(BOM) else head.encoding or _declared(data)
    end = len(data) if head.end is None else head.end
    return Document(data, encoding, tuple(metas), head.begin, end), damage or _misencoded(data, encoding)


def parse(data: bytes) -> Document:
    """As `remains`; raises `Damaged`."""
    return intact(remains(data))


def is_xml(data: bytes) -> bool:
    """Whether a document says that it is XHTML, whose empty tags are empty elements."""
    return _XML.match(data) is not None


def _damaged(**cause: str) -> Damaged:
    return Damaged(format="HTML", **cause)


def _declared(data: bytes) -> str:
    declaration = _XML.match(data)
    return (declaration.group(1) or b"utf-8").decode() if declaration else "utf-8"


def _misencoded(data: bytes, encoding: str) -> Damaged | None:
    """Why the bytes cannot be read in this encoding, if they cannot."""
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        name = ""
    if _ASCII_COMPATIBLE.fullmatch(name) is None:
        return _damaged(
            **why("编码不与 ASCII 兼容或无法识别", "an encoding that is unknown or not compatible with ASCII")
        )
    try:
        if name == "utf-8":
            text.decode(data)
    except NotUtf8:
        return _damaged(**why("不是 UTF-8，也没有声明别的编码", "not UTF-8, and no other encoding is declared"))
    return None


class _Head:
    """Where the head is, as the tags go by."""

    __slots__ = ("_data", "_seen", "begin", "encoding", "end")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._seen = self.begin = len(BOM) if data.startswith(BOM) else 0
        self.encoding = ""
        self.end: int | None = None

    def see(self, tag: Tag) -> None:
        if self._data[self._seen : tag.start].strip() or not _goes_on(tag):
            self.end = self._seen
            return
        self._seen = tag.stop
        if tag.name in _BEFORE_HEAD:
            self.begin = tag.stop
        if tag.name == "meta" and not self.encoding:
            self.encoding = _charset(attributes(self._data, tag))
            self.begin = tag.stop if self.encoding else self.begin


def _goes_on(tag: Tag) -> bool:
    """Whether the head does, or what stands before it."""
    if tag.closing:
        return tag.name in OF_HEAD
    return tag.name in OF_HEAD or tag.name in _BEFORE_HEAD or tag.name.startswith("!")


def _charset(found: dict[str, str]) -> str:
    """The encoding that a `meta` declares, in either way."""
    if found.get("http-equiv", "").lower() == "content-type":
        match = _CHARSET.search(found.get("content", ""))
        return match.group(1) if match else ""
    return found.get("charset", "").strip()


def _tags(data: bytes, head: _Head) -> Iterator[Tag]:
    """The tags, comments and declarations of the head, and of the body those that may concern us."""
    xml, at = is_xml(data), 0
    while True:
        if head.end is not None and (plain := _PLAIN.match(data, at)):
            at = plain.end()
        markup = MARKUP.search(data, at)
        if markup is None:
            return
        tag = tag_at(data, markup.start(), xml=xml)
        if xml and tag.name.endswith(":html"):  # what is written into its head would be no XHTML
            raise _damaged(**why("XHTML 元素带前缀", "XHTML whose elements bear a prefix"))
        if head.end is None:
            head.see(tag)
        yield tag
        if tag.name == "plaintext":
            return
        at = tag.stop


def tag_at(data: bytes, at: int, *, xml: bool) -> Tag:
    """The tag, element of raw text, comment or declaration at `at`."""
    match = _TAG.match(data, at)
    if match is None:
        return _comment(data, at)
    if not match.group(3):
        raise _damaged(**why("标签没有结束", "a tag does not end"))
    name, closing = match.group(2).decode("latin-1").lower(), bool(match.group(1))
    closed = xml and match.group().endswith(b"/>")
    stop = match.end() if name not in _RAW or closing or closed else _raw_end(data, match.end(), name)
    return Tag(name, at, stop, closing)


def _comment(data: bytes, at: int) -> Tag:
    """A comment, a document type, an instruction, or what the standard takes for a comment (13.2.5.41)."""
    if data.startswith(b"<!--", at):
        end = _COMMENT_END.search(data, at + 2)
        stop = end.end() if end else 0
    else:
        stop = data.find(b">", at) + 1
    if not stop:
        raise _damaged(**why("注释或声明没有结束", "a comment or a declaration does not end"))
    name = "?" if data.startswith(b"<?", at) else "!doctype" if _DOCTYPE.match(data, at) else "!"
    return Tag(name, at, stop)


def _raw_end(data: bytes, at: int, name: str) -> int:
    """Behind the tag that closes an element of raw text."""
    if name == "script":
        start = _script_end(data, at)
    else:
        end = re.compile(rb"</" + name.encode() + rb"(?=[\s/>])", re.IGNORECASE).search(data, at)
        start = end.start() if end else -1
    closing = _TAG.match(data, start) if start >= 0 else None
    if closing is None or not closing.group(3):
        raise _damaged(**why(f"{name} 元素没有结束", f"an element {name} does not end"))
    return closing.end()


def _script_end(data: bytes, at: int) -> int:
    """Where the closing tag of a script begins: one inside a script inside a comment closes only that (13.2.5.27)."""
    escaped = twice = False
    while mark := _SCRIPT.search(data, at):
        at = mark.end()
        if mark.group() == b"<!--":
            escaped, at = True, at - 2  # its dashes may be those of the end
        elif mark.group() == b"-->":
            escaped = twice = False
        elif not mark.group(1):
            twice = escaped
        elif twice:
            twice = False
        else:
            return mark.start()
    return -1


def attributes(data: bytes, tag: Tag, encoding: str = "latin-1") -> dict[str, str]:
    """The attributes of a tag: names in lower case, values without references; of two of a name, the first."""
    found: dict[str, str] = {}
    inside = data[tag.start + 1 + len(tag.name) : tag.stop - 1]
    for match in _ATTRIBUTE.finditer(inside):
        if match.group(1):
            value = next((group for group in match.groups()[1:] if group is not None), b"")
            found.setdefault(match.group(1).decode("latin-1").lower(), _dereferenced(value.decode(encoding, "replace")))
    return found


def is_named(found: dict[str, str], name: str) -> bool:
    """Whether these are the attributes of a `meta` of this name, which is compared without case (4.2.5)."""
    return found.get("name", "").lower() == name


def _dereferenced(value: str) -> str:
    """A value without character references, by the rules for attributes (13.2.5.73)."""
    return _REFERENCE.sub(_character, value)


def _character(match: re.Match[str]) -> str:
    reference = match.group()
    return references.unescape(reference) if reference[1] == "#" else html5.get(reference[1:], reference)
