"""The file under the ledger's store: its tables, its connections, its lock, and SQLite's errors as the ledger's own.

WAL mode with `synchronous=FULL`, read back rather than believed: what was committed survives a power cut.
"""

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sealmark.ledger.errors import (
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerHeld,
    LedgerLocked,
    LedgerUnreadable,
)

FORMAT = 2
APPLICATION_ID = 0x5EA17061
SYNCHRONOUS_FULL = 2
_CACHED_STATEMENTS = 256  # an INSERT of each number of rows is a statement of its own
_WAIT_SECONDS = 5.0

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE records (leaf INTEGER PRIMARY KEY, salt BLOB NOT NULL, record BLOB NOT NULL) STRICT;
CREATE TABLE sealed (leaf INTEGER PRIMARY KEY, key_id TEXT NOT NULL, ciphertext BLOB NOT NULL) STRICT;
CREATE TABLE recent (leaf INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (leaf, key)) STRICT, WITHOUT ROWID;
CREATE TABLE lookup (
    run INTEGER NOT NULL, key BLOB NOT NULL, leaf INTEGER NOT NULL, PRIMARY KEY (run, key, leaf)
) STRICT, WITHOUT ROWID;
CREATE TABLE tiles (level INTEGER NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (level, n)) STRICT;
CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note TEXT NOT NULL, committed_at REAL NOT NULL) STRICT;
CREATE TRIGGER records_stay BEFORE UPDATE ON records BEGIN SELECT RAISE(ABORT, 'records are final'); END;
CREATE TRIGGER records_remain BEFORE DELETE ON records BEGIN SELECT RAISE(ABORT, 'records are final'); END;
CREATE TRIGGER checkpoints_stay BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are final'); END;
CREATE TRIGGER checkpoints_remain BEFORE DELETE ON checkpoints
    BEGIN SELECT RAISE(ABORT, 'checkpoints are final'); END;
"""

_BY_RESULT: dict[int, type[LedgerError]] = {
    sqlite3.SQLITE_BUSY: LedgerLocked,
    sqlite3.SQLITE_LOCKED: LedgerLocked,
    sqlite3.SQLITE_FULL: LedgerFull,
    sqlite3.SQLITE_IOERR: LedgerUnreadable,
    sqlite3.SQLITE_CANTOPEN: LedgerUnreadable,
    sqlite3.SQLITE_PERM: LedgerUnreadable,
    sqlite3.SQLITE_READONLY: LedgerUnreadable,
}


def lay_out(connection: sqlite3.Connection, origin: str) -> None:
    """Make the tables of a new ledger of that name."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    meta = {
        "origin": origin,
        "format": str(FORMAT),
        "inception": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    connection.executescript(f"BEGIN; PRAGMA application_id = {APPLICATION_ID}; {_SCHEMA}")
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    connection.execute("COMMIT")


def durable(path: Path) -> sqlite3.Connection:
    """The writing connection, with its durability read back rather than believed."""
    connection = connect(path, readonly=False)
    try:
        _make_durable(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_durable(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if (synchronous, journal) != (SYNCHRONOUS_FULL, "wal"):
        raise LedgerCorrupt(
            zh_reason=f"日志模式 {journal}、同步级别 {synchronous} 不能保证落盘",
            en_reason=f"journal {journal} with synchronous {synchronous} is not durable",
        )


def connect(path: Path, *, readonly: bool) -> sqlite3.Connection:
    """A connection to the file, which must be there, for any thread."""
    address = f"{path.absolute().as_uri()}?mode={'ro' if readonly else 'rw'}"
    connection = sqlite3.connect(
        address,
        uri=True,
        timeout=_WAIT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
    )
    if readonly:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cache_size = -8000")
    return connection


def hold(path: Path) -> int:
    """Take the writer's lock, a file beside the database; it goes with the process, however that ends."""
    try:
        lock = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as failure:
        raise LedgerUnreadable from failure
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise LedgerHeld from None
    return lock


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """SQLite's errors as the ledger's own."""
    try:
        yield
    except sqlite3.Error as failure:
        raise as_ours(failure) from failure


def as_ours(failure: sqlite3.Error) -> LedgerError:
    """The ledger's error for SQLite's; what SQLite does not name better is damage."""
    result = getattr(failure, "sqlite_errorcode", 0) & 0xFF
    kind: Callable[..., LedgerError] = _BY_RESULT.get(result, LedgerCorrupt)
    name = getattr(failure, "sqlite_errorname", type(failure).__name__)
    return kind(zh_reason=name, en_reason=name)


def undo(connection: sqlite3.Connection) -> None:
    """Roll back what SQLite has not rolled back by itself; if even that fails, the next BEGIN will say so."""
    with contextlib.suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
