"""`sealmark serve`: the gateway, the API and the pages, until a signal."""

import logging
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmark.cli.errors import NotStarted, PortTaken
from sealmark.cli.options import DataDir, Json
from sealmark.cli.spoken import flowing, said
from sealmark.cli.terminal import YES, json_line, line, summary, watched
from sealmark.errors import system_reason

if TYPE_CHECKING:
    import uvicorn

    from sealmark.settings import Settings
    from sealmark.web.app import Application

_HELP = flowing(
    """启动网关、接口与公共页面。

    配置取自 SEALMARK_* 环境变量与 SEALMARK_SETTINGS 指定的 TOML 文件。未设模式即为正式模式；
    条件未齐时正式模式拒绝启动并逐条列出。""",
    """Start the gateway, the API and the public pages.

    Settings come from SEALMARK_* environment variables and the TOML file that SEALMARK_SETTINGS names. No mode set
    means live, and live refuses to start, naming every gate, as long as one is missing.""",
)
_PATIENCE = 10  # seconds that a stop waits for answers in progress
Port = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=65535,
        show_default=False,
        help=said("监听端口；0 由系统选择。", "The port; 0 lets the system choose."),
    ),
]


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", help=_HELP, rich_help_panel=said("开始", "Start here"))(serve)


def serve(port: Port = None, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Serve until a signal; exit code 0 after a clean end, 2 where it cannot start."""
    from sealmark.cli.logs import to_standard_error
    from sealmark.house import refuse_live
    from sealmark.web.app import Application

    settings = _settings(port, data_dir)
    refuse_live(settings)
    to_standard_error()
    with _listener(settings) as listener:
        address = _address(listener)
        application = Application(settings)
        server = _server(application)
        server.on_ready = lambda: _announce(settings, address, as_json_)
        with suppress(KeyboardInterrupt, SystemExit):  # what uvicorn ends with: a signal passed on, or no start
            server.run(sockets=[listener])
    if not server.started:
        raise application.failure or NotStarted
    if watched() and not as_json_:
        summary(said("服务已停止，账本已关闭。", "The service has stopped; the ledger is closed."))
    return YES


def _settings(port: int | None, data_dir: Path | None) -> "Settings":
    from sealmark.settings import Settings

    given: dict[str, Any] = {"port": port, "data_dir": data_dir}
    return Settings.load(**{name: value for name, value in given.items() if value is not None})


def _listener(settings: "Settings") -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as failure:
        raise PortTaken(host=settings.host, port=settings.port, **system_reason(failure)) from failure


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(application: "Application") -> Any:
    import uvicorn

    from sealmark.web.protocol import BoundedProtocol

    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=BoundedProtocol,
        log_level="warning",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=_PATIENCE,
    )
    # why it did not start is told in one line, in the reader's language, and not in the log as well
    logging.getLogger("uvicorn.error").addFilter(lambda _: application.failure is None)
    return _ready_server(config)


def _ready_server(config: "uvicorn.Config") -> Any:
    import uvicorn

    class Ready(uvicorn.Server):
        """Says when it takes connections."""

        on_ready = staticmethod(lambda: None)

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                self.on_ready()

    return Ready(config)


def _announce(settings: "Settings", address: str, as_json_: bool) -> None:
    folder = settings.data_dir.absolute()
    if as_json_:
        json_line({"address": address, "mode": settings.mode, "data_dir": str(folder), "pid": os.getpid()})
        return
    mode = said("演练", "rehearsal") if settings.rehearsal else said("正式", "live")
    line((said("深印已就绪", "Sealmark is ready"), "strong.seal"), f"  {address}")
    line((said("  模式      ", "  mode         "), "muted"), mode)
    line((said("  数据目录  ", "  data folder  "), "muted"), str(folder))
    line((said("  网关      ", "  gateway      "), "muted"), f"{address}/v1")
    if watched():
        line((said("  停止      ", "  stop         "), "muted"), "Ctrl-C")
