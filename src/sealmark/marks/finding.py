"""What one layer of marks shows of an item."""

from dataclasses import dataclass
from typing import Literal

State = Literal["found", "none", "not_checked", "damaged"]


@dataclass(frozen=True, slots=True)
class LayerFinding:
    """What one layer shows: its state, evidence for a person in Chinese and English, and where it stands.

    `whole` is false where a limit kept us from looking at what we could have looked at.
    """

    state: State
    zh: str
    en: str
    place: str | None = None
    whole: bool = True

    def as_dict(self) -> dict[str, str | None]:
        """The finding as JSON-ready values."""
        return {"state": self.state, "zh": self.zh, "en": self.en, "place": self.place}
