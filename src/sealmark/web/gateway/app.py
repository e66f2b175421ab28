"""The gateway's one entrance: every request takes the same way in and the same way out."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

from sealmark.errors import SealmarkError
from sealmark.exchange import chat, media, relay
from sealmark.exchange.errors import ClientLeft, NoSuchDoor, Stopping
from sealmark.exchange.record import Exchange
from sealmark.exchange.shapes import error_body
from sealmark.exchange.stages import Stages, fault
from sealmark.exchange.unauthenticated import Unauthenticated
from sealmark.registers.service import Operation
from sealmark.web.gateway.http import (
    EVENTS,
    BodyLimits,
    Disconnected,
    Headers,
    Receive,
    Scope,
    Send,
    incoming,
    read_body,
    respond,
    respond_json,
)


class Left(Exception):
    """The client left before its answer was complete."""


RETRY_AFTER = b"1"  # seconds
# The prompt that an explicit mark can be had (Art. 17, second paragraph); a request asks for it with the same header.
MARK_OFFERED = (b"x-sealmark-explicit", b"offered")

Way = Callable[["Gateway", Exchange, Send], Coroutine[Any, Any, None]]


class Gateway:
    """`/v1`: the OpenAI interface in front of every registered service."""

    def __init__(self, stages: Stages, limits: BodyLimits) -> None:
        self.stages = stages
        self.unauthenticated = Unauthenticated(stages)
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
            await self._conduct(
                Exchange(WAYS[method, path][0], incoming(scope)), WAYS[method, path][1], scope, receive, send
            )
        else:
            error = NoSuchDoor(method=method, path=path[:100])
            await respond_json(send, error.status, error_body(error, incoming(scope).language), [])

    async def _conduct(self, exchange: Exchange, way: Way, scope: Scope, receive: Receive, send: Send) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self.stages.running.add(task)
        try:
            await self.stages.authenticate(exchange)
            await self.stages.admit(exchange, await read_body(scope, receive, self._limits))
            await _unless_left(way(self, exchange, send), exchange, receive)
        except Disconnected:
            return
        except Left:
            await self._record_refusal(exchange, ClientLeft())
        except asyncio.CancelledError:
            if not exchange.recorded:
                await asyncio.shield(self._refuse(exchange, Stopping(), send))
            raise
        except Exception as error:
            await self._refuse(exchange, fault(error), send)
        finally:
            self.stages.running.discard(task)

    async def _refuse(self, exchange: Exchange, error: SealmarkError, send: Send) -> None:
        """Record a refusal, then tell it; one without a valid key is only counted."""
        if exchange.holder is None:
            self.unauthenticated.count()
        else:
            error = await self._record_refusal(exchange, error)
        headers = self.headers(exchange)
        if error.status in (429, 503):
            headers.append((b"retry-after", RETRY_AFTER))
        await respond_json(send, error.status, error_body(error, exchange.incoming.language, exchange.id), headers)

    async def _record_refusal(self, exchange: Exchange, error: SealmarkError) -> SealmarkError:
        """Record a refusal unless its exchange is recorded; returns what to tell."""
        if exchange.recorded:
            return error
        try:
            await self.stages.record(self.stages.recorder.refused(exchange, error))
        except Exception as failure:
            return fault(failure)
        return error

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

    def headers(self, exchange: Exchange) -> Headers:
        """What every answer of an exchange carries; the receipt's code is its end user's alone."""
        found = [(b"x-sealmark-exchange", exchange.id.encode())]
        if exchange.holder is not None:  # else there is no record of its own that a receipt could prove
            found.append((b"x-sealmark-receipt", exchange.receipt.encode()))
        if not exchange.marked:
            found.append(MARK_OFFERED)
        return found


async def chat_way(gateway: Gateway, exchange: Exchange, send: Send) -> None:
    """`POST /v1/chat/completions`."""
    if exchange.stream:
        await _stream(gateway, exchange, send)
        return
    body = await chat.answer(gateway.stages, exchange)
    await respond_json(send, 200, body, gateway.headers(exchange))


async def images_way(gateway: Gateway, exchange: Exchange, send: Send) -> None:
    """`POST /v1/images/generations`."""
    body = await media.images(gateway.stages, exchange)
    await respond_json(send, 200, body, gateway.headers(exchange))


async def speech_way(gateway: Gateway, exchange: Exchange, send: Send) -> None:
    """`POST /v1/audio/speech`; sound has no envelope, so its label rides in a header too."""
    spoken = await media.speech(gateway.stages, exchange)
    headers = [*gateway.headers(exchange), (b"x-sealmark-aigc", spoken.label.encode())]
    await respond(send, 200, spoken.data, headers, spoken.media_type.encode())


async def _stream(gateway: Gateway, exchange: Exchange, send: Send) -> None:
    """Stream until the end."""
    began = False

    async def out(data: bytes, more: bool = True) -> None:
        nonlocal began
        try:
            if not began:
                began = True
                head = [(b"content-type", EVENTS), (b"cache-control", b"no-store"), *gateway.headers(exchange)]
                await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": data, "more_body": more})
        except RuntimeError as error:  # the connection closed, and the server was not told yet
            raise ClientLeft from error

    await relay.stream(gateway.stages, exchange, out)


async def _unless_left(going: Coroutine[Any, Any, None], exchange: Exchange, receive: Receive) -> None:
    """Go on until the end or until the client leaves, whichever comes first: nobody generates for nobody."""
    task = cast("asyncio.Task[None]", asyncio.current_task())
    watching = asyncio.ensure_future(_watch(task, exchange, receive))
    try:
        await going
    except asyncio.CancelledError:
        if exchange.left:
            task.uncancel()
            raise Left from None
        raise
    finally:
        watching.cancel()


async def _watch(task: "asyncio.Task[None]", exchange: Exchange, receive: Receive) -> None:
    """Cancel the task of an exchange when its client leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass
    exchange.left = True
    task.cancel()


WAYS: dict[tuple[str, str], tuple[Operation, Way]] = {
    ("POST", "/v1/chat/completions"): ("chat", chat_way),
    ("POST", "/v1/images/generations"): ("image", images_way),
    ("POST", "/v1/audio/speech"): ("speech", speech_way),
}
