"""The prims of a USD text, as far as they say what is shown and where (OpenUSD, USDA file format).

The text is passed over once, values that are not asked for without being built: those of a large mesh are most of it.
"""

import re
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealmark.errors import why
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer
from sealmark.media.scene import usda
from sealmark.media.scene.usd_scene import Prim, Stage, is_wanted

DEEPEST = 256
LONGEST_POINTS = 1 << 27  # bytes, as text, of the points of one shape that states no extent
_PIECE = 1 << 20
MOST_WORDS = 1 << 21  # of one layer beside the values of its arrays
_SPACE = rb"(?:\s++|#[^\r\n]*+|//[^\r\n]*+|/\*.*?\*/)*"
_STRING = (
    rb"\"\"\"(?:[^\"\\]++|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]++|\\.|'(?!''))*'''"
    rb"|\"(?!\"\")(?:[^\"\\\r\n]++|\\.)*\"|'(?!'')(?:[^'\\\r\n]++|\\.)*'"
)
_ASSET = rb"@@@.*?@@@(?!@)|@[^@\r\n]*+@|<[^<>\r\n]*+>"
_WORD = rb"[^\s\"'@#()\[\]{}=;,<>]++"
_GAP = re.compile(rb"(?:\s++|;|#[^\r\n]*+|//[^\r\n]*+|/\*.*?\*/)*", re.DOTALL)
# An array of numbers as a whole, whatever its size.
_NUMBERS = re.compile(rb"\[[-+0-9.eEinfa,()\s]*+\]")
_NUMBER = re.compile(rb"[-+]?(?:inf|nan|[0-9.]++(?:[eE][-+]?[0-9]++)?)")
_TOKEN = re.compile(rb"(?:%b|%b|%b|[()\[\]{}=;,])" % (_STRING, _ASSET, _WORD), re.DOTALL)
_FLAT = re.compile(rb"[^()\[\]{}\"'@#<>/]*+")  # within brackets, up to what may be one
_PAIRS = {b"(": b")", b"[": b"]", b"{": b"}"}
_SPECIFIERS = {b"def", b"over", b"class"}
_LISTS = {b"add", b"append", b"prepend", b"delete", b"reorder"}
_ARCS = {"references", "payload", "inherits", "specializes"}
_SIGN = re.compile(rb"[()\[\],}]")
_STRINGS = re.compile(_STRING, re.DOTALL)


def read(data: Buffer, longest: int) -> Stage:
    """The prims of a layer; raises `Damaged` where the text is none, and `MetadataOverLimit`."""
    if len(data) > longest:
        raise MetadataOverLimit(place="USD", **why("层过大", "the layer is too large"))
    layer = usda.parse(data)
    text = data[:]
    reader = _Reader(text, len(layer.head))
    stage = reader.stage
    metadata = reader.metadata(layer.first)
    stage.up = "Z" if _said(metadata.get("upAxis", b"")).upper() == "Z" else "Y"
    stage.default = _said(metadata.get("defaultPrim", b""))
    stage.is_composed = b"@" in metadata.get("subLayers", b"")
    reader.read(len(layer.head))
    return stage


def _said(value: bytes) -> str:
    return usda.string(value)


