"""A closed loop of clients on raw sockets: each sends its next request when its last is answered."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

CONTENT = re.compile(rb'"content": ?"[^"]')  # the first piece that shows any text
LIMIT = 1 << 20  # bytes of one line


class Unanswered(Exception):
    """A contestant did not answer as HTTP."""


@dataclass(frozen=True, slots=True)
class Call:
    """What to send, to whom."""

    url: str
    key: str
    model: str
    text: str
    stream: bool = False

    def request(self) -> bytes:
        """The bytes of the request."""
        place = urlsplit(self.url)
        asked: dict[str, object] = {"model": self.model, "messages": [{"role": "user", "content": self.text}]}
        body = json.dumps(asked | ({"stream": True} if self.stream else {}), ensure_ascii=False).encode()
        head = (
            f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: seconds to the first text and to the last byte, and everything that came."""

    status: int
    body: bytes
    first: float
    whole: float


async def send(call: Call, count: int, concurrency: int) -> list[Answer]:
    """`count` answers, `concurrency` at a time, over connections that are kept alive."""
    turns = iter(range(count))
    found = await asyncio.gather(*(_client(call, turns) for _ in range(concurrency)))
    return [answer for answers in found for answer in answers]


async def _client(call: Call, turns: Iterator[int]) -> list[Answer]:
    place, request = urlsplit(call.url), call.request()
    answers, connection = [], None
    for _ in turns:
        if connection is None:
            connection = await asyncio.open_connection(place.hostname, place.port, limit=LIMIT)
        reader, writer = connection
        answer, kept = await _exchange(reader, writer, request, call.stream)
        answers.append(answer)
        if not kept:
            writer.close()
            connection = None
    if connection is not None:
        connection[1].close()
    return answers


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, stream: bool
) -> tuple[Answer, bool]:
    """One request and its answer, and whether the connection can be used again."""
    started = time.perf_counter()
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" in head:
        body, first, kept = await _chunks(reader, stream)
    else:
        body, first, kept = await reader.readexactly(_length(head)), None, True
    ended = time.perf_counter()
    status = int(head.split(b" ", 2)[1])
    kept = kept and b"connection: close" not in head
    return Answer(status, body, (first or ended) - started, ended - started), kept


async def _chunks(reader: asyncio.StreamReader, stream: bool) -> tuple[bytes, float | None, bool]:
    """The body, when its first text came, and whether it ended as it should."""
    parts, first = [], None
    try:
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append((await reader.readexactly(size + 2))[:-2])
            if first is None and (not stream or CONTENT.search(parts[-1])):
                first = time.perf_counter()
        await reader.readuntil(b"\r\n")
    except asyncio.IncompleteReadError:  # cut off in the middle: how LiteLLM ends what its filter stops
        return b"".join(parts), first, False
    return b"".join(parts), first, True


def _length(head: bytes) -> int:
    found = re.search(rb"content-length: *(\d+)", head)
    if found is None:
        raise Unanswered(head[:80])
    return int(found[1])
