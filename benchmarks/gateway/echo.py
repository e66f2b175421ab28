"""An OpenAI-shaped upstream that answers from memory: raw asyncio, so that it is never what is measured.

`python -m benchmarks.gateway.echo PORT`. The model in the body chooses: `echo` answers at once, `paced` leaves 10 ms
between the pieces of a stream, `parrot` says the word that a filter must catch.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import uvloop

from benchmarks.gateway.texts import ANSWER, CAUGHT, ECHO, GAP, PACED, PARROT, PIECE_CHARACTERS

CREATED = 1_790_000_000
EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


def whole(text: str) -> bytes:
    """A chat completion as an HTTP answer."""
    message = {"role": "assistant", "content": text}
    body = _json(
        {
            **_head("chat.completion"),
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
            "usage": {"prompt_tokens": 20, "completion_tokens": 50, "total_tokens": 70},
        }
    )
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def pieces(text: str) -> list[bytes]:
    """A chat completion as the chunks of an event stream: role, pieces of four characters, end, `[DONE]`."""
    cuts = range(0, len(text), PIECE_CHARACTERS)
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": text[start : start + PIECE_CHARACTERS]} for start in cuts]
    events = [_piece(delta, None) for delta in deltas]
    return [_chunk(b"data: " + one + b"\n\n") for one in (*events, _piece({}, "stop"), b"[DONE]")]


def _piece(delta: dict[str, str], end: str | None) -> bytes:
    return _json({**_head("chat.completion.chunk"), "choices": [{"index": 0, "delta": delta, "finish_reason": end}]})


def _head(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-x", "object": kind, "created": CREATED, "model": ECHO}


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n" % len(data) + data + b"\r\n"


@dataclass(frozen=True, slots=True)
class Model:
    """What one model answers, whole and in pieces."""

    whole: bytes
    pieces: Sequence[bytes]
    gap: float


MODELS = {
    ECHO.encode(): Model(whole(ANSWER), pieces(ANSWER), 0),
    PACED.encode(): Model(whole(ANSWER), pieces(ANSWER), GAP),
    PARROT.encode(): Model(whole(CAUGHT), pieces(CAUGHT), 0),
}


class Connection(asyncio.Protocol):
    """One kept-alive connection."""

    transport: asyncio.WriteTransport

    def __init__(self) -> None:
        self._waiting = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.WriteTransport, transport)  # uvloop's own class, which derives from nothing

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (found := _request(self._waiting)) is not None:
            body, self._waiting = found
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        model = next((one for name, one in MODELS.items() if b'"%s"' % name in body), MODELS[ECHO.encode()])
        if b'"stream":true' in body or b'"stream": true' in body:
            task = asyncio.ensure_future(self._stream(model))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self.transport.write(model.whole)

    async def _stream(self, model: Model) -> None:
        """Each piece in a write and a turn of the loop of its own."""
        self.transport.write(EVENTS)
        for piece in model.pieces:
            if self.transport.is_closing():
                return
            self.transport.write(piece)
            await asyncio.sleep(model.gap)
        self.transport.write(LAST)


def _request(data: bytes) -> tuple[bytes, bytes] | None:
    """The body of the first whole request, and what follows it."""
    head, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        return None
    lines = head.lower().split(b"\r\n")
    length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
    return (rest[:length], rest[length:]) if len(rest) >= length else None


async def serve(port: int, make: Callable[[], asyncio.Protocol] = Connection) -> None:
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
