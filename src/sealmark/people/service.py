"""What the people room does, each in one transaction with its record and its revision."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sealmark.people import identity
from sealmark.people.errors import (
    AgreementPublished,
    ApplicationDisabled,
    NoSuchAgreement,
    NoSuchApplication,
    NoSuchEndUser,
    NoSuchKey,
    NoSuchSanction,
    RehearsalFull,
    UnknownSanction,
    UnusableName,
    UnusableReference,
    UnusableSanction,
)
from sealmark.people.events import Event
from sealmark.people.models import (
    Acceptance,
    Agreement,
    ApiKey,
    Application,
    EndUser,
    Identity,
    Sanction,
)
from sealmark.storage import outbox, revisions
from sealmark.storage.database import Database, now
from sealmark.storage.keys import MasterKey, SubjectKey, SubjectKeys, period_end

ROOM = "people"
KEY_PREFIX = "sk-seal-"
REHEARSAL_END_USERS = 200
STOPPING = ("suspend", "close")  # Art. 10: sanctions that end the service for an end user
SANCTIONS = ("warn", "restrict", *STOPPING)


@dataclass(frozen=True, slots=True)
class Holder:
    """The application that an API key belongs to, as admission needs it.

    `seal` is the key that refusals lie under which no end user answers for; it holds until `stale_at`.
    """

    id: str
    shows_label: bool
    seal: SubjectKey
    stale_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How an end user stands until `stale_at`, as admission needs it. `seal` is the key their records lie under."""

    id: str
    identified: bool
    agreed: str | None
    stopped: str | None
    restricted: frozenset[str]
    seal: SubjectKey
    stale_at: datetime


