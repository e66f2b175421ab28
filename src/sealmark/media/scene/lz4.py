"""LZ4 blocks, read within bounds and written without searching (LZ4 block format, lz4.org).

A block is a row of sequences, each of literals and a copy of what was before; the last has literals only, so that a
block grows by lengthening them, and what was compressed stays so.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """What a block holds, the sequences before its last one as they are, and how many literals that one has."""

    content: bytes
    head: bytes
    literals: int


class BrokenError(Exception):
    """The block is none, or holds more than it may."""


def read(data: bytes, most: int) -> Block:
    """The content of a block; raises `BrokenError` for what is none, and beyond `most` bytes."""
    try:
        return _read(data, most)
    except IndexError:
        raise BrokenError from None


def _read(data: bytes, most: int) -> Block:
    out, at = bytearray(), 0
    while True:
        begin, token = at, data[at]
        count, at = _length(data, at + 1, token >> 4)
        out += data[at : at + count]
        at += count
        if at == len(data) and len(out) <= most:
            return Block(bytes(out), data[:begin], count)
        distance = data[at] | data[at + 1] << 8
        length, at = _length(data, at + 2, token & 15)
        if not 0 < distance <= len(out) or len(out) + length + 4 > most:
            raise BrokenError
        _copy(out, distance, length + 4)


def _length(data: bytes, at: int, length: int) -> tuple[int, int]:
    """A length that goes on in further bytes where its four bits are full, and where they end."""
    if length < 15:
        return length, at
    more = 255
    while more == 255:
        more = data[at]
        at += 1
        length += more
    return length, at


def _copy(out: bytearray, distance: int, length: int) -> None:
    """A copy may run into what it writes, and then repeats."""
    piece = out[-distance:] if distance <= length else out[-distance : length - distance]
    out += piece if len(piece) == length else (piece * (length // distance + 1))[:length]


def stored(content: bytes) -> bytes:
    """A block of literals only."""
    return _last(content)


def replaced(block: Block, keep: int, new: bytes) -> bytes:
    """The block with its content cut to `keep` bytes and then lengthened."""
    fixed = len(block.content) - block.literals
    if keep < fixed:
        return stored(block.content[:keep] + new)
    return block.head + _last(block.content[fixed:keep] + new)


def _last(literals: bytes) -> bytes:
    count = len(literals)
    if count < 15:
        return bytes((count << 4,)) + literals
    whole, rest = divmod(count - 15, 255)
    return b"\xf0" + b"\xff" * whole + bytes((rest,)) + literals
