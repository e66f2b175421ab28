"""*The* table of content-bearing fields of every endpoint.

Review, marking and the test that nothing is missed all read it. What it does not name is reviewed as text, names
of fields included: a field that somebody invents tomorrow must not be a way around (Art. 10).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sealmark.exchange.errors import RemoteContent, TooIntricate, UnknownBinary


class Kind(Enum):
    """How the value of a field is looked at."""

    STRUCTURE = "structure"  # a short token of the protocol; anything longer is text
    TEXT = "text"
    JSON = "json"  # text that holds JSON: escapes are undone before review
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


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The tables of one endpoint: its request, its whole answer, and one piece of its stream."""

    request: Node
    answer: Node
    piece: Node


DEPTH = 64  # levels of nesting
FIELDS = 20_000  # strings of content in one body
TOKEN = re.compile(r"[\w.:/+\- ]{0,100}", re.ASCII)
BASE64_RUN = re.compile(r"[A-Za-z0-9+/=_-]{1024,}")


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


_MESSAGE = """
    {0}.content {0}.refusal {0}.reasoning_content {0}.reasoning {0}.name
    {0}.tool_calls[].function.name {0}.function_call.name {0}.audio.transcript
"""
_MESSAGE_STRUCTURE = "{0}.role {0}.tool_calls[].id {0}.tool_calls[].type {0}.audio.id "
_MESSAGE_JSON = "{0}.tool_calls[].function.arguments {0}.function_call.arguments"
_ANSWER_STRUCTURE = "id object model system_fingerprint service_tier choices[].finish_reason "

CHAT = Endpoint(
    request=_table(
        structure="""
            model user safety_identifier prompt_cache_key service_tier reasoning_effort verbosity
            messages[].role messages[].tool_call_id messages[].tool_calls[].id messages[].tool_calls[].type
            messages[].content[].type messages[].content[].image_url.detail
            messages[].content[].input_audio.format response_format.type tools[].type tool_choice modalities[]
            audio.voice audio.format
        """,
        text=_MESSAGE.format("messages[]") + "messages[].content[].text messages[].content[].refusal stop stop[]",
        json=_MESSAGE_JSON.format("messages[]"),
        binary="""
            messages[].content[].image_url.url messages[].content[].input_audio.data
            messages[].content[].file.file_data
        """,
    ),
    answer=_table(
        structure=_ANSWER_STRUCTURE + _MESSAGE_STRUCTURE.format("choices[].message"),
        text=_MESSAGE.format("choices[].message"),
        json=_MESSAGE_JSON.format("choices[].message"),
        binary="choices[].message.audio.data",
    ),
    piece=_table(
        structure=_ANSWER_STRUCTURE + _MESSAGE_STRUCTURE.format("choices[].delta"),
        text=_MESSAGE.format("choices[].delta"),
        json=_MESSAGE_JSON.format("choices[].delta"),
        binary="choices[].delta.audio.data",
    ),
)

IMAGES = Endpoint(
    request=_table(
        structure="model user safety_identifier size quality style response_format output_format background moderation",
        text="prompt",
    ),
    answer=_table(
        structure="output_format size quality background",
        text="data[].revised_prompt",
        binary="data[].b64_json data[].url",
    ),
    piece=_table(),
)

SPEECH = Endpoint(
    request=_table(
        structure="model user safety_identifier voice response_format stream_format",
        text="input instructions",
    ),
    answer=_table(),
    piece=_table(),
)


def contents(body: Any, table: Node) -> Iterator[Found]:
    """Every content-bearing string of a body, with its path.

    Raises `UnknownBinary` for binary content where none is expected, `RemoteContent` for what only the upstream
    would see, `TooIntricate` for a body that nobody writes by hand.
    """
    for count, found in enumerate(_walk(body, table, "", 0)):
        if count == FIELDS:
            raise TooIntricate(depth=DEPTH, fields=FIELDS)
        yield found


def _walk(value: Any, node: Node | None, path: str, depth: int) -> Iterator[Found]:
    if depth > DEPTH:
        raise TooIntricate(depth=DEPTH, fields=FIELDS)
    if isinstance(value, str):
        yield from _leaf(value, node.kind if node else None, path)
    elif isinstance(value, dict):
        for name, below in value.items():
            known = node.below.get(name) if node else None
            if known is None:
                yield Found(f"{path}.#", Kind.TEXT, name)  # the name itself is content here, so it is no path
            yield from _walk(below, known, f"{path}.{name if known else '*'}", depth + 1)
    elif isinstance(value, list):
        each = node.below.get("[]") if node else None
        for index, below in enumerate(value):
            yield from _walk(below, each, f"{path}[{index}]", depth + 1)


def _leaf(value: str, kind: Kind | None, path: str) -> Iterator[Found]:
    if not value or (kind is Kind.STRUCTURE and TOKEN.fullmatch(value)):
        return
    if kind is Kind.BINARY:
        if value.startswith(("http://", "https://", "file:", "ftp:")):
            raise RemoteContent(field=path)
        yield Found(path, kind, value)
        return
    if kind is None and (value.startswith("data:") or BASE64_RUN.search(value)):
        raise UnknownBinary(field=path)
    yield Found(path, Kind.TEXT if kind in (None, Kind.STRUCTURE) else kind, value)
