"""The objects that a PDF is written in (ISO 32000-2, 7.2 and 7.3): a reader that is bounded, and strings written.

Every value keeps the span it was read from, so that an editor can leave what it does not change as it is.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from sealmark.errors import why
from sealmark.media.errors import Damaged

DEEPEST = 64
MOST_READ = 1 << 17  # objects of one file: a fraction of a second's work; an honest file needs some hundreds read
LONGEST_STRING = 1 << 18  # bytes of one string
# ISO 32000-2 table 1 and 2: white space, and the characters that end any token.
_SPACE = rb"[\x00\t\n\x0c\r ]"
_GAP = re.compile(rb"(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)*")
_REGULAR = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
_NAME = re.compile(rb"/(" + _REGULAR + rb"*+)")
_REFERENCE = re.compile(rb"(\d{1,10})" + _SPACE + rb"++(\d{1,5})" + _SPACE + rb"++R(?!" + _REGULAR + rb")")
_WORD = re.compile(_REGULAR + rb"++")
_HEX = re.compile(rb"<([0-9A-Fa-f\x00\t\n\x0c\r ]*+)>")
_INTEGER = re.compile(rb"[+-]?\d{1,18}\Z")
_STRING_MARK = re.compile(rb"[()\\]")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)|\r\n?", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
_ESCAPED_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Name:
    """A name, without its solidus and its escapes."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Reference:
    """An indirect reference."""

    number: int
    generation: int


@dataclass(frozen=True, slots=True)
class Word:
    """Anything else that is no integer: `true`, a real number, a keyword."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a dictionary: key and value, and the span of both."""

    key: bytes
    value: "Value"
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A dictionary, and the span from `<<` to `>>` in the bytes it was read from."""

    entries: tuple[Entry, ...]
    start: int
    stop: int

    def get(self, key: bytes) -> "Value":
        """The value of a key, None where there is none; of two, the last, as most readers have it."""
        return next((entry.value for entry in reversed(self.entries) if entry.key == key), None)


Value: TypeAlias = Name | Reference | Word | Dictionary | tuple["Value", ...] | bytes | int | None


def damaged(**cause: str) -> Damaged:
    """What is wrong with a PDF."""
    return Damaged(format="PDF", **cause)


def after_gap(data: bytes, at: int) -> int:
    """Behind white space and comments."""
    gap = _GAP.match(data, at)
    return gap.end() if gap else at


@dataclass(slots=True)
class Allowance:
    """How many objects may still be read of one file."""

    left: int = MOST_READ


def value(data: bytes, at: int, allowance: Allowance) -> tuple[Value, int]:
    """The object at `at`, and where it ends; raises `Damaged`."""
    return _Reader(data, allowance).value(at, 0)


class _Reader:
    """Reads one object; objects without end are refused."""

    __slots__ = ("_allowance", "_data")

    def __init__(self, data: bytes, allowance: Allowance) -> None:
        self._data = data
        self._allowance = allowance

    def value(self, at: int, depth: int) -> tuple[Value, int]:
        at = after_gap(self._data, at)
        self._allowance.left -= 1
        if depth > DEEPEST or self._allowance.left < 0:
            raise damaged(**why("对象嵌套过深或过多", "objects without end"))
        if self._data.startswith(b"<<", at):
            return self._dictionary(at, depth)
        if self._data.startswith(b"[", at):
            return self._array(at, depth)
        return _simple(self._data, at)

    def _dictionary(self, start: int, depth: int) -> tuple[Dictionary, int]:
        entries: list[Entry] = []
        at = after_gap(self._data, start + 2)
        while not self._data.startswith(b">>", at):
            key = _NAME.match(self._data, at)
            if key is None:
                raise damaged(**why("字典", "dictionary"))
            found, stop = self.value(key.end(), depth + 1)
            entries.append(Entry(_unescaped(key.group(1)), found, at, stop))
            at = after_gap(self._data, stop)
        return Dictionary(tuple(entries), start, at + 2), at + 2

    def _array(self, start: int, depth: int) -> tuple[tuple[Value, ...], int]:
        found: list[Value] = []
        at = after_gap(self._data, start + 1)
        while not self._data.startswith(b"]", at):
            one, at = self.value(at, depth + 1)
            found.append(one)
            at = after_gap(self._data, at)
        return tuple(found), at + 1


def _simple(data: bytes, at: int) -> tuple[Value, int]:
    """An object that holds no other."""
    if name := _NAME.match(data, at):
        return Name(_unescaped(name.group(1))), name.end()
    if reference := _REFERENCE.match(data, at):
        return Reference(int(reference.group(1)), int(reference.group(2))), reference.end()
    if data.startswith((b"(", b"<"), at):
        return string(data, at)
    if word := _WORD.match(data, at):
        text = word.group()
        if text == b"null":
            return None, word.end()
        return int(text) if _INTEGER.match(text) else Word(text), word.end()
    raise damaged(**why("对象", "object"))


def string(data: bytes, at: int) -> tuple[bytes, int]:
    """The literal or hexadecimal string at `at` (7.3.4), and where it ends."""
    if digits := _HEX.match(data, at):
        text = re.sub(_SPACE, b"", digits.group(1))
        return bytes.fromhex((text + b"0" * (len(text) & 1)).decode()), digits.end()
    if not data.startswith(b"(", at):
        raise damaged(**why("字符串", "string"))
    stop = _literal_end(data, at)
    return _ESCAPE.sub(_unescape, data[at + 1 : stop - 1]), stop


def _literal_end(data: bytes, at: int) -> int:
    """Behind the parenthesis that closes the one at `at`; balanced ones may stand within."""
    depth, position = 1, at + 1
    while depth:
        mark = _STRING_MARK.search(data, position, at + LONGEST_STRING)
        if mark is None:
            raise damaged(**why("字符串没有结束", "a string does not end"))
        position = mark.end() + (mark.group() == b"\\")
        depth += {b"(": 1, b")": -1}.get(mark.group(), 0)
    return position


def _unescape(match: re.Match[bytes]) -> bytes:
    escaped = match.group(1)
    if escaped is None:
        return b"\n"  # 7.3.4.2: an end of line within a string, however written
    if escaped.isdigit() and escaped < b"8":
        return bytes((int(escaped, 8) & 0xFF,))
    return _ESCAPED.get(escaped, escaped)


def _unescaped(name: bytes) -> bytes:
    return _ESCAPED_NAME.sub(lambda match: bytes.fromhex(match.group(1).decode()), name)


def text(data: bytes) -> str:
    """A text string (7.9.2.2): UTF-16 or UTF-8 after a byte order mark, else PDFDocEncoding.

    What many write instead is read too: UTF-8 without a mark, and UTF-16 with the mark of the other order.
    """
    if data.startswith((b"\xfe\xff", b"\xff\xfe")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Above 0xA0 PDFDocEncoding is Latin-1; what it has below that stands in no label.
        return data.decode("latin-1")


def written(content: str) -> bytes:
    """A text string as bytes of a file: literal where it is ASCII, else UTF-16BE with its mark, in hexadecimal."""
    if not content.isascii():
        return b"<FEFF" + content.encode("utf-16-be").hex().upper().encode() + b">"
    return b"(" + re.sub(rb"([()\\])", rb"\\\1", content.encode()) + b")"
