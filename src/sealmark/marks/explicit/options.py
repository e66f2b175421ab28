"""How an explicit mark looks or sounds, as whoever marks an item chooses it."""

from dataclasses import dataclass
from typing import Literal

from sealmark.errors import Language

Corner = Literal["bottom_right", "bottom_left", "top_right", "top_left"]


@dataclass(frozen=True, slots=True)
class ExplicitOptions:
    """How the visible or audible mark looks or sounds; what does not concern a medium is ignored for it.

    `position` None means: at the start of text and sound, and at start and end of Markdown (guide 20258A 6.5
    puts it at the end).
    """

    wording: str = "AI生成"
    corner: Corner = "bottom_right"
    form: Literal["voice", "rhythm"] = "voice"
    position: Literal["start", "end", "start_end"] | None = None
    language: Language = "zh"
    extent: Literal["opening", "throughout"] = "opening"
