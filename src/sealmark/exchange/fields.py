"""*The* table of content-bearing fields of every endpoint.

Review, marking and the test that nothing is missed all read it. Of a request, everything is reviewed: what the table
does not name is text, names of fields included. Of an answer, only what it names leaves. A field that somebody invents
tomorrow is a way around neither (Art. 10).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sealmark.exchange.errors import RemoteContent, TooIntricate, UnknownBinary


class Kind(Enum):
    """How the value of a field is looked at."""

    TEXT = "text"
    OURS = "ours"  # replaced by us before the upstream sees it
    BINARY = "binary"  # an inline file, as base64 or a data: URL


@dataclass(slots=True)
class Node:
    """One place in a body: what a string there is, and what lies below."""

    kind: Kind | None = None
    below: dict[str, "Node"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A content-bearing value: where it stands, how it is looked at, and what it is."""

    path: str
    kind: Kind
    value: str


DEPTH = 64  # levels of nesting
FIELDS = 20_000  # strings and other values in one body
BASE64_RUN = re.compile(r"[A-Za-z0-9+/=_-]{1024,}")
INLINE = re.compile(r"(data:[\w.+/-]{1,100};base64,)?[A-Za-z0-9+/_-]+={0,2}", re.ASCII)
ADDRESS = re.compile(r"\s*(https?|ftps?|file|wss?|s3|gs|data):", re.IGNORECASE)

# What may leave of a message, besides the names and arguments of its calls; answers.py builds every answer from it.
ANSWER_TEXTS = ("content", "refusal", "reasoning_content", "reasoning")
FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
USAGE = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "input_tokens",
    "output_tokens",
    "prompt_tokens_details",
    "completion_tokens_details",
    "cached_tokens",
    "audio_tokens",
    "text_tokens",
    "image_tokens",
    "reasoning_tokens",
    "accepted_prediction_tokens",
    "rejected_prediction_tokens",
)


def _table(**kinds: str) -> Node:
    """A table from lines of paths; `[]` stands for every element of a list."""
    root = Node()
    for name, paths in kinds.items():
        for path in paths.split():
            node = root
            for step in path.replace("[]", ".[]").split("."):
                node = node.below.setdefault(step, Node())
            node.kind = Kind(name)
    return root


CHAT = _table(
    ours="model user safety_identifier",
    text="""
        messages[].role messages[].name messages[].content messages[].refusal messages[].reasoning_content
        messages[].tool_call_id messages[].tool_calls[].id messages[].tool_calls[].type
        messages[].tool_calls[].function.name messages[].tool_calls[].function.arguments
        messages[].function_call.name messages[].function_call.arguments
        messages[].content[].type messages[].content[].text messages[].content[].refusal
        messages[].content[].image_url.detail messages[].content[].input_audio.format
        messages[].content[].file.filename stop stop[] response_format.type tools[].type tool_choice modalities[]
        audio.voice audio.format prompt_cache_key service_tier reasoning_effort verbosity
    """,
    binary="""
        messages[].content[].image_url messages[].content[].image_url.url
        messages[].content[].input_audio.data messages[].content[].file.file_data
        messages[].content[].video_url messages[].content[].video_url.url
    """,
)
IMAGES = _table(
    ours="model user safety_identifier",
    text="prompt size quality style response_format output_format background moderation",
)
SPEECH = _table(
    ours="model user safety_identifier",
    text="input instructions voice response_format stream_format",
)


def contents(body: Any, table: Node) -> Iterator[Found]:
    """Every content-bearing string of a request, with its path; names of unknown fields are strings too.

    Raises `UnknownBinary` for binary content where none is expected, `RemoteContent` for what only the upstream
    would see, `TooIntricate` for a body that nobody writes by hand.
    """
    budget = iter(range(FIELDS))
    yield from _walk(body, table, "", 0, budget)


def joined(found: Iterable[Found]) -> Iterator[Found]:
    """The parts of one message, as the model reads them: one text. A term may be split over them."""
    parts: dict[str, list[str]] = {}
    for one in found:
        message, part, _ = one.path.partition(".content[")
        if part and one.kind is Kind.TEXT and one.path.endswith((".text", ".refusal")):
            parts.setdefault(message, []).append(one.value)
    return (
        Found(f"{message}.content", Kind.TEXT, "".join(texts)) for message, texts in parts.items() if len(texts) > 1
    )


def _walk(value: Any, node: Node | None, path: str, depth: int, budget: Iterator[int]) -> Iterator[Found]:
    if depth > DEPTH or next(budget, None) is None:
        raise TooIntricate(depth=DEPTH, fields=FIELDS)
    if isinstance(value, str):
        yield from _leaf(value, node.kind if node else None, path)
    elif isinstance(value, dict):
        for name, below in value.items():
            known = node.below.get(name) if node else None
            if known is None:
                yield Found(f"{path}.#", Kind.TEXT, name)  # the name itself is content here, so it is no path
            yield from _walk(below, known, f"{path}.{name if known else '*'}", depth + 1, budget)
    elif isinstance(value, list):
        each = node.below.get("[]") if node else None
        for index, below in enumerate(value):
            yield from _walk(below, each, f"{path}[{index}]", depth + 1, budget)


def _leaf(value: str, kind: Kind | None, path: str) -> Iterator[Found]:
    if not value or kind is Kind.OURS:
        return
    if kind is Kind.BINARY:
        if not INLINE.fullmatch("".join(value.split())):
            raise RemoteContent(field=path)
        yield Found(path, kind, value)
        return
    if kind is None:
        _require_text(value, path)
    yield Found(path, Kind.TEXT, value)


def _require_text(value: str, path: str) -> None:
    """In a field that nobody knows neither files nor addresses are taken: nobody here would see what is there."""
    if ADDRESS.match(value):
        raise (UnknownBinary if value.lstrip().lower().startswith("data:") else RemoteContent)(field=path)
    if len(value) >= 1024 and BASE64_RUN.search("".join(value.split())):
        raise UnknownBinary(field=path)
