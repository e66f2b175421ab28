"""The escapes of JSON strings in text that comes in fragments, kept beside what they stand for.

Tool-call arguments stream as pieces of a JSON text. They are reviewed unescaped and released as they came.
"""

import re
from collections import deque

_HIGH = r"\\u[dD][89abAB][0-9a-fA-F]{2}"
_LOW = r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_RUN = r"(?:\\u(?:[0-9abcefABCEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))+"  # no surrogates
_UNITS = rf"[^\\]+|{_RUN}|{_HIGH}{_LOW}|\\u[0-9a-fA-F]{{4}}|\\[\"\\/bfnrt]|\\"
# What may still grow into a longer unit: a broken-off escape, or half of a surrogate pair.
_GROWING = rf"{_HIGH}(?:\\(?:u(?:[dD](?:[c-fC-F][0-9a-fA-F]?)?)?)?)?\Z|\\(?:u[0-9a-fA-F]{{0,3}})?\Z"
_WHOLE_UNITS = re.compile(_UNITS, re.DOTALL)
_UNITS_SO_FAR = re.compile(f"({_GROWING})|({_UNITS})", re.DOTALL)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Unescaper:
    """Turns raw fragments into the characters they stand for, and gives the raw text of these characters back.

    A broken escape (`\\x`, `\\u12`) stands for itself; a lone surrogate escape for that surrogate.
    """

    def __init__(self) -> None:
        self._growing = ""
        self._units: deque[tuple[int, str]] = deque()  # how many characters, and their raw text, as much for each

    def feed(self, raw: str) -> str:
        """The characters that `raw` completes."""
        if not self._growing and "\\" not in raw:
            return self._plain(raw)
        raw, self._growing = self._growing + raw, ""
        characters = []
        for growing, unit in _UNITS_SO_FAR.findall(raw):
            self._growing = growing
            characters.append(self._keep(unit) if unit else "")
        return "".join(characters)

    def finish(self) -> str:
        """The characters of an escape that was never completed."""
        raw, self._growing = self._growing, ""
        return "".join(map(self._keep, _WHOLE_UNITS.findall(raw)))

    def take(self, count: int) -> str:
        """The raw text of the next `count` characters, once."""
        pieces = []
        while count > 0:
            size, raw = self._units.popleft()
            if size > count:
                length = len(raw) // size * count
                self._units.appendleft((size - count, raw[length:]))
                raw = raw[:length]
            pieces.append(raw)
            count -= size
        return "".join(pieces)

    def measure(self, count: int) -> int:
        """How many raw characters the next `count` characters have."""
        length = 0
        for size, raw in self._units:
            if count <= 0:
                break
            length += len(raw) // size * min(size, count)
            count -= size
        return length

    def _keep(self, unit: str) -> str:
        if unit[0] != "\\":
            return self._plain(unit)
        characters = _characters(unit)
        self._units.append((len(characters), unit))
        return characters

    def _plain(self, raw: str) -> str:
        if raw:
            self._units.append((len(raw), raw))
        return raw


def _characters(unit: str) -> str:
    if unit[1:2] != "u":
        return _SHORT.get(unit[1:], unit[1:]) or "\\"
    codes = bytes.fromhex(unit.replace("\\u", ""))
    return codes.decode("utf-16-be", "surrogatepass")
