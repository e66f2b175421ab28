"""The one way in and out of every exchange, whatever its door: what becomes of it is recorded before it is told."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

from sealmark.errors import SealmarkError
from sealmark.exchange.errors import ClientLeft, Stopping
from sealmark.exchange.record import Exchange
from sealmark.exchange.stages import Stages, fault
from sealmark.exchange.unauthenticated import Unauthenticated
from sealmark.web.gateway.http import Disconnected, Headers, Receive

RETRY_AFTER = b"1"  # seconds
# The prompt that an explicit mark can be had (Art. 17, second paragraph); a request asks for it with the same header.
MARK_OFFERED = (b"x-sealmark-explicit", b"offered")
Tell = Callable[[SealmarkError, Headers], Awaitable[None]]


class Left(Exception):
    """The client left before its answer was complete."""


class Conduct:
    """Conducts exchanges; `unauthenticated` counts those that came without a valid key."""

    def __init__(self, stages: Stages, unauthenticated: Unauthenticated) -> None:
        self.stages, self.unauthenticated = stages, unauthenticated

    async def __call__(self, exchange: Exchange, way: Coroutine[Any, Any, None], tell: Tell) -> None:
        """Go the way of an exchange; a refusal is recorded, then told with its headers."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self.stages.running.add(task)
        try:
            await way
        except Disconnected:
            return
        except Left:
            await self._record(exchange, ClientLeft())
        except asyncio.CancelledError:
            if not exchange.recorded:
                await asyncio.shield(self._refuse(exchange, Stopping(), tell))
            raise
        except Exception as error:
            await self._refuse(exchange, fault(error), tell)
        finally:
            self.stages.running.discard(task)

    async def _refuse(self, exchange: Exchange, error: SealmarkError, tell: Tell) -> None:
        """Record a refusal, then tell it; one without a valid key is only counted."""
        if exchange.holder is None:
            self.unauthenticated.count()
        else:
            error = await self._record(exchange, error)
        headers = headers_of(exchange)
        if error.status in (429, 503):
            headers.append((b"retry-after", RETRY_AFTER))
        await tell(error, headers)

    async def _record(self, exchange: Exchange, error: SealmarkError) -> SealmarkError:
        """Record a refusal unless its exchange is recorded; returns what to tell."""
        if exchange.recorded:
            return error
        try:
            await self.stages.record(self.stages.recorder.refused(exchange, error))
        except Exception as failure:
            return fault(failure)
        return error


def headers_of(exchange: Exchange) -> Headers:
    """What every answer of an exchange carries; the receipt's code is its end user's alone."""
    found = [(b"x-sealmark-exchange", exchange.id.encode())]
    if exchange.holder is not None:  # else there is no record of its own that a receipt could prove
        found.append((b"x-sealmark-receipt", exchange.receipt.encode()))
    if not exchange.marked:
        found.append(MARK_OFFERED)
    return found


async def unless_left(going: Coroutine[Any, Any, None], exchange: Exchange, receive: Receive) -> None:
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
