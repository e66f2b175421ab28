"""What a visitor sends, read with a limit before anything looks at it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PureWindowsPath

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive

from sealmark.media.errors import TooLarge
from sealmark.web.portal.errors import NothingSubmitted, UnusableForm

_FIELDS = 8
_ROOM_FOR_FORM = 16 * 1024  # boundaries and part headers beside the content itself
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Submission:
    """One item to verify: its bytes, its file name (None for pasted text), and what its poster declared.

    `text` is what stood in the text field, kept so that nothing typed is lost.
    """

    data: bytes
    name: str | None
    declared: bool
    text: str


@asynccontextmanager
async def opened_form(request: Request, limit: int) -> AsyncIterator[FormData]:
    """The form, of at most `limit` bytes; its files last until the block ends.

    Raises `TooLarge` as soon as it is clear, and `UnusableForm`.
    """
    form = await _read(request, limit)
    try:
        yield form
    finally:
        await form.close()


async def _read(request: Request, limit: int) -> FormData:
    most = limit + _ROOM_FOR_FORM
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most:
        raise TooLarge(limit=limit)
    limited = Request(request.scope, _limited(request.receive, most, limit))
    try:
        return await limited.form(max_files=1, max_fields=_FIELDS, max_part_size=most)
    except (HTTPException, MultiPartException):
        raise UnusableForm from None


async def read_submission(form: FormData, limit: int) -> Submission:
    """The item in a form; the file where there is one, else the text. Raises `NothingSubmitted`, `TooLarge`."""
    text, declared = text_field(form, "text"), bool(text_field(form, "declared"))
    upload = form.get("file")
    if isinstance(upload, UploadFile) and (upload.filename or upload.size):
        data = await upload.read(limit + 1)
        if len(data) > limit:
            raise TooLarge(limit=limit)
        return Submission(data, _shown_name(upload.filename or ""), declared, text)
    if not text.strip():
        raise NothingSubmitted
    # A browser sends line ends as CR LF whatever was pasted; a text is looked up as it was written.
    return Submission(text.replace("\r\n", "\n").encode("utf-8", "replace"), None, declared, text)


def text_field(form: FormData, name: str) -> str:
    """A field of the form as text; empty if it is missing or a file."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _shown_name(name: str) -> str:
    """A file name without folders and without characters that would disturb a page's reader."""
    last = PureWindowsPath(name).name or "file"
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in last)
    return shown if len(shown) <= _LONGEST_NAME else shown[: _LONGEST_NAME // 2] + "…" + shown[-_LONGEST_NAME // 2 :]


def _limited(receive: Receive, most: int, limit: int) -> Receive:
    size = 0

    async def receive_limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise TooLarge(limit=limit)
        return message

    return receive_limited
