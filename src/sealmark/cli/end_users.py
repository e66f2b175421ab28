"""`sealmark end-users`: who they are, how they stand, and what is done about them (Art. 9, 10)."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from sealmark.cli.commands import Commands
from sealmark.cli.errors import UnknownOperation
from sealmark.cli.options import DataDir, Json
from sealmark.cli.spoken import said
from sealmark.cli.terminal import YES, counted, json_line, line, summary

if TYPE_CHECKING:
    from sealmark.people.models import Identity, Sanction
    from sealmark.people.roster import Shown

Application = Annotated[
    str, typer.Argument(metavar="APP", show_default=False, help=said("应用编号。", "The application's id."))
]
User = Annotated[
    str,
    typer.Argument(
        metavar="USER",
        show_default=False,
        help=said("应用给最终使用者的名称。", "The name that the application gives the end user."),
    ),
]
Kind = Annotated[
    str,
    typer.Argument(
        metavar="warn|restrict|suspend|close",
        show_default=False,
        help=said(
            "警示、限制功能、暂停服务或关闭账号。", "What is done: a warning, a restriction, a suspension, an end."
        ),
    ),
]
Reason = Annotated[
    str,
    typer.Option(
        metavar="TEXT",
        show_default=False,
        help=said("理由；只存于数据库，不写入账本。", "Why; kept in the database and never in the ledger."),
    ),
]
Operations = Annotated[
    list[str] | None,
    typer.Option(
        "--operation",
        metavar="NAME",
        show_default=False,
        help=said(
            "限制功能所限的操作：chat、image 或 speech；可重复。",
            "What a restriction takes away: chat, image or speech; may be repeated.",
        ),
    ),
]
Days = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=3650,
        metavar="DAYS",
        show_default=False,
        help=said("几天之后自行结束；缺省直到解除。", "It ends by itself after so many days; else when it is lifted."),
    ),
]
Id = Annotated[
    str, typer.Argument(metavar="ID", show_default=False, help=said("处置措施的编号。", "The sanction's id."))
]
_KINDS = {
    "warn": ("警示", "warned"),
    "restrict": ("限制功能", "restricted"),
    "suspend": ("暂停服务", "suspended"),
    "close": ("关闭账号", "closed"),
}


def install(app: typer.Typer) -> None:
    """Add the command group."""
    group = Commands(help=said("最终使用者的状况与处置。", "End users: how they stand, and sanctions."))
    group.command("list", help=said("列出一个应用的最终使用者。", "List the end users of an application."))(show_all)
    group.command(
        "show",
        help=said(
            "查看一名最终使用者：身份核验、协议、处置措施；不显示证件号码。",
            "Show one end user: identity checks, agreement, sanctions; never a number of theirs.",
        ),
    )(show)
    group.command(
        "sanction",
        help=said(
            "对最终使用者警示、限制功能、暂停服务或关闭账号（第十条）。",
            "Warn, restrict, suspend or close an end user (Art. 10).",
        ),
    )(sanction)
    group.command("lift", help=said("提前解除一项处置措施。", "End a sanction before its time."))(lift)
    app.add_typer(group, name="end-users", rich_help_panel=said("账本与使用者", "Ledger and people"))


def show_all(application: Application, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """List the end users of an application, oldest first."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace
    from sealmark.people.roster import end_users

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        rows = end_users(workplace.people, application)
    for row in rows:
        json_line(_in_json(row)) if as_json_ else line(*_heading(row))
    if not as_json_:
        summary(said(f"{len(rows)} 名最终使用者。", f"{counted(len(rows), 'end user')}."))
    return YES


