"""What the registers room does: keep the services and switches, seeded from one TOML."""

import os
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from sealmark.errors import SealmarkError, why
from sealmark.registers.events import Event
from sealmark.registers.models import ServiceRow, Switch
from sealmark.storage import outbox, revisions
from sealmark.storage.database import Database, now

ROOM = "registers"
Operation = Literal["chat", "image", "speech"]
MARKING_CLASSES = ("17(1)", "17(2)", "17(3)", "17(4)", "17(5)")  # Art. 17, first paragraph
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


@dataclass(frozen=True, slots=True)
class Service:
    """One registered service, as the hot path needs it.

    `technology` is one of the six of Art. 23; `marking_class` one of the five of Art. 17, first paragraph;
    `assessment` names the security assessment that Art. 15 asks of biometric and special-object tools.
    """

    id: str
    model: str
    operation: Operation
    zh: str
    en: str
    technology: int
    upstream_url: str
    upstream_model: str
    marking_class: str = "17(5)"
    flags: list[str] = field(default_factory=list)
    assessment: str = ""
    upstream_key_variable: str = ""
    explicit: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._require("operation", self.operation in get_args(Operation), "、".join(get_args(Operation)))
        self._require("technology", self.technology in range(1, 7), "1–6")
        self._require("marking_class", self.marking_class in MARKING_CLASSES, "、".join(MARKING_CLASSES))
        self._require("flags", set(self.flags) <= set(FLAGS), "、".join(FLAGS))
        self._require("upstream_url", _is_address(self.upstream_url), "http://host[:1–65535]/…、https://…")

    def _require(self, name: str, holds: bool, offered: str) -> None:
        if not holds:
            given = f"{self.id}: {name} = {getattr(self, name)!r}"
            raise UnusableService(**why(f"{given}，应为 {offered}", f"{given}, it must be of {offered}"))

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

    def services(self, session: Session) -> list[Service]:
        """Every registered service."""
        return [_from_row(row) for row in session.scalars(select(ServiceRow).order_by(ServiceRow.id))]

    def switches(self, session: Session) -> dict[str, str]:
        """Every switch with its value or its default."""
        return DEFAULTS | {row.name: row.value for row in session.scalars(select(Switch))}


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
