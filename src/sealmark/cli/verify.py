"""`sealmark verify`: what files say about themselves, and what the local ledger knows of them."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sealmark.cli.many import each, files_of, processes
from sealmark.cli.options import DataDir, Files, Jobs, Json
from sealmark.cli.spoken import flowing, said
from sealmark.cli.terminal import (
    NO,
    UNUSABLE,
    YES,
    as_json,
    complain,
    counted,
    json_line,
    line,
    progress,
    remark,
    summary,
    watched,
)
from sealmark.errors import SealmarkError

if TYPE_CHECKING:
    from sealmark.cli.deployment import LocalLedger
    from sealmark.marks.finding import LayerFinding
    from sealmark.marks.keys import KnownKeys
    from sealmark.marks.verifier import Verdict
    from sealmark.settings import Settings

_CARDS = 12  # verdicts that are shown as cards; of more, each is a line
_LEDGERS = ExitStack()  # of a process that works for another: open for as long as it lives
_THERE: "list[LocalLedger]" = []
_HELP = flowing(
    """核验文件：属于、可能、疑似，或未发现；逐层给出依据。

    本机有账本时，还会指出文件是否由这里交付、交付后是否被改动，并附凭证。""",
    """Say whether files are AI-generated, layer by layer, with the evidence.

    Where this machine holds a ledger, it also says whether a file was released here, and whether altered since.""",
)

_PLACES = {
    "start": ("开头", "start"),
    "end": ("结尾", "end"),
    "top_left": ("左上角", "top left"),
    "top_right": ("右上角", "top right"),
    "bottom_left": ("左下角", "bottom left"),
    "bottom_right": ("右下角", "bottom right"),
}
STATES = {
    "found": ("有", "found"),
    "none": ("无", "none"),
    "not_checked": ("未检查", "not checked"),
    "damaged": ("损坏", "damaged"),
}
LAYERS = {
    "explicit": ("显式标识", "explicit"),
    "metadata": ("元数据", "metadata"),
    "credential": ("内容凭证", "credential"),
    "watermark": ("水印", "watermark"),
    "fingerprint": ("指纹", "fingerprint"),
}


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify", help=_HELP, rich_help_panel=said("文件", "Files"))(verify)


def verify(files: Files, jobs: Jobs = None, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Exit code 0 when every file *is* generated, 1 when one is not or may not be, 2 when one cannot be used."""
    from sealmark.cli.deployment import known_keys, settings_of

    found = files_of(files)
    show = _show_json if as_json_ else partial(_show, card=watched() and len(found) <= _CARDS)
    bar = not watched() or (len(found) > _CARDS and not as_json_)
    tally: Counter[str] = Counter()
    with ExitStack() as stack:
        settings = _with_ledger(data_dir)
        count, keys = processes(found, jobs), known_keys(settings_of(data_dir))
        look = partial(_looking(stack, settings, here=count == 1), keys=keys)
        done = stack.enter_context(progress(len(found), said("核验", "Verifying"), shown=bar))
        outcomes = each([partial(look, file.path) for file in found], count, done)
        for file, outcome in zip(found, outcomes, strict=True):
            tally[_one(file.path, outcome, as_json_, show)] += 1
    if not as_json_:
        _summarise(tally, len(found))
        if settings is None:
            remark(
                (
                    said("没有查询账本：用 --data-dir 指定数据目录。", "No ledger was asked: --data-dir names one."),
                    "muted",
                )
            )
    return UNUSABLE if tally["unusable"] else YES if tally["is"] == len(found) else NO


def _with_ledger(data_dir: Path | None) -> "Settings | None":
    """The settings with the local ledger: the one that is asked for, or the settings' own where it exists."""
    from sealmark.cli.deployment import settings_of

    settings = settings_of(data_dir)
    return None if data_dir is None and not settings.ledger_path.exists() else settings


def _looking(stack: ExitStack, settings: "Settings | None", *, here: bool) -> "Callable[..., Verdict]":
    """What looks at a file, here or in a process that opens the ledger for itself; raises `LedgerMissing` at once."""
    from sealmark.cli.deployment import local_ledger

    ledger = stack.enter_context(local_ledger(settings)) if settings else None
    return partial(verdict_of, ledger=ledger) if here else partial(_looked_at_there, settings=settings)


