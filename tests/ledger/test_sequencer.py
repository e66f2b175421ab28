"""Nothing is acknowledged before it is durable, nobody is forgotten, and the log never forks."""

import asyncio
import random
import threading
import time

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sealmark.ledger import Appended, Batch, Checkpoint, Entry, MemoryStore, Sequencer, Signer, audit, open_note
from sealmark.ledger.errors import (
    EntryInvalid,
    EntryTooLarge,
    LedgerBusy,
    LedgerClosed,
    LedgerCorrupt,
    LedgerError,
    LedgerForked,
    LedgerFull,
    LedgerStopped,
    SignatureInvalid,
    SignerForeign,
)
from sealmark.ledger.store import MAX_KEYS, MAX_RECORD_BYTES, MAX_SEALED_BYTES

from .trees import ORIGIN, SIGNER, entry

KEYS = [SIGNER.verifier]


class Fragile(MemoryStore):
    """A store whose commits fail as told: before anything is written, or after everything was."""

    def __init__(self) -> None:
        super().__init__(ORIGIN)
        self.failure: Exception | None = None
        self.lands = False
        self.unreadable = False
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def commit(self, batch: Batch) -> None:
        self.entered.set()
        assert self.gate.wait(10)
        if self.failure is None or self.lands:
            super().commit(batch)
        if self.failure is not None:
            raise self.failure

    def latest_checkpoint(self) -> str | None:
        if self.unreadable:
            raise LedgerCorrupt(zh_reason="测试", en_reason="test")
        return super().latest_checkpoint()


class Watched(MemoryStore):
    """A store that knows on which threads it was committed to, and takes as long as told."""

    def __init__(self) -> None:
        super().__init__(ORIGIN)
        self.committers: list[threading.Thread] = []
        self.seconds = 0.0

    def commit(self, batch: Batch) -> None:
        self.committers.append(threading.current_thread())
        time.sleep(self.seconds)
        super().commit(batch)


