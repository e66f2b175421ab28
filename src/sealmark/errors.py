"""What can go wrong, said so that a person knows what to do next.

Every error that a caller can meet derives from `SealmarkError` and carries a stable code, the HTTP status,
the article of the Provisions where there is one, and two sentences in Chinese and English: what happened,
and what to do. Rooms define their own beside the code that raises them; `catalogue` lists them all.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

Language = Literal["zh", "en"]


class SealmarkError(Exception):
    """The base of all our errors; raised itself only for what no room foresaw.

    Keyword arguments fill the placeholders of the sentences and travel in `details`; they never hold
    personal information or content, since error texts reach logs.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    article: ClassVar[int | None] = None
    zh: ClassVar[str] = "服务内部出错，本次请求没有放行任何内容。"
    en: ClassVar[str] = "Something failed inside the service; nothing of this request was released."
    zh_next: ClassVar[str] = "请稍后重试；若仍出现，请把交互编号告诉服务提供者。"
    en_next: ClassVar[str] = "Try again later; if it persists, give the provider the exchange number."

    def __init__(self, **details: object) -> None:
        super().__init__()
        self.details = details

    def happened(self, language: Language = "zh") -> str:
        """What happened, in one sentence."""
        return (self.zh if language == "zh" else self.en).format_map(_Lenient(self.details))

    def to_do(self, language: Language = "zh") -> str:
        """What to do next, in one sentence."""
        return (self.zh_next if language == "zh" else self.en_next).format_map(_Lenient(self.details))

    def text(self, language: Language = "zh") -> str:
        """Both sentences."""
        gap = "" if language == "zh" else " "
        return f"{self.happened(language)}{gap}{self.to_do(language)}"

    def __str__(self) -> str:
        return f"[{self.code}] {self.text('en')}"


class _Lenient(dict[str, object]):
    """Leaves a placeholder standing that nobody filled: an error text must never raise."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def catalogue() -> Iterator[type[SealmarkError]]:
    """Every error class that is loaded, each once, ordered by code."""
    seen: set[type[SealmarkError]] = set()
    waiting: list[type[SealmarkError]] = [SealmarkError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind not in seen:
                seen.add(kind)
                waiting.append(kind)
    seen.add(SealmarkError)
    yield from sorted(seen, key=lambda kind: kind.code)