def show(application: Application, user: User, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Show one end user, with every identity check and every sanction."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace
    from sealmark.people.roster import end_user

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        row = end_user(workplace.people, application, user)
    if as_json_:
        json_line(_in_json(row))
        return YES
    line(*_heading(row))
    for version, moment in row.accepted:
        line((f"  {_time(moment)}  ", "muted"), said(f"接受服务协议 {version}", f"accepted agreement {version}"))
    for checked in row.identities:
        line((f"  {_time(checked.verified_at)}  ", "muted"), _identity(checked))
    for done in row.sanctions:
        line((f"  {_time(done.starts_at)}  ", "muted"), _measure(done))
    return YES


def sanction(
    application: Application,
    user: User,
    kind: Kind,
    reason: Reason,
    *,
    operations: Operations = None,
    days: Days = None,
    data_dir: DataDir = None,
    as_json_: Json = False,
) -> int:
    """Impose a sanction; a running server follows within a second."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    restricted = _operations(operations or [])
    ends_at = datetime.now(UTC) + timedelta(days=days) if days else None
    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        made = workplace.people.sanction(application, user, kind, reason, operations=restricted, ends_at=ends_at)
    if as_json_:
        json_line({"id": made, "kind": kind, "operations": restricted, "ends_at": ends_at})
    else:
        follow = f"sealmark end-users lift {made}"
        zh, en = _KINDS[kind]
        summary(said(f"已处置：{zh}。解除：{follow}", f"Done: {en}. To lift it: {follow}"))
    return YES


def lift(sanction: Id, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """End a sanction before its time."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        workplace.people.lift_sanction(sanction)
    if as_json_:
        json_line({"id": sanction, "lifted": True})
    else:
        summary(said(f"处置措施 {sanction} 已解除。", f"Sanction {sanction} is lifted."))
    return YES


def _operations(names: list[str]) -> tuple[str, ...]:
    from sealmark.registers.service import Operation

    known = get_args(Operation)
    for name in names:
        if name not in known:
            raise UnknownOperation(operation=name, known=", ".join(known))
    return tuple(dict.fromkeys(names))


def _in_json(row: "Shown") -> dict[str, Any]:
    return {
        "id": row.id,
        "user": row.reference,
        "created_at": row.created_at.isoformat(),
        "identified": row.identified,
        "agreements": [{"version": version, "accepted_at": moment.isoformat()} for version, moment in row.accepted],
        "identities": [
            {
                "document": one.document,
                "verifier": one.verifier,
                "sandbox": one.sandbox,
                "matched": one.matched,
                "verified_at": one.verified_at.isoformat(),
            }
            for one in row.identities
        ],
        "sanctions": [_sanction_in_json(one, one in row.in_force) for one in row.sanctions],
    }


def _sanction_in_json(row: "Sanction", in_force: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "operations": row.operations,
        "reason": row.reason,
        "in_force": in_force,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat() if row.ends_at else None,
        "lifted_at": row.lifted_at.isoformat() if row.lifted_at else None,
    }


def _heading(row: "Shown") -> tuple[str | tuple[str, str], ...]:
    name = row.reference if row.reference is not None else said("（密钥已销毁）", "(its key is destroyed)")
    known = (said("已认证", "identified"), "holds") if row.identified else (said("未认证", "not identified"), "due")
    done = [said(*_KINDS[one.kind]) for one in row.in_force]
    measures = f"  {said('、', ', ').join(done)}" if done else ""
    return f"{name}  ", known, (measures, "seal"), (f"  {_time(row.created_at)}", "muted")


def _identity(row: "Identity") -> str:
    from sealmark.people.identity import documents

    kind = documents().get(row.document)
    document = said(kind.zh, kind.en) if kind else row.document
    result = said("核验通过", "verified") if row.matched else said("核验未通过", "not verified")
    return f"{document}  {result}  {row.verifier}"


def _measure(row: "Sanction") -> str:
    parts = [said(*_KINDS[row.kind]), *row.operations, row.reason, row.id]
    if row.lifted_at:
        parts.append(said(f"{_time(row.lifted_at)} 解除", f"lifted {_time(row.lifted_at)}"))
    elif row.ends_at:
        parts.append(said(f"至 {_time(row.ends_at)}", f"until {_time(row.ends_at)}"))
    return "  ".join(parts)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
