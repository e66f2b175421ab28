"""`sealmark grants`: the leave that was given for copies without explicit mark (labelling Measures, Art. 9)."""

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmark.cli.commands import Commands
from sealmark.cli.options import DataDir, Json
from sealmark.cli.spoken import said
from sealmark.cli.terminal import YES, counted, json_line, line, summary

if TYPE_CHECKING:
    from sealmark.people.grants import Given

Id = Annotated[str, typer.Argument(metavar="ID", show_default=False, help=said("许可编号。", "The grant's id."))]
_STATES = {
    "open": ("可用", "open", "holds"),
    "used": ("份数已用完", "used up", "muted"),
    "expired": ("已到期", "expired", "muted"),
    "revoked": ("已撤销", "revoked", "seal"),
}


def install(app: typer.Typer) -> None:
    """Add the command group."""
    group = Commands(
        help=said(
            "不带显式标识的副本的许可（《标识办法》第九条）。",
            "Grants of copies without explicit mark (labelling Measures, Art. 9).",
        )
    )
    group.command("list", help=said("列出全部许可。", "List every grant."))(show_all)
    group.command(
        "show",
        help=said("查看一项许可：内容、用途、接收者、已取份数。", "Show one: item, purpose, recipient, copies taken."),
    )(show)
    group.command("revoke", help=said("撤销一项许可，即时生效。", "End a grant at once."))(revoke)
    app.add_typer(group, name="grants", rich_help_panel=said("账本与使用者", "Ledger and people"))


def show_all(data_dir: DataDir = None, as_json_: Json = False) -> int:
    """List every grant, oldest first."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        rows = workplace.grants.all()
    for row in rows:
        json_line(_in_json(row)) if as_json_ else line(*_heading(row))
    if not as_json_:
        summary(said(f"{len(rows)} 项许可。", f"{counted(len(rows), 'grant')}."))
    return YES


def show(grant: Id, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Show one grant with its recipient."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        row = workplace.grants.find(grant)
    if as_json_:
        json_line(_in_json(row))
        return YES
    line(*_heading(row))
    for name, value in _details(row):
        line((f"  {name}  ", "muted"), value)
    return YES


def revoke(grant: Id, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """End a grant; copies that were taken stay recorded."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        workplace.grants.revoke(grant)
    if as_json_:
        json_line({"id": grant, "revoked": True})
    else:
        summary(said(f"许可 {grant} 已撤销。", f"Grant {grant} is revoked."))
    return YES


def _in_json(row: "Given") -> dict[str, Any]:
    terms = row.terms
    return {
        "id": row.id,
        "state": row.state,
        "application": row.application,
        "end_user": row.end_user,
        "produce_id": terms.produce_id,
        "purpose": terms.purpose,
        "recipient": terms.recipient,
        "contact": terms.contact,
        "agreement": row.version,
        "copies": terms.copies,
        "taken": row.taken,
        "created_at": row.created_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
        "kept_until": row.kept_until.isoformat(),
    }


def _heading(row: "Given") -> tuple[str | tuple[str, str], ...]:
    zh, en, style = _STATES[row.state]
    taken = said(f"已取 {row.taken}/{row.terms.copies} 份", f"{row.taken} of {row.terms.copies} taken")
    number = row.terms.produce_id or said("（密钥已销毁）", "(its key is destroyed)")
    return (f"{row.id}  ", "strong"), f"{number}  ", (said(zh, en), style), (f"  {taken}", "muted")


def _details(row: "Given") -> tuple[tuple[str, str], ...]:
    terms = row.terms
    return (
        (said("应用", "application"), row.application),
        (said("最终使用者", "end user"), row.end_user),
        (said("标识协议", "agreement"), row.version),
        (said("用途", "purpose"), terms.purpose),
        (said("接收者", "recipient"), terms.recipient),
        (said("联系方式", "contact"), terms.contact),
        (said("给出", "given"), _time(row.created_at)),
        (said("到期", "expires"), _time(row.expires_at)),
        *(((said("撤销", "revoked"), _time(row.revoked_at)),) if row.revoked_at else ()),
        (said("记录至少保存至", "kept at least until"), _time(row.kept_until)),
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
