"""An edited file as pieces: new bytes, and spans of the source that stay as they are.

A film of gigabytes is marked without being read: its spans are copied from file to file, a block at a time.
"""

import mmap
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

Buffer: TypeAlias = bytes | mmap.mmap  # what containers are read from: slices are bytes, and only they are read
_BLOCK = 1 << 20  # bytes held at once


@dataclass(frozen=True, slots=True)
class Span:
    """The source's bytes of `[start, stop)`."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


Pieces: TypeAlias = tuple[bytes | Span, ...]


def length(pieces: Iterable[bytes | Span]) -> int:
    """The size in bytes of the edited file."""
    return sum(map(len, pieces))


def joined(source: Buffer, pieces: Iterable[bytes | Span]) -> bytes:
    """The edited file in memory."""
    return b"".join(piece if isinstance(piece, bytes) else source[piece.start : piece.stop] for piece in pieces)


def write(source: Buffer, pieces: Iterable[bytes | Span], file: BinaryIO) -> None:
    """Write the edited file; raises `OSError`."""
    for block in _blocks(source, pieces):
        file.write(block)


def checksum(source: Buffer, pieces: Iterable[bytes | Span]) -> int:
    """The CRC-32 of the edited file."""
    crc = 0
    for block in _blocks(source, pieces):
        crc = zlib.crc32(block, crc)
    return crc


def _blocks(source: Buffer, pieces: Iterable[bytes | Span]) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        for start in range(piece.start, piece.stop, _BLOCK):
            yield source[start : min(start + _BLOCK, piece.stop)]
