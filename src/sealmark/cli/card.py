"""The verdict card: the word, then one row a layer, then what the label and the ledger say."""

from collections.abc import Iterator
from pathlib import Path

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sealmark.cli.spoken import language, said
from sealmark.cli.terminal import line, out
from sealmark.cli.verify import LAYERS, STATES, standing, where
from sealmark.cli.wrapping import wrapped
from sealmark.marks.finding import LayerFinding
from sealmark.marks.verifier import Verdict

TIERS = {
    "is": ("●", "strong.seal"),
    "may_be": ("◐", "strong.due"),
    "suspected": ("◌", "strong.note"),
    "none": ("○", "bold"),
}
_STATES = {
    "found": ("●", "seal"),
    "none": ("○", "muted"),
    "not_checked": ("·", "muted"),
    "damaged": ("!", "due"),
}

_BEFORE = {"zh": 24, "en": 31}  # columns before the evidence
_WIDEST = 110


def verdict_card(path: Path, verdict: Verdict) -> None:
    """Print the card of one file."""
    console = out()
    icon, style = TIERS[verdict.tier]
    console.print(Text.assemble((f"{icon} {said(verdict.zh, verdict.en)}", style), (f"  {path}", "strong")))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in _rows(verdict, min(console.width, _WIDEST) - _BEFORE[language()]):
        table.add_row(*row)
    console.print(Padding(table, (0, 0, 1, 2)))


def verdict_line(path: Path, verdict: Verdict) -> None:
    """One of many files: the word, the file, its number, and how it stands with the ledger."""
    icon, style = TIERS[verdict.tier]
    parts = [(f"{icon} {said(verdict.zh, verdict.en)}", style), (f"  {path}", "strong")]
    if verdict.label:
        parts.append((f"  {verdict.label.produce_id or verdict.label.propagate_id}", "muted"))
    if verdict.known:
        parts.append((f"  {standing(verdict)}", "due" if verdict.known.altered else "holds"))
    line(*parts)


def _rows(verdict: Verdict, room: int) -> Iterator[tuple[Text, Text, Text]]:
    for name, finding in verdict.layers.items():
        yield _layer(name, finding, room)
    if verdict.known:
        good = not verdict.known.altered
        icon, style = ("✓", "holds") if good else ("!", "due")
        word = said("一致", "known") if good else said("已改动", "altered")
        yield Text(said("账本", "ledger")), Text(f"{icon} {word}", style), Text(standing(verdict), style)
    for warning in verdict.warnings:
        yield Text(said("注意", "note")), Text("!", "due"), Text(wrapped(said(warning.zh, warning.en), room), "due")


def _layer(name: str, finding: LayerFinding, room: int) -> tuple[Text, Text, Text]:
    icon, style = _STATES[finding.state]
    quiet = "muted" if finding.state == "not_checked" else ""
    evidence = Text(wrapped(said(finding.zh, finding.en), room), quiet)
    if finding.place:
        evidence.append(f"\n{where(finding)}", "muted")
    return Text(said(*LAYERS[name]), quiet), Text(f"{icon} {said(*STATES[finding.state])}", style), evidence
