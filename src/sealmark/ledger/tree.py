"""The Merkle tree of RFC 6962 in tiles of 256 hashes (C2SP tlog-tiles): hashes, tile arithmetic, the growing edge.

All hashes are SHA-256, 32 bytes. `index` counts leaves from 0; `size` is a number of leaves; `height` counts
binary levels from the leaves; a tile's `level` counts eight heights each.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sealmark.ledger.errors import LedgerCorrupt

HASH_BYTES = 32
TILE_HEIGHT = 8  # tlog-tiles: a tile spans eight binary levels
TILE_WIDTH = 256  # tlog-tiles: a full tile is 256 hashes, 8,192 bytes
SALT_BYTES = 16

EMPTY_ROOT = hashlib.sha256(b"").digest()  # RFC 6962 2.1: the hash of an empty list

TileReader = Callable[[int, int, int], bytes]
"""Gives the first `width` hashes of tile `n` at `level`: (level, n, width) -> width * 32 bytes."""


def leaf_data(salt: bytes, record: bytes) -> bytes:
    """The 32 bytes that the tree logs for a record: a salted digest, so that a leaf tells nothing by itself."""
    return hashlib.sha256(salt + record).digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf (RFC 6962 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 6962 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tile(NamedTuple):
    """One tile: `width` hashes, concatenated in `data`."""

    level: int
    n: int
    width: int
    data: bytes


def tile_width(level: int, n: int, size: int) -> int:
    """How many hashes tile `n` of `level` has in a tree of `size`; 0 where there is no such tile."""
    present = (size >> (TILE_HEIGHT * level)) - n * TILE_WIDTH
    return max(0, min(TILE_WIDTH, present))


def tiles_of(size: int) -> Iterable[tuple[int, int, int]]:
    """Every tile of a tree of `size`, as (level, n, width), level by level."""
    level = 0
    while entries := size >> (TILE_HEIGHT * level):
        for n in range((entries + TILE_WIDTH - 1) // TILE_WIDTH):
            yield level, n, tile_width(level, n, size)
        level += 1


def tile_path(level: int | str, n: int, width: int) -> str:
    """Where tlog-tiles serves a tile: `tile/<L>/<N>[.p/<W>]`; `level` is `"entries"` for bundles of entries."""
    parts = [f"{n % 1000:03d}"]
    while n := n // 1000:
        parts.insert(0, f"x{n % 1000:03d}")
    suffix = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(parts)}{suffix}"


def whole(data: bytes, level: int, n: int, width: int) -> bytes:
    """The tile's data, if it is as wide as it must be; `LedgerCorrupt` otherwise."""
    if len(data) != width * HASH_BYTES:
        raise LedgerCorrupt(
            zh_reason=f"瓦片 {level}/{n} 的宽度不是 {width}", en_reason=f"tile {level}/{n} is not {width} hashes wide"
        )
    return data


def fold(hashes: bytes) -> bytes:
    """The root over a power of two of concatenated hashes."""
    row = [hashes[i : i + HASH_BYTES] for i in range(0, len(hashes), HASH_BYTES)]
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


@dataclass(slots=True)
class Nodes:
    """Reads the hashes of a tree of `size` from its tiles; each tile is fetched at most once."""

    size: int
    read: TileReader
    _tiles: dict[tuple[int, int], bytes]

    @classmethod
    def of(cls, size: int, read: TileReader) -> "Nodes":
        """The nodes of a tree of `size` leaves."""
        return cls(size, read, {})

    def perfect(self, height: int, position: int) -> bytes:
        """The hash over leaves `[position << height, position + 1 << height)`, which all exist."""
        level, rest = divmod(height, TILE_HEIGHT)
        n, offset = divmod(position << rest, TILE_WIDTH)
        data = self._tile(level, n)
        return fold(data[offset * HASH_BYTES : (offset + (1 << rest)) * HASH_BYTES])

    def span(self, start: int, stop: int) -> bytes:
        """The Merkle tree hash of leaves `[start, stop)`, a range that occurs in an RFC 6962 path."""
        height = (stop - start).bit_length() - 1
        if stop - start == 1 << height:
            return self.perfect(height, start >> height)
        middle = start + (1 << height)
        return node_hash(self.span(start, middle), self.span(middle, stop))

    def root(self) -> bytes:
        """The root hash of the whole tree."""
        return self.span(0, self.size) if self.size else EMPTY_ROOT

    def _tile(self, level: int, n: int) -> bytes:
        if (level, n) not in self._tiles:
            width = tile_width(level, n, self.size)
            self._tiles[level, n] = whole(self.read(level, n, width), level, n, width)
        return self._tiles[level, n]


class Frontier:
    """The right edge of a growing tree: the roots of its perfect subtrees, and its partial tiles.

    It holds everything needed to append; a leaf costs two hashes on average.
    """

    __slots__ = ("_changed", "_partial", "_peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        self._partial: list[bytearray] = []
        self._changed: dict[tuple[int, int], bytearray] = {}

    @classmethod
    def load(cls, size: int, read: TileReader) -> "Frontier":
        """The edge of a stored tree of `size` leaves, from its partial tiles."""
        edge, nodes = cls(), Nodes.of(size, read)
        edge.size = size
        for height in reversed(range(size.bit_length())):
            if size >> height & 1:
                edge._peaks.append(nodes.perfect(height, (size >> height) - 1))
        for level in range((size.bit_length() + TILE_HEIGHT - 1) // TILE_HEIGHT):
            n, width = divmod(size >> (TILE_HEIGHT * level), TILE_WIDTH)
            edge._partial.append(bytearray(read(level, n, width) if width else b""))
        return edge

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash, closing every subtree and tile that it completes."""
        node, height = leaf, 0
        self._grow(0, node)
        while self.size >> height & 1:
            node = node_hash(self._peaks.pop(), node)
            height += 1
            if height % TILE_HEIGHT == 0:
                self._grow(height // TILE_HEIGHT, node)
        self._peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root hash of the tree so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def take_tiles(self) -> list[Tile]:
        """The tiles that changed since they were last taken, as they are now."""
        tiles = [
            Tile(level, n, len(data) // HASH_BYTES, bytes(data)) for (level, n), data in sorted(self._changed.items())
        ]
        self._changed.clear()
        return tiles

    def _grow(self, level: int, node: bytes) -> None:
        if level == len(self._partial):
            self._partial.append(bytearray())
        data = self._partial[level]
        data += node
        self._changed[level, self.size >> (TILE_HEIGHT * (level + 1))] = data
        if len(data) == TILE_WIDTH * HASH_BYTES:
            self._partial[level] = bytearray()
