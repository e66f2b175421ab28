"""What leaves is built anew from the fields that we know; nothing of an upstream's answer is passed through.

A field that nobody reviews or marks cannot carry anything out: unknown fields, identifiers, fingerprints, labels of
others and odd types stay behind. `texts_of` is the one reading of a message, `message_of` and `delta_of` its writing.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from sealmark.errors import why
from sealmark.exchange.errors import UnknownBinary
from sealmark.exchange.fields import ANSWER_TEXTS, FINISH_REASONS, USAGE
from sealmark.exchange.upstreams.errors import UpstreamRubbish

CALLS = 128  # tool calls in one message, as the OpenAI interface bounds its tools
CONTENT = ("content",)

Place = tuple[str | int, ...]  # the way from a message to a text; a number is the `index` of a tool call


class Text(NamedTuple):
    """One text of a message: where it stands, what it says, and whether it is JSON."""

    place: Place
    value: str
    json: bool = False


def name_of(place: Place) -> str:
    """A place in one word."""
    return ".".join(map(str, place))


def texts_of(message: Any) -> list[Text]:
    """The texts of a message or delta, in order. Raises `UpstreamRubbish` for another shape than the interface's."""
    texts: list[Text] = []
    for name, value in _object(message, "message").items():
        if value is None:
            continue
        if name in PLACES:
            texts.append(Text(PLACES[name], _string(value, name)))
        elif name in READERS:
            texts += READERS[name](value)
    return texts


def message_of(texts: dict[Place, str], name: str) -> dict[str, Any]:
    """A whole message; `name` begins the identifiers of its tool calls."""
    message = {"role": "assistant", "content": None, **delta_of(texts, name, set())}
    for call in message.get("tool_calls", ()):
        del call["index"]
    return message


def delta_of(texts: dict[Place, str], name: str, begun: set[int]) -> dict[str, Any]:
    """A delta; tool calls that are not in `begun` get identifier and type, and are put there."""
    delta: dict[str, Any] = {}
    calls: dict[int, dict[str, Any]] = {}
    for place, text in texts.items():
        if len(place) == 1:
            delta[str(place[0])] = text
        elif place[0] == "function_call":
            delta.setdefault("function_call", {})[str(place[1])] = text
        else:
            assert isinstance(place[1], int)
            calls.setdefault(place[1], _call(place[1], name, begun))["function"][str(place[3])] = text
    if calls:
        delta["tool_calls"] = list(calls.values())
    return delta


def number(value: Any, below: int) -> int:
    """An index; raises `UpstreamRubbish` for what is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < below:
        raise UpstreamRubbish(**why("编号超出范围", "an index out of range"))
    return value


def finish_of(reason: Any) -> str:
    """Why a choice ended, in the interface's own words."""
    return reason if isinstance(reason, str) and reason in FINISH_REASONS else "stop"


def usage_of(value: Any) -> dict[str, Any] | None:
    """The counts of tokens: known names, whole numbers."""
    if not isinstance(value, dict):
        return None
    counts = {name: _count(value.get(name)) for name in USAGE if name in value}
    return {name: count for name, count in counts.items() if count is not None}


def probabilities_of(value: Any) -> list[dict[str, Any]]:
    """Log-probabilities as token, number and bytes; alternatives stay behind, since they tell other text."""
    rows = _list(_object(value, "logprobs").get("content"), "logprobs")
    return [_probability(_object(row, "logprobs")) for row in rows]


def is_json(text: str) -> bool:
    """Whether a text is a JSON value of its own."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def as_bytes(texts: dict[str, str]) -> bytes:
    """The texts of a message that has no content, as the item of its record."""
    return orjson.dumps(texts, option=orjson.OPT_SORT_KEYS)


def _probability(row: dict[str, Any]) -> dict[str, Any]:
    token, value = _string(row.get("token"), "logprobs"), row.get("logprob")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UpstreamRubbish(**why("对数概率不是数字", "a log-probability that is no number"))
    return {"token": token, "logprob": value, "bytes": list(token.encode()), "top_logprobs": []}


def _count(value: Any) -> Any:
    if isinstance(value, dict):
        return usage_of(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _call(index: int, name: str, begun: set[int]) -> dict[str, Any]:
    head: dict[str, Any] = {"index": index}
    if index not in begun:
        begun.add(index)
        head |= {"id": f"call_{name}_{index}", "type": "function"}
    return {**head, "function": {}}


def _audio(_: Any) -> Iterator[Text]:
    raise UnknownBinary(field="audio")


def _function_call(value: Any) -> Iterator[Text]:
    return _function(("function_call",), value)


def _tool_calls(value: Any) -> Iterator[Text]:
    for position, call in enumerate(_list(value, "tool_calls")):
        index = number(_object(call, "tool_calls").get("index", position), CALLS)
        yield from _function(("tool_calls", index, "function"), call.get("function") or {})


def _function(place: Place, value: Any) -> Iterator[Text]:
    row = _object(value, str(place[0]))
    if row.get("name") is not None:
        yield Text((*place, "name"), _string(row["name"], "name"))
    if row.get("arguments") is not None:
        yield Text((*place, "arguments"), _string(row["arguments"], "arguments"), json=True)


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UpstreamRubbish(**why(f"{name} 不是对象", f"{name} is not an object"))
    return value


def _list(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise UpstreamRubbish(**why(f"{name} 不是列表", f"{name} is not a list"))
    return value


def _string(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise UpstreamRubbish(**why(f"{name} 不是字符串", f"{name} is not a string"))
    return value


PLACES: Mapping[str, Place] = {name: (name,) for name in ANSWER_TEXTS}
READERS: Mapping[str, Callable[[Any], Iterator[Text]]] = {
    "audio": _audio,
    "function_call": _function_call,
    "tool_calls": _tool_calls,
}
