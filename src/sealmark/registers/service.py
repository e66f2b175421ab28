"""What the registers room does: keep the services and switches, seeded from one TOML."""

import os
from dataclasses import MISSING, asdict, dataclass, field, fields
from hashlib import sha256
from typing import Any, Literal, get_args, get_type_hints
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from sealmark.errors import SealmarkError, why
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.explicit.wording import lawful
from sealmark.registers.events import Event
from sealmark.registers.marking import OTHER, classes, default_class, technologies
from sealmark.registers.models import MarkingApproval, ServiceRow, Switch
from sealmark.storage import outbox, revisions
from sealmark.storage.database import Database, now

ROOM = "registers"
Operation = Literal["chat", "image", "speech", "item"]  # `item`: made elsewhere, submitted to be marked
FLAGS = ("biometric", "special_objects", "opinion")  # Art. 15 (1), (2); Art. 19, 20
SWITCHES: dict[str, tuple[str, ...]] = {
    "identity.required_for": ("all", "publish"),  # Art. 9 asks it for publishing; the default asks it for all
}
DEFAULTS = {name: allowed[0] for name, allowed in SWITCHES.items()}


class UnusableService(SealmarkError):
    """A service's description cannot be used."""

    code = "registers.unusable_service"
    status = 400
    article = 23
    zh = "服务登记有误：{zh_reason}。"
    en = "The register of services has a mistake: {en_reason}."
    zh_next = "请修改服务登记文件后重新启动。"
    en_next = "Correct the register file and start again."


class UnnamedOfficer(SealmarkError):
    """An approval that nobody answers for."""

    code = "registers.unnamed_officer"
    status = 400
    article = 17
    zh = "批准须写明合规负责人。"
    en = "An approval names the compliance officer who answers for it."
    zh_next = "请用 --officer 写明姓名或工号。"
    en_next = "Name them, or their staff number, with --officer."


class NothingToApprove(SealmarkError):
    """An approval of what needs none, or of a service that is not there."""

    code = "registers.nothing_to_approve"
    status = 409
    article = 17
    zh = "服务 {service} 没有待批准的理由：只有登记为 other 的服务需要。"
    en = "The service {service} has no reason to approve: only one registered as other needs it."
    zh_next = "请核对服务编号；sealmark services list 列出全部服务。"
    en_next = "Check the service's id; sealmark services list shows them all."


@dataclass(frozen=True, slots=True)
class Service:
    """One registered service, as the hot path needs it.

    `technology` is one of the six of Art. 23; `marking_class` one of the five of Art. 17, first paragraph, or `other`,
    which needs a written `reason`; `explicit` says how the explicit mark looks or sounds (`ExplicitOptions`);
    `assessment` names the security assessment that Art. 15 asks of biometric and special-object tools.
    """

    id: str
    model: str
    operation: Operation
    zh: str
    en: str
    technology: int
    upstream_url: str = ""  # none for `item`: nothing is asked of anybody
    upstream_model: str = ""
    marking_class: str = field(default_factory=default_class)
    reason: str = ""
    flags: list[str] = field(default_factory=list)
    assessment: str = ""
    upstream_key_variable: str = ""
    explicit: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._require("operation", self.operation in get_args(Operation), "、".join(get_args(Operation)))
        self._require("technology", self.technology in technologies(), "1–6")
        self._require("marking_class", self.marking_class in classes(), "、".join(classes()))
        self._require("flags", set(self.flags) <= set(FLAGS), "、".join(FLAGS))
        self._require("explicit", *explicit_options(self.explicit))
        self._require_reason()
        if self.operation != "item":
            self._require("upstream_url", _is_address(self.upstream_url), "http://host[:1–65535]/…、https://…")
            self._require("upstream_model", bool(self.upstream_model), "upstream_model ≠ ''")

    def _require(self, name: str, holds: bool, offered: str) -> None:
        if not holds:
            given = f"{self.id}: {name} = {getattr(self, name)!r}"
            raise UnusableService(**why(f"{given}，应为 {offered}", f"{given}, it must be of {offered}"))

    def _require_reason(self) -> None:
        """Outside the first paragraph of Art. 17 stands only what somebody can say why, and nobody's face or voice."""
        if self.marking_class != OTHER:
            return
        if not self.reason.strip():
            raise UnusableService(**why(f"{self.id}: 类别 other 须写明理由", f"{self.id}: class other needs a reason"))
        if "biometric" in self.flags:
            zh, en = "编辑生物识别信息的服务不能归入 other", "a service that edits biometric features is never other"
            raise UnusableService(**why(f"{self.id}: {zh}", f"{self.id}: {en}"))

    @property
    def claim(self) -> str:
        """What an approval of the reason is bound to, as a digest: another reason or tool needs another approval."""
        said = (self.id, self.model, self.operation, self.technology, sorted(self.flags), self.reason)
        return sha256(repr(said).encode()).hexdigest()

    @property
    def assessed(self) -> bool:
        """Whether the tools of this service may be used: those of Art. 15 only after an assessment."""
        return bool(self.assessment) or not {"biometric", "special_objects"} & set(self.flags)

    @property
    def upstream_key(self) -> str:
        """The upstream's API key, from the environment; never kept in the database."""
        return os.environ.get(self.upstream_key_variable, "") if self.upstream_key_variable else ""


