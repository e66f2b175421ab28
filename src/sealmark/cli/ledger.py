"""`sealmark ledger`: verify the local ledger, prove a record, check a receipt offline, export the log."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.cells import set_cell_size

from sealmark.cli.commands import Commands
from sealmark.cli.errors import KeyTextUnusable
from sealmark.cli.options import DataDir, Json
from sealmark.cli.spoken import language, said
from sealmark.cli.terminal import NO, YES, as_json, complain, counted, json_line, line, remark, summary

if TYPE_CHECKING:
    from sealmark.ledger import Checked, Checkpoint, Report, Verifier
    from sealmark.settings import Settings

Vkey = Annotated[
    str,
    typer.Option(
        metavar="KEY|FILE",
        show_default=False,
        help=said("账本的公钥（vkey），或存有公钥的文件。", "The ledger's public key (vkey), or a file that holds it."),
    ),
]
Since = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        show_default=False,
        help=said(
            "先前保存的检查点：账本必须是它的延续。", "A checkpoint kept from before: the ledger must continue it."
        ),
    ),
]
Named = Annotated[
    str,
    typer.Argument(
        metavar="CODE|INDEX",
        show_default=False,
        help=said("凭证码，或记录序号。", "A receipt's code, or a record's index."),
    ),
]
ReceiptFile = Annotated[
    str, typer.Argument(metavar="RECEIPT|-", show_default=False, help=said("凭证文件。", "The receipt's file."))
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", show_default=False, help=said("输出目录。", "Where to write."))]
_QUOTES = tuple("\"'`“”")
_HELP = {
    "verify": said(
        "核对整个账本：每条记录、每块瓦片、每个检查点。只读，服务运行时也可核对。",
        "Check the whole ledger: every record, tile and checkpoint. Reads only; the service may be running.",
    ),
    "prove": said(
        "输出一条记录的凭证；任何人都可离线核对。",
        "Print the receipt of one record, which anyone can check offline.",
    ),
    "check": said(
        "离线核对一份凭证，无须信任服务提供者，也无须联网。",
        "Check a receipt offline: no network, and no trust in the provider.",
    ),
    "export": said(
        "把日志导出为普通文件（C2SP tlog-tiles）：瓦片、条目摘要、检查点。",
        "Export the log as plain files (C2SP tlog-tiles): tiles, entry digests, checkpoint.",
    ),
}


def install(app: typer.Typer) -> None:
    """Add the command group."""
    group = Commands(help=said("防篡改的存证账本。", "The tamper-evident ledger."))
    group.command("verify", help=_HELP["verify"])(verify)
    group.command("prove", help=_HELP["prove"])(prove)
    group.command("check", help=_HELP["check"])(check)
    group.command("export", help=_HELP["export"])(export)
    app.add_typer(group, name="ledger", rich_help_panel=said("账本与使用者", "Ledger and people"))


def verify(vkey: Vkey = "", since: Since = None, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Exit code 0 when the ledger is sound, 1 when something is wrong with it."""
    from sealmark.cli.deployment import ledger_to_read, settings_of
    from sealmark.ledger import audit

    settings = settings_of(data_dir)
    with ledger_to_read(settings) as store:
        verifier = _verifier(vkey, settings, store.origin)
        report = audit(store, [verifier], seen=_seen(since, verifier))
    if as_json_:
        json_line(_report(report, verifier))
    else:
        _show_report(report)
    return YES if report.sound else NO


def _verifier(vkey: str, settings: "Settings", origin: str) -> "Verifier":
    """The key that is given, else the one that belongs to the deployment's master key."""
    from sealmark.cli.deployment import master_key
    from sealmark.ledger import Signer

    return _key(vkey) if vkey else Signer(origin, master_key(settings).ledger_seed).verifier


def _key(given: str) -> "Verifier":
    """A public key, written out or in a file. Raises `KeyTextUnusable`, or errors of `media` for the file."""
    from sealmark.ledger import Verifier
    from sealmark.ledger.errors import NoteMalformed

    written = "+" in given and not Path(given).exists()
    text = given if written else _read(given)
    try:
        return Verifier.load(text)
    except NoteMalformed as error:
        zh, en = (str(error.details[name]) for name in ("zh_reason", "en_reason"))
        if spoilt := _mistyped(text):
            zh, en = spoilt
        raise KeyTextUnusable(zh_reason=zh, en_reason=en) from error


def _mistyped(text: str) -> tuple[str, str] | None:
    """What one sees at once of a key that was not copied as it is; None where it is something else."""
    inner = text.strip("\ufeff \r\n")
    for seen, zh, en in (
        (not inner, "文件是空的", "it is empty"),
        (inner[0:1] in _QUOTES or inner[-1:] in _QUOTES, "它带有引号", "it stands in quotes"),
        (text.startswith("\ufeff"), "它以字节序标记（BOM）开头", "it begins with a byte order mark"),
        (len(inner.split()) > 1, "它不止一行，或夹有空格", "it has more than one line, or spaces in it"),
    ):
        if seen:
            return zh, en
    return None


