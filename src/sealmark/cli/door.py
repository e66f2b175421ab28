"""The one door: every command enters here, and every error leaves as one line and an exit code."""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer
from typer._click.exceptions import ClickException, UsageError

from sealmark.cli import applications, demo, end_users, grants, keys, ledger, mark, review, serve, services, verify
from sealmark.cli.commands import Commands, spoken
from sealmark.cli.errors import Misused
from sealmark.cli.spoken import flowing, said
from sealmark.cli.terminal import UNUSABLE, YES, as_json, complain, json_line, remark
from sealmark.errors import SealmarkError

INTERRUPTED = 130  # as shells have it: 128 + SIGINT
_ABOUT = flowing(
    """深印：对生成合成内容逐一准入、审核、标识、存证。

    初次使用：运行 [bold]sealmark demo[/bold]，用真实的模型走完全程。""",
    """Sealmark admits, reviews, marks and records everything that a generator makes.

    New here? Run [bold]sealmark demo[/bold]: a real model answers, and you watch every step.""",
)
_EXAMPLES = said(
    "退出码：0 是，1 否，2 输入无法使用。每个命令都可加 --json。界面语言取自 LANG。",
    "Exit codes: 0 yes, 1 no, 2 unusable input. Every command takes --json. LANG=zh_CN.UTF-8 speaks Chinese.",
)


def app() -> typer.Typer:
    """Every command, in the order a newcomer meets them."""
    whole = Commands(
        name="sealmark",
        help=_ABOUT,
        epilog=_EXAMPLES,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    for room in (demo, serve, mark, verify, review, ledger, services, applications, keys, end_users, grants):
        room.install(whole)
    return whole


def run(arguments: Sequence[str] | None) -> int:
    """Run one command and give its exit code; no error leaves here as a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _speak_any_character()
    try:
        code = app()(given, prog_name="sealmark", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return _unread()
    except ClickException as error:
        return _refused(_misused(error), given) if error.format_message() else UNUSABLE  # else its help was printed
    except Exception as error:
        return _refused(error, given) if isinstance(error, SealmarkError) else _failed(error, given)
    return code if isinstance(code, int) else YES


def _misused(error: ClickException) -> Misused:
    context = error.ctx if isinstance(error, UsageError) else None
    return Misused(problem=spoken(error.format_message()), command=context.command_path if context else "sealmark")


def _refused(error: SealmarkError, given: list[str]) -> int:
    if "--json" in given:
        json_line({"error": as_json(error)})
    complain(error)
    return UNUSABLE


def _failed(error: Exception, given: list[str]) -> int:
    """A fault of ours: its kind and place for whoever mends it; never its text, which might hold what was given."""
    code = _refused(SealmarkError(), given)
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    remark((f"  {type(error).__name__} {places}", "muted"))
    return code


def _speak_any_character() -> None:
    """A terminal that lacks a character shows a question mark instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _unread() -> int:
    """The reader of our output left: nothing more is written, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return YES
