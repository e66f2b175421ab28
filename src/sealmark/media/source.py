"""Where an item's bytes come from: bytes, a path, or a binary stream."""

from pathlib import Path
from typing import BinaryIO

from sealmark.media.errors import EmptyItem, TooLarge, UnreadableSource
from sealmark.media.limits import STANDARD, Limits

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
