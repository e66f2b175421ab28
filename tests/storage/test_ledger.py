"""What the ledger's store keeps is durable, whole, and written by one."""

import asyncio
import json
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sealmark.ledger import Checkpoint, Entry, Sequencer, audit, check, open_note, prove
from sealmark.ledger.errors import (
    LedgerClosed,
    LedgerCorrupt,
    LedgerError,
    LedgerExists,
    LedgerForked,
    LedgerFull,
    LedgerHeld,
    LedgerLocked,
    LedgerMissing,
    LedgerReadOnly,
    NoteMalformed,
    RecordUnknown,
)
from sealmark.ledger.store import Batch
from sealmark.storage.ledger import LedgerStore
from sealmark.storage.ledger_file import SYNCHRONOUS_FULL

from .appender import ORIGIN, SIGNER, entry

KEYS = [SIGNER.verifier]
PERSON = "某人 13800000000 说了一句话"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def store(path: Path) -> Iterator[LedgerStore]:
    made = LedgerStore.create(path, ORIGIN)
    yield made
    made.close()


def append(store: LedgerStore, *entries: Entry) -> Checkpoint:
    """Append these, and return the checkpoint that covers them."""
    sequencer = Sequencer(store, SIGNER)
    for future in [sequencer.append_soon(one) for one in entries]:
        future.result(30)
    sequencer.close()
    return open_note(sequencer.checkpoint(), KEYS)


def test_synchronous_is_full(store: LedgerStore) -> None:
    """The connection that commits says itself that it syncs every commit, in WAL mode."""
    assert store.pragma("synchronous") == SYNCHRONOUS_FULL == 2
    assert store.pragma("journal_mode") == "wal"


def test_a_store_that_would_not_sync_is_refused(store: LedgerStore, path: Path) -> None:
    """A file whose journal cannot be made durable is not written to."""
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    with pytest.raises(LedgerCorrupt):
        LedgerStore.open(path)


def test_everything_comes_back(store: LedgerStore, path: Path) -> None:
    """Records, sealed parts, lookup keys, tiles and checkpoints are there after closing and opening again."""
    seen = append(store, *(entry(number) for number in range(3000)))
    store.close()
    again = LedgerStore.open(path)
    assert again.origin == ORIGIN
    assert [one.record for one in again.records(0, 9999)] == [entry(number).record for number in range(3000)]
    assert again.sealed(2999) == ("period-1", b"sealed 2999")
    assert again.sealed(3000) is None
    assert [again.find(b"key %d" % number) for number in (0, 2047, 2048, 2999)] == [[0], [2047], [2048], [2999]]
    assert audit(again, KEYS, seen=seen).sound
    append(again, Entry(b"{}", keys=(b"key 0", b"key 0", b"new")), Entry(b"{}"))
    assert again.find(b"key 0") == [0, 3000]
    assert again.find(b"nobody") == []
    assert again.sealed(3001) is None
    for index in (0, 255, 256, 2999, 3001):
        assert check(prove(again, index).to_json(), SIGNER.vkey).index == index
    assert audit(again, KEYS, seen=seen).sound
    again.close()


def test_what_is_not_there(store: LedgerStore) -> None:
    """A record or a tile beyond the log is unknown, not empty."""
    append(store, entry(0))
    for index in (-1, 1):
        with pytest.raises(RecordUnknown):
            store.record(index)
    for level, n, width in [(0, 0, 2), (0, 1, 1), (1, 0, 1)]:
        with pytest.raises(RecordUnknown):
            store.tile(level, n, width)
    assert store.tile(0, 0, 1) == prove(store, 0).leaf


def test_a_missing_ledger_is_never_made_silently(path: Path) -> None:
    """Opening what is not there is an error and leaves nothing behind."""
    for readonly in (False, True):
        with pytest.raises(LedgerMissing):
            LedgerStore.open(path, readonly=readonly)
    assert list(path.parent.iterdir()) == []


