"""Where the values of a JSON text stand (RFC 8259), so that one is changed and every other byte stays.

A number keeps the spelling that its writer gave it. The text is checked on the way, in linear time and in no
memory: values are passed over, never built.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sealmark.errors import why
from sealmark.media.errors import Damaged, MetadataOverLimit

DEEPEST = 512
# Containers that hold containers, and what stands beside them: a scene of a hundred thousand meshes has half as many.
MOST_STEPS = 1 << 19
_SPACE = rb"[ \t\r\n]*+"
_STRING = rb'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"'
_SCALAR = rb"(?:" + _STRING + rb"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null)"
_PAIR = _STRING + _SPACE + b":" + _SPACE + _SCALAR
_LIST = rb"\[" + _SPACE + rb"(?:" + _SCALAR + _SPACE + rb"(?:," + _SPACE + _SCALAR + _SPACE + rb")*)?\]"
_OBJECT = rb"\{" + _SPACE + rb"(?:" + _PAIR + _SPACE + rb"(?:," + _SPACE + _PAIR + _SPACE + rb")*)?\}"
_FLAT = rb"(?:" + _SCALAR + rb"|" + _LIST + rb"|" + _OBJECT + rb")"
_COMMA = _SPACE + rb"," + _SPACE
# Values without a container in a container, as many as stand in a row: at the top, in an array, in an object.
_ROWS = {
    b"": re.compile(_FLAT),
    b"]": re.compile(_FLAT + rb"(?:" + _COMMA + _FLAT + rb")*"),
    b"}": re.compile(_FLAT + rb"(?:" + _COMMA + _STRING + _SPACE + rb":" + _SPACE + _FLAT + rb")*"),
}
_BLANK = re.compile(_SPACE)
_QUOTED = re.compile(_STRING)

Edit: TypeAlias = tuple[int, int, bytes]  # the bytes that are replaced, from and to, and what takes their place


class Text(bytes):
    """A JSON text that remembers the members of its objects, for who asks more than once."""

    def __init__(self, _data: bytes) -> None:
        self.known: dict[int, tuple[Member, ...]] = {}


@dataclass(frozen=True, slots=True)
class Value:
    """The bytes `[start, end)` of one value; of a text that is cut within it, `end` is the text's end."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object: its key, where that begins, and its value."""

    key: str
    start: int
    value: Value


def root(data: bytes) -> Value:
    """The text's one value without checking it; a byte order mark is passed over, as most readers do."""
    return Value(_skip(data, 3 if data.startswith(b"\xef\xbb\xbf") else 0), len(data))


def check(data: bytes) -> Value:
    """The text's one value; raises `Damaged` for what is no JSON."""
    start = root(data).start
    end = _end(data, start)
    if _skip(data, end) != len(data):
        raise _damaged(why("值之后还有内容", "something behind the value"))
    return Value(start, end)


def members(data: bytes, value: Value) -> Iterator[Member]:
    """The members of an object in their order; of another value none.

    Raises `Damaged` where it breaks off, after a last member that is cut.
    """
    known = data.known if isinstance(data, Text) else {}
    if value.start not in known:
        found = []
        for one in _members(data, value.start):
            found.append(one)
            yield one
        known[value.start] = tuple(found)
        return
    yield from known[value.start]


def _members(data: bytes, at: int) -> Iterator[Member]:
    if data[at : at + 1] != b"{":
        return
    at = _skip(data, at + 1)
    while data[at : at + 1] != b"}":
        start, key_end = at, _match(_QUOTED, data, at)
        at = _skip(data, _expect(data, _skip(data, key_end), b":"))
        one = _whole(data, at)
        yield Member(text(data, Value(start, key_end)), start, one)
        at = _next(data, one, b"}")


def elements(data: bytes, value: Value) -> Iterator[Value]:
    """The elements of an array in their order; of another value none. Raises as `members` does."""
    at = value.start
    if data[at : at + 1] != b"[":
        return
    at = _skip(data, at + 1)
    while data[at : at + 1] != b"]":
        one = _whole(data, at)
        yield one
        at = _next(data, one, b"]")


def text(data: bytes, value: Value) -> str:
    """What a string says; raises `Damaged` where the value is none, or not Unicode."""
    try:
        said = json.loads(data[value.start : value.end])
    except (ValueError, RecursionError):
        raise _damaged(why("字符串", "a string")) from None
    if not isinstance(said, str):
        raise _damaged(why("应为字符串", "no string where one belongs"))
    return said


