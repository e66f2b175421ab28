"""Grants: leave for copies of an item without its explicit mark, in the way of Article 9 of the labelling Measures.

The end user has accepted the agreement that fixes their duty to label and their liability; item, purpose and recipient
are recorded, sealed; the implicit mark stays. A grant lasts a bounded time and a bounded number of copies.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from sealmark.errors import why
from sealmark.items.events import Event as CopyEvent
from sealmark.items.sealed import seal, unseal
from sealmark.people.events import Event
from sealmark.people.grant_errors import (
    GrantOver,
    LabellingAgreementPublished,
    LabellingAgreementRequired,
    NoSuchGrant,
    NoSuchLabellingAgreement,
)
from sealmark.people.models import Grant, LabellingAcceptance, LabellingAgreement
from sealmark.people.service import People
from sealmark.storage import outbox
from sealmark.storage.database import now
from sealmark.storage.keys import KeyUnavailable, kept_until

MOST_DAYS = 30
MOST_COPIES = 20


@dataclass(frozen=True, slots=True)
class Terms:
    """What a grant is asked for. `contact` is how the recipient can be reached, kept as the Measures ask."""

    produce_id: str
    purpose: str
    recipient: str
    contact: str
    days: int = 7
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Given:
    """A grant. The texts of `terms` are empty where the key that they lay under was destroyed."""

    id: str
    application: str
    end_user: str
    version: str
    terms: Terms
    taken: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    @property
    def state(self) -> str:
        """`open`, or why it can no longer be used: `revoked`, `expired`, `used`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at <= now():
            return "expired"
        return "open" if self.taken < self.terms.copies else "used"

    @property
    def kept_until(self) -> datetime:
        """Until when its recipient can be told at the least."""
        return kept_until(self.created_at)

    def as_record(self) -> dict[str, str]:
        """What a copy's record says of the grant: no person and no content."""
        return {"grant": self.id, "agreement": self.version}

    def as_contents(self) -> dict[str, str]:
        """What lies sealed beside the record of each copy (Measures Art. 9: the recipient)."""
        terms = self.terms
        contents = {"produce_id": terms.produce_id, "purpose": terms.purpose}
        return {"grant": self.id, **contents, "recipient": terms.recipient, "contact": terms.contact}


_OVER = {
    "revoked": why("已撤销", "it was revoked"),
    "expired": why("已到期", "its time is over"),
    "used": why("份数已用完", "its copies are used up"),
}


