"""The audit finds every alteration of a record, a tile or a checkpoint, and every history taken back."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sealmark.ledger import Checkpoint, Entry, MemoryStore, Sequencer, Signer, Verifier, audit, open_note, parse_note
from sealmark.ledger.audit import SENTENCES

from .trees import ORIGIN, SIGNER, entry, filled

KEYS = [SIGNER.verifier]


def kinds(store: MemoryStore, seen: Checkpoint | None = None) -> set[str]:
    return {finding.kind for finding in audit(store, KEYS, seen=seen).findings}


def latest(store: MemoryStore) -> Checkpoint:
    return open_note(store.latest_checkpoint() or "", KEYS)


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 600])
def test_an_untouched_ledger_is_sound(count: int) -> None:
    """Nothing is found in a ledger that nobody touched, and everything in it was counted."""
    store = filled(count)
    report = audit(store, KEYS, seen=latest(store))
    assert report.sound
    assert (report.records, report.checkpoint) == (count, latest(store))
    assert report.checkpoints == len(list(store.checkpoints()))
    assert report.tiles >= (count + 255) // 256


def test_a_later_state_continues_an_earlier() -> None:
    """A checkpoint kept from before is recognised in the grown ledger."""
    store = filled(300)
    seen = latest(store)
    sequencer = Sequencer(store, SIGNER)
    sequencer.append_soon(entry(300)).result(10)
    sequencer.close()
    assert audit(store, KEYS, seen=seen).sound
    assert kinds(filled(299), seen) == {"rolled_back"}
    assert kinds(filled(301), seen) == {"forked"}
    assert kinds(store, replace(seen, origin="another.example/log")) == {"forked"}


def alter_record(store: MemoryStore) -> None:
    store._records[7] = replace(store._records[7], record=b'{"number":7,"kind":"altered"}')


def alter_salt(store: MemoryStore) -> None:
    store._records[7] = replace(store._records[7], salt=bytes(16))


def drop_last(store: MemoryStore) -> None:
    store._records.pop()


def alter_tile(store: MemoryStore) -> None:
    store._tiles[0, 0] = bytes(32) + store._tiles[0, 0][32:]


def alter_upper_tile(store: MemoryStore) -> None:
    store._tiles[1, 0] = bytes(32)


def drop_tile(store: MemoryStore) -> None:
    del store._tiles[0, 1]


def forge_checkpoint(store: MemoryStore) -> None:
    checkpoint = parse_note(store._notes[-1])[0]
    store._notes[-1] = Signer.generate(ORIGIN).sign(checkpoint)


def wrong_root(store: MemoryStore) -> None:
    store._notes[-1] = SIGNER.sign(replace(parse_note(store._notes[-1])[0], root=bytes(32)))


def add_stray(store: MemoryStore) -> None:
    store._records.append(replace(store._records[0], index=300))


def swap_checkpoints(store: MemoryStore) -> None:
    store._notes.insert(1, store._notes[-1])


def rubbish_checkpoint(store: MemoryStore) -> None:
    store._notes[-1] = "rubbish"


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (alter_record, {"tile_differs", "checkpoint_differs"}),
        (alter_salt, {"tile_differs", "checkpoint_differs"}),
        (drop_last, {"record_missing", "tile_differs"}),
        (alter_tile, {"tile_differs"}),
        (alter_upper_tile, {"tile_differs"}),
        (drop_tile, {"tile_differs"}),
        (forge_checkpoint, {"checkpoint_unsigned"}),
        (wrong_root, {"checkpoint_differs"}),
        (add_stray, {"records_beyond"}),
        (swap_checkpoints, {"checkpoints_disordered"}),
        (rubbish_checkpoint, {"checkpoint_unsigned"}),
    ],
)
def test_every_harm_is_found(harm: Callable[[MemoryStore], None], found: set[str]) -> None:
    """Each way to harm a ledger is named by what it is."""
    store = filled(300)
    harm(store)
    assert found & kinds(store)
    assert kinds(store) <= found | {"checkpoint_differs", "checkpoints_disordered"}


def test_a_rewritten_history_is_a_fork() -> None:
    """A provider who rewrites everything, signatures and all, is caught by whoever kept a checkpoint."""
    honest = filled(300)
    rewritten = MemoryStore(ORIGIN)
    sequencer = Sequencer(rewritten, SIGNER)
    for number in range(300):
        sequencer.append_soon(Entry(b'{"number":%d,"kind":"nicer"}' % number)).result(10)
    sequencer.close()
    assert kinds(rewritten) == set()
    assert kinds(rewritten, latest(honest)) == {"forked"}


def test_no_checkpoint_is_a_finding() -> None:
    """A ledger whose checkpoints were all deleted is not taken for an empty one."""
    store = filled(3)
    store._notes.clear()
    assert kinds(store) == {"no_checkpoint"}


def test_findings_are_sentences_and_bounded() -> None:
    """Every kind reads in both languages, and a ledger harmed everywhere does not make an endless report."""
    store = filled(30)
    foreign = Verifier.load(Signer.generate(ORIGIN).vkey)
    report = audit(store, [foreign], limit=1)
    assert len(report.findings) == 1
    assert report.more == report.checkpoints - 1
    for finding in report.findings:
        assert finding.text("zh") != finding.text("en")
        assert "{" not in finding.text("en")
    assert all(len(pair) == 2 and all(pair) for pair in SENTENCES.values())
