"""`sealmark verify`: what files say about themselves, and what the local ledger knows of them."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sealmark.cli.options import DataDir, Files, Json
from sealmark.cli.spoken import flowing, said
from sealmark.cli.terminal import (
    NO,
    UNUSABLE,
    YES,
    as_json,
    complain,
    counted,
    followed,
    json_line,
    line,
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


def verify(files: Files, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Exit code 0 when every file *is* generated, 1 when one is not or may not be, 2 when one cannot be used."""
    from sealmark.cli.deployment import known_keys, settings_of

    show = _show_json if as_json_ else _show
    tally: Counter[str] = Counter()
    with ExitStack() as stack:
        ledger, keys = _ledger(stack, data_dir), known_keys(settings_of(data_dir))
        for path in followed(files, said("核验", "Verifying")):
            tally[_one(path, ledger, keys, as_json_, show)] += 1
    if not as_json_:
        _summarise(tally, len(files))
        if ledger is None:
            remark(
                (
                    said("没有查询账本：用 --data-dir 指定数据目录。", "No ledger was asked: --data-dir names one."),
                    "muted",
                )
            )
    return UNUSABLE if tally["unusable"] else YES if tally["is"] == len(files) else NO


def _ledger(stack: ExitStack, data_dir: Path | None) -> "LocalLedger | None":
    """The local ledger: the one that is asked for, or the settings' one where it exists."""
    from sealmark.cli.deployment import local_ledger, settings_of

    settings = settings_of(data_dir)
    if data_dir is None and not settings.ledger_path.exists():
        return None
    return stack.enter_context(local_ledger(settings))


def _one(
    path: Path,
    ledger: "LocalLedger | None",
    keys: "KnownKeys",
    as_json_: bool,
    show: "Callable[[Path, Verdict], None]",
) -> str:
    try:
        verdict = verdict_of(path, ledger, keys)
    except SealmarkError as error:
        if as_json_:
            json_line({"file": str(path), "error": as_json(error)})
        complain(error, str(path))
        return "unusable"
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


def _show(path: Path, verdict: "Verdict") -> None:
    if watched():
        from sealmark.cli.card import verdict_card

        verdict_card(path, verdict)
    else:
        line(f"{path}{said('：', ': ')}{said('；', '; ').join(_in_words(verdict))}")
        for told in _told(verdict):
            line(f"  {told}")


def _in_words(verdict: "Verdict") -> Iterator[str]:
    yield said(verdict.zh, verdict.en)
    if verdict.label:
        yield f"{said('编号', 'number')} {verdict.label.produce_id}"
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