class _Reader:
    """Reads prim after prim; what is open stands on a list, never on the machine's stack."""

    def __init__(self, text: bytes, at: int) -> None:
        self.stage = Stage()
        self._text, self._at, self._words = text, at, 0
        self._open: list[int | None] = []

    def metadata(self, at: int) -> dict[str, bytes]:
        """The values by their names between the parentheses at a place; none where there are no parentheses."""
        at, self._at = self._at, at
        found = self._parentheses()
        self._at = at
        return found

    def read(self, at: int) -> None:
        """Read every prim behind a place."""
        self._at = at
        while word := self._peek():
            if word == b"}":
                self._next()
                self._close()
            elif word in _SPECIFIERS:
                self._prim(self._next())
            elif word == b"variantSet":
                self._variants()
            elif self._open and self._stands_in_variants():
                self._variant()
            else:
                self._property()
        if self._open:
            raise _damaged()

    def _stands_in_variants(self) -> bool:
        return self._open[-1] is None

    def _close(self) -> None:
        if not self._open:
            raise _damaged()
        self._open.pop()

    def _parent(self) -> int | None:
        return next((one for one in reversed(self._open) if one is not None), None)

    def _enter(self, prim: Prim | None) -> None:
        """Go into the braces that follow."""
        if self._next() != b"{" or len(self._open) == DEEPEST:
            raise _damaged()
        if prim is not None:
            prim.place = self._at
            self.stage.prims.append(prim)
            if len(self.stage.prims) > MOST_PARTS:
                raise MetadataOverLimit(place="USD", **why("节点过多", "too many prims"))
        self._open.append(None if prim is None else len(self.stage.prims) - 1)

    def _prim(self, specifier: bytes) -> None:
        word = self._next()
        kind = b"" if word[:1] in {b'"', b"'"} else word
        name = self._next() if kind else word
        said = self._parentheses()
        prim = Prim(_said(name), self._parent(), kind.decode("utf-8", "replace"), specifier == b"def")
        prim.is_active = said.get("active", b"true") in {b"true", b"1"}
        prim.is_instanceable = said.get("instanceable", b"false") in {b"true", b"1"}
        prim.is_composed = any(said.get(arc, b"None") not in {b"None", b"[]"} for arc in _ARCS)
        self._enter(prim)

    def _variants(self) -> None:
        self._next()
        self._next()
        if self._next() != b"=":
            raise _damaged()
        self._enter(None)

    def _variant(self) -> None:
        name = self._next()
        said = self._parentheses()
        prim = Prim(_said(name), self._parent(), is_variant=True)
        prim.is_composed = any(arc in said for arc in _ARCS)
        self._enter(prim)

    def _property(self) -> None:
        """An attribute, a relationship, or an order of children: up to its value and metadata."""
        words = [self._next()]
        while (word := self._peek()) not in {b"=", b"(", b"}", b""} and not self._ended(words):
            words.append(self._next())
            if word == b"[" or len(words) > 16:
                self._expect_bracket(words)
        name = words[-1].decode("utf-8", "replace")
        if self._peek() == b"=":
            self._next()
            self._keep(name, self._value())
        if self._peek() == b"(":
            self._value()

    def _ended(self, words: list[bytes]) -> bool:
        """Whether a declaration without a value is whole: a type and a name, or `rel` and a name."""
        plain = [word for word in words if word not in {*_LISTS, b"custom", b"uniform", b"varying", b"config", b"[]"}]
        return len(plain) >= 2

    def _expect_bracket(self, words: list[bytes]) -> None:
        if self._next() != b"]" or len(words) > 16:
            raise _damaged()
        words[-1] = b"[]"

    def _keep(self, name: str, value: bytes) -> None:
        number = self._parent()
        plain, _, suffix = name.partition(".")
        if number is None or not is_wanted(plain) or suffix not in {"", "timeSamples"}:
            return
        attributes = self.stage.prims[number].attributes
        if suffix:
            value = _first_sample(value)
            if plain in attributes:
                return
        attributes[plain] = _parsed(plain, value)

    def _parentheses(self) -> dict[str, bytes]:
        """Metadata by name: a value counts with the last one of that name."""
        found: dict[str, bytes] = {}
        if self._peek() != b"(":
            return found
        self._next()
        while (word := self._peek()) != b")":
            if not word:
                raise _damaged()
            if word in _PAIRS:  # more about a value, such as the offset of a layer
                self._value()
                continue
            self._next()
            if self._peek() == b"=" and word not in _LISTS:
                self._next()
                found[word.decode("utf-8", "replace")] = self._value()
        self._next()
        return found

    def _value(self) -> bytes:
        """The value at this place, as it is written."""
        self._skip()
        start = self._at
        if flat := _NUMBERS.match(self._text, start):
            self._at = flat.end()
            return flat.group()
        first = self._next()
        if first not in _PAIRS:
            return first
        opened = [_PAIRS[first]]
        while opened:
            self._at = _after(_FLAT, self._text, self._at)
            if numbers := _NUMBERS.match(self._text, self._at):
                self._at = numbers.end()
                continue
            word = self._next()
            if word in _PAIRS:
                opened.append(_PAIRS[word])
            elif not word or len(opened) > DEEPEST or (word in {b")", b"]", b"}"} and word != opened.pop()):
                raise _damaged()
        return self._text[start : self._at]

    def _skip(self) -> None:
        self._at = _after(_GAP, self._text, self._at)

    def _peek(self) -> bytes:
        at = self._at
        word = self._next()
        self._at = at
        self._words -= 1
        return word

    def _next(self) -> bytes:
        """The next word, and behind it; nothing at the end."""
        self._skip()
        self._words += 1
        match = _TOKEN.match(self._text, self._at)
        if self._at == len(self._text):
            return b""
        if match is None or self._text.startswith(b"/*", self._at):  # a comment without an end would be sought again
            raise _damaged()
        if self._words > MOST_WORDS:
            raise MetadataOverLimit(place="USD", **why("内容过多", "too many words"))
        self._at = match.end()
        return match.group()


def _after(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _first_sample(value: bytes) -> bytes:
    """The value of the first time of `{ 0: …, 1: … }`."""
    first = value.partition(b":")[2].lstrip()
    depth = 0
    for match in _SIGN.finditer(first):
        sign = match.group()
        depth += (sign in {b"(", b"["}) - (sign in {b")", b"]"})
        if depth == 0 and sign in {b",", b"}"}:
            return first[: match.start()]
    return first


def _parsed(name: str, value: bytes) -> Any:
    if name == "xformOpOrder":
        return [_said(match.group()) for match in _STRINGS.finditer(value)]
    if value[:1] in {b'"', b"'"}:
        return _said(value)
    if name == "points":
        return partial(_many, value)
    numbers = np.array([float(one) for one in _NUMBER.findall(value)[:64]], np.float64)
    # A quaternion is written with its real part first.
    return np.roll(numbers, -1) if name.startswith("xformOp:orient") and len(numbers) == 4 else numbers


def _many(value: bytes) -> NDArray[np.float64] | None:
    """The numbers of an array of tuples, a piece at a time: as words they take ten times their room."""
    if len(value) > LONGEST_POINTS:
        raise MetadataOverLimit(place="USD points", **why("数组过大", "an array too large"))
    found, at = [np.zeros(0)], 0
    while at < len(value):
        end = value.find(b",", at + _PIECE) + 1 or len(value)
        words = value[at:end].translate(None, b"()[] \t\r\n").split(b",")
        try:
            found.append(np.array([word for word in words if word], np.float64))
        except ValueError:
            return None
        at = end
    return np.concatenate(found)


def _damaged() -> Damaged:
    return Damaged(format="USD", **why("场景内容", "content of the scene"))
