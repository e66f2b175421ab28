"""Plain text in UTF-8."""

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


FORMAT = Format("text", "text", ("text/plain",), ("txt", "text"), is_text)


def decode(data: bytes) -> str:
    """The text with its byte order mark, if any; raises `NotUtf8`."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise NotUtf8 from None
