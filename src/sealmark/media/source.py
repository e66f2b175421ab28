"""Where an item's bytes come from: bytes, a path, or a binary stream."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sealmark.media.errors import EmptyItem, TooLarge, UnreadableSource
from sealmark.media.format import HEAD
from sealmark.media.limits import STANDARD, Limits
from sealmark.media.pieces import Buffer
from sealmark.media.registry import mapped

Source = bytes | str | Path | BinaryIO


def read(source: Source, limits: Limits = STANDARD) -> tuple[bytes, str | None]:
    """The bytes and, where the source has one, its file name.

    Raises `UnreadableSource`, `TooLarge` (without reading further) and `EmptyItem`.
    """
    data, name = _read(source, limits.size + 1)
    if len(data) > limits.size:
        raise TooLarge(limit=limits.size)
    if not data:
        raise EmptyItem
    return data, name


@contextmanager
def opened(source: Source, limits: Limits = STANDARD) -> Iterator[tuple[Buffer, str | None]]:
    """As `read`; but a file of a format that is `mapped` comes as a memory map, which has no limit of size."""
    if isinstance(source, str | Path) and mapped(_read_path(Path(source), HEAD)) is not None:
        with _map(Path(source)) as data:
            yield data, Path(source).name
        return
    yield read(source, limits)


@contextmanager
def _map(path: Path) -> Iterator[mmap.mmap]:
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        raise UnreadableSource from None
    with data:
        yield data


def _read(source: Source, most: int) -> tuple[bytes, str | None]:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), None
    if isinstance(source, str | Path):
        return _read_path(Path(source), most), Path(source).name
    name = getattr(source, "name", None)
    return source.read(most), Path(name).name if isinstance(name, str) else None


def _read_path(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except (OSError, ValueError):
        raise UnreadableSource from None
