"""One ASGI application: the gateway on its own hot path, everything else behind it."""

import asyncio
import gc
import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from functools import lru_cache
from typing import Any

from fastapi import FastAPI

from sealmark.errors import SealmarkError
from sealmark.exchange.shapes import error_body
from sealmark.exchange.stages import fault
from sealmark.house import House
from sealmark.settings import Settings
from sealmark.web import problems
from sealmark.web.api import grants, items, people, submissions, verification
from sealmark.web.conduct import Conduct
from sealmark.web.gateway.app import Gateway
from sealmark.web.gateway.http import BodyLimits, Receive, Scope, Send, language, respond_json
from sealmark.web.portal.app import portal

LAST_RECORDS = 3.0  # seconds that a stop waits for exchanges whose time is over
ADDRESSES = 10_000  # of callers, remembered
Door = Callable[[Scope, Receive, Send], Awaitable[None]]


class NotHere(SealmarkError):
    """A rehearsal is for this machine, and for the networks of its allow-list."""

    code = "rehearsal.not_here"
    status = 403
    zh = "演练模式只接受本机或白名单网络的访问。"
    en = "A rehearsal takes calls from this machine and its allow-list only."
    zh_next = "请在 SEALMARK_ALLOW_LIST 中加入来源网络。"
    en_next = "Add the network to SEALMARK_ALLOW_LIST."


class Application:
    """Starts the house with the server, and sends each request to its door."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._allowed = _networks(settings.allow_list)
        self._is_allowed = lru_cache(ADDRESSES)(self._belongs)
        self.house: House | None = None
        self.failure: SealmarkError | None = None  # why it did not start
        self._gateway: Gateway | None = None
        self._api: Door | None = None
        self._portal: Door | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._settings.rehearsal and not self.may_come(scope):
            error = NotHere()
            spoken = language(dict(scope["headers"]).get(b"accept-language", b""))
            await respond_json(send, error.status, error_body(error, spoken), [])
            return
        await self._door(scope["path"])(scope, receive, _signed(send) if self._settings.rehearsal else send)

    def _door(self, path: str) -> Door:
        """The hot path first; the rest is for people."""
        assert self._gateway is not None
        assert self._api is not None
        assert self._portal is not None
        if path.startswith("/v1/"):
            return self._gateway
        return self._api if path.startswith("/api/") else self._portal

    def may_come(self, scope: Scope) -> bool:
        """Whether a rehearsal takes calls from this address."""
        return self._is_allowed((scope.get("client") or ("127.0.0.1", 0))[0])

    def _belongs(self, name: str) -> bool:
        address = ipaddress.ip_address(name)
        return address.is_loopback or any(address in network for network in self._allowed)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self.house = await asyncio.to_thread(House.build, self._settings)
            await self.house.open()
        except Exception as error:
            self.failure = fault(error)
            await send({"type": "lifespan.startup.failed", "message": str(self.failure)})
            return
        limits = BodyLimits(self._settings.body_limit, self._settings.body_timeout)
        self._gateway = Gateway(self.house.stages, limits)
        self._api, self._portal = api(self.house, self._gateway.conduct), portal(self.house)
        counting = asyncio.ensure_future(self._gateway.unauthenticated.run())
        _settle_garbage()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._gateway.settle(LAST_RECORDS)
        counting.cancel()
        await asyncio.gather(counting, return_exceptions=True)
        await self.house.close()
        await send({"type": "lifespan.shutdown.complete"})


def _settle_garbage() -> None:
    """What stands now stands to the end: no collection walks through the library again, and few walk at all.

    An exchange leaves hardly a cycle behind, and counting frees the rest: a tenth of a stream's CPU was collecting.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _signed(send: Send) -> Send:
    """Every answer of a rehearsal says that it is one."""

    async def signed(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"x-sealmark-mode", b"rehearsal")]
        await send(message)

    return signed


def api(house: House, conduct: Conduct) -> FastAPI:
    """The API, on FastAPI; where files come in, on plain ASGI."""
    app = FastAPI(title="Sealmark 深印", docs_url=None, redoc_url=None)
    app.state.house = house
    problems.install(app)
    app.include_router(people.router)
    app.include_router(items.router)
    app.include_router(grants.router)
    app.router.routes += [*submissions.routes(house, conduct), *verification.routes(house)]
    return app


def _networks(names: Sequence[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(name) for name in names]
