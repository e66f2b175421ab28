"""Where the ledger's records and tiles are kept: the protocol, and an implementation in memory.

A store commits one batch whole or not at all, and only on top of the checkpoint that the batch was built on,
so that two writers can never fork the log.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import orjson

from sealmark.ledger.checkpoint import parse_note
from sealmark.ledger.errors import EntryInvalid, EntryTooLarge, LedgerForked, RecordUnknown
from sealmark.ledger.tree import HASH_BYTES, Tile

MAX_RECORD_BYTES = 65_000  # tlog-tiles: a bundle's entry is at most 65,535 bytes; ours stay portable
MAX_SEALED_BYTES = 32 * 1024 * 1024
MAX_KEYS = 256
MAX_KEY_BYTES = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be appended (Art. 10, 16).

    `record` is canonical JSON without personal information; `sealed` is ciphertext kept beside the log, under the
    key named `sealed_key`; `keys` are opaque bytes (keyed HMACs) by which the record is found again.
    """

    record: bytes
    sealed: bytes | None = None
    sealed_key: str | None = None
    keys: tuple[bytes, ...] = ()

    @property
    def weight(self) -> int:
        """The bytes it occupies."""
        return len(self.record) + len(self.sealed or b"")


@dataclass(frozen=True, slots=True)
class Salted:
    """A record as it is stored: its place, the salt of its leaf, its bytes."""

    index: int
    salt: bytes
    record: bytes


class Sealed(NamedTuple):
    """The sealed part beside a record: the id of the key it lies under, and the ciphertext."""

    key_id: str
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """One commit: entries from index `start` on with their salts, the tiles they changed, the signed note.

    `previous` is the note of the checkpoint that this one continues, None for the log's first.
    """

    start: int
    entries: Sequence[Entry]
    salts: Sequence[bytes]
    tiles: Sequence[Tile]
    note: str
    previous: str | None
    at: float

    @property
    def size(self) -> int:
        """The tree's size after this batch."""
        return self.start + len(self.entries)


class Store(Protocol):
    """Keeps a log. Reading is safe from any thread, beside the one that commits."""

    @property
    def origin(self) -> str:
        """The log's name, fixed when it was created."""
        ...

    def commit(self, batch: Batch) -> None:
        """Make the batch durable, whole, or raise a `LedgerError` and change nothing.

        Raises `LedgerForked` if the latest checkpoint is not `batch.previous`.
        """
        ...

    def latest_checkpoint(self) -> str | None:
        """The newest signed note; None before the first commit."""
        ...

    def checkpoints(self) -> Iterator[str]:
        """Every signed note, oldest first."""
        ...

    def record(self, index: int) -> Salted:
        """One record. Raises `RecordUnknown`."""
        ...

    def records(self, start: int, stop: int) -> Iterator[Salted]:
        """The records of `[start, stop)` that are there, in order."""
        ...

    def sealed(self, index: int) -> Sealed | None:
        """The sealed part beside a record, None where there is none."""
        ...

    def find(self, key: bytes) -> list[int]:
        """The indices of the records appended with this lookup key, ascending."""
        ...

    def tile(self, level: int, n: int, width: int) -> bytes:
        """The first `width` hashes of a tile. Raises `RecordUnknown` if fewer are there."""
        ...


def check_entry(entry: Entry) -> None:
    """Refuse what the ledger does not take: raises `EntryInvalid` or `EntryTooLarge`."""
    _check_size("记录", "record", len(entry.record), MAX_RECORD_BYTES)
    _check_size("密封部分", "sealed part", len(entry.sealed or b""), MAX_SEALED_BYTES)
    if (entry.sealed is None) != (entry.sealed_key is None):
        raise EntryInvalid(
            zh_reason="密封部分与其密钥编号须同时给出", en_reason="a sealed part and the id of its key come together"
        )
    if len(entry.keys) > MAX_KEYS or not all(0 < len(key) <= MAX_KEY_BYTES for key in entry.keys):
        raise EntryInvalid(
            zh_reason=f"查找键最多 {MAX_KEYS} 个，每个 1 至 {MAX_KEY_BYTES} 字节",
            en_reason=f"at most {MAX_KEYS} lookup keys of 1 to {MAX_KEY_BYTES} bytes",
        )
    try:
        is_object = isinstance(orjson.loads(entry.record), dict)
    except orjson.JSONDecodeError:
        is_object = False
    if not is_object:
        raise EntryInvalid(
            zh_reason="一条记录应是一个 UTF-8 的 JSON 对象", en_reason="a record is one JSON object in UTF-8"
        )


def _check_size(zh_part: str, en_part: str, size: int, limit: int) -> None:
    if size > limit:
        raise EntryTooLarge(zh_part=zh_part, en_part=en_part, size=size, limit=limit)


class MemoryStore:
    """A store in memory, for tests and for trying the engine alone. Nothing in it is durable."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._lock = threading.Lock()
        self._records: list[Salted] = []
        self._sealed: dict[int, Sealed] = {}
        self._found: dict[bytes, list[int]] = {}
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._notes: list[str] = []

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._origin

    def commit(self, batch: Batch) -> None:
        """Take the batch, if it continues the latest checkpoint."""
        with self._lock:
            if batch.previous != self.latest_checkpoint() or batch.start != len(self._records):
                raise LedgerForked
            for index, (entry, salt) in enumerate(zip(batch.entries, batch.salts, strict=True), batch.start):
                self._keep(index, entry, salt)
            self._tiles.update({(tile.level, tile.n): tile.data for tile in batch.tiles})
            self._notes.append(batch.note)

    def _keep(self, index: int, entry: Entry, salt: bytes) -> None:
        self._records.append(Salted(index, salt, entry.record))
        if entry.sealed is not None and entry.sealed_key is not None:
            self._sealed[index] = Sealed(entry.sealed_key, entry.sealed)
        for key in dict.fromkeys(entry.keys):
            self._found.setdefault(key, []).append(index)

    def latest_checkpoint(self) -> str | None:
        """The newest signed note."""
        return self._notes[-1] if self._notes else None

    def checkpoints(self) -> Iterator[str]:
        """Every signed note, oldest first."""
        return iter(tuple(self._notes))

    def record(self, index: int) -> Salted:
        """One record."""
        if not 0 <= index < len(self._records):
            raise RecordUnknown(zh_what=f"第 {index} 条记录", en_what=f"record {index}")
        return self._records[index]

    def records(self, start: int, stop: int) -> Iterator[Salted]:
        """The records of a range."""
        return iter(self._records[start:stop])

    def sealed(self, index: int) -> Sealed | None:
        """The sealed part beside a record."""
        return self._sealed.get(index)

    def find(self, key: bytes) -> list[int]:
        """The indices under a lookup key."""
        return list(self._found.get(key, ()))

    def tile(self, level: int, n: int, width: int) -> bytes:
        """The first hashes of a tile."""
        data = self._tiles.get((level, n), b"")
        if len(data) < width * HASH_BYTES:
            raise RecordUnknown(zh_what=f"瓦片 {level}/{n}（宽 {width}）", en_what=f"tile {level}/{n} of width {width}")
        return data[: width * HASH_BYTES]


def size_of(store: Store) -> int:
    """The number of records under the latest checkpoint; 0 before the first."""
    note = store.latest_checkpoint()
    return parse_note(note)[0].size if note else 0
