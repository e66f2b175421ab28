"""GIF: a screen, then blocks of extensions and images (GIF89a specification, appendix B)."""

from collections.abc import Iterator
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS

# GIF89a 17: signature and version; 18: the screen's description.
_SIGNATURES = (b"GIF87a", b"GIF89a")
_SCREEN = 13
# GIF89a appendix A: what a block begins with, and the labels of extensions.
_EXTENSION, IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
CONTROL, COMMENT, PLAIN_TEXT, APPLICATION = 0xF9, 0xFE, 0x01, 0xFF
# Blocks that make the picture; a new encoding brings its own.
PICTURE = frozenset((IMAGE, CONTROL, PLAIN_TEXT))
# GIF89a 20: nine bytes describe an image, and one tells the width of its first codes.
_DESCRIPTION = 10
# Full ones of 64 MiB of coded pixels four times over; some encoders make shorter ones.
_MOST_SEGMENTS = 1 << 20


@dataclass(frozen=True, slots=True)
class Block:
    """One block: the label of an extension or `IMAGE`, and all its bytes."""

    kind: int
    raw: bytes

    def is_application(self, name: bytes) -> bool:
        """Whether this is the extension of an application: eight bytes of name and three of code (26)."""
        return self.kind == APPLICATION and self.raw[2:14] == b"\x0b" + name


@dataclass(frozen=True, slots=True)
class Container:
    """The screen with the global palette, all blocks, and whatever bytes stand behind the trailer."""

    head: bytes
    blocks: tuple[Block, ...]
    tail: bytes = b""


def is_gif(data: bytes) -> bool:
    """Whether the bytes begin with GIF's signature."""
    return data.startswith(_SIGNATURES)


FORMAT = Format("gif", "image", ("image/gif",), ("gif",), is_gif)


def parse(data: bytes) -> Container:
    """Split a GIF into its blocks; raises `Damaged` for truncation and unknown blocks."""
    return intact(remains(data))


def remains(data: bytes) -> tuple[Container, Damaged | None]:
    """The blocks that stand whole, also of a damaged file, and the first thing that is wrong with it."""
    blocks: list[Block] = []
    damage, at = None, _SCREEN + _palette(data, 10)
    head = data[:at]
    try:
        if not is_gif(data) or len(head) < at:
            raise Damaged(format="GIF", **why("文件头", "header"))
        for block in _blocks(data, at):
            blocks.append(block)
            at += len(block.raw)
        at += 1
        if not any(block.kind == IMAGE for block in blocks):
            raise Damaged(format="GIF", **why("没有图像", "no image"))
    except Damaged as error:
        damage = error
    return Container(head, tuple(blocks), data[at:]), damage


def _palette(data: bytes, at: int) -> int:
    """The bytes of the palette that the packed field at `at` announces (18, 20)."""
    packed = data[at] if at < len(data) else 0
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _blocks(data: bytes, at: int) -> Iterator[Block]:
    """The blocks from `at` to the trailer."""
    segments = _MOST_SEGMENTS
    for _ in range(MOST_PARTS):
        kind = data[at] if at < len(data) else None
        if kind == _TRAILER:
            return
        if kind not in {_EXTENSION, IMAGE} or at + 2 > len(data):
            raise Damaged(format="GIF", **why("块头", "block header"))
        start = at + 2 if kind == _EXTENSION else at + _DESCRIPTION + _palette(data, at + 9) + 1
        stop, segments = _walked(data, start, segments)
        yield Block(data[at + 1] if kind == _EXTENSION else IMAGE, data[at:stop])
        at = stop
    raise Damaged(format="GIF", **why("块太多", "too many blocks"))


def _walked(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Where a row of sub-blocks ends, the empty one included (15), and how many more may be looked at."""
    while at < len(data) and most:
        if not data[at]:
            return at + 1, most
        at += data[at] + 1
        most -= 1
    raise Damaged(format="GIF", **why("子块", "sub-blocks"))


def build(container: Container) -> bytes:
    """The bytes of a GIF; `build(parse(data)) == data`."""
    return b"".join((container.head, *(block.raw for block in container.blocks), b";", container.tail))


def segments(block: Block, at: int) -> bytes:
    """The data of the sub-blocks of a block from `at` on."""
    parts, raw = [], block.raw
    while raw[at]:
        parts.append(raw[at + 1 : at + 1 + raw[at]])
        at += raw[at] + 1
    return b"".join(parts)


def version_89a(container: Container) -> bytes:
    """The head of a file that has application extensions, which version 87a does not know (26)."""
    return _SIGNATURES[1] + container.head[6:]


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of the screen (18), from the header alone."""
    width, height = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    if not is_gif(data) or not width or not height:
        raise Damaged(format="GIF", **why("文件头", "header"))
    return width, height


def count(data: bytes) -> int:
    """How many images there are."""
    return sum(block.kind == IMAGE for block in parse(data).blocks)


def is_moving(data: bytes) -> bool:
    """Whether there is more than one image."""
    return count(data) > 1


def is_deep(_data: bytes) -> bool:
    """GIF samples have eight bits."""
    return False


def is_lossless(_data: bytes) -> bool:
    """GIF loses nothing once its colours are chosen."""
    return True


def has_alpha(data: bytes) -> bool:
    """Whether a control names a transparent colour (23)."""
    return any(block.kind == CONTROL and block.raw[3:4] and block.raw[3] & 1 for block in parse(data).blocks)


def exif_block(_data: bytes) -> bytes:
    """GIF has no place for EXIF."""
    return b""


def profile(data: bytes) -> bytes:
    """The ICC profile (ICC.1 annex B.5: application ICCRGBG1, code 012), or nothing."""
    blocks = (block for block in parse(data).blocks if block.is_application(b"ICCRGBG1012"))
    return next((segments(block, 14) for block in blocks), b"")


def coded(data: bytes) -> bytes:
    """The picture without a word about it."""
    container = parse(data)
    return build(Container(container.head, tuple(block for block in container.blocks if block.kind in PICTURE)))


def splice(original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` picture among the comments and applications of the `original`, which stay bit for bit."""
    old, new = parse(original), parse(encoded)
    first = next(index for index, block in enumerate(old.blocks) if block.kind in PICTURE)
    before, after = ([b for b in part if b.kind not in PICTURE] for part in (old.blocks[:first], old.blocks[first:]))
    picture = [block for block in new.blocks if block.kind in PICTURE]
    return build(Container(version_89a(new), (*before, *picture, *after), old.tail))


def renew(_original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` picture alone."""
    return coded(encoded)
