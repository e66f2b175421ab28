"""GIF: Application Extension `XMP DataXMP` with the packet as it is (guide 20259A; XMP specification part 3, 1.1.2)."""

from collections.abc import Iterator

from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.marks.metadata.found import Found, Remains, gathered, whole
from sealmark.media.image import gif
from sealmark.media.image.gif import Block, Container

NAME = b"XMP DataXMP"
_PLACE = "GIF XMP DataXMP"
_HEAD = b"\x21\xff\x0b" + NAME
# The packet is not cut into sub-blocks. Whoever reads its letters as lengths of such lands in this trailer, from each
# byte of which the length leads to its end.
_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"


def remains(data: bytes) -> Remains:
    """Every label in a GIF, whole or not."""
    container, damage = gif.remains(data)
    return gathered(filter(_is_xmp, container.blocks), _read, damage, container.tail)


def _read(block: Block) -> Iterator[Found]:
    yield from xmp.read(_packet(block), _PLACE)


def write(data: bytes, label: Label) -> bytes:
    """The GIF with this label as its one label; every other block, and with them each frame, stays bit for bit."""
    container = gif.parse(data)
    blocks = list(container.blocks)
    packets = [index for index, block in enumerate(blocks) if _is_xmp(block)]
    for index in packets[1:]:
        blocks[index] = _block(xmp.without(_packet(blocks[index]), _PLACE))
    if packets:
        blocks[packets[0]] = _block(xmp.write(_packet(blocks[packets[0]]), label, _PLACE))
    else:
        # Behind the loop and comments, and before the first picture with the control that belongs to it.
        at = next(index for index, block in enumerate(blocks) if block.kind in gif.PICTURE)
        blocks.insert(at, _block(xmp.write(None, label, _PLACE)))
    return gif.build(Container(gif.version_89a(container), tuple(blocks), container.tail))


def _is_xmp(block: Block) -> bool:
    return block.is_application(NAME)


def _packet(block: Block) -> bytes:
    """The packet, also of writers that cut it into sub-blocks."""
    body = block.raw[len(_HEAD) :]
    return body.removesuffix(_TRAILER) if body.endswith(_TRAILER) else gif.segments(block, len(_HEAD))


def _block(packet: bytes) -> Block:
    return Block(gif.APPLICATION, _HEAD + packet + _TRAILER)


CARRIER = whole("gif", remains, write)
