"""How a USD crate writes its tables: LZ4 blocks, and lists of integers as differences (AOUSD Core, 16.3)."""

import struct

import numpy as np
from numpy.typing import NDArray

from sealmark.media.scene import lz4

Integers = NDArray[np.uint32]
# Entries of one table, and bytes of one that is unpacked: far above those of any honest scene.
MOST = 1 << 22
LONGEST = 1 << 25
_WIDTHS = np.array((0, 1, 2, 4), np.int64)  # bytes of a difference by its two-bit code; the first is the common one


class BrokenError(Exception):
    """The table is none, or larger than any honest one."""


def unpacked(data: bytes) -> lz4.Block:
    """A packed table: one block behind a zero byte, or several behind their number."""
    try:
        if data[:1] == b"\x00":
            return lz4.read(data[1:], LONGEST)
        content = b"".join(_several(data))
    except (lz4.BrokenError, struct.error):
        raise BrokenError from None
    return lz4.Block(content, b"", len(content))


def _several(data: bytes) -> list[bytes]:
    parts, at, left = list[bytes](), 1, LONGEST
    for _ in range(data[0] if data else 0):
        (size,) = struct.unpack_from("<i", data, at)
        if not 0 < size <= len(data) - at - 4:
            raise lz4.BrokenError
        parts.append(lz4.read(data[at + 4 : at + 4 + size], left).content)
        at, left = at + 4 + size, left - len(parts[-1])
    return parts


def packed(content: bytes) -> bytes:
    """A table that is packed without being compressed."""
    return b"\x00" + lz4.stored(content)


def lengthened(block: lz4.Block, keep: int, new: bytes) -> bytes:
    """A packed table whose content is cut to `keep` bytes and lengthened."""
    return b"\x00" + lz4.replaced(block, keep, new)


def integers(data: bytes, count: int) -> Integers:
    """A list of integers: the commonest difference, a two-bit code for each, and the other differences."""
    if count == 0:
        return np.zeros(0, np.uint32)
    coded = np.frombuffer(unpacked(data).content, np.uint8)
    begin = 4 + (2 * count + 7) // 8
    if count > MOST or begin > len(coded):
        raise BrokenError
    pairs = coded[4:begin, None] >> np.array((0, 2, 4, 6), np.uint8) & 3
    codes = pairs.reshape(-1)[:count]
    ends = begin + np.cumsum(_WIDTHS[codes])
    if ends[-1] > len(coded):
        raise BrokenError
    steps = np.full(count, int(coded[:4].view("<i4")[0]), np.int64)
    for code, kind in ((1, "<i1"), (2, "<i2"), (3, "<i4")):
        chosen = np.flatnonzero(codes == code)
        width = int(_WIDTHS[code])
        places = (ends[chosen] - width)[:, None] + np.arange(width)
        steps[chosen] = np.ascontiguousarray(coded[places]).view(kind).reshape(-1)
    return np.cumsum(steps).astype(np.uint32)


def listed(values: Integers) -> bytes:
    """A list of integers as `integers` reads it."""
    if not len(values):
        return b""
    steps = np.diff(values.astype(np.int64), prepend=0).astype(np.int32)  # differences are taken modulo 2^32
    kinds, counts = np.unique(steps, return_counts=True)
    common = kinds[len(kinds) - 1 - int(np.argmax(counts[::-1]))]
    codes = np.select([steps == common, np.abs(steps + 0.5) < 128, np.abs(steps + 0.5) < 32768], [0, 1, 2], 3)
    widths = _WIDTHS[codes]
    bits = np.zeros(-(-len(codes) // 4) * 4, np.uint8)
    bits[: len(codes)] = codes
    halves = (bits.reshape(-1, 4) << np.array((0, 2, 4, 6), np.uint8)).sum(axis=1).astype(np.uint8)
    low = steps.astype("<i4").view(np.uint8).reshape(-1, 4)
    rest = low[np.arange(4) < widths[:, None]]
    return packed(common.astype("<i4").tobytes() + halves.tobytes() + rest.tobytes())
