"""The two entries of an EXIF block that concern us: orientation and user comment (TIFF 6.0, EXIF 2.3).

A malformed block is not ours to judge: looking into one finds nothing and never raises.
"""

from typing import Literal

Order = Literal["little", "big"]
# JPEG keeps this before the TIFF structure; some writers keep it in PNG and WebP too.
PREFIX = b"Exif\x00\x00"
ORIENTATION, EXIF_POINTER, USER_COMMENT = 0x0112, 0x8769, 0x9286
# EXIF 2.3 table 9: the first eight bytes of a user comment name its character code.
_ASCII, _UNICODE, _UNDEFINED = b"ASCII\x00\x00\x00", b"UNICODE\x00", bytes(8)
# TIFF 6.0 section 2: bytes of one value, by field type.
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}


def orientation(block: bytes) -> int:
    """How the stored pixels are turned, 1 to 8; 1 (upright) where the block does not say."""
    span = _span(block, ORIENTATION, None)
    return _number(block, span, 2) if span else 1


def user_comment(block: bytes) -> tuple[int, int] | None:
    """Where the user comment lies in the block, character code included, or nothing."""
    pointer = _span(block, EXIF_POINTER, None)
    return _span(block, USER_COMMENT, _number(block, pointer, 4)) if pointer else None


def comment_text(block: bytes) -> str:
    """The user comment's text, or the empty string."""
    span = user_comment(block)
    return text(block[span[0] : span[1]], _order(block)) if span else ""


def text(comment: bytes, order: Order) -> str:
    """The text of a user comment that begins with its character code, or the empty string."""
    if comment[:8] in {_ASCII, _UNDEFINED}:
        return comment[8:].decode("utf-8", "replace").rstrip("\x00 ")
    coding = _utf16(order, comment[8:10])
    return comment[8:].decode(coding, "replace").rstrip("\x00 ") if _UNICODE in comment[:8] else ""


def blanked(block: bytes) -> bytes:
    """The block with its user comment emptied in place, so that no offset moves."""
    span = user_comment(block)
    return block if span is None else block[: span[0]] + bytes(span[1] - span[0]) + block[span[1] :]


def _utf16(order: Order, mark: bytes) -> str:
    """The comment's own byte order mark, else the byte order of the block."""
    if mark in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    return "utf-16-le" if order == "little" else "utf-16-be"


def _base(block: bytes) -> int:
    return len(PREFIX) if block.startswith(PREFIX) else 0


def _order(block: bytes) -> Order:
    base = _base(block)
    return "little" if block[base : base + 2] == b"II" else "big"


def _number(block: bytes, span: tuple[int, int], width: int) -> int:
    return int.from_bytes(block[span[0] : span[0] + width], _order(block))


def _span(block: bytes, tag: int, directory: int | None) -> tuple[int, int] | None:
    """Where the value of a tag lies, in the first directory or in the one at an offset."""
    base = _base(block)
    if block[base : base + 2] not in {b"II", b"MM"}:
        return None
    at = base + (_number(block, (base + 4, base + 8), 4) if directory is None else directory)
    for index in range(_number(block, (at, at + 2), 2)):
        entry = at + 2 + 12 * index
        if entry + 12 > len(block):
            return None
        if _number(block, (entry, entry + 2), 2) == tag:
            return _value(block, entry, base)
    return None


def _value(block: bytes, entry: int, base: int) -> tuple[int, int] | None:
    """The span of an entry's value: inside the entry when it fits into four bytes, else at an offset."""
    width = _WIDTHS.get(_number(block, (entry + 2, entry + 4), 2), 0)
    length = width * _number(block, (entry + 4, entry + 8), 4)
    begin = entry + 8 if length <= 4 else base + _number(block, (entry + 8, entry + 12), 4)
    return (begin, begin + length) if length > 0 and begin + length <= len(block) else None