class Registers:
    """Services and switches on one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def seed(self, table: dict[str, Any]) -> None:
        """Bring services and switches to what the table says; every change is recorded. Raises `UnusableService`.

        A service that the table no longer names is withdrawn.
        """
        services = [_service(row) for row in table.get("service", [])]
        with self.database.transaction() as session:
            for service in services:
                _put_service(session, service)
            _withdraw_others(session, {service.id for service in services})
            for name, value in table.get("switches", {}).items():
                _put_switch(session, name, value)

    def approve_marking(self, service_id: str, officer: str) -> MarkingApproval:
        """Keep that the compliance officer approves why a service is `other` (Art. 17, second paragraph).

        Approving again what is approved changes nothing. Raises `NothingToApprove`, `UnnamedOfficer`.
        """
        if not officer.strip():
            raise UnnamedOfficer
        with self.database.transaction() as session:
            row = session.get(ServiceRow, service_id)
            if row is None or row.marking_class != OTHER:
                raise NothingToApprove(service=service_id)
            service = _from_row(row)
            return session.get(MarkingApproval, service.claim) or _approve(session, service, officer.strip()[:100])

    def approvals(self, session: Session) -> dict[str, MarkingApproval]:
        """Every approval by what it was given for (`Service.claim`)."""
        return {row.claim: row for row in session.scalars(select(MarkingApproval))}

    def services(self, session: Session) -> list[Service]:
        """Every registered service."""
        return [_from_row(row) for row in session.scalars(select(ServiceRow).order_by(ServiceRow.id))]

    def switches(self, session: Session) -> dict[str, str]:
        """Every switch with its value or its default."""
        return DEFAULTS | {row.name: row.value for row in session.scalars(select(Switch))}


def explicit_options(given: dict[str, str]) -> tuple[bool, str]:
    """Whether these are options of an explicit mark, and what there is."""
    known = {name: get_args(kind) for name, kind in get_type_hints(ExplicitOptions).items()}
    offered = {name: _chosen(values) for name, values in known.items()}
    fits = all(name in known and (not offered[name] or value in offered[name]) for name, value in given.items())
    fits = fits and all(isinstance(value, str) for value in given.values()) and lawful(given.get("wording", "AI生成"))
    return fits, "、".join(f"{name}: {' | '.join(values) or '…'}" for name, values in offered.items())


def _chosen(values: tuple[Any, ...]) -> tuple[str, ...]:
    """The strings of a `Literal`, or of one beside None."""
    nested = next((get_args(value) for value in values if get_args(value)), values)
    return tuple(value for value in nested if isinstance(value, str))


def _is_address(text: str) -> bool:
    """Whether it can be asked: HTTP, a host, a port that exists if there is one, and nothing that breaks a line."""
    try:
        url = urlsplit(text)
        known = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False
    return known and text.isascii() and text.isprintable() and " " not in text


def _service(row: dict[str, Any]) -> Service:
    try:
        return Service(**row)
    except TypeError as error:
        raise UnusableService(**_misfit(row)) from error


def _misfit(row: dict[str, Any]) -> dict[str, str]:
    """What is missing of a service's description, and what nobody knows there."""
    needed = {one.name for one in fields(Service) if one.default is MISSING and one.default_factory is MISSING}
    known = {one.name for one in fields(Service)}
    name, missing = row.get("id", "?"), ", ".join(sorted(needed - set(row)))
    unknown = ", ".join(sorted(set(row) - known))
    zh = "；".join([f"缺少 {missing}"] * bool(missing) + [f"不认识 {unknown}"] * bool(unknown))
    en = "; ".join([f"missing {missing}"] * bool(missing) + [f"unknown {unknown}"] * bool(unknown))
    return why(f"{name}: {zh}", f"{name}: {en}")


def _from_row(row: ServiceRow) -> Service:
    return Service(**_columns(row))


def _columns(row: ServiceRow) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in fields(Service)}


def _put_service(session: Session, service: Service) -> None:
    row = session.get(ServiceRow, service.id)
    if row is not None and _columns(row) == asdict(service):  # a row from before a rule was can still be corrected
        return
    event = Event.SERVICE_REGISTERED if row is None else Event.SERVICE_CHANGED
    session.merge(ServiceRow(**asdict(service), changed_at=now()))
    seen = {name: getattr(service, name) for name in ("model", "operation", "technology", "marking_class", "flags")}
    _note(session, event, service=service.id, assessed=service.assessed, **seen)


def _withdraw_others(session: Session, offered: set[str]) -> None:
    for row in session.scalars(select(ServiceRow).where(ServiceRow.id.not_in(offered))):
        session.delete(row)
        _note(session, Event.SERVICE_WITHDRAWN, service=row.id)


def _approve(session: Session, service: Service, officer: str) -> MarkingApproval:
    row = MarkingApproval(
        claim=service.claim, service_id=service.id, reason=service.reason, officer=officer, approved_at=now()
    )
    session.add(row)
    _note(session, Event.MARKING_APPROVED, service=service.id, claim=service.claim)
    return row


def _put_switch(session: Session, name: str, value: str) -> None:
    if value not in SWITCHES.get(name, ()):
        raise UnusableService(**why(f"没有开关 {name} = {value!r}", f"there is no switch {name} = {value!r}"))
    row = session.get(Switch, name)
    if row is not None and row.value == value:
        return
    session.merge(Switch(name=name, value=value, changed_at=now()))
    _note(session, Event.SWITCH_SET, switch=name, value=value)


def _note(session: Session, event: Event, **seen: object) -> None:
    outbox.put(session, event, **seen)
    revisions.bump(session, ROOM)
