"""The pieces of a streamed chat: each text of each choice is reviewed with exact hold-back, marked, and sent on.

What a piece may not show yet comes with a later one; log-probabilities wait with their text.
"""

from dataclasses import dataclass, field
from typing import Any

from sealmark.exchange.answers import (
    CONTENT,
    Place,
    Text,
    delta_of,
    finish_of,
    number,
    probabilities_of,
    texts_of,
    usage_of,
)
from sealmark.exchange.chat import Head, Marking, Released
from sealmark.exchange.errors import UpstreamRubbish
from sealmark.review import Finding, Library, StreamReviewer

MOST = 2_000_000  # characters of one stream: so that its record, with what was withheld, has room for them


@dataclass(slots=True)
class Choice:
    """One choice of the answer, as far as it has come."""

    reviewers: dict[Place, StreamReviewer] = field(default_factory=dict)
    received: dict[Place, list[str]] = field(default_factory=dict)
    sent: dict[Place, list[str]] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)
    calls: set[int] = field(default_factory=set)
    waiting: list[tuple[int, int, list[dict[str, Any]]]] = field(default_factory=list)
    fed: int = 0  # characters of content so far
    told: int = 0  # and up to the piece before
    marked: bool | None = None
    begun: bool = False
    finished: bool = False

    @property
    def released(self) -> Released:
        """What of this choice was sent."""
        texts = {".".join(map(str, place)): "".join(parts) for place, parts in self.sent.items()}
        return Released({name: text for name, text in texts.items() if text}, "".join(self.body), bool(self.marked))


@dataclass(frozen=True, slots=True)
class Read:
    """A choice of one piece, as far as we read it."""

    index: int
    texts: tuple[Text, ...]
    tokens: list[dict[str, Any]] | None
    finish: Any


