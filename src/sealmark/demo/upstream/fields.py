"""Reading the fields of a request body: each reader gives a checked value or raises `BadRequest` naming the field."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from sealmark.demo.upstream.errors import BadRequest

Body = Mapping[str, Any]


def text(body: Body, name: str, longest: int, default: str | None = None) -> str:
    """A string of at most `longest` characters; required where there is no default."""
    value = body.get(name)
    value = default if value is None else value
    if not isinstance(value, str):
        raise BadRequest(param=name, zh_reason="须为字符串", en_reason="a string is needed")
    if len(value) > longest:
        raise BadRequest(
            param=name, zh_reason=f"超过 {longest} 个字符", en_reason=f"it is longer than {longest} characters"
        )
    return value


def number(body: Body, name: str, low: float, high: float, default: float | None = None) -> float | None:
    """A finite number from `low` to `high`."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadRequest(param=name, zh_reason="须为数字", en_reason="a number is needed")
    if not low <= value <= high:
        raise BadRequest(
            param=name,
            zh_reason=f"须在 {low:g} 与 {high:g} 之间",
            en_reason=f"it must lie between {low:g} and {high:g}",
        )
    return value


def whole(body: Body, name: str, low: int, high: int, default: int | None = None) -> int | None:
    """A whole number from `low` to `high`."""
    value = number(body, name, low, high, default)
    if value is not None and value != int(value):
        raise BadRequest(param=name, zh_reason="须为整数", en_reason="a whole number is needed")
    return None if value is None else int(value)


def flag(body: Body, name: str) -> bool:
    """True or false; false where it is missing."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise BadRequest(param=name, zh_reason="须为 true 或 false", en_reason="true or false is needed")
    return bool(value)


def choice(body: Body, name: str, offered: Collection[str], default: str) -> str:
    """One of the offered strings."""
    value = text(body, name, 64, default)
    if value not in offered:
        raise BadRequest(
            param=name,
            zh_reason=f"须为以下之一：{', '.join(offered)}",
            en_reason=f"one of {', '.join(offered)} is needed",
        )
    return value


def mapping(body: Body, name: str) -> Body:
    """An object; empty where it is missing."""
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise BadRequest(param=name, zh_reason="须为对象", en_reason="an object is needed")
    return value or {}