def _looked_at_there(path: Path, keys: "KnownKeys", settings: "Settings | None") -> "Verdict":
    """In a process of its own, which keeps the ledger open for the next file."""
    from sealmark.cli.deployment import local_ledger

    if settings is not None and not _THERE:
        _THERE.append(_LEDGERS.enter_context(local_ledger(settings)))
    return verdict_of(path, _THERE[0] if _THERE else None, keys)


def _one(
    path: Path, outcome: "Verdict | SealmarkError", as_json_: bool, show: "Callable[[Path, Verdict], None]"
) -> str:
    if isinstance(outcome, SealmarkError):
        if as_json_:
            json_line({"file": str(path), "error": as_json(outcome)})
        complain(outcome, str(path))
        return "unusable"
    verdict = outcome
    show(path, verdict)
    return verdict.tier if verdict.whole or verdict.tier != "none" else "in_part"


def verdict_of(path: Path, ledger: "LocalLedger | None", keys: "KnownKeys") -> "Verdict":
    """The verdict on a file, with the receipt of its record where the ledger knows it."""
    from sealmark.marks.verifier import verify as verified

    verdict = verified(path, keys=keys, registry=ledger.items if ledger else None)
    if ledger is None or verdict.known is None:
        return verdict
    return replace(verdict, receipt=json.loads(ledger.receipt_of(verdict.known)))


def _show_json(path: Path, verdict: "Verdict") -> None:
    json_line({"file": str(path), **verdict.as_dict()})


def _show(path: Path, verdict: "Verdict", *, card: bool) -> None:
    if watched():
        from sealmark.cli.card import verdict_card, verdict_line

        (verdict_card if card else verdict_line)(path, verdict)
    else:
        line(f"{path}{said('：', ': ')}{said('；', '; ').join(_in_words(verdict))}")
        for told in _told(verdict):
            line(f"  {told}")


def _in_words(verdict: "Verdict") -> Iterator[str]:
    yield said(verdict.zh, verdict.en)
    if verdict.label:
        yield f"{said('编号', 'number')} {verdict.label.produce_id or verdict.label.propagate_id}"
    if verdict.known:
        yield standing(verdict)


def _told(verdict: "Verdict") -> Iterator[str]:
    """What the card tells, one line a layer and a warning."""
    colon, gap = said("：", ": "), said("", " ")
    for name, finding in verdict.layers.items():
        place = f"{gap}{said('（', '(')}{where(finding)}{said('）', ')')}" if finding.place else ""
        state = f"{said(*LAYERS[name])}{colon}{said(*STATES[finding.state])}"
        yield f"{state}{said('。', '. ')}{said(finding.zh, finding.en)}{place}"
    for warning in verdict.warnings:
        yield f"{said('注意', 'note')}{colon}{said(warning.zh, warning.en)}"


def where(finding: "LayerFinding") -> str:
    """Where a layer's evidence stands: an end or a corner of the item in words, a place of its metadata by its name."""
    place = finding.place or ""
    return re.sub(r"\b(start|end|(?:top|bottom)_(?:left|right))\b", lambda one: said(*_PLACES[one.group()]), place)


def standing(verdict: "Verdict") -> str:
    """What the ledger says of an item that it knows."""
    if verdict.known and verdict.known.altered:
        return said("交付后被改动", "altered after it was released here")
    if verdict.known and verdict.known.alike:
        return said(
            "由此处交付过同样的文字；标点、大小写、空白或标识可能不同", "a text with these words was released here"
        )
    return said("由此处交付，未被改动", "released here, unchanged")


def _summarise(tally: Counter[str], total: int) -> None:
    words = {
        "is": said("属于", "AI-generated"),
        "may_be": said("可能", "may be"),
        "suspected": said("疑似", "suspected"),
        "none": said("未发现", "without any sign"),
        "in_part": said("未查完", "not examined whole"),
        "unusable": said("无法使用", "unusable"),
    }
    parts = [f"{tally[name]} {word}" for name, word in words.items() if tally[name] or name == "is"]
    files = said(f"核验 {total} 个文件：", f"{counted(total, 'file')} verified: ")
    summary(files + said("、", ", ").join(parts) + said("。", "."), good=tally["is"] == total)
