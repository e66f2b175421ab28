"""The ledger's store in SQLite: records, sealed parts, lookup keys, tiles and checkpoints, one transaction a batch.

`ledger.db` runs in WAL mode with `synchronous=FULL`: what was committed survives a power cut. One process may write
(a lock beside the file, and each commit continues exactly the latest checkpoint); any number may read.
"""

import contextlib
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sealmark.ledger.checkpoint import checked_name
from sealmark.ledger.errors import (
    LedgerClosed,
    LedgerCorrupt,
    LedgerError,
    LedgerExists,
    LedgerForked,
    LedgerMissing,
    LedgerReadOnly,
    LedgerUnreadable,
    RecordUnknown,
)
from sealmark.ledger.export import export
from sealmark.ledger.store import Batch, Salted, Sealed
from sealmark.ledger.tree import HASH_BYTES, TILE_WIDTH, leaf_data, leaf_hash
from sealmark.storage.ledger_file import FORMAT, as_ours, connect, durable, hold, lay_out, translated, undo

_PAGE = 512  # rows read at once, so that a long walk holds no long transaction open
_ROWS = 64  # rows in one INSERT: each call into SQLite hands the interpreter lock over, so calls are few
_RUN_BITS = 12  # lookup keys are sorted in runs of 4,096 records, once a run is whole

_CONTINUE = """
INSERT INTO checkpoints (size, note, committed_at)
SELECT ?1, ?2, ?3 WHERE (SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1) IS ?4
"""
_TILE = "INSERT INTO tiles VALUES (?, ?, ?) ON CONFLICT (level, n) DO UPDATE SET data = excluded.data"
_SORT = "INSERT INTO lookup SELECT leaf >> ?2, key, leaf FROM recent WHERE leaf < ?1 ORDER BY leaf >> ?2, key, leaf"
_SORTED = "DELETE FROM recent WHERE leaf < ?1"
_FIND = """
WITH RECURSIVE runs (run) AS (
    SELECT max(run) FROM lookup
    UNION ALL SELECT run - 1 FROM runs WHERE run > 0
)
SELECT leaf FROM runs CROSS JOIN lookup USING (run) WHERE key = ?1
UNION ALL SELECT leaf FROM recent WHERE key = ?1 ORDER BY leaf
"""