class Grants:
    """The labelling agreement, its acceptances, and the grants that rest on them."""

    def __init__(self, people: People) -> None:
        self._database, self._people = people.database, people

    # the labelling agreement

    def publish_agreement(self, version: str, zh: str, en: str) -> None:
        """Publish a version; the same text again is no error, another raises `LabellingAgreementPublished`."""
        digest = sha256(f"{zh}\0{en}".encode()).hexdigest()
        with self._database.transaction() as session:
            known = session.get(LabellingAgreement, version)
            if known is not None:
                if known.digest != digest:
                    raise LabellingAgreementPublished(version=version)
                return
            session.add(LabellingAgreement(version=version, zh=zh, en=en, digest=digest, published_at=now()))
            outbox.put(session, Event.LABELLING_AGREEMENT_PUBLISHED, version=version, digest=digest)

    def agreement(self) -> LabellingAgreement:
        """The version in force: the one published last. Raises `NoSuchLabellingAgreement`."""
        with self._database.transaction() as session:
            return _in_force(session)

    def accept_agreement(self, application: str, reference: str, version: str) -> None:
        """Keep that an end user accepted a version. Raises `NoSuchEndUser` or `NoSuchLabellingAgreement`."""
        with self._database.transaction() as session:
            user = self._people.registered(session, application, reference)
            if session.get(LabellingAgreement, version) is None:
                raise NoSuchLabellingAgreement(version=version)
            if session.get(LabellingAcceptance, (user.id, version)) is None:
                session.add(LabellingAcceptance(end_user_id=user.id, version=version, accepted_at=now()))
                outbox.put(session, Event.LABELLING_AGREEMENT_ACCEPTED, version=version)

    # grants

    def give(self, application: str, end_user: str, terms: Terms, *, until: datetime | None = None) -> Given:
        """A new grant for an end user (by our id), never beyond `until`. Raises `LabellingAgreementRequired`."""
        with self._database.transaction() as session:
            version = _accepted(session, end_user)
            identity, key = "gr-" + secrets.token_hex(16), self._people.keys.current(session, end_user, "grant")
            part, moment = seal(_contents(terms), key, identity), now()
            end = moment + timedelta(days=terms.days)
            row = Grant(
                id=identity,
                application_id=application,
                end_user_id=end_user,
                number_lookup=self._people.master.look_up("number", terms.produce_id.encode()),
                version=version,
                sealed=part.ciphertext,
                key_id=part.key_id,
                copies=terms.copies,
                taken=0,
                created_at=moment,
                expires_at=min(end, until) if until else end,
            )
            session.add(row)
            given = self._given(session, row)
            fields = {"application": application, "copies": terms.copies, "expires_at": row.expires_at.isoformat()}
            outbox.put(session, Event.GRANT_GIVEN, **given.as_record(), **fields, sealed=part.commitment)
            return given

    def find(self, grant: str) -> Given:
        """A grant by its id. Raises `NoSuchGrant`."""
        with self._database.transaction() as session:
            return self._given(session, _row(session, grant))

    def usable(self, grant: str) -> Given:
        """A grant that can still be used. Raises `NoSuchGrant` or `GrantOver`."""
        given = self.find(grant)
        _require_open(given)
        return given

    def all(self) -> list[Given]:
        """Every grant, oldest first."""
        with self._database.transaction() as session:
            return [self._given(session, row) for row in session.scalars(select(Grant).order_by(Grant.created_at))]

    def take(self, grant: str) -> Given:
        """Count one copy, before it is made. Raises `NoSuchGrant` or `GrantOver`."""
        with self._database.transaction() as session:
            return self._given(session, self._taken(session, grant))

    def give_back(self, grant: str) -> None:
        """A copy that was counted did not come about."""
        with self._database.transaction() as session:
            row = _row(session, grant)
            row.taken = max(row.taken - 1, 0)

    def write(self, grant: str) -> Given:
        """Count one copy that is written on this machine, beside a server, and leave its record."""
        with self._database.transaction() as session:
            given = self._given(session, self._taken(session, grant))
            outbox.put(session, CopyEvent.COPY_WRITTEN, **given.as_record())
            return given

    def revoke(self, grant: str) -> None:
        """End a grant before its time; one that is revoked stays so. Raises `NoSuchGrant`."""
        with self._database.transaction() as session:
            row = _row(session, grant)
            if row.revoked_at is None:
                row.revoked_at = now()
                outbox.put(session, Event.GRANT_REVOKED, grant=grant)

    def _taken(self, session: Session, grant: str) -> Grant:
        row = _row(session, grant)
        _require_open(self._given(session, row))
        row.taken += 1
        return row

    def _given(self, session: Session, row: Grant) -> Given:
        contents = self._contents(session, row)
        return Given(
            id=row.id,
            application=row.application_id,
            end_user=row.end_user_id,
            version=row.version,
            terms=Terms(**contents, days=(row.expires_at - row.created_at).days, copies=row.copies),
            taken=row.taken,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )

    def _contents(self, session: Session, row: Grant) -> dict[str, Any]:
        try:
            return unseal(row.sealed, self._people.keys.by_id(session, row.key_id), row.id)
        except KeyUnavailable:
            return dict.fromkeys(("produce_id", "purpose", "recipient", "contact"), "")


def _require_open(given: Given) -> None:
    if given.state != "open":
        raise GrantOver(grant=given.id, **_OVER[given.state])


def _contents(terms: Terms) -> dict[str, str]:
    named = {"produce_id": terms.produce_id, "purpose": terms.purpose}
    return {**named, "recipient": terms.recipient, "contact": terms.contact}


def _row(session: Session, grant: str) -> Grant:
    row = session.scalar(select(Grant).where(Grant.id == grant).with_for_update())
    if row is None:
        raise NoSuchGrant(grant=grant[:40])
    return row


def _in_force(session: Session) -> LabellingAgreement:
    found = select(LabellingAgreement).order_by(LabellingAgreement.published_at.desc()).limit(1)
    row = session.scalar(found)
    if row is None:
        raise NoSuchLabellingAgreement(version="-")
    return row


def _accepted(session: Session, end_user: str) -> str:
    """The version in force, if they accepted it."""
    version = _in_force(session).version
    if session.get(LabellingAcceptance, (end_user, version)) is None:
        raise LabellingAgreementRequired(version=version)
    return version
