"""The lines of text on a page of a PDF, as far as its fonts say what they show (ISO 32000-2, 9.4 and 9.10).

A line is what is shown at one height, in the order of the instructions. What is drawn as paths or pictures is no text
here, and what a font does not explain is left out.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from sealmark.media.document import pdf_filters, pdf_syntax
from sealmark.media.document.pdf import Container
from sealmark.media.document.pdf_syntax import Dictionary, Name, Reference, Value
from sealmark.media.errors import Damaged, MetadataOverLimit

LONGEST = 1 << 20  # bytes of a page's instructions
_READ = 12 * 1024  # bytes of them at either end, where headers and footers are drawn: looking must cost milliseconds
_LONGEST_MAP = 1 << 17
_LONGEST_STRING = 4096
_MOST_FONTS = 32
_NUMBER = rb"[+-]?[\d.]{1,20}\s+"
_STRING = rb"\((?:[^()\\]|\\.){0,4096}\)|<[0-9A-Fa-f\s]{0,4096}>"
# Behind its last operand each of these stands alone; text that is shown comes as a string or as an array of them.
_OPERATOR = re.compile(
    rb"/(?P<font>[^\s()<>\[\]{}/%]{1,64})\s+[+-]?[\d.]{1,20}\s+Tf\b"
    rb"|(?P<shown>\[(?:" + _STRING + rb"|[^\[\]()<>]){0,2048}\]|" + _STRING + rb")\s*(?P<how>TJ|Tj|'|\")"
    rb"|" + _NUMBER + rb"(?P<down>[+-]?[\d.]{1,20})\s+T[dD]\b"
    rb"|" + _NUMBER * 5 + rb"(?P<to>[+-]?[\d.]{1,20})\s+Tm\b|(?P<next>T\*)",
    re.DOTALL,
)
_PARTS = re.compile(_STRING + rb"|[+-]?[\d.]{1,20}", re.DOTALL)
_SECTION = re.compile(rb"beginbf(char|range)(.*?)endbf", re.DOTALL)
_HEX = rb"<([0-9A-Fa-f\s]{1,64})>"
_CHARACTER = re.compile(_HEX + rb"\s*" + _HEX)
_RANGE = re.compile(_HEX + rb"\s*" + _HEX + rb"\s*(?:" + _HEX + rb"|\[([^\]]*)\])")
_CODINGS = {
    b"UCS2": "utf-16-be",
    b"UTF16": "utf-16-be",
    b"GBK": "gbk",
    b"GBKp": "gbk",
    b"GBK2K": "gb18030",
    b"GB": "gb2312",
}
_WIDE_GAP = -300.0  # thousandths of an em: a space that was moved over instead of shown

Decode = Callable[[bytes], str]


def lines(container: Container, contents: tuple[Reference, ...], fonts: Value) -> Iterator[str]:
    """The lines of a page; raises `Damaged` and `MetadataOverLimit`."""
    body = _ends(b"\n".join(pdf_filters.content(container, one, LONGEST) for one in contents))
    decoders = _Decoders(container, container.dictionary(fonts))
    decode: Decode = _nothing
    line: list[str] = []
    height = shown_at = 0.0
    for found in _OPERATOR.finditer(body):
        if found.group("font"):
            decode = decoders.of(found.group("font"))
        elif found.group("shown"):
            height -= found.group("how") in {b"'", b'"'}
            if height != shown_at and line:
                yield "".join(line)
                line = []
            shown_at = height
            line.append(_text(found.group("shown"), decode))
        else:
            height = _moved(found, height)
    if line:
        yield "".join(line)


def _moved(found: re.Match[bytes], height: float) -> float:
    """The height after an operator that moves: by a distance, to a place, or to the next line, however far that is."""
    if found.group("next"):
        return height - 1
    with suppress(ValueError):
        return height + float(found.group("down")) if found.group("down") else float(found.group("to"))
    return height


def _text(shown: bytes, decode: Decode) -> str:
    """What a string or an array of strings and gaps shows."""
    parts: list[str] = []
    for part in _PARTS.findall(shown):
        if part[:1] in b"(<":
            with suppress(Damaged):
                parts.append(decode(pdf_syntax.string(part, 0)[0]))
        elif part.count(b".") < 2 and part.strip(b"+-.") and float(part) < _WIDE_GAP:
            parts.append(" ")
    return "".join(parts)


def _nothing(_codes: bytes) -> str:
    return ""


def _ends(body: bytes) -> bytes:
    """The instructions at the beginning and at the end, from a whole line on."""
    if len(body) <= 2 * _READ:
        return body
    start = body.find(b"\n", len(body) - _READ)
    return body[:_READ] + b"\n0 0 Td\n" + body[start if start >= 0 else len(body) :]


class _Decoders:
    """What the codes of a page's fonts say; a font is read when it is first chosen."""

    def __init__(self, container: Container, fonts: Dictionary | None) -> None:
        self._container = container
        self._fonts = fonts
        self._known: dict[bytes, Decode] = {}

    def of(self, name: bytes) -> Decode:
        """How the strings of a font are read."""
        if name not in self._known and len(self._known) < _MOST_FONTS:
            self._known[name] = _nothing
            with suppress(Damaged, MetadataOverLimit):
                self._known[name] = _decoder(self._container, self._fonts.get(name) if self._fonts else None)
        return self._known.get(name, _nothing)


