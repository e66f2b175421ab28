"""What a room did waits here, written in the room's own transaction, until the ledger holds it."""

import secrets
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sealmark.storage.database import Moment, Table, now


class PendingRecord(Table):
    """A record that the sequencer has not drained yet."""

    __tablename__ = "pending_records"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    record: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment, index=True)


def put(session: Session, kind: str, **fields: Any) -> None:
    """Leave a record of `kind` (`room.subject.action`). `fields` hold no personal information and no content."""
    identity = secrets.token_hex(16)
    moment = now()
    record = {"v": 1, "kind": kind, "at": moment.isoformat(timespec="milliseconds"), "id": identity, **fields}
    body = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    session.add(PendingRecord(id=identity, record=body, created_at=moment))


def waiting(session: Session | Connection, most: int = 500) -> list[tuple[str, bytes]]:
    """The oldest waiting records: (id, canonical JSON)."""
    found = select(PendingRecord.id, PendingRecord.record).order_by(PendingRecord.created_at).limit(most)
    return [(row.id, row.record) for row in session.execute(found)]


def drained(session: Session, ids: list[str]) -> None:
    """Forget records that the ledger holds durably."""
    session.execute(delete(PendingRecord).where(PendingRecord.id.in_(ids)))