def test_a_ledger_is_never_made_over_something(store: LedgerStore, path: Path) -> None:
    """Creating where a file stands is an error, and the file stays; a bad name makes no file."""
    append(store, entry(0))
    with pytest.raises(LedgerExists):
        LedgerStore.create(path, ORIGIN)
    assert store.record(0).record == entry(0).record
    with pytest.raises(NoteMalformed):
        LedgerStore.create(path.with_name("other.db"), "a name")
    assert not path.with_name("other.db").exists()


def test_only_its_owner_reads_the_file(store: LedgerStore, path: Path) -> None:
    """The file is made readable for its owner only."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_writer_is_refused(store: LedgerStore, path: Path) -> None:
    """While one holds the ledger a second, in this process or another, is refused; after it closed, not."""
    with pytest.raises(LedgerHeld):
        LedgerStore.open(path)
    program = f"from pathlib import Path; from sealmark.storage.ledger import *; LedgerStore.open(Path({str(path)!r}))"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "ledger.held" in other.stderr
    store.close()
    LedgerStore.open(path).close()


def test_even_without_the_lock_nobody_forks(store: LedgerStore, path: Path) -> None:
    """Were the lock file deleted, the second writer's first commit after ours is refused, whole."""
    append(store, entry(0))
    path.with_name("ledger.db.lock").unlink()
    second = LedgerStore.open(path)
    late = Sequencer(second, SIGNER)
    append(store, entry(1))
    with pytest.raises(LedgerError):
        late.append_soon(entry(2)).result(10)
    late.close()
    stale = Batch(1, [entry(2)], [bytes(16)], [], "note", "another note", 0.0)
    with pytest.raises(LedgerForked):
        second.commit(stale)
    second.close()
    assert [one.record for one in store.records(0, 9)] == [entry(0).record, entry(1).record]
    assert store.find(b"key 2") == []
    assert audit(store, KEYS).sound


def test_readers_beside_the_writer(store: LedgerStore, path: Path) -> None:
    """Another opening reads, audits and proves while the writer goes on; it cannot write."""
    append(store, entry(0))
    reader = LedgerStore.open(path, readonly=True)
    assert reader.record(0).record == entry(0).record
    append(store, entry(1))
    assert reader.find(b"key 1") == [1]
    assert audit(reader, KEYS).sound
    late = Sequencer(reader, SIGNER)
    with pytest.raises(LedgerReadOnly):
        late.append_soon(entry(2)).result(10)
    late.close()
    with pytest.raises(LedgerReadOnly):
        reader.pragma("synchronous")
    reader.close()
    with pytest.raises(LedgerClosed):
        reader.record(0)


def test_an_audit_holds_while_the_writer_writes(store: LedgerStore) -> None:
    """Reading from many threads during appends sees only whole states: every audit and receipt holds."""
    sequencer, done = Sequencer(store, SIGNER), threading.Event()

    def look(_: int) -> int:
        rounds = 0
        while not done.is_set() or not rounds:
            assert audit(store, KEYS).sound
            size = open_note(store.latest_checkpoint() or "", KEYS).size
            if size:
                check(prove(store, size - 1).to_json(), SIGNER.vkey)
            rounds += 1
        return rounds

    with ThreadPoolExecutor(3) as pool:
        looks = [pool.submit(look, number) for number in range(3)]
        for start in range(0, 900, 30):
            for future in [sequencer.append_soon(entry(start + number)) for number in range(30)]:
                future.result(30)
        done.set()
        assert all(one.result(60) for one in looks)
    sequencer.close()
    assert len(store._readers) <= 4


def test_records_cannot_be_changed_by_accident(store: LedgerStore, path: Path) -> None:
    """The database itself refuses to change or delete a record or a checkpoint."""
    append(store, entry(0))
    connection = sqlite3.connect(path)
    for statement in (
        "UPDATE records SET record = x'7b7d'",
        "DELETE FROM records",
        "UPDATE checkpoints SET note = ''",
        "DELETE FROM checkpoints",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="final"):
            connection.execute(statement)
    connection.close()


