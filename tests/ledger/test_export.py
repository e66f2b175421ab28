"""The exported files are a C2SP tlog-tiles log that a stranger can check, and hold nothing but digests."""

from pathlib import Path

import pytest

from sealmark.ledger import Sequencer, audit, export, open_note, prove
from sealmark.ledger.errors import LedgerCorrupt
from sealmark.ledger.proof import check_consistency, check_inclusion, consistency, inclusion
from sealmark.ledger.tree import Nodes, leaf_hash, tile_path

from .trees import SIGNER, entry, filled

PERSON = "某人的手机号"


class Files:
    """A stranger's reader of exported files: knows the specification and nothing of the store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def tile(self, level: int, n: int, width: int) -> bytes:
        return (self.folder / tile_path(level, n, width)).read_bytes()

    def entries(self, n: int, width: int) -> list[bytes]:
        raw, found = (self.folder / tile_path("entries", n, width)).read_bytes(), []
        while raw:
            size = int.from_bytes(raw[:2], "big")
            found.append(raw[2 : 2 + size])
            raw = raw[2 + size :]
        return found


@pytest.mark.parametrize("count", [1, 256, 300, 513])
def test_a_stranger_rebuilds_the_log(tmp_path: Path, count: int) -> None:
    """From the files alone: the checkpoint opens, tiles lead to its root, entries hash to the leaves."""
    store = filled(count)
    export(store, tmp_path)
    files = Files(tmp_path)
    checkpoint = open_note((tmp_path / "checkpoint").read_text(), [SIGNER.verifier])
    assert Nodes.of(count, files.tile).root() == checkpoint.root
    for index in {0, count // 2, count - 1}:
        n, width = index // 256, min(256, count - index // 256 * 256)
        leaf = leaf_hash(files.entries(n, width)[index % 256])
        check_inclusion(leaf, index, count, inclusion(files.tile, index, count), checkpoint.root)
        assert leaf == prove(store, index).leaf


def test_export_grows(tmp_path: Path) -> None:
    """A second export adds what is new, leaves full tiles alone, and continues the first."""
    store = filled(300)
    first = export(store, tmp_path)
    old = open_note((tmp_path / "checkpoint").read_text(), [SIGNER.verifier])
    full = (tmp_path / "tile/0/000").stat().st_mtime_ns
    sequencer = Sequencer(store, SIGNER)
    for number in range(300, 400):
        sequencer.append_soon(entry(number)).result(10)
    sequencer.close()
    assert export(store, tmp_path) < first
    new = open_note((tmp_path / "checkpoint").read_text(), [SIGNER.verifier])
    path = consistency(Files(tmp_path).tile, old.size, new.size)
    check_consistency(old.size, new.size, path, old.root, new.root)
    assert (tmp_path / "tile/0/000").stat().st_mtime_ns == full
    assert audit(store, [SIGNER.verifier], seen=old).sound


def test_only_digests_leave(tmp_path: Path) -> None:
    """Neither a record, nor a sealed part, nor a lookup key, nor a salt stands in any exported file."""
    store = filled(3)
    sequencer = Sequencer(store, SIGNER)
    sequencer.append_soon(entry(3, person=PERSON)).result(10)
    sequencer.close()
    export(store, tmp_path)
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for kept in [PERSON.encode(), b"test:noted", b"number:", *(one.salt for one in store.records(0, 4))]:
        assert kept not in everything


def test_a_lost_record_is_not_exported_over(tmp_path: Path) -> None:
    """A store with a record missing refuses to export rather than shift the entries."""
    store = filled(10)
    del store._records[4:]
    with pytest.raises(LedgerCorrupt):
        export(store, tmp_path)
    assert not (tmp_path / "checkpoint").exists()