class Pieces:
    """Reviews the pieces of one stream and builds what may be sent; `blocked` is set when one must not pass."""

    def __init__(self, library: Library, head: Head, marking: Marking) -> None:
        self._library, self._head, self._marking = library, head, marking
        self._size = 0
        self.choices: dict[int, Choice] = {}
        self.blocked: Finding | None = None

    def take(self, piece: dict[str, Any]) -> dict[str, Any] | None:
        """What may be sent of a piece now, None when that is nothing; raises `UpstreamRubbish`, `UnknownBinary`."""
        choices = piece.get("choices", [])
        if not isinstance(choices, list):
            raise UpstreamRubbish(problem="choices is not a list")
        read = [self._read(row) for row in choices]  # all of it, before any of it counts as sent
        built = [one for row in read if (one := self._choice(row)) is not None]
        usage = usage_of(piece.get("usage"))
        if not built and not usage:
            return None
        return self._head.piece(built) | ({"usage": usage} if usage else {})

    def rest(self) -> dict[str, Any] | None:
        """What is still held when the stream ends as it should, in a last piece."""
        last = []
        for index, choice in self.choices.items():
            if not choice.finished:
                texts: dict[Place, str] = {}
                self._finish(choice, texts)
                if texts and (row := self._row(index, choice, texts, None, None)):
                    last.append(row)
        return self._head.piece(last) if last else None

    @property
    def complete(self) -> bool:
        """Whether every choice that began has ended."""
        return bool(self.choices) and all(choice.finished for choice in self.choices.values())

    def reviewed(self) -> list[tuple[str, StreamReviewer]]:
        """Every text that was reviewed, with its reviewer, for the closing record."""
        return [
            (f"choices[{index}].delta.{'.'.join(map(str, place))}", reviewer)
            for index, choice in self.choices.items()
            for place, reviewer in choice.reviewers.items()
        ]

    def withheld(self) -> list[dict[str, str]]:
        """Everything that was received, for whoever decides an appeal."""
        return [
            {".".join(map(str, place)): "".join(parts) for place, parts in choice.received.items()}
            for choice in self.choices.values()
        ]

    def _read(self, row: Any) -> Read:
        if not isinstance(row, dict):
            raise UpstreamRubbish(problem="a choice that is no object")
        index = number(row.get("index", 0), self._head.choices)
        texts = tuple(texts_of(row.get("delta") or {}))
        if any(text.value for text in texts) and index in self.choices and self.choices[index].finished:
            raise UpstreamRubbish(problem="a choice goes on after its end")
        self._size += sum(len(text.value) for text in texts)
        if self._size > MOST:
            raise UpstreamRubbish(problem="over the size limit")
        tokens = probabilities_of(row["logprobs"]) if row.get("logprobs") is not None else None
        return Read(index, texts, tokens, row.get("finish_reason"))

    def _choice(self, read: Read) -> dict[str, Any] | None:
        choice = self.choices.setdefault(read.index, Choice())
        if choice.finished:
            return None
        texts = {text.place: passed for text in read.texts if (passed := self._review(choice, text)) or not text.value}
        finish = None
        if read.finish is not None and self.blocked is None:
            self._finish(choice, texts)
            finish = finish_of(read.finish)
        return self._row(read.index, choice, texts, finish, self._probabilities(choice, read.tokens))

    def _row(
        self,
        index: int,
        choice: Choice,
        texts: dict[Place, str],
        finish: str | None,
        probabilities: list[dict[str, Any]] | None,
    ) -> dict[str, Any] | None:
        """A choice of a piece; None when it would show nothing."""
        delta = delta_of(texts, f"{self._head.name}_{index}", choice.calls)
        if choice.begun and not delta and finish is None and not probabilities:
            return None
        if not choice.begun:
            choice.begun = True
            delta = {"role": "assistant", **delta}
        shown = {"content": probabilities, "refusal": None} if probabilities else None
        return {"index": index, "delta": delta, "logprobs": shown, "finish_reason": finish}

    def _review(self, choice: Choice, text: Text) -> str:
        if self.blocked is not None or not text.value:
            return ""
        place = text.place
        reviewer = choice.reviewers.get(place)
        if reviewer is None:
            escaped = text.json or (place == CONTENT and self._marking.structured)
            reviewer = choice.reviewers[place] = StreamReviewer(self._library, json_escaped=escaped)
        choice.received.setdefault(place, []).append(text.value)
        passed = reviewer.feed(text.value)
        self.blocked = reviewer.blocked
        if place == CONTENT:
            choice.fed += len(text.value)
        return self._sent(choice, place, passed)

    def _sent(self, choice: Choice, place: Place, passed: str) -> str:
        """Keep what is sent; content gets its opening mark before the first character."""
        if not passed:
            return ""
        if place == CONTENT:
            choice.body.append(passed)
            if choice.marked is None and (start := "".join(choice.body).lstrip()):
                choice.marked = self._marking.belongs_to(start)
                passed = self._marking.opening + passed if choice.marked else passed
        choice.sent.setdefault(place, []).append(passed)
        return passed

    def _finish(self, choice: Choice, texts: dict[Place, str]) -> None:
        """Let go what is held at the end of a choice, and close its content with its mark."""
        choice.finished = True
        for place, reviewer in choice.reviewers.items():
            rest = self._sent(choice, place, reviewer.finish())
            if place == CONTENT and choice.marked and self._marking.closing:
                choice.sent[place].append(self._marking.closing)
                rest += self._marking.closing
            if rest:
                texts[place] = texts.get(place, "") + rest

    def _probabilities(self, choice: Choice, tokens: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        """Log-probabilities spell the text out: they leave with it, and only if that is what they spell."""
        if tokens is not None:
            choice.waiting.append((choice.told, choice.fed, tokens))
        choice.told = choice.fed
        reviewer = choice.reviewers.get(CONTENT)
        if reviewer is None or self.blocked is not None:
            return None
        free = [one for one in choice.waiting if one[1] <= reviewer.released]
        choice.waiting = choice.waiting[len(free) :]
        text = "".join(choice.received[CONTENT]) if free else ""
        return [
            token
            for start, end, waiting in free
            if "".join(one["token"] for one in waiting) == text[start:end]
            for token in waiting
        ]
