"""`sealmark demo`: the whole journey on embedded parts, then the service stays up to be tried."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmark.cli.errors import NeedsExtra
from sealmark.cli.options import Json
from sealmark.cli.spoken import flowing, language, said
from sealmark.cli.terminal import NO, YES, aside, complain, json_line, line, out, watched

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
    from sealmark.demo.deployment import running
    from sealmark.demo.errors import Unexpected

    _need_extra()
    _call_loopback_directly()
    started = time.monotonic()
    with _opening(as_json_) as opening, running(out_, port) as deployment:
        opening.stop()
        try:
            told = _walk(deployment, as_json_)
        except Unexpected as error:
            complain(error)
            return NO
        _close_journey(told, deployment, time.monotonic() - started, as_json_)
        if not once:
            _stay(deployment)
    return YES


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


def _close_journey(told: "dict[str, Facts]", deployment: "Deployment", seconds: float, as_json_: bool) -> None:
    from sealmark.cli.closing import closing

    if as_json_:
        where = {"address": deployment.address, "folder": str(deployment.folder)}
        json_line({"facts": told, **where, "seconds": round(seconds, 1)})
    else:
        closing(told, deployment, seconds)


def _stay(deployment: "Deployment") -> None:
    """Stay up until Ctrl-C, or until the gateway ends."""
    if watched():
        line(
            (
                said("   服务仍在运行，按 Ctrl-C 结束。", "   The service stays up for you to try. Ctrl-C ends it."),
                "muted",
            )
        )
    try:
        deployment.stay()
    except KeyboardInterrupt:
        if watched():
            line((said("   正在结束……", "   Ending…"), "muted"))