class LedgerStore:
    """One `ledger.db`. Make it with `create` once, then `open` it; close it when done.

    Reading is safe from any thread: each reading call takes a connection of its own from a small pool.
    """

    def __init__(self, path: Path, writer: sqlite3.Connection | None, lock: int | None) -> None:
        self._path = path
        self._writer, self._lock = writer, lock
        self._writing = threading.Lock()
        self._readers: deque[sqlite3.Connection] = deque()
        self._closed = False
        self._origin = self._checked_origin()

    @classmethod
    def create(cls, path: Path, origin: str) -> "LedgerStore":
        """Make a new, empty ledger named `origin` and open it for writing.

        Raises `LedgerExists` if anything stands at the path already.
        """
        checked_name(origin)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            raise LedgerExists from None
        except OSError as failure:
            raise LedgerUnreadable from failure
        with translated(), contextlib.closing(connect(path, readonly=False)) as connection:
            lay_out(connection, origin)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False) -> "LedgerStore":
        """Open a ledger that exists: for writing, alone, or `readonly` beside a writer.

        Raises `LedgerMissing`, `LedgerHeld` if another writer has it, `LedgerCorrupt` if it is no whole ledger.
        """
        if not path.is_file():
            raise LedgerMissing
        if readonly:
            return cls(path, None, None)
        lock = hold(path)
        try:
            with translated():
                writer = durable(path)
        except BaseException:
            os.close(lock)
            raise
        return cls(path, writer, lock)

    @property
    def origin(self) -> str:
        """The log's name, fixed when it was created."""
        return self._origin

    def close(self) -> None:
        """Close every connection and let the lock go."""
        self._closed = True
        while self._readers:
            self._readers.pop().close()
        if self._writer is not None:
            with self._writing:
                self._writer.close()
        if self._lock is not None:
            os.close(self._lock)
        self._writer = self._lock = None

    def commit(self, batch: Batch) -> None:
        """Make a batch durable, whole or not at all; raises `LedgerForked` unless it continues the last one."""
        connection = self._connection()
        with self._writing:
            try:
                connection.execute("BEGIN IMMEDIATE")
                _insert_batch(connection, batch)
                connection.execute("COMMIT")
            except BaseException as failure:
                undo(connection)
                if isinstance(failure, sqlite3.Error):
                    raise as_ours(failure) from failure
                raise

    def latest_checkpoint(self) -> str | None:
        """The newest signed note; None before the first commit."""
        rows = self._rows("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1")
        return str(rows[0][0]) if rows else None

    def checkpoints(self) -> Iterator[str]:
        """Every signed note, oldest first."""
        last = -1
        statement = f"SELECT size, note FROM checkpoints WHERE size > ? ORDER BY size LIMIT {_PAGE}"  # noqa: S608 - a constant
        while rows := self._rows(statement, last):
            yield from (note for _, note in rows)
            last = rows[-1][0]

    def record(self, index: int) -> Salted:
        """One record. Raises `RecordUnknown`."""
        for found in self.records(index, index + 1):
            return found
        raise RecordUnknown(zh_what=f"第 {index} 条记录", en_what=f"record {index}")

    def records(self, start: int, stop: int) -> Iterator[Salted]:
        """The records of `[start, stop)` that are there, in order."""
        statement = (
            "SELECT leaf, salt, record FROM records WHERE leaf >= ? AND leaf < ? "  # noqa: S608 - a constant
            f"ORDER BY leaf LIMIT {_PAGE}"
        )
        while rows := self._rows(statement, start, stop):
            yield from (Salted(*row) for row in rows)
            start = rows[-1][0] + 1

    def sealed(self, index: int) -> Sealed | None:
        """The sealed part beside a record, None where there is none."""
        rows = self._rows("SELECT key_id, ciphertext FROM sealed WHERE leaf = ?", index)
        return Sealed(*rows[0]) if rows else None

    def find(self, key: bytes) -> list[int]:
        """The indices of the records under a lookup key, ascending."""
        return [leaf for (leaf,) in self._rows(_FIND, key)]

    def tile(self, level: int, n: int, width: int) -> bytes:
        """The first `width` hashes of a tile. Raises `RecordUnknown` if fewer are there."""
        rows = self._rows("SELECT data FROM tiles WHERE level = ? AND n = ?", level, n)
        data = bytes(rows[0][0]) if rows else self._edge(n, width) if level == 0 else b""
        if len(data) < width * HASH_BYTES:
            raise RecordUnknown(zh_what=f"瓦片 {level}/{n}（宽 {width}）", en_what=f"tile {level}/{n} of width {width}")
        return data[: width * HASH_BYTES]

    def _edge(self, n: int, width: int) -> bytes:
        """The lowest level's last tile, which is kept only once it is full: the hashes of its records."""
        start = n * TILE_WIDTH
        latest = self.records(start, start + width)
        return b"".join(leaf_hash(leaf_data(one.salt, one.record)) for one in latest)

    def export(self, folder: Path) -> int:
        """Write tiles, entry bundles and checkpoint as plain files; see `sealmark.ledger.export`."""
        return export(self, folder)

    def pragma(self, name: str) -> object:
        """What the writing connection says of a pragma: `synchronous` must be 2 (FULL)."""
        connection = self._connection()
        with self._writing, translated():
            return connection.execute(f"PRAGMA {name}").fetchone()[0]

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with translated(), self._reader() as connection:
            return connection.execute(statement, values).fetchall()

    def _connection(self) -> sqlite3.Connection:
        if self._closed:
            raise LedgerClosed
        if self._writer is None:
            raise LedgerReadOnly
        return self._writer

    @contextlib.contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """A connection for one reading call; after a failure it is not used again."""
        if self._closed:
            raise LedgerClosed
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = connect(self._path, readonly=True)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._readers.append(connection)

    def _checked_origin(self) -> str:
        """The origin, after seeing that this is a whole ledger of a format that we know."""
        try:
            rows = self._rows("SELECT value FROM meta WHERE name IN ('origin', 'format') ORDER BY name")
            if len(rows) != 2 or rows[0][0] != str(FORMAT):
                raise LedgerCorrupt(
                    zh_reason="这不是账本，或是另一版本的账本", en_reason="this is no ledger, or one of another version"
                )
        except LedgerError:
            self.close()
            raise
        return str(rows[1][0])


def _insert_batch(connection: sqlite3.Connection, batch: Batch) -> None:
    checkpoint = (batch.size, batch.note, batch.at, batch.previous)
    if connection.execute(_CONTINUE, checkpoint).rowcount != 1:
        raise LedgerForked
    records: list[object] = []
    sealed: list[object] = []
    keys: list[object] = []
    for index, (entry, salt) in enumerate(zip(batch.entries, batch.salts, strict=True), batch.start):
        records += (index, salt, entry.record)
        if entry.sealed is not None:
            sealed += (index, entry.sealed_key, entry.sealed)
        keys += [cell for key in dict.fromkeys(entry.keys) for cell in (index, key)]
    _insert(connection, "records", 3, records)
    _insert(connection, "sealed", 3, sealed)
    _insert(connection, "recent", 2, keys)
    for tile in batch.tiles:
        if tile.level or tile.width == TILE_WIDTH:
            connection.execute(_TILE, (tile.level, tile.n, tile.data))
    if batch.start >> _RUN_BITS != batch.size >> _RUN_BITS:
        _sort(connection, batch.size >> _RUN_BITS << _RUN_BITS)


def _sort(connection: sqlite3.Connection, below: int) -> None:
    """Move the lookup keys of the runs that are whole to where they are found by one probe a run."""
    connection.execute(_SORT, (below, _RUN_BITS))
    connection.execute(_SORTED, (below,))


def _insert(connection: sqlite3.Connection, table: str, columns: int, cells: list[object]) -> None:
    """Insert rows given as one list of cells, many rows in one statement."""
    step = columns * _ROWS
    for start in range(0, len(cells), step):
        some = cells[start : start + step]
        connection.execute(_insertion(table, columns, len(some) // columns), some)


@cache
def _insertion(table: str, columns: int, rows: int) -> str:
    one = f"({', '.join('?' * columns)})"
    return f"INSERT INTO {table} VALUES {', '.join([one] * rows)}"  # noqa: S608 - our own names