def _decoder(container: Container, value: Value) -> Decode:
    font = container.dictionary(value)
    if font is None:
        return _nothing
    wide = font.get(b"Subtype") == Name(b"Type0")
    said = font.get(b"ToUnicode")
    if isinstance(said, Reference) and container.resolved(said)[0] is not None:
        table = _to_unicode(pdf_filters.content(container, said, _LONGEST_MAP))
        return lambda codes: _mapped(codes, table, 2 if wide else 1)
    if not wide:
        return lambda codes: codes.decode("latin-1")
    encoding, _ = container.resolved(font.get(b"Encoding"))
    parts = encoding.text.split(b"-") if isinstance(encoding, Name) else []
    coding = next((_CODINGS[part] for part in parts if part in _CODINGS), None)
    return (lambda codes: codes.decode(coding, "replace")) if coding else _nothing


def _mapped(codes: bytes, table: Mapping[int, str], width: int) -> str:
    places = range(0, len(codes) - width + 1, width)
    return "".join(table.get(int.from_bytes(codes[at : at + width], "big"), "") for at in places)


def _to_unicode(cmap: bytes) -> dict[int, str]:
    """What each code says (9.10.3)."""
    table: dict[int, str] = {}
    for section in _SECTION.finditer(cmap):
        if section.group(1) == b"char":
            table |= {_code(code): _unicode(said) for code, said in _CHARACTER.findall(section.group(2))}
            continue
        for first, last, said, listed in _RANGE.findall(section.group(2)):
            table |= _run(_code(first), _code(last), said, listed)
    return table


def _run(first: int, last: int, said: bytes, listed: bytes) -> dict[int, str]:
    """The codes of one range, which says its first character, or each of them."""
    if listed:
        return {first + number: _unicode(one) for number, one in enumerate(re.findall(_HEX, listed))}
    base, stop = _unicode(said), min(last, first | 0xFF)  # 9.10.3: only the last byte of a code varies
    return {
        code: base[:-1] + chr(min(ord(base[-1:] or "\0") + code - first, 0x10FFFF)) for code in range(first, stop + 1)
    }


def _code(digits: bytes) -> int:
    return int(re.sub(rb"\s", b"", digits) or b"0", 16)


def _unicode(digits: bytes) -> str:
    joined = re.sub(rb"\s", b"", digits)
    return bytes.fromhex((joined + b"0" * (len(joined) & 1)).decode()).decode("utf-16-be", "replace")
