"""`sealmark applications`: who may call; works on the data folder, with or without a running server."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmark.cli.commands import Commands
from sealmark.cli.options import DataDir, Json
from sealmark.cli.spoken import said
from sealmark.cli.terminal import YES, counted, json_line, line, summary

if TYPE_CHECKING:
    from sealmark.people.models import Application

Name = Annotated[
    str, typer.Argument(metavar="NAME", show_default=False, help=said("应用名称。", "The application's name."))
]
Id = Annotated[str, typer.Argument(metavar="ID", show_default=False, help=said("应用编号。", "The application's id."))]
ShowsLabel = Annotated[
    bool,
    typer.Option(
        "--shows-label",
        help=said(
            "该应用在自己的界面上展示标识（GB 45438 5.6）：文本中不再加可见标识。",
            "It shows the label in its own interface (GB 45438 5.6), so texts get no visible mark.",
        ),
    ),
]


def install(app: typer.Typer) -> None:
    """Add the command group."""
    group = Commands(help=said("登记可以调用网关的应用。", "The applications that may call."))
    group.command("create", help=said("登记一个应用。", "Register an application."))(create)
    group.command("list", help=said("列出全部应用。", "List every application."))(show)
    group.command("disable", help=said("从现在起拒绝该应用的一切调用。", "Refuse every call of it from now on."))(
        disable
    )
    app.add_typer(group, name="applications", rich_help_panel=said("账本与使用者", "Ledger and people"))


def create(name: Name, shows_label: ShowsLabel = False, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Register an application; in rehearsal it can call at once, for itself."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    settings = settings_of(data_dir)
    with closing(Workplace.open(settings)) as workplace:
        row = workplace.people.create_application(name, shows_label=shows_label)
        workplace.rehearse(row.id)
    if as_json_:
        json_line(_in_json(row))
    else:
        follow = f"sealmark keys issue {row.id}"
        summary(
            said(
                f"已登记应用 {row.id}。签发密钥：{follow}",
                f"Application {row.id} is registered. Issue its key: {follow}",
            )
        )
    return YES


def show(data_dir: DataDir = None, as_json_: Json = False) -> int:
    """List every application, oldest first."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        rows = workplace.people.applications()
    for row in rows:
        json_line(_in_json(row)) if as_json_ else _line(row)
    if not as_json_:
        summary(said(f"{len(rows)} 个应用。", f"{counted(len(rows), 'application')}."))
    return YES


def disable(application: Id, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Refuse every call of an application from now on."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        workplace.people.disable_application(application)
    if as_json_:
        json_line({"id": application, "disabled": True})
    else:
        summary(said(f"应用 {application} 已停用。", f"Application {application} is disabled."))
    return YES


def _in_json(row: "Application") -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "shows_label": row.shows_label,
        "created_at": row.created_at.isoformat(),
        "disabled_at": row.disabled_at.isoformat() if row.disabled_at else None,
    }


def _line(row: "Application") -> None:
    state = (said("已停用", "disabled"), "seal") if row.disabled_at else (said("可用", "active"), "holds")
    line(f"{row.id}  {row.name}  ", state, (f"  {row.created_at:%Y-%m-%d %H:%M} UTC", "muted"))
