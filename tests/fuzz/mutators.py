"""How a file is damaged: each mutator takes a chance, the bytes and another file of its kind, and gives new bytes."""

import random
from collections.abc import Callable, Sequence
from typing import Literal

LONGEST = 1 << 20  # an input of the laws of time and memory is below this
_NUMBERS = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
# Words that mean something to one parser or another: repeated or in the wrong place they lead it elsewhere.
_WORDS = (
    *(b"AIGC", b'{"AIGC":', b'{"Label":"1"', b"<!--", b"-->", b"<![CDATA[", b"]]>", b"&#0;", b"&lt;", b"<TC260:AIGC>"),
    *(b"\\u0041", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b"(", b")", b"<", b">", b"%", b"\r\n", b"\n---\n"),
    *(b"\x00", b"\xff" * 4, b"\xff" * 8, b"\x00" * 8, b"\x1a\x45\xdf\xa3", b"\x01" + b"\xff" * 7, b"LIST", b"moov"),
    *(b"meta", b"udta", b"ilst", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"xref", b"startxref", b" obj"),
    *(
        b"endstream",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xf0\x9f",
        b"9" * 30,
        b"-1",
        b"1e999",
        b"OggS",
        b"fLaC",
        b"ID3",
    ),
)
_ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")
Mutator = Callable[[random.Random, bytes, bytes], bytes]


def _place(chance: random.Random, data: bytes) -> int:
    """Anywhere, the head more often: that is where structures stand."""
    most = min(len(data), 200) if chance.random() < 0.4 else len(data)
    return chance.randrange(most) if most else 0


def _span(chance: random.Random, data: bytes, most: int = 400) -> tuple[int, int]:
    start = _place(chance, data)
    return start, min(len(data), start + chance.randint(1, most))


def _flip_bit(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    at, out = _place(chance, data), bytearray(data)
    out[at : at + 1] = bytes(one ^ (1 << chance.randrange(8)) for one in out[at : at + 1])
    return bytes(out)


def _set_byte(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    at = _place(chance, data)
    return data[:at] + bytes((chance.randrange(256),)) + data[at + 1 :]


def _set_number(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """A field of one to eight bytes as 0, 1, its most, or near the file's own size."""
    width = chance.choice((1, 2, 4, 4, 4, 8))
    number = chance.choice((*_NUMBERS, len(data), len(data) - 1, chance.randrange(len(data) + 1)))
    at = _place(chance, data)
    field = (number & (1 << 8 * width) - 1).to_bytes(width, chance.choice(_ORDERS))
    return data[:at] + field + data[at + width :]


def _add_number(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """A field a little larger or smaller than it was."""
    width, order = chance.choice((1, 2, 4, 4)), chance.choice(_ORDERS)
    at = _place(chance, data)
    number = int.from_bytes(data[at : at + width], order) + chance.choice((-16, -8, -4, -2, -1, 1, 2, 4, 8, 16))
    return data[:at] + (number % (1 << 8 * width)).to_bytes(width, order) + data[at + width :]


def _cut_end(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    return data[: _place(chance, data)]


def _cut_out(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    start, stop = _span(chance, data)
    return data[:start] + data[stop:]


def _repeat(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """A piece several times, now and then thousands of times."""
    start, stop = _span(chance, data)
    most = min(100_000, (LONGEST - len(data)) // max(1, stop - start))
    times = chance.randint(0, most) if chance.random() < 0.05 else chance.randint(1, 4)
    return data[:stop] + data[start:stop] * min(times, most) + data[stop:]


def _insert_word(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """A word, now and then a thousand of them: depth is a parser's enemy."""
    at, word = _place(chance, data), chance.choice(_WORDS)
    return data[:at] + word * (chance.choice((200, 5_000, 60_000)) if chance.random() < 0.05 else 1) + data[at:]


def _insert_bytes(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    at = _place(chance, data)
    return data[:at] + chance.randbytes(chance.randint(1, 16)) + data[at:]


def _move(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    start, stop = _span(chance, data)
    piece, rest = data[start:stop], data[:start] + data[stop:]
    at = _place(chance, rest)
    return rest[:at] + piece + rest[at:]


def _splice(chance: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: _place(chance, data)] + other[_place(chance, other) :]


def _transplant(chance: random.Random, data: bytes, other: bytes) -> bytes:
    start, stop = _span(chance, other)
    at = _place(chance, data)
    return data[:at] + other[start:stop] + data[at:]


def _digits(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    """Another number where decimal digits stand, as in PDF, PLY and JSON."""
    places = [at for at, one in enumerate(data[:20_000]) if 0x30 <= one <= 0x39]
    if not places:
        return data
    at = chance.choice(places)
    return data[:at] + str(chance.choice((*_NUMBERS, 10**12, 10**40, -1))).encode() + data[at + 1 :]


MUTATORS: tuple[Mutator, ...] = (
    *(_flip_bit, _set_byte, _set_number, _set_number, _add_number, _cut_end, _cut_out, _repeat),
    *(_insert_word, _insert_bytes, _move, _splice, _transplant, _digits),
)


def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
    """One of the pool with one to five damages, below `LONGEST` bytes."""
    data = chance.choice(pool)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5))):
        data = chance.choice(MUTATORS)(chance, data, chance.choice(pool))[:LONGEST]
    return data
