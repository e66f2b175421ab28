"""A command's help, in the reader's language and no wider than the terminal: usage, what it does, what it takes."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from typer.core import TyperArgument, TyperOption

from sealmark.cli.spoken import said
from sealmark.cli.terminal import out
from sealmark.cli.wrapping import fitted, wrapped

Row = tuple[str, str]  # how it is written, what it is
_WIDEST, _INDENT, _GAP, _NAMES = 100, "  ", 2, 34  # columns; names wider than that have a line of their own


def show(path: str, command: Any, parameters: Iterable[Any]) -> None:
    """Print the help of a command that is called by this path, with these parameters."""
    console = out()
    width = min(console.width, _WIDEST)
    given, options = _arguments(parameters), _options(parameters)
    below = getattr(command, "commands", {})
    console.print(
        Text.assemble((said("用法：", "Usage: "), "muted"), (_usage(path, given, below), "bold")), soft_wrap=True
    )
    for paragraph in (command.help or "").split("\n\n"):
        console.print("\n", fitted(Text.from_markup(paragraph), width), sep="", soft_wrap=True)
    for title, rows in (
        (said("参数", "Arguments"), [_argument(one) for one in given]),
        *_panels(below.values()),
        (said("选项", "Options"), [_option(one) for one in options]),
    ):
        if rows:
            console.print(f"\n[strong]{title}[/strong]")
            console.print("\n".join(_lines(rows, width)), soft_wrap=True, markup=False)
    if command.epilog:
        console.print("\n", Text(wrapped(command.epilog, width), "muted"), sep="", soft_wrap=True)


def _usage(path: str, given: list[TyperArgument], below: Any) -> str:
    names = [_name(one) for one in given]
    return " ".join([path, said("[选项]", "[OPTIONS]"), *names, *([said("命令", "COMMAND")] if below else [])])


def _arguments(parameters: Iterable[Any]) -> list[TyperArgument]:
    return [one for one in parameters if isinstance(one, TyperArgument) and not one.hidden]


def _options(parameters: Iterable[Any]) -> list[TyperOption]:
    return [one for one in parameters if isinstance(one, TyperOption) and not one.hidden]


def _name(one: TyperArgument | TyperOption) -> str:
    return one.metavar or str(one.name).upper()


def _argument(one: TyperArgument) -> Row:
    return _name(one), one.help or ""


def _option(one: TyperOption) -> Row:
    written = ", ".join(sorted(one.opts, key=len))
    if "--help" in one.opts:
        return written, said("显示本说明。", "Show this help.")
    return written if one.is_flag else f"{written} {_name(one)}", " ".join([one.help or "", *_remarks(one)])


def _remarks(one: TyperOption) -> Iterator[str]:
    if one.required:
        yield said("[必填]", "[required]")
    elif one.show_default and one.default is not None and not one.is_flag:
        yield said(f"[缺省 {one.default}]", f"[default {one.default}]")
    if one.min is not None and one.max is not None:
        yield f"[{one.min}–{one.max}]"


def _panels(commands: Iterable[Any]) -> Iterator[tuple[str, list[Row]]]:
    """The commands below, under their headings, in their order."""
    for title, group in groupby(commands, key=lambda one: one.rich_help_panel):
        yield title or said("命令", "Commands"), [(one.name, (one.help or "").partition("\n\n")[0]) for one in group]


def _lines(rows: list[Row], width: int) -> Iterator[str]:
    names = max((cell_len(name) for name, _ in rows if cell_len(name) <= _NAMES), default=_NAMES)
    column = len(_INDENT) + names + _GAP
    for name, told in rows:
        first, *rest = wrapped(told, max(width - column, 20)).split("\n")
        if cell_len(name) > names:
            yield _INDENT + name
            yield " " * column + first
        else:
            yield _INDENT + set_cell_size(name, names + _GAP) + first
        yield from (" " * column + line for line in rest)
