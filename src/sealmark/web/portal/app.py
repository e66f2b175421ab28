"""The public pages as one application, to be mounted at the root behind the gateway."""

from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sealmark.errors import SealmarkError
from sealmark.web.portal import home, receipts, verification
from sealmark.web.portal.errors import PageUnknown, UnusableForm, WrongMethod
from sealmark.web.portal.portal import Behind, Portal

_BY_STATUS: dict[int, type[SealmarkError]] = {400: UnusableForm, 404: PageUnknown, 405: WrongMethod}


def portal(house: Behind) -> Starlette:
    """The home page, the verification page, receipts, and what they look like (Art. 16, 17, 19)."""
    shared = Portal(house)
    rooms = (home, verification, receipts)
    return Starlette(
        routes=[*(route for room in rooms for route in room.routes(shared)), *_assets(shared)],
        exception_handlers={
            SealmarkError: partial(_refused, shared),
            HTTPException: partial(_no_page, shared),
            ClientDisconnect: _left,
            Exception: partial(_failed, shared),
        },
    )


def _assets(shared: Portal) -> list[Route]:
    return [
        Route("/design/{name}", partial(_asset, shared)),
        Route("/favicon.ico", partial(_icon, shared)),
    ]


def _asset(shared: Portal, request: Request) -> Response:
    found = shared.pages.asset(request)
    if found is None:
        raise PageUnknown
    return found


def _icon(shared: Portal, request: Request) -> Response:
    request.path_params["name"] = "seal.svg"
    return _asset(shared, request)


def _refused(shared: Portal, request: Request, error: Exception) -> Response:
    assert isinstance(error, SealmarkError)
    return shared.failed(request, error)


def _no_page(shared: Portal, request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = shared.failed(request, _BY_STATUS.get(error.status_code, SealmarkError)())
    answer.headers.update(error.headers or {})  # such as Allow
    return answer


def _failed(shared: Portal, request: Request, _error: Exception) -> Response:
    """What nobody foresaw: a calm page for the visitor; the server goes on to raise it for the operator's log."""
    return shared.failed(request, SealmarkError())


def _left(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)
