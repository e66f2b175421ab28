"""The little of DER (ITU-T X.690) that SM2 keys and signatures need, strictly: one encoding for each value."""

from collections.abc import Iterator

INTEGER, BIT_STRING, OCTET_STRING, IDENTIFIER, SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30
# X.690 8.1.2: context-specific and constructed, as the optional parts of a private key are (RFC 5915, section 3).
CONTEXT = 0xA0
# Our own bound: a key with its certificate-like attributes is some hundred bytes.
LONGEST = 1 << 16


class NotDer(ValueError):
    """The bytes are no DER, or another structure than was asked for."""


def encode(tag: int, content: bytes) -> bytes:
    """A value of at most 65,535 bytes with its tag and length."""
    size = len(content)
    if size < 0x80:  # X.690 8.1.3: the short form, else as many bytes as are needed
        return bytes((tag, size)) + content
    length = size.to_bytes(1 if size < 0x100 else 2, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int) -> bytes:
    """A number that is not negative, in as few bytes as hold it (X.690 8.3.2)."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def natural(content: bytes) -> int:
    """The number that is not negative in the content of an INTEGER."""
    if not content or content[0] & 0x80:
        raise NotDer("negative")
    if len(content) > 1 and content[0] == 0 and not content[1] & 0x80:
        raise NotDer("not minimal")
    return int.from_bytes(content, "big")


def only(data: bytes, tag: int) -> bytes:
    """The content of the one value that the bytes are."""
    ((found, content),) = _at_most(values(data), 1)
    if found != tag:
        raise NotDer("another type")
    return content


def parts(data: bytes) -> list[tuple[int, bytes]]:
    """The tags and contents within the SEQUENCE that the bytes are."""
    return _at_most(values(only(data, SEQUENCE)), 16)


def values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The values that stand one behind the other, as tags and contents."""
    at = 0
    while at < len(data):
        begin, end = _extent(data, at)
        yield data[at], data[begin:end]
        at = end


def _at_most(found: Iterator[tuple[int, bytes]], most: int) -> list[tuple[int, bytes]]:
    taken = [value for value, _ in zip(found, range(most), strict=False)]
    if not taken or next(found, None) is not None:
        raise NotDer("too few or too many values")
    return taken


def _extent(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the value at a position begins and ends."""
    head = data[at : at + 4]
    size = head[1] if len(head) > 1 else -1
    if size > 0x82 or size in (-1, 0x80) or len(head) < 2 + (size & 0x7F if size > 0x80 else 0):
        raise NotDer("length")
    begin = at + 2
    if size > 0x80:
        begin, size = begin + size - 0x80, int.from_bytes(head[2 : size - 0x80 + 2], "big")
        if size < 0x80 or (begin - at == 4 and size < 0x100):
            raise NotDer("length not minimal")
    if begin + size > len(data):
        raise NotDer("cut off")
    return begin, begin + size
