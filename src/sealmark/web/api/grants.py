"""Copies without explicit mark: the labelling agreement, grants, and the copies that they are for (Measures Art. 9)."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from sealmark.people.grants import MOST_COPIES, MOST_DAYS, Given, Terms
from sealmark.web.api.access import Caller, Running
from sealmark.web.api.people import AgreementAccepted, EndUserNamed
from sealmark.web.gateway.http import incoming

router = APIRouter(prefix="/api", tags=["grants"])


class GrantAsked(EndUserNamed):
    """Which item an end user wants without its explicit mark, what for, and who gets it."""

    produce_id: str = Field(min_length=1, max_length=40)
    purpose: str = Field(min_length=1, max_length=500)
    recipient: str = Field(min_length=1, max_length=200, description="Name or organisation of who gets the copy.")
    contact: str = Field(min_length=1, max_length=200, description="How they can be reached.")
    days: int = Field(7, ge=1, le=MOST_DAYS)
    copies: int = Field(1, ge=1, le=MOST_COPIES)


class GrantShown(BaseModel):
    """A grant; `state` is `open`, `used`, `expired` or `revoked`, `agreement` the version that it rests on."""

    id: str
    state: str
    produce_id: str
    purpose: str
    recipient: str
    contact: str
    agreement: str
    copies: int
    taken: int
    created_at: datetime
    expires_at: datetime


@router.get("/labelling-agreement")
def agreement(house: Running) -> dict[str, str]:
    """The labelling agreement in force, to be shown to who asks for a copy without explicit mark."""
    row = house.grants.agreement()
    return {"version": row.version, "zh": row.zh, "en": row.en, "digest": row.digest}


@router.post("/end-users/labelling-agreement", status_code=204)
def accept_agreement(body: AgreementAccepted, house: Running, caller: Caller) -> None:
    """Keep that an end user accepted the labelling agreement."""
    house.grants.accept_agreement(caller.id, body.user, body.version)


@router.post("/grants", status_code=201)
async def ask(body: GrantAsked, house: Running, caller: Caller) -> GrantShown:
    """Ask for a grant; the recipient is kept sealed, and never in the ledger's plain part."""
    terms = Terms(**body.model_dump(exclude={"user"}))
    return _shown(await house.copies.ask(caller, body.user, terms))


@router.get("/grants/{grant}")
async def show(grant: str, house: Running, caller: Caller) -> GrantShown:
    """A grant of the calling application."""
    return _shown(await house.copies.find(caller, grant))


@router.post("/grants/{grant}/copies")
async def copy(grant: str, request: Request, house: Running, caller: Caller) -> Response:
    """One copy, as a file; it is recorded before it leaves."""
    made = await house.copies.take(caller, grant, incoming(request.scope))
    headers = {
        "X-Sealmark-Exchange": made.exchange.id,
        "X-Sealmark-Receipt": made.exchange.receipt,
        "X-Sealmark-Aigc": made.label,
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "Cache-Control": "no-store",
    }
    return Response(made.data, media_type=made.media_type, headers=headers)


def _shown(given: Given) -> GrantShown:
    terms = given.terms
    return GrantShown(
        id=given.id,
        state=given.state,
        produce_id=terms.produce_id,
        purpose=terms.purpose,
        recipient=terms.recipient,
        contact=terms.contact,
        agreement=given.version,
        copies=terms.copies,
        taken=given.taken,
        created_at=given.created_at,
        expires_at=given.expires_at,
    )