def is_string(data: bytes, value: Value) -> bool:
    """Whether the value is a string."""
    return data[value.start : value.start + 1] == b'"'


def appended(data: bytes, value: Value, item: bytes) -> Edit:
    """The edit that puts an item behind the last one of an object or array: start, end and new bytes."""
    ends = [one.value.end for one in members(data, value)] or [one.end for one in elements(data, value)]
    return (ends[-1], ends[-1], b"," + item) if ends else (value.start + 1, value.end - 1, item)


def omitted(data: bytes, value: Value, starts: Collection[int]) -> Iterator[Edit]:
    """The edits that take the members that begin at these places out of an object, each with one comma."""
    inside = list(members(data, value))
    is_first = True  # nothing before this one stays
    for number, one in enumerate(inside):
        if one.start not in starts:
            is_first = False
        elif not is_first:
            yield inside[number - 1].value.end, one.value.end, b""
        else:
            yield one.start, inside[number + 1].start if number + 1 < len(inside) else one.value.end, b""


def edited(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The text after edits that do not overlap."""
    parts, at = [], 0
    for start, end, new in sorted(edits):
        parts += [data[at:start], new]
        at = end
    return b"".join((*parts, data[at:]))


def _next(data: bytes, one: Value, close: bytes) -> int:
    """Where the next item begins, or the closing bracket stands."""
    if one.end == len(data):
        raise _damaged(why("数据不完整", "it breaks off"))
    at = _skip(data, one.end)
    if data[at : at + 1] == close:
        return at
    at = _skip(data, _expect(data, at, b","))
    if data[at : at + 1] == close:
        raise _damaged(why("逗号之后没有内容", "nothing behind a comma"))
    return at


def _whole(data: bytes, at: int) -> Value:
    """The value at a place; where it is broken or cut, what is left of it."""
    try:
        return Value(at, _end(data, at))
    except Damaged:
        return Value(at, len(data))


def _end(data: bytes, at: int) -> int:
    """Where the value that begins at a place ends; raises `Damaged` for what is no JSON."""
    open_ones = bytearray()  # the closing brackets that are still to come
    for _ in range(MOST_STEPS):
        match = _ROWS[bytes(open_ones[-1:])].match(data, at)
        if match is None:
            at = _entered(data, at, open_ones)
            continue
        at = _left(data, match.end(), open_ones)
        if not open_ones:
            return at
        at = _skip(data, _expect(data, _skip(data, at), b","))
        at = _key(data, at) if open_ones[-1:] == b"}" else at
    raise MetadataOverLimit(place="JSON", **why("部分过多", "too many parts"))


def _entered(data: bytes, at: int, open_ones: bytearray) -> int:
    """Where the first value in the container at a place begins, which holds another container."""
    opening = data[at : at + 1]
    if opening not in {b"{", b"["} or len(open_ones) == DEEPEST:
        raise _damaged(why("值", "a value"))
    open_ones += b"}" if opening == b"{" else b"]"
    inside = _skip(data, at + 1)
    return _key(data, inside) if opening == b"{" else inside


def _left(data: bytes, at: int, open_ones: bytearray) -> int:
    """Behind a value: go out of every container that ends here."""
    while open_ones and data[(close := _skip(data, at)) : close + 1] == open_ones[-1:]:
        open_ones.pop()
        at = close + 1
    return at


def _key(data: bytes, at: int) -> int:
    """Where the value of the member at a place begins."""
    return _skip(data, _expect(data, _skip(data, _match(_QUOTED, data, at)), b":"))


def _skip(data: bytes, at: int) -> int:
    match = _BLANK.match(data, at)
    return match.end() if match else at


def _match(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = pattern.match(data, at)
    if match is None:
        raise _damaged(why("字符串", "a string"))
    return match.end()


def _expect(data: bytes, at: int, sign: bytes) -> int:
    if data[at : at + 1] != sign:
        raise _damaged(why(f"缺少 {sign.decode()}", f"no {sign.decode()}"))
    return at + 1


def _damaged(reason: dict[str, str]) -> Damaged:
    return Damaged(format="JSON", **reason)
