"""Files that come in, as they are or in a form: written to a folder of their own while they come, never held in memory.

The folder goes when the request ends, whatever became of it.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from sealmark.errors import SealmarkError
from sealmark.exchange.errors import BodyTooLarge, BodyTooSlow
from sealmark.exchange.files import Submitted
from sealmark.web.form import ROOM_FOR_FORM, Reading, Wanted, reading
from sealmark.web.gateway.http import Disconnected, Receive, Scope

PLACES = 16  # uploads at once: each may take the limit on the disk
SLOWEST = 32 * 1024  # bytes a second, once the time of an ordinary body is over
_BLOCK = 1 << 20  # bytes written at once


class NothingUploaded(SealmarkError):
    """No file came with the request."""

    code = "upload.nothing"
    status = 400
    zh = "没有收到文件。"
    en = "No file was received."
    zh_next = "请以 multipart 表单的 file 字段上传，或把文件作为请求体并写明 Content-Type。"
    en_next = "Send it as the field `file` of a multipart form, or as the body with its Content-Type."


class UploadsBusy(SealmarkError):
    """As many files as may come in at once are coming in."""

    code = "upload.busy"
    status = 503
    zh = "正在接收的文件太多。"
    en = "Too many files are coming in just now."
    zh_next = "请稍后重试。"
    en_next = "Try again shortly."


class Uploads:
    """Receives files into `folder`; `seconds` is the time that an ordinary body may take."""

    def __init__(self, folder: Path, seconds: float, places: int = PLACES) -> None:
        self._folder, self._seconds = folder, seconds
        self._places = asyncio.Semaphore(places)

    @asynccontextmanager
    async def received(self, scope: Scope, receive: Receive, wanted: Wanted) -> AsyncIterator[Submitted]:
        """The file and the fields of a request, until the block ends.

        Raises `UploadsBusy`, `BodyTooLarge` as soon as it is clear, `BodyTooSlow`, `UnreadableForm`, `NothingUploaded`,
        `UnusableRequest` for a field that nobody knows, and `Disconnected`.
        """
        if self._places.locked():
            raise UploadsBusy
        async with self._places:
            with TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as folder:
                yield await self._receive(scope, receive, wanted, Path(folder) / "item")

    async def _receive(self, scope: Scope, receive: Receive, wanted: Wanted, path: Path) -> Submitted:
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > wanted.limit + ROOM_FOR_FORM:
            raise BodyTooLarge(limit=wanted.limit)
        with path.open("xb") as file:
            writing = _Writing(file, wanted.limit)
            body = reading(headers.get(b"content-type", b""), scope, wanted, writing)
            await self._read(receive, body, writing)
        if not body.found:
            raise NothingUploaded
        return Submitted(path, body.name, body.media_type, writing.size, writing.digest, body.fields)

    async def _read(self, receive: Receive, body: Reading, writing: "_Writing") -> None:
        """Everything that comes, at no less than a slow line's speed."""
        until, more = time.monotonic() + self._seconds, True
        while more:
            data, more = await self._next(receive, until)
            until += len(data) / SLOWEST
            body.feed(data)
            if writing.waiting >= _BLOCK or not more:
                await asyncio.get_running_loop().run_in_executor(None, writing.flush)
        body.finish()

    async def _next(self, receive: Receive, until: float) -> tuple[bytes, bool]:
        """The next piece of the body, and whether there are more."""
        try:
            async with asyncio.timeout(until - time.monotonic()):
                message = await receive()
        except TimeoutError as error:
            raise BodyTooSlow(seconds=self._seconds) from error
        if message["type"] == "http.disconnect":
            raise Disconnected
        return message.get("body", b""), message.get("more_body", False)


class _Writing:
    """The file that is being written: its size in bytes, and its SHA-256."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._limit = file, limit
        self._parts: list[bytes] = []
        self._hash = sha256()
        self.size = self.waiting = 0

    def take(self, data: bytes) -> None:
        """More of the file; raises `BodyTooLarge`."""
        self.size += len(data)
        if self.size > self._limit:
            raise BodyTooLarge(limit=self._limit)
        self._parts.append(data)
        self.waiting += len(data)

    def flush(self) -> None:
        """Write what waits; blocks."""
        for part in self._parts:
            self._hash.update(part)
            self._file.write(part)
        self._file.flush()
        self._parts, self.waiting = [], 0

    @property
    def digest(self) -> str:
        """The SHA-256 in hexadecimal."""
        return self._hash.hexdigest()
