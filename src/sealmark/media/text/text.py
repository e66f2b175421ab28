"""Plain text in UTF-8."""

import codecs
import re

from sealmark.media.errors import NotUtf8
from sealmark.media.format import Format

BOM = "\ufeff"
# What stands in no text: the C0 controls but for tab, line ends, form feed, vertical tab, backspace and escape.
_BINARY = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f]")


def is_text(data: bytes) -> bool:
    """Whether the bytes are UTF-8 without the controls that only stand in binary files."""
    try:
        return _BINARY.search(data.decode()) is None
    except UnicodeDecodeError:
        return False


FORMAT = Format("text", "text", ("text/plain",), ("txt", "text"), is_text, textual=True)


def uncut(data: bytes) -> bytes:
    """The text without a last character that was cut in its middle; anything else stays as it is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(data)
    except UnicodeDecodeError:
        return data
    cut = len(decoder.getstate()[0])
    return data[: len(data) - cut] or data


def decode(data: bytes) -> str:
    """The text with its byte order mark, if any; raises `NotUtf8`."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise NotUtf8 from None
