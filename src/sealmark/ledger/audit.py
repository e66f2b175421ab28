"""The full check of a ledger: every record, leaf, tile and checkpoint, and that nothing seen before was taken back.

A finding says what is wrong and where, for a person; the audit goes on after one as far as it can.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sealmark.ledger.checkpoint import Checkpoint, Verifier, open_note, parse_note
from sealmark.ledger.errors import LedgerError
from sealmark.ledger.proof import check_consistency, consistency
from sealmark.ledger.store import Store, size_of
from sealmark.ledger.tree import Frontier, Tile, leaf_data, leaf_hash

FindingKind = Literal[
    "no_checkpoint",
    "record_missing",
    "tile_differs",
    "checkpoint_differs",
    "checkpoint_unsigned",
    "checkpoints_disordered",
    "records_beyond",
    "rolled_back",
    "forked",
]

SENTENCES: dict[FindingKind, tuple[str, str]] = {
    "no_checkpoint": ("账本没有检查点。", "The ledger has no checkpoint."),
    "record_missing": ("第 {place} 条记录缺失。", "Record {place} is missing."),
    "tile_differs": ("瓦片 {place} 与记录不符。", "Tile {place} does not agree with the records."),
    "checkpoint_differs": (
        "大小为 {place} 的检查点与记录不符：有记录在确认后被改动。",
        "The checkpoint at size {place} does not agree with the records: one was altered after it was signed.",
    ),
    "checkpoint_unsigned": (
        "大小为 {place} 的检查点没有可信签名。",
        "The checkpoint at size {place} bears no trusted signature.",
    ),
    "checkpoints_disordered": (
        "检查点在大小 {place} 处次序错乱。",
        "The checkpoints are out of order at size {place}.",
    ),
    "records_beyond": (
        "第 {place} 条记录在最新检查点之外。",
        "Record {place} lies beyond the latest checkpoint.",
    ),
    "rolled_back": (
        "账本比先前见过的检查点(大小 {place})还短：有记录被撤回。",
        "The ledger is shorter than the checkpoint seen before (size {place}): records were taken back.",
    ),
    "forked": (
        "账本不是先前见过的检查点(大小 {place})的延续：历史被改写。",
        "The ledger does not continue the checkpoint seen before (size {place}): its history was rewritten.",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: its kind, and the index, tile or size where."""

    kind: FindingKind
    place: str = ""

    def text(self, language: Literal["zh", "en"] = "zh") -> str:
        """The finding as a sentence."""
        return SENTENCES[self.kind][language == "en"].format(place=self.place)


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked (counts) and what was found; `sound` if nothing was. At most `limit` findings are kept."""

    checkpoint: Checkpoint | None
    records: int
    tiles: int
    checkpoints: int
    findings: tuple[Finding, ...]
    more: int = 0

    @property
    def sound(self) -> bool:
        """Whether the ledger is whole."""
        return not self.findings


@dataclass(slots=True)
class _Walk:
    """The walk's state: the tree rebuilt so far, the checkpoints still ahead, what was found."""

    store: Store
    verifiers: Sequence[Verifier]
    seen: Checkpoint | None
    limit: int
    frontier: Frontier = field(default_factory=Frontier)
    tiles: int = 0
    checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0

    def found(self, kind: FindingKind, place: object = "") -> None:
        """Keep a finding, or only count it past the limit."""
        if len(self.findings) < self.limit:
            self.findings.append(Finding(kind, str(place)))
        else:
            self.more += 1

    def report(self, checkpoint: Checkpoint | None) -> Report:
        """What came of it."""
        return Report(checkpoint, self.frontier.size, self.tiles, self.checkpoints, tuple(self.findings), self.more)


def audit(store: Store, verifiers: Sequence[Verifier], *, seen: Checkpoint | None = None, limit: int = 100) -> Report:
    """Walk the whole ledger as of its latest checkpoint. Reads everything once; a writer may go on meanwhile.

    `seen` is a checkpoint that the asker kept from before: the ledger must continue it. Raises a `LedgerError`
    only where the store cannot be read at all.
    """
    walk = _Walk(store, verifiers, seen, limit)
    note = store.latest_checkpoint()
    if note is None:
        walk.found("no_checkpoint")
        return walk.report(None)
    latest = _parsed(walk, note)
    if latest is None:
        return walk.report(None)
    _rebuild(walk, latest)
    _check_beyond(walk, latest)
    _check_seen(walk, latest)
    return walk.report(latest)


