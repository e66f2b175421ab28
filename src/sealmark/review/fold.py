"""The fold: one form for all the ways of writing a term, the same when a text is scanned and when it streams.

Folded ("compact") text holds no skip symbol and no ignorable. Up to eight skip symbols in a row vanish; more of
them become one `BARRIER`, which no term contains, so that a term reaches across at most eight (Article 10).
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from itertools import islice

from sealmark.review.table import BARRIER, SKIP, TABLE

MOST_SKIPS = 8

_TOO_MANY_SKIPS = re.compile(f"{SKIP}{{{MOST_SKIPS + 1},}}")
_FEW = 48  # below this many characters `str.translate` is faster than the array


def fold(text: str) -> str:
    """The compact text that terms are matched in; any string is accepted, and folding twice changes nothing."""
    folded = _translate(text)
    return _without_skips(folded) if SKIP in folded else folded


def fold_plain(text: str) -> str:
    """The folded text with every skip symbol dropped, however many; the form that digests of pasted text use."""
    return _translate(text).replace(SKIP, "")


def fold_piece(text: str, skips: int) -> tuple[str, int]:
    """Fold a piece of a stream after `skips` skip symbols in a row; also how many it ends with, at most nine.

    Nine means that the barrier was already written. The pieces of a text folded so add up to the folded text.
    """
    folded = text.translate(TABLE)
    if SKIP not in folded:
        return folded, 0 if folded else skips
    if skips <= MOST_SKIPS:
        folded = SKIP * skips + folded
        return _without_skips(folded), _trailing_skips(folded)
    rest = folded.lstrip(SKIP)
    return _without_skips(rest), _trailing_skips(rest) if rest else skips


def origins(text: str, *, skips: int = 0, most: int | None = None) -> list[int]:
    """For each character of the compact text, the position in `text` of the code point that it came from.

    A barrier comes from the ninth skip symbol. `skips` is as in `fold_piece`; `most` bounds how many are wanted.
    """
    return list(islice(_walk(text, skips), most))


def spans(text: str, ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ranges of the compact text as ranges of `text`: from the first code point's start to the last one's end."""
    wanted = list(ranges)
    places = origins(text, most=max((end for _, end in wanted), default=0))
    return tuple((places[start], places[end - 1] + 1) for start, end in wanted)


def start_of_tail(text: str, count: int) -> tuple[int, int]:
    """Where the last `count` compact characters of `text` begin, if there is no barrier among them.

    Returns the position of the code point that holds the first of them, and how many characters of that code
    point's folding come before it.
    """
    position = len(text)
    while count > 0:
        position -= 1
        folded = TABLE[ord(text[position])]
        if folded != SKIP:
            count -= len(folded)
    return position, -count


def warm() -> None:
    """Load what folding long texts needs, so that no message waits for it."""
    _translate("国" * _FEW)


def _walk(text: str, skips: int) -> Iterable[int]:
    for position, character in enumerate(text):
        folded = TABLE[ord(character)]
        if folded == SKIP:
            skips += 1
            if skips == MOST_SKIPS + 1:
                yield position
        elif folded:
            skips = 0
            for _ in folded:
                yield position


def _without_skips(folded: str) -> str:
    if SKIP * (MOST_SKIPS + 1) in folded:
        folded = _TOO_MANY_SKIPS.sub(BARRIER, folded)
    return folded.replace(SKIP, "")


def _trailing_skips(folded: str) -> int:
    return min(len(folded) - len(folded.rstrip(SKIP)), MOST_SKIPS + 1)


def _translate(text: str) -> str:
    if len(text) < _FEW or text.isascii():
        return text.translate(TABLE)
    return _by_array()(text)


@cache
def _by_array() -> Callable[[str], str]:
    from sealmark.review.array import ArrayTable  # NumPy costs too much to import with the room

    return ArrayTable(TABLE)
