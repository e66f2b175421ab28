"""The pieces of a streamed chat: each text of each choice is reviewed with exact hold-back, marked, and sent on.

What a piece may not show yet comes with a later one; log-probabilities wait with their text.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sealmark.errors import SealmarkError, why
from sealmark.exchange.answers import (
    CONTENT,
    Place,
    Text,
    delta_of,
    finish_of,
    name_of,
    number,
    probabilities_of,
    texts_of,
    usage_of,
)
from sealmark.exchange.chat import Head, Marking, Released
from sealmark.exchange.inline import InlineWatch
from sealmark.exchange.upstreams.errors import UpstreamRubbish
from sealmark.review import Finding, Library, StreamReviewer

MOST = 2_000_000  # characters of one stream: so that its record, with what was withheld, has room for them


@dataclass(slots=True)
class Line:
    """One text of a choice, as far as it has come and as far as it was sent."""

    reviewer: StreamReviewer
    watch: InlineWatch = field(default_factory=InlineWatch)
    received: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    left: int = 0  # how many of these the client was given for certain


@dataclass(slots=True)
class Choice:
    """One choice of the answer, as far as it has come."""

    lines: dict[Place, Line] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)
    calls: set[int] = field(default_factory=set)
    waiting: list[tuple[int, list[dict[str, Any]]]] = field(default_factory=list)
    fed: int = 0  # characters of content so far
    marked: bool | None = None
    lead: int = 0  # characters of the body before its opening mark: white space
    begun: bool = False
    finished: bool = False
    left: tuple[int, bool] = (0, False)  # how much of the body, and whether its end, the client was given for certain

    def confirm(self) -> None:
        """What was let go so far has left."""
        self.left = len(self.body), self.finished
        for line in self.lines.values():
            line.left = len(line.sent)

    def require_no_medium(self) -> None:
        """Its texts are over; raises `InlineMedium` for a picture or sound in one of them."""
        for line in self.lines.values():
            line.watch.finish()

    @property
    def released(self) -> Released:
        """What of this choice has left."""
        texts = {name_of(place): "".join(line.sent[: line.left]) for place, line in self.lines.items()}
        size, ended = self.left
        body = "".join(self.body[:size])
        texts = {name: text for name, text in texts.items() if text}
        return Released(texts, body, bool(self.marked and body), ended, self.lead)


class Read(NamedTuple):
    """A choice of one piece, as far as we read it."""

    number: int
    choice: Choice
    texts: list[tuple[Text, Line]]
    tokens: list[dict[str, Any]] | None
    finish: Any


def condensed(pieces: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Pieces that came together, neighbours that hold nothing but content as one: under load a stream costs less.

    What stands before a piece that cannot be read is given before its error is raised.
    """
    row: dict[str, Any] | None = None  # of the piece that waits for its neighbours
    waiting: dict[str, Any] = {}
    texts: list[str] = []
    failure: SealmarkError | None = None
    try:
        for piece in pieces:
            next_row = _plain(piece)
            if row is not None and next_row is not None and row.get("index") is next_row.get("index"):
                texts.append(next_row["delta"]["content"])
                continue
            if row is not None:
                row["delta"]["content"] = "".join(texts)
                yield waiting
            if (row := next_row) is None:
                yield piece
            else:
                waiting, texts = piece, [row["delta"]["content"]]
    except SealmarkError as error:
        failure = error
    if row is not None:
        row["delta"]["content"] = "".join(texts)
        yield waiting
    if failure is not None:
        raise failure


def _plain(piece: dict[str, Any]) -> dict[str, Any] | None:
    """The one choice of a piece that holds content and nothing else that concerns us."""
    choices = piece.get("choices")
    row = choices[0] if isinstance(choices, list) and len(choices) == 1 else None
    if not isinstance(row, dict) or row.get("finish_reason") is not None or row.get("logprobs") is not None:
        return None
    delta = row.get("delta")
    alone = isinstance(delta, dict) and type(delta.get("content")) is str and not delta.keys() - {"role", "content"}
    return row if alone and piece.get("usage") is None else None


