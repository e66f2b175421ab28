"""The end users of an application as its provider's staff see them: who they are, and how they stand (Art. 8-10)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sealmark.people.errors import NoSuchApplication
from sealmark.people.models import Acceptance, Application, EndUser, Identity, Sanction
from sealmark.people.service import People
from sealmark.storage.database import now
from sealmark.storage.keys import KeyUnavailable


@dataclass(frozen=True, slots=True)
class Shown:
    """One end user. `reference` is None where the key that it lies under was destroyed.

    `identities` and `sanctions` are every attempt and every measure, oldest first; identity numbers are never shown.
    """

    id: str
    reference: str | None
    created_at: datetime
    identified: bool
    accepted: tuple[tuple[str, datetime], ...]
    identities: tuple[Identity, ...]
    sanctions: tuple[Sanction, ...]

    @property
    def in_force(self) -> tuple[Sanction, ...]:
        """The measures that hold now."""
        moment = now()
        return tuple(
            row for row in self.sanctions if row.lifted_at is None and (row.ends_at is None or row.ends_at > moment)
        )


def end_users(people: People, application: str) -> list[Shown]:
    """Every end user of an application, oldest first. Raises `NoSuchApplication`."""
    with people.database.transaction() as session:
        if session.get(Application, application) is None:
            raise NoSuchApplication(application=application)
        found = select(EndUser).where(EndUser.application_id == application).order_by(EndUser.created_at)
        return [_shown(people, session, row) for row in session.scalars(found)]


def end_user(people: People, application: str, reference: str) -> Shown:
    """One end user. Raises `NoSuchApplication` or `NoSuchEndUser`."""
    with people.database.transaction() as session:
        return _shown(people, session, people.registered(session, application, reference))


def _shown(people: People, session: Session, user: EndUser) -> Shown:
    accepted = session.scalars(
        select(Acceptance).where(Acceptance.end_user_id == user.id).order_by(Acceptance.accepted_at)
    )
    identities = session.scalars(select(Identity).where(Identity.end_user_id == user.id).order_by(Identity.verified_at))
    sanctions = session.scalars(select(Sanction).where(Sanction.end_user_id == user.id).order_by(Sanction.starts_at))
    return Shown(
        id=user.id,
        reference=_reference(people, session, user),
        created_at=user.created_at,
        identified=people.identified(session, user.id),
        accepted=tuple((row.version, row.accepted_at) for row in accepted),
        identities=tuple(identities),
        sanctions=tuple(sanctions),
    )


def _reference(people: People, session: Session, user: EndUser) -> str | None:
    try:
        plain = people.keys.by_id(session, user.key_id).open(user.reference_sealed, b"reference")
    except KeyUnavailable:
        return None
    return plain.decode("utf-8", "surrogatepass")
