"""The journey's end: what was made, where to go on, and one line to quote."""

from rich.cells import set_cell_size
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sealmark.cli.card import TIERS
from sealmark.cli.spoken import said
from sealmark.cli.terminal import line, out, summary
from sealmark.demo.deployment import Deployment, short
from sealmark.demo.traveller import Facts

_MADE = {"painting.png": "image", "speech.wav": "speech", "chat.txt": "chat"}
_WORDS = {"is": ("属于", "is generated"), "suspected": ("疑似", "suspected"), "may_be": ("可能", "may be")}
_NAME_WIDTH = 20
Places = tuple[tuple[str, str, str], ...]  # 中文, English, where


def closing(told: dict[str, Facts], deployment: Deployment, seconds: float, *, stays: bool) -> None:
    """Print the table of what was made, the addresses where the service stays up, and the summary."""
    _show_made(told)
    _show_places(_addresses(deployment, told["register"]["api_key"]) if stays else (), deployment)
    summary(_quotable(told, seconds))


def _show_made(told: dict[str, Facts]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="muted")
    heads = (("内容", "item"), ("结论", "verdict"), ("编号", "number"), ("凭证码", "receipt code"))
    for zh, en in heads:
        table.add_column(said(zh, en), no_wrap=True)
    for name, step in _MADE.items():
        tier, facts = told["verify"][name]["verdict"], told[step]
        icon, style = TIERS[tier]
        verdict = Text(f"{icon} {said(*_WORDS[tier])}", style)
        table.add_row(Text(name), verdict, Text(facts["produce_id"]), Text(facts["receipt"]))
    out().print(Padding(table, (0, 0, 1, 3)))


def _addresses(deployment: Deployment, api_key: str) -> Places:
    address = deployment.address
    return (
        ("首页", "home page", f"{address}/"),
        ("核验页", "verification", f"{address}/verify"),
        ("凭证页", "receipts", f"{address}/receipts"),
        ("base_url", "base_url (OpenAI)", f"{address}/v1"),
        ("api_key", "api_key", api_key),
    )


def _show_places(addresses: Places, deployment: Deployment) -> None:
    for zh, en, value in (*addresses, ("文件", "files", f"{short(deployment.folder)}/")):
        line((f"   {set_cell_size(said(zh, en), _NAME_WIDTH)}", "muted"), value)
    line()


def _quotable(told: dict[str, Facts], seconds: float) -> str:
    steps, items, records = len(told), len(_MADE), told["ledger"]["records"]
    root = told["ledger"]["root"][:16]
    zh = f"{steps} 步全部符合规定：{items} 件内容经审核、标识、存证后交付，2 次拦截；"
    en = f"{steps} of {steps} steps as the law asks: {items} items released with mark and receipt, 2 blocked; "
    zh += f"账本 {records} 条记录完好，根 {root}…；用时 {seconds:.0f} 秒。"
    en += f"{records} records in a sound ledger, root {root}…; {seconds:.0f} s."
    return said(zh, en)