def _parsed(walk: _Walk, note: str) -> Checkpoint | None:
    try:
        return parse_note(note)[0]
    except LedgerError:
        walk.found("checkpoint_unsigned", "?")
        return None


def _rebuild(walk: _Walk, latest: Checkpoint) -> None:
    """Grow the tree again from the records, stopping at each checkpoint and at each full tile."""
    notes = _ordered(walk, latest.size)
    ahead = next(notes, None)
    ahead = _check_at(walk, ahead, notes)
    for stored in walk.store.records(0, latest.size):
        if stored.index != walk.frontier.size:
            break
        walk.frontier.append(leaf_hash(leaf_data(stored.salt, stored.record)))
        if walk.frontier.size % 256 == 0:
            _check_tiles(walk, walk.frontier.take_tiles())
        ahead = _check_at(walk, ahead, notes)
    _check_tiles(walk, walk.frontier.take_tiles())
    if walk.frontier.size < latest.size:
        walk.found("record_missing", walk.frontier.size)


def _ordered(walk: _Walk, size: int) -> Iterator[Checkpoint]:
    """The checkpoints up to `size`, each with its signature checked, as long as they grow."""
    last = -1
    for note in walk.store.checkpoints():
        checkpoint = _parsed(walk, note)
        if checkpoint is None:
            continue
        if checkpoint.size > size:
            return
        if checkpoint.size <= last:
            walk.found("checkpoints_disordered", checkpoint.size)
            continue
        last = checkpoint.size
        _check_signed(walk, note, checkpoint)
        yield checkpoint


def _check_signed(walk: _Walk, note: str, checkpoint: Checkpoint) -> None:
    walk.checkpoints += 1
    try:
        signed = open_note(note, walk.verifiers).origin == walk.store.origin
    except LedgerError:
        signed = False
    if not signed:
        walk.found("checkpoint_unsigned", checkpoint.size)


def _check_at(walk: _Walk, ahead: Checkpoint | None, notes: Iterator[Checkpoint]) -> Checkpoint | None:
    """Compare the rebuilt root where a checkpoint stands at this size; returns the one that is ahead then."""
    if walk.seen and walk.seen.size == walk.frontier.size and walk.seen.root != walk.frontier.root():
        walk.found("forked", walk.seen.size)
    if ahead is None or ahead.size != walk.frontier.size:
        return ahead
    if ahead.root != walk.frontier.root():
        walk.found("checkpoint_differs", ahead.size)
    return next(notes, None)


def _check_tiles(walk: _Walk, tiles: Sequence[Tile]) -> None:
    for tile in tiles:
        walk.tiles += 1
        try:
            same = walk.store.tile(tile.level, tile.n, tile.width) == tile.data
        except LedgerError:
            same = False
        if not same:
            walk.found("tile_differs", f"{tile.level}/{tile.n}")


def _check_beyond(walk: _Walk, latest: Checkpoint) -> None:
    """No record stands outside every checkpoint, unless the writer has gone on meanwhile."""
    stray = any(True for _ in walk.store.records(latest.size, latest.size + 1))
    if stray and size_of(walk.store) == latest.size:
        walk.found("records_beyond", latest.size)


def _check_seen(walk: _Walk, latest: Checkpoint) -> None:
    """The tiles, too, must prove that the ledger continues what was seen."""
    if walk.seen is None:
        return
    if walk.seen.size > latest.size:
        walk.found("rolled_back", walk.seen.size)
        return
    try:
        path = consistency(walk.store.tile, walk.seen.size, latest.size)
        check_consistency(walk.seen.size, latest.size, path, walk.seen.root, latest.root)
        same = walk.seen.origin == latest.origin
    except LedgerError:
        same = False
    forked = Finding("forked", str(walk.seen.size))
    if not same and forked not in walk.findings:
        walk.found("forked", walk.seen.size)
