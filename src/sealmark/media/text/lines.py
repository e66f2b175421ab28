"""The head of a file of lines: what stands before its first element, each line with its end."""

import re
from dataclasses import dataclass

# Longer than any honest head.
LONGEST = 1 << 20
LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\n|\r|\Z)")


@dataclass(frozen=True, slots=True)
class Header:
    """The lines of a head with their ends, and where what follows it begins."""

    lines: tuple[bytes, ...]
    end: int

    @property
    def ending(self) -> bytes:
        """How this file ends its lines."""
        first = self.lines[0] if self.lines else b""
        return first[len(first.rstrip(b"\r\n")) :] or b"\n"
