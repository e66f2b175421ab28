"""How an explicit mark looks or sounds, as whoever marks an item chooses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sealmark.errors import Language
from sealmark.marks.explicit.trace import Place

# GB 45438 5.1 and 5.3: at one or more of start, end and a suitable middle.
Position = Literal["start", "end", "start_end", "middle", "start_middle_end"]
PLACES: Mapping[Position, tuple[Place, ...]] = {
    "start": ("start",),
    "end": ("end",),
    "start_end": ("start", "end"),
    "middle": ("middle",),
    "start_middle_end": ("start", "middle", "end"),
}

Corner = Literal["bottom_right", "bottom_left", "top_right", "top_left"]


@dataclass(frozen=True, slots=True)
class ExplicitOptions:
    """How the visible or audible mark looks or sounds; what does not concern a medium is ignored for it.

    `position` None means: at the start of text and sound, and at start and end of Markdown (guide 20258A 6.5
    puts it at the end). A text gets its mark at the start whatever the position, since a mark that stands only in its
    middle or at its end is read too late. An answer in a dialogue is one round of interaction (5.3): each of them
    is an item of its own, with its own start.
    """

    wording: str = "AI生成"
    corner: Corner = "bottom_right"
    form: Literal["voice", "rhythm"] = "voice"
    position: Position | None = None
    language: Language = "zh"
    extent: Literal["opening", "throughout"] = "opening"
