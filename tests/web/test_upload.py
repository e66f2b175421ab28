"""Files that come in: written as they come, whatever pieces they come in, and never a way to hurt the house."""

import asyncio
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.errors import SealmarkError
from sealmark.exchange.errors import BodyTooLarge, BodyTooSlow, UnusableRequest
from sealmark.web.form import UnreadableForm, Wanted, shown_name
from sealmark.web.gateway.http import Disconnected
from sealmark.web.upload import NothingUploaded, Uploads, UploadsBusy

WANTED = Wanted(200_000, frozenset(("model", "user")))
BOUNDARY = b"b0undary"
FORM = b"multipart/form-data; boundary=" + BOUNDARY


def form(*parts: tuple[str, bytes]) -> bytes:
    """A form of parts: the rest of their disposition, and what they hold."""
    opened = b"".join(
        b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (BOUNDARY, head.encode(), body)
        for head, body in parts
    )
    return opened + b"--" + BOUNDARY + b"--\r\n"


def received(pieces: list[bytes | None], kind: bytes = FORM, query: bytes = b"", wanted: Wanted = WANTED) -> Any:
    """What comes of pieces of a body; None for a client that leaves. The file is read before it goes."""
    waiting = list(pieces)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.sleep(60)
        piece = waiting.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    async def take(folder: Path) -> Any:
        scope = {"headers": [(b"content-type", kind)], "query_string": query}
        async with Uploads(folder, 0.2).received(scope, receive, wanted) as submitted:
            assert submitted.path.parent.parent == folder
            data = submitted.path.read_bytes()
        assert not list(folder.iterdir())
        assert (submitted.size, submitted.digest) == (len(data), sha256(data).hexdigest())
        return submitted, data

    with TemporaryDirectory() as folder:
        try:
            return asyncio.run(take(Path(folder)))
        finally:
            assert not list(Path(folder).iterdir())


def cut(data: bytes, places: list[int]) -> list[bytes | None]:
    """The data in pieces."""
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000), st.text(max_size=20), st.lists(st.integers(0, 10_000), max_size=12))
def test_a_form_is_the_same_in_any_pieces(data: bytes, user: str, places: list[int]) -> None:
    """However a form is cut, its file, its name and its fields come out."""
    user = user.encode("utf-8", "replace").decode()
    body = form(("name=model", b"m"), ('name="file"; filename="山.png"', data), ('name="user"', user.encode()))
    submitted, found = received(cut(body, places))
    assert (found, submitted.name) == (data, "山.png")
    assert submitted.fields == {"model": "m", "user": user}


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400), st.builds(lambda a, b: form(("name=file", a))[:b], st.binary(), st.integers(0, 99))
    )
)
def test_a_hostile_form_is_an_answer(body: bytes) -> None:
    """Random bytes, and forms that break off anywhere, raise errors of ours and leave nothing."""
    with suppress(SealmarkError):
        received([body])


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=3000), st.lists(st.integers(0, 10_000), max_size=12))
def test_a_body_may_be_the_file(data: bytes, places: list[int]) -> None:
    """Without a form the body is the file; its fields and its name stand in the address."""
    submitted, found = received(cut(data, places), b"image/png", b"model=m&user=%E5%B1%B1")
    assert (found, submitted.name, submitted.media_type) == (data, None, "image/png")
    assert submitted.fields == {"model": "m", "user": "山"}
    named, _ = received(cut(data, places), b"image/png", b"name=/a/b/c.png")
    assert (named.name, named.media_type) == ("c.png", None)


@pytest.mark.parametrize(
    ("pieces", "kind", "error"),
    [
        ([b""], b"image/png", NothingUploaded),
        ([form(("name=model", b"m"))], FORM, NothingUploaded),
        ([form(("name=file", b"a"), ("name=file", b"b"))], FORM, UnreadableForm),
        ([form(("name=file", b"a"))], b"multipart/form-data", UnreadableForm),
        ([b"text=a"], b"application/x-www-form-urlencoded", UnreadableForm),
        ([form(("name=file", b"a"))[:-9]], FORM, UnreadableForm),
        ([form(("name=colour", b"red"))], FORM, UnusableRequest),
        ([form(("", b"red"))], FORM, UnusableRequest),
        ([form(("name=model", b"m" * 70_000))], FORM, UnusableRequest),
        ([form(*[("name=model", b"m" * 60_000)] * 6)], FORM, UnreadableForm),
        ([b"x" * 150_000, b"x" * 60_000], b"image/png", BodyTooLarge),
        ([form(("name=file", b"x" * 210_000))], FORM, BodyTooLarge),
        ([b"x", None], b"image/png", Disconnected),
        ([b"x", b""], b"image/png; a=b", None),
    ],
)
def test_what_cannot_be_taken_is_said(pieces: list[bytes | None], kind: bytes, error: type[Exception] | None) -> None:
    """Each fault has its own error, and the folder is gone after each."""
    if error is None:
        assert received(pieces, kind)[1] == b"x"
        return
    with pytest.raises(error):
        received(pieces, kind)


def test_a_slow_sender_is_let_go() -> None:
    """Who sends nothing for too long loses its place; what came counts for more time."""

    async def dawdle() -> None:
        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0.05)
            return {"type": "http.request", "body": b"x", "more_body": True}

        with TemporaryDirectory() as folder:
            async with Uploads(Path(folder), 0.2).received({"headers": []}, receive, WANTED):
                pass

    with pytest.raises(BodyTooSlow):
        asyncio.run(dawdle())


def test_so_many_at_once_and_no_more() -> None:
    """A full house says so at once, and has room again when one leaves."""

    async def crowd() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"x", "more_body": False}

        with TemporaryDirectory() as folder:
            uploads = Uploads(Path(folder), 1.0, places=1)
            async with uploads.received({"headers": []}, receive, WANTED):
                with pytest.raises(UploadsBusy):
                    async with uploads.received({"headers": []}, receive, WANTED):
                        pass
            async with uploads.received({"headers": []}, receive, WANTED):
                pass

    asyncio.run(crowd())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\a\\b.png", "b.png"),
        ("a\r\nX-Evil: 1.png", "a��X-Evil: 1.png"),
        ("\u202egnp.exe", "�gnp.exe"),
        ("", None),
        ("..", ".."),
        ("山" * 300 + ".png", "山" * 251 + ".png"),
    ],
)
def test_a_name_is_only_a_name(name: str, shown: str | None) -> None:
    """No folder, nothing that steers a terminal or an answer's head, and its end where the extension is."""
    assert shown_name(name) == shown
