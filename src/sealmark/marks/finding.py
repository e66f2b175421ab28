"""What one layer of marks shows of an item."""

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["found", "none", "not_checked", "damaged"]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where marks are in what is seen or heard, so that the place can be drawn.

    `boxes` are left, top, right and bottom as shares of a picture, whose width is `shape` times its height; `stretches`
    begin and end as shares of a sound or film that lasts `seconds`.
    """

    boxes: tuple[tuple[float, float, float, float], ...] = ()
    shape: float | None = None
    stretches: tuple[tuple[float, float], ...] = ()
    seconds: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """The places as JSON-ready values."""
        boxes = [[round(side, 4) for side in box] for box in self.boxes]
        stretches = [[round(end, 4) for end in one] for one in self.stretches]
        return {"boxes": boxes, "shape": self.shape, "stretches": stretches, "seconds": self.seconds}


@dataclass(frozen=True, slots=True)
class LayerFinding:
    """What one layer shows: its state, evidence for a person in Chinese and English, and where it stands.

    `whole` is false where a limit kept us from looking at what we could have looked at. `where` has the place in
    numbers, where that is known.
    """

    state: State
    zh: str
    en: str
    place: str | None = None
    whole: bool = True
    where: Whereabouts | None = None

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready values."""
        said = {"state": self.state, "zh": self.zh, "en": self.en, "place": self.place}
        return said | {"where": self.where.as_dict() if self.where else None}
