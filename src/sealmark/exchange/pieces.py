"""The pieces of a streamed chat: each field of each choice is reviewed with exact hold-back, marked, and sent on.

What a piece may not show yet leaves it and comes with a later one; log-probabilities wait with their text.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sealmark.exchange.chat import Marking
from sealmark.exchange.errors import UnknownBinary, UpstreamRubbish
from sealmark.exchange.fields import CHAT, TOKEN, Found, Kind, Node, contents
from sealmark.exchange.stages import readable
from sealmark.review import Finding, Library, StreamReviewer

DELTA = CHAT.piece.below["choices"].below["[]"].below["delta"]
CONTENT = ("content",)

Place = tuple[str | int, ...]  # the way from `delta` to a field; a number is the `index` of a list's element


@dataclass(slots=True)
class Choice:
    """One choice of the answer, as far as it has come."""

    reviewers: dict[Place, StreamReviewer] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    waiting: list[tuple[int, Any]] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    fed: int = 0
    finished: bool = False


class Pieces:
    """Reviews and rewrites the pieces of one stream; `blocked` is set when one must not pass."""

    def __init__(self, library: Library, marking: Marking) -> None:
        self._library, self._marking = library, marking
        self.choices: dict[int, Choice] = {}
        self.blocked: Finding | None = None

    def take(self, piece: dict[str, Any]) -> bool:
        """Rewrite a piece so that it shows only what may be released; False when nothing is left to show.

        Raises `UpstreamRubbish` for a piece of another shape, `UnknownBinary` for binary content.
        """
        choices = piece.get("choices", [])
        if not isinstance(choices, list):
            raise UpstreamRubbish(problem="choices is not a list")
        deltas = [_delta(choice) for choice in choices]
        self._scan(contents({**piece, "choices": [_rest(choice) for choice in choices]}, CHAT.piece))
        shows = not choices
        for choice, delta in zip(choices, deltas, strict=True):
            shows |= self._choice(choice, delta)
        return shows

    def rest(self) -> list[dict[str, Any]]:
        """What is still held when the stream ends as it should: one choice each, to be sent in a last piece."""
        last = []
        for index, choice in self.choices.items():
            if not choice.finished:
                delta: dict[str, Any] = {}
                self._finish(choice, delta)
                if delta:
                    last.append({"index": index, "delta": delta, "finish_reason": None})
        return last

    @property
    def complete(self) -> bool:
        """Whether every choice that began has ended."""
        return bool(self.choices) and all(choice.finished for choice in self.choices.values())

    def reviewed(self) -> list[tuple[str, StreamReviewer]]:
        """Every field that was reviewed, with its reviewer, for the closing record."""
        return [
            (f"choices[{index}].delta.{'.'.join(map(str, place))}", reviewer)
            for index, choice in self.choices.items()
            for place, reviewer in choice.reviewers.items()
        ]

    def _choice(self, row: dict[str, Any], delta: dict[str, Any]) -> bool:
        index = row.get("index", 0)
        if not isinstance(index, int):
            raise UpstreamRubbish(problem="a choice without its index")
        choice = self.choices.setdefault(index, Choice())
        if choice.finished and delta:
            raise UpstreamRubbish(problem="a choice goes on after its end")
        shows = self._rewrite(choice, delta, DELTA, ())
        if row.get("finish_reason") is not None:
            shows |= self._end(choice, row, delta)
        self._let_probabilities_wait(choice, row)
        return shows

    def _end(self, choice: Choice, row: dict[str, Any], delta: dict[str, Any]) -> bool:
        """The choice ends with this piece, unless it was blocked: then its end is the error that follows."""
        if self.blocked is not None:
            row["finish_reason"] = None
            return False
        self._finish(choice, delta)
        return True

    def _rewrite(self, choice: Choice, holder: dict[str, Any], table: Node, place: Place) -> bool:
        """Review every string below `holder`; True when something is left that is worth sending."""
        shows = False
        for name, value in holder.items():
            node = table.below.get(name)
            if node is None:
                self._scan([Found("", Kind.TEXT, name)])
                node = Node()
            if isinstance(value, str):
                holder[name] = text = self._text(choice, value, node.kind, (*place, name))
                shows |= bool(text) or not value
            elif isinstance(value, dict):
                shows |= self._rewrite(choice, value, node, (*place, name))
            elif isinstance(value, list):
                shows |= self._rewrite_list(choice, value, node.below.get("[]", Node()), (*place, name))
        return shows

    def _rewrite_list(self, choice: Choice, rows: list[Any], table: Node, place: Place) -> bool:
        shows = False
        for position, value in enumerate(rows):
            if isinstance(value, dict):
                number = value.get("index", position)
                shows |= self._rewrite(choice, value, table, (*place, number if isinstance(number, int) else position))
            else:
                self._scan(contents(value, table))
                shows = True
        return shows

    def _text(self, choice: Choice, value: str, kind: Kind | None, place: Place) -> str:
        if kind is Kind.STRUCTURE and TOKEN.fullmatch(value):
            return value
        if kind is Kind.BINARY:
            raise UnknownBinary(field="delta")
        if self.blocked is not None:
            return ""
        reviewer = choice.reviewers.get(place)
        if reviewer is None:
            reviewer = StreamReviewer(self._library, json_escaped=kind is Kind.JSON)
            choice.reviewers[place] = reviewer
        passed = reviewer.feed(value)
        self.blocked = reviewer.blocked
        if place != CONTENT:
            return passed
        choice.fed += len(value)
        choice.received.append(value)
        return self._marked(choice, passed)

    def _marked(self, choice: Choice, passed: str) -> str:
        """Released text with the opening mark before its first character."""
        if not passed:
            return ""
        choice.body.append(passed)
        if not choice.sent:
            passed = self._marking.opening + passed
        choice.sent.append(passed)
        return passed

    def _finish(self, choice: Choice, delta: dict[str, Any]) -> None:
        """Let go what is held at the end of a choice, and close the text with its mark."""
        choice.finished = True
        for place, reviewer in choice.reviewers.items():
            rest = reviewer.finish()
            if place == CONTENT:
                rest = self._marked(choice, rest)
                if choice.sent and self._marking.closing:
                    choice.sent.append(self._marking.closing)
                    rest += self._marking.closing
            if rest:
                _put(delta, place, rest)

    def _let_probabilities_wait(self, choice: Choice, row: dict[str, Any]) -> None:
        """Log-probabilities tell the text, so they leave with it."""
        if row.get("logprobs") is not None:
            self._scan(contents(row["logprobs"], Node()))
            choice.waiting.append((choice.fed, row["logprobs"]))
            row["logprobs"] = None
        reviewer = choice.reviewers.get(CONTENT)
        released = reviewer.released if reviewer else 0
        free = [found for upto, found in choice.waiting if upto <= released]
        if not free or self.blocked is not None:
            return
        choice.waiting = choice.waiting[len(free) :]
        row["logprobs"] = {
            name: [token for found in free if isinstance(found, dict) for token in found.get(name) or []]
            for name in ("content", "refusal")
        }

    def _scan(self, found: Iterable[Found]) -> None:
        """Review strings that come whole: fields outside of the deltas, and names nobody knows."""
        for one in found:
            for finding in self._library.scan(readable(one)):
                if finding.severity == "block":
                    self.blocked = self.blocked or finding


def _delta(choice: Any) -> dict[str, Any]:
    if not isinstance(choice, dict) or not isinstance(choice.get("delta") or {}, dict):
        raise UpstreamRubbish(problem="a choice without its delta")
    if not choice.get("delta"):
        choice["delta"] = {}
    delta: dict[str, Any] = choice["delta"]
    return delta


def _rest(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice without what is reviewed on its own."""
    return {name: value for name, value in choice.items() if name not in ("delta", "logprobs")}


def _put(delta: dict[str, Any], place: Place, text: str) -> None:
    """Add text to the field at `place`, making what is missing on the way."""
    holder: Any = delta
    for step, following in zip(place, (*place[1:], ""), strict=True):
        if isinstance(step, int):
            holder = _element(holder, step)
        elif following == "":  # the field itself
            holder[step] = (holder.get(step) or "") + text
        else:
            holder = holder.setdefault(step, [] if isinstance(following, int) else {})


def _element(rows: list[dict[str, Any]], index: int) -> dict[str, Any]:
    for row in rows:
        if row.get("index") == index:
            return row
    rows.append({"index": index})
    return rows[-1]
