"""`sealmark demo`: the whole journey on embedded parts, then the service stays up to be tried."""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.cells import set_cell_size

from sealmark.cli.errors import NeedsExtra
from sealmark.cli.options import Json
from sealmark.cli.spoken import flowing, language, said
from sealmark.cli.terminal import NO, YES, aside, complain, json_line, line, out, warn, watched

if TYPE_CHECKING:
    from sealmark.cli.narration import JsonLines, Plain, Terminal
    from sealmark.demo.deployment import Deployment
    from sealmark.demo.traveller import Facts

_HELP = flowing(
    """用真实的模型走完全程，看清每一步。

    登记、认证、对话、绘画、语音、拦截、核验、凭证。
    自带的语言模型、绘画与语音在本机运行，不需要网络。走完后服务继续运行，按 Ctrl-C 结束。""",
    """Walk the whole journey with a real model: register, identify, chat, paint, speak, block, verify, prove.

    Its language model, painter and voice run on this machine; no network is needed. Afterwards the service stays up
    for you to try, until Ctrl-C.""",
)
Once = Annotated[bool, typer.Option("--once", help=said("走完即结束。", "End after the journey."))]
Port = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=65535,
        show_default=False,
        help=said("网关端口；缺省 8040，被占用时另选。", "The gateway's port; 8040, or another if that is taken."),
    ),
]
Folder = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="DIR",
        help=said("保存内容、凭证与账本的目录。", "Where artefacts, receipts and the ledger go."),
    ),
]


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help=_HELP, rich_help_panel=said("开始", "Start here"))(demo)


def demo(once: Once = False, port: Port = None, out_: Folder = Path("demo-out"), as_json_: Json = False) -> int:
    """Exit code 0 when every step ended as it must, 1 when one did not, 2 when the demo cannot run."""
    _need_extra()
    _call_loopback_directly()
    began: list[Deployment] = []
    try:
        return _run(began, out_, port, once=once, as_json_=as_json_)
    finally:  # also when interrupted on the way
        if began and not once and not as_json_:
            _say_ended(began[0], port)


def _run(began: "list[Deployment]", folder: Path, port: int | None, *, once: bool, as_json_: bool) -> int:
    from sealmark.demo.deployment import running
    from sealmark.demo.errors import Unexpected

    started = time.monotonic()
    with _opening(as_json_) as opening, running(folder, port) as deployment:
        began.append(deployment)
        opening.stop()
        _say_where(deployment)
        try:
            told = _walk(deployment, as_json_)
        except Unexpected as error:
            complain(error)
            return NO
        _close_journey(told, deployment, time.monotonic() - started, once=once, as_json_=as_json_)
        if not once:
            _stay(deployment, as_json_)
    return YES


def _say_where(deployment: "Deployment") -> None:
    """A port that is not the usual one is told: links and clients may still point at that."""
    from sealmark.demo.deployment import PORT

    if deployment.moved:
        other = deployment.address.rpartition(":")[2]
        warn(
            said(
                f"端口 {PORT} 已被占用，本次改用 {other}。要固定端口，请用 --port。",
                f"The port {PORT} is in use already; this demo takes {other}. To fix a port, use --port.",
            )
        )


def _need_extra() -> None:
    for package in ("openai", "xllamacpp", "espeakng_loader"):
        try:
            __import__(package)
        except ImportError as missing:
            raise NeedsExtra(package=package, extra="demo") from missing


def _call_loopback_directly() -> None:
    """A proxy of the environment is for the world outside, not for this machine."""
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1")))


def _opening(as_json_: bool) -> Any:
    """What is seen while the parts start: who we are on standard output, and a spinner on standard error."""
    if watched() and not as_json_:
        out().print()
        line(
            (" 深印 Sealmark ", "bold white on #b3272d"),
            said("  准入 · 审核 · 标识 · 存证", "  admit · review · mark · record"),
        )
        line(
            (
                said(
                    "  演练：身份由沙箱核验，编码为虚构",
                    "  A rehearsal: a sandbox verifies identities, and codes are invented.",
                ),
                "muted",
            )
        )
        line()
    waiting = said("启动语言模型与网关……", "Starting the language model and the gateway…")
    return aside().status(waiting, spinner_style="seal")


def _teller(as_json_: bool) -> "Terminal | Plain | JsonLines":
    from sealmark.cli.narration import JsonLines, Plain, Terminal

    if as_json_:
        return JsonLines()
    return Terminal() if watched() else Plain()


def _walk(deployment: "Deployment", as_json_: bool) -> "dict[str, Facts]":
    from sealmark.demo.journey import walk
    from sealmark.demo.traveller import Traveller

    teller = _teller(as_json_)
    try:
        return walk(Traveller(deployment, language(), teller), teller)
    finally:
        teller.close()


def _close_journey(
    told: "dict[str, Facts]", deployment: "Deployment", seconds: float, *, once: bool, as_json_: bool
) -> None:
    from sealmark.cli.closing import closing

    if as_json_:
        where = {"address": deployment.address, "folder": str(deployment.folder)}
        json_line({"facts": told, **where, "seconds": round(seconds, 1)})
    else:
        closing(told, deployment, seconds, stays=not once)


def _stay(deployment: "Deployment", as_json_: bool) -> None:
    """Stay up until Ctrl-C, or until the gateway ends."""
    try:
        if not as_json_:
            stays = said("   服务仍在运行，按 Ctrl-C 结束。", "   The service stays up for you to try. Ctrl-C ends it.")
            line((stays, "muted"))
            sys.stdout.flush()
        deployment.stay()
    except KeyboardInterrupt:
        if not as_json_:
            line((said("   正在结束……", "   Ending…"), "muted"))


def _say_ended(deployment: "Deployment", port: int | None) -> None:
    """What has stopped, what is left and where, and how to begin again."""
    from sealmark.demo.deployment import program, short

    folder = short(deployment.folder)
    again = f"{program()} demo --out {folder}" + (f" --port {port}" if port else "")
    kept = said(
        f"{folder}/ （内容、receipts/ 中的凭证、data/ 中的账本）",
        f"{folder}/ (the items; receipts in receipts/, the ledger in data/)",
    )
    for zh, en, value in (
        (
            "已停止",
            "stopped",
            said(
                f"网关与语言模型；{deployment.address} 不再应答",
                f"gateway and model; {deployment.address} answers no more",
            ),
        ),
        ("保留在", "kept in", kept),
        ("再次运行", "run again", again),
        (
            "",
            "",
            said(
                "再次运行会清空其中的凭证与账本，从头开始", "it begins afresh: receipts and ledger there are replaced"
            ),
        ),
    ):
        line((f"   {set_cell_size(said(zh, en), 12)}", "muted"), value)
