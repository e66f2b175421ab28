"""WebP: a RIFF form with a picture and, in the extended layout, its metadata (RFC 9649)."""

from sealmark.errors import why
from sealmark.media.containers import riff
from sealmark.media.containers.riff import Chunk, Container
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format

# RFC 9649 2.7: the flags of VP8X.
ICC, ALPHA, EXIF, XMP, MOVING = 0x20, 0x10, 0x08, 0x04, 0x02
FLAG_OF = {b"ICCP": ICC, b"ALPH": ALPHA, b"EXIF": EXIF, b"XMP ": XMP, b"ANIM": MOVING}
PICTURE = frozenset((b"VP8 ", b"VP8L", b"ALPH"))
# RFC 9649 2.7.1.1: background and loops of an animation, and its frames; in these, where the duration stands.
MOTION = frozenset((b"ANIM", b"ANMF"))
_DURATION, _FRAME = slice(12, 15), 16
_MOST_KINDS = 8  # of a frame: alpha, picture, and what nobody knows
# RFC 9649 2.7.1: canvas sizes are kept less one, in 24 bits.
_SIDE = 3


def is_webp(data: bytes) -> bool:
    """Whether the bytes begin as a WebP file does."""
    return riff.is_form(data, b"WEBP")


FORMAT = Format("webp", "image", ("image/webp",), ("webp",), is_webp)


def parse(data: bytes) -> Container:
    """Split a WebP into chunks; raises `Damaged` also where no picture is in it."""
    return intact(remains(data))


def remains(data: bytes) -> tuple[Container, Damaged | None]:
    """The chunks that stand whole, also of a damaged file, and the first thing that is wrong with it."""
    container, damage = riff.remains(data, b"WEBP", "WebP")
    kinds = {chunk.kind for chunk in container.chunks}
    if damage is None and not kinds & {b"VP8 ", b"VP8L", b"ANMF"}:
        damage = Damaged(format="WebP", **why("缺少图像数据", "no picture"))
    return container, damage


