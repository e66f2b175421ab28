"""What an item says about itself: the same verdict as on the page and on the command line (Art. 16; Measures Art. 6).

Nothing that is sent here is kept, and nothing is recorded.
"""

from dataclasses import replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

import sealmark
from sealmark.errors import SealmarkError
from sealmark.exchange.files import Submitted
from sealmark.exchange.propagation import flag
from sealmark.exchange.stages import fault
from sealmark.house import House
from sealmark.web.form import Wanted
from sealmark.web.gateway.http import Disconnected, Receive, Scope, Send, incoming, respond_json
from sealmark.web.places import Places
from sealmark.web.portal.allowance import Allowance
from sealmark.web.portal.portal import UPLOAD_FACTOR
from sealmark.web.problems import problem
from sealmark.web.upload import Uploads

FIELDS = frozenset(("declaration",))
FILES = frozenset(("file", "text"))
PATH = "/api/verify"
_BUSY_WAIT = 5  # seconds


def routes(house: House) -> list[Route]:
    """The addresses of this room."""
    return [Route(PATH, Desk(house), methods=["POST"])]


class Desk:
    """`POST /api/verify`, as a plain ASGI application.

    A stranger may ask so often and send so much; who has a key is bounded by a file's size only. Strangers' uploads
    have places of their own, so that they keep nobody from theirs.
    """

    def __init__(self, house: House) -> None:
        self._house, settings = house, house.settings
        self._allowance = Allowance(settings.verify_per_minute)
        self._strangers, self._known = (Uploads(house.transit, settings.body_timeout) for _ in range(2))
        self._theirs = Wanted(min(settings.body_limit * UPLOAD_FACTOR, settings.item_limit), FIELDS, FILES)
        self._ours = replace(self._theirs, limit=settings.item_limit)
        self._places = Places()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await respond_json(send, 200, await self._verdict(scope, receive), [(b"cache-control", b"no-store")])
        except Disconnected:
            return
        except Exception as error:
            await _tell(fault(error), scope, receive, send)

    async def _verdict(self, scope: Scope, receive: Receive) -> dict[str, Any]:
        """The verdict on what was sent; raises `UnknownKey` for a key that is none, and `TooManyVisits`."""
        asked = incoming(scope)
        if asked.key:
            await self._house.admission.holder(asked.key)
        else:
            self._allowance.spend(asked.source[0])
        uploads, wanted = (self._known, self._ours) if asked.key else (self._strangers, self._theirs)
        async with uploads.received(scope, receive, wanted) as submitted:
            return await run_in_threadpool(self._look, submitted)

    def _look(self, submitted: Submitted) -> dict[str, Any]:
        declared = flag(submitted.fields, "declaration") if "declaration" in submitted.fields else None
        with self._places.taken():
            verdict = sealmark.verify(
                submitted.path,
                keys=self._house.known_keys,
                registry=self._house.items,
                name=submitted.name,
                media_type=submitted.media_type,
                declaration=declared,
            )
        return {"file": submitted.name, **verdict.as_dict(), "receipt": None}  # a receipt opens only with its own code


async def _tell(error: SealmarkError, scope: Scope, receive: Receive, send: Send) -> None:
    answer = problem(error, incoming(scope).language)
    if error.status in (429, 503):
        answer.raw_headers.append((b"retry-after", str(error.details.get("wait", _BUSY_WAIT)).encode()))
    await answer(scope, receive, send)
