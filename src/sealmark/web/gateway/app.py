"""The gateway's one entrance: every request takes the same way in and the same way out."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from sealmark.errors import SealmarkError
from sealmark.exchange import chat, media, relay
from sealmark.exchange.errors import ClientLeft, NoSuchDoor
from sealmark.exchange.record import Exchange
from sealmark.exchange.shapes import error_body
from sealmark.exchange.stages import Stages
from sealmark.exchange.unauthenticated import Unauthenticated
from sealmark.registers.service import Operation
from sealmark.web.conduct import Conduct, headers_of, unless_left
from sealmark.web.gateway.http import (
    EVENTS,
    BodyLimits,
    Headers,
    Receive,
    Scope,
    Send,
    incoming,
    read_body,
    respond,
    respond_json,
)

Way = Callable[["Gateway", Exchange, Send], Coroutine[Any, Any, None]]


class Gateway:
    """`/v1`: the OpenAI interface in front of every registered service."""

    def __init__(self, stages: Stages, limits: BodyLimits) -> None:
        self.stages = stages
        self.unauthenticated = Unauthenticated(stages)
        self.conduct = Conduct(stages, self.unauthenticated)
        self._limits = limits

    async def settle(self, seconds: float) -> None:
        """Wait for exchanges that are being ended, so long at the most: their records come before the house closes."""
        if self.stages.running:
            await asyncio.wait(self.stages.running, timeout=seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method, path = scope["method"], scope["path"]
        if (method, path) == ("GET", "/v1/models"):
            await self._models(scope, send)
        elif (method, path) in WAYS:
            operation, way = WAYS[method, path]
            exchange = Exchange(operation, incoming(scope))
            await self.conduct(exchange, self._go(exchange, way, scope, receive, send), partial(_tell, exchange, send))
        else:
            error = NoSuchDoor(method=method, path=path[:100])
            await respond_json(send, error.status, error_body(error, incoming(scope).language), [])

    async def _go(self, exchange: Exchange, way: Way, scope: Scope, receive: Receive, send: Send) -> None:
        """The way of an exchange from its key to its answer."""
        await self.stages.authenticate(exchange)
        await self.stages.admit(exchange, await read_body(scope, receive, self._limits))
        await unless_left(way(self, exchange, send), exchange, receive)

    async def _models(self, scope: Scope, send: Send) -> None:
        request = incoming(scope)
        try:
            await self.stages.admission.holder(request.key)
        except SealmarkError as error:
            self.unauthenticated.count()
            await respond_json(send, error.status, error_body(error, request.language), [])
            return
        services = self.stages.admission.snapshot.services.values()
        models = [
            {"id": one.model, "object": "model", "created": 0, "owned_by": "sealmark", "operation": one.operation}
            for one in services
        ]
        await respond_json(send, 200, {"object": "list", "data": models}, [])


async def _tell(exchange: Exchange, send: Send, error: SealmarkError, headers: Headers) -> None:
    """Answer an exchange with an error of OpenAI's shape."""
    await respond_json(send, error.status, error_body(error, exchange.incoming.language, exchange.id), headers)


async def chat_way(gateway: Gateway, exchange: Exchange, send: Send) -> None:
    """`POST /v1/chat/completions`."""
    if exchange.stream:
        await _stream(gateway, exchange, send)
        return
    body = await chat.answer(gateway.stages, exchange)
    await respond_json(send, 200, body, headers_of(exchange))


async def images_way(gateway: Gateway, exchange: Exchange, send: Send) -> None:
    """`POST /v1/images/generations`."""
    body = await media.images(gateway.stages, exchange)
    await respond_json(send, 200, body, headers_of(exchange))


async def speech_way(gateway: Gateway, exchange: Exchange, send: Send) -> None:
    """`POST /v1/audio/speech`; sound has no envelope, so its label rides in a header too."""
    spoken = await media.speech(gateway.stages, exchange)
    headers = [*headers_of(exchange), (b"x-sealmark-aigc", spoken.label.encode())]
    await respond(send, 200, spoken.data, headers, spoken.media_type.encode())


async def _stream(gateway: Gateway, exchange: Exchange, send: Send) -> None:
    """Stream until the end."""
    began = False

    async def out(data: bytes, more: bool = True) -> None:
        nonlocal began
        try:
            if not began:
                began = True
                head = [(b"content-type", EVENTS), (b"cache-control", b"no-store"), *headers_of(exchange)]
                await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": data, "more_body": more})
        except RuntimeError as error:  # the connection closed, and the server was not told yet
            raise ClientLeft from error

    await relay.stream(gateway.stages, exchange, out)


WAYS: dict[tuple[str, str], tuple[Operation, Way]] = {
    ("POST", "/v1/chat/completions"): ("chat", chat_way),
    ("POST", "/v1/images/generations"): ("image", images_way),
    ("POST", "/v1/audio/speech"): ("speech", speech_way),
}
