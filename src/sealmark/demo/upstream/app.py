"""The demo upstream's endpoints, in OpenAI's shapes, errors included."""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sealmark.demo.upstream import chat, fields, language, painter, speech
from sealmark.demo.upstream.errors import BadRequest, UnknownModel
from sealmark.demo.upstream.fields import Body
from sealmark.demo.upstream.language import Chunk, LanguageModel
from sealmark.errors import SealmarkError

LARGEST_BODY = 1 << 20
_STARTED = 1_750_000_000  # a model's `created`: any fixed time serves
_Made = TypeVar("_Made")


@dataclass(slots=True)
class Generators:
    """The engines, and the one thread on which speech and pictures are made."""

    language: LanguageModel = field(default_factory=LanguageModel)
    speaker: speech.Speaker = field(default_factory=speech.speaker)
    worker: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, 1, "speech and pictures"))

    async def make(self, work: Callable[[], _Made]) -> _Made:
        """Run the work on the thread."""
        return await asyncio.get_running_loop().run_in_executor(self.worker, work)

    def close(self) -> None:
        """End what is being made, and take no more."""
        self.language.close()
        self.worker.shutdown(wait=True, cancel_futures=True)


async def completions(request: Request) -> Response:
    """`POST /v1/chat/completions`."""
    body = await read(request, language.MODEL)
    asked, model = chat.request(body), _generators(request).language
    if not fields.flag(body, "stream"):
        return JSONResponse(await _while_listening(request, chat.whole(model, asked)))
    with_usage = fields.flag(fields.mapping(body, "stream_options"), "include_usage")
    chunks = chat.stream(model, asked, with_usage)
    first = await _while_listening(request, anext(chunks))  # what fails before the first chunk is still an HTTP error
    return StreamingResponse(
        _events(first, chunks), media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
    )


async def _events(first: Chunk, rest: AsyncGenerator[Chunk, None]) -> AsyncIterator[str]:
    """Server-sent events; a failure on the way is an error event, and nothing follows it but the end."""
    async with contextlib.aclosing(rest):
        yield _event(first)
        try:
            async for chunk in rest:
                yield _event(chunk)
        except SealmarkError as failure:
            yield _event(shape(failure))
    yield "data: [DONE]\n\n"


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


async def say(request: Request) -> Response:
    """`POST /v1/audio/speech`."""
    body = await read(request, speech.MODEL)
    words = fields.text(body, "input", speech.LONGEST_INPUT)
    voice = fields.choice(body, "voice", sorted(speech.VOICES), "alloy")
    form = fields.choice(body, "response_format", list(speech.FORMATS), "mp3")
    fields.choice(body, "stream_format", ["audio"], "audio")
    speed = fields.number(body, "speed", 0.25, 4, 1) or 1
    generators = _generators(request)
    sound = await generators.make(partial(generators.speaker.speak, words, voice=voice, speed=speed))
    return Response(await generators.make(partial(sound.encode, form)), media_type=speech.FORMATS[form][2])


async def images(request: Request) -> Response:
    """`POST /v1/images/generations`; `seed` is an addition to OpenAI's fields."""
    body = await read(request, painter.MODEL)
    prompt = fields.text(body, "prompt", painter.LONGEST_PROMPT)
    if not prompt.strip():
        raise BadRequest(param="prompt", zh_reason="内容为空", en_reason="it is empty")
    size = fields.choice(body, "size", ["auto", *painter.SIZES], "1024x1024").replace("auto", "1024x1024")
    form = fields.choice(body, "output_format", list(painter.FORMATS), "png")
    fields.choice(body, "response_format", ["b64_json"], "b64_json")
    count, seed = fields.whole(body, "n", 1, 4, 1) or 1, fields.whole(body, "seed", 0, 2**32, 0) or 0
    data = [await _picture(request, prompt, size, seed + number, form) for number in range(count)]
    about = {"model": painter.MODEL, "output_format": form, "size": size}
    return JSONResponse({"created": int(time.time()), "data": data, **about})


async def _picture(request: Request, prompt: str, size: str, seed: int, form: str) -> dict[str, str]:
    def work() -> str:
        return base64.b64encode(painter.encode(painter.paint(prompt, size, seed), form)).decode("ascii")

    return {"b64_json": await _while_listening(request, _generators(request).make(work))}


async def models(_request: Request) -> Response:
    """`GET /v1/models`."""
    names = (language.MODEL, speech.MODEL, painter.MODEL)
    listed = [{"id": name, "object": "model", "created": _STARTED, "owned_by": "sealmark-demo"} for name in names]
    return JSONResponse({"object": "list", "data": listed})


async def health(_request: Request) -> Response:
    """`GET /health`: the generators are loaded, else nothing would answer."""
    return JSONResponse({"status": "ok"})


async def read(request: Request, model: str) -> Body:
    """The body as a checked object that names this model or none. Raises `BadRequest` and `UnknownModel`."""
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > LARGEST_BODY:
            raise BadRequest(
                param="body", zh_reason=f"超过 {LARGEST_BODY} 字节", en_reason=f"it is larger than {LARGEST_BODY} bytes"
            )
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as failure:
        raise BadRequest(param="body", zh_reason="不是 JSON", en_reason="it is not JSON") from failure
    if not isinstance(body, dict):
        raise BadRequest(param="body", zh_reason="不是 JSON 对象", en_reason="it is not an object")
    if (named := fields.text(body, "model", 200, model)) != model:
        raise UnknownModel(model=named, offered=model)
    return body


async def _while_listening(request: Request, work: Awaitable[_Made]) -> _Made:
    """The work's result, unless the client leaves: then the work is cancelled."""
    made, gone = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({made, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not made.done():
            raise ClientDisconnect
        return made.result()
    finally:
        made.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def shape(error: SealmarkError) -> dict[str, Any]:
    """The error as OpenAI's object: message, type, param and code."""
    kind = "invalid_request_error" if error.status < 500 else "server_error"
    param = error.details.get("param")
    return {"error": {"message": error.text("en"), "type": kind, "param": param, "code": error.code}}


def refused(_request: Request, error: Exception) -> Response:
    """Our errors as OpenAI-shaped answers."""
    known = error if isinstance(error, SealmarkError) else SealmarkError()
    return JSONResponse(shape(known), status_code=known.status)


def not_found(_request: Request, error: Exception) -> Response:
    """What the router refuses, in the same shape."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = "There is no such endpoint." if status == 404 else "The endpoint does not take this method."
    body = {"message": message, "type": "invalid_request_error", "param": None, "code": f"demo.http_{status}"}
    return JSONResponse({"error": body}, status_code=status)


def left(_request: Request, _error: Exception) -> Response:
    """Nobody listens any more; 499 is for the log only."""
    return Response(status_code=499)


def _generators(request: Request) -> Generators:
    generators: Generators = request.app.state.generators
    return generators


Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
ROUTES: dict[tuple[str, str], Endpoint] = {
    ("POST", "/v1/chat/completions"): completions,
    ("POST", "/v1/audio/speech"): say,
    ("POST", "/v1/images/generations"): images,
    ("GET", "/v1/models"): models,
    ("GET", "/health"): health,
}


def create(generators: Generators) -> Starlette:
    """The application in front of loaded generators; who made them closes them."""
    routes = [Route(path, endpoint, methods=[method]) for (method, path), endpoint in ROUTES.items()]
    handlers: dict[Any, Any] = {
        SealmarkError: refused,
        HTTPException: not_found,
        ClientDisconnect: left,
        Exception: refused,
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.state.generators = generators
    return app
