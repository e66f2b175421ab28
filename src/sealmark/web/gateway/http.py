"""Requests and answers of the gateway, on plain ASGI."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

import orjson

from sealmark.errors import Language
from sealmark.exchange.errors import BodyTooLarge, BodyTooSlow
from sealmark.exchange.record import Incoming

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

JSON = b"application/json"
YES = (b"yes", b"true", b"on", b"1")
EVENTS = b"text/event-stream; charset=utf-8"


class Disconnected(Exception):
    """The client left while its request was still coming in."""


def incoming(scope: Scope) -> Incoming:
    """What the request's head says."""
    headers = dict(scope["headers"])
    client, server = scope.get("client") or ("", 0), scope.get("server") or ("", 0)
    bearer = headers.get(b"authorization", b"").decode("latin-1")
    scheme, _, key = bearer.partition(" ")
    reference = headers.get(b"x-sealmark-end-user", b"").decode("utf-8", "replace")
    return Incoming(
        key=key.strip() if scheme.lower() == "bearer" else "",
        reference=reference or None,
        source=(client[0], client[1]),
        destination=(server[0], server[1] or 0),
        client=headers.get(b"user-agent", b"").decode("latin-1")[:500],
        language=language(headers.get(b"accept-language", b"")),
        wants_mark=headers.get(b"x-sealmark-explicit", b"").lower() in YES,
    )


def language(accepted: bytes) -> Language:
    """Chinese unless the caller asks for English before it."""
    wanted = accepted.lower()
    english, chinese = wanted.find(b"en"), wanted.find(b"zh")
    return "en" if english >= 0 and (chinese < 0 or english < chinese) else "zh"


class BodyLimits(NamedTuple):
    """What a request's body may take: bytes, and seconds to come in."""

    size: int
    seconds: float


async def read_body(scope: Scope, receive: Receive, limits: BodyLimits) -> bytes:
    """The whole body; raises `BodyTooLarge` as soon as it is clear, `BodyTooSlow`, `Disconnected` if they leave."""
    declared = dict(scope["headers"]).get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limits.size:
        raise BodyTooLarge(limit=limits.size)
    try:
        async with asyncio.timeout(limits.seconds):
            return await _joined(receive, limits.size)
    except TimeoutError as error:
        raise BodyTooSlow(seconds=limits.seconds) from error


async def _joined(receive: Receive, limit: int) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise BodyTooLarge(limit=limit)
        if not message.get("more_body", False):
            return b"".join(parts)


async def respond(send: Send, status: int, body: bytes, headers: Headers, media_type: bytes = JSON) -> None:
    """Send a whole answer."""
    head = [(b"content-type", media_type), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


async def respond_json(send: Send, status: int, body: Any, headers: Headers) -> None:
    """Send a whole JSON answer."""
    await respond(send, status, orjson.dumps(body), headers)