def tamper(path: Path, *statements: str) -> None:
    """What somebody with the file in hand can do: the triggers go first."""
    connection = sqlite3.connect(path)
    for name in ("records_stay", "records_remain", "checkpoints_stay", "checkpoints_remain"):
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE records SET record = x'7b7d' WHERE leaf = 5",
        "UPDATE records SET salt = zeroblob(16) WHERE leaf = 5",
        "DELETE FROM records WHERE leaf = 5",
        "DELETE FROM records WHERE leaf = 299",
        "UPDATE tiles SET data = zeroblob(8192) WHERE level = 0 AND n = 0",
        "DELETE FROM tiles WHERE level = 1",
        "DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)",
        "UPDATE checkpoints SET note = 'x' WHERE size = (SELECT max(size) FROM checkpoints)",
        "INSERT INTO records SELECT 300, salt, record FROM records WHERE leaf = 0",
        "DELETE FROM checkpoints",
    ],
)
def test_the_audit_finds_what_was_done_to_the_file(store: LedgerStore, path: Path, harm: str) -> None:
    """Whoever alters the file behind the ledger's back is found out."""
    seen = append(store, *(entry(number) for number in range(300)))
    assert audit(store, KEYS, seen=seen).sound
    tamper(path, harm)
    assert not audit(store, KEYS, seen=seen).sound


def test_a_full_disk_acknowledges_nobody_and_heals(store: LedgerStore) -> None:
    """When no page is left the append fails with 507; with space again the log goes on, without a gap."""
    sequencer = Sequencer(store, SIGNER)
    sequencer.append_soon(entry(0)).result(10)
    pages = int(str(store.pragma("page_count")))
    store.pragma(f"max_page_count = {pages}")
    large = Entry(b"{}", bytes(1_000_000), "period-1")
    with pytest.raises(LedgerFull):
        sequencer.append_soon(large).result(10)
    store.pragma("max_page_count = 1000000")
    assert sequencer.append_soon(large).result(10).index == 1
    sequencer.close()
    assert audit(store, KEYS).sound


def test_a_foreign_lock_is_our_error(store: LedgerStore, path: Path) -> None:
    """Another program that locks the database makes appends fail in our own words, and only meanwhile."""
    sequencer = Sequencer(store, SIGNER)
    store.pragma("busy_timeout = 50")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerLocked):
        sequencer.append_soon(entry(0)).result(10)
    other.execute("ROLLBACK")
    other.close()
    assert sequencer.append_soon(entry(0)).result(10).index == 0
    sequencer.close()


@pytest.mark.parametrize("content", [b"", b"no database at all" * 300, b"SQLite format 3\x00" + bytes(9000)])
def test_what_is_no_ledger_is_refused(path: Path, content: bytes) -> None:
    """A file that is no ledger is refused, for reading and for writing, and the lock is let go."""
    path.write_bytes(content)
    for readonly in (True, False, False):
        with pytest.raises(LedgerCorrupt):
            LedgerStore.open(path, readonly=readonly)


