"""How a body is read that holds a file: as the file itself, or as a multipart form with fields (RFC 7578)."""

from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Any, Protocol
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from sealmark.errors import SealmarkError
from sealmark.exchange.errors import UnusableRequest
from sealmark.web.gateway.http import Scope

FIELDS = 16
LONGEST_FIELD = 64 * 1024  # bytes: a label's longest text
LONGEST_NAME = 255  # characters, as most file systems have it
ROOM_FOR_FORM = 256 * 1024  # bytes of boundaries, part headers and fields beside the file itself


class UnreadableForm(SealmarkError):
    """The body says that it is a form, and cannot be read as one."""

    code = "upload.unreadable_form"
    status = 400
    zh = "multipart 表单无法读取，或含有多个文件。"
    en = "The multipart form cannot be read, or holds more than one file."
    zh_next = "请按 RFC 7578 发送，一次一个文件。"
    en_next = "Send it as RFC 7578 says, one file at a time."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a door takes: the largest file in bytes, its fields by name, and the names a file's own part may have."""

    limit: int
    fields: frozenset[str]
    files: frozenset[str] = frozenset(("file",))


class Sink(Protocol):
    """Where the file goes; `size` is what it has taken, in bytes."""

    size: int

    def take(self, data: bytes) -> None:
        """More of the file."""


class Reading(Protocol):
    """How a body is read: what it said besides, and whether there was a file."""

    fields: dict[str, str]
    name: str | None
    media_type: str | None
    found: bool

    def feed(self, data: bytes) -> None:
        """The next piece of the body."""

    def finish(self) -> None:
        """The body is over."""


class _Plain:
    """A body that is the file itself; its name and fields stand in the address."""

    def __init__(self, media_type: bytes, said: dict[str, str], wanted: Wanted, writing: Sink) -> None:
        self._writing = writing
        self.name = shown_name(said.pop("name", ""))
        self.media_type = None if self.name else media_type.decode("latin-1") or None
        self.fields = _known(said, wanted)
        self.found = False

    def feed(self, data: bytes) -> None:
        """The next piece of the file."""
        self._writing.take(data)
        self.found = self.found or bool(data)

    def finish(self) -> None:
        """The file is over."""


class _Form:
    """A multipart form (RFC 7578) with one file; fields may stand in the address too, and those of the form win."""

    def __init__(self, boundary: bytes, said: dict[str, str], wanted: Wanted, writing: Sink) -> None:
        self._wanted, self._writing = wanted, writing
        self.fields = _known(said, wanted)
        self.name: str | None = None
        self.media_type: str | None = None
        self.found = False
        self._ended = False  # whether the form's own last line came
        self._framing = 0  # bytes of the form that are not the file's
        self._field: str | None = None  # None while a part is the file
        self._value = b""
        self._header = self._header_value = b""
        self._headers: dict[bytes, bytes] = {}
        callbacks: Any = {f"on_{name}": getattr(self, f"_on_{name}") for name in _EVENTS}
        self._parser = MultipartParser(boundary, callbacks)

    def feed(self, data: bytes) -> None:
        """The next piece of the form."""
        before, self._framing = self._writing.size, self._framing + len(data)
        try:
            self._parser.write(data)
        except FormParserError:
            raise UnreadableForm from None
        self._framing -= self._writing.size - before
        if self._framing > ROOM_FOR_FORM:
            raise UnreadableForm

    def finish(self) -> None:
        """The form is over; raises `UnreadableForm` where it broke off."""
        if not self._ended:
            raise UnreadableForm

    def _on_part_begin(self) -> None:
        self._headers = {}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header.lower()] = self._header_value
        self._header = self._header_value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        self._value, self._field = b"", name
        if name in self._wanted.files:
            self._begin_file(options.get(b"filename", b"").decode("utf-8", "replace"))
        elif b"filename" in options:
            raise UnusableRequest(field=name[:40] or "file")

    def _begin_file(self, name: str) -> None:
        if self.found:
            raise UnreadableForm
        self.found, self._field = True, None
        self.name = shown_name(name)
        named = self._headers.get(b"content-type", b"").decode("latin-1")
        self.media_type = None if self.name else named or None

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._writing.take(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > LONGEST_FIELD:
            raise UnusableRequest(field=self._field[:40])

    def _on_end(self) -> None:
        self._ended = True

    def _on_part_end(self) -> None:
        if self._field is not None:
            self.fields |= _known({self._field: self._value.decode("utf-8", "replace")}, self._wanted)


_EVENTS = (
    "part_begin",
    "part_data",
    "part_end",
    "header_field",
    "header_value",
    "header_end",
    "headers_finished",
    "end",
)


def reading(content_type: bytes, scope: Scope, wanted: Wanted, writing: Sink) -> Reading:
    """How a body of this type is read; raises `UnreadableForm`, `UnusableRequest`."""
    said = _query(scope)
    kind, options = parse_options_header(content_type)
    if kind == b"application/x-www-form-urlencoded":  # no file is ever sent so, and its text is not the body's
        raise UnreadableForm
    if kind != b"multipart/form-data":
        return _Plain(kind, said, wanted, writing)
    if not options.get(b"boundary"):
        raise UnreadableForm
    return _Form(options[b"boundary"], said, wanted, writing)


def _query(scope: Scope) -> dict[str, str]:
    """The fields that stand in the address."""
    try:
        return dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), max_num_fields=FIELDS))
    except ValueError:
        raise UnreadableForm from None


def _known(said: dict[str, str], wanted: Wanted) -> dict[str, str]:
    """The fields, all of them known; an unknown one is refused, so that a misspelled one cannot be overlooked."""
    for name in said:
        if name not in wanted.fields:
            raise UnusableRequest(field=name[:40])
    return said


def shown_name(name: str) -> str | None:
    """A file's name without folders and without characters that steer anything; None where there is none."""
    last = PureWindowsPath(name).name
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in last)
    return shown[-LONGEST_NAME:] or None
