"""The log as plain files that any C2SP tlog-tiles client reads: tiles, bundles of entries, the checkpoint.

An entry is the 32-byte salted digest: records, sealed parts and lookup keys never leave by this door.
"""

import os
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sealmark.ledger.checkpoint import parse_note
from sealmark.ledger.errors import LedgerCorrupt, LedgerError
from sealmark.ledger.store import Store
from sealmark.ledger.tree import TILE_WIDTH, leaf_data, tile_path, tiles_of


def export(store: Store, folder: Path) -> int:
    """Write the log as of its latest checkpoint below `folder`; returns the number of files written.

    Full tiles that an earlier export wrote are left as they are; the checkpoint is replaced last, so that a
    reader never sees one whose tiles are not there yet.
    """
    note = store.latest_checkpoint()
    if note is None:
        return 0
    try:
        return _export(store, folder, note)
    except OSError as failure:
        raise LedgerError(cause=type(failure).__name__) from failure


def _export(store: Store, folder: Path, note: str) -> int:
    written = 0
    for level, n, width in tiles_of(parse_note(note)[0].size):
        written += _write_once(folder / tile_path(level, n, width), partial(store.tile, level, n, width))
        if level == 0:
            bundle = partial(entry_bundle, store, n, width)
            written += _write_once(folder / tile_path("entries", n, width), bundle)
    _write(folder / "checkpoint", note.encode())
    return written + 1


def entry_bundle(store: Store, n: int, width: int) -> bytes:
    """The entries of level-0 tile `n`: each its leaf data after a big-endian uint16 length (tlog-tiles)."""
    start = n * TILE_WIDTH
    leaves = [leaf_data(one.salt, one.record) for one in store.records(start, start + width)]
    if len(leaves) != width:
        raise LedgerCorrupt(
            zh_reason=f"第 {start} 至 {start + width} 条之间缺少记录",
            en_reason=f"records are missing between {start} and {start + width}",
        )
    return b"".join(struct.pack(">H", len(leaf)) + leaf for leaf in leaves)


def _write_once(path: Path, content: Callable[[], bytes]) -> int:
    """Tiles never change: what is there already is kept."""
    if path.exists():
        return 0
    _write(path, content())
    return 1


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)