async def test_many_loops_and_threads_at_once() -> None:
    """Appends from several event loops and from threads all get their own index, each covered by its tree."""
    store = MemoryStore(ORIGIN)
    sequencer = Sequencer(store, SIGNER, max_batch=50)
    found: list[tuple[int, Appended]] = []

    async def appender(start: int) -> None:
        for number in range(start, start + 20):
            found.append((number, await sequencer.append(entry(number), alone=number % 3 == 0)))

    def loop_of_its_own(start: int) -> None:
        async def several() -> None:
            await asyncio.gather(*(appender(start + 20 * k) for k in range(5)))

        asyncio.run(several())

    threads = [threading.Thread(target=loop_of_its_own, args=(1000 * k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    await asyncio.gather(*(appender(10_000 + 20 * k) for k in range(5)))
    soon = [(number, sequencer.append_soon(entry(number))) for number in range(50_000, 50_100)]
    found += [(number, future.result(10)) for number, future in soon]
    for thread in threads:
        await asyncio.to_thread(thread.join)
    sequencer.close()
    assert sorted(one.index for _, one in found) == list(range(500))
    for number, appended in found:
        stored = store.record(appended.index)
        assert stored.record == entry(number).record
        assert stored.salt == appended.salt
        assert appended.index < appended.size <= 500
        assert store.find(b"number:%d" % number) == [appended.index]
    assert audit(store, KEYS).sound
    assert len({one.salt for _, one in found}) == 500


async def test_nothing_is_acknowledged_before_the_commit() -> None:
    """While the commit is under way the appender waits, and size and checkpoint are the old ones."""
    store = Fragile()
    sequencer = Sequencer(store, SIGNER)
    before = sequencer.checkpoint()
    store.gate.clear()
    task = asyncio.ensure_future(sequencer.append(entry(0)))
    await asyncio.sleep(0.05)
    assert not task.done()
    assert (sequencer.size, sequencer.checkpoint()) == (0, before)
    store.gate.set()
    assert (await task).index == 0
    assert open_note(sequencer.checkpoint(), KEYS).size == sequencer.size == 1
    sequencer.close()


async def test_who_is_alone_commits_on_its_own_thread() -> None:
    """No other thread is woken; the acknowledgement is the same, and the log verifies."""
    store = Watched()
    sequencer = Sequencer(store, SIGNER)
    alone = [await sequencer.append(entry(number), alone=True) for number in range(3)]
    assert store.committers[1:] == [threading.current_thread()] * 3
    beside = await sequencer.append(entry(3))
    assert store.committers[-1] is not threading.current_thread()
    assert [one.index for one in (*alone, beside)] == [0, 1, 2, 3]
    sequencer.close()
    assert audit(store, KEYS).sound


async def test_who_is_alone_waits_behind_a_commit_under_way() -> None:
    """Another's commit is not waited for on the loop, and what came first keeps its place."""
    store = Fragile()
    sequencer = Sequencer(store, SIGNER)
    store.gate.clear()
    store.entered.clear()
    first = sequencer.append_soon(entry(0))
    assert store.entered.wait(10)
    second = asyncio.ensure_future(sequencer.append(entry(1), alone=True))
    await asyncio.sleep(0.05)
    assert not second.done()
    store.gate.set()
    assert (first.result(10).index, (await second).index) == (0, 1)
    sequencer.close()


async def test_a_slow_disk_holds_a_loop_up_once() -> None:
    """After a commit that took long, even who is alone leaves the next ones to the thread."""
    store = Watched()
    sequencer = Sequencer(store, SIGNER)
    store.seconds = 0.05
    await sequencer.append(entry(0), alone=True)
    await sequencer.append(entry(1), alone=True)
    assert [one is threading.current_thread() for one in store.committers[1:]] == [True, False]
    sequencer.close()


async def test_who_is_alone_is_refused_like_everyone() -> None:
    """A failed commit acknowledges nothing and the log goes on; a bad entry and a closed log are refused."""
    store = Fragile()
    sequencer = Sequencer(store, SIGNER)
    store.failure = LedgerFull()
    with pytest.raises(LedgerFull):
        await sequencer.append(entry(0), alone=True)
    store.failure = None
    assert (await sequencer.append(entry(0), alone=True)).index == 0
    with pytest.raises(EntryTooLarge):
        await sequencer.append(Entry(b"x" * (MAX_RECORD_BYTES + 1)), alone=True)
    sequencer.close()
    with pytest.raises(LedgerClosed):
        await sequencer.append(entry(1), alone=True)
    assert sequencer.size == 1


async def test_waiting_entries_share_one_commit() -> None:
    """Whoever came while a commit ran is in the next one, up to the batch's limit, in order."""
    store = Fragile()
    sequencer = Sequencer(store, SIGNER, max_batch=30)
    store.gate.clear()
    store.entered.clear()
    first = sequencer.append_soon(entry(0))
    assert store.entered.wait(10)
    rest = [sequencer.append_soon(entry(number)) for number in range(1, 41)]
    store.gate.set()
    assert [future.result(10).index for future in [first, *rest]] == list(range(41))
    assert [open_note(note, KEYS).size for note in store.checkpoints()] == [0, 1, 31, 41]
    sequencer.close()


async def test_a_full_queue_says_busy() -> None:
    """Beyond its bound the queue refuses at once with 503, and what waits is still written."""
    store = Fragile()
    sequencer = Sequencer(store, SIGNER, max_waiting=3)
    store.gate.clear()
    store.entered.clear()
    futures = [sequencer.append_soon(entry(0))]
    assert store.entered.wait(10)
    futures += [sequencer.append_soon(entry(number)) for number in (1, 2, 3)]
    with pytest.raises(LedgerBusy) as refusal:
        await sequencer.append(entry(4))
    assert (refusal.value.status, refusal.value.code) == (503, "ledger.busy")
    store.gate.set()
    assert [future.result(10).index for future in futures] == [0, 1, 2, 3]
    assert (await sequencer.append(entry(4))).index == 4
    sequencer.close()


async def test_close_writes_what_waits_and_refuses_the_rest() -> None:
    """Closing loses nothing that was taken, and takes nothing more."""
    store = Fragile()
    sequencer = Sequencer(store, SIGNER)
    store.gate.clear()
    futures = [sequencer.append_soon(entry(number)) for number in range(5)]
    closing = asyncio.ensure_future(asyncio.to_thread(sequencer.close))
    await asyncio.sleep(0.05)
    with pytest.raises(LedgerClosed):
        await sequencer.append(entry(9))
    store.gate.set()
    await closing
    assert [future.result(0).index for future in futures] == list(range(5))
    sequencer.close()


async def test_a_cancelled_appender_harms_nobody() -> None:
    """A client that leaves while it waits leaves its record; the others of its batch are answered."""
    store = Fragile()
    sequencer = Sequencer(store, SIGNER)
    store.gate.clear()
    tasks = [asyncio.ensure_future(sequencer.append(entry(number))) for number in range(3)]
    await asyncio.sleep(0.05)
    tasks[1].cancel()
    store.gate.set()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(done[1], asyncio.CancelledError)
    assert isinstance(done[0], Appended)
    assert isinstance(done[2], Appended)
    sequencer.close()
    assert store.record(1).record == entry(1).record


async def test_a_loop_that_is_gone_harms_nobody() -> None:
    """An event loop that closed before its answer came does not stop the sequencer."""
    store = Fragile()
    sequencer = Sequencer(store, SIGNER)
    store.gate.clear()

    def brief() -> None:
        async def leave() -> None:
            task = asyncio.ensure_future(sequencer.append(entry(0)))
            await asyncio.sleep(0.01)
            task.cancel()

        asyncio.run(leave())

    await asyncio.to_thread(brief)
    store.gate.set()
    assert (await sequencer.append(entry(1))).index == 1
    sequencer.close()


@pytest.mark.parametrize("lands", [False, True])
@pytest.mark.parametrize("failure", [LedgerFull(), OSError("cut"), ValueError("bug")])
async def test_a_failed_commit_acknowledges_nobody(failure: Exception, *, lands: bool) -> None:
    """Everyone in a failed batch gets the error, even if it landed; the log then goes on without a fork."""
    store = Fragile()
    sequencer = Sequencer(store, SIGNER)
    await sequencer.append(entry(0))
    store.failure, store.lands = failure, lands
    done = await asyncio.gather(*(sequencer.append(entry(n)) for n in range(1, 6)), return_exceptions=True)
    assert all(isinstance(one, LedgerError) and not isinstance(one, LedgerStopped) for one in done)
    assert len({id(one) for one in done}) == 5
    store.failure = None
    size = len(store._records)
    assert sequencer.size == size == (6 if lands else 1)
    assert (await sequencer.append(entry(6))).index == size
    sequencer.close()
    assert audit(store, KEYS).sound


@pytest.mark.parametrize("cause", ["fatal", "unreadable", "foreign"])
async def test_the_unrecoverable_stops_it_for_good(cause: str) -> None:
    """After damage, or a head that is not ours, everything is refused and nothing more is written."""
    store = Fragile()
    sequencer = Sequencer(store, SIGNER)
    await sequencer.append(entry(0))
    if cause == "foreign":
        other = Sequencer(store, SIGNER)
        await other.append(entry(100))
        other.close()
    else:
        store.failure = LedgerCorrupt(zh_reason="测试", en_reason="test") if cause == "fatal" else OSError()
        store.unreadable = cause == "unreadable"
    with pytest.raises(LedgerStopped):
        await sequencer.append(entry(1))
    store.failure, store.unreadable = None, False
    for number in (2, 3):
        with pytest.raises(LedgerStopped) as refusal:
            await sequencer.append(entry(number))
    assert refusal.value.status == 503
    size = len(store._records)
    sequencer.close()
    assert len(store._records) == size == (2 if cause == "foreign" else 1)
    assert audit(store, KEYS).sound


async def test_what_waits_behind_the_unrecoverable_is_refused() -> None:
    """Entries queued behind the failing commit are answered too, and not written."""
    store = Fragile()
    sequencer = Sequencer(store, SIGNER)
    store.failure = LedgerForked()
    store.gate.clear()
    store.entered.clear()
    futures = [sequencer.append_soon(entry(0))]
    assert store.entered.wait(10)
    futures += [sequencer.append_soon(entry(number)) for number in range(1, 4)]
    store.gate.set()
    assert all(isinstance(future.exception(10), LedgerStopped) for future in futures)
    sequencer.close()
    assert not store._records


async def test_random_failures_lose_nothing_acknowledged() -> None:
    """Under failures at random, what was acknowledged is there, at its index, once; what was refused may be."""
    store, chance = Fragile(), random.Random(7)
    sequencer = Sequencer(store, SIGNER, max_batch=8)
    acknowledged: dict[int, Appended] = {}
    seen: list[Checkpoint] = []
    refused: list[LedgerError] = []

    async def appender(start: int) -> None:
        for number in range(start, start + 30):
            store.failure = chance.choice([None, None, LedgerFull(), OSError()])
            store.lands = chance.random() < 0.5
            try:
                acknowledged[number] = await sequencer.append(entry(number), alone=number % 3 == 0)
                seen.append(open_note(sequencer.checkpoint(), KEYS))
            except LedgerError as error:
                refused.append(error)

    await asyncio.gather(*(appender(100 * k) for k in range(8)))
    sequencer.close()
    assert acknowledged
    assert refused
    assert len(acknowledged) + len(refused) == 240
    assert not any(isinstance(error, LedgerStopped) for error in refused)
    for number, appended in acknowledged.items():
        assert store.record(appended.index).record == entry(number).record
    assert all(audit(store, KEYS, seen=one).sound for one in seen[:: max(1, len(seen) // 10)])


async def test_a_signer_that_fails_acknowledges_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that cannot be signed is not committed, and its entries leave no trace in the tree."""
    store, signer = MemoryStore(ORIGIN), Signer.generate(ORIGIN)
    sequencer = Sequencer(store, signer)

    def refuse(self: Signer, checkpoint: Checkpoint) -> str:
        raise RuntimeError("key service away")

    with monkeypatch.context() as patch:
        patch.setattr(Signer, "sign", refuse)
        with pytest.raises(LedgerError):
            await sequencer.append(entry(0))
    assert (await sequencer.append(entry(1))).index == 0
    sequencer.close()
    assert audit(store, [signer.verifier]).sound


def test_a_wrong_key_or_name_is_refused_at_the_start() -> None:
    """A log is continued only with its own name and a key that is known to have signed it."""
    store = MemoryStore(ORIGIN)
    Sequencer(store, SIGNER).close()
    with pytest.raises(SignerForeign):
        Sequencer(store, Signer.generate("another.example/log"))
    fresh = Signer.generate(ORIGIN)
    with pytest.raises(SignatureInvalid):
        Sequencer(store, fresh)
    Sequencer(store, fresh, former=KEYS).close()


def test_damaged_tiles_are_refused_at_the_start() -> None:
    """A tree whose tiles do not lead to the checkpoint is not built upon."""
    store = MemoryStore(ORIGIN)
    sequencer = Sequencer(store, SIGNER)
    sequencer.append_soon(entry(0)).result(10)
    sequencer.close()
    store._tiles[0, 0] = bytes(32)
    with pytest.raises(LedgerCorrupt):
        Sequencer(store, SIGNER)


@pytest.mark.parametrize(
    "bad",
    [
        Entry(b""),
        Entry(b"[]"),
        Entry(b"{"),
        Entry(b'{"a":"\xff"}'),
        Entry(b"{}", sealed=b"x"),
        Entry(b"{}", sealed_key="x"),
        Entry(b"{}", keys=(b"",)),
        Entry(b"{}", keys=(b"x" * 65,)),
        Entry(b"{}", keys=(b"x",) * (MAX_KEYS + 1)),
    ],
)
async def test_bad_entries_are_refused(bad: Entry) -> None:
    """What is no record is refused before it is queued."""
    sequencer = Sequencer(MemoryStore(ORIGIN), SIGNER)
    with pytest.raises(EntryInvalid):
        await sequencer.append(bad)
    with pytest.raises(EntryInvalid):
        sequencer.append_soon(bad)
    sequencer.close()
    assert sequencer.size == 0


async def test_large_entries_are_refused() -> None:
    """The limits hold, and the largest that is allowed is taken."""
    sequencer = Sequencer(MemoryStore(ORIGIN), SIGNER)
    largest = b'{"a":"' + b"x" * (MAX_RECORD_BYTES - 8) + b'"}'
    assert (await sequencer.append(Entry(largest))).index == 0
    for large in (Entry(largest + b" "), Entry(b"{}", b"x" * (MAX_SEALED_BYTES + 1), "k")):
        with pytest.raises(EntryTooLarge):
            await sequencer.append(large)
    sequencer.close()


def test_the_clock_is_kept_beside_the_checkpoint() -> None:
    """Each commit asks the given clock for its time."""
    times: list[float] = []

    class Noting(MemoryStore):
        def commit(self, batch: Batch) -> None:
            times.append(batch.at)
            super().commit(batch)

    ticks = iter([10.0, 20.0])
    sequencer = Sequencer(Noting(ORIGIN), SIGNER, clock=lambda: next(ticks))
    sequencer.append_soon(entry(0)).result(10)
    sequencer.close()
    assert times == [10.0, 20.0]


class Ledger(RuleBasedStateMachine):
    """Appends, failures and restarts in any order, against a plain list."""

    @initialize()
    def start(self) -> None:
        self.store = Fragile()
        self.sequencer = Sequencer(self.store, SIGNER, max_batch=16)
        self.model: list[bytes] = []
        self.seen = open_note(self.sequencer.checkpoint(), KEYS)
        self.next = 0

    @rule(count=st.integers(1, 300))
    def append(self, count: int) -> None:
        entries = [entry(number) for number in range(self.next, self.next + count)]
        self.next += count
        for one, future in [(one, self.sequencer.append_soon(one)) for one in entries]:
            assert future.result(10).index == len(self.model)
            self.model.append(one.record)

    @rule(lands=st.booleans())
    def fail(self, lands: bool) -> None:
        self.store.failure, self.store.lands = LedgerFull(), lands
        one = entry(self.next)
        self.next += 1
        assert isinstance(self.sequencer.append_soon(one).exception(10), LedgerFull)
        self.store.failure = None
        if lands:
            self.model.append(one.record)

    @rule()
    def restart(self) -> None:
        self.sequencer.close()
        self.sequencer = Sequencer(self.store, SIGNER)

    @rule()
    def look(self) -> None:
        self.seen = open_note(self.sequencer.checkpoint(), KEYS)

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "model"):
            return
        assert [one.record for one in self.store.records(0, len(self.model) + 9)] == self.model
        assert self.sequencer.size == len(self.model)
        assert audit(self.store, KEYS, seen=self.seen).sound

    def teardown(self) -> None:
        if hasattr(self, "sequencer"):
            self.sequencer.close()


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
