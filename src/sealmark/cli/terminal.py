"""What a person sees: colours and icons, lines on standard output, everything in passing on standard error.

Piped output is plain and complete, one line a thing; `--json` prints one JSON object a line.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from sealmark.cli.spoken import language, said
from sealmark.cli.wrapping import fitted, wrapped
from sealmark.errors import SealmarkError

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

YES, NO, UNUSABLE = 0, 1, 2

# The tokens' hues (web/design/tokens.css), at a lightness that reads on black terminals and on white ones.
_HUES = {"seal": "#cf4a3f", "holds": "#2f9a76", "due": "#b97a10", "note": "#7385ab"}
THEME = Theme(
    {
        **_HUES,
        **{f"strong.{name}": f"bold {hue}" for name, hue in _HUES.items()},
        **{f"shown.{name}": f"reverse {hue}" for name, hue in _HUES.items()},
        "muted": "bright_black",
        "strong": "bold",
        "progress.download": "bright_black",
        "progress.remaining": "bright_black",
        "progress.elapsed": "bright_black",
    }
)


def out() -> Console:
    """Standard output; colours only for a person."""
    return Console(theme=THEME, highlight=False)


def aside() -> Console:
    """Standard error, for progress, warnings and errors."""
    return Console(theme=THEME, highlight=False, stderr=True)


def watched() -> bool:
    """Whether a person looks at standard output."""
    return sys.stdout.isatty()


def line(*parts: str | tuple[str, str]) -> None:
    """One line on standard output, its parts plain or (text, style); it is never cut or wrapped where it is piped."""
    _print(out(), Text.assemble(*parts))


def remark(*parts: str | tuple[str, str]) -> None:
    """One line on standard error, as `line`."""
    _print(aside(), Text.assemble(*parts))


def _print(console: Console, text: Text) -> None:
    """On a terminal, break where a reader would; else leave it whole."""
    console.print(fitted(text, console.width) if console.is_terminal else text, soft_wrap=True)


def json_line(values: Any) -> None:
    """One JSON object on a line of its own."""
    print(json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=str), flush=True)


def summary(text: str, *, good: bool = True) -> None:
    """The last line: what a person can quote."""
    if watched():
        console = out()
        told = wrapped(text, console.width - 2).replace("\n", "\n  ")
        console.print(Text.assemble(("▍ ", "seal"), (told, "strong" if good else "strong.seal")))
    else:
        line(text)


def counted(number: int, thing: str) -> str:
    """A number of things in English."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def warn(text: str) -> None:
    """Something to know that does not stop anything."""
    remark(("! ", "due"), (text, "due"))


def complain(error: SealmarkError, about: str = "") -> None:
    """One red line: the code, what it is about, what happened, what to do."""
    where = f"{about}{said('：', ': ')}" if about else ""
    happened, to_do = error.happened(language()), error.to_do(language())
    gap = "\n" if "\n" in happened else said("", " ")
    remark((f"✗ [{error.code}] ", "strong.seal"), (f"{where}{happened}{gap}{to_do}".rstrip(), "seal"))


def as_json(error: SealmarkError) -> dict[str, Any]:
    """An error as `--json` shows it."""
    spoken = language()
    return {
        "code": error.code,
        "article": error.article,
        "message": error.happened(spoken),
        "next": error.to_do(spoken),
    }


@contextmanager
def progress(total: int, doing: str, *, shown: bool = True) -> Iterator[Callable[[], None]]:
    """Gives what is to be called for each thing done: it moves a bar on standard error, where that is a terminal.

    What is printed meanwhile stands above the bar. Where it is not `shown`, or there is one thing only, there is none.
    """
    if not (shown and total > 1 and sys.stderr.isatty()):
        yield lambda: None
        return
    with _bar() as bar:
        task = bar.add_task(doing, total=total)
        yield lambda: bar.advance(task)


def _bar() -> "Progress":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("[seal]▍[/] {task.description}"),
        BarColumn(40, style="muted", complete_style="seal", finished_style="holds"),
        MofNCompleteColumn(),
        _rate(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    return Progress(*columns, console=aside(), transient=True, redirect_stdout=watched())


def _rate() -> "ProgressColumn":
    from rich.progress import ProgressColumn, Task

    class Rate(ProgressColumn):
        """Things a second."""

        def render(self, task: Task) -> Text:
            """The speed so far; empty until there is one."""
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.{0 if speed >= 10 else 1}f}/s" if speed else "", "muted")

    return Rate()
