"""Every change has a number: workers poll these rows four times a second and drop what has become stale."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, Integer, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sealmark.storage.database import Moment, Table, now

KEPT = timedelta(hours=1)


class Revision(Table):
    """One change: which room, and which of its rows (empty: any of them)."""

    __tablename__ = "revisions"

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    room: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)


def bump(session: Session, room: str, subject: str = "") -> None:
    """Number a change, in the transaction that makes it."""
    session.add(Revision(room=room, subject=subject, at=now()))


def latest(session: Session) -> int:
    """The newest number; 0 where nothing was ever changed."""
    return session.scalar(select(func.max(Revision.number))) or 0


def since(session: Session | Connection, number: int) -> list[tuple[int, str, str]]:
    """The changes after `number`: (number, room, subject), oldest first."""
    found = select(Revision.number, Revision.room, Revision.subject).where(Revision.number > number)
    return [(row.number, row.room, row.subject) for row in session.execute(found.order_by(Revision.number))]


def prune(session: Session) -> None:
    """Forget what every living worker has long seen; the newest row stays, so numbers never repeat."""
    session.execute(delete(Revision).where(Revision.at < now() - KEPT, Revision.number < latest(session)))
