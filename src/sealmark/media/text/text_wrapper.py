"""A C2PA manifest store inside plain text, as a run of variation selectors that nobody sees (C2PA 2.4, A.8).

What is read as such a run stands behind a zero-width no-break space; anything else with these characters (an emoji's
selector, a byte order mark) is text. Nothing here knows what the manifest says.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

# A.8.2.2: the magic, one byte of version, four bytes of length.
MAGIC = b"C2PATXT\0"
VERSION = 1
_HEADER = len(MAGIC) + 1 + 4
# A.8.4.1, 2: what stands before the run.
MARKER = "\ufeff"
# A.8.3.1: bytes 0 to 15 and 16 to 255; three and four bytes each in UTF-8.
_LOW, _HIGH, _FIRST_HIGH = 0xFE00, 0xE0100, 16
_ENCODED = [chr(_LOW + byte if byte < _FIRST_HIGH else _HIGH + byte - _FIRST_HIGH) for byte in range(256)]
_DECODED = {character: byte for byte, character in enumerate(_ENCODED)}
_RUN = re.compile(f"{MARKER}[\ufe00-\ufe0f\U000e0100-\U000e01ef]{{{_HEADER},}}")
_START = (MARKER + "".join(_ENCODED[byte] for byte in MAGIC)).encode()


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A run in a text: code points `[start, end)`, and its manifest store; none where the run is malformed."""

    start: int
    end: int
    manifest: bytes | None


def encode(manifest: bytes) -> str:
    """The run that carries a manifest store, with its marker."""
    framed = MAGIC + bytes([VERSION]) + len(manifest).to_bytes(4, "big") + manifest
    return MARKER + "".join(_ENCODED[byte] for byte in framed)


def holds(data: bytes) -> bool:
    """Whether UTF-8 bytes may hold a run: cheap, and never wrong where there is one."""
    return _START in data


def find(text: str) -> list[Wrapper]:
    """Every run with the magic number, in the order of the text (A.8.4.2). Never raises."""
    found = []
    for run in _RUN.finditer(text):
        framed = bytes(_DECODED[character] for character in run.group()[1:])
        if framed.startswith(MAGIC):
            found.append(Wrapper(run.start(), run.end(), _payload(framed)))
    return found


def parted(text: str) -> tuple[str, str]:
    """The text without its runs, and the runs: what a reader sees, and what goes behind it again."""
    runs = find(text)
    if not runs:
        return text, ""
    edges = [0, *(edge for run in runs for edge in (run.start, run.end)), len(text)]
    pieces = [text[first:second] for first, second in pairwise(edges)]
    return "".join(pieces[::2]), "".join(pieces[1::2])


def size(text: str) -> int:
    """Bytes of the text in UTF-8 after normalisation to form C: what offsets count in (A.8.7.3)."""
    return len(normalised(text))


def normalised(text: str) -> bytes:
    """The text in normalisation form C and UTF-8: what is hashed (A.8.6.1, A.8.7.2)."""
    return unicodedata.normalize("NFC", text).encode()


def _payload(framed: bytes) -> bytes | None:
    """The manifest store of a run; what follows it is padding (C2PA 2.5, A.8), which an older run has none of."""
    length = int.from_bytes(framed[len(MAGIC) + 1 : _HEADER], "big")
    if framed[len(MAGIC)] != VERSION or len(framed) < _HEADER + length:
        return None
    return framed[_HEADER : _HEADER + length]
