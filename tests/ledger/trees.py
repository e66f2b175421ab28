"""Trees, stores and entries for the ledger's tests."""

import json

from sealmark.ledger import Entry, MemoryStore, Sequencer, Signer
from sealmark.ledger.errors import RecordUnknown
from sealmark.ledger.tree import HASH_BYTES, Frontier, leaf_hash

ORIGIN = "rehearsal.example/ledger"
SIGNER = Signer(ORIGIN, bytes(range(32)))


class Tiles:
    """A tree kept as the tiles that its frontier gave out."""

    def __init__(self) -> None:
        self.frontier = Frontier()
        self.kept: dict[tuple[int, int], bytes] = {}

    def add(self, data: bytes) -> None:
        self.frontier.append(leaf_hash(data))

    def flush(self) -> None:
        for tile in self.frontier.take_tiles():
            assert len(tile.data) == tile.width * HASH_BYTES
            self.kept[tile.level, tile.n] = tile.data

    def read(self, level: int, n: int, width: int) -> bytes:
        data = self.kept.get((level, n), b"")
        if len(data) < width * HASH_BYTES:
            raise RecordUnknown(zh_what=f"{level}/{n}", en_what=f"{level}/{n}")
        return data[: width * HASH_BYTES]


def tree_of(leaves: list[bytes]) -> Tiles:
    tree = Tiles()
    for data in leaves:
        tree.add(data)
    tree.flush()
    return tree


def entry(number: int, *, person: str | None = None) -> Entry:
    """An entry; `person` is what only its sealed part holds."""
    record = json.dumps({"kind": "test:noted", "number": number}).encode()
    sealed = None if person is None else person.encode()
    return Entry(record, sealed, None if person is None else "period-1", (b"number:%d" % number, b"all"))


def filled(count: int) -> MemoryStore:
    """A store in memory with this many records."""
    store = MemoryStore(ORIGIN)
    sequencer = Sequencer(store, SIGNER)
    for waiting in [sequencer.append_soon(entry(number)) for number in range(count)]:
        waiting.result(10)
    sequencer.close()
    return store
