"""PNG: a signature and a row of checked chunks (W3C PNG, third edition, section 5)."""

import struct
import zlib
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# PNG 5.3: a chunk's length must not exceed 2^31 - 1.
LONGEST = 2**31 - 1
# Chunks that describe the pixels as they were encoded; a new encoding brings its own.
PIXEL_CHUNKS = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"bKGD", b"hIST", b"sBIT", b"acTL", b"fcTL", b"fdAT")
)
_PICTURE = frozenset((b"IDAT", b"acTL", b"fcTL", b"fdAT"))
# PNG 11.3.2 and 11.3.4.3: how numbers become light and lengths, and the exact length of each chunk's body.
NUMBERS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9}
# Above every honest value of theirs (a gamma of 10, a million dots per metre), and far below four letters.
_LARGEST_NUMBER = 1_000_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its four-letter kind and its body."""

    kind: bytes
    body: bytes

    def encoded(self) -> bytes:
        """Length, kind, body and CRC."""
        return b"".join(
            (
                len(self.body).to_bytes(4, "big"),
                self.kind,
                self.body,
                zlib.crc32(self.body, zlib.crc32(self.kind)).to_bytes(4, "big"),
            )
        )


@dataclass(frozen=True, slots=True)
class Container:
    """All chunks from IHDR to IEND, and whatever bytes stand after them."""

    chunks: tuple[Chunk, ...]
    tail: bytes = b""


def is_png(data: bytes) -> bool:
    """Whether the bytes begin with PNG's signature."""
    return data.startswith(SIGNATURE)


FORMAT = Format("png", "image", ("image/png",), ("png",), is_png)


def parse(data: bytes) -> Container:
    """Split a PNG into its chunks; raises `Damaged` for truncation, wrong CRCs and a wrong order."""
    return intact(remains(data))


def remains(data: bytes) -> tuple[Container, Damaged | None]:
    """The chunks that can be read, also of a damaged file, and the first thing that is wrong with it.

    A chunk with a wrong CRC is among them, since its length still leads to the next.
    """
    chunks: list[Chunk] = []
    damage, at = None, len(SIGNATURE)
    try:
        if not is_png(data):
            raise Damaged(format="PNG", **why("文件签名", "signature"))
        while not chunks or chunks[-1].kind != b"IEND":
            chunk, is_sound = _chunk(data, at)
            chunks.append(chunk)
            damage = damage or (None if is_sound else Damaged(format="PNG", **why("块的校验和不符", "chunk CRC")))
            at += 12 + len(chunk.body)
            if len(chunks) > MOST_PARTS:
                raise Damaged(format="PNG", **why("块太多", "too many chunks"))
        _check_order(chunks)
    except Damaged as error:
        damage = damage or error
    return Container(tuple(chunks), data[at:]), damage


def _check_order(chunks: list[Chunk]) -> None:
    if chunks[0].kind != b"IHDR" or len(chunks[0].body) != 13:
        raise Damaged(format="PNG", **why("文件头 IHDR", "header IHDR"))
    if not any(chunk.kind == b"IDAT" for chunk in chunks):
        raise Damaged(format="PNG", **why("缺少像素块 IDAT", "no IDAT"))


def _chunk(data: bytes, at: int) -> tuple[Chunk, bool]:
    """The chunk at `at`, and whether its CRC is right."""
    if at + 12 > len(data):
        raise Damaged(format="PNG", **why("块头", "chunk header"))
    length = int.from_bytes(data[at : at + 4], "big")
    kind = data[at + 4 : at + 8]
    if length > LONGEST or at + 12 + length > len(data) or not kind.isalpha():
        raise Damaged(format="PNG", **why("块长度", "chunk length"))
    body = data[at + 8 : at + 8 + length]
    crc = int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
    return Chunk(kind, body), zlib.crc32(body, zlib.crc32(kind)) == crc


