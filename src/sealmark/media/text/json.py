"""JSON in UTF-8: where the members of the topmost object stand (RFC 8259).

Of what the members hold only strings and brackets are looked at: whether they close. Nothing is built in memory.
"""

import json
import re
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged, NotUtf8
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.text import text

DEEPEST = 10_000
_BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(rb"[ \t\n\r]*+")
_TEXT = rb"\"(?:[^\"\\\x00-\x1f]++|\\.)*\""
_NUMBER_OR_WORD = rb"-?(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][+-]?\d++)?|true|false|null"
_STRING = re.compile(_TEXT, re.DOTALL)
_SCALAR = re.compile(_NUMBER_OR_WORD)
# Members with other keys than one, without escapes in them, whose values hold no others.
_SIMPLE = (
    rb"(?:[ \t\n\r]*+\"(?!%b\")[^\"\\\x00-\x1f]*+\"[ \t\n\r]*+:[ \t\n\r]*+(?:"
    + _TEXT
    + rb"|"
    + _NUMBER_OR_WORD
    + rb")[ \t\n\r]*+,)*"
)
# Everything up to and with the next bracket.
_BRACKET = re.compile(rb"(?:[^\"{}\[\]]++|\"(?:[^\"\\\x00-\x1f]++|\\.)*\")*([{}\[\]])", re.DOTALL)
_LABELLED = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\n\r]*+\{[ \t\n\r]*+\"AIGC\"[ \t\n\r]*+:")
_CLOSES = {b"}": b"{", b"]": b"["}


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the topmost object: the span of its value, and how it hangs together with the others.

    `gap` is behind the brace or comma before it, `comma` behind its own (None for the last member), `kept` where the
    value of the last member of another key before it ends (None where there is none).
    """

    gap: int
    value: int
    stop: int
    comma: int | None
    kept: int | None


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON text: where its topmost object begins, or None where it is no object, and its members of one key.

    `others` says whether it has members of other keys.
    """

    data: bytes
    begin: int | None
    members: tuple[Member, ...]
    others: bool


def is_json(data: bytes) -> bool:
    """Whether a label as its first member shows that this text is JSON; other JSON shows by its name."""
    return _LABELLED.match(data) is not None and text.is_text(data)


FORMAT = Format("json", "document", ("application/json", "text/json"), ("json",), is_json, textual=True)


def remains(data: bytes, key: str) -> tuple[Document, Damaged | None]:
    """The members of this key, also of a text that is cut, and what is wrong with it."""
    begin = _gap(data, len(_BOM) if data.startswith(_BOM) else 0)
    reader, damage = _Object(data, key), None
    try:
        text.decode(data)
        stop = reader.read(begin) if data.startswith(b"{", begin) else _value(data, begin)
        if _gap(data, stop) != len(data):
            raise _damaged(**why("末尾之后还有内容", "something follows its end"))
    except Damaged as error:
        damage = error
    except NotUtf8:
        damage = _damaged(**why("不是 UTF-8", "not UTF-8"))
    start = begin if data.startswith(b"{", begin) else None
    return Document(data, start, tuple(reader.members), reader.kept is not None), damage


def parse(data: bytes, key: str) -> Document:
    """As `remains`; raises `Damaged`."""
    document, damage = remains(data, key)
    if damage is not None:
        raise damage
    return document


def _damaged(**cause: str) -> Damaged:
    return Damaged(format="JSON", **cause)


def _gap(data: bytes, at: int) -> int:
    match = _SPACE.match(data, at)
    return match.end() if match else at


class _Object:
    """Reads the topmost object, member for member, and remembers those of one key."""

    __slots__ = ("_data", "_key", "_simple", "kept", "members")

    def __init__(self, data: bytes, key: str) -> None:
        self._data = data
        self._key = key
        self._simple = re.compile(_SIMPLE % key.encode(), re.DOTALL)
        self.kept: int | None = None
        self.members: list[Member] = []

    def read(self, at: int) -> int:
        """Read the object at `at`; where it ends."""
        gap = at + 1
        at = _gap(self._data, gap)
        if self._data.startswith(b"}", at):
            return at + 1
        while True:
            gap = self._others(gap)
            stop = self._member(gap)
            gap = stop + 1
            if self._data.startswith(b"}", stop):
                return gap
            if not self._data.startswith(b",", stop):
                raise _damaged(**why("对象没有结束", "an object does not end"))

    def _others(self, gap: int) -> int:
        """Behind simple members of other keys, at the speed of the pattern."""
        match = self._simple.match(self._data, gap)
        if match is None or match.end() == gap:
            return gap
        stop = match.end() - 1
        while self._data[stop - 1] in b" \t\n\r":
            stop -= 1
        self.kept = stop
        return match.end()

    def _member(self, gap: int) -> int:
        """Read one member; where the comma or brace behind it stands."""
        data, at = self._data, _gap(self._data, gap)
        key = _STRING.match(data, at)
        colon = _gap(data, key.end()) if key else at
        if key is None or not data.startswith(b":", colon):
            raise _damaged(**why("成员名", "the name of a member"))
        value = _gap(data, colon + 1)
        stop = _value(data, value)
        end = _gap(data, stop)
        if _unquoted(key.group()) != self._key:
            self.kept = stop
        else:
            comma = end + 1 if data.startswith(b",", end) else None
            self.members.append(Member(gap, value, stop, comma, self.kept))
        if len(self.members) > MOST_PARTS:
            raise _damaged(**why("同名成员过多", "members of one name without end"))
        return end


def _unquoted(written: bytes) -> str:
    """The key without its escapes; a long one is none that is looked for."""
    try:
        return str(json.loads(written)) if len(written) < 64 else ""
    except ValueError:
        raise _damaged(**why("成员名", "the name of a member")) from None


def _value(data: bytes, at: int) -> int:
    """Behind the value at `at`."""
    if data.startswith((b"{", b"["), at):
        return _nested(data, at)
    match = _STRING.match(data, at) or _SCALAR.match(data, at)
    if match is None:
        raise _damaged(**why("值", "a value"))
    return match.end()


def _nested(data: bytes, at: int) -> int:
    """Behind the bracket that closes the one at `at`."""
    brackets: list[bytes] = []
    while bracket := _BRACKET.match(data, at):
        at, found = bracket.end(), bracket.group(1)
        if found not in _CLOSES:
            brackets.append(found)
        elif not brackets or brackets.pop() != _CLOSES[found]:
            raise _damaged(**why("括号不配对", "brackets that do not match"))
        if not brackets:
            return at
        if len(brackets) > DEEPEST:
            raise _damaged(**why("嵌套过深", "nested without end"))
    raise _damaged(**why("括号没有闭合", "a bracket does not close"))
