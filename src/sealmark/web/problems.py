"""Errors of the API as problem documents (RFC 9457), in the caller's language."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from sealmark.errors import Language, SealmarkError
from sealmark.exchange.errors import NoSuchDoor, UnusableRequest
from sealmark.web.gateway.http import language


def problem(error: SealmarkError, spoken: Language, exchange: str | None = None) -> JSONResponse:
    """The problem document of an error; `exchange` is the number to be quoted in an appeal, where there is one."""
    body = {
        "type": f"urn:sealmark:error:{error.code}",
        "title": error.happened(spoken),
        "status": error.status,
        "detail": error.to_do(spoken),
        "code": error.code,
        "article": error.article,
    }
    body |= {"exchange": exchange} if exchange else {}
    return JSONResponse(body, error.status, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error of ours, and every malformed request, with a problem document."""

    @app.exception_handler(SealmarkError)
    def _ours(request: Request, error: SealmarkError) -> JSONResponse:
        return problem(error, spoken_by(request))

    @app.exception_handler(HTTPException)
    def _no_door(request: Request, error: HTTPException) -> JSONResponse:
        known = NoSuchDoor(method=request.method, path=request.url.path[:100])
        return problem(known if error.status_code in (404, 405) else SealmarkError(), spoken_by(request))

    @app.exception_handler(RequestValidationError)
    def _malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        return problem(UnusableRequest(field=place), spoken_by(request))


def spoken_by(request: Request) -> Language:
    """The language that a request asks for."""
    return language(request.headers.get("accept-language", "").encode("latin-1", "replace"))
