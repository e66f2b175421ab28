"""Movies in ISO base media and QuickTime files: where their media data stand, and how to say so after an edit."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.containers import iloc, positions
from sealmark.media.containers.boxedit import Change, Shift, pieces
from sealmark.media.containers.isobmff import Box, BoxReader
from sealmark.media.containers.positions import Fields, TooNarrowError
from sealmark.media.errors import Immovable
from sealmark.media.pieces import Pieces

# Boxes whose inside no position in the file means.
_POINTED_AT_BY_NONE = frozenset((b"moov", b"free", b"skip", b"wide", b"uuid"))


@dataclass(frozen=True, slots=True)
class Movie:
    """The boxes of a file, and its movie box, if there is one."""

    top: tuple[Box, ...]
    moov: Box | None


def remains(reader: BoxReader) -> Movie:
    """The boxes of a movie, whole or not; what is wrong with them is the reader's `damage`."""
    top = reader.top()
    movies = [box for box in top if box.kind == b"moov"]
    if len(movies) != 1:
        reader.wrong(why("moov 盒子应有且只有一个", "not exactly one moov"))
    if movies:
        check_media(reader, movies[0])
    return Movie(top, movies[0] if movies else None)


def edited(reader: BoxReader, top: tuple[Box, ...], changes: Iterable[Change]) -> Pieces:
    """The file after changes of its metadata, with every position of media data moved along.

    Raises `Immovable` for a layout whose positions cannot be, and the reader's damage.
    """
    own, wide = list(changes), frozenset[Box]()
    first, taken = Shift(own).first, {change.start for change in own}
    behind = first is not None and any(box.stop > first for box in top if box.kind not in _POINTED_AT_BY_NONE)
    while True:
        tables = [change for box in top for change in _tables(reader, box, wide)] if behind else []
        if reader.damage is not None:
            raise reader.damage
        others = (change for change in tables if change.start not in taken)
        try:
            return pieces(len(reader.data), [*own, *others], reader.name)
        except TooNarrowError as narrow:
            wide |= {narrow.box}


def check_media(reader: BoxReader, moov: Box) -> None:
    """The last chunk of every track begins within the file, or the file was cut between two boxes."""
    for information in reader.within(moov, b"trak", b"mdia", b"minf"):
        if False in _references(reader, information):
            continue
        for rows in _chunk_offsets(reader, information):
            last = rows.at + (rows.count - 1) * rows.width
            if rows.count and reader.number(last, rows.width) >= len(reader.data):
                reader.wrong(why("缺少媒体数据", "no media data"))


def _tables(reader: BoxReader, box: Box, wide: frozenset[Box]) -> Iterator[Change]:
    """What is to be written anew in a box of the file, since it holds positions."""
    if box.kind == b"moov":
        yield from _of_moov(reader, box, wide)
    elif box.kind == b"moof":
        yield from _moved(reader, positions.base_offset, reader.within(box, b"traf", b"tfhd"))
    elif box.kind == b"mfra":
        yield from _moved(reader, positions.random_access, reader.within(box, b"tfra"))
    elif box.kind == b"sidx":
        yield positions.index(reader, box)
    elif box.kind == b"meta":
        yield from iloc.moved(reader, box)


def _moved(reader: BoxReader, fields: Callable[[BoxReader, Box], Fields], tables: Iterable[Box]) -> Iterator[Change]:
    every = (fields(reader, table) for table in tables)
    return (positions.moved(reader, rows) for rows in every if rows.count)


def _of_moov(reader: BoxReader, moov: Box, wide: frozenset[Box]) -> Iterator[Change]:
    children = reader.children(moov)
    if any(box.kind == b"cmov" for box in children):  # QTFF: a compressed movie resource
        raise Immovable(format=reader.name, **why("moov 经过压缩", "a compressed moov"))
    for information in reader.within(moov, b"trak", b"mdia", b"minf"):
        yield from _of_track(reader, information, wide)
    for parent in (moov, *(box for box in children if box.kind in {b"trak", b"udta"})):
        for meta in reader.within(parent, b"meta"):
            yield from iloc.moved(reader, meta)


def _of_track(reader: BoxReader, information: Box, wide: frozenset[Box]) -> Iterator[Change]:
    own = _references(reader, information)
    if own == {True, False}:
        raise Immovable(format=reader.name, **why("一条轨道的数据分在多个文件", "a track in several files"))
    if False in own:
        return
    for rows in _chunk_offsets(reader, information):
        is_wide, may_widen = rows.box in wide, rows.width == 4
        if rows.count:
            yield positions.widened(reader, rows) if is_wide else positions.moved(reader, rows, may_widen=may_widen)
    yield from _moved(reader, positions.auxiliary_offsets, reader.within(information, b"stbl", b"saio"))


def _references(reader: BoxReader, information: Box) -> set[bool]:
    """Whether the media of a track lie in this file: flag 1 of a data reference (ISO/IEC 14496-12, 8.7.2)."""
    tables = reader.within(information, b"dinf", b"dref")
    return {bool(reader.number(entry.body) & 1) for table in tables for entry in reader.children(table, 8)}


def _chunk_offsets(reader: BoxReader, information: Box) -> Iterator[Fields]:
    for table in reader.within(information, b"stbl"):
        for box in reader.children(table):
            if box.kind in {b"stco", b"co64"}:
                yield positions.chunk_offsets(reader, box)
