"""Applications and keys (the operator's), end users, identity and agreement (an application's own)."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from sealmark.people.errors import NoSuchAgreement
from sealmark.people.models import ApiKey, Application
from sealmark.web.api.access import Caller, Operator, Running

router = APIRouter(prefix="/api", tags=["people"])


class Body(BaseModel):
    """A request body; unknown fields are refused, so that a misspelled one cannot be overlooked."""

    model_config = ConfigDict(extra="forbid")


class NewApplication(Body):
    """An application to be registered."""

    name: str = Field(min_length=1, max_length=200)
    shows_label: bool = Field(False, description="It shows the label itself, in its interface (GB 45438, 5.6).")


class ApplicationShown(BaseModel):
    """A registered application."""

    id: str
    name: str
    shows_label: bool
    created_at: datetime
    disabled_at: datetime | None


class KeyShown(BaseModel):
    """An API key; `key` itself is shown once, when it is issued."""

    id: str
    hint: str
    created_at: datetime
    revoked_at: datetime | None


class KeyIssued(BaseModel):
    """A new API key."""

    key: str


class EndUserNamed(Body):
    """An end user, by the name that the application gives them."""

    user: str = Field(min_length=1, max_length=256)


class IdentityGiven(EndUserNamed):
    """A number by which a real identity can be verified (Art. 9)."""

    document: str
    number: str = Field(max_length=64)


class AgreementAccepted(EndUserNamed):
    """That an end user accepted a version of the service agreement (Art. 8)."""

    version: str


@router.post("/applications", status_code=201, dependencies=[Operator])
def create_application(body: NewApplication, house: Running) -> ApplicationShown:
    """Register an application."""
    row = house.people.create_application(body.name, shows_label=body.shows_label)
    house.workplace.rehearse(row.id)
    return _application(row)


@router.get("/applications", dependencies=[Operator])
def list_applications(house: Running) -> list[ApplicationShown]:
    """Every application."""
    return [_application(row) for row in house.people.applications()]


@router.delete("/applications/{application}", status_code=204, dependencies=[Operator])
def disable_application(application: str, house: Running) -> None:
    """Refuse every call of an application from now on."""
    house.people.disable_application(application)


@router.post("/applications/{application}/keys", status_code=201, dependencies=[Operator])
def issue_key(application: str, house: Running) -> KeyIssued:
    """Issue an API key; it is shown this once."""
    return KeyIssued(key=house.people.issue_key(application))


@router.get("/applications/{application}/keys", dependencies=[Operator])
def list_keys(application: str, house: Running) -> list[KeyShown]:
    """The keys of an application."""
    return [_key(row) for row in house.people.api_keys(application)]


@router.delete("/keys/{key}", status_code=204, dependencies=[Operator])
def revoke_key(key: str, house: Running) -> None:
    """Refuse a key from now on."""
    house.people.revoke_key(key)


@router.post("/end-users", status_code=201)
def register_end_user(body: EndUserNamed, house: Running, caller: Caller) -> dict[str, str]:
    """Register an end user of the calling application; doing it again changes nothing."""
    return {"id": house.people.register(caller.id, body.user)}


@router.post("/end-users/identity")
def verify_identity(body: IdentityGiven, house: Running, caller: Caller) -> dict[str, bool]:
    """Verify an end user's real identity (Art. 9)."""
    return {"verified": house.people.verify_identity(caller.id, body.user, body.document, body.number)}


@router.get("/agreement")
def agreement(house: Running) -> dict[str, str]:
    """The service agreement in force, to be shown to end users (Art. 8)."""
    row = house.people.agreement()
    if row is None:
        raise NoSuchAgreement(version="-")
    return {"version": row.version, "zh": row.zh, "en": row.en, "digest": row.digest}


@router.post("/end-users/agreement", status_code=204)
def accept_agreement(body: AgreementAccepted, house: Running, caller: Caller) -> None:
    """Keep that an end user accepted the agreement."""
    house.people.accept_agreement(caller.id, body.user, body.version)


def _application(row: Application) -> ApplicationShown:
    return ApplicationShown.model_validate(row, from_attributes=True)


def _key(row: ApiKey) -> KeyShown:
    return KeyShown.model_validate(row, from_attributes=True)
