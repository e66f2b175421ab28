"""GLB: glTF 2.0 in one binary file, a header, a JSON chunk and what it refers to (glTF 2.0, chapter 4)."""

import struct
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer, Pieces, Span

MAGIC = b"glTF"
VERSION = 2
# 4.4.2: twelve bytes of header; 4.4.3: eight bytes of length and type before each chunk.
_HEADER, _CHUNK = 12, 8
_JSON, _BINARY = b"JSON", b"BIN\x00"
# A scene's description in JSON; what is large stands in the chunks behind it.
LONGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Container:
    """The scene's JSON without padding, where its chunk ends, and where the file ends as it declares.

    `binary` is where the content of the binary chunk behind it stands, `(start, stop)`; None where there is none.
    """

    json: bytes
    json_end: int
    end: int
    binary: tuple[int, int] | None = None


def is_glb(data: bytes) -> bool:
    """Whether the bytes begin as a GLB of version 2."""
    return data[:4] == MAGIC and int.from_bytes(data[4:8], "little") == VERSION


# A VRM avatar is a GLB with an extension of its own.
FORMAT = Format("glb", "scene", ("model/gltf-binary",), ("glb", "vrm"), is_glb, mapped=True)


def parse(data: Buffer) -> Container:
    """Split a GLB; raises `Damaged` where lengths lie or bytes are missing."""
    return intact(remains(data))


def remains(data: Buffer) -> tuple[Container, Damaged | None]:
    """The JSON, also of a damaged file as much of it as there is, and the first thing that is wrong with it."""
    head = data[: _HEADER + _CHUNK]
    if len(head) < _HEADER + _CHUNK or not is_glb(head) or head[16:20] != _JSON:
        return Container(b"", len(data), len(data)), _damaged(why("文件头", "header"))
    end, length = struct.unpack_from("<II", head, 8)
    stop = _HEADER + _CHUNK + length
    text = data[_HEADER + _CHUNK : min(stop, _HEADER + _CHUNK + LONGEST)].rstrip(b" \x00")
    return Container(text, stop, end, _binary(data, stop, end)), _damage(data, stop, end, length)


def _binary(data: Buffer, at: int, end: int) -> tuple[int, int] | None:
    """4.4.3.3: the binary chunk is the second one."""
    head = data[at : at + _CHUNK]
    start = at + _CHUNK
    stop = start + int.from_bytes(head[:4], "little")
    return (start, stop) if head[4:] == _BINARY and stop <= end else None


def _damage(data: Buffer, stop: int, end: int, length: int) -> Damaged | None:
    if end > len(data):
        return _damaged(why("文件长度", "file length"))
    if length > LONGEST or stop > end:
        return _damaged(why("JSON 块长度", "length of the JSON chunk"))
    at = stop
    for _ in range(MOST_PARTS):
        if at == end:
            return None
        at += _CHUNK + int.from_bytes(data[at : at + 4], "little")
        if at > end:
            break
    return _damaged(why("块长度", "chunk length"))


def build(data: Buffer, container: Container, text: bytes, grown: bytes = b"") -> Pieces:
    """The file with another JSON, and its binary chunk longer by some bytes, which keep it a multiple of four.

    Every other chunk stays, and so do bytes behind the end.
    """
    padded = text + b" " * (-len(text) % 4)  # 4.4.3.2: the JSON chunk is padded with spaces
    end = container.end - container.json_end + _HEADER + _CHUNK + len(padded) + len(grown)
    if end >= 1 << 32:
        raise _damaged(why("文件长度", "file length"))
    head = struct.pack("<4sIII4s", MAGIC, VERSION, end, len(padded), _JSON)
    if not grown or container.binary is None:
        return (head + padded, Span(container.json_end, len(data)))
    start, stop = container.binary
    chunk = struct.pack("<I4s", stop - start + len(grown), _BINARY)
    return (head + padded + chunk, Span(start, stop), grown, Span(stop, len(data)))


def _damaged(reason: dict[str, str]) -> Damaged:
    return Damaged(format="GLB", **reason)
