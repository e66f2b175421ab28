"""An upstream that does what a test tells it to, over a real socket: well-behaved, hostile or dying."""

import asyncio
import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ntransfer-encoding: chunked\r\n\r\n"
BREAK_OFF = object()
HANG = object()


@dataclass
class Script:
    """What the next call is answered with: parts written one by one; `BREAK_OFF` and `HANG` as they say."""

    parts: list[Any] = field(default_factory=list)
    status: int = 200
    content_type: str = "application/json"


class ScriptedUpstream:
    """A server in a thread of its own; `requests` are the bodies it was asked, `abandoned` the calls that were left."""

    def __init__(self) -> None:
        self.script = Script()
        self.streaming_script: Script | None = None  # for streamed calls, where they differ
        self.requests: list[dict[str, Any]] = []
        self.open_calls = 0
        self.abandoned = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def answers(self, body: Any, status: int = 200, content_type: str = "application/json") -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.script = Script([data], status, content_type)

    def says(self, text: str, **message: Any) -> None:
        self.answers(completion(text, **message))

    def streams(self, parts: Iterable[Any]) -> None:
        self.script = Script(list(parts), 200, "text/event-stream")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        self.requests.append(json.loads(await reader.readexactly(length)))
        streamed = self.requests[-1].get("stream") and self.streaming_script
        script = streamed or self.script
        self.open_calls += 1
        try:
            return await self._write(script, reader, writer)
        finally:
            self.open_calls -= 1

    async def _write(self, script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(HEAD.replace(b"200 OK", b"%d X" % script.status) % script.content_type.encode())
        for part in script.parts:
            if part is BREAK_OFF:
                writer.transport.abort()
                return False
            if part is HANG:
                await reader.read(1)  # until the other side leaves
                self.abandoned += 1
                return False
            if isinstance(part, float):
                await asyncio.sleep(part)
                continue
            writer.write(b"%x\r\n%s\r\n" % (len(part), part))
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


def completion(text: str | None, **message: Any) -> dict[str, Any]:
    """A chat completion as OpenAI shapes it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "upstream-model",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, **message},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def piece(delta: dict[str, Any], finish: str | None = None, index: int = 0, **more: Any) -> bytes:
    """One event of a streamed chat."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "upstream-model",
        "choices": [{"index": index, "delta": delta, "finish_reason": finish, **more}],
    }
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def pieces(texts: Iterable[str]) -> list[bytes]:
    """A whole stream: role, texts, end."""
    return [
        piece({"role": "assistant", "content": ""}),
        *(piece({"content": text}) for text in texts),
        piece({}, "stop"),
        b"data: [DONE]\n\n",
    ]
