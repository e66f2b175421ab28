"""The label in the lines of a header: PLY and OBJ comments, in ASCII, which every reader of them takes."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Found, found


@dataclass(frozen=True, slots=True)
class Written:
    """One label: the lines `[start, stop)` that it takes, its JSON, and whether it is in the main channel's form."""

    start: int
    stop: int
    text: str
    main: bool


def ascii_json(label: Label) -> str:
    """The seven fields with every character beyond ASCII as an escape."""
    return json.dumps(label.as_dict(), separators=(",", ":"))


def labels(lines: Sequence[bytes], pattern: re.Pattern[bytes], more: re.Pattern[bytes] | None = None) -> list[Written]:
    """The labels in header lines.

    `pattern` has the groups `key`, which is empty for a wrapped label without a key, and `json`; `more` matches
    the lines that go on with what a label's line began.
    """
    places: list[Written] = []
    for number, line in enumerate(lines):
        begun, further = pattern.match(line), more.match(line) if more else None
        if begun is not None:
            places.append(Written(number, number + 1, _text(begun), bool(begun["key"])))
        elif further is not None and places and places[-1].stop == number:
            last = places[-1]
            places[-1] = Written(last.start, number + 1, last.text + _text(further), last.main)
    return places


def read(place: Written, name: str) -> list[Found]:
    """The label at a place."""
    return [found(place.text, name, main=place.main)]


def labelled(lines: Sequence[bytes], places: Sequence[Written], new: Sequence[bytes], at: int) -> tuple[bytes, ...]:
    """The lines with the new ones where a label in the main channel stood, else at `at`; no other label stays."""
    start = next((place.start for place in places if place.main), at)
    taken = {number for place in places for number in range(place.start, place.stop)}
    before = (line for number, line in enumerate(lines[:start]) if number not in taken)
    behind = (line for number, line in enumerate(lines[start:], start) if number not in taken)
    return (*before, *new, *behind)


def _text(match: re.Match[bytes]) -> str:
    return match["json"].decode("utf-8", "replace").rstrip()
