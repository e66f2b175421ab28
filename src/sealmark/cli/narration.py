"""The journey told: on a terminal as it happens, plainly where it is piped, as JSON lines for programs."""

from contextlib import suppress

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from sealmark.cli.spoken import language, said
from sealmark.cli.terminal import json_line, out
from sealmark.cli.wrapping import wrapped
from sealmark.demo.journey import STEPS, Step
from sealmark.demo.traveller import Tone

_TONES = {"": (" ", ""), "good": ("✓", "holds"), "refused": ("✗", "seal"), "due": ("!", "due"), "muted": (" ", "muted")}
_NAME_WIDTH, _INDENT = 16, 3
_WIDEST = 100  # a longer line is hard to read


class Terminal:
    """Tells each step on a terminal: a heading with its articles, then a row for each thing that came back."""

    def __init__(self) -> None:
        self._console: Console = out()
        self._live: Live | None = None
        self._streamed = ""

    def began(self, number: int, step: Step) -> None:
        """Print the heading, and turn until something comes back."""
        heading = Table.grid(expand=True)
        heading.add_column(ratio=1)
        heading.add_column(justify="right", no_wrap=True)
        title = Text.assemble((f"{number:>2} ", "seal"), (step.title(language()), "strong"))
        heading.add_row(title, Text(articles(step), "muted"))
        self._console.print(heading, width=min(self._console.width, _WIDEST))
        self._wait()

    def row(self, zh: str, en: str, value: str, tone: Tone = "") -> None:
        """Print a row; an empty name continues the one above."""
        self._rest()
        icon, style = _TONES[tone]
        self._console.print(self._row(Text(icon, style), said(zh, en), value, style))
        self._wait()

    def piece(self, text: str) -> None:
        """Show an answer growing."""
        if not text:
            return
        if not self._streamed:
            self._rest()
            self._live = Live(console=self._console, refresh_per_second=12)
            self._live.start()
        self._streamed += text
        assert self._live is not None
        self._live.update(self._row(Text(" "), said("回答", "answer"), self._streamed, ""))

    def ended(self, step: Step, seconds: float) -> None:
        """Close the step."""
        self._rest()
        self._console.print()

    def close(self) -> None:
        """Leave the terminal as it was, whatever happened."""
        with suppress(Exception):
            self._rest()

    def _row(self, icon: Text, name: str, value: str, style: str) -> Padding:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=1)
        grid.add_column(width=_NAME_WIDTH, no_wrap=True)
        grid.add_column(overflow="fold")
        room = min(self._console.width, _WIDEST) - _INDENT - _NAME_WIDTH - 3
        grid.add_row(icon, Text(name, "muted"), Text(wrapped(value, room), style))
        return Padding(grid, (0, 0, 0, _INDENT))

    def _wait(self) -> None:
        turning = Spinner("dots", style="seal")
        self._live = Live(Padding(Group(turning), (0, 0, 0, 3)), console=self._console, transient=True)
        self._live.start()

    def _rest(self) -> None:
        if self._live is not None:
            self._live.stop()
        self._live, self._streamed = None, ""


class Plain:
    """Tells each step in plain lines, for a file or a pipe."""

    def __init__(self) -> None:
        self._streamed = ""

    def began(self, number: int, step: Step) -> None:
        """Print the heading."""
        print(f"{number:>2} {step.title(language())}  [{articles(step)}]")

    def row(self, zh: str, en: str, value: str, tone: Tone = "") -> None:
        """Print a row."""
        self._tell_answer()
        name = said(zh, en)
        print(f"   {_TONES[tone][0]} {name}{': ' if name else '  '}{value}")

    def piece(self, text: str) -> None:
        """Keep an answer until it is whole."""
        self._streamed += text

    def ended(self, step: Step, seconds: float) -> None:
        """Let it be seen at once."""
        self._tell_answer()
        print(flush=True)

    def close(self) -> None:
        """Nothing to leave."""

    def _tell_answer(self) -> None:
        if self._streamed:
            print(f"     {said('回答', 'answer')}: {' '.join(self._streamed.split())}")
        self._streamed = ""


class JsonLines:
    """Tells nothing on the way; each step's facts follow as a JSON object when all are known."""

    def began(self, number: int, step: Step) -> None:
        """Nothing."""

    def row(self, zh: str, en: str, value: str, tone: Tone = "") -> None:
        """Nothing."""

    def piece(self, text: str) -> None:
        """Nothing."""

    def ended(self, step: Step, seconds: float) -> None:
        """Print that the step ended as it must."""
        json_line({"step": step.name, "articles": step.articles, "seconds": round(seconds, 2)})

    def close(self) -> None:
        """Nothing to leave."""


def articles(step: Step) -> str:
    """The step's articles of the Provisions, as one cites them."""
    numbers = [str(number) for number in step.articles]
    return said(f"第{'、'.join(numbers)}条", f"Art. {', '.join(numbers)}")


def steps_in_all() -> int:
    """How many steps there are."""
    return len(STEPS)
