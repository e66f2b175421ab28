"""Requests to take a mark off, crop it out, or cover it: nobody may, and nobody may be helped (Art. 18)."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import compress

from sealmark.review.fold import fold_plain

_CLAUSES = re.compile(r"[，。；！？、：,.;!?:\r\n]+")


@dataclass(frozen=True, slots=True)
class _Words:
    takes: re.Pattern[str]
    marks: re.Pattern[str]
    spares: re.Pattern[str]
    reach: int


def asks_against_marks(text: str) -> bool:
    """Whether a text asks for a mark of generation to be taken off or hidden, however it is written.

    Takes time linear in the text. Talk about marks, and the wish that they stay, ask for nothing.
    """
    words, folded = _words(), fold_plain(text)
    marks = [found.span() for found in words.marks.finditer(folded)]
    if not marks:
        return False
    takes = [found.span() for found in words.takes.finditer(folded)]
    meant = _meant(words, text)
    # A verb that is spelt across two clauses is a disguise: then none is taken as spared.
    wanted = compress(takes, meant) if len(meant) == len(takes) else takes
    return any(_is_near(take, marks, words.reach) for take in wanted)


def _meant(words: _Words, text: str) -> list[bool]:
    """For each verb that stands whole in a clause, whether nothing before it there says no."""
    said = []
    for clause in map(fold_plain, _CLAUSES.split(text)):
        refusal = words.spares.search(clause)
        spared_from = refusal.end() if refusal else len(clause)
        said += [found.start() < spared_from for found in words.takes.finditer(clause)]
    return said


def _is_near(take: tuple[int, int], marks: Sequence[tuple[int, int]], reach: int) -> bool:
    """Whether a mark stands within reach of the verb, before it or behind it."""
    at = bisect_left(marks, take)
    near = marks[max(0, at - 1) : at + 1]
    return any(begin - take[1] <= reach and take[0] - end <= reach for begin, end in near)


@cache
def _words() -> _Words:
    table = tomllib.loads(files(__package__).joinpath("data", "mark_requests.toml").read_text("utf-8"))
    return _Words(_any_of(table["takes"]), _any_of(table["marks"]), _any_of(table["spares"]), int(table["reach"]))


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(map(fold_plain, words), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))
