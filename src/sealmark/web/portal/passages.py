"""What was asked and answered, as a person reads it: who said what, in order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SINGLE = ("prompt", "input")  # where requests for pictures and speech hold their text


@dataclass(frozen=True, slots=True)
class Passage:
    """One thing that was said; `role` is the protocol's word, empty where there is none."""

    role: str
    text: str


def passages(value: Any) -> list[Passage]:
    """The passages of a request's body; empty where the shape is not one we know."""
    return [passage for passage in _passages(value) if passage.text]


def answers(value: Any) -> list[Passage]:
    """The texts of an answer as its record keeps them: for each choice or picture, texts by where they stood."""
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return [
        Passage("assistant" if place == "content" else place, text)
        for row in rows
        for place, text in row.items()
        if isinstance(text, str) and text
    ]


def pretty(value: Any) -> str | None:
    """The whole value as indented JSON; None for nothing."""
    return None if value is None else json.dumps(value, ensure_ascii=False, indent=2)


def _passages(value: Any) -> Iterator[Passage]:
    if isinstance(value, str):
        yield Passage("", value)
    elif isinstance(value, dict):
        yield from _of_object(value)
    elif isinstance(value, list):
        for one in value:
            yield from _passages(one)


def _of_object(value: dict[str, Any]) -> Iterator[Passage]:
    if "role" in value:
        yield Passage(str(value["role"]), _content(value.get("content")))
        return
    for name in _SINGLE:
        if isinstance(value.get(name), str):
            yield Passage("", value[name])
    if isinstance(value.get("messages"), list):
        yield from _passages(value["messages"])


def _content(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(filter(None, (_content(part) for part in content)))
    if isinstance(content, dict):
        return str(content.get("text", f"[{content.get('type', '…')}]"))
    return content if isinstance(content, str) else ""