class Pieces:
    """Reviews the pieces of one stream and builds what may be sent; `blocked` is set when one must not pass."""

    def __init__(self, library: Library, head: Head, marking: Marking) -> None:
        self._library, self._head, self._marking = library, head, marking
        self._size = 0
        self.choices: dict[int, Choice] = {}
        self.blocked: Finding | None = None

    def confirm(self) -> None:
        """What was built so far has left."""
        for choice in self.choices.values():
            choice.confirm()

    def take(self, piece: dict[str, Any]) -> dict[str, Any] | None:
        """What may be sent of a piece now, None when that is nothing; raises `UpstreamRubbish`, `UnknownBinary`."""
        choices = piece.get("choices", [])
        if not isinstance(choices, list):
            raise UpstreamRubbish(**why("choices 不是列表", "choices is not a list"))
        read = [self._read(row) for row in choices]  # all of it, before any of it counts as sent
        built = [one for row in read if (one := self._choice(row)) is not None]
        usage = usage_of(piece.get("usage"))
        if not built and not usage:
            return None
        return self._head.piece(built) | ({"usage": usage} if usage else {})

    def rest(self) -> dict[str, Any] | None:
        """What is still held when the stream ends as it should, in a last piece."""
        last = []
        for choice in self.choices.values():
            choice.require_no_medium()
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
            (f"choices[{index}].delta.{name_of(place)}", line.reviewer)
            for index, choice in self.choices.items()
            for place, line in choice.lines.items()
            if line.received
        ]

    def withheld(self) -> list[dict[str, str]]:
        """Everything that was received, for whoever decides an appeal."""
        return [
            {name_of(place): "".join(line.received) for place, line in choice.lines.items()}
            for choice in self.choices.values()
        ]

    def _read(self, row: Any) -> Read:
        if not isinstance(row, dict):
            raise UpstreamRubbish(**why("choices 中有一项不是对象", "a choice that is no object"))
        index = number(row.get("index", 0), self._head.choices)
        choice = self.choices.get(index)
        if choice is None:
            choice = self.choices[index] = Choice()
        texts = [(text, self._line(choice, text)) for text in texts_of(row.get("delta") or {})]
        if texts and choice.finished and any(text.value for text, _ in texts):
            raise UpstreamRubbish(**why("一个选项在结束后又继续", "a choice goes on after its end"))
        tokens = probabilities_of(row["logprobs"]) if row.get("logprobs") is not None else None
        self._grow(len(tokens or ()))
        if row.get("finish_reason") is not None:
            choice.require_no_medium()
        return Read(index, choice, texts, tokens, row.get("finish_reason"))

    def _line(self, choice: Choice, text: Text) -> Line:
        """Where this text goes on; raises what must end the stream before any of the piece counts as sent."""
        place, value, json = text
        line = choice.lines.get(place)
        if line is None:
            escaped = json or (place == CONTENT and self._marking.structured)
            line = choice.lines[place] = Line(StreamReviewer(self._library, json_escaped=escaped))
        line.watch.feed(value)
        self._grow(len(value))
        return line

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > MOST:
            raise UpstreamRubbish(**why("超出长度上限", "over the size limit"))

    def _choice(self, read: Read) -> dict[str, Any] | None:
        choice = read.choice
        if choice.finished:
            return None
        texts: dict[Place, str] = {}
        for text, line in read.texts:
            passed = self._review(choice, text, line)
            if passed or not text.value:
                texts[text.place] = texts.get(text.place, "") + passed
        finish = None
        if read.finish is not None and self.blocked is None:
            self._finish(choice, texts)
            finish = finish_of(read.finish) if self.blocked is None else None
        return self._row(read.number, choice, texts, finish, self._probabilities(choice, read))

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

    def _review(self, choice: Choice, text: Text, line: Line) -> str:
        place, value, _ = text
        if self.blocked is not None or not value:
            return ""
        line.received.append(value)
        passed = line.reviewer.feed(value)
        self.blocked = line.reviewer.blocked
        if place == CONTENT:
            choice.fed += len(value)
        return self._sent(choice, place, line, passed) if passed else ""

    def _sent(self, choice: Choice, place: Place, line: Line, passed: str) -> str:
        """Keep what is sent; content gets its opening mark before the first character."""
        if place == CONTENT:
            choice.body.append(passed)
            if choice.marked is None and (start := passed.lstrip()):  # what came before was white space
                choice.marked = self._marking.belongs_to(start)
                lead = passed[: len(passed) - len(start)]
                choice.lead = sum(map(len, choice.body)) - len(start)
                passed = f"{lead}{self._marking.opening}{start}" if choice.marked else passed
        line.sent.append(passed)
        return passed

    def _finish(self, choice: Choice, texts: dict[Place, str]) -> None:
        """Let go what is held at the end of a choice, and close its content with its mark."""
        choice.finished = True
        for place, line in choice.lines.items():
            held = line.reviewer.finish() if self.blocked is None else ""
            self.blocked = self.blocked or line.reviewer.blocked
            rest = self._sent(choice, place, line, held) if held else ""
            if place == CONTENT and choice.marked and self._marking.closing and self.blocked is None:
                line.sent.append(self._marking.closing)
                rest += self._marking.closing
            if rest:
                texts[place] = texts.get(place, "") + rest

    def _probabilities(self, choice: Choice, read: Read) -> list[dict[str, Any]] | None:
        """Log-probabilities spell the text out: they leave with it, and only if that is what they spell."""
        if read.tokens is None and not choice.waiting:
            return None
        if read.tokens:
            text = "".join(text.value for text, _ in read.texts if text.place == CONTENT)
            if text and "".join(one["token"] for one in read.tokens) == text:
                choice.waiting.append((choice.fed, read.tokens))
        line = choice.lines.get(CONTENT)
        if line is None or self.blocked is not None:
            return None
        free = [one for one in choice.waiting if one[0] <= line.reviewer.released]
        choice.waiting = choice.waiting[len(free) :]
        return [token for _, tokens in free for token in tokens]