def test_another_database_is_refused(path: Path) -> None:
    """A database of something else, or of a later format, is not taken for a ledger."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE meta (name TEXT, value TEXT)")
        connection.execute("INSERT INTO meta VALUES ('origin', 'x'), ('format', '99')")
    connection.close()
    with pytest.raises(LedgerCorrupt):
        LedgerStore.open(path)


def test_damaged_pages_are_our_error(store: LedgerStore, path: Path) -> None:
    """A file with its middle overwritten is reported as damaged, never as a traceback of the database."""
    append(store, *(entry(number) for number in range(2000)))
    store.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096 * 10)
        file.write(random.Random(1).randbytes(size - 4096 * 12))
    with pytest.raises(LedgerCorrupt):  # noqa: PT012  wherever the damage shows first
        damaged = LedgerStore.open(path, readonly=True)
        report = audit(damaged, KEYS)
        damaged.close()
        assert not report.sound
        raise LedgerCorrupt


def test_nothing_personal_outside_the_sealed_part(store: LedgerStore, path: Path, tmp_path: Path) -> None:
    """Sealed bytes stand in their own table only: not in records, tiles, checkpoints, keys, receipts or exports."""
    sealed = PERSON.encode()
    append(store, Entry(b'{"kind":"test:noted"}', sealed, "period-1", (b"opaque",)), entry(1))
    assert store.sealed(0) == ("period-1", sealed)
    store.export(tmp_path / "export")
    files = b"".join(one.read_bytes() for one in (tmp_path / "export").rglob("*") if one.is_file())
    assert sealed not in files + prove(store, 0).to_json().encode()
    connection = sqlite3.connect(path)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert tables == {"meta", "records", "sealed", "recent", "lookup", "tiles", "checkpoints"}
    for table in tables - {"sealed"}:
        for row in connection.execute(f"SELECT * FROM {table}"):
            assert not any(sealed in (cell if isinstance(cell, bytes) else str(cell).encode()) for cell in row)
    connection.close()


def test_logs_hold_no_content(store: LedgerStore, caplog: pytest.LogCaptureFixture) -> None:
    """What a failing commit writes into the log names the error, and nothing of the entry."""
    sequencer = Sequencer(store, SIGNER)
    store.pragma(f"max_page_count = {store.pragma('page_count')}")
    large = Entry(b'{"kind":"test:secretive"}', PERSON.encode() * 10_000, "period-1", (b"opaque key",))
    with pytest.raises(LedgerFull):
        sequencer.append_soon(large).result(10)
    sequencer.close()
    assert "ledger.full" in caplog.text
    assert not any(word in caplog.text for word in (PERSON, "secretive", "opaque key"))


def test_reading_conveniences_do_not_leak_connections(store: LedgerStore) -> None:
    """Half-read walks and many short readings leave no more connections than were in use at once."""
    append(store, *(entry(number) for number in range(1200)))
    walks = [store.records(0, 1200) for _ in range(5)]
    assert [next(walk).index for walk in walks] == [0] * 5
    for number in range(50):
        store.record(number)
    assert len(store._readers) == 1


@pytest.mark.parametrize("chance", range(5))
def test_a_killed_writer_loses_nothing(tmp_path: Path, chance: int) -> None:
    """Killed with SIGKILL again and again, the ledger holds whatever was acknowledged, and never forks."""
    path, acknowledged = tmp_path / "ledger.db", {}
    LedgerStore.create(path, ORIGIN).close()
    seen: list[Checkpoint] = []
    moments = random.Random(chance)
    for turn in range(2):
        for number, index, note in killed(path, turn * 1_000_000, moments.uniform(0.0, 0.15)):
            acknowledged[index] = number
            seen += [open_note(note, KEYS)] if note else []
        store = LedgerStore.open(path)
        for index, number in acknowledged.items():
            assert store.record(index).record == entry(number).record
            assert store.sealed(index) == ("period-1", b"sealed %d" % number)
            assert index in store.find(b"key %d" % number)
        assert all(audit(store, KEYS, seen=one).sound for one in seen[-1:] + seen[:1])
        store.close()
    assert acknowledged
    assert seen


def killed(path: Path, start: int, seconds: float) -> list[tuple[int, int, str | None]]:
    """Let a process append, kill it this long after its first acknowledgement, and return what it printed."""
    program = [sys.executable, str(Path(__file__).with_name("appender.py")), str(path), str(start)]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        killer = threading.Timer(seconds, os.kill, (process.pid, signal.SIGKILL))
        killer.start()
        whole = [first, *process.stdout.read().split(b"\n")[:-1]]
        killer.join()
    assert process.returncode == -signal.SIGKILL
    return [tuple(json.loads(line)) for line in whole]


@pytest.mark.slow
def test_the_rate_holds(store: LedgerStore) -> None:
    """256 appenders that wait for durability get a rate that one commit an entry could never give."""
    entries = [Entry(b'{"kind":"%s"}' % (b"x" * 680), bytes(600), "k", (os.urandom(32),)) for _ in range(5000)]
    sequencer = Sequencer(store, SIGNER)
    source = iter(entries)

    async def work() -> None:
        for one in source:
            await sequencer.append(one)

    async def all_of_them() -> None:
        await asyncio.gather(*(work() for _ in range(256)))

    start = time.perf_counter()
    asyncio.run(all_of_them())
    assert len(entries) / (time.perf_counter() - start) > 2000
    sequencer.close()
    assert len(list(store.checkpoints())) < len(entries) / 20
    assert audit(store, KEYS).records == len(entries)
