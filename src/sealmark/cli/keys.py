"""`sealmark keys`: API keys of applications; works on the data folder, with or without a running server."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmark.cli.commands import Commands
from sealmark.cli.options import DataDir, Json
from sealmark.cli.spoken import said
from sealmark.cli.terminal import YES, counted, json_line, line, remark, summary

if TYPE_CHECKING:
    from sealmark.people.models import ApiKey

Application = Annotated[
    str, typer.Argument(metavar="APP", show_default=False, help=said("应用编号。", "The application's id."))
]
Id = Annotated[str, typer.Argument(metavar="ID", show_default=False, help=said("密钥编号。", "The key's id."))]


def install(app: typer.Typer) -> None:
    """Add the command group."""
    group = Commands(help=said("签发与撤销应用的密钥。", "The API keys of applications."))
    group.command("issue", help=said("签发一个密钥；只显示这一次。", "Issue a key; it is shown this once."))(issue)
    group.command("list", help=said("列出应用的密钥。", "List an application's keys."))(show)
    group.command("revoke", help=said("从现在起拒绝该密钥。", "Refuse a key from now on."))(revoke)
    app.add_typer(group, name="keys", rich_help_panel=said("账本与使用者", "Ledger and people"))


def issue(application: Application, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Print a new key, alone on standard output."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        key = workplace.people.issue_key(application)
        row = workplace.people.api_keys(application)[-1]
    if as_json_:
        json_line({**_in_json(row), "key": key})
        return YES
    line((key, "strong"))
    remark((said("请立即保存：这里只留有摘要，不会再次显示。", "Keep it now: only a digest stays here."), "muted"))
    return YES


def show(application: Application, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """List the keys of an application, oldest first; never the keys themselves."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        rows = workplace.people.api_keys(application)
    for row in rows:
        json_line(_in_json(row)) if as_json_ else _line(row)
    if not as_json_:
        summary(said(f"{len(rows)} 个密钥。", f"{counted(len(rows), 'key')}."))
    return YES


def revoke(key: Id, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Refuse a key from now on."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        workplace.people.revoke_key(key)
    if as_json_:
        json_line({"id": key, "revoked": True})
    else:
        summary(said(f"密钥 {key} 已撤销。", f"Key {key} is revoked."))
    return YES


def _in_json(row: "ApiKey") -> dict[str, Any]:
    return {
        "id": row.id,
        "application": row.application_id,
        "hint": row.hint,
        "created_at": row.created_at.isoformat(),
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
    }


def _line(row: "ApiKey") -> None:
    state = (said("已撤销", "revoked"), "seal") if row.revoked_at else (said("有效", "valid"), "holds")
    line(f"{row.id}  sk-seal-{row.hint}…  ", state, (f"  {row.created_at:%Y-%m-%d %H:%M} UTC", "muted"))
