"""Live prefixes: where a text might still be growing into a term."""

from bisect import bisect_right
from collections.abc import Sequence


class Prefixes:
    """Finds the earliest place in a folded text from which all the rest is the beginning of a longer term."""

    __slots__ = ("_firsts", "_longest", "_pairs", "_terms")

    def __init__(self, terms: Sequence[str]) -> None:
        """`terms` are folded and sorted by code point."""
        self._terms = terms
        self._longest = max(map(len, terms), default=0) - 1
        self._firsts = frozenset(term[0] for term in terms if len(term) > 1)
        self._pairs = frozenset(term[:2] for term in terms if len(term) > 2)

    def start(self, text: str) -> int:
        """The position where the earliest live prefix begins, or `len(text)` if there is none."""
        size = len(text)
        for position in range(max(0, size - self._longest), size - 2):
            if text[position : position + 2] in self._pairs and self._is_live(text[position:]):
                return position
        if size > 1 and text[-2:] in self._pairs:
            return size - 2
        return size - 1 if size and text[-1] in self._firsts else size

    def _is_live(self, rest: str) -> bool:
        """What sorts first after `rest` begins with it if any term does; equal terms don't count."""
        following = bisect_right(self._terms, rest)
        return following < len(self._terms) and self._terms[following].startswith(rest)
