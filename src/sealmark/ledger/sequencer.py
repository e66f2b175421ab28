"""One writer that gives every entry its place: group commit in front of one store.

Appenders wait in a bounded queue; the thread takes what is there, extends the tree, signs, and commits records and
tree together; only then is anyone told. An appender who is alone does that itself: to wake a thread, and to be woken
by it, costs half as much again. If a commit fails nobody is acknowledged and the tree is read back from the store, so
that memory never runs ahead of what is durable. What cannot be recovered stops the sequencer for good.
"""

import asyncio
import concurrent.futures
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sealmark.ledger.checkpoint import Checkpoint, Signer, Verifier, open_note
from sealmark.ledger.errors import (
    LedgerBusy,
    LedgerClosed,
    LedgerCorrupt,
    LedgerError,
    LedgerForked,
    LedgerStopped,
    SignerForeign,
)
from sealmark.ledger.store import Batch, Entry, Store, check_entry
from sealmark.ledger.tree import SALT_BYTES, Frontier, leaf_data, leaf_hash

_BATCH_BYTES = 8 * 1024 * 1024
_WAITING_BYTES = 256 * 1024 * 1024
_CROWD = 16  # entries that need no more company: in a larger batch each costs hardly less
_COMPANY = 0.003  # seconds that a small batch waits for more, while others come
_SLOW = 0.02  # seconds of a commit that may hold a loop up
_CAUTION = 60.0  # seconds after a slower one in which none does
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry that is durable: its index, its leaf's salt, and the size of the tree whose checkpoint covers it."""

    index: int
    salt: bytes
    size: int


@dataclass(frozen=True, slots=True)
class _Head:
    """The last durable checkpoint."""

    note: str | None
    size: int


Outcome: TypeAlias = Appended | LedgerError
_Future: TypeAlias = "asyncio.Future[Appended] | concurrent.futures.Future[Appended]"


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """An entry in the queue, who waits for it, and on which loop (None: a thread)."""

    entry: Entry
    future: _Future
    loop: asyncio.AbstractEventLoop | None
    weight: int


