"""Prims to be added to a USD layer, and how they are written as text (OpenUSD, USDA file format)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.pieces import Buffer, Pieces, Span
from sealmark.media.scene import usd_scene, usda
from sealmark.media.scene.usd_scene import Stage


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its type as text has it, and its value.

    The value is a string for a token, a list of strings for tokens, a bool, a float, or an array [n] or [n, m].
    """

    kind: str
    name: str
    value: Any
    uniform: bool = False
    custom: bool = False
    interpolation: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a shader, or one that another output is connected to by its path."""

    name: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship to a prim by its path."""

    name: str
    target: str


@dataclass(frozen=True, slots=True)
class NewPrim:
    """A prim with its properties and the prims in it; `schemas` are API schemas that are applied to it."""

    kind: str
    name: str
    properties: tuple[Attribute | Output | Relationship, ...] = ()
    children: tuple["NewPrim", ...] = ()
    schemas: tuple[str, ...] = ()


def added(data: Buffer, stage: Stage, parent: int | None, new: NewPrim) -> Pieces:
    """The text with one more prim: the first in its parent, or the last of the layer."""
    if parent is None:
        head = data[: len(data)]
        ending = b"" if head.endswith((b"\n", b"\r")) else b"\n"
        return (Span(0, len(data)), ending + b"\n" + written(new, 0))
    at = stage.prims[parent].place
    if data[at - 1 : at] != b"{":
        raise Damaged(format="USD", **why("场景内容", "content of the scene"))
    return (Span(0, at), b"\n" + written(new, 1), Span(at, len(data)))


def free_name(stage: Stage, parent: int | None, name: str) -> str:
    """That name, or with a number behind it where one of the parent's prims has it."""
    taken = {prim.name for prim in stage.prims if prim.parent == parent}
    return next(one for one in (name, *(f"{name}_{number}" for number in range(1, len(taken) + 2))) if one not in taken)


def path(stage: Stage, parent: int | None, name: str) -> str:
    """The path of a prim of that name in its parent."""
    return f"{usd_scene.path(stage, parent)}/{name}"


def written(new: NewPrim, depth: int) -> bytes:
    """A prim as text, indented by four blanks a level."""
    return "".join(f"{'    ' * level}{line}\n" for level, line in _lines(new, depth)).encode()


def _lines(new: NewPrim, depth: int) -> Iterator[tuple[int, str]]:
    # Laid out as USD's own library does it: there are readers that go by lines.
    yield depth, f"def {new.kind} {_quoted(new.name)}{' (' * bool(new.schemas)}"
    if new.schemas:
        yield depth + 1, f"prepend apiSchemas = {_listed(new.schemas)}"
        yield depth, ")"
    yield depth, "{"
    for one in new.properties:
        yield from ((depth + 1 + deeper, line) for deeper, line in _property(one))
    for child in new.children:
        yield from _lines(child, depth + 1)
    yield depth, "}"


def _property(one: Attribute | Output | Relationship) -> Iterator[tuple[int, str]]:
    if isinstance(one, Relationship):
        yield 0, f"rel {one.name} = <{one.target}>"
    elif isinstance(one, Output):
        yield 0, f"token {one.name}.connect = <{one.target}>" if one.target else f"token {one.name}"
    else:
        said = f"{'custom ' * one.custom}{'uniform ' * one.uniform}{one.kind} {one.name} = {_value(one)}"
        yield 0, said + " (" * bool(one.interpolation)
        if one.interpolation:
            yield 1, f"interpolation = {_quoted(one.interpolation)}"
            yield 0, ")"


def _value(one: Attribute) -> str:
    value = one.value
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return _listed(tuple(value))
    if isinstance(value, float | bool):
        return _number(value)
    rows = [_tuple(row) if value.ndim == 2 else _number(row) for row in value]
    return f"[{', '.join(rows)}]" if one.kind.endswith("[]") else f"({', '.join(rows)})"


def _tuple(row: Any) -> str:
    return f"({', '.join(map(_number, row))})"


def _number(number: Any) -> str:
    if isinstance(number, np.integer | bool):
        return str(int(number))
    if isinstance(number, np.float32):
        return str(number)
    return f"{float(number):.17g}"


def _listed(values: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quoted, values))}]"


def _quoted(said: str) -> str:
    return usda.quoted(said).decode()
