"""AMF0: the values in FLV's script tags (Action Message Format, AMF 0, 2007; FLV 10.1 annex E.4.4)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged, MetadataOverLimit

# AMF 0, 2.1: the markers of values.
NUMBER, STRING, OBJECT, ECMA_ARRAY, END, STRICT_ARRAY, LONG_STRING = 0, 2, 3, 8, 9, 10, 12
_XML, _TYPED_OBJECT = 15, 16
# Values of a fixed size: number, boolean, null, undefined, reference, date, unsupported.
_FIXED = {NUMBER: 8, 1: 1, 5: 0, 6: 0, 7: 2, 11: 10, 13: 0}
_CLOSING = b"\x00\x00\x09"  # an empty name and the end marker
_DEEPEST = 32
# Values of one tag: an hour of film has 3,600 key frames in two arrays.
_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class Property:
    """One name with its value: where the name's length, the value's marker and the value's end stand."""

    name: str
    start: int
    value: int
    stop: int


def properties(data: bytes, at: int) -> Iterator[Property]:
    """The properties of the object or ECMA array whose marker is at `at`; raises `Damaged`, `MetadataOverLimit`."""
    yield from _Walk(data).properties(_first(data, at), 0)


def closing(data: bytes, at: int) -> int:
    """Where the last property of the object or ECMA array ends. Some writers forget the end marker behind it."""
    last = _first(data, at)
    for one in properties(data, at):
        last = one.stop
    return last


def _first(data: bytes, at: int) -> int:
    """Where the first property begins: behind the marker, and behind an array's approximate count."""
    return at + (5 if data[at] == ECMA_ARRAY else 1)


def holds_properties(data: bytes, at: int) -> bool:
    """Whether an object or ECMA array stands there."""
    return data[at : at + 1] in {bytes((OBJECT,)), bytes((ECMA_ARRAY,))}


def text(data: bytes, at: int) -> str | None:
    """The string at `at`, or nothing where another value stands."""
    width = {STRING: 2, LONG_STRING: 4}.get(data[at])
    if width is None:
        return None
    start = at + 1 + width
    return data[start : start + int.from_bytes(data[at + 1 : start], "big")].decode("utf-8", "replace")


def numbers(data: bytes, at: int) -> Iterator[int]:
    """Where the eight bytes of each number stand: of the one at `at`, or of all in the strict array there."""
    if data[at] == NUMBER:
        yield at + 1
    elif data[at] == STRICT_ARRAY:
        count, place, walk = int.from_bytes(data[at + 1 : at + 5], "big"), at + 5, _Walk(data)
        for _ in range(count):
            if data[place] == NUMBER:
                yield place + 1
            place = walk.end(place, 0)


def number(data: bytes | bytearray, at: int) -> float:
    """The number whose eight bytes stand at `at`."""
    value: float = struct.unpack_from(">d", data, at)[0]
    return value


def encoded_number(value: float) -> bytes:
    """A number's eight bytes."""
    return struct.pack(">d", value)


def encoded_text(value: str) -> bytes:
    """A string, or a long one above 65,535 bytes (AMF 0, 2.4 and 2.14)."""
    raw = value.encode()
    short = len(raw) < 1 << 16
    return bytes((STRING if short else LONG_STRING,)) + len(raw).to_bytes(2 if short else 4, "big") + raw


def encoded_property(name: str, value: str) -> bytes:
    """A name with a string."""
    return len(name.encode()).to_bytes(2, "big") + name.encode() + encoded_text(value)


@dataclass(slots=True)
class _Walk:
    """Steps over values within bounds."""

    data: bytes
    left: int = _MOST

    def properties(self, at: int, depth: int) -> Iterator[Property]:
        """The properties from `at` on, up to the end marker or the end of the data."""
        while at < len(self.data) and self.data[at : at + 3] != _CLOSING:
            value = at + 2 + self._unsigned(at, 2)
            stop = self.end(value, depth)
            yield Property(self.data[at + 2 : value].decode("utf-8", "replace"), at, value, stop)
            at = stop

    def end(self, at: int, depth: int) -> int:
        """Where the value at `at` ends."""
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            raise MetadataOverLimit(place="FLV onMetaData", **why("值过多或嵌套过深", "too many values, or too deep"))
        stop = self._end(at, depth)
        if stop > len(self.data):
            raise _damaged()
        return stop

    def _end(self, at: int, depth: int) -> int:
        marker = self._unsigned(at, 1)
        if marker in _FIXED:
            return at + 1 + _FIXED[marker]
        if marker == STRING:
            return at + 3 + self._unsigned(at + 1, 2)
        if marker in {LONG_STRING, _XML}:
            return at + 5 + self._unsigned(at + 1, 4)
        if marker == STRICT_ARRAY:
            return self._array_end(at, depth)
        if marker in {OBJECT, ECMA_ARRAY, _TYPED_OBJECT}:
            named = 2 + self._unsigned(at + 1, 2) if marker == _TYPED_OBJECT else 0
            return self._object_end(at + (5 if marker == ECMA_ARRAY else 1) + named, depth)
        raise _damaged()

    def _array_end(self, at: int, depth: int) -> int:
        count, place = self._unsigned(at + 1, 4), at + 5
        for _ in range(count):
            place = self.end(place, depth + 1)
        return place

    def _object_end(self, at: int, depth: int) -> int:
        for one in self.properties(at, depth + 1):
            at = one.stop
        if self.data[at : at + 3] != _CLOSING:
            raise _damaged()
        return at + 3

    def _unsigned(self, at: int, width: int) -> int:
        raw = self.data[at : at + width]
        if len(raw) < width:
            raise _damaged()
        return int.from_bytes(raw, "big")


def _damaged() -> Damaged:
    return Damaged(format="FLV", **why("脚本数据(AMF)", "script data (AMF)"))
