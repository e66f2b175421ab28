"""Commands whose help and refusals speak the reader's language also where Typer finds the words.

The help is our own (`manual`). Typer's messages about a command that cannot be understood have no place where another
language could be put in: the known ones are read and said in Chinese, and one that is not known stays as it is.
"""

import re
from typing import Any

import typer
from typer._click import Context, HelpFormatter
from typer.core import TyperCommand, TyperGroup

from sealmark.cli import manual
from sealmark.cli.spoken import language

_MESSAGES = tuple(
    (re.compile(english), chinese)
    for english, chinese in (
        (r"No such option: (\S+) \(Possible options: (.+)\)", r"没有选项 \1；相近的有 \2"),
        (r"No such option: (\S+)", r"没有选项 \1"),
        (r"No such command '(.*)'\. Did you mean '(.+)'\?", r"没有命令 \1；相近的有 \2"),
        (r"No such command '(.*)'", r"没有命令 \1"),
        (r"Missing command", "缺少命令"),
        (r"Missing argument '?(.+?)'?", r"缺少参数 \1"),
        (r"Missing option (.+)", r"缺少选项 \1"),
        (r"Option '(.+)' requires an argument", r"选项 \1 须带一个值"),
        (r"Option '(.+)' does not take a value", r"选项 \1 不带值"),
        (r"Got unexpected extra argument\(s\) \((.+)\)", r"多出的参数：\1"),
        (r"(Invalid value for .+): Input should be a valid integer.*", r"\1: 须为整数"),
        (r"(Invalid value for .+): Input should be less than or equal to (\S+)", r"\1: 不能大于 \2"),
        (r"(Invalid value for .+): Input should be greater than or equal to (\S+)", r"\1: 不能小于 \2"),
        (r"Invalid value for '?(.+?)'?: (.+)", r"\1 的值不可用：\2"),
    )
)


class Commands(typer.Typer):
    """A group of commands; every command and group below it speaks."""

    def __init__(self, **given: Any) -> None:
        super().__init__(cls=SpeakingGroup, no_args_is_help=True, **given)

    def command(self, *names: Any, **given: Any) -> Any:
        """As Typer's own."""
        return super().command(*names, cls=SpeakingCommand, **given)


class SpeakingCommand(TyperCommand):
    """A command whose help is ours."""

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Print the help; nothing is left for the formatter."""
        manual.show(ctx.command_path, self, self.get_params(ctx))


class SpeakingGroup(TyperGroup):
    """A group whose help is ours."""

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Print the help; nothing is left for the formatter."""
        manual.show(ctx.command_path, self, self.get_params(ctx))


def spoken(message: str) -> str:
    """A message of Typer's about a command that cannot be understood, without its full stop."""
    message = message.strip().rstrip(".")
    if language() != "zh":
        return message
    for english, chinese in _MESSAGES:
        if found := english.fullmatch(message):
            message = found.expand(chinese)
    return message
