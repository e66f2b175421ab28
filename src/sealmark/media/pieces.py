"""An edited file as pieces: new bytes, and spans of the source that stay as they are.

A film of gigabytes is marked without being read: its spans are copied from file to file, a block at a time.
"""

import io
import mmap
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Buffer: TypeAlias = bytes | mmap.mmap  # what containers are read from: slices are bytes, and only they are read
_BLOCK = 1 << 20  # bytes held at once
_READ_AHEAD = 1 << 16


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


class _Reader(io.RawIOBase):
    """An edited file as it is read."""

    def __init__(self, source: Buffer, pieces: Pieces) -> None:
        self._source, self._pieces = source, tuple(piece for piece in pieces if len(piece))
        self._starts = [0, *accumulate(map(len, self._pieces))]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        index = bisect_right(self._starts, self._at) - 1
        if index >= len(self._pieces):
            return 0
        piece, skipped, view = self._pieces[index], self._at - self._starts[index], memoryview(buffer).cast("B")
        count = min(len(view), len(piece) - skipped)
        start = skipped + (0 if isinstance(piece, bytes) else piece.start)
        view[:count] = (piece if isinstance(piece, bytes) else self._source)[start : start + count]
        self._at += count
        return count


def reader(source: Buffer, pieces: Pieces) -> BinaryIO:
    """The edited file as a decoder reads one: nothing is in memory but what it asks for."""
    return io.BufferedReader(_Reader(source, pieces), _READ_AHEAD)
