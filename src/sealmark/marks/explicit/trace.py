"""What a finder of visible or audible marks found."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["wording", "voice", "rhythm"]
Place = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Trace:
    """One explicit mark in an item.

    `start` and `end` delimit it: code points of a text, frames of a sound. A trace is evidence for the
    tier *suspected* (Measures Art. 6(3)), never proof of who made the item.
    """

    kind: Kind
    start: int
    end: int
    place: Place
