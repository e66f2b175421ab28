"""Durable appends a second, their waits and their CPU, beside bare SQLite inserts of the same bytes.

`python -m benchmarks.ledger`: each round runs the peer (one table, WAL, `synchronous=FULL`, batches of 100) and the
ledger in turn; rates are medians over the rounds, the ratio is the median of the rounds' ratios. The run fails
unless the ledger holds exactly what was appended and its whole tree verifies.
"""

import argparse
import asyncio
import json
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sealmark.ledger import Entry, Sequencer, Signer, audit
from sealmark.storage.ledger import LedgerStore
from sealmark.storage.ledger_file import SYNCHRONOUS_FULL

ORIGIN = "rehearsal.example/benchmark"
RECORD_BYTES, SEALED_BYTES, KEYS, KEY_BYTES = 700, 600, 3, 32
RATIO_FLOOR, RATE_FLOOR = 0.3, 10_000


@dataclass(frozen=True, slots=True)
class Run:
    """One run: appends a second, CPU microseconds an append, waits in milliseconds."""

    rate: float
    cpu_us: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rounds, print the table, and return 1 if a floor was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--appends", type=int, default=20_000)
    parser.add_argument("--single", type=int, default=500, help="appends at concurrency 1")
    parser.add_argument("--in", dest="folder", type=Path, help="a folder on the disk to measure")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        rounds = [
            one_round(Path(folder) / str(number), options.appends, options.single) for number in range(options.rounds)
        ]
    return report(rounds)


def one_round(folder: Path, appends: int, single: int) -> dict[str, Run]:
    """The peer and the ledger at three concurrencies, each on a fresh file."""
    folder.mkdir()
    entries = make_entries(appends)
    return {
        "bare": bare(folder / "bare.db", entries, 100),
        "256": ledger(folder / "many.db", entries, 256),
        "32": ledger(folder / "some.db", entries[: appends // 4], 32),
        "bare 1": bare(folder / "bare-one.db", entries[:single], 1),
        "1": ledger(folder / "one.db", entries[:single], 1),
    }


def make_entries(count: int) -> list[Entry]:
    """Entries of the size that an exchange leaves: random, so that nothing compresses."""
    return [make_entry(random.Random(number)) for number in range(count)]


def make_entry(source: random.Random) -> Entry:
    """A record of digests and numbers, a sealed part, three lookup keys."""
    body = {"kind": "exchange:closed", "at": 1_760_000_000, "item": source.randrange(2**48), "digest": ""}
    body["digest"] = source.randbytes((RECORD_BYTES - len(json.dumps(body))) // 2).hex()
    keys = tuple(source.randbytes(KEY_BYTES) for _ in range(KEYS))
    return Entry(json.dumps(body).encode(), source.randbytes(SEALED_BYTES), "period-1", keys)


def bare(path: Path, entries: Sequence[Entry], batch: int) -> Run:
    """The peer: the same bytes into one table, `batch` rows a transaction; no tree, signature, index or waiter."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    assert connection.execute("PRAGMA synchronous").fetchone() == (SYNCHRONOUS_FULL,)
    connection.execute("CREATE TABLE log (id INTEGER PRIMARY KEY, record BLOB, sealed BLOB, keys BLOB)")
    rows = [(one.record, one.sealed, b"".join(one.keys)) for one in entries]
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(rows), batch):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO log (record, sealed, keys) VALUES (?, ?, ?)", rows[start : start + batch])
        connection.execute("COMMIT")
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert connection.execute("SELECT count(*) FROM log").fetchone() == (len(rows),)
    connection.close()
    return Run(len(rows) / wall, cpu / len(rows) * 1e6)


def ledger(path: Path, entries: Sequence[Entry], concurrency: int) -> Run:
    """The ledger under this many async appenders, checked afterwards."""
    signer = Signer.generate(ORIGIN)
    store = LedgerStore.create(path, ORIGIN)
    assert store.pragma("synchronous") == SYNCHRONOUS_FULL
    sequencer = Sequencer(store, signer)
    wall, cpu = time.perf_counter(), time.process_time()
    waits = asyncio.run(appenders(sequencer, entries, concurrency))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    sequencer.close()
    found = audit(store, [signer.verifier])
    assert found.sound, found.findings
    assert found.records == len(entries) == sum(1 for _ in store.records(0, len(entries) + 1))
    store.close()
    centiles = statistics.quantiles(waits, n=100)
    return Run(len(entries) / wall, cpu / len(entries) * 1e6, centiles[49] * 1e3, centiles[98] * 1e3)


async def appenders(sequencer: Sequencer, entries: Sequence[Entry], concurrency: int) -> list[float]:
    """Every appender takes the next entry once its last is durable; returns the waits in seconds."""
    waits: list[float] = []
    source = iter(entries)

    async def work() -> None:
        for entry in source:
            start = time.perf_counter()
            await sequencer.append(entry)
            waits.append(time.perf_counter() - start)

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return waits


def report(rounds: Sequence[dict[str, Run]]) -> int:
    """Print medians and whether the floors were reached."""
    ratio = statistics.median(one["256"].rate / one["bare"].rate for one in rounds)
    print(f"{os.cpu_count()} cores, SQLite {sqlite3.sqlite_version}, synchronous=FULL, {len(rounds)} rounds")
    print(f"{'what':34}{'appends/s':>12}{'CPU us':>10}{'p50 ms':>10}{'p99 ms':>10}")
    names = {"bare": "bare SQLite inserts, batch 100", "256": "ledger, 256 appenders"}
    names |= {"32": "ledger, 32 appenders", "bare 1": "bare SQLite inserts, batch 1"}
    names |= {"1": "ledger, 1 appender"}
    for key, name in names.items():
        print(name.ljust(34) + row([one[key] for one in rounds]))
    rate = statistics.median(one["256"].rate for one in rounds)
    print(f"ratio ledger (256) / bare: {ratio:.2f} (floor {RATIO_FLOOR}); rate floor {RATE_FLOOR}/s")
    return 0 if ratio >= RATIO_FLOOR and rate >= RATE_FLOOR else 1


def row(runs: Sequence[Run]) -> str:
    """The medians of one line of the table."""
    cells = (
        statistics.median(run.rate for run in runs),
        statistics.median(run.cpu_us for run in runs),
        statistics.median(run.p50_ms for run in runs),
        statistics.median(run.p99_ms for run in runs),
    )
    return f"{cells[0]:>12,.0f}{cells[1]:>10.0f}{cells[2]:>10.1f}{cells[3]:>10.1f}"


if __name__ == "__main__":
    sys.exit(main())
