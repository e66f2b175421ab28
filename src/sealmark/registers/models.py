"""Tables of the registers room."""

from datetime import datetime

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sealmark.storage.database import Moment, Table


class ServiceRow(Table):
    """One deep-synthesis capability that is offered: an upstream and how the law sees it."""

    __tablename__ = "services"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    model: Mapped[str] = mapped_column(String(200), unique=True)
    operation: Mapped[str] = mapped_column(String(16))
    zh: Mapped[str] = mapped_column(String(200))
    en: Mapped[str] = mapped_column(String(200))
    technology: Mapped[int]
    marking_class: Mapped[str] = mapped_column(String(8))
    flags: Mapped[list[str]] = mapped_column(JSON)
    assessment: Mapped[str] = mapped_column(Text)
    upstream_url: Mapped[str] = mapped_column(String(500))
    upstream_model: Mapped[str] = mapped_column(String(200))
    upstream_key_variable: Mapped[str] = mapped_column(String(100))
    explicit: Mapped[dict[str, str]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class MarkingApproval(Table):
    """The compliance officer's approval of why a service stands outside the first paragraph of Article 17.

    `claim` says what was approved (`Service.claim`); `officer` is a name, and stands here only.
    """

    __tablename__ = "marking_approvals"

    claim: Mapped[str] = mapped_column(String(64), primary_key=True)
    service_id: Mapped[str] = mapped_column(String(40), index=True)
    reason: Mapped[str] = mapped_column(Text)
    officer: Mapped[str] = mapped_column(String(100))
    approved_at: Mapped[datetime] = mapped_column(Moment)


class Switch(Table):
    """A policy that is one value, such as `identity.required_for`."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(Moment)