def _seen(since: Path | None, verifier: "Verifier") -> "Checkpoint | None":
    from sealmark.ledger import open_note

    return open_note(_read(str(since)), [verifier]) if since else None


def _read(file: str) -> str:
    """A small text: a key, a checkpoint, a receipt. Raises errors of `media`."""
    from sealmark.media import Limits, read
    from sealmark.media.text import text

    return text.decode(read(sys.stdin.buffer if file == "-" else Path(file), Limits(size=2 << 20))[0])


def _report(report: "Report", verifier: "Verifier") -> dict[str, Any]:
    checkpoint = report.checkpoint
    return {
        "sound": report.sound,
        "origin": checkpoint.origin if checkpoint else None,
        "size": checkpoint.size if checkpoint else 0,
        "root": checkpoint.root.hex() if checkpoint else None,
        "records": report.records,
        "tiles": report.tiles,
        "checkpoints": report.checkpoints,
        "findings": [
            {"kind": one.kind, "place": one.place, "message": one.text(language())} for one in report.findings
        ],
        "more": report.more,
        "vkey": verifier.vkey,
    }


def _show_report(report: "Report") -> None:
    for finding in report.findings:
        line(("✗ ", "seal"), (finding.text(language()), "seal"))
    if report.more:
        line((said(f"  还有 {report.more} 处。", f"  and {report.more} more."), "muted"))
    kinds = ((report.records, "record"), (report.tiles, "tile"), (report.checkpoints, "checkpoint"))
    seen = ", ".join(counted(number, thing) for number, thing in kinds)
    zh_seen = f"{report.records} 条记录、{report.tiles} 块瓦片、{report.checkpoints} 个检查点"
    if report.sound and report.checkpoint:
        root = report.checkpoint.root.hex()[:16]
        origin = report.checkpoint.origin
        summary(
            said(
                f"账本完好：{zh_seen}，根 {root}…，{origin}。", f"The ledger is sound: {seen}, root {root}…, {origin}."
            )
        )
    else:
        summary(said(f"账本有误：已核对 {zh_seen}。", f"The ledger is not sound: {seen} were checked."), good=False)


def prove(named: Named, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Print a receipt; it stays exactly as it must be kept, so redirect it into a file."""
    from sealmark.cli.deployment import local_ledger, settings_of
    from sealmark.items.registry import UnknownReceipt
    from sealmark.ledger import prove as proved

    with local_ledger(settings_of(data_dir)) as ledger:
        by_index = named.isascii() and named.isdigit() and len(named) < 19  # a receipt's code is longer
        text = proved(ledger.store, int(named)).to_json() if by_index else ledger.items.receipt(named)
        if text is None:
            raise UnknownReceipt
        if as_json_:
            json_line({"receipt": text, "vkey": ledger.verifier.vkey})
            return YES
        sys.stdout.write(text)
        remark(
            (said("核对方法：", "To check it: "), "muted"),
            f"sealmark ledger check RECEIPT --vkey '{ledger.verifier.vkey}'",
        )
    return YES


def check(receipt: ReceiptFile, vkey: Vkey, as_json_: Json = False) -> int:
    """Exit code 0 when the receipt holds, 1 when it does not, 2 when the file is no receipt."""
    from sealmark.cli.receipt import in_json
    from sealmark.ledger import check as checked
    from sealmark.ledger.errors import ProofInvalid, SignatureInvalid

    text, key = _read(receipt), _key(vkey)
    try:
        found = checked(text, key.vkey)
    except (ProofInvalid, SignatureInvalid) as error:
        if as_json_:
            json_line({"holds": False, "error": as_json(error)})
        complain(error, receipt)
        return NO
    if as_json_:
        json_line(in_json(found))
    else:
        _show_checked(found)
    return YES


def _show_checked(found: "Checked") -> None:
    from sealmark.cli.receipt import in_words, plain

    for name, value in in_words(found):
        line((f"  {set_cell_size(plain(name), 16)}", "muted"), plain(value))
    zh = f"凭证成立：{found.checkpoint.origin} 账本 {found.checkpoint.size} 条记录中序号为 {found.index} 的一条。"
    en = f"The receipt holds: record {found.index} of {found.checkpoint.size} in the ledger {found.checkpoint.origin}."
    summary(said(zh, en))


def export(folder: Folder, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Write the log as plain files; personal information and content never leave by this door."""
    from sealmark.cli.deployment import ledger_to_read, settings_of

    with ledger_to_read(settings_of(data_dir)) as store:
        written = store.export(folder)
    if as_json_:
        json_line({"folder": str(folder), "files": written})
    else:
        summary(said(f"已导出 {written} 个文件到 {folder}。", f"{written} files exported to {folder}."))
    return YES
