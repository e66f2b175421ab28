"""`sealmark services`: what is offered, how the law sees it, and the approval of class `other` (Art. 17, 23)."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmark.cli.commands import Commands
from sealmark.cli.options import DataDir, Json
from sealmark.cli.spoken import said
from sealmark.cli.terminal import YES, counted, json_line, line, summary

if TYPE_CHECKING:
    from sealmark.registers.models import MarkingApproval
    from sealmark.registers.service import Service

Id = Annotated[str, typer.Argument(metavar="ID", show_default=False, help=said("服务编号。", "The service's id."))]
Officer = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        show_default=False,
        help=said(
            "批准的合规负责人；只存于数据库，不写入账本。",
            "The compliance officer who approves; kept in the database and never in the ledger.",
        ),
    ),
]


def install(app: typer.Typer) -> None:
    """Add the command group."""
    group = Commands(help=said("登记的服务与标识类别。", "The registered services and their marking classes."))
    group.command("list", help=said("列出全部服务及其内容得到的标识。", "List every service and what its items get."))(
        show
    )
    group.command(
        "approve",
        help=said(
            "批准一项服务归入第十七条第二款的理由；在此之前，其内容按 17(5) 标识。",
            "Approve why a service falls under Art. 17, second paragraph; until then its items are marked as 17(5).",
        ),
    )(approve)
    app.add_typer(group, name="services", rich_help_panel=said("账本与使用者", "Ledger and people"))


def show(data_dir: DataDir = None, as_json_: Json = False) -> int:
    """List every service with its class and how that stands."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    with closing(Workplace.open(settings_of(data_dir))) as workplace, workplace.database.transaction() as session:
        services = workplace.registers.services(session)
        approvals = workplace.registers.approvals(session)
        rows = [_in_json(one, approvals.get(one.claim)) for one in services]
    for row in rows:
        if as_json_:
            json_line(row)
        else:
            _print(row)
    if not as_json_:
        summary(said(f"{len(rows)} 项服务。", f"{counted(len(rows), 'service')}."))
    return YES


def approve(service: Id, officer: Officer, data_dir: DataDir = None, as_json_: Json = False) -> int:
    """Keep the officer's approval; a change of the reason or the service needs another."""
    from sealmark.cli.deployment import settings_of
    from sealmark.house import Workplace

    with closing(Workplace.open(settings_of(data_dir))) as workplace:
        row = workplace.registers.approve_marking(service, officer)
    if as_json_:
        json_line({"service": service, "claim": row.claim, "approved_at": row.approved_at.isoformat()})
    else:
        summary(
            said(
                f"已批准 {service} 归入第十七条第二款：{row.reason}",
                f"{service} is approved under Art. 17, second paragraph: {row.reason}",
            )
        )
    return YES


def _in_json(service: "Service", approval: "MarkingApproval | None") -> dict[str, Any]:
    from sealmark.registers.marking import OTHER, classes, default_class

    counts = service.marking_class if service.marking_class != OTHER or approval else default_class()
    return {
        "id": service.id,
        "model": service.model,
        "operation": service.operation,
        "technology": service.technology,
        "marking_class": service.marking_class,
        "counts_as": counts,
        "explicit": classes()[counts].explicit,
        "reason": service.reason,
        "approved_by": approval.officer if approval else None,
    }


def _print(row: dict[str, Any]) -> None:
    always = row["explicit"] == "always"
    given = said("一律加显式标识", "always marked") if always else said("按需加显式标识", "marked on request")
    line(
        (f"{row['id']}  ", "strong"),
        f"{row['model']}  ",
        (f"{row['operation']} · Art. 23({row['technology']}) · {row['counts_as']} · ", "muted"),
        given,
    )
    if row["reason"]:
        by = row["approved_by"]
        state = said(f"由 {by} 批准", f"approved by {by}") if by else said("尚未批准", "not approved yet")
        line((said(f"  理由：{row['reason']}（{state}）", f"  Reason: {row['reason']} ({state})"), "muted"))