def build(container: Container) -> bytes:
    """The bytes of a PNG; `build(parse(data)) == data`."""
    return b"".join((SIGNATURE, *(chunk.encoded() for chunk in container.chunks), container.tail))


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header alone."""
    if len(data) < 26 or data[12:16] != b"IHDR":
        raise Damaged(format="PNG", **why("文件头 IHDR", "header IHDR"))
    width, height = struct.unpack(">II", data[16:24])
    if not 0 < width <= LONGEST or not 0 < height <= LONGEST:
        raise Damaged(format="PNG", **why("文件头 IHDR", "header IHDR"))
    return width, height


def is_moving(data: bytes) -> bool:
    """Whether this is an animated PNG (chunk acTL)."""
    return any(chunk.kind == b"acTL" for chunk in parse(data).chunks)


def count(data: bytes) -> int:
    """How many pictures there are: frames (chunk fcTL), and a default picture that is none of them (PNG 4.9)."""
    chunks = parse(data).chunks
    return sum(chunk.kind == b"fcTL" for chunk in chunks) + int(has_default(data))


def has_default(data: bytes) -> bool:
    """Whether the picture of IDAT is no frame: no fcTL stands before it (PNG 11.3.6.2)."""
    kinds = [chunk.kind for chunk in parse(data).chunks]
    return b"fcTL" not in kinds[: kinds.index(b"IDAT")]


def is_deep(data: bytes) -> bool:
    """Whether the samples have sixteen bits each."""
    return len(data) > 24 and data[24] == 16


def is_lossless(_data: bytes) -> bool:
    """PNG loses nothing."""
    return True


def has_alpha(data: bytes) -> bool:
    """Whether pixels may be transparent: colour types 4 and 6 (PNG 11.2.1), or a chunk tRNS."""
    return data[25:26] in {b"\x04", b"\x06"} or any(chunk.kind == b"tRNS" for chunk in parse(data).chunks)


def exif_block(data: bytes) -> bytes:
    """The EXIF block, or nothing."""
    return next((chunk.body for chunk in parse(data).chunks if chunk.kind == b"eXIf"), b"")


def splice(original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` pixels among the metadata chunks of the `original`, which stay bit for bit."""
    old = parse(original).chunks
    new = parse(encoded).chunks
    first = next(index for index, chunk in enumerate(old) if chunk.kind == b"IDAT")
    before = [chunk for chunk in old[:first] if chunk.kind not in PIXEL_CHUNKS]
    after = [chunk for chunk in old[first:] if chunk.kind not in PIXEL_CHUNKS]
    palette = [chunk for chunk in new if chunk.kind in {b"PLTE", b"tRNS"}]
    pixels = [chunk for chunk in new if chunk.kind in _PICTURE]
    return build(Container((new[0], *before, *palette, *pixels, *after, new[-1])))


def profile(data: bytes) -> bytes:
    """The ICC profile, or nothing (PNG 11.3.2.3: a name, a zero, the method, compressed data)."""
    from sealmark.media.pixels.colour import inflated

    body = next((chunk.body for chunk in parse(data).chunks if chunk.kind == b"iCCP"), b"")
    return inflated(body.partition(b"\x00")[2][1:])


def renew(original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` pixels alone, with the few numbers of the `original` that their light needs.

    Where the original has a profile, its pixels were converted to sRGB, and only the density is kept.
    """
    old, new = parse(original).chunks, parse(encoded).chunks
    wanted = {b"pHYs"} if any(chunk.kind == b"iCCP" for chunk in old) else set(NUMBERS)
    kept = {chunk.kind: chunk for chunk in old if chunk.kind in wanted and _is_number(chunk)}
    palette = [chunk for chunk in new if chunk.kind in {b"PLTE", b"tRNS"}]
    pixels = [chunk for chunk in new if chunk.kind in _PICTURE]
    return build(Container((new[0], *kept.values(), *palette, *pixels, new[-1])))


def _is_number(chunk: Chunk) -> bool:
    """Whether the chunk is of its only length and holds nothing but plausible numbers."""
    if len(chunk.body) != NUMBERS[chunk.kind]:
        return False
    whole = len(chunk.body) // 4
    numbers: tuple[int, ...] = struct.unpack_from(f">{whole}I", chunk.body)
    return all(number <= _LARGEST_NUMBER for number in (*numbers, *chunk.body[4 * whole :]))
