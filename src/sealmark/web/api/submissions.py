"""Items that were made elsewhere, and items that pass through a platform: a file goes in, its marked copy comes out."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.routing import Route

from sealmark.errors import SealmarkError
from sealmark.exchange.files import Submitted
from sealmark.exchange.record import Exchange, What
from sealmark.exchange.shapes import ascii_json
from sealmark.exchange.submissions import Released
from sealmark.house import House
from sealmark.web.conduct import Conduct, headers_of, unless_left
from sealmark.web.form import Wanted
from sealmark.web.gateway.http import Headers, Receive, Scope, Send, incoming
from sealmark.web.problems import problem
from sealmark.web.upload import Uploads

_BLOCK = 1 << 18  # bytes of a file sent at once

Way = Callable[[House, Exchange, Submitted, Send], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a door is for: what its exchanges are, the fields that it takes, and its way."""

    operation: What
    fields: frozenset[str]
    way: Way


def routes(house: House, conduct: Conduct) -> list[Route]:
    """The addresses of this room."""
    uploads = Uploads(house.transit, house.settings.body_timeout)
    return [Route(path, Door(house, conduct, uploads, kind), methods=["POST"]) for path, kind in DOORS.items()]


class Door:
    """One endpoint that takes a file and gives one back, as a plain ASGI application."""

    def __init__(self, house: House, conduct: Conduct, uploads: Uploads, kind: Kind) -> None:
        self._house, self._conduct, self._uploads, self._kind = house, conduct, uploads, kind
        self._wanted = Wanted(house.settings.item_limit, kind.fields)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(self._kind.operation, incoming(scope))

        async def tell(error: SealmarkError, headers: Headers) -> None:
            answer = problem(error, exchange.incoming.language, exchange.id)
            answer.raw_headers += headers
            await answer(scope, receive, send)

        await self._conduct(exchange, self._go(exchange, scope, receive, send), tell)

    async def _go(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        """From the key to the answer; whoever has none sends nothing."""
        await self._house.stages.authenticate(exchange)
        async with self._uploads.received(scope, receive, self._wanted) as submitted:
            await unless_left(self._kind.way(self._house, exchange, submitted, send), exchange, receive)


async def submission(house: House, exchange: Exchange, submitted: Submitted, send: Send) -> None:
    """`POST /api/items`: an item that was generated elsewhere, reviewed, marked and recorded (Art. 10, 16, 17)."""
    released = await house.submissions.submit(exchange, submitted)
    await _give(send, released, submitted, headers_of(exchange))


async def passage(house: House, exchange: Exchange, submitted: Submitted, send: Send) -> None:
    """`POST /api/propagations`: an item that a user posts on a platform (Measures Art. 6)."""
    passed = await house.propagations.propagate(exchange, submitted)
    prompt = (b"x-sealmark-verdict", ascii_json(passed.prompt).encode())
    await _give(send, passed.released, submitted, [*headers_of(exchange), prompt])


async def _give(send: Send, released: Released, submitted: Submitted, headers: Headers) -> None:
    """The file, with its label in the head too: most readers open no metadata."""
    if released.shown_label is not None:
        headers.append((b"x-sealmark-aigc", released.shown_label.encode()))
    with released.path.open("rb") as file:
        size = released.path.stat().st_size
        head = [
            (b"content-type", released.media_type.encode()),
            (b"content-length", str(size).encode()),
            (b"content-disposition", _disposition(submitted.name).encode()),
            *headers,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        while data := await asyncio.to_thread(file.read, _BLOCK):
            await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _disposition(name: str | None) -> str:
    """The file's own name, which was reviewed (RFC 6266)."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}" if name else "attachment"


DOORS = {
    "/api/items": Kind("item", frozenset(("model", "user", "safety_identifier", "edited_from")), submission),
    "/api/propagations": Kind("propagation", frozenset(("declared", "user", "safety_identifier")), passage),
}
