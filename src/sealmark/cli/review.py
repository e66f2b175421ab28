"""`sealmark review`: a text against the feature library, with every finding's place in the original."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from sealmark.cli.options import Json
from sealmark.cli.spoken import flowing, said
from sealmark.cli.terminal import NO, YES, counted, json_line, line, out, summary, watched

if TYPE_CHECKING:
    from sealmark.review import Decision, Finding, Library

_HELP = flowing(
    """按特征库审核一段文本：放行或拒绝（第十条）。

    同时指出每处命中在原文中的位置。FILE 为 UTF-8 文本文件；写 - 则从标准输入读取。""",
    """Review a text by the feature library: allowed or refused, and where each finding stands in it (Art. 10).

    FILE is a text file in UTF-8; - reads standard input.""",
)
_AROUND = 24  # characters shown on either side of a finding
Given = Annotated[str, typer.Argument(metavar="FILE|-", show_default=False, help=said("文本文件。", "The text."))]


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("review", help=_HELP, rich_help_panel=said("文件", "Files"))(review)


def review(file: Given, as_json_: Json = False) -> int:
    """Exit code 0 when the text is allowed, 1 when it is refused."""
    from sealmark.review import review_texts

    whole, library = _text(file), _library()
    decision = review_texts(library, [("text", whole)])
    if as_json_:
        json_line(_in_json(file, decision))
    else:
        for finding in decision.findings:
            _show(whole, finding)
        _summarise(file, decision, library)
    return YES if decision.action == "release" else NO


def _text(file: str) -> str:
    from sealmark.media import read
    from sealmark.media.text import text

    data, _ = read(sys.stdin.buffer if file == "-" else Path(file))
    return text.decode(data)


def _library() -> "Library":
    from sealmark.review import Library, seed_library
    from sealmark.settings import Settings

    chosen = Settings.load().library_file
    return Library.from_toml(chosen) if chosen else seed_library()


def _in_json(file: str, decision: "Decision") -> dict[str, Any]:
    return {
        "file": file,
        "decision": decision.action,
        "findings": [_finding(one) for one in decision.findings],
        "reviews": [one.as_record() for one in decision.reviews],
    }


def _finding(finding: "Finding") -> dict[str, Any]:
    """A finding; `start` and `end` count characters (code points) of the original text, `end` beyond the last."""
    return {
        "entry": finding.entry_id,
        "risk": finding.risk,
        "severity": finding.severity,
        "kind": finding.kind,
        "clause": finding.clause,
        "start": finding.start,
        "end": finding.end,
    }


def _show(whole: str, finding: "Finding") -> None:
    blocks = finding.severity == "block"
    word = said("拦截", "blocks") if blocks else said("提示", "noted")
    style = "seal" if blocks else "note"
    place = f"{finding.start}–{finding.end}"
    line(
        (f"{'✗' if blocks else '·'} {word} ", style),
        f"{place}  {finding.risk} {_risk(finding.risk)}  {finding.entry_id}",
    )
    if watched():
        out().print(_excerpt(whole, finding, style), overflow="ellipsis", no_wrap=True)


def _excerpt(whole: str, finding: "Finding", style: str) -> Text:
    before = whole[max(finding.start - _AROUND, 0) : finding.start]
    after = whole[finding.end : finding.end + _AROUND]
    parts = [(before, "muted"), (whole[finding.start : finding.end], f"shown.{style}"), (after, "muted")]
    return Text.assemble("    ", *((_on_one_line(text), styled) for text, styled in parts))


def _on_one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _risk(name: str) -> str:
    from sealmark.review import risks

    found = next((risk for risk in risks() if risk.id == name), None)
    return said(found.zh, found.en) if found else ""


def _summarise(file: str, decision: "Decision", library: "Library") -> None:
    allowed = decision.action == "release"
    count = len(decision.findings)
    by = said(f"特征库 {library.version}", f"library {library.version}")
    word = said("放行", "allowed") if allowed else said("拒绝", "refused")
    found = said(f"命中 {count} 处", counted(count, "finding"))
    name = said("标准输入", "standard input") if file == "-" else file
    summary(
        f"{name}{said('：', ': ')}{word}{said('，', ', ')}{found}{said('，', ', ')}{by}{said('。', '.')}", good=allowed
    )
