"""What a finder of visible or audible marks found."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Trace:
    """One explicit mark in an item.

    `start` and `end` delimit it: code points of a text, frames of a sound. A trace is evidence for the
    tier *suspected* (Measures Art. 6(3)), never proof of who made the item.
    """

    kind: Literal["wording", "voice", "rhythm"]
    start: int
    end: int
    place: Literal["start", "end"]
