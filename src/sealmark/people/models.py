"""Tables of the people room. Personal values are sealed under the subject's key and found by a keyed HMAC."""

from datetime import datetime

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sealmark.storage.database import Moment, Table


class Application(Table):
    """Software that calls the gateway with API keys; it answers for its end users under a contract."""

    __tablename__ = "applications"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    shows_label: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)


class ApiKey(Table):
    """An API key: 256 random bits, kept as SHA-256 only; such a key needs no slow hash."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("applications.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    hint: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class EndUser(Table):
    """The one who uses an application; identity, agreement, sanction and log attach here (design.md, section 1)."""

    __tablename__ = "end_users"
    __table_args__ = (UniqueConstraint("application_id", "reference_lookup"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("applications.id"))
    reference_lookup: Mapped[bytes] = mapped_column(LargeBinary(16))
    reference_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Moment)


class Identity(Table):
    """One attempt to verify a real identity (Art. 9): method, time, result; the number itself is sealed."""

    __tablename__ = "identities"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    end_user_id: Mapped[str] = mapped_column(ForeignKey("end_users.id"), index=True)
    document: Mapped[str] = mapped_column(String(40))
    number_lookup: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(32))
    verifier: Mapped[str] = mapped_column(String(40))
    sandbox: Mapped[bool] = mapped_column(Boolean)
    matched: Mapped[bool] = mapped_column(Boolean)
    verified_at: Mapped[datetime] = mapped_column(Moment)


class Agreement(Table):
    """A published version of the service agreement (Art. 8; labelling Measures, Art. 8)."""

    __tablename__ = "agreements"

    version: Mapped[str] = mapped_column(String(40), primary_key=True)
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(Moment)


class Acceptance(Table):
    """That an end user accepted a version, and when."""

    __tablename__ = "acceptances"

    end_user_id: Mapped[str] = mapped_column(ForeignKey("end_users.id"), primary_key=True)
    version: Mapped[str] = mapped_column(ForeignKey("agreements.version"), primary_key=True)
    accepted_at: Mapped[datetime] = mapped_column(Moment)


class Sanction(Table):
    """What was done about an end user: warn, restrict, suspend or close (Art. 10, third paragraph)."""

    __tablename__ = "sanctions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    end_user_id: Mapped[str] = mapped_column(ForeignKey("end_users.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    operations: Mapped[list[str]] = mapped_column(JSON, default=list)
    reason: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime | None] = mapped_column(Moment)
    lifted_at: Mapped[datetime | None] = mapped_column(Moment)


class LabellingAgreement(Table):
    """A published version of what is agreed before a copy without explicit mark is given (Measures Art. 9)."""

    __tablename__ = "labelling_agreements"

    version: Mapped[str] = mapped_column(String(40), primary_key=True)
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(Moment)


class LabellingAcceptance(Table):
    """That an end user accepted the labelling duty and its liability, and when."""

    __tablename__ = "labelling_acceptances"

    end_user_id: Mapped[str] = mapped_column(ForeignKey("end_users.id"), primary_key=True)
    version: Mapped[str] = mapped_column(ForeignKey("labelling_agreements.version"), primary_key=True)
    accepted_at: Mapped[datetime] = mapped_column(Moment)


class Grant(Table):
    """Leave for so many copies of one item without explicit mark (Measures Art. 9); item, purpose and recipient sealed.

    The production number is found by its HMAC. `taken` of `copies` were made.
    """

    __tablename__ = "grants"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("applications.id"), index=True)
    end_user_id: Mapped[str] = mapped_column(ForeignKey("end_users.id"), index=True)
    number_lookup: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    version: Mapped[str] = mapped_column(ForeignKey("labelling_agreements.version"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(32))
    copies: Mapped[int] = mapped_column(Integer)
    taken: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
