"""What came back: its text, its label, and whether it is what was asked for."""

import json
from collections.abc import Iterable
from typing import Any

from benchmarks.gateway.load import Answer, Call
from benchmarks.gateway.texts import ANSWER
from sealmark.marks.explicit.text import opening
from sealmark.marks.label import Label

MARKED = opening("zh") + ANSWER


class Wrong(Exception):
    """An answer, a record or a label is not what it must be: no figure of this run counts."""


def text_of(answer: Answer, *, stream: bool) -> str:
    """The text that an answer shows, whatever else it says."""
    if not stream:
        body = json.loads(answer.body)
        return "".join(choice["message"].get("content") or "" for choice in body.get("choices", ()))
    choices = (choice for event in events(answer.body) for choice in event.get("choices", ()))
    return "".join((choice.get("delta") or {}).get("content") or "" for choice in choices)


def events(body: bytes) -> list[dict[str, Any]]:
    """The JSON events of a stream, `[DONE]` left out."""
    lines = (part.removeprefix(b"data: ") for part in body.split(b"\n\n") if part.startswith(b"data: "))
    return [json.loads(line) for line in lines if line != b"[DONE]"]


def check_answers(name: str, call: Call, answers: Iterable[Answer], expected: str) -> None:
    """Raise `Wrong` unless every answer is whole and says what the upstream said."""
    for answer in answers:
        if answer.status != 200 or text_of(answer, stream=call.stream) != expected:
            raise Wrong(f"{name} answered {answer.status}: {answer.body[-600:].decode('utf-8', 'replace')}")
        if call.stream and not answer.body.rstrip().endswith(b"data: [DONE]"):
            raise Wrong(f"{name} ended a stream without [DONE]")


def labels_of(call: Call, answers: Iterable[Answer]) -> list[Label]:
    """The label that each answer carries, read back; raises `Wrong` where one has none, or more than one."""
    return [_label(answer, call) for answer in answers]


def _label(answer: Answer, call: Call) -> Label:
    bodies = events(answer.body) if call.stream else [json.loads(answer.body)]
    found = [body["aigc"] for body in bodies if "aigc" in body]
    if len(found) != 1:
        raise Wrong(f"an answer with {len(found)} labels: {answer.body[:300].decode('utf-8', 'replace')}")
    return Label.of(found[0])