class Sequencer:
    """The one writer of a ledger.

    At its start it reads the tree's edge back and refuses a store whose latest checkpoint this key (or one of
    `former`, the keys used before it) did not sign. `clock` gives Unix seconds, kept beside each checkpoint.
    """

    def __init__(
        self,
        store: Store,
        signer: Signer,
        *,
        max_batch: int = 1000,
        max_waiting: int = 10_000,
        former: Sequence[Verifier] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._signer, self._clock = store, signer, clock
        self._verifiers = (signer.verifier, *former)
        self._max_batch, self._max_waiting = max_batch, max_waiting
        self._gate = threading.Lock()
        self._turn = threading.Lock()  # held by whoever commits; taken before the gate
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()  # None: nothing comes after
        self._quick_from = 0.0
        self._weight = 0
        self._company = False
        self._attempt: str | None = None
        self._refusal: LedgerError | None = None
        self._stopped: LedgerError | None = None
        self._head, self._frontier = self._load()
        if self._head.note is None:
            self._commit([])
        self._thread = threading.Thread(target=self._run, name="sealmark-ledger", daemon=True)
        self._thread.start()

    @property
    def size(self) -> int:
        """The number of durable records."""
        return self._head.size

    def checkpoint(self) -> str:
        """The latest durable checkpoint, a signed note."""
        return self._head.note or ""

    async def append(self, entry: Entry, *, alone: bool = False) -> Appended:
        """Append, and return once the entry is durable (Art. 16).

        `alone` says that its loop has nothing else to do: then it may wait for the disk right here. Raises
        `LedgerBusy`, `LedgerClosed`, `LedgerStopped`, or what the commit failed with. A caller that is cancelled
        meanwhile leaves its entry to be recorded all the same.
        """
        if alone and (outcome := self._at_once(entry)) is not None:
            return outcome
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Appended] = loop.create_future()
        self._submit(entry, future, loop)
        return await future

    def append_soon(self, entry: Entry) -> "concurrent.futures.Future[Appended]":
        """The same from a thread: a future that resolves once the entry is durable, and cannot be cancelled."""
        future: concurrent.futures.Future[Appended] = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        self._submit(entry, future, None)
        return future

    def close(self) -> None:
        """Take nothing more, commit what waits, and end the thread. Closing again does nothing."""
        self._refuse(LedgerClosed())
        self._thread.join()
        with self._turn:  # somebody may still be at it
            pass

    def _refuse(self, refusal: LedgerError) -> None:
        with self._gate:
            if self._refusal is None:
                self._queue.put(None)
            self._refusal = self._refusal or refusal

    def _submit(self, entry: Entry, future: _Future, loop: asyncio.AbstractEventLoop | None) -> None:
        check_entry(entry)
        weight = entry.weight
        with self._gate:
            self._require_open()
            if self._queue.qsize() >= self._max_waiting or self._weight + weight > _WAITING_BYTES:
                raise LedgerBusy
            self._weight += weight
            self._queue.put(_Waiting(entry, future, loop, weight))

    def _at_once(self, entry: Entry) -> Appended | None:
        """The entry committed by its own caller; None if somebody waits or commits, or if the disk was slow lately."""
        started = time.monotonic()
        if started < self._quick_from or not self._turn.acquire(blocking=False):
            return None
        try:
            if not self._queue.empty():
                return None
            self._require_open()
            check_entry(entry)
            outcome = self._outcomes([entry])[0]
        finally:
            self._turn.release()
        if (now := time.monotonic()) - started > _SLOW:
            self._quick_from = now + _CAUTION
        if isinstance(outcome, LedgerError):
            raise _again(outcome)
        return outcome

    def _require_open(self) -> None:
        if self._refusal:
            raise _again(self._refusal)

    def _run(self) -> None:
        more = True
        while more:
            batch, more = self._take()
            if batch:
                with self._turn:
                    outcomes = self._outcomes([waiting.entry for waiting in batch])
                _tell(batch, outcomes)

    def _take(self) -> tuple[list[_Waiting], bool]:
        """The next batch, waiting for its first entry; and whether anything can come after it.

        A commit costs the same for one entry as for ten. So where the last batch was of a few entries, the next one
        waits a moment for company; a caller who is alone never waits, and a crowd need not.
        """
        batch: list[_Waiting] = []
        weight = 0
        while not batch or (not self._queue.empty() and len(batch) < self._max_batch and weight < _BATCH_BYTES):
            waiting = self._queue.get()
            if waiting is None:
                return batch, False
            if not batch and self._company:
                time.sleep(_COMPANY)
            batch.append(waiting)
            weight += waiting.weight
        with self._gate:
            self._weight -= weight
        self._company = 1 < len(batch) < _CROWD
        return batch, True

    def _outcomes(self, entries: list[Entry]) -> Sequence[Outcome]:
        if self._stopped:
            return [self._stopped] * len(entries)
        try:
            return self._sequence(entries)
        except Exception as failure:
            return [self._recover(failure)] * len(entries)

    def _sequence(self, entries: list[Entry]) -> Sequence[Outcome]:
        start = self._head.size
        salts = self._commit(entries)
        size = start + len(entries)
        return [Appended(index, salt, size) for index, salt in enumerate(salts, start)]

    def _commit(self, entries: list[Entry]) -> list[bytes]:
        salts = _salts(len(entries))
        for entry, salt in zip(entries, salts, strict=True):
            self._frontier.append(leaf_hash(leaf_data(salt, entry.record)))
        size, root = self._frontier.size, self._frontier.root()
        note = self._signer.sign(Checkpoint(self._store.origin, size, root))
        tiles, head, self._attempt = self._frontier.take_tiles(), self._head, note
        self._store.commit(Batch(head.size, entries, salts, tiles, note, head.note, self._clock()))
        self._head = _Head(note, size)
        return salts

    def _load(self) -> tuple[_Head, Frontier]:
        note = self._store.latest_checkpoint()
        if self._store.origin != self._signer.name:
            raise SignerForeign(signer=self._signer.name, origin=self._store.origin)
        if note is None:
            return _Head(None, 0), Frontier()
        stored = open_note(note, self._verifiers)
        frontier = Frontier.load(stored.size, self._store.tile)
        if (stored.origin, stored.root) != (self._store.origin, frontier.root()):
            raise LedgerCorrupt(
                zh_reason="由瓦片算出的根与最新检查点的根不一致",
                en_reason="the tiles do not lead to the latest checkpoint's root",
            )
        return _Head(note, stored.size), frontier

    def _recover(self, failure: Exception) -> LedgerError:
        """After a failed commit: go back to what is stored, or stop if that is not what was durable before."""
        error = failure if isinstance(failure, LedgerError) else LedgerError(cause=type(failure).__name__)
        _log.error("ledger commit failed: %s (%s)", error.code, type(failure).__name__, exc_info=failure)
        try:
            before = self._head
            self._head, self._frontier = self._load()
            self._check_continues(before)
        except Exception as second:
            _log.critical("the ledger stops: %s", type(second).__name__, exc_info=second)
            return self._stop(second)
        return self._stop(error) if error.fatal else error

    def _check_continues(self, before: _Head) -> None:
        """A commit that failed may have landed all the same; any third head is somebody else's."""
        if self._head.note not in (before.note, self._attempt):
            self._head = before
            raise LedgerForked

    def _stop(self, cause: Exception) -> LedgerError:
        code = cause.code if isinstance(cause, LedgerError) else type(cause).__name__
        refusal = LedgerStopped(cause=code)
        self._stopped = refusal
        self._refuse(refusal)
        return refusal


def _salts(count: int) -> list[bytes]:
    material = os.urandom(SALT_BYTES * count)
    return [material[i : i + SALT_BYTES] for i in range(0, len(material), SALT_BYTES)]


def _again(error: LedgerError) -> LedgerError:
    """A fresh copy: one exception object raised in many tasks would collect all their tracebacks."""
    return type(error)(**error.details)


def _tell(batch: Sequence[_Waiting], outcomes: Sequence[Outcome]) -> None:
    """Resolve everybody who waits: threads at once, each event loop with a single wake-up."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[_Future, Outcome]]] = {}
    for waiting, outcome in zip(batch, outcomes, strict=True):
        if waiting.loop is None:
            _settle([(waiting.future, outcome)])
        else:
            loops.setdefault(waiting.loop, []).append((waiting.future, outcome))
    for loop, pairs in loops.items():
        try:
            loop.call_soon_threadsafe(_settle, pairs)
        except RuntimeError:
            _log.warning("%d appenders left with their event loop before they were told", len(pairs))


def _settle(pairs: Sequence[tuple[_Future, Outcome]]) -> None:
    for future, outcome in pairs:
        if future.done():
            continue
        if isinstance(outcome, LedgerError):
            future.set_exception(_again(outcome))
        else:
            future.set_result(outcome)