class People:
    """Applications, end users, identity, agreements and sanctions on one database."""

    def __init__(self, database: Database, master: MasterKey, verifier: identity.Verifier) -> None:
        self.database = database
        self.master = master
        self.keys = SubjectKeys(master)
        self.verifier = verifier

    # applications and their keys

    def create_application(self, name: str, *, shows_label: bool = False) -> Application:
        """Register an application. `shows_label`: it shows the label itself, in its interface (GB 45438, 5.6)."""
        if not name.strip():
            raise UnusableName
        with self.database.transaction() as session:
            row = Application(
                id=secrets.token_hex(8), name=name.strip()[:200], shows_label=shows_label, created_at=now()
            )
            session.add(row)
            _note(session, Event.APPLICATION_CREATED, row.id, application=row.id, shows_label=shows_label)
            return row

    def applications(self) -> list[Application]:
        """Every application, oldest first."""
        with self.database.transaction() as session:
            return list(session.scalars(select(Application).order_by(Application.created_at)))

    def disable_application(self, application: str) -> None:
        """Refuse every call of an application from now on."""
        with self.database.transaction() as session:
            row = _application(session, application)
            row.disabled_at = row.disabled_at or now()
            _note(session, Event.APPLICATION_DISABLED, "", application=row.id)

    def issue_key(self, application: str) -> str:
        """A new API key of an application; it is shown this once and kept only as a digest.

        Raises `NoSuchApplication`, or `ApplicationDisabled`: no call with such a key would be answered.
        """
        key = KEY_PREFIX + secrets.token_urlsafe(32)
        with self.database.transaction() as session:
            if _application(session, application).disabled_at is not None:
                raise ApplicationDisabled(application=application)
            row = ApiKey(
                id=secrets.token_hex(8),
                application_id=application,
                digest=key_digest(key),
                hint=key[len(KEY_PREFIX) : len(KEY_PREFIX) + 4],
                created_at=now(),
            )
            session.add(row)
            _note(session, Event.KEY_ISSUED, "", application=application, key=row.id)
        return key

    def api_keys(self, application: str) -> list[ApiKey]:
        """The keys of an application, oldest first; never the keys themselves."""
        with self.database.transaction() as session:
            _application(session, application)
            found = select(ApiKey).where(ApiKey.application_id == application).order_by(ApiKey.created_at)
            return list(session.scalars(found))

    def revoke_key(self, key_id: str) -> None:
        """Refuse a key from now on."""
        with self.database.transaction() as session:
            row = session.get(ApiKey, key_id)
            if row is None:
                raise NoSuchKey(key=key_id)
            row.revoked_at = row.revoked_at or now()
            _note(session, Event.KEY_REVOKED, "", application=row.application_id, key=row.id)

    def holder(self, session: Session, digest: bytes) -> Holder | None:
        """The application that a key belongs to, by the key's digest; None when unknown, revoked or disabled."""
        found = (
            select(Application)
            .join(ApiKey)
            .where(ApiKey.digest == digest, ApiKey.revoked_at.is_(None), Application.disabled_at.is_(None))
        )
        row = session.scalar(found)
        if row is None:
            return None
        seal = self.keys.current(session, f"application:{row.id}", "exchange")
        return Holder(row.id, row.shows_label, seal, period_end(now()))

    # end users

    def register(self, application: str, reference: str) -> str:
        """Register an end user by the name that the application gives them; again is no error. Returns our id."""
        if not 1 <= len(reference) <= 256:
            raise UnusableReference
        with self.database.transaction() as session:
            _application(session, application)
            known = self._end_user(session, application, reference)
            if known is not None:
                return known.id
            self._keep_rehearsal_small(session)
            identity_of_row = secrets.token_hex(16)
            key = self.keys.current(session, identity_of_row, "identity")
            row = EndUser(
                id=identity_of_row,
                application_id=application,
                reference_lookup=self._reference_lookup(application, reference),
                reference_sealed=key.seal(_encoded(reference), b"reference"),
                key_id=key.id,
                created_at=now(),
            )
            session.add(row)
            _note(session, Event.END_USER_REGISTERED, row.id, application=application)
            return row.id

    def verify_identity(self, application: str, reference: str, document: str, number: str) -> bool:
        """Verify a real identity (Art. 9) and keep method, time and result. Returns whether it matched.

        Raises `UnknownDocument`, `MalformedNumber` or `NoSuchEndUser`; the authority is asked outside of any
        transaction.
        """
        kind, number = identity.normal(document, number)
        with self.database.transaction() as session:
            self.registered(session, application, reference)
        outcome = self.verifier.verify(kind, number)
        with self.database.transaction() as session:
            user = self.registered(session, application, reference)
            key = self.keys.current(session, user.id, "identity")
            row = Identity(
                id=secrets.token_hex(16),
                end_user_id=user.id,
                document=kind.name,
                number_lookup=self.master.look_up("identity", f"{kind.name}\0{number}".encode()),
                number_sealed=key.seal(number.encode(), b"identity"),
                key_id=key.id,
                verifier=self.verifier.name,
                sandbox=self.verifier.sandbox,
                matched=outcome.matched,
                verified_at=now(),
            )
            session.add(row)
            _note(
                session,
                Event.IDENTITY_CHECKED,
                user.id,
                document=kind.name,
                verifier=row.verifier,
                sandbox=row.sandbox,
                matched=row.matched,
            )
            return outcome.matched

    # agreements

    def publish_agreement(self, version: str, zh: str, en: str) -> None:
        """Publish a version of the service agreement; the same text again is no error, another is."""
        digest = sha256(f"{zh}\0{en}".encode()).hexdigest()
        with self.database.transaction() as session:
            known = session.get(Agreement, version)
            if known is not None:
                if known.digest != digest:
                    raise AgreementPublished(version=version)
                return
            session.add(Agreement(version=version, zh=zh, en=en, digest=digest, published_at=now()))
            _note(session, Event.AGREEMENT_PUBLISHED, "", version=version, digest=digest)

    def agreement(self) -> Agreement | None:
        """The version in force: the one published last."""
        with self.database.transaction() as session:
            return current_agreement(session)

    def accept_agreement(self, application: str, reference: str, version: str) -> None:
        """Keep that an end user accepted a version (Art. 8)."""
        with self.database.transaction() as session:
            user = self.registered(session, application, reference)
            if session.get(Agreement, version) is None:
                raise NoSuchAgreement(version=version)
            if session.get(Acceptance, (user.id, version)) is None:
                session.add(Acceptance(end_user_id=user.id, version=version, accepted_at=now()))
                _note(session, Event.AGREEMENT_ACCEPTED, user.id, version=version)

    # sanctions

    def sanction(
        self,
        application: str,
        reference: str,
        kind: str,
        reason: str,
        *,
        operations: tuple[str, ...] = (),
        ends_at: datetime | None = None,
    ) -> str:
        """Warn, restrict (to what is not in `operations`), suspend or close an end user (Art. 10). Returns its id.

        Raises `UnknownSanction`, `UnusableSanction`, `NoSuchApplication` or `NoSuchEndUser`.
        """
        if kind not in SANCTIONS:
            raise UnknownSanction(kind=kind)
        if (kind == "restrict") != bool(operations):
            raise UnusableSanction
        with self.database.transaction() as session:
            user = self.registered(session, application, reference)
            row = Sanction(
                id=secrets.token_hex(16),
                end_user_id=user.id,
                kind=kind,
                operations=list(operations),
                reason=reason,
                starts_at=now(),
                ends_at=ends_at,
            )
            session.add(row)
            _note(session, Event.SANCTION_IMPOSED, user.id, sanction=row.id, action=kind)
            return row.id

    def lift_sanction(self, sanction: str) -> None:
        """End a sanction before its time; one that is lifted already stays so. Raises `NoSuchSanction`."""
        with self.database.transaction() as session:
            row = session.get(Sanction, sanction)
            if row is None:
                raise NoSuchSanction(sanction=sanction)
            if row.lifted_at is None:
                row.lifted_at = now()
                _note(session, Event.SANCTION_LIFTED, row.end_user_id, sanction=row.id)

    # what admission reads

    def standing(self, session: Session, application: str, reference: str) -> Standing | None:
        """How an end user stands now; None when they are not registered with the application."""
        user = self._end_user(session, application, reference)
        return None if user is None else self.standing_of(session, user.id)

    def standing_of(self, session: Session, user: str) -> Standing:
        """How the end user with this id of ours stands now."""
        sanctions = _in_force(session, user)
        return Standing(
            id=user,
            identified=self.identified(session, user),
            agreed=_agreed(session, user),
            stopped=next((row.kind for row in sanctions if row.kind in STOPPING), None),
            restricted=frozenset(name for row in sanctions for name in row.operations),
            seal=self.keys.current(session, user, "exchange"),
            stale_at=min([period_end(now()), *(row.ends_at for row in sanctions if row.ends_at)]),
        )

    def _keep_rehearsal_small(self, session: Session) -> None:
        if self.verifier.sandbox and (session.scalar(select(func.count(EndUser.id))) or 0) >= REHEARSAL_END_USERS:
            raise RehearsalFull(most=REHEARSAL_END_USERS)

    def identified(self, session: Session, user: str) -> bool:
        """Whether the real identity of the end user with this id of ours counts as verified (Art. 9)."""
        found = select(Identity.id).where(Identity.end_user_id == user, Identity.matched.is_(True))
        if not self.verifier.sandbox:  # going live voids what the sandbox agreed to
            found = found.where(Identity.sandbox.is_(False))
        return session.scalar(found.limit(1)) is not None

    def _end_user(self, session: Session, application: str, reference: str) -> EndUser | None:
        lookup = self._reference_lookup(application, reference)
        found = select(EndUser).where(EndUser.application_id == application, EndUser.reference_lookup == lookup)
        return session.scalar(found)

    def registered(self, session: Session, application: str, reference: str) -> EndUser:
        """The end user of this name. Raises `NoSuchApplication` or `NoSuchEndUser`."""
        _application(session, application)
        user = self._end_user(session, application, reference)
        if user is None:
            raise NoSuchEndUser
        return user

    def _reference_lookup(self, application: str, reference: str) -> bytes:
        return self.master.look_up("end-user", application.encode() + b"\0" + _encoded(reference))


def key_digest(key: str) -> bytes:
    """What is kept of an API key."""
    return sha256(_encoded(key)).digest()


def current_agreement(session: Session) -> Agreement | None:
    """The version of the service agreement in force."""
    return session.scalar(select(Agreement).order_by(Agreement.published_at.desc()).limit(1))


def _agreed(session: Session, user: str) -> str | None:
    current = current_agreement(session)
    if current is None or session.get(Acceptance, (user, current.version)) is None:
        return None
    return current.version


def _in_force(session: Session, user: str) -> list[Sanction]:
    rows = session.scalars(select(Sanction).where(Sanction.end_user_id == user, Sanction.lifted_at.is_(None)))
    moment = now()
    return [row for row in rows if row.ends_at is None or row.ends_at > moment]


def _application(session: Session, application: str) -> Application:
    row = session.get(Application, application)
    if row is None:
        raise NoSuchApplication(application=application)
    return row


def _note(session: Session, event: Event, subject: str, **fields: object) -> None:
    """The record and the revision of one change, in its own transaction; no `subject` means anyone's standing."""
    outbox.put(session, event, **fields)
    revisions.bump(session, ROOM, subject)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
