"""Who walks the journey: what they hold, what they have made so far, and to whom it is told."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sealmark.demo.api import Api
from sealmark.demo.deployment import Deployment
from sealmark.errors import Language

if TYPE_CHECKING:
    import openai

Facts = dict[str, Any]
Tone = Literal["", "good", "refused", "due", "muted"]


class Unmet(Exception):
    """A step's outcome is not what it must be; says what it was, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def require(holds: bool, zh: str, en: str) -> None:
    """Raise `Unmet` unless it holds: the journey shows what is so, or stops."""
    if not holds:
        raise Unmet(zh, en)


class Narrator(Protocol):
    """Who tells the journey while it happens."""

    def row(self, zh: str, en: str, value: str, tone: Tone = "") -> None:
        """Something that was done or came back."""

    def piece(self, text: str) -> None:
        """A piece of an answer, as it streams in."""


@dataclass(slots=True)
class Traveller:
    """The state of one journey."""

    deployment: Deployment
    language: Language
    narrator: Narrator
    end_user: str = field(default_factory=lambda: f"reader-{os.urandom(4).hex()}")
    stranger: str = field(default_factory=lambda: f"passer-by-{os.urandom(4).hex()}")
    api_key: str = ""
    numbers: dict[str, str] = field(default_factory=dict)  # production numbers, by artefact
    receipts: dict[str, str] = field(default_factory=dict)  # receipts' codes, by what they prove

    @property
    def operator(self) -> Api:
        """The API with the operator's key."""
        return Api(self.deployment.address, self.deployment.operator_key, self.language)

    @property
    def application(self) -> Api:
        """The API with the application's key."""
        return Api(self.deployment.address, self.api_key, self.language)

    @property
    def base_url(self) -> str:
        """Where any OpenAI client finds the gateway."""
        return f"{self.deployment.address}/v1"

    @property
    def headers(self) -> dict[str, str]:
        """So that refusals come in the reader's language."""
        return {"Accept-Language": self.language}

    def say(self, zh: str, en: str) -> str:
        """The one of two sentences that the reader reads."""
        return zh if self.language == "zh" else en

    def openai(self) -> "openai.OpenAI":
        """The official SDK, with only `base_url` and `api_key` changed."""
        import openai

        return openai.OpenAI(base_url=self.base_url, api_key=self.api_key)

    def file(self, name: str) -> Path:
        """An artefact's place."""
        return self.deployment.folder / name
