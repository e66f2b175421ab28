"""M4A: a movie of one sound. A new encoding among the metadata of the file that it replaces."""

import re
from collections.abc import Iterator

from sealmark.errors import why
from sealmark.media.containers import movie
from sealmark.media.containers.boxedit import Change, changed, omitted
from sealmark.media.containers.isobmff import Box, BoxReader
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.pieces import Buffer, joined

_NAME = "M4A"
# What says in iTunes' words which frames are not to be played: hexadecimal numbers of fixed width behind a reserved
# one, namely delay, padding and length.
_GAPS = re.compile(rb"(iTunSMPB.{4}data.{8} [0-9A-Fa-f]{8}) [0-9A-Fa-f]{8} [0-9A-Fa-f]{8} [0-9A-Fa-f]{16}", re.DOTALL)
# Boxes of metadata; what else is in a movie or a track tells how it is coded.
_TOLD = frozenset((b"udta", b"meta", b"uuid"))
_LONGEST = 1 << 26  # bytes of them in all: cover pictures are in them


def splice(original: Buffer, encoded: bytes) -> bytes:
    """The newly `encoded` sound with the brands and metadata of the `original`, bit for bit.

    But for iTunes' numbers of the frames that are not to be played: those are the new encoding's. Raises `Damaged`,
    `MetadataOverLimit` and `Immovable`.
    """
    old, new = BoxReader(original, _NAME), BoxReader(encoded, _NAME)
    was, now = movie.remains(old), movie.remains(new)
    if old.damage or was.moov is None or now.moov is None:
        raise old.damage or Damaged(format=_NAME, **why("没有 moov 盒子", "no moov"))
    gaps = _gaps(new, now.moov)
    before, after = _sound_track(old, was.moov), _sound_track(new, now.moov)
    changes = list(_brands(old, was.top, now.top))
    if before and after:
        changes += _moved(old, before, new, after, gaps)
    changes += _moved(old, was.moov, new, now.moov, gaps)
    tail = [_bytes(old, box) for box in was.top if box.kind == b"uuid"]
    return joined(encoded, (*movie.edited(new, now.top, changes), *tail))


def _brands(old: BoxReader, was: tuple[Box, ...], now: tuple[Box, ...]) -> Iterator[Change]:
    """The file is of the brands that it was."""
    if was[0].kind == now[0].kind == b"ftyp":
        yield changed(now[0].start, now[0].stop, _bytes(old, was[0]), None)


def _moved(old: BoxReader, source: Box, new: BoxReader, target: Box, gaps: bytes) -> Iterator[Change]:
    """What a box says of its content stands in the new one, in place of what its writer said."""
    for box in new.children(target):
        if box.kind in _TOLD:
            yield omitted(box)
    told = b"".join(_bytes(old, box) for box in old.children(source) if box.kind in _TOLD)
    yield changed(target.stop, target.stop, _GAPS.sub(rb"\1" + gaps, told), target)


def _bytes(reader: BoxReader, box: Box) -> bytes:
    if box.stop - box.start > _LONGEST:
        raise MetadataOverLimit(place=f"{_NAME} {box.kind.decode('latin-1')}", **why("过大", "too large"))
    return reader.data[box.start : box.stop]


def _sound_track(reader: BoxReader, moov: Box) -> Box | None:
    """The track whose handler is of sound (ISO/IEC 14496-12, 8.4.3)."""
    for track in reader.within(moov, b"trak"):
        handlers = reader.within(track, b"mdia", b"hdlr")
        if any(reader.data[box.body + 8 : box.body + 12] == b"soun" for box in handlers):
            return track
    return None


def _gaps(reader: BoxReader, moov: Box) -> bytes:
    """Delay, padding and length in frames, as iTunes writes them; from edit list and sample times."""
    track = _sound_track(reader, moov)
    if track is None:
        return _written(0, 0, 0)
    coded = sum(_durations(reader, track))
    delay = next((_edit_start(reader, box) for box in reader.within(track, b"edts", b"elst")), 0)
    return _written(delay, 0, coded - delay)


def _durations(reader: BoxReader, track: Box) -> Iterator[int]:
    """How long each run of coded frames plays, in frames of sound (ISO/IEC 14496-12, 8.6.1.2)."""
    for box in reader.within(track, b"mdia", b"minf", b"stbl", b"stts"):
        for at in range(box.body + 8, box.stop, 8):
            yield reader.number(at) * reader.number(at + 4)


def _edit_start(reader: BoxReader, box: Box) -> int:
    """Where in the media the first edit begins (ISO/IEC 14496-12, 8.6.6)."""
    is_wide = reader.number(box.body, 1) == 1
    return reader.number(box.body + (16 if is_wide else 12), 8 if is_wide else 4)


def _written(delay: int, padding: int, length: int) -> bytes:
    return b" %08X %08X %016X" % (delay, padding, length)