build = riff.build


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of the canvas, or of the picture in the simple layout."""
    chunks = parse(data).chunks
    if chunks[0].kind == b"VP8X":
        return _canvas(chunks[0].body)
    return _picture(_coded(chunks))[:2]


def _canvas(body: bytes) -> tuple[int, int]:
    if len(body) < 10:
        raise Damaged(format="WebP", **why("扩展头 VP8X", "header VP8X"))
    width = int.from_bytes(body[4 : 4 + _SIDE], "little")
    height = int.from_bytes(body[7 : 7 + _SIDE], "little")
    return width + 1, height + 1


def _coded(chunks: tuple[Chunk, ...]) -> Chunk:
    """The coded picture of a file in the simple layout; `sniff` need not have seen the file."""
    for chunk in chunks:
        if chunk.kind in {b"VP8 ", b"VP8L"}:
            return chunk
    raise Damaged(format="WebP", **why("没有图像数据", "no picture"))


def _picture(chunk: Chunk) -> tuple[int, int, bool]:
    """Width, height and whether there is alpha, from the header of the coded picture."""
    body = chunk.body
    if chunk.kind == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    if chunk.kind == b"VP8 " and len(body) >= 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        if width and height:
            return width, height, False
    raise Damaged(format="WebP", **why("图像头", "picture header"))


def is_moving(data: bytes) -> bool:
    """Whether this is an animation."""
    return any(chunk.kind in {b"ANIM", b"ANMF"} for chunk in parse(data).chunks)


def is_deep(_data: bytes) -> bool:
    """WebP samples have eight bits."""
    return False


def is_lossless(data: bytes) -> bool:
    """Whether the picture, or every frame of it, is coded without loss (VP8L)."""
    chunks = parse(data).chunks
    kinds = [_frame_kinds(chunk) if chunk.kind == b"ANMF" else {chunk.kind} for chunk in chunks]
    coded = [one & {b"VP8 ", b"VP8L"} for one in kinds if one & {b"VP8 ", b"VP8L"}]
    return bool(coded) and all(one == {b"VP8L"} for one in coded)


def _frame_kinds(frame: Chunk) -> set[bytes]:
    """The kinds of chunks in a frame, as far as they stand."""
    kinds, at = set[bytes](), _FRAME
    while at + 8 <= len(frame.body) and len(kinds) < _MOST_KINDS:
        kinds.add(frame.body[at : at + 4])
        length = int.from_bytes(frame.body[at + 4 : at + 8], "little")
        at += 8 + length + (length & 1)
    return kinds


def count(data: bytes) -> int:
    """How many frames there are."""
    return sum(chunk.kind == b"ANMF" for chunk in parse(data).chunks)


def durations(data: bytes) -> list[int]:
    """How long each frame is shown, in milliseconds."""
    frames = (chunk.body for chunk in parse(data).chunks if chunk.kind == b"ANMF")
    return [int.from_bytes(body[_DURATION], "little") for body in frames]


def has_alpha(data: bytes) -> bool:
    """Whether pixels may be transparent: a chunk of alpha, or the bit of a VP8L header (RFC 9649 3.4)."""
    chunks = parse(data).chunks
    return any(chunk.kind == b"ALPH" or (chunk.kind == b"VP8L" and _picture(chunk)[2]) for chunk in chunks)


def extended(container: Container) -> Container:
    """The same file in the extended layout, with the flags that its chunks call for."""
    first = container.chunks[0]
    rest = container.chunks[1:] if first.kind == b"VP8X" else container.chunks
    head = first.body if first.kind == b"VP8X" else _header(rest)
    if len(head) < 10:
        raise Damaged(format="WebP", **why("扩展头 VP8X", "header VP8X"))
    flags = head[0] & (ALPHA | MOVING)
    for chunk in rest:
        flags |= FLAG_OF.get(chunk.kind, 0)
    # Reserved bits of the original stay as they are.
    flags |= head[0] & ~(ICC | ALPHA | EXIF | XMP | MOVING) & 0xFF
    return Container(container.form, (Chunk(b"VP8X", bytes((flags,)) + head[1:]), *rest), container.tail)


def _header(chunks: tuple[Chunk, ...]) -> bytes:
    """The body of a VP8X chunk for a file in the simple layout."""
    width, height, alpha = _picture(_coded(chunks))
    sides = (width - 1).to_bytes(_SIDE, "little") + (height - 1).to_bytes(_SIDE, "little")
    return bytes((ALPHA if alpha else 0, 0, 0, 0)) + sides


def exif_block(data: bytes) -> bytes:
    """The EXIF block, or nothing."""
    return next((chunk.body for chunk in parse(data).chunks if chunk.kind == b"EXIF"), b"")


def splice(original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` picture among the metadata chunks of the `original`, which stay bit for bit."""
    new = parse(encoded)
    picture = tuple(chunk for chunk in new.chunks if chunk.kind in PICTURE)
    others = [c for c in parse(original).chunks if c.kind not in PICTURE and c.kind != b"VP8X"]
    profile = tuple(chunk for chunk in others if chunk.kind == b"ICCP")
    after = tuple(chunk for chunk in others if chunk.kind != b"ICCP")
    head = tuple(chunk for chunk in new.chunks if chunk.kind == b"VP8X")
    whole = Container(b"WEBP", (*head, *profile, *picture, *after))
    return build(extended(whole) if head or profile or after else whole)


def profile(data: bytes) -> bytes:
    """The ICC profile, or nothing."""
    return next((chunk.body for chunk in parse(data).chunks if chunk.kind == b"ICCP"), b"")


def renew(_original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` picture alone."""
    new = parse(encoded)
    return build(Container(b"WEBP", tuple(c for c in new.chunks if c.kind in PICTURE or c.kind == b"VP8X")))


def respliced(original: bytes, encoded: bytes, *, fresh: bool) -> bytes:
    """The newly `encoded` frames with the background and loops of the `original`, among its metadata unless fresh."""
    old, new = parse(original), parse(encoded)
    head = tuple(chunk for chunk in new.chunks if chunk.kind == b"VP8X")
    loops = tuple(chunk for chunk in old.chunks if chunk.kind == b"ANIM")[:1]
    frames = tuple(chunk for chunk in new.chunks if chunk.kind == b"ANMF")
    others = [c for c in old.chunks if c.kind not in {*PICTURE, *MOTION, b"VP8X"} and not fresh]
    profile = tuple(chunk for chunk in others if chunk.kind == b"ICCP")
    after = tuple(chunk for chunk in others if chunk.kind != b"ICCP")
    return build(extended(Container(b"WEBP", (*head, *profile, *loops, *frames, *after))))
