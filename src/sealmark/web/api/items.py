"""Publishing, receipts, and the ledger's public face."""

from fastapi import APIRouter, Response

from sealmark.items.registry import UnknownReceipt
from sealmark.web.api.access import Caller, Running
from sealmark.web.api.people import EndUserNamed

router = APIRouter(prefix="/api", tags=["items"])


class Publication(EndUserNamed):
    """An item that an end user wants to make public."""

    produce_id: str


@router.post("/publications", status_code=201)
async def publish(body: Publication, house: Running, caller: Caller) -> dict[str, str]:
    """Ask before an item is made public; nobody publishes who is not identified (Art. 9). The answer is recorded."""
    return await house.publications.publish(caller, body.user, body.produce_id)


@router.get("/receipts/{code}")
def receipt(code: str, house: Running) -> Response:
    """The receipt of one exchange, for the holder of its code; anyone can check it offline."""
    text = house.items.receipt(code)
    if text is None:
        raise UnknownReceipt
    return Response(text, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/ledger")
def ledger(house: Running) -> dict[str, str]:
    """The ledger's public key and latest checkpoint: what checking a receipt takes."""
    return {"vkey": house.signer.vkey, "checkpoint": house.sequencer.checkpoint()}
